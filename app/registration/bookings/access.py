"""Access to a booking by its link.

Opening a booking by its link proves that its email was read. From then on no confirmation page can
correct its address: that is stored before the page is built. Only the first opening writes. If the
database is busy for longer than ``OPENING_TIMEOUT`` or cannot be written, the page is shown anyway;
the next opening then stores it, as does every change of the booking.
"""

from functools import partial
from typing import Final

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.delegates.models import Delegate
from app.errors import ConferenceError, Gone, NotFound
from app.registration import links
from app.registration.bookings import operations, queries
from app.request_transaction import READ_ONLY_METHODS, execute_separately
from app.web.rendering import render_page

OPENING_TIMEOUT: Final = 2.0  # seconds


def register_dead_links(
    blueprint: Blueprint, template: str = "registration/booking_link_expired.html"
) -> None:
    """Show a page that says what to do for links that open nothing, or have expired."""
    answer = partial(_render_dead_link, template=template)
    blueprint.register_error_handler(Gone, answer)
    blueprint.register_error_handler(NotFound, answer)


def get_booking(token: str) -> Delegate:
    """Return the booking that a link opens; raise NotFound or Gone if it opens none."""
    key = links.read_booking_key(token)
    _record_opening(queries.get_booking(key))
    return queries.get_booking(key)


def get_editable_booking(token: str) -> Delegate:
    """Return the booking that a link opens, if it can still be changed."""
    get_booking(token)
    return queries.get_editable_booking(links.read_booking_key(token))


def redirect_to_booking(delegate: Delegate, flash_name: str | None) -> Response:
    """Redirect to the page of a booking, with a flash message."""
    url = url_for("bookings.show", secret=links.booking_token(delegate), news=flash_name)
    return Response(status=303, headers={"Location": url})


def _record_opening(delegate: Delegate) -> None:
    """Store that a page of the booking was opened.

    In a POST, the change of the booking stores it, after locking the places.
    """
    if request.method in READ_ONLY_METHODS and queries.is_unopened(delegate):
        execute_separately(operations.correction_ends(delegate.id), wait=OPENING_TIMEOUT)


def _render_dead_link(error: ConferenceError, *, template: str) -> ResponseReturnValue:
    is_gone = isinstance(error, Gone)
    return render_page(
        template,
        status=410 if is_gone else 404,
        is_gone=is_gone,
        reason=gettext(str(error)),
    )
