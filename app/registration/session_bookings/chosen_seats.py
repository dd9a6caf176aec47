"""Seats that people get with their place, in the transaction of their registration.

The place never depends on a seat: sessions that have filled up are reported, and the rest is
booked. The email about the seats is rendered before the limits are locked, for what is free then;
it is rendered again only if that has changed once they are locked.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from app import cache_version
from app.database import Base, db
from app.delegates.answer_json import Answers
from app.delegates.models import Delegate, SeatLimit
from app.history.services import ACTOR_DELEGATE
from app.mail.models import Email
from app.programme.snapshot import Session
from app.registration import seats, session_emails, session_seats
from app.registration.bookings import operations
from app.registration.session_bookings import choices, labels, queries, services
from app.registration.session_bookings.overlaps import overlaps
from app.releases.current_release import get_programme

BOOKED: Final = "booked sessions"  # keys of sessions, stored with the answers for a week
MISSED: Final = "missed sessions"

ReserveSeat = Callable[[Session], None]


@dataclass(frozen=True)
class SeatOutcome:
    """The sessions in which a person got a seat, and those in which they did not."""

    booked: tuple[Session, ...] = ()
    missed: tuple[Session, ...] = ()


@dataclass
class ChosenSeats:
    """The sessions chosen at registration, and the result."""

    sessions: Sequence[Session]
    outcome: SeatOutcome = SeatOutcome()
    _email: Email | None = field(default=None, init=False)
    _limits: dict[str, SeatLimit] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, answers: Answers) -> "ChosenSeats":
        """Return the seats chosen in these answers."""
        chosen = choices.read_keys(answers)
        return cls([session for session in get_programme().sessions if session.key in chosen])

    def expect(self) -> None:
        """Compute the seats that would be available now, without taking any."""
        seats_by_key = queries.map_seats([chosen_session.key for chosen_session in self.sessions])

        def reserve(session: Session) -> None:
            is_gone = session.key not in seats_by_key or labels.is_by_ballot(session)
            if is_gone or seats_by_key[session.key].left <= 0:
                raise seats.SoldOut("All seats have been booked")

        self.outcome = _take_each(self.sessions, reserve)

    def announce(self, delegate: Delegate) -> None:
        """Queue the email for what is free now; call it before anything is locked."""
        if self.sessions:
            self.expect()
            self._email = self._send(delegate)

    def locking(
        self, take_seat: Callable[[Sequence[str], Base], None]
    ) -> Callable[[Sequence[str], Base], None]:
        """Return a function that takes the place with the sessions locked, in the right order."""

        def take(names: Sequence[str], row: Base) -> None:
            seats.lock_limits(names)
            self._limits = session_seats.lock_sessions(session.key for session in self.sessions)
            self._follow_release()
            take_seat(names, row)

        return take if self.sessions else take_seat

    def _follow_release(self) -> None:
        """Reload the sessions as published; there may have been a release since the answers."""
        cache_version.recheck_if_behind()
        keys = {session.key for session in self.sessions}
        self.sessions = [session for session in get_programme().sessions if session.key in keys]

    def book(self, delegate: Delegate) -> None:
        """Book the seats for a new delegate, whose place was taken with ``locking``."""
        if not self.sessions:
            return
        expected = self.outcome
        self.outcome = _take_each(self.sessions, lambda one: self._reserve(delegate, one))
        for session in self.outcome.booked:
            operations.record(delegate, f"Booked a seat in {session.title}", ACTOR_DELEGATE)
        if self.outcome != expected and self._email is not None:
            db.session.delete(self._email)
            self._email = self._send(delegate)

    def dump(self) -> Answers:
        """Return what the confirmation page shows for a week."""
        if not self.sessions:
            return {}
        return {
            BOOKED: choices.dump_keys(session.key for session in self.outcome.booked),
            MISSED: choices.dump_keys(session.key for session in self.outcome.missed),
        }

    def _send(self, delegate: Delegate) -> Email:
        return session_emails.send_sessions_chosen(
            delegate, self.outcome.booked, self.outcome.missed
        )

    def _reserve(self, delegate: Delegate, session: Session) -> None:
        services.require_bookable(delegate, session)
        services.require_no_ballot(session)
        if session.key not in self._limits:
            raise services.NotBookable("Seats in this session cannot be booked")
        row = services.build_seat(delegate, session)
        session_seats.reserve_session(self._limits[session.key], row)


def read_outcome(typed: Answers) -> SeatOutcome:
    """Return the seats for the confirmation page, in the order of the programme."""
    booked, missed = (choices.read_keys(typed, name) for name in (BOOKED, MISSED))
    return SeatOutcome(_find(booked), _find(missed))


def _find(keys: Collection[str]) -> tuple[Session, ...]:
    return (
        tuple(session for session in get_programme().sessions if session.key in keys)
        if keys
        else ()
    )


def _take_each(sessions: Iterable[Session], reserve: ReserveSeat) -> SeatOutcome:
    """Take a seat in each session, except those that clash with an earlier one or are full."""
    booked: list[Session] = []
    missed: list[Session] = []
    for session in sessions:
        has_seat = not any(overlaps(session, one) for one in booked)
        try:
            if has_seat:
                reserve(session)
        except (seats.SoldOut, services.NotBookable):
            has_seat = False
        (booked if has_seat else missed).append(session)
    return SeatOutcome(tuple(booked), tuple(missed))
