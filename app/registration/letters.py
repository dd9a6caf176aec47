"""The letters about bookings, each written in the transaction of the news it brings.

A letter holds no word of what someone needs to take part, and only letters hold the link
that opens a booking.
"""

from collections.abc import Sequence

from app.mail import services as mail
from app.programme import releases
from app.registration import calendar
from app.registration.bookings.changes import Change
from app.registration.models import Delegate


def registration_confirmed(delegate: Delegate) -> None:
    """Tell a delegate that they have a place."""
    _write("registration_confirmed", delegate, entry=calendar.entry(delegate))


def already_registered(delegate: Delegate) -> None:
    """Tell a delegate that someone has asked for their place again."""
    _write("already_registered", delegate, entry=calendar.entry(delegate))


def booking_changed(delegate: Delegate, changes: Sequence[Change]) -> None:
    """Tell a delegate what has changed in their booking, old and new."""
    _write("booking_changed", delegate, entry=calendar.entry(delegate), changes=changes)


def booking_cancelled(delegate: Delegate) -> None:
    """Tell a delegate that their place has been given back."""
    _write("booking_cancelled", delegate, entry=calendar.entry(delegate))


def address_to_confirm(delegate: Delegate) -> None:
    """Ask the reader of a new address whether it is right."""
    _write("address_to_confirm", delegate, to=delegate.new_email)


def address_changed(delegate: Delegate, old: str) -> None:
    """Tell the reader of the old address that letters now go to another."""
    _write("address_changed", delegate, to=old)


def address_change_asked(delegate: Delegate) -> None:
    """Tell a delegate that someone without their link wanted to correct their address."""
    _write("address_change_asked", delegate)


def booking_links(email: str, delegates: Sequence[Delegate]) -> None:
    """Send the links of every booking at an address; where there is none, say so there."""
    mail.post(
        "booking_links",
        to=email,
        language=delegates[-1].language if delegates else "en",
        is_secret=True,
        delegates=delegates,
        conference=releases.current().conference,
    )


def _write(
    name: str, delegate: Delegate, *, to: str = "", entry: bytes | None = None, **what: object
) -> None:
    mail.post(
        name,
        to=to or delegate.email,
        language=delegate.language,
        about=delegate.reference,
        is_secret=True,  # it may hold the link: the outbox forgets its text once it is sent
        calendar=entry,
        delegate=delegate,
        conference=releases.current().conference,
        **what,
    )
