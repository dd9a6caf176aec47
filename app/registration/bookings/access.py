"""The booking that a link opens.

Whoever opens a booking by its link has read the email about it. From then on no confirmation page
can correct its address.
"""

from flask import request

from app.registration import links
from app.registration.bookings import operations, queries
from app.registration.models import Delegate
from app.request_transaction import READ_ONLY_METHODS, execute_after_request


def get_booking(token: str) -> Delegate:
    """Return the booking that a link opens; raise NotFound or Gone if it opens none."""
    return _record_opening(queries.get_booking(links.read_booking_key(token)))


def get_editable_booking(token: str) -> Delegate:
    """Return the booking that a link opens, if it can still be changed."""
    return _record_opening(queries.get_editable_booking(links.read_booking_key(token)))


def _record_opening(delegate: Delegate) -> Delegate:
    if queries.is_untouched(delegate):
        if request.method in READ_ONLY_METHODS:
            for statement in operations.correction_ends(delegate):
                execute_after_request(statement)
        else:
            operations.end_corrections(delegate)
    return delegate
