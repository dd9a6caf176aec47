"""Delegates' operations on their own bookings: change, correct the email, cancel, erase.

The general rules are in ``operations``; this module has those for delegates themselves, and their
emails.
"""

import secrets
from datetime import timedelta

from app.accounts import rate_limits
from app.accounts.rate_limits import Attempt
from app.delegates.answer_json import Answers
from app.delegates.models import Confirmation, Delegate
from app.errors import RuleViolation
from app.history.services import ACTOR_DELEGATE
from app.mail.addresses import normalise_address
from app.registration import address_limits, emails, requirement_history
from app.registration.bookings import changes, erasure, operations, queries
from app.registration.bookings.changes import BookingChange
from app.registration.groups import emails as group_emails
from app.registration.groups import queries as groups

MAX_EMAILS_PER_HOUR = 5  # to one address, or about one booking
AN_HOUR = timedelta(hours=1)


def send_links(email: str, language: str, ip_address: str | None) -> None:
    """Email the links of an address to bookings and groups; if it has none, the email says so."""
    rate_limits.hit_all(
        Attempt.from_network(rate_limits.BOOKING_LINK, ip_address),
        Attempt.by_actor(
            "booking link", normalise_address(email), times=MAX_EMAILS_PER_HOUR, within=AN_HOUR
        ),
    )
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
    """Request confirmation of a new address; until then the old one remains."""
    operations.require_other_email(email, delegate.email)
    _hit_limits(delegate, ip_address, address_limits.build_email_attempt(email))
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

    The browser that has just made the booking may change it for an hour, as long as the booking was
    not used in another way. In all other cases, ask for confirmation at the address of the booking.
    """
    operations.require_other_email(email, confirmation.email)
    delegate = confirmation.delegate
    may_correct = is_same_browser and queries.is_correctable(confirmation)
    recipient = [address_limits.build_email_attempt(email)] if may_correct else []
    _hit_limits(delegate, ip_address, *recipient)
    operations.lock(delegate)
    if may_correct and queries.is_correctable(confirmation) and delegate.is_attending:
        _start_email_change(delegate, email)
    else:
        emails.send_email_change_requested(delegate)


def confirm_email_change(delegate: Delegate) -> bool:
    """Make a new address effective; every earlier link stops working.

    If the change was requested from a confirmation page, it was not approved at the old address:
    then the delegate's requirements are deleted. Return True if they were.
    """
    operations.lock(delegate)
    if not delegate.pending_email:
        raise RuleViolation("This email address has already been confirmed")
    are_needs_removed = queries.is_unopened(delegate) and operations.remove_needs(
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


def open_equality_questions(delegate: Delegate) -> bool:
    """Let a delegate answer the questions about equality; return False if they could before."""
    operations.end_corrections(delegate)
    if not delegate.is_attending or delegate.has_opened_equality:
        return False
    delegate.has_opened_equality = True
    return True


def cancel(delegate: Delegate) -> None:
    """Cancel the booking and email a confirmation; the place is free at once."""
    released = operations.cancel(delegate, actor=ACTOR_DELEGATE)
    emails.send_booking_cancelled(delegate, released=released)


def erase_cancelled(delegate: Delegate) -> None:
    """Erase a delegate's personal data at their request, after they have cancelled."""
    erasure.erase_cancelled(delegate, actor=ACTOR_DELEGATE)


def _start_email_change(delegate: Delegate, email: str) -> None:
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


def _hit_limits(delegate: Delegate, ip_address: str | None, *others: Attempt) -> None:
    rate_limits.hit_all(
        Attempt.from_network(rate_limits.EMAIL_CHANGE, ip_address),
        Attempt.by_actor("address", delegate.reference, times=MAX_EMAILS_PER_HOUR, within=AN_HOUR),
        *others,
    )
