"""Sessions, as things to edit."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, select

from app import clock
from app.database import db
from app.errors import Refused
from app.programme import queries as programme
from app.programme.editing import published, session_words
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
FIELDS: Final = tuple(LABELS)
MOMENTS: Final = frozenset({"starts_at", "ends_at"})
LONGEST = timedelta(hours=24)
FARTHEST = timedelta(days=366)  # from the days of the conference


class _OfSessions:
    """What an edit must know of sessions.

    A theme stands as its slug, a room as its key, a moment as ISO text in UTC, links as
    ``[[address, label], …]``, appearances as ``[[speaker key, role], …]`` in their order; where
    there is none of these, ``None`` or an empty list. ``tidied`` brings values to this form.
    """

    def about(self, thing: Session) -> str:
        """Give the name under which the history keeps it."""
        return f"session {thing.key}"

    def name(self, thing: Session) -> str:
        """Give the name that people know it by."""
        return thing.title

    def value(self, thing: Session, field: str) -> Any:
        """Give what a field holds."""
        read = _READ.get(field)
        return read(thing) if read else getattr(thing, field)

    def put(self, thing: Session, field: str, value: Any) -> None:
        """Bring a field to a value; raise Refused where that cannot be any more."""
        put = _PUT.get(field)
        if put:
            put(thing, value)
        else:
            setattr(thing, field, _moment(value) if field in MOMENTS else value)

    def label(self, field: str) -> str:
        """Say what people call a field."""
        return LABELS[field]

    def said(self, field: str, value: Any) -> str:
        """Say a value in words; nothing for nothing."""
        return session_words.said(field, value)

    def check(self, thing: Session) -> None:
        """Raise Refused where its times cannot be."""
        if thing.ends_at is None:
            return
        if thing.starts_at is None:
            raise Refused("A session that ends must start as well")
        if thing.ends_at <= thing.starts_at:
            raise Refused("A session must end after it starts")
        if thing.ends_at - thing.starts_at > LONGEST:
            raise Refused("A session cannot last longer than 24 hours")


KIND: Final = _OfSessions()


def tidied(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give values in the form in which they are compared and kept, in the order of the fields."""
    given = {field: values[field] for field in FIELDS if field in values}
    return {field: _TIDY.get(field, _as_it_is)(value) for field, value in given.items()}


def moment_text(moment: datetime | None) -> str | None:
    """Write a moment as a field holds it."""
    return moment.astimezone(UTC).isoformat() if moment else None


def _as_it_is(value: Any) -> Any:
    return value


def _or_none(value: Any) -> Any:
    return value or None


def _tidy_moment(value: datetime | str | None) -> str | None:
    if not value:
        return None
    return moment_text(datetime.fromisoformat(value) if isinstance(value, str) else value)


def _tidy_pairs(pairs: Sequence[Sequence[str]]) -> list[list[str]]:
    """Give pairs as JSON holds them, each once."""
    return [list(pair) for pair in dict.fromkeys((first, second) for first, second in pairs)]


def _moment(value: str | None) -> datetime | None:
    """Read a moment; raise Refused when it lies far away from the conference."""
    if value is None:
        return None
    moment = datetime.fromisoformat(value)
    days = programme.conference()
    if not days.starts_on - FARTHEST <= moment.date() <= days.ends_on + FARTHEST:
        raise Refused("A session cannot be more than a year away from the conference")
    return moment


def _put_theme(session: Session, slug: str | None) -> None:
    session.theme = _known(Theme, Theme.slug == slug, "That theme is no longer there", slug)


def _put_room(session: Session, key: str | None) -> None:
    session.room = _known(Room, Room.key == key, "That room is no longer there", key)


def _put_links(session: Session, links: Sequence[Sequence[str]]) -> None:
    session.links = json.dumps(links)


def _put_state(session: Session, state: str) -> None:
    """Bring a session to a state; what the public has seen is cancelled, never hidden."""
    if state == DRAFT and published.is_now(session):
        raise Refused("It is in the published programme: cancel it instead of making it a draft")
    session.withdrawn_at = clock.now() if state == WITHDRAWN else None
    session.cancelled_at = clock.now() if state == CANCELLED else None
    if state in {DRAFT, CONFIRMED}:
        session.is_draft = state == DRAFT


def _put_appearances(session: Session, parts: Sequence[Sequence[str]]) -> None:
    """Say who appears, in order; what is known already is kept."""
    known = {(one.speaker.key, one.role): one for one in session.appearances}
    speakers = _speakers([key for key, _ in parts])
    if any(key not in speakers for key, _ in parts):
        raise Refused("One of these speakers is no longer there")
    found = [
        known.get((key, role)) or Appearance(speaker=speakers[key], role=role)
        for key, role in parts
    ]
    for position, appearance in enumerate(found):
        appearance.position = position
    session.appearances = found


def _known(kind: type[Any], such: ColumnElement[bool], gone: str, wanted: str | None) -> Any:
    if not wanted:
        return None
    found = db.session.scalar(select(kind).where(such))
    if found is None:
        raise Refused(gone)
    return found


def _speakers(keys: Sequence[str]) -> dict[str, Speaker]:
    found = db.session.scalars(select(Speaker).where(Speaker.key.in_(keys))) if keys else ()
    return {speaker.key: speaker for speaker in found}


_READ: Final[Mapping[str, Callable[[Session], Any]]] = {
    "theme": lambda session: session.theme.slug if session.theme else None,
    "room": lambda session: session.room.key if session.room else None,
    "starts_at": lambda session: moment_text(session.starts_at),
    "ends_at": lambda session: moment_text(session.ends_at),
    "links": lambda session: json.loads(session.links),
    "appearances": lambda session: [[one.speaker.key, one.role] for one in session.appearances],
}
_PUT: Final[Mapping[str, Callable[[Session, Any], None]]] = {
    "theme": _put_theme,
    "room": _put_room,
    "links": _put_links,
    "state": _put_state,
    "appearances": _put_appearances,
}
_TIDY: Final[Mapping[str, Callable[[Any], Any]]] = {
    "theme": _or_none,
    "room": _or_none,
    "seats": _or_none,
    "starts_at": _tidy_moment,
    "ends_at": _tidy_moment,
    "links": _tidy_pairs,
    "appearances": _tidy_pairs,
}
