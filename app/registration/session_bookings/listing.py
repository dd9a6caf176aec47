"""A person's sessions as their page shows them: booked, starred, and bookable."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from flask_babel import format_number, gettext

from app.agenda.own_seats import OwnSeat
from app.delegates.models import Delegate
from app.programme.listing import day_of
from app.programme.snapshot import Session
from app.registration.ballots import queries as ballots
from app.registration.ballots.queries import PublicBallot
from app.registration.bookings import queries as bookings
from app.registration.session_bookings import labels, queries
from app.registration.session_bookings.bookable_list import BookableFilter, BookableList
from app.registration.session_bookings.models import SessionBooking
from app.registration.session_bookings.overlaps import overlaps
from app.registration.session_seats import FULL, session_limit
from app.registration.waiting_list import entries, positions
from app.registration.waiting_list.positions import Wait
from app.releases.current_release import get_programme
from app.web.formatting import local_time, short_date


@dataclass(frozen=True)
class SeatContest:
    """Two overlapping seats of a person, who must choose one."""

    choose_by: datetime
    given_back: Session  # the one whose seat is released by default


@dataclass(frozen=True)
class SessionChoice:
    """A session, with a person's seat or options."""

    session: Session
    is_booked: bool
    is_starred: bool
    clashes: tuple[Session, ...]  # other sessions they have booked that overlap
    is_on_booked_days: bool
    has_started: bool
    is_full: bool
    wait: Wait | None  # on the waiting list, or with an offer
    ballot: PublicBallot | None = None  # the one that draws its seats
    contest: SeatContest | None = None  # with another seat of theirs

    @property
    def is_offered(self) -> bool:
        """Whether a seat is held for them that they can still accept."""
        return self.wait is not None and entries.can_accept(self.wait.entry)

    @property
    def is_waiting(self) -> bool:
        """Whether they are on the waiting list, without an offer."""
        return self.wait is not None and self.wait.entry.is_waiting

    @property
    def own_seat(self) -> OwnSeat | None:
        """What they have in words: a seat, an offer, or a position; None if nothing."""
        if self.is_booked:
            return OwnSeat(gettext("Booked"), is_booked=True, is_waiting=False)
        if self.wait is None:
            return None
        ends_at = self.wait.entry.offer_ends_at
        if self.is_offered and ends_at is not None:
            moment = {"time": local_time(ends_at), "day": short_date(ends_at)}
            label = gettext("Offered until %(time)s on %(day)s", **moment)
            return OwnSeat(label, is_booked=False, is_waiting=False)
        number, total = map(format_number, (self.wait.position, self.wait.waiting))
        label = gettext("Waiting: number %(number)s of %(total)s", number=number, total=total)
        return OwnSeat(label, is_booked=False, is_waiting=True) if self.is_waiting else None

    @property
    def can_be_given_back(self) -> bool:
        """Whether they have a seat that can still be released."""
        return self.is_booked and not self.has_started

    @property
    def can_be_booked(self) -> bool:
        """Whether they can get a seat now, perhaps in exchange for another."""
        return self._is_possible and (self.is_offered or not self.is_full)

    @property
    def can_be_waited_for(self) -> bool:
        """Whether they could join the waiting list."""
        return self._is_possible and self.is_full and self.wait is None

    @property
    def _is_possible(self) -> bool:
        is_open = self.session.is_bookable and not self.session.is_cancelled
        is_open = is_open and (self.ballot is None or self.is_offered)
        is_theirs = self.is_on_booked_days and not self.is_booked
        return is_open and is_theirs and not self.has_started


@dataclass(frozen=True)
class ChoiceDay:
    """The sessions of a day; without a date, those that have no time yet."""

    date: date | None
    choices: tuple[SessionChoice, ...]


@dataclass(frozen=True)
class OwnSessions:
    """A person's sessions by day, and a page of others that can be booked."""

    own: tuple[ChoiceDay, ...]
    others: tuple[ChoiceDay, ...]
    bookable: BookableList  # of which ``others`` is a page
    lost_titles: tuple[str, ...]  # of booked sessions that are no longer in the programme

    @property
    def seat_labels(self) -> Mapping[str, str]:
        """The label of each seat, by session slug, for the rows of the programme."""
        seats = (
            (choice.session.slug, choice.own_seat) for day in self.own for choice in day.choices
        )
        return {slug: seat.label for slug, seat in seats if seat is not None}


