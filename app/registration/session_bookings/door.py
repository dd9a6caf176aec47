"""The door of a session: who has come, who is let in, and the seats of those who have not.

People are checked in at the door. A set number of minutes before the start, which pages and emails
tell beforehand, the seats of those who have not been checked in are freed and kept for people at
the door. That happens only where somebody has been checked in: without anybody at the door nobody
loses a seat. Locks are those of booking: the limits of the sessions by key, then people's rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import aliased, joinedload

from app import cache_version, clock
from app.cache_version import bump_cache_version
from app.database import db, read_only_connection
from app.errors import RuleViolation
from app.history import services as history
from app.programme.snapshot import Session
from app.registration import emails, seats
from app.registration.bookings import operations
from app.registration.models import Delegate, SeatLimit, SessionBooking
from app.registration.session_bookings import holds, labels, offers, queries, services
from app.registration.session_bookings.overlaps import list_clashes
from app.releases.current_release import get_programme


def check_in(delegate: Delegate, session: Session, *, actor: str) -> bool:
    """Note that somebody has come; False if they have been checked in before."""
    return _note_arrival(delegate, session, _lock(delegate, session), actor)


def undo(delegate: Delegate, session: Session, *, actor: str) -> bool:
    """Undo a check-in; the seat of somebody who was let in is kept for the next at the door."""
    limits = seats.lock_sessions([session.key])
    operations.lock(delegate)
    seat = _find_seat(delegate, session)
    if seat is None or seat.checked_in_at is None:
        return False
    if seat.is_from_door:
        db.session.delete(seat)
        services.end_settled_choices(delegate)
        holds.add_to_door(session, limits[session.key], 1)
    else:
        seat.checked_in_at = None
    operations.record(delegate, f"The check-in to {session.title} was undone", actor)
    return True


def let_in(delegate: Delegate, session: Session, *, actor: str) -> bool:
    """Give somebody at the door a seat, or check in who has one; raise SoldOut if none is left.

    A seat at the same time is given back, since they are here. False if they are in already.
    """
    limits = _lock(delegate, session)
    operations.end_corrections(delegate)
    if _find_seat(delegate, session) is not None:
        return _note_arrival(delegate, session, limits, actor)
    if not delegate.is_attending:
        raise RuleViolation(services.BOOKING_CANCELLED)
    if session.key not in limits or not session.is_bookable:
        raise RuleViolation("Nobody needs a seat in this session")
    booked = {one.session_key for one in queries.list_of_delegate(delegate)} & limits.keys()
    clashes = list_clashes(session, booked)
    _take(delegate, session, limits[session.key])
    instead = _give_up(delegate, clashes, limits)
    operations.record(delegate, f"Let in to {session.title} at the door{instead}", actor)
    return True


def set_no_show_minutes(session: Session, minutes: int | None, *, actor: str) -> bool:
    """Set how long before the start seats are freed, or None for never; False if it is so."""
    limit = seats.lock_sessions([session.key]).get(session.key)
    if limit is None:
        raise RuleViolation("Nobody needs a seat in this session")
    if limit.no_show_minutes == minutes:
        return False
    limit.no_show_minutes = minutes
    text = (
        "Unclaimed seats are no longer freed"
        if minutes is None
        else f"Unclaimed seats are freed {minutes} minutes before the start"
    )
    history.record(text, subject=f"session {session.key}", actor=actor)
    db.session.flush()
    bump_cache_version()
    return True


def run_due() -> None:
    """Free the seats of people who have not come in time; run by the worker."""
    if not cache_version.is_clock_in_sync():
        return
    free_no_shows(list_due())


def free_no_shows(keys: Iterable[str]) -> None:
    """Free the seats of these sessions that nobody has taken up in time, if it is time."""
    limits = seats.lock_sessions(keys)  # all of them before people's rows
    cache_version.recheck_if_behind()  # a session may have been moved meanwhile
    for session, freed_at in _list_near():
        if session.key in limits:
            _free(session, freed_at, limits[session.key])


def _free(session: Session, freed_at: datetime, limit: SeatLimit) -> None:
    """Keep the seats that were booked before and not taken up for people at the door."""
    rows = select(SessionBooking).where(*_are_missing(session.key, freed_at))
    rows = rows.options(joinedload(SessionBooking.delegate)).order_by(SessionBooking.delegate_id)
    missing = db.session.scalars(rows.execution_options(populate_existing=True)).all()
    for seat in missing:
        operations.lock(seat.delegate)
        db.session.delete(seat)
        services.end_settled_choices(seat.delegate)
        text = f"The seat in {session.title} was freed, because it was not claimed in time"
        operations.record(seat.delegate, text, history.ACTOR_SITE)
        emails.send_session_released(
            seat.delegate, session.title, session, is_by_team=False, is_no_show=True
        )
    if missing:
        holds.add_to_door(session, limit, len(missing))


def list_due() -> Sequence[str]:
    """List the keys of sessions about to begin in which seats have not been taken up."""
    near = _list_near()
    if not near:
        return []
    with read_only_connection(db.engine) as connection:
        return [
            one.key
            for one, freed_at in near
            if connection.scalar(
                select(SessionBooking.id).where(*_are_missing(one.key, freed_at)).limit(1)
            )
        ]


def _list_near() -> Sequence[tuple[Session, datetime]]:
    """List the sessions that are about to begin, each with when its seats were to be freed."""
    times = ((one, labels.get_freeing_time(one)) for one in get_programme().sessions)
    return [
        (one, freed_at)
        for one, freed_at in times
        if freed_at is not None and freed_at <= clock.now() and not queries.has_started(one)
    ]


def _are_missing(key: str, freed_at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for seats that are not taken up, where anybody has been checked in."""
    other = aliased(SessionBooking)
    has_door = exists().where(other.session_key == key, other.checked_in_at.is_not(None))
    return (
        SessionBooking.session_key == key,
        SessionBooking.checked_in_at.is_(None),
        SessionBooking.booked_at < freed_at,
        has_door,
    )


def _lock(delegate: Delegate, session: Session) -> Mapping[str, SeatLimit]:
    """Lock the limits of a session and of those in which somebody has seats, then their row."""
    limits = seats.lock_sessions([session.key, *queries.list_keys([delegate.id])])
    operations.lock(delegate)
    return limits


def _note_arrival(
    delegate: Delegate, session: Session, limits: Mapping[str, SeatLimit], actor: str
) -> bool:
    """Note that somebody with a seat has come; whoever was asked which seat to keep has chosen."""
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
    """Give back the seats at the same time of somebody who is here; return what to record."""
    services.give_up(delegate, [one.key for one in others], limits)
    for other in others:
        emails.send_session_released(delegate, other.title, other, is_by_team=True)
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
    if not offers.has_offer(delegate, session.key) and holds.take_from_door(session.key):
        entry = offers.find_open(delegate, session.key)
        seats.admit_at_door(limit, seat)
        if entry is not None:
            seats.leave_session_queue(limit)
            offers.end_accepted(entry)
        return
    services.take_seat(delegate, limit, seat, is_beyond_limit=False)
