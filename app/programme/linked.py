"""The facts of a page once more, for programs that read JSON-LD (schema.org).

They stand in the page in a block of data, which no browser runs. What is illustrative or invented
says so there too, so that no search engine takes it for a fact.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext
from markupsafe import Markup

from app.programme.document import Conference, Room, Session, Speaker
from app.web.pages import absolute_url
from app.web.words import iso

Facts = dict[str, Any]

SCHEMA = "https://schema.org"
UNSAFE = {ord(one): f"\\u{ord(one):04x}" for one in "<>&"}  # what could end the block


def conference(facts: Conference, sessions: Iterable[Session]) -> Markup:
    """Give the facts of the conference, and the sessions that its page tells of."""
    parts = [_event(one) for one in sessions]
    return _written({**_conference(facts), "description": facts.summary, "subEvent": parts})


def session(told: Session, facts: Conference) -> Markup:
    """Give the facts of a session, with those who appear in it."""
    return _written(
        {
            **_event(told),
            "description": f"{_mark(told, facts)}{told.summary}",
            "inLanguage": told.language,
            "location": _place(facts, told.room),
            "performer": [
                {
                    "@type": "Person",
                    "name": part.name,
                    "url": absolute_url("programme.speaker", slug=part.slug),
                }
                for part in told.parts
            ],
            "superEvent": _conference(facts),
        }
    )


def speaker(told: Speaker, sessions: Iterable[Session]) -> Markup:
    """Give the facts of a speaker, as far as the page tells them."""
    works_for = {"@type": "Organization", "name": told.organisation}
    lives_in = {"@type": "PostalAddress", "addressCountry": told.country}
    photo = absolute_url("programme.photo", key=told.photo.key) if told.photo else None
    return _written(
        {
            "@type": "Person",
            "name": told.name,
            "url": absolute_url("programme.speaker", slug=told.slug),
            "jobTitle": told.role,
            "description": told.summary,
            "affiliation": works_for if told.organisation else None,
            "address": lives_in if told.country else None,
            "image": photo,
            "sameAs": [address for address, _ in told.links],
            "performerIn": [_event(one) for one in sessions],
        }
    )


def _conference(facts: Conference) -> Facts:
    return {
        "@type": "Event",
        "name": facts.title,
        "url": absolute_url("site.home"),
        "startDate": facts.starts_on,
        "endDate": facts.ends_on,
        "location": _place(facts),
        **_state(is_cancelled=False),
    }


def _event(told: Session) -> Facts:
    return {
        "@type": "Event",
        "name": told.title,
        "url": absolute_url("programme.session", slug=told.slug),
        "startDate": told.starts_at,
        "endDate": told.ends_at,
        **_state(is_cancelled=told.is_cancelled),
    }


def _state(*, is_cancelled: bool) -> Facts:
    return {
        "eventStatus": f"{SCHEMA}/Event{'Cancelled' if is_cancelled else 'Scheduled'}",
        "eventAttendanceMode": f"{SCHEMA}/OfflineEventAttendanceMode",
    }


def _place(facts: Conference, room: Room | None = None) -> Facts | None:
    """Tell where something is: in a room, or else in the place of the conference."""
    if room is None:
        whole = {"@type": "Place", "name": facts.place, "address": facts.place}
        return whole if facts.place else None
    return {
        "@type": "Place",
        "name": room.name,
        "address": facts.place,
        "containedInPlace": _place(facts),
        "amenityFeature": [
            {"@type": "LocationFeatureSpecification", "name": feature, "value": True}
            for feature in room.features
        ],
    }


def _mark(told: Session, facts: Conference) -> str:
    if not told.is_illustrative:
        return ""
    word = gettext("Invented") if facts.is_invented else gettext("Illustrative")
    return f"{word}. "


def _written(facts: Facts) -> Markup:
    """Write facts into a page, where nothing in them can end the block."""
    known = _known({"@context": SCHEMA, **facts})
    text = json.dumps(known, ensure_ascii=False, separators=(",", ":"), default=iso)
    return Markup(text.translate(UNSAFE))  # noqa: S704 - what could end the block is gone


def _known(value: Any) -> Any:
    """Leave out what is not known."""
    if isinstance(value, Mapping):
        kept = ((name, _known(one)) for name, one in value.items())
        return {name: one for name, one in kept if one not in (None, "", [], {})}
    return [_known(one) for one in value] if isinstance(value, list) else value
