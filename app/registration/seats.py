"""Seats: the one place where a seat is taken or given back, whoever asks and for whatever.

The row that holds the limit is locked first, so two people never take the last seat: on
PostgreSQL by ``SELECT … FOR UPDATE``, on SQLite because whoever may write holds the only lock
there is (``app.database``). How many are taken is counted in that same row, under that lock;
a constraint on it is the last defence. Public pages say when there is no place left, so the
edition rises when that changes.
"""

from sqlalchemy import bindparam, select

from app.database import Base, db
from app.edition import raise_edition
from app.errors import NotFound, Refused
from app.registration.models import SeatLimit

CONFERENCE = "conference"
LOCKED = (
    select(SeatLimit)
    .where(SeatLimit.name == bindparam("of"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


class Full(Refused):
    """Every seat is taken."""


def hold(name: str) -> SeatLimit:
    """Lock a limit until the transaction ends, before anything else that a deed will lock."""
    limit = _found(name)
    if limit is None:
        raise NotFound("Nobody has said yet how many places there are")
    return limit


def take(name: str, row: Base) -> None:
    """Take a seat for a row and insert it; raise Full when there is no seat left."""
    limit = hold(name)
    if limit.is_full:
        raise Full("Every place has been taken")
    db.session.add(row)
    _keep(limit, taken=limit.taken + 1, seats=limit.seats)


def give_back(name: str, count: int = 1) -> None:
    """Give a seat back, or several; they are free for the next person at once."""
    limit = hold(name)
    _keep(limit, taken=limit.taken - count, seats=limit.seats)


def set_limit(name: str, seats: int) -> None:
    """Say how many seats there are; never fewer than are taken."""
    limit = _found(name)
    if limit is None:
        db.session.add(SeatLimit(name=name, seats=seats, taken=0))
        raise_edition()
    elif seats < limit.taken:
        raise Refused(f"{limit.taken} places are taken already, so there cannot be only {seats}")
    else:
        _keep(limit, taken=limit.taken, seats=seats)


def begin_with(name: str, seats: int) -> None:
    """Say how many seats there are, unless that has been said before."""
    if _found(name) is None:
        set_limit(name, seats)


def _keep(limit: SeatLimit, *, taken: int, seats: int) -> None:
    """Write down how many are taken of how many, and tell the public when that turned."""
    was_full = limit.is_full
    limit.taken, limit.seats = taken, seats
    db.session.flush()
    if limit.is_full != was_full:
        raise_edition()


def _found(name: str) -> SeatLimit | None:
    """Find a limit and lock its row until the transaction ends."""
    return db.session.scalar(LOCKED, {"of": name})
