"""Structured data (JSON-LD, schema.org) for the public pages.

It is embedded as a data block, which browsers do not execute. Illustrative and invented content
is marked as such, so that search engines do not take it for fact.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext
from markupsafe import Markup

from app import clock
from app.programme.listing import day_of
from app.programme.snapshot import Conference, Photo, Room, Session, Speaker
from app.programme.time_zones import ZoneChoice
from app.releases import current_release, share_images
from app.releases.published_programme import PublishedProgramme
from app.web import languages
from app.web.formatting import iso
from app.web.rendering import absolute_asset, absolute_url

JsonObject = dict[str, Any]

SCHEMA_ORG = "https://schema.org"
SCRIPT_ESCAPES = {ord(one): f"\\u{ord(one):04x}" for one in "<>&"}  # could end the script element


def render_conference(conference: Conference, sessions: Iterable[Session]) -> Markup:
    """Return the JSON-LD of the conference and of the sessions shown on its page."""
    parts = [_session_event(session) for session in sessions]
    return _render(
        {**_conference_event(conference), "description": conference.summary, "subEvent": parts}
    )


def render_session(session: Session, conference: Conference) -> Markup:
    """Return the JSON-LD of a session and its participants."""
    return _render(
        {
            **_session_event(session),
            "description": f"{_illustrative_prefix(session, conference)}{session.summary}",
            "inLanguage": session.language,
            "performer": [
                {
                    "@type": "Person",
                    "name": part.name,
                    "url": absolute_url("programme.speaker", slug=part.slug),
                }
                for part in session.parts
            ],
            "superEvent": _conference_event(conference),
        }
    )


def render_speaker(speaker: Speaker, sessions: Iterable[Session]) -> Markup:
    """Return the JSON-LD of a speaker and their sessions."""
    works_for = {"@type": "Organization", "name": speaker.organisation}
    lives_in = {"@type": "PostalAddress", "addressCountry": speaker.country}
    photo = absolute_url("programme.photo", key=speaker.photo.key) if speaker.photo else None
    return _render(
        {
            "@type": "Person",
            "name": speaker.name,
            "url": absolute_url("programme.speaker", slug=speaker.slug),
            "jobTitle": speaker.role,
            "description": speaker.summary,
            "affiliation": works_for if speaker.organisation else None,
            "address": lives_in if speaker.country else None,
            "image": photo,
            "sameAs": [address for address, _ in speaker.links],
            "performerIn": [_session_event(session) for session in sessions],
        }
    )


def _conference_event(conference: Conference) -> JsonObject:
    return {
        "@type": "Event",
        "name": conference.title,
        "url": absolute_url("site.home"),
        **_conference_dates(conference),
        "location": _build_place(conference),
        "organizer": _build_organiser(conference),
        "image": absolute_asset("img/share.png"),
        **_event_status(is_cancelled=False),
    }


def _conference_dates(conference: Conference) -> Mapping[str, date | datetime]:
    """Return when the conference begins and ends: to the minute if those days have times."""
    programme = current_release.get_programme()
    scheduled = [
        session for session in programme.sessions if session.starts_at and not session.is_cancelled
    ]
    first, last = (
        [session for session in scheduled if day_of(session, programme.zone) == day]
        for day in (conference.starts_on, conference.ends_on)
    )
    begins = [one.starts_at for one in first if one.starts_at]
    ends = [one.ends_at for one in last if one.ends_at]
    return {
        "startDate": min(begins, default=conference.starts_on),
        "endDate": max(ends, default=conference.ends_on),
    }


def _build_organiser(conference: Conference) -> JsonObject:
    return {
        "@type": "Organization",
        "name": gettext("The organisers of %(title)s", title=conference.title),
        "url": absolute_url("site.contact"),
        "email": conference.contact_email,
    }


def _session_event(session: Session) -> JsonObject:
    programme = current_release.get_programme()
    card = share_images.get_key(session, programme)
    picture = absolute_url("share_images.picture", key=card) if card else ""
    return {
        "@type": "Event",
        "name": session.title,
        "url": absolute_url("programme.session", slug=session.slug),
        "startDate": session.starts_at,
        "endDate": session.ends_at,
        "location": _build_place(programme.conference, session.room),
        "organizer": _build_organiser(programme.conference),
        "image": picture or absolute_asset("img/share.png"),
        **_event_status(is_cancelled=session.is_cancelled),
    }


def _event_status(*, is_cancelled: bool) -> JsonObject:
    return {
        "eventStatus": f"{SCHEMA_ORG}/Event{'Cancelled' if is_cancelled else 'Scheduled'}",
        "eventAttendanceMode": f"{SCHEMA_ORG}/OfflineEventAttendanceMode",
    }


def _build_place(conference: Conference, room: Room | None = None) -> JsonObject:
    """Return the room, or else the venue of the conference."""
    if room is None:
        place = conference.place or gettext("To be announced")
        return {
            "@type": "Place",
            "name": place,
            "address": place,
            "geo": _build_coordinates(conference),
        }
    return {
        "@type": "Place",
        "name": room.name,
        "address": conference.place,
        "containedInPlace": _build_place(conference),
        "amenityFeature": [
            {"@type": "LocationFeatureSpecification", "name": feature, "value": True}
            for feature in room.features
        ],
    }


def _build_coordinates(conference: Conference) -> JsonObject | None:
    """Return the coordinates of the venue, if known."""
    if conference.latitude_longitude is None:
        return None
    latitude, longitude = map(float, conference.latitude_longitude)
    return {"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude}


def _illustrative_prefix(session: Session, conference: Conference) -> str:
    if not session.is_illustrative:
        return ""
    word = gettext("Invented") if conference.is_invented else gettext("Illustrative")
    return f"{word}. "


def _render(data: JsonObject) -> Markup:
    """Serialise the data so that nothing in it can end the script element."""
    known = _drop_empty({"@context": SCHEMA_ORG, **data})
    text = json.dumps(known, ensure_ascii=False, separators=(",", ":"), default=iso)
    return Markup(text.translate(SCRIPT_ESCAPES))  # noqa: S704 - escaped above


def _drop_empty(value: Any) -> Any:
    """Remove empty values."""
    if isinstance(value, Mapping):
        values = ((name, _drop_empty(one)) for name, one in value.items())
        return {name: one for name, one in values if one not in (None, "", [], {})}
    return [_drop_empty(one) for one in value] if isinstance(value, list) else value


LONG_TITLE = 80  # characters; a longer heading is set smaller


@dataclass(frozen=True)
class SessionPerson:
    """A participant of a session, as its page shows them."""

    slug: str
    name: str
    part: str  # role in the session: chair, speaker
    job: str
    organisation: str
    photo: Photo | None

    @property
    def describes_job(self) -> bool:
        """Whether their job or their organisation is known."""
        return bool(self.job or self.organisation)


def build_session_context(
    programme: PublishedProgramme, session: Session, zone_choice: ZoneChoice
) -> dict[str, Any]:
    """Return the context of ``programme/session.html``."""
    materials = session.get_open_materials(clock.now())
    return {
        "session": session,
        "has_long_title": len(session.title) > LONG_TITLE,
        "clocks": zone_choice,
        "people": list(_list_people(programme, session)),
        "related": programme.get_related(session),
        "materials": materials,
        "recordings": [material for material in materials if material.is_recording],
        "card": share_images.get_key(session, programme),
        "json_ld": render_session(session, programme.conference),
    }


def _list_people(programme: PublishedProgramme, session: Session) -> Iterator[SessionPerson]:
    for part in session.parts:
        speaker = programme.find_speaker(part.slug)
        yield SessionPerson(
            part.slug,
            part.name,
            part.role.lower(),
            speaker.role if speaker else "",
            part.organisation,
            speaker.photo if speaker else None,
        )


def build_speaker_context(programme: PublishedProgramme, speaker: Speaker) -> dict[str, Any]:
    """Return the context of ``programme/speaker.html``."""
    return {
        "speaker": speaker,
        "biography": speaker.get_biography(languages.current().code),
        "listing": programme.build_speaker_listing(speaker),
        "json_ld": render_speaker(speaker, programme.get_sessions_of_speaker(speaker)),
        "shares_name": programme.has_namesake(speaker),
    }
