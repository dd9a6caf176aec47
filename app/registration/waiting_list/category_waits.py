"""People with a place who wait for another category, and keep their place until they accept.

They share one order with all waiting people. A place offered to them is held only in that category,
since they have one at the conference already. Callers of these functions must hold the locks of the
limits and of the bookings.
"""

from collections.abc import Collection

from app.delegates.models import Delegate
from app.history import services as history
from app.registration import emails, seats
from app.registration.waiting_list import entries, positions, queries
from app.registration.waiting_list.models import ACCEPTED, LEFT, WaitingListEntry

BOOKING_ENDED = "Left the waiting list because the booking ended"


def enqueue(delegate: Delegate, category_id: int) -> WaitingListEntry:
    """Put a delegate in a category's queue, by email; raise PlacesLeft if they can move now."""
    entry = entries.build_for_delegate(delegate, category_id=category_id)
    seats.enqueue_for_move(seats.list_limits(category_id), entry)
    emails.send_waiting_list_entry(entry, positions.get_queue_position(entry))
    entries.record(entry, "Joined the waiting list", history.ACTOR_DELEGATE)
    return entry


def end_with_bookings(delegates: Collection[int]) -> None:
    """End the waits of people whose bookings end."""
    for entry in queries.list_category_waits(delegates):
        entries.give_up_place(entry)
        entries.end(entry, LEFT, BOOKING_ENDED, history.ACTOR_SITE)


def find_held(delegates: Collection[int], category_id: int | None) -> Collection[int]:
    """Return the numbers of those of these people for whom a place in a category is held."""
    return {
        entry.delegate_id
        for entry in queries.list_category_waits(delegates)
        if entry.delegate_id is not None
        and entry.category_id == category_id
        and entries.can_accept(entry)
    }


def end_fulfilled(
    delegates: Collection[int], category_id: int | None, held: Collection[int]
) -> None:
    """End the waits of people who have been moved to the category they wait for.

    ``held`` are the people who have the place that was held for them.
    """
    for entry in queries.list_category_waits(delegates):
        if entry.category_id == category_id:
            if entry.delegate_id not in held:
                entries.give_up_place(entry)
            entries.end(entry, ACCEPTED, "Has a place in another way", history.ACTOR_SITE)
