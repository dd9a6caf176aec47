"""The editable fields of sessions: reading, setting, normalising and displaying them.

Values are shown in the history and wherever two versions are compared.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from app import clock
from app.database import db
from app.errors import RuleViolation
from app.programme import queries as programme
from app.programme.models import (
    CANCELLED,
    CONFIRMED,
    DRAFT,
    WITHDRAWN,
    Appearance,
    Room,
    Session,
    Speaker,
    Theme,
)
from app.web.formatting import format_time

LABELS: Final = {
    "title": "Title",
    "subtitle": "Subtitle",
    "kind": "Kind",
    "theme": "Theme",
    "room": "Room",
    "starts_at": "Start",
    "ends_at": "End",
    "abstract": "Abstract",
    "description": "Description",
    "language": "Language",
    "licence": "Licence",
    "links": "Links",
    "seats": "Seats",
    "is_recorded": "Recorded",
    "is_illustrative": "Illustrative",
    "notes": "Notes",
    "state": "State",
    "appearances": "Speakers",
}
FIELD_NAMES: Final = tuple(LABELS)
MOMENTS: Final = frozenset({"starts_at", "ends_at"})
MAX_DURATION = timedelta(hours=24)
MAX_DISTANCE = timedelta(days=366)  # before the first or after the last day


class _SessionFields:
    """Sessions as a FieldSet.

    A theme is its slug, a room its key, a datetime an ISO 8601 string in UTC, links are
    ``[[url, label], …]`` and appearances ``[[speaker key, role], …]`` in order; an empty value is
    ``None`` or ``[]``. ``normalise`` converts other values to this form.
    """

    def history_subject(self, entity: Session) -> str:
        return f"session {entity.key}"

    def name(self, entity: Session) -> str:
        return entity.title

    def get_value(self, entity: Session, field: str) -> Any:
        read = _GETTERS.get(field)
        return read(entity) if read else getattr(entity, field)

    def set_value(self, entity: Session, field: str, value: Any) -> None:
        put = _SETTERS.get(field)
        if put:
            put(entity, value)
        else:
            setattr(entity, field, _load_moment(value) if field in MOMENTS else value)

    def label(self, field: str) -> str:
        return LABELS[field]

    def display_value(self, field: str, value: Any) -> str:
        return display_value(field, value)

    def check(self, entity: Session) -> None:
        """Raise RuleViolation if the start and end contradict each other."""
        if entity.ends_at is None:
            return
        if entity.starts_at is None:
            raise RuleViolation("A session that ends must start as well")
        if entity.ends_at <= entity.starts_at:
            raise RuleViolation("A session must end after it starts")
        if entity.ends_at - entity.starts_at > MAX_DURATION:
            raise RuleViolation("A session cannot last longer than 24 hours")


SESSION_FIELDS: Final = _SessionFields()


def normalise(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values in the form in which they are compared and saved, in field order."""
    given = {field: values[field] for field in FIELD_NAMES if field in values}
    return {field: _NORMALISERS.get(field, _unchanged)(value) for field, value in given.items()}


def dump_moment(moment: datetime | None) -> str | None:
    """Return a datetime as a field value: ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat() if moment else None


def _unchanged(value: Any) -> Any:
    return value


def _or_none(value: Any) -> Any:
    return value or None


def _normalise_moment(value: datetime | str | None) -> str | None:
    if not value:
        return None
    return dump_moment(datetime.fromisoformat(value) if isinstance(value, str) else value)


def _normalise_pairs(pairs: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the pairs as JSON lists, without duplicates."""
    return [list(pair) for pair in dict.fromkeys((first, second) for first, second in pairs)]


def _load_moment(value: str | None) -> datetime | None:
    """Parse a datetime; raise RuleViolation if it is too far from the conference."""
    if value is None:
        return None
    moment = datetime.fromisoformat(value)
    days = programme.get_conference()
    if not days.starts_on - MAX_DISTANCE <= moment.date() <= days.ends_on + MAX_DISTANCE:
        raise RuleViolation("A session cannot be more than a year away from the conference")
    return moment


def _set_theme(session: Session, slug: str | None) -> None:
    session.theme = _find_or_refuse(
        Theme, Theme.slug == slug, "That theme is no longer there", slug
    )


def _set_room(session: Session, key: str | None) -> None:
    session.room = _find_or_refuse(Room, Room.key == key, "That room is no longer there", key)


