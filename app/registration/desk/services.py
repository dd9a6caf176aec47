"""The desk's operations on bookings, by the rules that apply to delegates themselves.

The audit log shows who did what. A person who is present, or is told in another way, need not be
notified by email.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal

from app import clock
from app.database import db
from app.delegates import delegate_record
from app.delegates.answer_json import Answers, full_name
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import CATEGORY
from app.delegates.delegate_record import identity_key
from app.delegates.fields import DAYS, EMAIL, PRIVATE_FIELDS
from app.delegates.models import CONFERENCE, Delegate
from app.delegates.queries import get_attending
from app.errors import RuleViolation
from app.history import services as history
from app.mail import bounces, replies
from app.mail import queries as mail_queries
from app.mail import services as mail
from app.mail.delivery_status import describe_status
from app.mail.models import Email
from app.registration import emails, requirement_history, seats
from app.registration.bookings import bulk_operations, erasure, operations
from app.registration.bookings.changes import BookingChange
from app.registration.bookings.operations import DuplicateBooking
from app.registration.create_booking import announce_nothing, create_booking
from app.registration.desk import queries as desk_queries
from app.registration.session_bookings import release as session_seats
from app.registration.waiting_list import services as waiting_list
from app.text import count_of

RESEND_INTERVAL = timedelta(minutes=5)  # within this time, pressing the button again sends nothing
STATUS_EMAILS = (
    *("registration_confirmed", "application_approved"),
    *("booking_restored", "booking_cancelled"),
)
DETAILS_ERASED = "The details have been deleted, so there is nobody to email"


class AlreadyBooked(DuplicateBooking):
    """The person already has a booking, with this ``reference``."""

    def __init__(self, reference: str) -> None:
        super().__init__("There is already a booking with this name and email address")
        self.reference = reference


def add(answers: Answers, language: str, *, actor: str, notify: bool = True) -> Delegate:
    """Create a booking, even if registration is closed, without giving offers to the list."""
    operations.check_days(categories.find(categories.read_id(answers)), answers[DAYS])
    announce = emails.send_registration_confirmed if notify else announce_nothing
    delegate = create_booking(
        answers,
        language,
        announce=announce,
        is_added_by_team=True,
        take_seat=seats.reserve_before_queue,
    )
    if delegate is None:
        key = identity_key(full_name(answers), answers[EMAIL])
        raise AlreadyBooked(get_attending(key).reference)
    operations.record(delegate, "Added by hand", actor)
    waiting_list.end_wait(delegate)
    return delegate


def update(
    delegate: Delegate, answers: Answers, *, expected_version: int, actor: str, notify: bool = True
) -> bool:
    """Apply new answers to a booking; return True if anything changed."""
    field_changes = operations.update(
        delegate, answers, expected_version=expected_version, actor=actor
    )
    if field_changes and notify:
        emails.send_booking_changed(delegate, field_changes)
    return bool(field_changes)


def move_to_category(
    delegate: Delegate, category_id: int, *, actor: str, notify: bool = True
) -> bool:
    """Move a delegate to another category; return False if it is already theirs."""
    answers = {CATEGORY: str(category_id)}
    return update(delegate, answers, expected_version=delegate.version, actor=actor, notify=notify)


def move_all_to_category(
    delegates: Sequence[Delegate],
    category_id: int,
    *,
    actor: str,
    notify: bool = True,
    override_reason: str = "",
) -> None:
    """Move all of them or none; their rows are locked before any limit is found full.

    With a reason, they take precedence over those who wait for the category.
    """
    moved = bulk_operations.move_to_category(
        delegates, category_id, actor=actor, override_reason=override_reason
    )
    _announce_changes(moved, notify=notify)


def change_days_of_all(
    days: Mapping[Delegate, tuple[str, int]], *, actor: str, notify: bool = True
) -> None:
    """Change the days of bookings, all or none; ``days`` has them and the expected versions."""
    changed = bulk_operations.change_days(days, actor=actor)
    _announce_changes(changed, notify=notify)


def _announce_changes(changed: Mapping[Delegate, Sequence[BookingChange]], *, notify: bool) -> None:
    for delegate, field_changes in changed.items():
        if field_changes and notify:
            emails.send_booking_changed(delegate, field_changes)


def correct_email(
    delegate: Delegate, email: str, *, expected_version: int, actor: str, notify_old: bool = True
) -> None:
    """Change the email address at once; the old one may never have been the delegate's."""
    operations.lock_expecting(delegate, expected_version)
    operations.require_other_email(email, delegate.email)
    old = operations.change_email(delegate, email, "The email address was corrected", actor=actor)
    emails.send_registration_confirmed(delegate)
    if notify_old:
        emails.send_email_corrected(delegate, old)


