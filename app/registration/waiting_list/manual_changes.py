"""Organisers' changes of the order, each with a reason that the person can read.

They move a person to the top of a list, or offer them a place or a seat at once; and they can
preview whom a higher limit would let in. This applies to the lists of the conference, of its
categories, and of sessions.
"""

from collections.abc import Sequence
from itertools import islice

from app.database import db
from app.delegates.categories import queries as categories
from app.delegates.models import CATEGORY_PREFIX, CONFERENCE, SeatLimit
from app.errors import RuleViolation
from app.history import services as history
from app.registration import seats, session_seats
from app.registration.session_bookings import offers
from app.registration.session_bookings import queries as session_bookings
from app.registration.waiting_list import entries, queries, services, turns
from app.registration.waiting_list import offers as place_offers
from app.registration.waiting_list.models import CONFERENCE_LIST, WaitingListEntry

MOVED, OFFERED_BY_HAND = "Moved to the top of the list by hand", "Offered by hand"
MAX_PREVIEW = 1_000  # people
NO_LONGER_WAITS = "This person is no longer waiting, or already has an offer"
NO_OFFERS = "It is too late for offers, so they could not accept it"
NONE_FREE = "No place is free for them. Add one, or move them to the top of the list"


class NoPlaceFree(RuleViolation):
    """Every place is taken, and none is to be added."""


def move_to_top(entry: WaitingListEntry, *, reason: str, actor: str) -> None:
    """Move a person to the top of their list, with the group that they stay with."""
    _lock_waiting(entry)
    entry.queue_order = queries.get_top_order(entry.scope)
    entries.record(entry, f"{MOVED}: {reason}", actor)
    if not entry.is_for_session:  # a free place may have been reserved for those before them
        place_offers.offer_places()


def offer_out_of_turn(
    entry: WaitingListEntry, *, reason: str, actor: str, adds_place: bool = False
) -> None:
    """Offer a person a place or a seat before their turn.

    If none is free, one is added if the organisers want that: the limit of the conference or the
    category is raised, and a session gets one seat beyond its limit. Otherwise raise NoPlaceFree.
    """
    limits = _lock_waiting(entry)
    full = [one for one in limits if not one.has_free_seat]
    if full and not adds_place:
        raise NoPlaceFree(NONE_FREE)
    summary = f"{OFFERED_BY_HAND}: {reason}"
    if entry.is_for_session:
        _offer_seat(entry, limits[0], summary, actor)
        return
    if not place_offers.can_offer():
        raise RuleViolation(NO_OFFERS)
    for limit in full:
        _add_place(limit, reason, actor)
    place_offers.offer(entry, summary, actor)


def offer_to_all(
    waiting: Sequence[WaitingListEntry], *, reason: str, actor: str, adds_place: bool = False
) -> None:
    """Offer all of these people a place or a seat before their turn, or none of them; see above."""
    _lock_limits(waiting)
    for entry in waiting:
        offer_out_of_turn(entry, reason=reason, actor=actor, adds_place=adds_place)


def remove_all(waiting: Sequence[WaitingListEntry], *, actor: str) -> None:
    """Remove these people from their lists, with emails; none of them gets another's offer."""
    _lock_limits(waiting)
    for entry in sorted(waiting, key=lambda one: one.is_offered):
        remove = offers.remove if entry.is_for_session else services.remove
        remove(entry, actor=actor)


def preview_raise(name: str, places: int) -> Sequence[WaitingListEntry]:
    """List who would be offered a place or a seat with a higher limit, in order."""
    if name.startswith(session_seats.SESSION_PREFIX):
        return _preview_session(name, places)
    if not place_offers.can_offer():
        return []
    found = turns.list_next(db.session.connection(), MAX_PREVIEW, {name: places})
    return queries.list_by_number([one.entry_id for one in found])


def _preview_session(name: str, places: int) -> Sequence[WaitingListEntry]:
    """List who would be offered a seat, without people who do not attend on the session's day."""
    limit = db.session.get(SeatLimit, name)
    session = session_bookings.find_session(session_bookings.read_key(name))
    if limit is None or session is None or not offers.can_offer(session):
        return []
    free = max(places - limit.held_back - limit.taken, 0)
    people = queries.list_next_people_in(name) if free else ()
    come = (one for one, who in people if session_bookings.is_on_booked_days(who, session))
    return list(islice(come, free))


def _lock_limits(waiting: Sequence[WaitingListEntry]) -> None:
    """Lock everything these people wait for in the global order, before any of the entries."""
    of_places = [
        seats.list_limits(entry.category_id) for entry in waiting if not entry.is_for_session
    ]
    seats.lock_if_set(CONFERENCE, *(name for own in of_places for name in own))
    session_seats.lock_sessions(
        session_bookings.read_key(entry.scope) for entry in waiting if entry.is_for_session
    )


def _lock_waiting(entry: WaitingListEntry) -> Sequence[SeatLimit]:
    """Lock what a person waits for, then their entry; raise RuleViolation if not waiting."""
    if entry.is_for_session:
        key = session_bookings.read_key(entry.scope)
        limits = list(session_seats.lock_sessions([key]).values())
        entries.lock_alone(entry)
    else:
        entries.lock(entry)
        limits = list(seats.lock_limits(entries.list_counted_limits(entry)))
    if not entry.is_waiting or (entry.is_for_session and not limits):
        raise RuleViolation(NO_LONGER_WAITS)
    return limits


def _offer_seat(entry: WaitingListEntry, limit: SeatLimit, summary: str, actor: str) -> None:
    session = session_bookings.find_session(session_bookings.read_key(entry.scope))
    if session is None or not offers.can_offer(session):
        raise RuleViolation(NO_OFFERS)
    offers.offer(entry, session, limit, summary, actor)


def _add_place(limit: SeatLimit, reason: str, actor: str) -> None:
    """Raise a limit by one place, and record that where organisers look for it."""
    seats.set_limit(limit.name, limit.seats + 1)
    sentence = f"The limit was raised from {limit.seats - 1} to {limit.seats} for an offer"
    subject = CONFERENCE_LIST
    if limit.name != CONFERENCE:
        number = int(limit.name.removeprefix(CATEGORY_PREFIX))
        subject = categories.get_category(number).history_subject
    history.record(f"{sentence}: {reason}", subject=subject, actor=actor)
