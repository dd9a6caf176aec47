"""Differences between two snapshots of the programme.

``compare(old, new)`` depends on nothing but the two snapshots, so it can compare any two
releases, or the current release with the working programme. Everything is matched by key,
or by slug if an older release has no keys of its kind. Data that a
session repeats (a room's name, a speaker's organisation) is reported once, where it belongs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from app.content import markdown
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import PROSE, TRANSLATIONS
from app.programme.snapshot import (
    Appearance,
    Conference,
    Photo,
    Room,
    Session,
    Snapshot,
    Speaker,
    Theme,
)

EntityT = TypeVar("EntityT", Conference, Room, Session, Speaker, Theme)
NamedT = TypeVar("NamedT", Room, Speaker, Theme)

SCHEDULE_FIELDS = frozenset({"starts_at", "ends_at", "room"})
TITLE_FIELDS = frozenset({"title"})
DERIVED_FIELDS = frozenset({"key", "summary", "is_cancelled"})  # reported in other ways
PROSE_FIELDS = SESSION_FIELDS.names_of(PROSE) | SPEAKER_FIELDS.names_of(PROSE)


@dataclass(frozen=True)
class FieldChange:
    """A changed field: prose as plain text, a room or theme by its name."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Modified(Generic[EntityT]):
    """Something in both snapshots, and its changed fields."""

    old: EntityT
    new: EntityT
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True)
class EntityChanges(Generic[EntityT]):
    """The changes of one kind of entity."""

    added: tuple[EntityT, ...] = ()
    modified: tuple[Modified[EntityT], ...] = ()
    withdrawn: tuple[EntityT, ...] = ()

    def __len__(self) -> int:
        return len(self.added) + len(self.modified) + len(self.withdrawn)


