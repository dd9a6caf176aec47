"""Words for what a programme holds as codes: kinds, roles, access features, languages."""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from flask import Flask
from flask_babel import format_decimal, get_locale, gettext, lazy_gettext

from app.programme.clashes import Clash
from app.programme.document import Session, Speaker
from app.web import languages
from app.web.words import local_date, local_moment, local_time

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
MEGABYTE = 1_000_000  # bytes
TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")  # of a language (RFC 5646)


def attach(app: Flask) -> None:
    """Let templates use the filters below."""
    for show in FILTERS:
        app.add_template_filter(show)


def kind_name(kind: str) -> str:
    """Name a kind of session; one that we have no word for keeps its own."""
    return _named_in(str(get_locale()), KIND, kind)


def role_name(role: str) -> str:
    """Name a part in a session."""
    return _named_in(str(get_locale()), ROLE, role)


@lru_cache(maxsize=1024)
def _named_in(language: str, what: str, code: str) -> str:
    """Look a name up once in each language: a large programme asks for few, thousands of times."""
    return str(NAMES[what].get(code.lower(), capitalised(code)))


def feature_name(feature: str) -> str:
    """Name what a room offers."""
    return str(FEATURES.get(feature, capitalised(feature)))


def language_name(code: str) -> str:
    """Name a language in the reader's: English, français in French; what is no code stays."""
    try:
        spoken = Locale.parse(code.replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError):
        return code
    return spoken.get_display_name(get_locale()) or code


def name_of_its_own(code: str) -> str:
    """Name a language in itself: français, العربية."""
    return languages.described(code).name


def language_tag(code: str) -> str:
    """Give a language as pages mark it; nothing when it is no code."""
    return code.replace("_", "-") if TAG.fullmatch(code) else ""


def when_and_where(session: Session) -> str:
    """Tell shortly what a session is, when and where."""
    told = [kind_name(session.kind)]
    if session.starts_at:
        told.append(local_moment(session.starts_at))
    if session.room:
        told.append(session.room.name)
    return ", ".join(filter(None, told)) or session.title


def who_and_where_from(speaker: Speaker) -> str:
    """Tell shortly who somebody is."""
    return ", ".join(filter(None, (speaker.name, speaker.role, speaker.organisation)))


def initials(name: str) -> str:
    """Give the first letters of the first and of the last name."""
    letters = [word[0].upper() for word in name.split() if word[0].isalpha()]
    return "".join(letters[:1] + letters[1:][-1:])


def file_size(length: int) -> str:
    """Say how large a file is, as people do: 380 kB, 4.2 MB."""
    if length < MEGABYTE:
        return f"{format_decimal(max(1, round(length / 1000)))} kB"
    return f"{format_decimal(round(length / MEGABYTE, 1))} MB"


def clash_reason(clash: Clash) -> str:
    """Tell why two things cannot both be so, in the reader's language."""
    named = {name: _named(value) for name, value in clash.words.names}
    return str(gettext(clash.words.sentence, **named))


def _named(value: Any) -> str:
    if isinstance(value, datetime):
        return local_time(value)
    return local_date(value) if isinstance(value, date) else str(value)


def capitalised(words: str) -> str:
    """Begin with a capital, and leave the rest as it is."""
    return words[:1].upper() + words[1:]


FILTERS = (
    kind_name,
    role_name,
    feature_name,
    language_name,
    name_of_its_own,
    language_tag,
    when_and_where,
    who_and_where_from,
    initials,
    file_size,
    clash_reason,
)
