"""Signed links to bookings, email changes, confirmations, waiting lists, groups and requests.

Each token is a signature of a random key in the row (see ``app.web.signing``).
"""

from app.delegates.models import Confirmation, Delegate
from app.errors import NotFound, require
from app.registration.applications.models import RegistrationApplication
from app.registration.groups.models import RegistrationGroup
from app.registration.interest.models import ExpressionOfInterest
from app.registration.transfers.models import PlaceTransfer
from app.registration.waiting_list.models import WaitingListEntry
from app.web import signing
from app.web.rendering import absolute_url

BOOKING, EMAIL_CHANGE, CONFIRMATION = "booking", "new address", "receipt"
WAITING_LIST, SESSION_FEED = "waiting list", "calendar of sessions"
GROUP = "group"
APPLICATION, TRANSFER = "application", "place of a colleague"
INTEREST = "interest"
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
    """Return the token of a person's waiting list page."""
    return signing.sign(WAITING_LIST, entry.access_key)


def read_waiting_list_key(token: str) -> str:
    """Return the entry's key from its token; raise NotFound if the signature is invalid."""
    return _unsign(WAITING_LIST, token)


def waiting_list_link(entry: WaitingListEntry) -> str:
    """Return the absolute URL of a person's waiting list page, or of their sessions."""
    if entry.is_for_session and entry.delegate is not None:
        return sessions_link(entry.delegate)
    return absolute_url("waiting_list.show", secret=waiting_list_token(entry))


def group_token(group: RegistrationGroup) -> str:
    """Return the token of a group's page, for its contact."""
    return signing.sign(GROUP, group.access_key)


def read_group_key(token: str) -> str:
    """Return the group's key from its token; raise NotFound if the signature is invalid."""
    return _unsign(GROUP, token)


def group_link(group: RegistrationGroup) -> str:
    """Return the absolute URL of the page of a group, for its contact."""
    return absolute_url("groups.show", secret=group_token(group))


def application_token(application: RegistrationApplication) -> str:
    """Return the token of an applicant's page."""
    return signing.sign(APPLICATION, application.access_key)


def read_application_key(token: str) -> str:
    """Return the application's key from its token; raise NotFound if the signature is invalid."""
    return _unsign(APPLICATION, token)


def application_link(application: RegistrationApplication) -> str:
    """Return the absolute URL of an applicant's page."""
    return absolute_url("applications.show", secret=application_token(application))


def interest_token(interest: ExpressionOfInterest) -> str:
    """Return the token of the page of an expression of interest."""
    return signing.sign(INTEREST, interest.access_key)


def read_interest_key(token: str) -> str:
    """Return the row's key from its token; raise NotFound if the signature is invalid."""
    return _unsign(INTEREST, token)


def interest_link(interest: ExpressionOfInterest) -> str:
    """Return the absolute URL of the page of an expression of interest."""
    return absolute_url("interest.show", secret=interest_token(interest))


def transfer_token(transfer: PlaceTransfer) -> str:
    """Return the token of the page on which a colleague accepts a place."""
    return signing.sign(TRANSFER, transfer.access_key)


def read_transfer_key(token: str) -> str:
    """Return the offer's key from its token; raise NotFound if the signature is invalid."""
    return _unsign(TRANSFER, token)


def transfer_link(transfer: PlaceTransfer) -> str:
    """Return the absolute URL of the page on which a colleague accepts a place."""
    return absolute_url("transfers.show", secret=transfer_token(transfer))


def booking_link(delegate: Delegate) -> str:
    """Return the absolute URL of a delegate's booking."""
    return absolute_url("bookings.show", secret=booking_token(delegate))


def email_change_link(delegate: Delegate) -> str:
    """Return the absolute URL that confirms a new email address."""
    return absolute_url("bookings.email_change.confirm", secret=email_change_token(delegate))


def _unsign(purpose: str, token: str) -> str:
    return require(signing.unsign(purpose, token), NotFound(NO_SUCH_LINK))