@dataclass(frozen=True)
class Comparison:
    """The differences; a session that was moved and renamed is in both groups."""

    zone: ZoneInfo
    is_different: bool  # even if only in the order of items
    conference: Modified[Conference] | None
    sessions: EntityChanges[Session]
    speakers: EntityChanges[Speaker]
    rooms: EntityChanges[Room]
    themes: EntityChanges[Theme]

    def __bool__(self) -> bool:
        return self.is_different

    def __len__(self) -> int:
        """Return the number of entities that differ."""
        things: tuple[Sized, ...] = (self.sessions, self.speakers, self.rooms, self.themes)
        return sum(len(some) for some in things) + (self.conference is not None)

    @cached_property
    def cancelled(self) -> tuple[Modified[Session], ...]:
        """The sessions that were cancelled."""
        return tuple(
            modification
            for modification in self.sessions.modified
            if _is_cancellation_changed(modification) and modification.new.is_cancelled
        )

    @cached_property
    def reinstated(self) -> tuple[Modified[Session], ...]:
        """The sessions that are no longer cancelled."""
        return tuple(
            modification
            for modification in self.sessions.modified
            if _is_cancellation_changed(modification) and modification.old.is_cancelled
        )

    @cached_property
    def moved(self) -> tuple[Modified[Session], ...]:
        """The sessions with a different time or room."""
        return self._modified_in(SCHEDULE_FIELDS.__contains__)

    @cached_property
    def renamed(self) -> tuple[Modified[Session], ...]:
        """The sessions with a different title."""
        return self._modified_in(TITLE_FIELDS.__contains__)

    @cached_property
    def reworded(self) -> tuple[Modified[Session], ...]:
        """The sessions with other differences."""
        return self._modified_in(lambda name: name not in SCHEDULE_FIELDS | TITLE_FIELDS)

    @cached_property
    def participants(self) -> tuple[Appearance, ...]:
        """The people in sessions that differ, before or after, without duplicates."""
        found = {part.slug: part for session in self._affected_sessions() for part in session.parts}
        return tuple(sorted(found.values(), key=lambda part: (part.name, part.slug)))

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The days of sessions that differ, before or after."""
        return tuple(
            sorted({day for one in self._affected_sessions() for day in list_days(self.zone, one)})
        )

    def _affected_sessions(self) -> Iterator[Session]:
        yield from self.sessions.added
        yield from self.sessions.withdrawn
        for modification in self.sessions.modified:
            yield from (modification.old, modification.new)

    def _modified_in(self, matches: Callable[[str], bool]) -> tuple[Modified[Session], ...]:
        """Return the modified sessions that have matching changes, with only those."""
        found = (
            Modified(
                modification.old,
                modification.new,
                tuple(field for field in modification.fields if matches(field.name)),
            )
            for modification in self.sessions.modified
        )
        return tuple(modified for modified in found if modified.fields)


def compare(old: Snapshot, new: Snapshot) -> Comparison:
    """Return the differences between two snapshots."""
    facts = _diff_fields(old.conference, new.conference)
    return Comparison(
        zone=ZoneInfo(new.conference.time_zone),
        is_different=old != new,
        conference=Modified(old.conference, new.conference, facts) if facts else None,
        sessions=_compare_entities(_by_key(old.sessions), _by_key(new.sessions)),
        speakers=_compare_entities(*_by_identity(old.speakers, new.speakers)),
        rooms=_compare_entities(*_by_identity(old.rooms, new.rooms)),
        themes=_compare_entities(*_by_identity(old.themes, new.themes)),
    )


def list_participants(*versions: Session) -> tuple[Appearance, ...]:
    """Return the people in any of these versions of a session, without duplicates."""
    return tuple({part.slug: part for version in versions for part in version.parts}.values())


def list_days(zone: ZoneInfo, *versions: Session) -> tuple[date, ...]:
    """Return the days on which these versions of a session start, in order."""
    begins = (version.starts_at for version in versions if version.starts_at is not None)
    return tuple(sorted({moment.astimezone(zone).date() for moment in begins}))


def _compare_entities(
    old: Mapping[str, EntityT], new: Mapping[str, EntityT]
) -> EntityChanges[EntityT]:
    both = [(old[key], new[key]) for key in new if key in old]
    compared = (Modified(was, now, _diff_fields(was, now)) for was, now in both if was != now)
    return EntityChanges(
        added=tuple(new[key] for key in new if key not in old),
        modified=tuple(
            modified
            for modified in compared
            if modified.fields or _is_cancellation_changed(modified)
        ),
        withdrawn=tuple(old[key] for key in old if key not in new),
    )


def _is_cancellation_changed(one: Modified[Any]) -> bool:
    """Return True if a session was cancelled or reinstated."""
    return bool(getattr(one.old, "is_cancelled", 0) != getattr(one.new, "is_cancelled", 0))


def _diff_fields(old: EntityT, new: EntityT) -> tuple[FieldChange, ...]:
    """Return the changed fields, with values to show to people."""
    names = (field.name for field in fields(old) if field.name not in DERIVED_FIELDS)
    pairs = ((name, getattr(old, name), getattr(new, name)) for name in names)
    return tuple(
        FieldChange(name, _display_form(name, was), _display_form(name, now))
        for name, was, now in pairs
        if was != now and not _is_alike(was, now)
    )


def _is_alike(was: Any, now: Any) -> bool:
    """Compare a repeated entity only by identity, so that its own changes are not counted here."""
    if isinstance(was, Room | Theme) and isinstance(now, Room | Theme):
        return was.key == now.key if was.key and now.key else was.slug == now.slug
    return bool(_comparable(was) == _comparable(now))


def _comparable(value: Any) -> Any:
    if isinstance(value, Photo):
        return value.key, value.description
    if isinstance(value, tuple) and value and isinstance(value[0], Appearance):
        return tuple((part.slug, part.role) for part in value)
    return value


def _display_form(name: str, value: Any) -> Any:
    if isinstance(value, Room | Theme):
        return value.name
    if isinstance(value, Photo):
        return value.description
    if name in SPEAKER_FIELDS.names_of(TRANSLATIONS):
        return tuple((code, markdown.to_text(html)) for code, html in value)
    return markdown.to_text(value) if name in PROSE_FIELDS else value


def _by_key(sessions: Sequence[Session]) -> dict[str, Session]:
    return {session.key: session for session in sessions}


def _by_identity(*both: Sequence[NamedT]) -> Iterator[dict[str, NamedT]]:
    """Index entities by key, or by slug if an older release has no keys."""
    has_keys = all(one.key for some in both for one in some)
    return ({one.key if has_keys else one.slug: one for one in some} for some in both)
