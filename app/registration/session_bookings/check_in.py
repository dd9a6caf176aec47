"""Checking people in at the door of a session, and letting in those without a seat.

A checked-in person keeps their seat; one who is let in gets a seat kept for the door, or a free
one. Locks are those of booking: the limits of the sessions by key, then people's rows.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from app import clock
from app.database import db
from app.delegates.models import Delegate, SeatLimit
from app.errors import RuleViolation
from app.programme.snapshot import Session
from app.registration import session_emails, session_seats
from app.registration.bookings import operations
from app.registration.session_bookings import holds, offers, queries, released_seats, services
from app.registration.session_bookings.models import SessionBooking
from app.registration.session_bookings.overlaps import list_clashes


def check_in(delegate: Delegate, session: Session, *, actor: str) -> bool:
    """Record that a person has come; return False if they were already checked in."""
    return _note_arrival(delegate, session, _lock(delegate, session), actor)


def undo(delegate: Delegate, session: Session, *, actor: str) -> bool:
    """Undo a check-in; the seat of a person who was let in is kept for the next at the door."""
    limits = session_seats.lock_sessions([session.key])
    operations.lock(delegate)
    seat = _find_seat(delegate, session)
    if seat is None or seat.checked_in_at is None:
        return False
    if seat.is_from_door:
        released_seats.delete_seats(SessionBooking.id == seat.id)
        services.end_settled_choices(delegate)
        holds.add_door_seats(session, limits[session.key], 1)
    else:
        seat.checked_in_at = None
    operations.record(delegate, f"The check-in to {session.title} was undone", actor)
    return True


def let_in(delegate: Delegate, session: Session, *, actor: str) -> bool:
    """Give a person a seat at the door, or check them in; raise SoldOut if none is left.

    A seat at the same time is released, since they are here. Return False if they are already in.
    """
    limits = _lock(delegate, session)
    operations.end_corrections(delegate)
    if _find_seat(delegate, session) is not None:
        return _note_arrival(delegate, session, limits, actor)
    if not delegate.is_attending:
        raise RuleViolation(services.BOOKING_CANCELLED)
    if session.key not in limits or not session.is_bookable:
        raise RuleViolation("Nobody needs a seat in this session")
    booked = {seat.session_key for seat in queries.list_of_delegate(delegate)} & limits.keys()
    clashes = list_clashes(session, booked)
    _take(delegate, session, limits[session.key])
    instead = _give_up(delegate, clashes, limits)
    operations.record(delegate, f"Let in to {session.title} at the door{instead}", actor)
    return True


def _lock(delegate: Delegate, session: Session) -> Mapping[str, SeatLimit]:
    """Lock the limits of a session and of a person's other sessions, then their row."""
    limits = session_seats.lock_sessions([session.key, *queries.list_keys([delegate.id])])
    operations.lock(delegate)
    return limits


def _note_arrival(
    delegate: Delegate, session: Session, limits: Mapping[str, SeatLimit], actor: str
) -> bool:
    """Record that a person with a seat has come, which settles a pending choice of seats."""
    seat = _find_seat(delegate, session)
    if seat is None:
        raise RuleViolation(
            f"{delegate.full_name} has no seat in this session. You can let them in"
        )
    if seat.checked_in_at is not None:
        return False
    seat.checked_in_at = clock.now()
    booked = {one.session_key: one for one in queries.list_of_delegate(delegate)}
    clashes = list_clashes(session, booked.keys() & limits.keys())
    is_asked = any(booked[one.key].choose_by is not None for one in (session, *clashes))
    instead = _give_up(delegate, clashes if is_asked else (), limits)
    operations.record(delegate, f"Checked in to {session.title}{instead}", actor)
    return True


def _give_up(delegate: Delegate, others: Sequence[Session], limits: Mapping[str, SeatLimit]) -> str:
    """Release a person's other seats at the same time; return what to record."""
    services.give_up(delegate, [one.key for one in others], limits)
    for other in others:
        session_emails.send_session_released(delegate, other.title, other, is_by_team=True)
    return f", in place of {', '.join(one.title for one in others)}" if others else ""


def _find_seat(delegate: Delegate, session: Session) -> SessionBooking | None:
    own = SessionBooking.delegate_id == delegate.id, SessionBooking.session_key == session.key
    return db.session.scalar(
        select(SessionBooking).where(*own).execution_options(populate_existing=True)
    )


def _take(delegate: Delegate, session: Session, limit: SeatLimit) -> None:
    """Take a seat: the one on offer to this person, one kept for the door, or a free one."""
    now = clock.now()
    seat = services.build_seat(delegate, session)
    seat.checked_in_at, seat.is_from_door = now, True
    if not offers.has_offer(delegate, session.key) and holds.use_door_seat(session.key):
        entry = offers.find_open(delegate, session.key)
        session_seats.admit_at_door(limit, seat)
        if entry is not None:
            session_seats.leave_session_queue(limit)
            offers.end_accepted(entry)
        return
    services.take_seat(delegate, limit, seat, is_beyond_limit=False)