def _set_links(session: Session, links: Sequence[Sequence[str]]) -> None:
    session.links = json.dumps(links)


def _set_state(session: Session, state: str) -> None:
    """Set the state; a public session can be cancelled but not made a draft."""
    if state == DRAFT and programme.is_public(session):
        raise RuleViolation(
            "It is in the published programme: cancel it instead of making it a draft"
        )
    session.withdrawn_at = clock.now() if state == WITHDRAWN else None
    session.cancelled_at = clock.now() if state == CANCELLED else None
    if state in {DRAFT, CONFIRMED}:
        session.is_draft = state == DRAFT


def _set_appearances(session: Session, parts: Sequence[Sequence[str]]) -> None:
    """Set the speakers in order, reusing existing rows."""
    known = {(one.speaker.key, one.role): one for one in session.appearances}
    speakers = _speakers_by_key([key for key, _ in parts])
    if any(key not in speakers for key, _ in parts):
        raise RuleViolation("One of these speakers is no longer there")
    found = [
        known.get((key, role)) or Appearance(speaker=speakers[key], role=role)
        for key, role in parts
    ]
    for position, appearance in enumerate(found):
        appearance.position = position
    session.appearances = found


def _find_or_refuse(
    model: type[Any], condition: ColumnElement[bool], message: str, key: str | None
) -> Any:
    if not key:
        return None
    found = db.session.scalar(select(model).where(condition))
    if found is None:
        raise RuleViolation(message)
    return found


def _speakers_by_key(keys: Sequence[str]) -> dict[str, Speaker]:
    found = db.session.scalars(select(Speaker).where(Speaker.key.in_(keys))) if keys else ()
    return {speaker.key: speaker for speaker in found}


_GETTERS: Final[Mapping[str, Callable[[Session], Any]]] = {
    "theme": lambda session: session.theme.slug if session.theme else None,
    "room": lambda session: session.room.key if session.room else None,
    "starts_at": lambda session: dump_moment(session.starts_at),
    "ends_at": lambda session: dump_moment(session.ends_at),
    "links": lambda session: json.loads(session.links),
    "appearances": lambda session: [[one.speaker.key, one.role] for one in session.appearances],
}
_SETTERS: Final[Mapping[str, Callable[[Session, Any], None]]] = {
    "theme": _set_theme,
    "room": _set_room,
    "links": _set_links,
    "state": _set_state,
    "appearances": _set_appearances,
}
_NORMALISERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "theme": _or_none,
    "room": _or_none,
    "seats": _or_none,
    "starts_at": _normalise_moment,
    "ends_at": _normalise_moment,
    "links": _normalise_pairs,
    "appearances": _normalise_pairs,
}


def display_value(field: str, value: Any) -> str:
    """Return a value as text, or "" if it is empty."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not value:
        return ""
    return _FORMATTERS.get(field, str)(value)


def _display_moment(value: str) -> str:
    """Format a datetime in the conference's time zone: 9:30am on Thursday 6 November 2008."""
    zone = ZoneInfo(programme.get_conference().time_zone)
    local = datetime.fromisoformat(value).astimezone(zone)
    return f"{format_time(local)} on {local:%A} {local.day} {local:%B} {local.year}"


def _display_theme(slug: str) -> str:
    return db.session.scalar(select(Theme.name).where(Theme.slug == slug)) or slug


def _display_room(key: str) -> str:
    return db.session.scalar(select(Room.name).where(Room.key == key)) or key


def _display_links(links: Sequence[Sequence[str]]) -> str:
    return ", ".join(f"{label} ({address})" for address, label in links)


def _display_appearances(parts: Sequence[Sequence[str]]) -> str:
    """Format the speakers: Ada Marsh (chair), João Maré (speaker)."""
    asked = select(Speaker.key, Speaker.name).where(Speaker.key.in_([key for key, _ in parts]))
    names = {one.key: one.name for one in db.session.execute(asked)}
    return ", ".join(f"{names.get(key, key)} ({role})" for key, role in parts)


_FORMATTERS: Final[Mapping[str, Callable[[Any], str]]] = {
    "theme": _display_theme,
    "room": _display_room,
    "starts_at": _display_moment,
    "ends_at": _display_moment,
    "links": _display_links,
    "appearances": _display_appearances,
}
