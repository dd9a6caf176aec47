"""What delegates do with their bookings: change them, correct the address, cancel, be forgotten.

Every change names how many changes the booking had when its page was opened. When there have
been others since, in another tab for one, it is refused: nobody undoes unseen what was
written a moment ago.

Locks are taken in one order: the row of the limit, then the booking.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.accounts import limits
from app.database import broken_rule, db
from app.errors import Refused
from app.history import services as history
from app.mail import services as mail
from app.registration import letters, seats
from app.registration.bookings import changes, queries
from app.registration.models import Answers, Delegate, Receipt
from app.registration.services import SAME_PERSON, same_person
from app.registration.told import Told

MOST_LETTERS = 5  # to an address, or about one booking
MOST_FROM_A_NETWORK = 30  # asked for from one network, to whatever addresses
AN_HOUR = timedelta(hours=1)


class Stale(Refused):
    """The booking has been changed since the page was opened."""


class SameAddress(Refused):
    """The address that was given is the one that we have."""


class Taken(Refused):
    """Somebody of this name has a booking at this address already."""


def send_links(email: str, language: str, network: str) -> None:
    """Write to an address with its booking links; whoever has none there is told so there."""
    limits.allow("booking link from", network, times=MOST_FROM_A_NETWORK, within=AN_HOUR)
    limits.allow("booking link", email.lower(), times=MOST_LETTERS, within=AN_HOUR)
    letters.booking_links(email, queries.bookings_at(email), language)


def change(delegate: Delegate, wanted: Told, seen: int) -> bool:
    """Put new answers into a booking and write about what changed; tell whether anything did."""
    _hold(delegate, seen)
    with _one_place_for_each():
        made = changes.make(delegate, wanted)
        delegate.same_person = same_person(delegate.full_name, delegate.email)
    if not made:
        return False
    delegate.changes += 1
    _record(delegate, f"Changed: {', '.join(one.what.replace('_', ' ') for one in made)}")
    letters.booking_changed(delegate, made)
    return True


def correct_address(delegate: Delegate, email: str, seen: int) -> None:
    """Ask the reader of a new address to confirm it; until then the old one stands."""
    _hold(delegate, seen)
    if _is_same(email, delegate.email):
        raise SameAddress("That is the address that we have: enter another one")
    _write_to_new_address(delegate, email)


def keep_address(delegate: Delegate) -> None:
    """Take a correction back: the link in the letter to the new address dies."""
    _lock(delegate)
    if delegate.new_email:
        delegate.new_email, delegate.new_link_key = "", None
        delegate.changes += 1
        _record(delegate, "The email address stays as it was")


def correct_address_by_receipt(receipt: Receipt, email: str) -> None:
    """Do what the holder of a confirmation page can about a wrong address.

    Whoever took the place with this address may have it corrected. Anyone else, who only
    found the place taken, or whose address is not the booking's any more, makes us ask at
    the address that we know.
    """
    if _is_same(email, receipt.email):
        raise SameAddress("That is the address that we have: enter another one")
    delegate = receipt.delegate
    _lock(delegate)
    if receipt.is_first and delegate.is_attending and _is_same(receipt.email, delegate.email):
        _write_to_new_address(delegate, email)
    else:
        _allow_a_letter(delegate)
        letters.address_change_asked(delegate)


def confirm_address(delegate: Delegate) -> None:
    """Let a new address count: letters go there, and every earlier link dies."""
    _lock(delegate)
    if not delegate.new_email:
        raise Refused("The address has been confirmed already")
    old = delegate.email
    with _one_place_for_each():
        delegate.email, delegate.new_email, delegate.new_link_key = delegate.new_email, "", None
        delegate.same_person = same_person(delegate.full_name, delegate.email)
        delegate.link_key = secrets.token_urlsafe(16)
    delegate.changes += 1
    _record(delegate, "A new email address was confirmed")
    letters.address_changed(delegate, old)
    letters.registration_confirmed(delegate)


def cancel(delegate: Delegate) -> None:
    """Give the place back; it is free for somebody else at once."""
    seats.hold(seats.CONFERENCE)
    _lock(delegate)
    delegate.cancel(clock.now())
    seats.give_back(seats.CONFERENCE)
    delegate.changes += 1
    delegate.new_email, delegate.new_link_key = "", None
    _record(delegate, "Cancelled")
    letters.booking_cancelled(delegate)
    _end_the_journey(delegate)


def _end_the_journey(delegate: Delegate) -> None:
    """Let the browser that took the place begin anew; whoever found it taken sees no change."""
    first = select(Receipt.id).where(Receipt.delegate_id == delegate.id, Receipt.is_first)
    db.session.execute(delete(Answers).where(Answers.receipt_id.in_(first)))


def erase_cancelled(delegate: Delegate) -> None:
    """Forget who a delegate was as soon as they have cancelled and ask for it."""
    _lock(delegate)
    if delegate.is_attending:
        raise Refused("Cancel the booking first: while you have a place, we need your details")
    erase(delegate)
    _record(delegate, "The details were erased")


def erase(delegate: Delegate) -> None:
    """Forget who a delegate was; that there was a booking, and for which days, stays."""
    receipts = select(Receipt.id).where(Receipt.delegate_id == delegate.id)
    db.session.execute(delete(Answers).where(Answers.receipt_id.in_(receipts)))
    db.session.execute(delete(Receipt).where(Receipt.delegate_id == delegate.id))
    mail.forget_about(delegate.reference)
    delegate.forget(clock.now())


def _lock(delegate: Delegate) -> None:
    """Let nobody else change a booking until the transaction ends, and see it as it is now."""
    db.session.flush()  # what was changed a moment ago would be lost
    db.session.refresh(delegate, with_for_update=True)


def _hold(delegate: Delegate, seen: int) -> None:
    """Lock a booking, if it stands and is as its owner saw it."""
    _lock(delegate)
    if not delegate.is_attending:
        raise Refused(queries.CANCELLED)
    if delegate.changes != seen:
        raise Stale(
            "Your booking was changed in another window after you opened this page. "
            "Check your answer, then save again if it should count"
        )


@contextmanager
def _one_place_for_each() -> Iterator[None]:
    """Do something that may make two people one, and refuse it when it does."""
    try:
        with db.session.begin_nested():
            yield
    except IntegrityError as clash:
        if broken_rule(clash) != SAME_PERSON:
            raise
        raise Taken("There is another booking with these names and this email address") from None


def _write_to_new_address(delegate: Delegate, email: str) -> None:
    _allow_a_letter(delegate)
    delegate.new_email = email
    delegate.new_link_key = secrets.token_urlsafe(16)
    delegate.changes += 1
    _record(delegate, "A new email address was given, to be confirmed")
    letters.address_to_confirm(delegate)


def _allow_a_letter(delegate: Delegate) -> None:
    limits.allow("address", delegate.reference, times=MOST_LETTERS, within=AN_HOUR)


def _is_same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _record(delegate: Delegate, sentence: str) -> None:
    history.record(sentence, about=delegate.subject, who=history.THE_DELEGATE)