def build(delegate: Delegate, asked: BookableFilter) -> OwnSessions:
    """Return the data for the page of a person's sessions."""
    programme = get_programme()
    seats = queries.list_of_delegate(delegate)
    booked = {seat.session_key: seat.title for seat in seats}
    starred = _list_starred(delegate)
    waits = positions.map_waits(delegate)
    make = _make_choice_builder(delegate, seats, starred, waits)
    zone = ZoneInfo(programme.conference.time_zone)
    sessions = [
        session
        for session in programme.sessions
        if not session.is_break or session.booking_seats is not None
    ]
    own = {
        session.key
        for session in sessions
        if session.key in booked or session.key in starred or session_limit(session.key) in waits
    }
    others = [session for session in sessions if session.is_bookable and session.key not in own]
    bookable = BookableList(others, asked, zone)
    public = {session.key for session in programme.sessions}
    return OwnSessions(
        own=_by_day((make(session) for session in sessions if session.key in own), zone),
        others=_by_day(map(make, bookable.window), zone),
        bookable=bookable,
        lost_titles=tuple(title for key, title in booked.items() if key not in public),
    )


def list_with_seats(delegate: Delegate) -> Sequence[SessionChoice]:
    """List the sessions in which a person has a seat or waits for one."""
    seats = queries.list_of_delegate(delegate)
    waits = positions.map_waits(delegate)
    own = {seat.session_key for seat in seats} | {queries.read_key(name) for name in waits}
    make = _make_choice_builder(delegate, seats, (), waits)
    return [make(session) for session in get_programme().sessions if session.key in own]


def build_choice(delegate: Delegate, session: Session, *, with_stars: bool = True) -> SessionChoice:
    """Return one session with a person's options, without stars, as many are refused at once."""
    seats = queries.list_of_delegate(delegate)
    starred = _list_starred(delegate) if with_stars else set()
    return _make_choice_builder(delegate, seats, starred, positions.map_waits(delegate))(session)


def build_missed(session: Session) -> SessionChoice:
    """Return a session for a person who is too late for a seat, but could have booked it."""
    return SessionChoice(
        session=session,
        is_booked=False,
        is_starred=False,
        clashes=(),
        is_on_booked_days=True,
        has_started=queries.has_started(session),
        is_full=True,
        wait=None,
        ballot=ballots.find_public_of(session),
    )


def _list_starred(delegate: Delegate) -> set[str]:
    agenda = bookings.find_linked_agenda(delegate)
    return {star.session_key for star in agenda.stars} if agenda else set()


def _make_choice_builder(
    delegate: Delegate,
    seats: Iterable[SessionBooking],
    starred: Collection[str],
    waits: Mapping[str, Wait],
) -> Callable[[Session], SessionChoice]:
    booked = {seat.session_key: seat.choose_by for seat in seats}
    booked_sessions = [session for session in get_programme().sessions if session.key in booked]

    def find_contest(clashes: Sequence[Session], session: Session) -> SeatContest | None:
        """Return the choice that a seat in this session requires, or None."""
        involved = (session, *clashes) if session.key in booked and clashes else ()
        for one in involved:
            choose_by = booked[one.key]
            if choose_by is not None:
                return SeatContest(choose_by, one)
        return None

    def make(session: Session) -> SessionChoice:
        clashes = tuple(
            one for one in booked_sessions if one is not session and overlaps(one, session)
        )
        return SessionChoice(
            session=session,
            is_booked=session.key in booked,
            is_starred=session.key in starred,
            clashes=clashes,
            is_on_booked_days=queries.is_on_booked_days(delegate, session),
            has_started=queries.has_started(session),
            is_full=session.is_bookable and labels.get_state(session) == FULL,
            wait=waits.get(session_limit(session.key)),
            ballot=ballots.find_public_of(session) if session.is_bookable else None,
            contest=find_contest(clashes, session),
        )

    return make


def _by_day(choices: Iterable[SessionChoice], zone: ZoneInfo) -> tuple[ChoiceDay, ...]:
    grouped: Sequence[tuple[date | None, tuple[SessionChoice, ...]]] = [
        (day, tuple(some))
        for day, some in groupby(choices, lambda choice: day_of(choice.session, zone))
    ]
    return tuple(ChoiceDay(day, some) for day, some in grouped)
