"""Translated labels for the codes in a programme: kinds, roles, access features and languages."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from flask import Flask
from flask_babel import format_decimal, get_locale, gettext, lazy_gettext
from markupsafe import Markup, escape

from app.content import markdown
from app.programme.clashes import Clash
from app.programme.snapshot import Appearance, Session, Speaker
from app.web import languages
from app.web.formatting import local_date, local_moment, local_time

KINDS = {
    "plenary": lazy_gettext("Plenary"),
    "parallel": lazy_gettext("Parallel session"),
    "break": lazy_gettext("Break"),
    "workshop": lazy_gettext("Workshop"),
    "panel": lazy_gettext("Panel"),
    "lecture": lazy_gettext("Lecture"),
    "talk": lazy_gettext("Talk"),
    "other": lazy_gettext("Other"),
}
ROLES = {
    "speaker": lazy_gettext("Speaker"),
    "chair": lazy_gettext("Chair"),
    "panellist": lazy_gettext("Panellist"),
    "moderator": lazy_gettext("Moderator"),
}
KIND, ROLE = "kind", "role"
NAMES = {KIND: KINDS, ROLE: ROLES}
FEATURES = {
    "step-free": lazy_gettext("Step-free access"),
    "hearing-loop": lazy_gettext("Hearing loop"),
    "captions": lazy_gettext("Live captions"),
    "interpretation": lazy_gettext("Interpretation"),
    "quiet": lazy_gettext("A quiet space"),
}
BYTES_PER_MEGABYTE = 1_000_000
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")  # RFC 5646, simplified


def init_app(app: Flask) -> None:
    """Register the template filters in ``FILTERS``."""
    for show in FILTERS:
        app.add_template_filter(show)


def kind_name(kind: str) -> str:
    """Return the translated kind of a session; an unknown kind is capitalised."""
    return _cached_name(str(get_locale()), KIND, kind)


def role_name(role: str) -> str:
    """Return the translated role; an unknown role is capitalised."""
    return _cached_name(str(get_locale()), ROLE, role)


@lru_cache(maxsize=1024)
def _cached_name(language: str, category: str, code: str) -> str:
    """Cache names by language: a large programme shows few names thousands of times."""
    return str(NAMES[category].get(code.lower(), capitalise_first(code)))


def feature_name(feature: str) -> str:
    """Return the translated access feature; an unknown one is capitalised."""
    return str(FEATURES.get(feature, capitalise_first(feature)))


def language_name(code: str) -> str:
    """Return a language's name in the current locale, or the code itself if it is unknown."""
    try:
        spoken = Locale.parse(code.replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError):
        return code
    return spoken.get_display_name(get_locale()) or code


def native_language_name(code: str) -> str:
    """Return a language's name in that language: français, العربية."""
    return languages.describe(code).name


def language_tag(code: str) -> str:
    """Return a code as a value for the HTML ``lang`` attribute, or "" if it is not valid."""
    return code.replace("_", "-") if LANGUAGE_TAG.fullmatch(code) else ""


def when_and_where(session: Session) -> str:
    """Describe a session in one line: kind, time and room."""
    facts = [kind_name(session.kind)]
    if session.starts_at:
        facts.append(local_moment(session.starts_at))
    if session.room:
        facts.append(session.room.name)
    return ", ".join(filter(None, facts)) or session.title


def list_names(people: Sequence[Appearance]) -> Markup:
    """Return names separated by commas.

    A name is isolated (``<bdi>``) where the direction of its script could disturb the others.
    """
    is_rtl = get_locale().text_direction == "rtl"
    return Markup(", ").join(_isolate(person.name, is_everywhere=is_rtl) for person in people)


@lru_cache(maxsize=4096)
def _isolate(name: str, *, is_everywhere: bool) -> Markup:
    is_needed = is_everywhere or (not name.isascii() and not _is_left_to_right(name))
    return Markup("<bdi>{}</bdi>").format(name) if is_needed else escape(name)


def _is_left_to_right(text: str) -> bool:
    return not {"R", "AL", "AN"} & {unicodedata.bidirectional(character) for character in text}


def describe_speaker(speaker: Speaker) -> str:
    """Describe a speaker in one line: name, role and organisation."""
    return ", ".join(filter(None, (speaker.name, speaker.role, speaker.organisation)))


def prose(html: str) -> Markup:
    """Return the HTML of a text for a page, with a notice at links to other sites."""
    note = str(gettext("opens another website"))
    return Markup(markdown.mark_external_links(html, note))  # noqa: S704 - sanitised when stored


def initials(name: str) -> str:
    """Return the initials of the first and the last name."""
    letters = [word[0].upper() for word in name.split() if word[0].isalpha()]
    return "".join(letters[:1] + letters[1:][-1:])


def file_size(length: int) -> str:
    """Format a file size in the current locale: 380 kB, 4.2 MB."""
    if length < BYTES_PER_MEGABYTE:
        return f"{format_decimal(max(1, round(length / 1000)))} kB"
    return f"{format_decimal(round(length / BYTES_PER_MEGABYTE, 1))} MB"


def clash_reason(clash: Clash) -> str:
    """Return the reason for a clash in the current locale."""
    named = {name: _format_value(value) for name, value in clash.text.values}
    return str(gettext(clash.text.sentence, **named))


def _format_value(value: Any) -> str:
    if isinstance(value, datetime):
        return local_time(value)
    return local_date(value) if isinstance(value, date) else str(value)


def capitalise_first(text: str) -> str:
    """Capitalise the first character and leave the rest unchanged."""
    return text[:1].upper() + text[1:]


FILTERS = (
    list_names,
    kind_name,
    role_name,
    feature_name,
    language_name,
    native_language_name,
    language_tag,
    when_and_where,
    describe_speaker,
    prose,
    initials,
    file_size,
    clash_reason,
)
