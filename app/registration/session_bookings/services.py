"""Booking a seat in a session, swapping it for another, and giving it back.

Each is one transaction with its email and its entry in the history. A swap gives up the old seat in
the transaction that wins the new one, so that nobody is left without either. Nobody has seats in
two sessions at the same time. Locks are taken in one order: the limits of the sessions by key, then
the person's row.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete

from app import clock
from app.database import db
from app.errors import RuleViolation
from app.history.services import ACTOR_DELEGATE
from app.programme.fields.sessions import seat_checks
from app.programme.models import Session as WorkingSession
from app.programme.snapshot import Session, Snapshot
from app.registration import emails, seats
from app.registration.ballots import queries as ballots
from app.registration.bookings import operations
from app.registration.models import Delegate, SeatLimit, SessionBooking
from app.registration.session_bookings import queries
from app.releases import services as releases
from app.releases.current_release import get_programme

BOOKING_CANCELLED: Final = "This booking has been cancelled, so it has no seats in sessions"


class NotBookable(RuleViolation):
    """Seats of this session cannot be booked, or given back, now."""


class _AlreadyBooked(Exception):
    """There is a seat already, so nothing is to be done."""


class SessionClash(RuleViolation):
    """The person has a seat in another session at the same time."""

    def __init__(self, clashes: Sequence[Session]) -> None:
        titles = ", ".join(f"“{one.title}”" for one in clashes)
        super().__init__(f"A seat is already booked at the same time in {titles}")
        self.clashes = clashes


def book(
    delegate: Delegate,
    session: Session,
    *,
    in_place_of: Collection[str] = (),
    actor: str = ACTOR_DELEGATE,
    override_reason: str = "",
) -> bool:
    """Book a seat, and give up those in other sessions; return False if it was booked before.

    Raise SessionClash if there is a seat at the same time that is not to be given up, and SoldOut
    if no seat is left: then nothing changes. With a reason, a seat beyond the limit is given. The
    email is rendered before the limits are locked, for everybody who books waits for that lock.
    """
    try:
        clashes = _list_allowed_clashes(delegate, session, in_place_of)
        with db.session.begin_nested():
            by_team = actor != ACTOR_DELEGATE
            emails.send_session_booked(delegate, session, clashes, is_by_team=by_team)
            # only what a page can name: sessions that are on at the same time
            others = [one.key for one in list_clashes(session, in_place_of)]
            limits = seats.lock_sessions([session.key, *others])
            operations.end_corrections(delegate)
            clashes = _list_allowed_clashes(delegate, session, in_place_of)
            row = _build(delegate, session)
            if session.key not in limits:
                raise NotBookable("Seats in this session cannot be booked")
            if actor == ACTOR_DELEGATE:
                require_no_ballot(session)
            seats.reserve_session(limits[session.key], row, is_beyond_limit=bool(override_reason))
            _give_up(delegate, [one.key for one in clashes], limits)
    except _AlreadyBooked:
        return False
    _record_booked(delegate, session, clashes, actor, override_reason)
    return True


def _list_allowed_clashes(
    delegate: Delegate, session: Session, in_place_of: Collection[str]
) -> list[Session]:
    """List what is given up for a session; raise RuleViolation if it cannot be booked so."""
    booked = {one.session_key for one in queries.list_of_delegate(delegate)}
    if session.key in booked:
        raise _AlreadyBooked
    require_bookable(delegate, session)
    clashes = list_clashes(session, booked)
    if {one.key for one in clashes} - set(in_place_of):
        raise SessionClash(clashes)
    return clashes


def _build(delegate: Delegate, session: Session) -> SessionBooking:
    return SessionBooking(
        delegate_id=delegate.id,
        session_key=session.key,
        title=session.title,
        booked_at=clock.now(),
    )


def cancel(delegate: Delegate, session_key: str, *, actor: str = ACTOR_DELEGATE) -> bool:
    """Give back a seat; return False if there is none, as after a second press of the button."""
    limits = seats.lock_sessions([session_key])
    operations.end_corrections(delegate)
    found = [one for one in queries.list_of_delegate(delegate) if one.session_key == session_key]
    if not found:
        return False
    session = find_session(session_key)
    if session is not None and has_started(session):
        raise NotBookable("This session has already started")
    title = session.title if session else found[0].title
    _give_up(delegate, [session_key], limits)
    operations.record(delegate, f"Gave back the seat in {title}", actor)
    emails.send_session_released(delegate, title, session, is_by_team=actor != ACTOR_DELEGATE)
    return True


def require_bookable(delegate: Delegate, session: Session) -> None:
    """Raise NotBookable if this person cannot book a seat, whether or not any is free."""
    if not delegate.is_attending:
        raise NotBookable(BOOKING_CANCELLED)
    if not session.is_bookable:
        raise NotBookable("Seats in this session cannot be booked")
    if has_started(session):
        raise NotBookable("This session has already started")
    if not is_on_their_days(delegate, session):
        raise NotBookable("This session is on a day that is not in your booking")


def require_no_ballot(session: Session) -> None:
    """Raise NotBookable while the seats of a session are to be drawn; its limit is locked."""
    if ballots.is_by_ballot(session.key):
        raise NotBookable("Seats in this session are given by ballot")


def is_on_their_days(delegate: Delegate, session: Session) -> bool:
    """Return True if the session is on a day that somebody has booked, or has no time yet."""
    if session.starts_at is None:
        return True
    zone = ZoneInfo(get_programme().conference.time_zone)
    return session.starts_at.astimezone(zone).date() in delegate.days_attending


def has_started(session: Session) -> bool:
    """Return True once a session has begun."""
    return session.starts_at is not None and session.starts_at <= clock.now()


def list_clashes(session: Session, keys: Iterable[str]) -> list[Session]:
    """List the sessions with these keys that are on at the same time as another one."""
    others = set(keys) - {session.key}
    return [one for one in get_programme().sessions if one.key in others and overlaps(one, session)]


def overlaps(one: Session, other: Session) -> bool:
    """Return True if nobody can be in both sessions for the whole time."""
    if one.is_cancelled or other.is_cancelled:
        return False
    spans = [_span(one), _span(other)]
    if spans[0] is None or spans[1] is None:
        return False
    return spans[0][0] < spans[1][1] and spans[1][0] < spans[0][1]


def find_session(key: str) -> Session | None:
    """Return the public session with this key, or None."""
    return next((one for one in get_programme().sessions if one.key == key), None)


def follow_release(content: Snapshot) -> None:
    """Let the limits of sessions be those of a release that becomes public."""
    numbers = {
        one.key: one.booking_seats for one in content.sessions if one.booking_seats is not None
    }
    known = queries.map_nominal()
    seats.lock_sessions(numbers.keys() | known.keys())  # all of them before the cache version
    for key in sorted(numbers.keys() | known.keys()):
        if key not in numbers:
            seats.unset_limit(seats.session_limit(key))  # unless somebody has a seat
        elif numbers[key] != known.get(key):
            seats.set_session_seats(key, numbers[key])


def check_seats(session: WorkingSession) -> None:
    """Raise RuleViolation if an edit of a session leaves fewer seats than are booked."""
    known = queries.find_nominal(session.key)
    taken = queries.count_of_session(session.key) if known is not None else 0
    number = session.booking_seats
    if not taken or known is None or session.cancelled_at or session.withdrawn_at:
        return
    people = "1 person has" if taken == 1 else f"{taken} people have"
    if number is None:
        raise RuleViolation(f"{people} booked a seat, so it cannot be open to all")
    if number < min(taken, known):
        raise RuleViolation(f"{people} booked a seat, so there cannot be only {number}")


def _span(session: Session) -> tuple[datetime, datetime] | None:
    if session.starts_at is None:
        return None
    return session.starts_at, session.ends_at or session.starts_at


def _give_up(delegate: Delegate, keys: Collection[str], limits: Mapping[str, SeatLimit]) -> None:
    """Delete somebody's seats in these sessions, whose limits are locked."""
    for key in keys:
        is_it = (SessionBooking.delegate_id == delegate.id, SessionBooking.session_key == key)
        db.session.execute(delete(SessionBooking).where(*is_it))
        seats.release_session(limits[key])


def _record_booked(
    delegate: Delegate, session: Session, clashes: Sequence[Session], actor: str, reason: str
) -> None:
    instead = f" in place of {', '.join(one.title for one in clashes)}" if clashes else ""
    beyond = f", beyond the limit: {reason}" if reason else ""
    operations.record(delegate, f"Booked a seat in {session.title}{instead}{beyond}", actor)


releases.ACTIVATION_HOOKS.append(follow_release)
seat_checks.append(check_seats)
