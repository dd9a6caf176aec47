"""What delegates do with their bookings: change them, correct the address, cancel, be forgotten.

The rules stand in ``deeds``; here is what only holds for delegates themselves, and which letters
they get.
"""

import secrets
from datetime import timedelta

from app.accounts import limits
from app.errors import Refused
from app.history.services import THE_DELEGATE
from app.registration import letters
from app.registration.bookings import deeds, queries, remembered
from app.registration.bookings.changes import Change
from app.registration.bookings.deeds import SameAddress
from app.registration.models import Delegate, Receipt
from app.registration.told import Told

MOST_LETTERS = 5  # to an address, or about one booking
MOST_FROM_A_NETWORK = 30  # asked for from one network, to whatever addresses
AN_HOUR = timedelta(hours=1)


def send_links(email: str, language: str, network: str) -> None:
    """Write to an address with its booking links; whoever has none there is told so there."""
    limits.allow("booking link from", network, times=MOST_FROM_A_NETWORK, within=AN_HOUR)
    limits.allow("booking link", email.lower(), times=MOST_LETTERS, within=AN_HOUR)
    letters.booking_links(email, queries.bookings_at(email), language)


def change(delegate: Delegate, wanted: Told, seen: int) -> bool:
    """Put new answers into a booking and write about what changed; tell whether anything did."""
    made = deeds.change(delegate, wanted, seen=seen, who=THE_DELEGATE)
    if made:
        letters.booking_changed(delegate, made)
    return bool(made)


def correct_address(delegate: Delegate, email: str, seen: int) -> None:
    """Ask the reader of a new address to confirm it; until then the old one stands."""
    deeds.hold(delegate, seen)
    _refuse_the_same(email, delegate.email)
    _write_to_new_address(delegate, email)


def keep_address(delegate: Delegate) -> None:
    """Take a correction back: the link in the letter to the new address dies."""
    deeds.lock(delegate)
    if delegate.new_email:
        made = [Change(remembered.NEW_EMAIL, delegate.new_email)]
        delegate.new_email, delegate.new_link_key = "", None
        delegate.changes += 1
        deeds.record(delegate, "The email address stays as it was", THE_DELEGATE, made)


def correct_address_by_receipt(receipt: Receipt, email: str) -> None:
    """Do what the holder of a confirmation page can about a wrong address.

    Whoever took the place with this address may have it corrected. Anyone else, who only
    found the place taken, or whose address is not the booking's any more, makes us ask at
    the address that we know.
    """
    _refuse_the_same(email, receipt.email)
    delegate = receipt.delegate
    deeds.lock(delegate)
    is_theirs = receipt.is_first and deeds.is_same(receipt.email, delegate.email)
    if is_theirs and delegate.is_attending:
        _write_to_new_address(delegate, email)
    else:
        _allow_a_letter(delegate)
        letters.address_change_asked(delegate)


def confirm_address(delegate: Delegate) -> None:
    """Let a new address count: letters go there, and every earlier link dies."""
    deeds.lock(delegate)
    if not delegate.new_email:
        raise Refused("The address has been confirmed already")
    sentence = "A new email address was confirmed"
    old = deeds.readdress(delegate, delegate.new_email, sentence, who=THE_DELEGATE)
    letters.address_changed(delegate, old)
    letters.registration_confirmed(delegate)


def cancel(delegate: Delegate) -> None:
    """Give the place back; it is free for somebody else at once."""
    deeds.cancel(delegate, who=THE_DELEGATE)
    letters.booking_cancelled(delegate)


def erase_cancelled(delegate: Delegate) -> None:
    """Forget who a delegate was as soon as they have cancelled and ask for it."""
    deeds.erase_cancelled(delegate, who=THE_DELEGATE)


def _refuse_the_same(email: str, known: str) -> None:
    if deeds.is_same(email, known):
        raise SameAddress("That is the address that we have: enter another one")


def _write_to_new_address(delegate: Delegate, email: str) -> None:
    _allow_a_letter(delegate)
    made = [Change(remembered.NEW_EMAIL, delegate.new_email, email)]
    delegate.new_email = email
    delegate.new_link_key = secrets.token_urlsafe(16)
    delegate.changes += 1
    deeds.record(delegate, "A new email address was given, to be confirmed", THE_DELEGATE, made)
    letters.address_to_confirm(delegate)


def _allow_a_letter(delegate: Delegate) -> None:
    limits.allow("address", delegate.reference, times=MOST_LETTERS, within=AN_HOUR)
