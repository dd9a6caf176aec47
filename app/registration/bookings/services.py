"""What delegates do with their own bookings: change, correct the email, cancel, erase.

The rules are in ``operations``; here is what applies only to delegates themselves, and which
emails they get.
"""

import secrets
from datetime import timedelta

from app.accounts import rate_limits
from app.delegates.answer_json import Answers
from app.delegates.models import Confirmation, Delegate
from app.errors import RuleViolation
from app.history.services import ACTOR_DELEGATE
from app.registration import emails, requirement_history
from app.registration.bookings import changes, erasure, operations, queries
from app.registration.bookings.changes import BookingChange
from app.registration.groups import emails as group_emails
from app.registration.groups import queries as groups
from app.registration.recipient_limit import hit_recipient

MAX_EMAILS_PER_HOUR = 5  # to one address, or about one booking
AN_HOUR = timedelta(hours=1)


def send_links(email: str, language: str, ip_address: str | None) -> None:
    """Email the links of an address to bookings and groups; if it has none, the email says so."""
    rate_limits.hit_network(rate_limits.BOOKING_LINK, ip_address)
    rate_limits.hit("booking link", email.lower(), times=MAX_EMAILS_PER_HOUR, within=AN_HOUR)
    delegates, own_groups = queries.list_by_email(email), groups.list_by_email(email)
    for group in own_groups:
        group_emails.send_group_registered(group)
    if delegates or not own_groups:
        emails.send_booking_links(email, delegates, language)


def update(delegate: Delegate, answers: Answers, expected_version: int) -> bool:
    """Apply new answers to a booking and email the changes; return True if there were any."""
    field_changes = operations.update(
        delegate, answers, expected_version=expected_version, actor=ACTOR_DELEGATE
    )
    if field_changes:
        emails.send_booking_changed(delegate, field_changes)
    return bool(field_changes)


def request_email_change(
    delegate: Delegate, email: str, expected_version: int, ip_address: str | None = None
) -> None:
    """Ask for confirmation at a new address; until then the old one remains."""
    operations.require_other_email(email, delegate.email)
    rate_limits.hit_network(rate_limits.EMAIL_CHANGE, ip_address)
    operations.lock_expecting(delegate, expected_version)
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


def correct_email_by_confirmation(
    confirmation: Confirmation, email: str, *, is_same_browser: bool, ip_address: str | None
) -> None:
    """Let someone with a confirmation page report a wrong address.

    The browser that has just made the booking may change it for an hour, as long as nobody has
    used the booking in another way. In all other cases, ask at the address of the booking.
    """
    operations.require_other_email(email, confirmation.email)
    rate_limits.hit_network(rate_limits.EMAIL_CHANGE, ip_address)
    delegate = confirmation.delegate
    operations.lock(delegate)
    if is_same_browser and queries.is_correctable(confirmation) and delegate.is_attending:
        _start_email_change(delegate, email)
    else:
        _check_rate_limit(delegate)
        emails.send_email_change_requested(delegate)


def confirm_email_change(delegate: Delegate) -> bool:
    """Make a new address effective; every earlier link stops working.

    If the change was asked for from a confirmation page, nobody at the old address has approved
    it: then what the delegate needs is deleted. Return True if it was.
    """
    operations.lock(delegate)
    if not delegate.pending_email:
        raise RuleViolation("This email address has already been confirmed")
    are_needs_removed = queries.is_untouched(delegate) and operations.remove_needs(
        delegate, requirement_history.REMOVED, actor=ACTOR_DELEGATE
    )
    summary = "A new email address was confirmed"
    old_email = operations.change_email(
        delegate, delegate.pending_email, summary, actor=ACTOR_DELEGATE
    )
    operations.end_corrections(delegate)
    emails.send_email_changed(delegate, old_email)
    emails.send_registration_confirmed(delegate, are_needs_removed=are_needs_removed)
    return are_needs_removed


def offer_equality(delegate: Delegate) -> bool:
    """Let a delegate answer the questions about equality; return False if they could before."""
    operations.end_corrections(delegate)
    if not delegate.is_attending or delegate.was_offered_equality:
        return False
    delegate.was_offered_equality = True
    return True


def cancel(delegate: Delegate) -> None:
    """Cancel the booking and email a confirmation; the place is free at once."""
    released = operations.cancel(delegate, actor=ACTOR_DELEGATE)
    emails.send_booking_cancelled(delegate, released=released)


def erase_cancelled(delegate: Delegate) -> None:
    """Erase a delegate's personal data at their request, after they have cancelled."""
    erasure.erase_cancelled(delegate, actor=ACTOR_DELEGATE)


def _start_email_change(delegate: Delegate, email: str) -> None:
    _check_rate_limit(delegate)
    hit_recipient(email)
    field_changes = [BookingChange(changes.PENDING_EMAIL, delegate.pending_email, email)]
    delegate.pending_email = email
    delegate.pending_email_key = secrets.token_urlsafe(16)
    delegate.version += 1
    operations.record(
        delegate,
        "A new email address was entered, but is not confirmed yet",
        ACTOR_DELEGATE,
        field_changes,
    )
    emails.send_email_change_confirmation(delegate)


def _check_rate_limit(delegate: Delegate) -> None:
    rate_limits.hit("address", delegate.reference, times=MAX_EMAILS_PER_HOUR, within=AN_HOUR)
