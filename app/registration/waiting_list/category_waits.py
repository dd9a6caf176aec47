"""People with a place who wait for one in another category, and keep theirs until they take it.

They are in the one order of all who wait. A place that is offered to them is held in that category
alone, since they have one at the conference already. Whoever calls these functions holds the locks
of the limits and of the bookings.
"""

import secrets
from collections.abc import Collection

from app import clock
from app.history import services as history
from app.registration import emails, seats
from app.registration.models import Delegate
from app.registration.waiting_list import queries, services
from app.registration.waiting_list.models import ACCEPTED, IN_QUEUE, LEFT, WaitingListEntry

BOOKING_ENDED = "Left the waiting list because the booking ended"


def enqueue(delegate: Delegate, category_id: int) -> WaitingListEntry:
    """Let somebody wait for a category, by email; raise PlacesLeft if they can move there now."""
    entry = WaitingListEntry(
        access_key=secrets.token_urlsafe(16),
        name=delegate.full_name,
        email=delegate.email,
        identity_key="",
        search_text=delegate.search_text,
        language=delegate.language,
        document="{}",
        state=IN_QUEUE,
        joined_at=clock.now(),
        delegate=delegate,
        category_id=category_id,
    )
    seats.enqueue_for_move(seats.list_limits(category_id), entry)
    emails.send_waiting_list_entry(entry, queries.get_queue_position(entry))
    services.record(entry, "Joined the waiting list", history.ACTOR_DELEGATE)
    return entry


def end_with_bookings(delegates: Collection[int]) -> None:
    """End the waits of people whose bookings end."""
    for entry in queries.list_category_waits(delegates):
        services.give_up_place(entry)
        services.end(entry, LEFT, BOOKING_ENDED, history.ACTOR_SITE)


def end_reached(delegates: Collection[int], category_id: int | None) -> None:
    """End the waits of people who have been moved to the category that they wait for."""
    for entry in queries.list_category_waits(delegates):
        if entry.category_id == category_id:
            services.give_up_place(entry)
            services.end(entry, ACCEPTED, "Has a place in another way", history.ACTOR_SITE)
