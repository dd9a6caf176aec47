"""What the desk does with bookings, by the rules that apply to delegates themselves.

The audit log shows who did what. Where an email may be omitted, because the delegate is present
or is better told in another way, there is a separate function without it.
"""

from typing import Literal

from app.database import db
from app.errors import RuleViolation
from app.history import services as history
from app.mail import services as mail
from app.mail.models import Email
from app.registration import booking, emails
from app.registration import queries as registration
from app.registration.answers import CompleteAnswers, DraftAnswers
from app.registration.booking import identity_key
from app.registration.bookings import operations
from app.registration.bookings.operations import DuplicateBooking, EmailUnchanged
from app.registration.models import Delegate, Needs

NEEDS_READ = "What the delegate needs was looked at"
DETAILS_ERASED = "The details have been erased, so there is nobody to write to"


class AlreadyBooked(DuplicateBooking):
    """The person already has a booking, with this ``reference``."""

    def __init__(self, reference: str) -> None:
        super().__init__("There is a booking with these names and this email address already")
        self.reference = reference


def add(application: CompleteAnswers, language: str, *, actor: str) -> Delegate:
    """Create a booking, even if registration is closed, and email the confirmation."""
    delegate = add_without_email(application, language, actor=actor)
    emails.send_registration_confirmed(delegate)
    return delegate


def add_without_email(application: CompleteAnswers, language: str, *, actor: str) -> Delegate:
    """Create a booking without an email."""
    delegate = booking.create_booking(application, language, is_added_by_team=True)
    if delegate is None:
        existing = registration.get_attending(
            identity_key(application.name.full_name, application.email)
        )
        raise AlreadyBooked(existing.reference)
    operations.record(delegate, "Added by hand", actor)
    return delegate


def update(delegate: Delegate, draft: DraftAnswers, *, expected_version: int, actor: str) -> bool:
    """Apply new answers to a booking and email the changes; return True if there were any."""
    field_changes = operations.update(
        delegate, draft, expected_version=expected_version, actor=actor
    )
    if field_changes:
        emails.send_booking_changed(delegate, field_changes)
    return bool(field_changes)


def update_without_email(
    delegate: Delegate, draft: DraftAnswers, *, expected_version: int, actor: str
) -> bool:
    """Apply new answers to a booking without an email; return True if anything changed."""
    return bool(operations.update(delegate, draft, expected_version=expected_version, actor=actor))


def correct_email(delegate: Delegate, email: str, *, expected_version: int, actor: str) -> None:
    """Change the email address at once, and notify the old one too."""
    old_email = _correct_email(delegate, email, expected_version=expected_version, actor=actor)
    emails.send_email_corrected(delegate, old_email)


def correct_email_without_notifying_old(
    delegate: Delegate, email: str, *, expected_version: int, actor: str
) -> None:
    """Change the email address at once; the old one was never the delegate's."""
    _correct_email(delegate, email, expected_version=expected_version, actor=actor)


def cancel(delegate: Delegate, *, actor: str) -> None:
    """Cancel a booking and email a confirmation."""
    cancel_without_email(delegate, actor=actor)
    emails.send_booking_cancelled(delegate)


def cancel_without_email(delegate: Delegate, *, actor: str) -> None:
    """Cancel a booking without an email."""
    operations.cancel(delegate, actor=actor)


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
        operations.record(delegate, "The letter about the cancellation was sent again", actor)
        emails.send_booking_cancelled(delegate)


def erase(delegate: Delegate, *, actor: str) -> None:
    """Erase a delegate's personal data at their request, after they have cancelled."""
    operations.erase_cancelled(delegate, actor=actor)


def read_needs(delegate: Delegate, *, actor: str) -> Needs:
    """Return somebody's access and dietary requirements, and record who looked at them."""
    operations.record(delegate, NEEDS_READ, actor)
    return delegate.needs or Needs(access="", dietary="")


def record_export(what: str, count: int, reason: str, *, actor: str) -> None:
    """Record that somebody exported delegates' data: what, how many, and why."""
    why = f". Reason: {reason}" if reason else ""
    history.record(f"Exported {what} of {count} delegates{why}", subject="delegates", actor=actor)


def _correct_email(delegate: Delegate, email: str, *, expected_version: int, actor: str) -> str:
    operations.lock_expecting(delegate, expected_version)
    if operations.is_same_email(email, delegate.email):
        raise EmailUnchanged("That is the address that we have: enter another one")
    old = operations.change_email(delegate, email, "The email address was corrected", actor=actor)
    emails.send_registration_confirmed(delegate)
    return old


ResendMode = Literal["", "same", "afresh"]


def get_resend_mode(email: Email) -> ResendMode:
    """Return how an email can be sent again: with the same text, rendered anew, or not at all.

    Emails with a link have been erased after sending. For a booking, the desk can send its current
    state instead.
    """
    if email.message:
        return "same"
    return "afresh" if email.booking_reference else ""


def resend(email: Email, *, actor: str) -> Email:
    """Send an email again with the same text; return the one that is now queued."""
    if get_resend_mode(email) != "same":
        raise RuleViolation("The words of this letter have been erased, so it cannot be sent again")
    sent = mail.resend(email)
    db.session.flush()
    history.record("A letter was sent again", subject=history_subject(email), actor=actor)
    return sent


def history_subject(email: Email) -> str:
    """Return the audit log's subject for an email: its booking, or its own id."""
    return f"booking {email.booking_reference}" if email.booking_reference else f"letter {email.id}"
