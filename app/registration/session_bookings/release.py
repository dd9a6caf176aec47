"""Releasing all seats of bookings that are cancelled or deleted.

Locks are taken in one order: the conference's limit, those of sessions by key, then people's rows.
Which sessions a delegate has booked is only certain once their row is locked, so ``lock_bookings``
starts again if that changed while it waited.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select

from app.database import db
from app.delegates.models import Delegate
from app.errors import RuleViolation
from app.registration import session_seats
from app.registration.session_bookings import offers, queries, released_seats
from app.registration.session_bookings.models import SessionBooking
from app.registration.waiting_list import queries as waiting_list


class LostSeats(RuleViolation):
    """The new days exclude the day of a session with a booked seat."""


def lock_bookings(delegates: Collection[int]) -> None:
    """Lock the sessions in which any of these delegates have a seat, then their rows."""
    db.session.flush()
    rows = select(Delegate.id).where(Delegate.id.in_(delegates)).order_by(Delegate.id)
    while True:
        savepoint = db.session.begin_nested()
        keys = _list_keys(delegates)
        session_seats.lock_sessions(keys)
        db.session.execute(rows.with_for_update(key_share=True))
        if keys == _list_keys(delegates):
            savepoint.commit()
            return
        savepoint.rollback()  # one of them has just booked another; this releases all locks


def _list_keys(delegates: Collection[int]) -> Sequence[str]:
    """List the keys of the sessions in which any of these delegates have a seat, or wait."""
    waits = (queries.read_key(one.scope) for one in waiting_list.list_open_of_delegates(delegates))
    return sorted({*queries.list_keys(delegates), *waits})


def release_all(delegates: Collection[int]) -> Sequence[str]:
    """Release all seats of these delegates, and return the titles of the sessions.

    Their waits end, too. The free seats are offered to the waiting lists.
    """
    ours = SessionBooking.delegate_id.in_(delegates)
    rows = db.session.execute(
        select(SessionBooking.session_key, SessionBooking.title)
        .where(ours)
        .order_by(SessionBooking.id)
    ).all()
    limits = session_seats.lock_sessions(_list_keys(delegates))
    if not limits:
        return []
    released_seats.delete_seats(ours)
    counts = Counter(key for key, _ in rows)
    offers.end_all_of(delegates, limits)
    for key, limit in limits.items():
        if counts[key]:
            session_seats.release_session(limit, counts[key])
        offers.offer_seats(key, limit)
    return [title for _, title in rows]


def require_days(delegate: Delegate, days: str) -> None:
    """Raise LostSeats if a delegate has a seat on a day that is not among the new ones."""
    require_booked_days(queries.map_booked_days([delegate.id]).get(delegate.id, {}), days)


def require_booked_days(booked: Mapping[str, str], days: str) -> None:
    """Raise LostSeats unless the new days include all days with booked seats."""
    for day, title in sorted(booked.items()):
        if day not in days.split():
            raise LostSeats(
                f"A seat is booked in “{title}”, on a day that you are removing. "
                "Keep that day, or give back the seat first"
            )
