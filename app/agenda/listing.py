"""An agenda as its page shows it: by time, with sessions that changed, clash or were withdrawn.

Where the browser has opened a booking, its seats are in the same list.

Clashes follow the rules of the programme, with the visitor as a participant of every session.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from types import MappingProxyType
from zoneinfo import ZoneInfo

from app.agenda.models import Star
from app.agenda.own_seats import OwnSeat
from app.programme import clashes, listing
from app.programme.scheduled_sessions import (
    Participant,
    RoomInfo,
    ScheduledSession,
    SchedulingRules,
)
from app.programme.snapshot import Session
from app.releases.published_programme import PublishedProgramme

READER_AS_PARTICIPANT = (Participant("reader", "You"),)


@dataclass(frozen=True)
class SavedDetails:
    """The details of a session when it was starred, where the session has changed since."""

    title: str
    starts_at: datetime | None
    ends_at: datetime | None
    room: str
    is_moved: bool
    is_renamed: bool


@dataclass(frozen=True)
class AgendaItem:
    """A session that is starred, or in which the visitor has a seat."""

    star_id: int | None  # None if it is not starred
    session: Session
    stale_details: SavedDetails | None
    clashes: tuple[Session, ...]  # other sessions of the agenda at the same time
    first_listed_clashes: tuple[Session, ...]  # each clash is named only once, in its first row
    tight_transfers: tuple[Session, ...]  # other sessions that end too late to walk from there
    seat: OwnSeat | None = None


@dataclass(frozen=True)
class AgendaDay:
    """The items of one day, or those without a time if the date is None."""

    date: date | None
    entries: tuple[AgendaItem, ...]


@dataclass(frozen=True)
class AgendaListing:
    """The contents of an agenda, by day."""

    days: tuple[AgendaDay, ...]
    withdrawn: tuple[Star, ...]  # stars of sessions that were withdrawn

    def __len__(self) -> int:
        return sum(len(day.entries) for day in self.days) + len(self.withdrawn)

    @property
    def clash_count(self) -> int:
        """Return the number of items that clash with another."""
        return sum(bool(entry.clashes) for day in self.days for entry in day.entries)

    @property
    def tight_transfer_count(self) -> int:
        """Return the number of items that leave no time to walk to them."""
        return sum(bool(entry.tight_transfers) for day in self.days for entry in day.entries)

    @property
    def changed_count(self) -> int:
        """Return the number of items that have changed since they were starred."""
        return len(self.withdrawn) + sum(
            entry.stale_details is not None for day in self.days for entry in day.entries
        )


def build(
    stars: Iterable[Star],
    programme: PublishedProgramme,
    walking: timedelta,
    seats: Mapping[str, OwnSeat] = MappingProxyType({}),
) -> AgendaListing:
    """Group stars and seats by day, in the order of the programme."""
    by_key = {star.session_key: star for star in stars}
    listed = [
        session for session in programme.sessions if session.key in by_key or session.key in seats
    ]
    attended = [
        session for session in listed if session.key in by_key or not seats[session.key].is_waiting
    ]
    zone = ZoneInfo(programme.conference.time_zone)
    conflicts = _find_clashes(attended, programme, walking)
    named = _list_named_clashes(attended, conflicts)
    entries = [
        _build_item(
            by_key.get(session.key),
            session,
            conflicts.get(session.key, ()),
            named.get(session.key, ()),
            seats.get(session.key),
        )
        for session in listed
    ]
    by_day = groupby(entries, lambda entry: listing.day_of(entry.session, zone))
    keys_in_programme = {session.key for session in listed}
    return AgendaListing(
        days=tuple(AgendaDay(day, tuple(some)) for day, some in by_day),
        withdrawn=tuple(star for key, star in by_key.items() if key not in keys_in_programme),
    )


def _build_item(
    star: Star | None,
    session: Session,
    conflicts: Sequence[tuple[str, Session]],
    named: tuple[Session, ...],
    seat: OwnSeat | None,
) -> AgendaItem:
    return AgendaItem(
        star_id=star.id if star else None,
        session=session,
        stale_details=_find_stale_details(star, session) if star else None,
        clashes=tuple(other for kind, other in conflicts if kind == clashes.PERSON),
        first_listed_clashes=named,
        tight_transfers=tuple(other for kind, other in conflicts if kind == clashes.WALK),
        seat=seat,
    )


def _find_stale_details(star: Star, session: Session) -> SavedDetails | None:
    room = session.room.name if session.room else ""
    then, now = (
        (star.starts_at, star.ends_at, star.room),
        (session.starts_at, session.ends_at, room),
    )
    if then == now and star.title == session.title:
        return None
    return SavedDetails(
        title=star.title,
        starts_at=star.starts_at,
        ends_at=star.ends_at,
        room=star.room,
        is_moved=then != now,
        is_renamed=star.title != session.title,
    )


def _find_clashes(
    sessions: Sequence[Session], programme: PublishedProgramme, walking: timedelta
) -> Mapping[str, list[tuple[str, Session]]]:
    """Map each session to the sessions that clash with it and the kind of clash."""
    known = {session.key: session for session in sessions}
    facts = programme.conference
    frame = SchedulingRules(facts.starts_on, facts.ends_on, ZoneInfo(facts.time_zone), walking)
    found: dict[str, list[tuple[str, Session]]] = {}
    for clash in clashes.find_clashes(_iter_scheduled(sessions), frame):
        if clash.kind in {clashes.PERSON, clashes.WALK}:
            found.setdefault(clash.session, []).append((clash.kind, known[clash.other_session]))
        if clash.kind == clashes.PERSON:
            found.setdefault(clash.other_session, []).append((clash.kind, known[clash.session]))
    return found


def _list_named_clashes(
    sessions: Sequence[Session], conflicts: Mapping[str, Sequence[tuple[str, Session]]]
) -> Mapping[str, tuple[Session, ...]]:
    """Map each session to the later ones it clashes with, unless an earlier row names them all.

    If four sessions overlap, the first names three, and the others are only marked.
    """
    named: dict[str, tuple[Session, ...]] = {}
    groups: list[set[str]] = []
    for at, one in enumerate(sessions):
        others = {other.key for kind, other in conflicts.get(one.key, ()) if kind == clashes.PERSON}
        later = tuple(other for other in sessions[at + 1 :] if other.key in others)
        group = {one.key, *(other.key for other in later)}
        if later and not any(group <= above for above in groups):
            named[one.key] = later
            groups.append(group)
    return named


def _iter_scheduled(sessions: Iterable[Session]) -> Iterator[ScheduledSession]:
    for session in sessions:
        if session.starts_at is not None and not session.is_cancelled:
            yield ScheduledSession(
                key=session.key,
                title=session.title,
                starts_at=session.starts_at,
                ends_at=session.ends_at or session.starts_at,
                room=RoomInfo(session.room.slug, session.room.name) if session.room else None,
                participants=READER_AS_PARTICIPANT,
            )
