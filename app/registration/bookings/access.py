"""The booking that a link opens.

Whoever opens a booking by its link has read the email about it. From then on no confirmation page
can correct its address: that is stored before the page is built. Only the first opening writes. If
the database is busy for longer than ``OPENING_TIMEOUT`` or cannot be written, the page is shown all
the same; the next opening then stores it, as does every change of the booking.
"""

from typing import Final

from flask import request

from app.registration import links
from app.registration.bookings import operations, queries
from app.registration.models import Delegate
from app.request_transaction import READ_ONLY_METHODS, execute_apart

OPENING_TIMEOUT: Final = 2.0  # seconds


def get_booking(token: str) -> Delegate:
    """Return the booking that a link opens; raise NotFound or Gone if it opens none."""
    key = links.read_booking_key(token)
    _record_opening(queries.get_booking(key))
    return queries.get_booking(key)


def get_editable_booking(token: str) -> Delegate:
    """Return the booking that a link opens, if it can still be changed."""
    get_booking(token)
    return queries.get_editable_booking(links.read_booking_key(token))


def _record_opening(delegate: Delegate) -> None:
    if not queries.is_untouched(delegate):
        return
    if request.method in READ_ONLY_METHODS:
        execute_apart(operations.correction_ends(delegate), wait=OPENING_TIMEOUT)
    else:
        operations.end_corrections(delegate)
