"""Signed links to a booking, to confirm an email address, to a confirmation, to a waiting list.

Each token is a signature of a random key in the row (see ``app.web.signing``).
"""

from app.errors import NotFound
from app.registration.models import Confirmation, Delegate, WaitingListEntry
from app.web import signing
from app.web.rendering import absolute_url

BOOKING, EMAIL_CHANGE, CONFIRMATION = "booking", "new address", "receipt"
WAITING_LIST, SESSION_FEED = "waiting list", "calendar of sessions"
NO_SUCH_LINK = "The link is not complete. Copy all of it from your email, or ask for a new one"


def booking_token(delegate: Delegate) -> str:
    """Return the token of a delegate's booking page."""
    return signing.sign(BOOKING, delegate.access_key)


def read_booking_key(token: str) -> str:
    """Return the booking's key from its token; raise NotFound if the signature is invalid."""
    return _unsign(BOOKING, token)


def session_feed_token(delegate: Delegate) -> str:
    """Return the token of the calendar of a delegate's sessions, which opens nothing else."""
    return signing.sign(SESSION_FEED, delegate.access_key)


def read_session_feed_key(token: str) -> str:
    """Return the booking's key from its token; raise NotFound if the signature is invalid."""
    return _unsign(SESSION_FEED, token)


def sessions_link(delegate: Delegate) -> str:
    """Return the absolute URL of a delegate's sessions, booked and starred."""
    return absolute_url("session_bookings.index", secret=booking_token(delegate))


def email_change_token(delegate: Delegate) -> str:
    """Return the token that confirms a new email address."""
    return signing.sign(EMAIL_CHANGE, delegate.pending_email_key or "")


def read_email_change_key(token: str) -> str:
    """Return the email change's key from its token; raise NotFound if the signature is invalid."""
    return _unsign(EMAIL_CHANGE, token)


def confirmation_token(confirmation: Confirmation) -> str:
    """Return the token of a confirmation page."""
    return signing.sign(CONFIRMATION, confirmation.key)


def read_confirmation_key(token: str) -> str:
    """Return the confirmation's key from its token; raise NotFound if the signature is invalid."""
    return _unsign(CONFIRMATION, token)


def waiting_list_token(entry: WaitingListEntry) -> str:
    """Return the token of somebody's page of the waiting list."""
    return signing.sign(WAITING_LIST, entry.access_key)


def read_waiting_list_key(token: str) -> str:
    """Return the entry's key from its token; raise NotFound if the signature is invalid."""
    return _unsign(WAITING_LIST, token)


def waiting_list_link(entry: WaitingListEntry) -> str:
    """Return the absolute URL of somebody's page of the waiting list, or of their sessions."""
    if entry.is_for_session and entry.delegate is not None:
        return sessions_link(entry.delegate)
    return absolute_url("waiting_list.show", secret=waiting_list_token(entry))


def booking_link(delegate: Delegate) -> str:
    """Return the absolute URL of a delegate's booking."""
    return absolute_url("bookings.show", secret=booking_token(delegate))


def email_change_link(delegate: Delegate) -> str:
    """Return the absolute URL that confirms a new email address."""
    return absolute_url("bookings.email_change.confirm", secret=email_change_token(delegate))


def _unsign(purpose: str, token: str) -> str:
    key = signing.unsign(purpose, token)
    if key is None:
        raise NotFound(NO_SUCH_LINK)
    return key
