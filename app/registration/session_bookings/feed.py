"""The calendar of one person: what they have booked or starred, and the seats offered to them."""

from datetime import datetime

from flask_babel import gettext

from app.interchange import ical
from app.registration.bookings import queries as bookings
from app.registration.models import Delegate
from app.registration.session_bookings import calendar, offers, queries
from app.registration.waiting_list import queries as waiting_list
from app.registration.waiting_list.models import WaitingListEntry
from app.releases import current_release


def render_feed(delegate: Delegate, address: str) -> bytes:
    """Return the sessions that somebody has booked or starred, for calendar applications.

    A seat that is offered to them is tentative until they answer. One that they did not take, or
    took and gave back, is cancelled, unless they have starred the session.
    """
    programme = current_release.get_programme()
    agenda = bookings.find_linked_agenda(delegate)
    starred = {one.session_key for one in agenda.stars} if agenda else set()
    booked = {one.session_key for one in queries.list_of_delegate(delegate)}
    latest = _map_offers(delegate)
    offered = {key for key, entry in latest.items() if offers.can_accept(entry)} - booked
    ended = set(latest) - offered - booked - starred
    return ical.dump(
        programme,
        site=calendar.get_site(),
        name=gettext("My sessions: %(title)s", title=programme.conference.title),
        address=address,
        keys=starred | booked | set(latest) if delegate.is_attending else set(),
        cancelled_for_reader=ended,
        changed_for_reader={key: _get_change(entry) for key, entry in latest.items()},
        tentative=offered - starred,
        notes=calendar.map_notes(booked | offered),
    )


def _map_offers(delegate: Delegate) -> dict[str, WaitingListEntry]:
    """Return the newest entry by which somebody was offered a seat, by the key of the session."""
    entries = waiting_list.list_of_delegate(delegate)
    return {
        queries.read_key(one.scope): one
        for one in entries
        if one.is_for_session and one.offered_at is not None
    }


def _get_change(entry: WaitingListEntry) -> datetime:
    """Return when the seat was offered, or when the offer ended, by the clock at the latest."""
    has_lapsed = entry.is_offered and not offers.can_accept(entry)
    moments = (entry.offered_at, entry.ended_at, entry.offer_ends_at if has_lapsed else None)
    return max(one for one in moments if one is not None)
