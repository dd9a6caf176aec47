"""Merging the waiting list entries of two bookings of one person.

The kept booking also gets the entries that only the other has. If both wait for the same, it keeps
the earlier position, or the offer. Entries it may not have end with the other booking. No place or
seat is taken or freed by this. The caller has locked everything the bookings wait for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from app.delegates.models import Delegate
from app.registration import emails, session_emails
from app.registration.bookings import operations
from app.registration.session_bookings import queries as session_bookings
from app.registration.waiting_list import entries
from app.registration.waiting_list import queries as waiting_list
from app.registration.waiting_list.models import IN_QUEUE, WaitingListEntry

PLACE: Final = "a place at the conference"


@dataclass(frozen=True)
class MergedWaits:
    """The entries that were moved to the kept booking, and those that ended."""

    moved: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)


def list_waits(delegate: Delegate) -> Sequence[str]:
    """Describe what a booking is waiting for."""
    return [_name(entry) for entry in _list_entries(delegate)]


def move_waits(
    source: Delegate, target: Delegate, days: str, *, actor: str, notify: bool
) -> MergedWaits:
    """Move the other booking's waits to the kept one; its offers are sent again."""
    result = MergedWaits()
    booked = session_bookings.list_keys([target.id])
    own = {entry.scope: entry for entry in _list_entries(target)}
    for entry in _list_entries(source):
        known = own.get(entry.scope)
        if _is_reached(entry, target, booked):
            continue
        if not _can_wait(entry, known, days):
            result.ended.append(_name(entry))
            continue
        kept_entry = _move(entry, target) if known is None else _keep_better(entry, known)
        result.moved.append(_name(entry))
        entries.record(kept_entry, entries.MERGED, actor)
        if notify and entries.can_accept(kept_entry):
            _send_offer(kept_entry)
    return result


def _list_entries(delegate: Delegate) -> Sequence[WaitingListEntry]:
    return [
        *waiting_list.list_category_waits([delegate.id]),
        *waiting_list.list_open_of_delegates([delegate.id]),
    ]


def _name(entry: WaitingListEntry) -> str:
    if entry.is_for_session:
        return entry.title
    return f"the category “{entry.category.name}”" if entry.category else PLACE


def _is_reached(entry: WaitingListEntry, target: Delegate, booked: Sequence[str]) -> bool:
    """Return True if the kept booking already has what this entry waits for."""
    if entry.is_for_session:
        return session_bookings.read_key(entry.scope) in booked
    return entry.category_id == target.category_id


def _can_wait(entry: WaitingListEntry, known: WaitingListEntry | None, days: str) -> bool:
    """Return True if the kept booking may wait for this, on these days."""
    if not entry.is_for_session:
        is_other = known is not None and known.category_id != entry.category_id
        fits = entry.category is None or operations.includes_days(entry.category, days)
        return fits and not is_other
    session = session_bookings.find_session(session_bookings.read_key(entry.scope))
    return session is not None and session_bookings.is_on_days(session, days.split())


def _move(entry: WaitingListEntry, target: Delegate) -> WaitingListEntry:
    entry.delegate = target
    entry.name, entry.email = target.full_name, target.email
    entry.search_text, entry.language = target.search_text, target.language
    return entry


def _keep_better(entry: WaitingListEntry, known: WaitingListEntry) -> WaitingListEntry:
    """Give the kept entry the offer of the other, or its position if that is earlier."""
    if entries.can_accept(entry) and known.is_waiting:
        known.state, entry.state = entry.state, IN_QUEUE
        known.offered_at, entry.offered_at = entry.offered_at, None
        known.offer_ends_at, entry.offer_ends_at = entry.offer_ends_at, None
    elif entry.is_waiting and known.is_waiting:
        known.queue_order = min(known.place_in_order, entry.place_in_order)
    return known


def _send_offer(entry: WaitingListEntry) -> None:
    """Send an offer again: the link in the first email may be that of the cancelled booking."""
    if not entry.is_for_session:
        emails.send_waiting_list_offer(entry)
        return
    session = session_bookings.find_session(session_bookings.read_key(entry.scope))
    if session is not None:
        session_emails.send_session_offer(entry, session)
