"""What is different between two programmes, told for people.

``compare(old, new)`` looks at two documents and at nothing else, so it compares any two
releases, or what is public with what is being worked on. A session is known by its key, and so is
a speaker where both programmes tell it; all else is known by its address. What a session repeats
of others (a room's name, a speaker's organisation) is told once, where it belongs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from app.content import prose
from app.programme.document import (
    Conference,
    Document,
    Part,
    Photo,
    Room,
    Session,
    Speaker,
    Theme,
)

Thing = TypeVar("Thing", Conference, Room, Session, Speaker, Theme)
Named = TypeVar("Named", Room, Speaker, Theme)

PLACE_AND_TIME = frozenset({"starts_at", "ends_at", "room"})
NAME = frozenset({"title"})
DERIVED = frozenset({"key", "summary", "is_cancelled"})  # told elsewhere
AS_TEXT = frozenset({"abstract", "description", "biography"})


@dataclass(frozen=True)
class Field:
    """One thing that is said otherwise: prose as plain text, a room or a theme by its name."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Altered(Generic[Thing]):
    """A thing of both programmes, and in what it differs."""

    old: Thing
    new: Thing
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Things(Generic[Thing]):
    """What became of all things of one kind."""

    added: tuple[Thing, ...] = ()
    altered: tuple[Altered[Thing], ...] = ()
    withdrawn: tuple[Thing, ...] = ()

    def __len__(self) -> int:
        return len(self.added) + len(self.altered) + len(self.withdrawn)


@dataclass(frozen=True)
class Comparison:
    """The differences; a session that moved and has a new name stands under both."""

    zone: ZoneInfo
    is_different: bool  # also where nothing below tells how: in the order of things, say
    conference: Altered[Conference] | None
    sessions: Things[Session]
    speakers: Things[Speaker]
    rooms: Things[Room]
    themes: Things[Theme]

    def __bool__(self) -> bool:
        return self.is_different

    def __len__(self) -> int:
        """How many things differ."""
        things: tuple[Sized, ...] = (self.sessions, self.speakers, self.rooms, self.themes)
        return sum(len(some) for some in things) + (self.conference is not None)

    @property
    def cancelled(self) -> tuple[Altered[Session], ...]:
        """The sessions that will not take place any more."""
        return tuple(one for one in self.sessions.altered if _turned(one) and one.new.is_cancelled)

    @property
    def brought_back(self) -> tuple[Altered[Session], ...]:
        """The sessions that had been cancelled and take place after all."""
        return tuple(one for one in self.sessions.altered if _turned(one) and one.old.is_cancelled)

    @property
    def moved(self) -> tuple[Altered[Session], ...]:
        """The sessions that have another time or room."""
        return self._in(PLACE_AND_TIME.__contains__)

    @property
    def renamed(self) -> tuple[Altered[Session], ...]:
        """The sessions that have another title."""
        return self._in(NAME.__contains__)

    @property
    def reworded(self) -> tuple[Altered[Session], ...]:
        """The sessions that differ in something else."""
        return self._in(lambda name: name not in PLACE_AND_TIME | NAME)

    @cached_property
    def people(self) -> tuple[Part, ...]:
        """Who appears in a session that differs, before or after, each once."""
        found = {part.slug: part for session in self._touched() for part in session.parts}
        return tuple(sorted(found.values(), key=lambda part: (part.name, part.slug)))

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The days of the sessions that differ, before or after."""
        return tuple(sorted({day for one in self._touched() for day in days(self.zone, one)}))

    def _touched(self) -> Iterator[Session]:
        yield from self.sessions.added
        yield from self.sessions.withdrawn
        for one in self.sessions.altered:
            yield from (one.old, one.new)

    def _in(self, counts: Callable[[str], bool]) -> tuple[Altered[Session], ...]:
        """List sessions with those of their differences that count."""
        found = (
            Altered(one.old, one.new, tuple(field for field in one.fields if counts(field.name)))
            for one in self.sessions.altered
        )
        return tuple(one for one in found if one.fields)


def compare(old: Document, new: Document) -> Comparison:
    """Tell what is different in the new programme."""
    facts = _differing(old.conference, new.conference)
    return Comparison(
        zone=ZoneInfo(new.conference.time_zone),
        is_different=old != new,
        conference=Altered(old.conference, new.conference, facts) if facts else None,
        sessions=_things(_by_key(old.sessions), _by_key(new.sessions)),
        speakers=_things(*_people(old.speakers, new.speakers)),
        rooms=_things(_by_slug(old.rooms), _by_slug(new.rooms)),
        themes=_things(_by_slug(old.themes), _by_slug(new.themes)),
    )


def people(*versions: Session) -> tuple[Part, ...]:
    """Tell who appears in a session, in any of its versions, each once."""
    return tuple({part.slug: part for one in versions for part in one.parts}.values())


def days(zone: ZoneInfo, *versions: Session) -> tuple[date, ...]:
    """Tell on which days a session begins, in any of its versions."""
    begins = (one.starts_at for one in versions if one.starts_at is not None)
    return tuple(sorted({moment.astimezone(zone).date() for moment in begins}))


def _things(old: Mapping[str, Thing], new: Mapping[str, Thing]) -> Things[Thing]:
    both = [(old[key], new[key]) for key in new if key in old]
    compared = (Altered(was, now, _differing(was, now)) for was, now in both if was != now)
    return Things(
        added=tuple(new[key] for key in new if key not in old),
        altered=tuple(one for one in compared if one.fields or _turned(one)),
        withdrawn=tuple(old[key] for key in old if key not in new),
    )


def _turned(one: Altered[Any]) -> bool:
    """Whether a session was cancelled or brought back."""
    return bool(getattr(one.old, "is_cancelled", 0) != getattr(one.new, "is_cancelled", 0))


def _differing(old: Thing, new: Thing) -> tuple[Field, ...]:
    """List in what two versions of a thing differ, as people would tell it."""
    names = (field.name for field in fields(old) if field.name not in DERIVED)
    pairs = ((name, getattr(old, name), getattr(new, name)) for name in names)
    return tuple(
        Field(name, _told(name, was), _told(name, now))
        for name, was, now in pairs
        if was != now and _own(was) != _own(now)
    )


def _own(value: Any) -> Any:
    """Reduce what is repeated of another thing to who that is."""
    if isinstance(value, Room | Theme):
        return value.slug
    if isinstance(value, Photo):
        return value.key, value.description
    if isinstance(value, tuple) and value and isinstance(value[0], Part):
        return tuple((part.slug, part.role) for part in value)
    return value


def _told(name: str, value: Any) -> Any:
    if isinstance(value, Room | Theme):
        return value.name
    if isinstance(value, Photo):
        return value.description
    if name == "biographies":
        return tuple((code, prose.plain(html)) for code, html in value)
    return prose.plain(value) if name in AS_TEXT else value


def _by_key(sessions: Sequence[Session]) -> dict[str, Session]:
    return {session.key: session for session in sessions}


def _people(*both: Sequence[Speaker]) -> Iterator[dict[str, Speaker]]:
    """Know people by their keys; older releases tell none, and then by their addresses."""
    has_keys = all(one.key for some in both for one in some)
    return ({one.key if has_keys else one.slug: one for one in some} for some in both)


def _by_slug(things: Sequence[Named]) -> dict[str, Named]:
    return {thing.slug: thing for thing in things}