def lock_for_cancelling(delegates: Sequence[Delegate]) -> None:
    """Lock what cancelling several bookings in one transaction needs, in the global order."""
    seats.lock_limit(CONFERENCE)
    session_seats.lock_bookings([delegate.id for delegate in delegates])


def cancel(
    delegate: Delegate, *, actor: str, notify: bool = True, reason: str = "", kept: str = ""
) -> Sequence[str]:
    """Cancel a booking; the email includes the reason, and mentions the kept booking, if any.

    Return the titles of the sessions in which seats were released.
    """
    released = operations.cancel(delegate, actor=actor, reason=reason)
    if notify:
        emails.send_booking_cancelled(delegate, reason, released, kept)
    return released


def cancel_all(
    delegates: Sequence[Delegate], *, actor: str, notify: bool = True, reason: str = ""
) -> None:
    """Cancel bookings, except those cancelled concurrently."""
    cancelled = bulk_operations.cancel(delegates, actor=actor, reason=reason)
    for delegate, released in cancelled.items():
        if notify:
            emails.send_booking_cancelled(delegate, reason, released)


def restore(delegate: Delegate, *, actor: str, notify: bool = True) -> None:
    """Restore a cancelled booking; raise SoldOut if there is no place."""
    operations.restore(delegate, actor=actor)
    if notify:
        emails.send_booking_restored(delegate)


def send_status_again(delegate: Delegate, *, actor: str) -> None:
    """Send a new email about the current state of a booking: confirmed or cancelled.

    Emails that contain a link are erased once they are sent, so the email is rendered again.
    """
    operations.lock(delegate)
    if delegate.is_erased:
        raise RuleViolation(DETAILS_ERASED)
    if delegate.is_attending:
        operations.record(delegate, "The confirmation was sent again", actor)
        emails.send_registration_confirmed(delegate)
    else:
        operations.record(delegate, "The cancellation email was sent again", actor)
        emails.send_booking_cancelled(delegate)


def send_status_again_once(delegate: Delegate, *, actor: str) -> bool:
    """Send the current state, unless it was just sent; return True if it is sent."""
    operations.lock(delegate)
    since = clock.real_now() - RESEND_INTERVAL
    is_sent = mail_queries.was_written_since(delegate.reference, STATUS_EMAILS, since)
    if not is_sent:
        send_status_again(delegate, actor=actor)
    return not is_sent


def erase(delegate: Delegate, *, actor: str) -> None:
    """Erase a delegate's personal data at their request, after they have cancelled."""
    erasure.erase_cancelled(delegate, actor=actor)


def read_needs(delegate: Delegate, *, actor: str) -> Answers:
    """Return a delegate's private answers, and record the access."""
    requirement_history.record(delegate, requirement_history.VIEWED, actor=actor)
    return delegate_record.to_answers(delegate, PRIVATE_FIELDS)


def record_export(what: str, count: int, reason: str, *, actor: str) -> None:
    """Record an export of delegates' data: which, how many, and why."""
    why = f". Reason: {reason}" if reason else ""
    summary = f"Exported {what} of {count_of(count, 'delegate')}{why}"
    history.record(summary, subject="delegates", actor=actor)


ResendMode = Literal["", "same", "afresh"]


def get_resend_mode(email: Email) -> ResendMode:
    """Return how an email can be sent again: with the same text, rendered again, or not at all.

    Emails with a link have been erased after sending. For a booking, the desk can send its current
    state instead.
    """
    if email.message:
        return "same"
    return "afresh" if email.booking_reference else ""


def resend(email: Email, *, actor: str) -> Email:
    """Send an email again with the same text; return the one that is now queued."""
    if get_resend_mode(email) != "same":
        raise RuleViolation("The text of this email has been deleted, so it cannot be sent again")
    sent = mail.resend(email)
    db.session.flush()
    history.record("An email was sent again", subject=history_subject(email), actor=actor)
    return sent


def receive_bounce(report: bytes) -> bool:
    """Record a bounce or complaint; return False if the message is not a usable report."""
    email = bounces.receive(report)
    if email is not None:
        history.record(_summarise_report(email), subject=history_subject(email))
    return email is not None


def receive_message(message: bytes) -> bool:
    """Handle a message in the mailbox as a report or a reply; return False if it is neither.

    A person who has changed their address may reply from the new one.
    """
    return receive_bounce(message) or replies.receive(message, desk_queries.has_address) is not None


def _summarise_report(email: Email) -> str:
    if email.complained_at is not None:
        return "The recipient of an email marked it as spam"
    reason = describe_status(email.return_status)
    return f"An email was returned: {reason}" if reason else "An email was returned"


def history_subject(email: Email) -> str:
    """Return the audit log's subject for an email: its booking or its requirements, or its id."""
    if email.template in requirement_history.EMAILS and email.booking_reference:
        return f"{requirement_history.SUBJECT} {email.booking_reference}"
    return f"booking {email.booking_reference}" if email.booking_reference else f"letter {email.id}"
