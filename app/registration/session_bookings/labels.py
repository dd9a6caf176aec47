"""How many seats of a session are left, in words, for public pages.

Pages are cached, so the states of all sessions are read once per cache version, which is bumped
whenever a state changes (``app.registration.seats``).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Final, TypeVar

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app import cache_version
from app.database import db, read_only_connection
from app.database_faults import log_if_unavailable
from app.delegates.models import SeatLimit
from app.programme.snapshot import Session
from app.registration.ballots import queries as ballots
from app.registration.session_bookings.models import SeatHold
from app.registration.session_bookings.queries import IS_OF_SESSION, has_started
from app.registration.session_seats import (
    FULL,
    LIMITED,
    PLACES_LEFT,
    SESSION_PREFIX,
    get_availability,
)
from app.releases.current_release import get_programme
from app.web.formatting import local_date, local_time

T = TypeVar("T")

BY_BALLOT: Final = "ballot"  # the seats have not been drawn yet
LABELS: Final = {
    PLACES_LEFT: _l("Seats left"),
    LIMITED: _l("Few seats left"),
    FULL: _l("Full"),
    BY_BALLOT: _l("By ballot"),
}
BOOK, ENTER, WAIT = _l("Book a seat"), _l("Enter the ballot"), _l("Join the waiting list")
STATES = select(SeatLimit.name, SeatLimit.seats, SeatLimit.taken, SeatLimit.waiting).where(
    IS_OF_SESSION
)


def seat_label(session: Session) -> str:
    """Return how many seats of a session are left, or "" if it is open without booking."""
    if not session.is_bookable:
        return ""
    return str(LABELS[get_state(session)])


def seat_action(session: Session) -> str:
    """Return what people can do to get a seat, or "" if nothing."""
    if takes_waiting(session):
        return str(WAIT)
    if not session.is_bookable or has_started(session) or get_state(session) == FULL:
        return ""
    return str(ENTER if is_by_ballot(session) else BOOK)


def is_by_ballot(session: Session) -> bool:
    """Return True if the seats of a session are drawn in a ballot that has not taken place."""
    return session.is_bookable and get_state(session) == BY_BALLOT


def takes_waiting(session: Session) -> bool:
    """Return True if people can join a session's waiting list: it is full and in the future."""
    is_open = session.is_bookable and not session.is_cancelled and not has_started(session)
    return is_open and get_state(session) == FULL


def get_state(session: Session) -> str:
    """Return how many seats are left; all of them for an unpublished session."""
    state = _get_states().get(session.key)
    return state or get_availability(session.booking_seats or 0, 0)


def get_freeing_time(session: Session) -> datetime | None:
    """Return when the seats of no-shows are freed, or None if they are not."""
    minutes = _get_doors().minutes.get(session.key)
    if minutes is None or session.starts_at is None or not session.is_bookable:
        return None
    return session.starts_at - timedelta(minutes=minutes)


def has_door_seats(session: Session) -> bool:
    """Return True if seats of a session are kept for people at the door."""
    return session.is_bookable and session.key in _get_doors().kept


def describe_freeing(session: Session) -> str:
    """Return the sentence that says by when people must arrive, or ""."""
    freed_at = get_freeing_time(session)
    if freed_at is None:
        return ""
    time = local_time(freed_at)
    return str(
        gettext(
            "Be at the door by %(time)s. After that, seats go to people who wait there.", time=time
        )
    )


def describe_sessions(keys: Collection[str]) -> Sequence[str]:
    """Describe published sessions that take place, in order: day, time, title and room."""
    chosen = [
        session
        for session in get_programme().sessions
        if session.key in keys and not session.is_cancelled
    ]
    return [
        ", ".join(filter(None, (*_describe_start(session), session.title, _name_room(session))))
        for session in sorted(
            chosen, key=lambda one: one.starts_at.timestamp() if one.starts_at else inf
        )
    ]


def _describe_start(session: Session) -> Sequence[str]:
    start = session.starts_at
    return () if start is None else (local_date(start), local_time(start))


def _name_room(session: Session) -> str:
    return session.room.name if session.room else ""


def _get_states() -> Mapping[str, str]:
    """Return the state of each session; the last known one if the database is unavailable."""
    return _cached_or("session seats", _load_states, {})


def _cached_or(name: str, load: Callable[[], T], default: T) -> T:
    """Return a cached value; if the database is unavailable, the last one or a default."""
    try:
        return cache_version.cached(name, load)
    except SQLAlchemyError as fault:
        if not log_if_unavailable(fault, name):
            raise
        return default


@dataclass(frozen=True)
class _Doors:
    """What pages say about check-in at sessions, by key."""

    minutes: Mapping[str, int]  # before the start, when the seats of no-shows are freed
    kept: Collection[str]  # sessions with seats kept for people at the door


def _get_doors() -> _Doors:
    """Return what pages say about check-in; the last known data if the database is unavailable."""
    return _cached_or("doors of sessions", _load_doors, _Doors({}, frozenset()))


def _load_doors() -> _Doors:
    rows = select(SeatLimit.name, SeatLimit.no_show_minutes)
    rows = rows.where(IS_OF_SESSION, SeatLimit.no_show_minutes.is_not(None))
    door_keys = select(SeatHold.session_key).where(SeatHold.is_for_door)
    with read_only_connection(db.engine) as connection:
        return _Doors(
            {
                name.removeprefix(SESSION_PREFIX): number
                for name, number in connection.execute(rows)
            },
            frozenset(connection.scalars(door_keys)),
        )


def _load_states() -> Mapping[str, str]:
    with read_only_connection(db.engine) as connection:
        rows = connection.execute(STATES).all()
        undrawn = ballots.list_undrawn_keys(connection)
    states = {
        name.removeprefix(SESSION_PREFIX): get_availability(seats, taken, waiting)
        for name, seats, taken, waiting in rows
    }
    return states | dict.fromkeys(undrawn, BY_BALLOT)
