"""Freeing the seats of no-shows, for people at the door.

That happens a set number of minutes before the start, as announced on pages and in emails, and only
if anyone has been checked in: without staff at the door no one loses a seat.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import aliased, joinedload

from app import cache_version, clock
from app.cache_version import bump_cache_version
from app.database import db, read_only_connection
from app.delegates.models import SeatLimit
from app.errors import RuleViolation
from app.history import services as history
from app.programme.snapshot import Session
from app.registration import session_emails, session_seats
from app.registration.bookings import operations
from app.registration.session_bookings import holds, labels, queries, released_seats, services
from app.registration.session_bookings.models import SessionBooking
from app.releases.current_release import get_programme


def set_minutes(session: Session, minutes: int | None, *, actor: str) -> bool:
    """Set how long before the start seats are freed, None for never; return False if unchanged."""
    limit = session_seats.lock_sessions([session.key]).get(session.key)
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
    """Free the seats of no-shows; run by the worker."""
    if not cache_version.is_clock_in_sync():
        return
    free_no_shows(list_due())


def free_no_shows(keys: Iterable[str]) -> None:
    """Free the untaken seats of these sessions, if it is time."""
    limits = session_seats.lock_sessions(keys)  # all of them before people's rows
    cache_version.recheck_if_behind()  # a session may have been moved in the meantime
    near = [(one, freed_at) for one, freed_at in _list_near() if one.key in limits]
    missing = {one.key: _list_missing(one, freed_at) for one, freed_at in near}
    operations.lock_in_order({seat.delegate_id for found in missing.values() for seat in found})
    for session, _ in near:
        _free(session, missing[session.key], limits[session.key])


def _list_missing(session: Session, freed_at: datetime) -> Sequence[SessionBooking]:
    """List the seats that were booked in time and not taken up; the limit is locked."""
    rows = select(SessionBooking).where(*_are_missing(session.key, freed_at))
    rows = rows.options(joinedload(SessionBooking.delegate)).order_by(SessionBooking.delegate_id)
    return db.session.scalars(rows.execution_options(populate_existing=True)).all()


def _free(session: Session, missing: Sequence[SessionBooking], limit: SeatLimit) -> None:
    """Keep seats for people at the door; the rows of their delegates are locked."""
    for seat in missing:
        released_seats.delete_seats(SessionBooking.id == seat.id)
        services.end_settled_choices(seat.delegate)
        text = f"The seat in {session.title} was freed, because it was not claimed in time"
        operations.record(seat.delegate, text, history.ACTOR_SITE)
        session_emails.send_session_released(
            seat.delegate, session.title, session, is_by_team=False, is_no_show=True
        )
    if missing:
        holds.add_door_seats(session, limit, len(missing))


def list_due() -> Sequence[str]:
    """List the keys of imminent sessions with untaken seats."""
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
    """List the imminent sessions, each with the time when its seats are freed."""
    times = ((session, labels.get_freeing_time(session)) for session in get_programme().sessions)
    return [
        (one, freed_at)
        for one, freed_at in times
        if freed_at is not None and freed_at <= clock.now() and not queries.has_started(one)
    ]


def _are_missing(key: str, freed_at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for untaken seats, in sessions where anyone has been checked in."""
    other = aliased(SessionBooking)
    has_door = exists().where(other.session_key == key, other.checked_in_at.is_not(None))
    return (
        SessionBooking.session_key == key,
        SessionBooking.checked_in_at.is_(None),
        SessionBooking.booked_at < freed_at,
        has_door,
    )
