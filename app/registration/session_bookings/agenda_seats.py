"""Seats in the agenda of a browser that has opened a booking.

They are found by the booking's cookie, never by the agenda: its links are shared, and their
recipients may see stars and nothing else.
"""

from flask import url_for

from app.agenda import own_seats
from app.agenda.models import Agenda
from app.agenda.own_seats import OwnSeats
from app.delegates.models import Delegate
from app.registration import links
from app.registration.bookings import queries as bookings
from app.registration.session_bookings import cookie, listing
from app.web.rendering import absolute_url


def find(agenda: Agenda | None) -> OwnSeats | None:
    """Return the seats of the booking that was opened in this browser, if it is active."""
    key = cookie.find_booking_key()
    delegate = bookings.find_booking(key) if key is not None else None
    if delegate is None or not delegate.is_attending:
        return None
    choices = ((one.session.key, one.own_seat) for one in listing.list_with_seats(delegate))
    return OwnSeats(
        by_key={session_key: seat for session_key, seat in choices if seat is not None},
        page_url=url_for("session_bookings.index", secret=links.booking_token(delegate)),
        feed_url=feed_url(delegate) if _is_in_feed(agenda, delegate) else "",
    )


def feed_url(delegate: Delegate) -> str:
    """Return the URL of the calendar with a delegate's seats and stars."""
    return absolute_url("session_bookings.feed", token=links.session_feed_token(delegate))


def _is_in_feed(agenda: Agenda | None, delegate: Delegate) -> bool:
    """Return True if the booking's calendar has all stars of this browser."""
    if agenda is None or not agenda.stars:
        return True
    linked = bookings.find_agenda_link(delegate)
    return linked is not None and linked.agenda_id == agenda.id


own_seats.FINDERS.append(find)
