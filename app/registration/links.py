"""Addresses that hold a secret: a delegate's booking, a new address to confirm, a receipt.

Each is a signature over a random key in the row (``app.web.signing``).
"""

from app.errors import NotFound
from app.registration.models import Delegate, Receipt
from app.web import signing
from app.web.pages import absolute_url

BOOKING, NEW_ADDRESS, RECEIPT = "booking", "new address", "receipt"
NO_SUCH_LINK = "That link is not complete: copy all of it from your email, or ask for it again"


def booking_token(delegate: Delegate) -> str:
    """Give the secret of a delegate's own booking page."""
    return signing.signed(BOOKING, delegate.link_key)


def delegate_key(token: str) -> str:
    """Read the key of a booking back from its secret."""
    return _read(BOOKING, token)


def new_address_token(delegate: Delegate) -> str:
    """Give the secret that shows that a letter to the new address has been read."""
    return signing.signed(NEW_ADDRESS, delegate.new_link_key or "")


def new_address_key(token: str) -> str:
    """Read the key of a change of address back from its secret."""
    return _read(NEW_ADDRESS, token)


def receipt_token(receipt: Receipt) -> str:
    """Give the secret of a confirmation page."""
    return signing.signed(RECEIPT, receipt.key)


def receipt_key(token: str) -> str:
    """Read the key of a receipt back from its secret."""
    return _read(RECEIPT, token)


def booking_link(delegate: Delegate) -> str:
    """Give the full address of a delegate's booking, for letters."""
    return absolute_url("bookings.shown", secret=booking_token(delegate))


def new_address_link(delegate: Delegate) -> str:
    """Give the full address at which a new address is confirmed, for the letter to it."""
    return absolute_url("bookings.addresses.confirm", secret=new_address_token(delegate))


def _read(purpose: str, token: str) -> str:
    key = signing.read(purpose, token)
    if key is None:
        raise NotFound(NO_SUCH_LINK)
    return key
