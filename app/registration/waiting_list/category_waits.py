"""People with a place who wait for one in another category, and keep theirs until they take it.

They are in the one order of all who wait. A place that is offered to them is held in that category
alone, since they have one at the conference already. Whoever calls these functions holds the locks
of the limits and of the bookings.
"""

from collections.abc import Collection

from app.delegates.models import Delegate
from app.history import services as history
from app.registration import emails, seats
from app.registration.waiting_list import entries, positions, queries
from app.registration.waiting_list.models import ACCEPTED, LEFT, WaitingListEntry

BOOKING_ENDED = "Left the waiting list because the booking ended"


def enqueue(delegate: Delegate, category_id: int) -> WaitingListEntry:
    """Let somebody wait for a category, by email; raise PlacesLeft if they can move there now."""
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
    """Return those of these people for whom a place in a category is held, by their numbers."""
    return {
        entry.delegate_id
        for entry in queries.list_category_waits(delegates)
        if entry.delegate_id is not None
        and entry.category_id == category_id
        and entries.can_accept(entry)
    }


def end_reached(delegates: Collection[int], category_id: int | None, held: Collection[int]) -> None:
    """End the waits of people who have been moved to the category that they wait for.

    Those for whom a place was ``held`` have that one.
    """
    for entry in queries.list_category_waits(delegates):
        if entry.category_id == category_id:
            if entry.delegate_id not in held:
                entries.give_up_place(entry)
            entries.end(entry, ACCEPTED, "Has a place in another way", history.ACTOR_SITE)
