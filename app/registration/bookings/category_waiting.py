"""A delegate waits for another category while keeping their place; accepting moves the booking.

Locks are taken in the global order: the limits of the conference and of both categories, then the
booking, then the entry, which an email change locks too. The old place goes to the waiting list in
the same transaction.
"""

from app.delegates.categories import queries as categories
from app.delegates.models import Delegate
from app.errors import RuleViolation
from app.history.services import ACTOR_DELEGATE
from app.registration import emails, seats
from app.registration.bookings import changes, operations, queries
from app.registration.create_booking import lock_category
from app.registration.waiting_list import category_waits, entries, offers
from app.registration.waiting_list import queries as waiting_list
from app.registration.waiting_list.models import ACCEPTED, WaitingListEntry

NOT_AVAILABLE = "This category is not available now. Choose another"
WAITS_FOR_ANOTHER = (
    "You are waiting for another category. Leave that waiting list first, then join this one"
)
HAS_CATEGORY = "You already have a place in this category"


def join(delegate: Delegate, category_id: int) -> WaitingListEntry:
    """Let a delegate wait for a full category; joining again changes nothing.

    Raise PlacesLeft if they can change to it now, and RuleViolation if they cannot wait for it.
    """
    operations.lock_limits(delegate, seats.list_limits(category_id))
    operations.end_corrections(delegate)
    if not delegate.is_attending:
        raise RuleViolation(queries.BOOKING_CANCELLED)
    if delegate.category_id == category_id:
        raise RuleViolation(HAS_CATEGORY)
    waits = waiting_list.find_category_wait(delegate.id)
    if waits is not None and waits.category_id == category_id:
        return waits
    if waits is not None:
        raise RuleViolation(WAITS_FOR_ANOTHER)
    lock_category(category_id)
    if category_id not in {
        category.id for category in categories.list_for_delegates() if category.is_open
    }:
        raise RuleViolation(NOT_AVAILABLE)
    operations.check_days(categories.find(category_id), delegate.days)
    entry = category_waits.enqueue(delegate, category_id)
    name = entry.category.name if entry.category else ""
    operations.record(
        delegate, f"Joined the waiting list for the category “{name}”", ACTOR_DELEGATE
    )
    return entry


def accept(entry: WaitingListEntry) -> Delegate:
    """Move a booking to the offered category; raise OfferEnded if the offer has ended.

    Accepting again changes nothing.
    """
    delegate = entry.delegate
    if delegate is None:
        raise offers.OfferEnded("This offer has ended")
    old = operations.lock_limits(delegate, seats.list_limits(entry.category_id))
    operations.end_corrections(delegate)
    entries.lock_alone(entry)
    if entry.state == ACCEPTED:
        return delegate
    if not entries.can_accept(entry):
        raise offers.OfferEnded("This offer has ended")
    category, before = entry.category, delegate.category
    operations.check_days(category, delegate.days)
    seats.release_seats(old[1:])  # the new place is counted already
    delegate.category = category
    moved = [changes.describe_move(before, category)]
    emails.send_booking_changed(
        delegate, operations.apply_locked(delegate, {}, moved, actor=ACTOR_DELEGATE)
    )
    entries.end(entry, ACCEPTED, "Accepted the offer of a place", ACTOR_DELEGATE)
    offers.offer_places()
    return delegate
