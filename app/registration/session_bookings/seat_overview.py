"""How full bookable sessions are, for organisers.

All are read in two queries. A page reads only the numbers that it shows, unless the list is
filtered or sorted by these numbers.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

from sqlalchemy import case, func, select

from app import clock
from app.database import db
from app.programme.collation import sort_key
from app.programme.listing import day_of
from app.programme.snapshot import Session
from app.registration.ballots import queries as ballots
from app.registration.ballots.queries import PublicBallot
from app.registration.session_bookings import queries
from app.registration.session_bookings.queries import SessionSeats
from app.registration.session_seats import session_limit
from app.registration.waiting_list.models import OFFERED, WaitingListEntry
from app.releases.current_release import get_programme

ENDING_SOON: Final = timedelta(hours=6)
FULL, WAITING, ENDING, BY_BALLOT = "full", "waiting", "ending", "ballot"  # states
TIME, TITLE, FREE, QUEUE = "time", "title", "free", "queue"  # orders
SORTS: Final = (TIME, TITLE, FREE, QUEUE)


class SeatOverview(NamedTuple):
    """A public session and its current seats."""

    session: Session
    seats: SessionSeats
    offered: int  # seats held for people with an offer
    ending: int  # of these, offers that end within six hours
    ballot: PublicBallot | None  # the one that is still to draw its seats

    @property
    def all_seats(self) -> int:
        """The seats of the session, including reserved ones."""
        return self.seats.seats + self.seats.held_back

    @property
    def booked(self) -> int:
        """The booked seats."""
        return self.seats.taken - self.offered

    @property
    def free(self) -> int:
        """The seats that anyone can book now; none while people are waiting."""
        return 0 if self.seats.waiting else self.seats.left

    @property
    def room(self) -> str:
        """The name of its room, or ""."""
        return self.session.room.name if self.session.room else ""

    @property
    def states(self) -> Collection[str]:
        """The states under which it can be found."""
        found = {
            FULL: not self.free and self.ballot is None,
            WAITING: self.seats.waiting > 0,
            ENDING: self.ending > 0,
            BY_BALLOT: self.ballot is not None,
        }
        return [state for state, is_so in found.items() if is_so]


@dataclass(frozen=True)
class OverviewFilter:
    """The filters of the list; "" does not filter."""

    search: str = ""
    state: str = ""
    ballot: str = ""  # its number
    day: str = ""  # in ISO format
    room: str = ""  # its slug

    def list_sessions(self) -> Sequence[Session]:
        """List the public sessions with matching titles, on the day and in the room."""
        programme, words = get_programme(), sort_key(self.search).split()
        found: Sequence[Session] = programme.sessions
        if self.room:
            found = [
                session
                for session in found
                if session.room is not None and session.room.slug == self.room
            ]
        if self.day:
            found = [
                session for session in found if self.day == str(day_of(session, programme.zone))
            ]
        if words:
            titles = ((session, sort_key(session.title)) for session in found)
            found = [one for one, title in titles if all(word in title for word in words)]
        return found

    @property
    def is_about_numbers(self) -> bool:
        """Return True if a filter or sort order depends on the numbers of sessions."""
        return bool(self.state or self.ballot)

    def matches(self, one: SeatOverview) -> bool:
        """Return True if a session matches the state and the ballot."""
        return (not self.state or self.state in one.states) and (
            not self.ballot or (one.ballot is not None and str(one.ballot.id) == self.ballot)
        )


def list_page(
    asked: OverviewFilter, sort: str = TIME, *, is_reversed: bool, offset: int, limit: int
) -> tuple[Sequence[SeatOverview], int]:
    """List a page of the matching public sessions with seats, and count all."""
    if asked.is_about_numbers or sort in {FREE, QUEUE}:
        found = list_overview(asked, sort, is_reversed=is_reversed)
        return found[offset:][:limit], len(found)
    bookable = queries.list_bookable_keys()
    sessions = [session for session in asked.list_sessions() if session.key in bookable]
    if sort == TITLE:
        sessions.sort(key=lambda session: sort_key(session.title))
    if is_reversed:
        sessions.reverse()
    page = sessions[offset:][:limit]
    return _load(page, queries.map_seats([session.key for session in page])), len(sessions)


def list_overview(
    asked: OverviewFilter, sort: str = TIME, *, is_reversed: bool
) -> Sequence[SeatOverview]:
    """List the matching public sessions with seats."""
    found = [one for one in _load(asked.list_sessions(), queries.map_seats()) if asked.matches(one)]
    if sort == TITLE:
        found.sort(key=lambda one: sort_key(one.session.title))
    elif sort == FREE:
        found.sort(key=lambda one: one.free)
    elif sort == QUEUE:
        found.sort(key=lambda one: -one.seats.waiting)
    return found[::-1] if is_reversed else found


def _load(sessions: Sequence[Session], seats: Mapping[str, SessionSeats]) -> Sequence[SeatOverview]:
    """Return those of these sessions that are or were bookable, in the same order."""
    is_ending = WaitingListEntry.offer_ends_at <= clock.now() + ENDING_SOON
    rows = (
        select(WaitingListEntry.scope, func.count(), func.count(case((is_ending, 1))))
        .where(WaitingListEntry.state == OFFERED)
        .group_by(WaitingListEntry.scope)
    )
    offers = {scope: (number, ending) for scope, number, ending in db.session.execute(rows)}
    undrawn = {
        key: ballot
        for ballot in ballots.list_public()
        if not ballot.is_drawn
        for key in ballot.session_keys
    }
    return [
        SeatOverview(
            session,
            seats[session.key],
            *offers.get(session_limit(session.key), (0, 0)),
            undrawn.get(session.key),
        )
        for session in sessions
        if session.key in seats
    ]
