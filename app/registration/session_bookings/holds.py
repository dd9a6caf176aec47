"""Seats of a session that organisers reserve, with a reason, or keep for people at the door.

They are excluded from the limit, so labels, bookings, ballots and waiting lists ignore them. They
can be booked again once they are released, manually or by the worker at a set time; then they are
first offered to the waiting list. Changing them requires the lock of the limit.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from app import cache_version, clock
from app.cache_version import bump_cache_version
from app.database import db, read_only_connection
from app.delegates.models import SeatLimit
from app.errors import RuleViolation
from app.history import services as history
from app.programme.snapshot import Session
from app.registration import session_seats
from app.registration.session_bookings import offers
from app.registration.session_bookings.models import SeatHold
from app.registration.waiting_list import queries as waiting_list
from app.registration.waiting_list.models import WaitingListEntry

UNCLAIMED: Final = "Unclaimed seats"  # the reason shown in lists
RELEASED: Final = "These seats have already been released"


@dataclass(frozen=True)
class HoldDetails:
    """How many seats to reserve, why, and until when."""

    seats: int
    reason: str
    is_for_door: bool = False
    ends_at: datetime | None = None


def add(session: Session, details: HoldDetails, *, actor: str) -> SeatHold:
    """Reserve free seats of a session; raise RuleViolation if fewer are free."""
    limit = session_seats.lock_sessions([session.key]).get(session.key)
    if limit is None or not session.is_bookable:
        raise RuleViolation("Seats in this session cannot be booked, so none can be reserved")
    _require_time(session, details.ends_at)
    session_seats.hold_back(limit, details.seats)
    hold = SeatHold(
        session_key=session.key,
        seats=details.seats,
        reason=details.reason,
        is_for_door=details.is_for_door,
        ends_at=details.ends_at,
        created_at=clock.now(),
    )
    for_door = " for people at the door" if details.is_for_door else ""
    _record(
        session.key, f"{_describe_seats(details.seats)} reserved{for_door}: {details.reason}", actor
    )
    with _bump_if_door_changes(session.key):
        db.session.add(hold)
    return hold


def release(hold: SeatHold, *, actor: str) -> None:
    """Release reserved seats, to the waiting list first."""
    limit = session_seats.lock_sessions([hold.session_key]).get(hold.session_key)
    found = select(SeatHold).where(SeatHold.id == hold.id)
    current = db.session.scalar(found.execution_options(populate_existing=True))
    if current is None or limit is None:  # or a release has made it open without booking
        raise RuleViolation(RELEASED)
    _end(current, limit, actor)


def run_due() -> None:
    """Release seats at their set time; run by the worker."""
    if not cache_version.is_clock_in_sync():
        return
    due = SeatHold.ends_at <= clock.now()
    with read_only_connection(db.engine) as connection:  # runs often
        keys = set(connection.scalars(select(SeatHold.session_key).where(due)))
    limits = session_seats.lock_sessions(keys)
    rows = select(SeatHold).where(due, SeatHold.session_key.in_(limits)).order_by(SeatHold.id)
    for hold in db.session.scalars(rows.execution_options(populate_existing=True)).all():
        _end(hold, limits[hold.session_key], history.ACTOR_SITE)


def add_door_seats(session: Session, limit: SeatLimit, count: int) -> None:
    """Keep untaken seats for people at the door; the limit must be locked."""
    session_seats.return_to_door(limit, count)
    hold = _find_unclaimed(session.key)
    if hold is not None:
        hold.seats += count
        return
    with _bump_if_door_changes(session.key):
        db.session.add(
            SeatHold(
                session_key=session.key,
                seats=count,
                reason=UNCLAIMED,
                is_for_door=True,
                is_unclaimed=True,
                created_at=clock.now(),
            )
        )


def use_door_seat(key: str) -> bool:
    """Use up a seat kept for people at the door; return False if there is none. It is locked."""
    statement = select(SeatHold).where(SeatHold.session_key == key, SeatHold.is_for_door)
    rows = statement.order_by(SeatHold.id).limit(1).execution_options(populate_existing=True)
    hold = db.session.scalar(rows)
    if hold is None:
        return False
    if hold.seats > 1:
        hold.seats -= 1
    else:
        with _bump_if_door_changes(key):
            db.session.delete(hold)
    return True


def list_next_offers(key: str, count: int) -> Sequence[WaitingListEntry]:
    """List who would be offered this many more seats, in order, as of now."""
    return waiting_list.list_next_in(session_seats.session_limit(key), count)


def _find_unclaimed(key: str) -> SeatHold | None:
    unclaimed = SeatHold.session_key == key, SeatHold.is_unclaimed
    rows = select(SeatHold).where(*unclaimed).execution_options(populate_existing=True)
    return db.session.scalar(rows)


def _require_time(session: Session, ends_at: datetime | None) -> None:
    if ends_at is not None and ends_at <= clock.now():
        raise RuleViolation("Enter a time in the future")
    if ends_at is not None and session.starts_at is not None and ends_at >= session.starts_at:
        raise RuleViolation("Enter a time before the session starts")


def _end(hold: SeatHold, limit: SeatLimit, actor: str) -> None:
    key, count = hold.session_key, hold.seats
    with _bump_if_door_changes(key):
        db.session.delete(hold)
    session_seats.end_hold(limit, count)
    _record(key, f"{_describe_seats(count)} released: {hold.reason}", actor)
    offers.offer_seats(key, limit)


@contextmanager
def _bump_if_door_changes(key: str) -> Iterator[None]:
    """Bump the cache version if the block changes whether seats are kept for the door."""
    before = _has_door_seats(key)
    yield
    if _has_door_seats(key) != before:
        bump_cache_version()  # shown on public pages


def _has_door_seats(key: str) -> bool:
    statement = select(SeatHold.id).where(SeatHold.session_key == key, SeatHold.is_for_door)
    return db.session.scalar(statement.limit(1)) is not None


def _describe_seats(number: int) -> str:
    return "1 seat was" if number == 1 else f"{number} seats were"


def _record(key: str, text: str, actor: str) -> None:
    history.record(text, subject=f"session {key}", actor=actor)
