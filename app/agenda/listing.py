"""An agenda as its page shows it: by time, with what has changed and what cannot be done.

The rules of what clashes are those of the programme: the reader is the one person whom every
session of theirs needs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from app.agenda.models import Star
from app.programme import clashes, lines
from app.programme.document import Session
from app.programme.placed import Frame, Needed, Place, Placed
from app.programme.releases import Programme

READER = (Needed("reader", "You"),)


@dataclass(frozen=True)
class Seen:
    """What was known of a session when it was starred, where that is no longer so."""

    title: str
    starts_at: datetime | None
    ends_at: datetime | None
    room: str
    is_moved: bool
    is_renamed: bool


@dataclass(frozen=True)
class Entry:
    """A starred session."""

    star: int
    session: Session
    seen: Seen | None
    at_once: tuple[Session, ...]  # in the agenda too, at the same time
    too_far: tuple[Session, ...]  # end too late, in another room, to walk from there

    @property
    def needs_a_look(self) -> bool:
        """Whether the reader should decide something."""
        return bool(self.at_once or self.too_far)


@dataclass(frozen=True)
class Day:
    """A day's entries; without a date, what has no time yet."""

    date: date | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Listing:
    """An agenda, by day."""

    days: tuple[Day, ...]
    gone: tuple[Star, ...]  # no longer part of the programme

    def __len__(self) -> int:
        return sum(len(day.entries) for day in self.days) + len(self.gone)

    @property
    def to_look_at(self) -> int:
        """How many entries have something that the reader should decide."""
        return sum(entry.needs_a_look for day in self.days for entry in day.entries)

    @property
    def changed(self) -> int:
        """How many entries are not as they were when they were starred."""
        return len(self.gone) + sum(
            entry.seen is not None for day in self.days for entry in day.entries
        )


def of(stars: Iterable[Star], programme: Programme, walking: timedelta) -> Listing:
    """Set the stars of an agenda by day, in the order of the programme."""
    by_key = {one.session_key: one for one in stars}
    starred = [one for one in programme.sessions if one.key in by_key]
    zone = ZoneInfo(programme.conference.time_zone)
    troubles = _troubles(starred, programme, walking)
    entries = [_entry(by_key[one.key], one, troubles.get(one.key, ())) for one in starred]
    parted = groupby(entries, lambda entry: lines.on(entry.session, zone))
    there = {one.key for one in starred}
    return Listing(
        days=tuple(Day(day, tuple(some)) for day, some in parted),
        gone=tuple(star for key, star in by_key.items() if key not in there),
    )


def _entry(star: Star, session: Session, troubles: Sequence[tuple[str, Session]]) -> Entry:
    return Entry(
        star=star.id,
        session=session,
        seen=_seen(star, session),
        at_once=tuple(other for kind, other in troubles if kind == clashes.PERSON),
        too_far=tuple(other for kind, other in troubles if kind == clashes.WALK),
    )


def _seen(star: Star, session: Session) -> Seen | None:
    room = session.room.name if session.room else ""
    then, now = (
        (star.starts_at, star.ends_at, star.room),
        (session.starts_at, session.ends_at, room),
    )
    if then == now and star.title == session.title:
        return None
    return Seen(
        title=star.title,
        starts_at=star.starts_at,
        ends_at=star.ends_at,
        room=star.room,
        is_moved=then != now,
        is_renamed=star.title != session.title,
    )


def _troubles(
    sessions: Sequence[Session], programme: Programme, walking: timedelta
) -> Mapping[str, list[tuple[str, Session]]]:
    """Tell of each session which others the reader cannot go to besides, and why."""
    known = {one.key: one for one in sessions}
    facts = programme.conference
    frame = Frame(facts.starts_on, facts.ends_on, ZoneInfo(facts.time_zone), walking)
    found: dict[str, list[tuple[str, Session]]] = {}
    for clash in clashes.find(_placed(sessions), frame):
        if clash.kind in {clashes.PERSON, clashes.WALK}:
            found.setdefault(clash.session, []).append((clash.kind, known[clash.other]))
        if clash.kind == clashes.PERSON:
            found.setdefault(clash.other, []).append((clash.kind, known[clash.session]))
    return found


def _placed(sessions: Iterable[Session]) -> Iterator[Placed]:
    for session in sessions:
        if session.starts_at is not None and not session.is_cancelled:
            yield Placed(
                key=session.key,
                title=session.title,
                starts_at=session.starts_at,
                ends_at=session.ends_at or session.starts_at,
                room=Place(session.room.slug, session.room.name) if session.room else None,
                people=READER,
            )
