"""Seats: the only module that reserves and releases them.

The row with the limit is locked first, so that two people never take the last seat: on PostgreSQL
with ``SELECT … FOR UPDATE``, in the order in which people come; on SQLite a transaction that may
write has already locked the database (``app.database``). The number of seats taken is in the same
row; a check constraint is the last defence. Public pages show whether places are left, so the cache
version is bumped whenever that changes.

Whoever waits for a place comes before whoever has only just come: a limit with a queue is full,
even if a seat is free. A seat that is on offer to someone in the queue counts as taken.
"""

from collections.abc import Iterable

from sqlalchemy import bindparam, select

from app.cache_version import bump_cache_version
from app.database import Base, db, queue_for
from app.errors import NotFound, RuleViolation
from app.registration.models import SeatLimit

CONFERENCE = "conference"
LOCKED_LIMIT = (
    select(SeatLimit)
    .where(SeatLimit.name == bindparam("of"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


class SoldOut(RuleViolation):
    """Every seat is taken."""


class PlacesLeft(RuleViolation):
    """Nobody needs to wait: there is a seat."""


def lock_limit(name: str) -> SeatLimit:
    """Lock a limit until the transaction ends; call it before locking anything else."""
    limit = _find_for_update(name)
    if limit is None:
        raise NotFound("The number of places has not been set")
    return limit


def lock_if_set(name: str) -> None:
    """Lock a limit that may not be set yet, before something else locks the cache version."""
    _find_for_update(name)


def reserve(name: str, row: Base) -> None:
    """Take a seat for a row and insert it; raise SoldOut if there is none left."""
    limit = lock_limit(name)
    if limit.is_full:
        raise SoldOut("All places are taken")
    db.session.add(row)
    _store(limit, taken=limit.taken + 1, seats=limit.seats)


def reserve_before_queue(name: str, row: Base) -> None:
    """Take a free seat for a row although others wait; raise SoldOut if none is free."""
    limit = lock_limit(name)
    if not limit.has_free_seat:
        raise SoldOut("All places are taken")
    db.session.add(row)
    _store(limit, taken=limit.taken + 1, seats=limit.seats)


def enqueue(name: str, row: Base) -> None:
    """Put a row into the queue for a seat and insert it; raise PlacesLeft if it need not wait."""
    limit = lock_limit(name)
    if not limit.has_waiting_list:
        raise RuleViolation("There is no waiting list")
    if not limit.is_full:
        raise PlacesLeft("There are places left")
    db.session.add(row)
    _store(limit, taken=limit.taken, seats=limit.seats, waiting=limit.waiting + 1)


def leave_queue(name: str) -> None:
    """Take one out of the queue who no longer waits for a seat."""
    limit = lock_limit(name)
    _store(limit, taken=limit.taken, seats=limit.seats, waiting=limit.waiting - 1)


def hold_for_next(name: str) -> bool:
    """Hold a free seat for the first in the queue; return False if there is none, or nobody."""
    limit = lock_limit(name)
    if not limit.has_free_seat or not limit.waiting:
        return False
    _store(limit, taken=limit.taken + 1, seats=limit.seats, waiting=limit.waiting - 1)
    return True


def reserve_held(name: str, row: Base) -> None:
    """Give a row the seat that is held for it, and insert it."""
    lock_limit(name)
    db.session.add(row)
    db.session.flush()


def release_seats(name: str, count: int = 1) -> None:
    """Release seats; they are free for other people at once."""
    limit = lock_limit(name)
    _store(limit, taken=limit.taken - count, seats=limit.seats)


def set_limit(name: str, seats: int) -> None:
    """Set the number of seats; raise RuleViolation if more are taken."""
    limit = _find_for_update(name)
    if limit is None:
        db.session.add(SeatLimit(name=name, seats=seats, taken=0))
        bump_cache_version()
    elif seats < limit.taken:
        raise RuleViolation(
            f"{limit.taken} places are taken already, so there cannot be only {seats}"
        )
    else:
        _store(limit, taken=limit.taken, seats=seats)


def unset_limit(name: str) -> None:
    """Delete a limit of which no seat is taken."""
    limit = _find_for_update(name)
    if limit is not None and not limit.taken and not limit.waiting:
        db.session.delete(limit)
        bump_cache_version()


def set_default_limit(name: str, seats: int) -> None:
    """Set the number of seats, unless it has been set before."""
    if _find_for_update(name) is None:
        set_limit(name, seats)


def set_waiting_list(name: str, *, is_open: bool) -> bool:
    """Let people wait for a seat, or no longer; return True if that changed."""
    limit = _find_for_update(name)
    if limit is None or limit.has_waiting_list == is_open:
        return False
    limit.has_waiting_list = is_open
    db.session.flush()
    bump_cache_version()
    return True


def _store(limit: SeatLimit, *, taken: int, seats: int, waiting: int | None = None) -> None:
    """Store the numbers, and bump the cache version if the limit was reached or freed."""
    was_full = limit.is_full
    limit.taken, limit.seats = taken, seats
    limit.waiting = limit.waiting if waiting is None else waiting
    db.session.flush()
    if limit.is_full != was_full:
        bump_cache_version()


def _find_for_update(name: str) -> SeatLimit | None:
    """Return a limit and lock its row until the transaction ends, or None."""
    queue_for(f"seats of {name}")
    return db.session.scalar(LOCKED_LIMIT, {"of": name})


# Sessions that people book. Their limits follow what is published. Where more seats are taken than
# that, because the organisers lowered it or let somebody in, the limit is what is taken, and falls
# with every seat that is given back.

SESSION_PREFIX = "session "
PLACES_LEFT, LIMITED, FULL = "left", "limited", "full"
LIMITED_SEATS, LIMITED_PERCENT = 5, 20  # at most so many seats, or such a share, are left


def session_limit(key: str) -> str:
    """Return the name of the limit of a session."""
    return f"{SESSION_PREFIX}{key}"


def get_availability(seats: int, taken: int) -> str:
    """Return how many seats of a session are left, as the public is told."""
    left = seats - taken
    if left <= 0:
        return FULL
    return (
        LIMITED if left <= LIMITED_SEATS or left * 100 <= seats * LIMITED_PERCENT else PLACES_LEFT
    )


def lock_sessions(keys: Iterable[str]) -> dict[str, SeatLimit]:
    """Lock the limits of sessions in the one order, after that of the conference; by key."""
    found = {key: _find_for_update(session_limit(key)) for key in sorted(set(keys))}
    return {key: limit for key, limit in found.items() if limit is not None}


def set_session_seats(key: str, seats: int) -> None:
    """Let a session have so many seats, or as many as are taken, if these are more."""
    limit = _find_for_update(session_limit(key))
    if limit is None:
        db.session.add(
            SeatLimit(name=session_limit(key), seats=seats, taken=0, nominal_seats=seats)
        )
        bump_cache_version()
    else:
        _store_session(limit, limit.taken, seats)


def reserve_session(limit: SeatLimit, row: Base, *, is_beyond_limit: bool = False) -> None:
    """Take a seat of a locked session for a row; raise SoldOut if there is none left."""
    if not limit.has_free_seat and not is_beyond_limit:
        raise SoldOut("All seats have been booked")
    db.session.add(row)
    _store_session(limit, limit.taken + 1, _get_nominal(limit))


def release_session(limit: SeatLimit, count: int = 1) -> None:
    """Release seats of a locked session; they are free for other people at once."""
    _store_session(limit, limit.taken - count, _get_nominal(limit))


def _get_nominal(limit: SeatLimit) -> int:
    return limit.seats if limit.nominal_seats is None else limit.nominal_seats


def _store_session(limit: SeatLimit, taken: int, nominal: int) -> None:
    """Store the numbers, and bump the cache version if the public is told something else now."""
    before = get_availability(limit.seats, limit.taken)
    limit.taken, limit.nominal_seats, limit.seats = taken, nominal, max(taken, nominal)
    db.session.flush()
    if get_availability(limit.seats, limit.taken) != before:
        bump_cache_version()
