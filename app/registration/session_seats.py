"""Seats of sessions that people book: the only module that reserves and releases them.

Their limits are rows of ``seat_limit`` like that of the conference, are locked after it (in the
order of their keys), and follow what is published. If more seats are taken, because organisers
lowered it or let people in, the limit equals the taken seats, and decreases with every released
seat. Reserved seats are excluded from the limit.
"""

from collections.abc import Iterable

from app.cache_version import bump_cache_version
from app.database import Base, db
from app.delegates.models import SeatLimit
from app.errors import RuleViolation
from app.registration.seats import PlacesLeft, SoldOut, find_for_update
from app.registration.waiting_list import turns

SESSION_PREFIX = turns.SESSION_PREFIX
ALL_BOOKED = "All seats have been booked"
PLACES_LEFT, LIMITED, FULL = "left", "limited", "full"
LIMITED_SEATS, LIMITED_PERCENT = 5, 20  # few seats left: at most this many, or this percentage


def session_limit(key: str) -> str:
    """Return the name of the limit of a session."""
    return f"{SESSION_PREFIX}{key}"


def get_availability(seats: int, taken: int, waiting: int = 0) -> str:
    """Return how many seats of a session are left, in the categories shown to the public."""
    left = 0 if waiting else seats - taken
    if left <= 0:
        return FULL
    return (
        LIMITED if left <= LIMITED_SEATS or left * 100 <= seats * LIMITED_PERCENT else PLACES_LEFT
    )


def lock_sessions(keys: Iterable[str]) -> dict[str, SeatLimit]:
    """Lock the limits of sessions by key, in the global order, after that of the conference."""
    found = {key: find_for_update(session_limit(key)) for key in sorted(set(keys))}
    return {key: limit for key, limit in found.items() if limit is not None}


def set_session_seats(key: str, seats: int) -> None:
    """Set the number of a session's seats, at least as many as are taken."""
    limit = find_for_update(session_limit(key))
    if limit is None:
        db.session.add(
            SeatLimit(
                name=session_limit(key), seats=seats, taken=0, nominal_seats=seats, held_back=0
            )
        )
        bump_cache_version()
    else:
        _store_session(limit, limit.taken, seats)


def reserve_session(limit: SeatLimit, row: Base, *, is_beyond_limit: bool = False) -> None:
    """Take a seat of a locked session for a row; raise SoldOut if none is left."""
    if limit.is_full and not is_beyond_limit:
        raise SoldOut(ALL_BOOKED)
    db.session.add(row)
    _store_session(limit, limit.taken + 1, _get_nominal(limit))


def enqueue_for_session(limit: SeatLimit, row: Base) -> None:
    """Put a row in the queue of a locked session; raise PlacesLeft if there is a seat."""
    if not limit.is_full:
        raise PlacesLeft("There are seats left, so you can book one")
    db.session.add(row)
    _store_session(limit, limit.taken, _get_nominal(limit), limit.waiting + 1)


def hold_session_seat(limit: SeatLimit) -> None:
    """Hold a free seat of a locked session for a waiting person."""
    _store_session(limit, limit.taken + 1, _get_nominal(limit), limit.waiting - 1)


def leave_session_queue(limit: SeatLimit) -> None:
    """Remove a person from the queue of a locked session."""
    _store_session(limit, limit.taken, _get_nominal(limit), limit.waiting - 1)


def release_session(limit: SeatLimit, count: int = 1) -> None:
    """Release seats of a locked session; they are free for others at once."""
    _store_session(limit, limit.taken - count, _get_nominal(limit))


def hold_back(limit: SeatLimit, count: int) -> None:
    """Reserve free seats of a locked session; raise RuleViolation if there are too few."""
    free = max(limit.seats - limit.taken - limit.waiting, 0)
    if count > free:
        free_seats = "1 seat is" if free == 1 else f"{free or 'No'} seats are"
        raise RuleViolation(f"{free_seats} free, so {count} cannot be reserved")
    _store_session(limit, limit.taken, _get_nominal(limit), held_back=limit.held_back + count)


def end_hold(limit: SeatLimit, count: int) -> None:
    """Make reserved seats of a locked session bookable."""
    _store_session(limit, limit.taken, _get_nominal(limit), held_back=limit.held_back - count)


def admit_at_door(limit: SeatLimit, row: Base) -> None:
    """Assign a seat kept for people at the door of a locked session to a row."""
    db.session.add(row)
    held_back = limit.held_back - 1
    _store_session(limit, limit.taken + 1, _get_nominal(limit), held_back=held_back)


def return_to_door(limit: SeatLimit, count: int) -> None:
    """Keep released seats of a locked session for people at the door."""
    held_back = limit.held_back + count
    _store_session(limit, limit.taken - count, _get_nominal(limit), held_back=held_back)


def _get_nominal(limit: SeatLimit) -> int:
    return limit.seats if limit.nominal_seats is None else limit.nominal_seats


def _store_session(
    limit: SeatLimit,
    taken: int,
    nominal: int,
    waiting: int | None = None,
    held_back: int | None = None,
) -> None:
    """Store the numbers, and bump the cache version if the public state changes."""
    before = get_availability(limit.seats, limit.taken, limit.waiting)
    limit.taken, limit.nominal_seats = taken, nominal
    limit.held_back = limit.held_back if held_back is None else held_back
    limit.seats = max(taken, nominal - limit.held_back)
    limit.waiting = limit.waiting if waiting is None else waiting
    db.session.flush()
    if get_availability(limit.seats, limit.taken, limit.waiting) != before:
        bump_cache_version()
