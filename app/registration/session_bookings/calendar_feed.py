"""The calendar of one person: sessions they have booked or starred, and seats offered to them."""

from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext

from app import clock
from app.delegates.models import Delegate
from app.interchange import ical_writer
from app.registration.bookings import queries as bookings
from app.registration.session_bookings import calendar, queries, released_seats
from app.registration.waiting_list import entries
from app.registration.waiting_list import queries as waiting_list
from app.registration.waiting_list.models import WaitingListEntry
from app.releases import current_release


def render_feed(delegate: Delegate, address: str) -> bytes:
    """Return a delegate's booked and starred sessions, for calendar applications.

    A seat on offer is tentative. One that was released, lost or declined is cancelled until the
    conference is over, unless the session is starred. So are all seats of a cancelled booking.
    """
    programme = current_release.get_programme()
    booked = {seat.session_key: seat.booked_at for seat in queries.list_of_delegate(delegate)}
    starred, latest = _list_starred(delegate), _map_offers(delegate)
    offered = {key for key, entry in latest.items() if entries.can_accept(entry)} - booked.keys()
    released = released_seats.map_times(delegate)
    current_keys = booked.keys() | offered | starred
    is_over = clock.now().date() > programme.conference.ends_on
    ended = (latest.keys() | (set() if is_over else released.keys())) - current_keys
    changes = [(key, _get_change(entry)) for key, entry in latest.items()]
    again = [(key, at) for key, at in booked.items() if key in released]
    return ical_writer.dump(
        programme,
        site=calendar.get_site(),
        name=gettext("My sessions: %(title)s", title=programme.conference.title),
        address=address,
        keys=current_keys | ended,
        cancelled_for_reader=ended,
        changed_for_reader=_map_latest([*changes, *released.items(), *again]),
        steps_for_reader=released_seats.map_steps(delegate, current_keys, ended),
        tentative=offered - starred,
        notes=calendar.map_notes(booked.keys() | offered),
    )


def _list_starred(delegate: Delegate) -> set[str]:
    """List the keys of the sessions in the linked agenda, while the booking is active."""
    agenda = bookings.find_linked_agenda(delegate) if delegate.is_attending else None
    return {star.session_key for star in agenda.stars} if agenda else set()


def _map_latest(changes: Iterable[tuple[str, datetime]]) -> dict[str, datetime]:
    latest: dict[str, datetime] = {}
    for key, moment in changes:
        latest[key] = max(moment, latest.get(key, moment))
    return latest


def _map_offers(delegate: Delegate) -> dict[str, WaitingListEntry]:
    """Map session keys to the newest entry with an offer of a seat."""
    waits = waiting_list.list_of_delegate(delegate)
    return {
        queries.read_key(wait.scope): wait
        for wait in waits
        if wait.is_for_session and wait.offered_at is not None
    }


def _get_change(entry: WaitingListEntry) -> datetime:
    """Return when the seat was offered or the offer ended, at most the current time."""
    has_lapsed = entry.is_offered and not entries.can_accept(entry)
    moments = (entry.offered_at, entry.ended_at, entry.offer_ends_at if has_lapsed else None)
    return max(moment for moment in moments if moment is not None)
