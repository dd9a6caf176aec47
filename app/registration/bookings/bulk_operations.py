"""Operations on many bookings in one transaction, with the rules of ``operations``.

Everything is locked in one order – limits, sessions, then the bookings by number – and everything
that a change reads is loaded with the locks, in statements whose number does not grow with that of
the bookings.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.database import db
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import CATEGORY
from app.delegates.fields import DAYS
from app.delegates.models import CONFERENCE, Confirmation, Delegate
from app.registration import seats
from app.registration.bookings import operations
from app.registration.bookings.changes import REASON, BookingChange, describe_move
from app.registration.create_booking import lock_category
from app.registration.session_bookings import queries as session_bookings
from app.registration.session_bookings import release as session_seats
from app.registration.waiting_list import category_waits, offers
from app.registration.waiting_list import queries as waiting_list_entries

PARTS = (Delegate.category, Delegate.needs, Delegate.requirement_cases, Delegate.custom_answers)


def lock_all(delegates: Sequence[Delegate]) -> Sequence[Delegate]:
    """Lock bookings by number, reload them with related rows, and end address corrections."""
    db.session.flush()  # reloading would discard unsaved changes
    ids = [delegate.id for delegate in delegates]
    locked = _reload(ids)
    is_correctable = Confirmation.correctable_until.is_not(None)
    correctable = select(Confirmation.id).where(Confirmation.delegate_id.in_(ids), is_correctable)
    if db.session.scalars(correctable.limit(1)).first() is not None:
        for statement in operations.correction_ends(*ids):
            db.session.execute(statement)
        locked = _reload(ids)
    return locked


def change_days(
    days: Mapping[Delegate, tuple[str, int]], *, actor: str
) -> Mapping[Delegate, Sequence[BookingChange]]:
    """Set the new days of each booking; raise StaleEdit unless its version is the expected one."""
    found: dict[Delegate, Sequence[BookingChange]] = {}
    locked = lock_all(list(days))
    booked = session_bookings.map_booked_days([delegate.id for delegate in locked])
    for delegate in locked:
        new_days, version = days[delegate]
        operations.require_version(delegate, version)
        operations.check_days(delegate.category, new_days)
        session_seats.require_booked_days(booked.get(delegate.id, {}), new_days)
        found[delegate] = operations.apply_locked(delegate, {DAYS: new_days}, actor=actor)
    return found


def move_to_category(
    delegates: Sequence[Delegate], category_id: int, *, actor: str, override_reason: str = ""
) -> Mapping[Delegate, Sequence[BookingChange]]:
    """Move bookings to a category, all or none; raise SoldOut if it has too few places.

    Raise CategoryAwaited if others wait for its places, unless there is a reason, which is stored.
    """
    new = seats.list_limits(category_id)
    _lock_limits(delegates, new[1:])
    locked = [delegate for delegate in lock_all(delegates) if delegate.category_id != category_id]
    lock_category(category_id)
    category = categories.find(category_id)
    before = {delegate: delegate.category for delegate in locked}
    for one in locked:
        operations.require_version(one, one.version)
        operations.check_days(category, one.days)
    held_ids = category_waits.find_held([delegate.id for delegate in locked], category_id)
    held_by_category = Counter(
        delegate.category_id for delegate in locked if delegate.id in held_ids
    )
    for number, count in Counter(delegate.category_id for delegate in locked).items():
        seats.move(
            seats.list_limits(number),
            new,
            count,
            held=held_by_category[number],
            is_before_queue=bool(override_reason),
        )
    answers = {CATEGORY: str(category_id)}
    found: dict[Delegate, Sequence[BookingChange]] = {}
    for one in locked:
        one.category = category
        moved = describe_move(before[one], category)
        found[one] = operations.apply_locked(one, answers, [moved], actor=actor)
    if override_reason and locked:
        reason = [BookingChange(REASON, "", override_reason)]
        operations.record_for_all(locked, "Moved before those who wait", actor, reason)
    category_waits.end_fulfilled([delegate.id for delegate in locked], category_id, held_ids)
    offers.offer_places()
    return found


def cancel(
    delegates: Sequence[Delegate], *, actor: str, reason: str = ""
) -> Mapping[Delegate, Sequence[str]]:
    """Cancel the bookings that are still active; their places go to the waiting list.

    Return each with the titles of the sessions in which its seats were released.
    """
    _lock_limits(delegates)
    session_seats.lock_bookings([delegate.id for delegate in delegates])
    locked = [delegate for delegate in lock_all(delegates) if delegate.is_attending]
    ids = [delegate.id for delegate in locked]
    titles = session_bookings.map_titles(ids)
    for one in locked:
        operations.mark_cancelled(one)
    category_waits.end_with_bookings(ids)
    for number, count in Counter(delegate.category_id for delegate in locked).items():
        seats.release_seats(seats.list_limits(number), count)
    session_seats.release_all(ids)
    changes = [BookingChange(REASON, "", reason)] if reason else []
    operations.record_for_all(locked, "Cancelled", actor, changes)
    operations.delete_submitted_drafts(*ids)
    offers.offer_places()  # to the first in the queue; the worker offers any that remain
    return {delegate: titles.get(delegate.id, ()) for delegate in locked}


def _lock_limits(delegates: Sequence[Delegate], others: Sequence[str] = ()) -> None:
    """Lock the limits of the bookings, of their waits, and others, before the bookings."""
    seats.lock_limit(CONFERENCE)  # from here on, no booking can move to another category
    db.session.flush()
    ids = [delegate.id for delegate in delegates]
    numbers = set(db.session.scalars(select(Delegate.category_id).where(Delegate.id.in_(ids))))
    numbers |= {wait.category_id for wait in waiting_list_entries.list_category_waits(ids)}
    own = (seats.list_limits(number) for number in numbers)
    seats.lock_limits((CONFERENCE, *others, *chain.from_iterable(own)))


def _reload(ids: Sequence[int]) -> Sequence[Delegate]:
    """Lock the rows of bookings in the global order, and load what a change needs."""
    rows = select(Delegate).where(Delegate.id.in_(ids)).order_by(Delegate.id).with_for_update()
    rows = rows.options(*(selectinload(part) for part in PARTS))
    return db.session.scalars(rows.execution_options(populate_existing=True)).all()
