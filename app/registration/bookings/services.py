"""What delegates do with their own bookings: change, correct the email, cancel, erase.

The rules are in ``operations``; here is what applies only to delegates themselves, and which
emails they get.
"""

import secrets
from datetime import timedelta

from app.accounts import rate_limits
from app.errors import RuleViolation
from app.history.services import ACTOR_DELEGATE
from app.registration import emails
from app.registration.answers import Answers
from app.registration.bookings import changes, operations, queries
from app.registration.bookings.changes import BookingChange
from app.registration.models import Confirmation, Delegate

MAX_EMAILS_PER_HOUR = 5  # to one address, or about one booking
MAX_REQUESTS_PER_NETWORK = 30  # requests from one network, for any address
AN_HOUR = timedelta(hours=1)


def send_links(email: str, language: str, network: str) -> None:
    """Email the booking links of an address; if it has none, the email says so."""
    rate_limits.hit("booking link from", network, times=MAX_REQUESTS_PER_NETWORK, within=AN_HOUR)
    rate_limits.hit("booking link", email.lower(), times=MAX_EMAILS_PER_HOUR, within=AN_HOUR)
    emails.send_booking_links(email, queries.list_by_email(email), language)


def update(delegate: Delegate, answers: Answers, expected_version: int) -> bool:
    """Apply new answers to a booking and email the changes; return True if there were any."""
    field_changes = operations.update(
        delegate, answers, expected_version=expected_version, actor=ACTOR_DELEGATE
    )
    if field_changes:
        emails.send_booking_changed(delegate, field_changes)
    return bool(field_changes)


def request_email_change(delegate: Delegate, email: str, expected_version: int) -> None:
    """Ask for confirmation at a new address; until then the old one remains."""
    operations.lock_expecting(delegate, expected_version)
    operations.require_other_email(email, delegate.email)
    _start_email_change(delegate, email)


def cancel_email_change(delegate: Delegate) -> None:
    """Cancel a change of address: the link in the email to the new address stops working."""
    operations.lock(delegate)
    if delegate.pending_email:
        field_changes = [BookingChange(changes.PENDING_EMAIL, delegate.pending_email)]
        delegate.pending_email, delegate.pending_email_key = "", None
        delegate.version += 1
        operations.record(
            delegate, "The email address stays as it was", ACTOR_DELEGATE, field_changes
        )


def correct_email_by_confirmation(confirmation: Confirmation, email: str) -> None:
    """Let someone with a confirmation page report a wrong address.

    Whoever made the booking with this address may change it. In all other cases (the booking is
    older, or its address has changed since), ask at the address of the booking.
    """
    operations.require_other_email(email, confirmation.email)
    delegate = confirmation.delegate
    operations.lock(delegate)
    is_theirs = confirmation.is_first and operations.is_same_email(
        confirmation.email, delegate.email
    )
    if is_theirs and delegate.is_attending:
        _start_email_change(delegate, email)
    else:
        _check_rate_limit(delegate)
        emails.send_email_change_requested(delegate)


def confirm_email_change(delegate: Delegate) -> None:
    """Make a new address effective; every earlier link stops working."""
    operations.lock(delegate)
    if not delegate.pending_email:
        raise RuleViolation("The address has been confirmed already")
    summary = "A new email address was confirmed"
    old_email = operations.change_email(
        delegate, delegate.pending_email, summary, actor=ACTOR_DELEGATE
    )
    emails.send_email_changed(delegate, old_email)
    emails.send_registration_confirmed(delegate)


def cancel(delegate: Delegate) -> None:
    """Cancel the booking and email a confirmation; the place is free at once."""
    operations.cancel(delegate, actor=ACTOR_DELEGATE)
    emails.send_booking_cancelled(delegate)


def erase_cancelled(delegate: Delegate) -> None:
    """Erase a delegate's personal data at their request, after they have cancelled."""
    operations.erase_cancelled(delegate, actor=ACTOR_DELEGATE)


def _start_email_change(delegate: Delegate, email: str) -> None:
    _check_rate_limit(delegate)
    field_changes = [BookingChange(changes.PENDING_EMAIL, delegate.pending_email, email)]
    delegate.pending_email = email
    delegate.pending_email_key = secrets.token_urlsafe(16)
    delegate.version += 1
    operations.record(
        delegate, "A new email address was given, to be confirmed", ACTOR_DELEGATE, field_changes
    )
    emails.send_email_change_confirmation(delegate)


def _check_rate_limit(delegate: Delegate) -> None:
    rate_limits.hit("address", delegate.reference, times=MAX_EMAILS_PER_HOUR, within=AN_HOUR)
