"""How many seats of a session are left, in words, for public pages.

Pages are cached, so the states of all sessions are read once for each cache version; whenever one
turns, the version is bumped (``app.registration.seats``).
"""

from collections.abc import Collection, Mapping, Sequence
from math import inf
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app import cache_version
from app.database import db, read_only_connection
from app.database_faults import log_if_unavailable
from app.programme.snapshot import Session
from app.registration.models import SeatLimit
from app.registration.seats import (
    FULL,
    LIMITED,
    PLACES_LEFT,
    SESSION_PREFIX,
    get_availability,
)
from app.registration.session_bookings.queries import IS_OF_SESSION
from app.releases.current_release import get_programme
from app.web.formatting import local_date, local_time

LABELS: Final = {
    PLACES_LEFT: _l("Seats left"),
    LIMITED: _l("Few seats left"),
    FULL: _l("Full"),
}
STATES = select(SeatLimit.name, SeatLimit.seats, SeatLimit.taken).where(IS_OF_SESSION)


def seat_label(session: Session) -> str:
    """Return how many seats of a session are left, or "" if nobody needs to book one."""
    if not session.is_bookable:
        return ""
    return str(LABELS[get_state(session)])


def has_seats_left(session: Session) -> bool:
    """Return True if people book seats in a session and some are left."""
    return session.is_bookable and get_state(session) != FULL


def get_state(session: Session) -> str:
    """Return how many seats are left; of a session that is not published yet, all of them."""
    state = _get_states().get(session.key)
    return state or get_availability(session.booking_seats or 0, 0)


def describe_sessions(keys: Collection[str]) -> Sequence[str]:
    """Return the day, time, title and room of published sessions that take place, in order."""
    chosen = [one for one in get_programme().sessions if one.key in keys and not one.is_cancelled]
    return [
        ", ".join(filter(None, (*_describe_start(one), one.title, _name_room(one))))
        for one in sorted(
            chosen, key=lambda one: one.starts_at.timestamp() if one.starts_at else inf
        )
    ]


def _describe_start(session: Session) -> Sequence[str]:
    start = session.starts_at
    return () if start is None else (local_date(start), local_time(start))


def _name_room(session: Session) -> str:
    return session.room.name if session.room else ""


def _get_states() -> Mapping[str, str]:
    """Return the state of each session; without the database the last one, or none."""
    try:
        return cache_version.cached("session seats", _load_states)
    except SQLAlchemyError as fault:
        if not log_if_unavailable(fault, "session seats"):
            raise
        return {}


def _load_states() -> Mapping[str, str]:
    with read_only_connection(db.engine) as connection:
        rows = connection.execute(STATES).all()
    return {
        name.removeprefix(SESSION_PREFIX): get_availability(seats, taken)
        for name, seats, taken in rows
    }
