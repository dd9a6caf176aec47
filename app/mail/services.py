"""Queue, resend and delete emails, in the transaction of the change they report."""

from collections.abc import Mapping
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any, cast

from sqlalchemy import delete, update

from app import clock
from app.database import db
from app.errors import RuleViolation
from app.mail import domains, rendering
from app.mail.models import FAILED, NORMAL, SENT, WAITING, Email, domain_of
from app.mail.queries import IS_WAITING
from app.mail.rendering import RenderedEmail

BODY_RETENTION = timedelta(days=90)


def enqueue(  # noqa: PLR0913 – template, recipient, and six options of the email
    template: str,
    /,
    *,
    to: str,
    language: str = "en",
    booking_reference: str = "",
    priority: int = NORMAL,
    is_secret: bool = False,
    calendar: bytes | None = None,
    qr_code: bytes | None = None,
    **context: Any,
) -> Email:
    """Render an email and queue it; the worker sends it after the commit."""
    rendered = rendering.render_email(template, language, context, has_qr_code=qr_code is not None)
    return enqueue_rendered(
        template,
        rendered,
        to=to,
        booking_reference=booking_reference,
        priority=priority,
        is_secret=is_secret,
        calendar=calendar,
        qr_code=qr_code,
    )


def enqueue_rendered(  # noqa: PLR0913 – all properties of a queued email
    template: str,
    rendered: RenderedEmail,
    /,
    *,
    to: str,
    booking_reference: str = "",
    priority: int = NORMAL,
    is_secret: bool = False,
    calendar: bytes | None = None,
    qr_code: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Email:
    """Queue an email that has been rendered, with further headers."""
    encoded = rendering.encode_email(
        rendered, to, booking_reference, calendar, qr_code, headers=headers
    )
    now = clock.real_now()
    email = Email(
        template=template,
        message_id=encoded.message_id,
        recipient=to,
        priority=priority,
        booking_reference=booking_reference,
        subject=rendered.subject,
        message=encoded.message,
        is_secret=is_secret,
        created_at=now,
        due_at=now,
    )
    db.session.add(email)
    return email


def resend(email: Email) -> Email:
    """Send an email again; one that was delivered is queued as a new email with the same text.

    Raise RuleViolation if its text has been erased.
    """
    if not email.message:
        raise RuleViolation("The text of this email has been deleted, so it cannot be sent again")
    email.domain = domain_of(email.recipient)  # missing in emails of earlier versions
    is_sent = email.state == SENT
    if not is_sent:
        email.state = WAITING
        email.due_at = clock.real_now()
        email.attempts = 0
        email.give_up_at = None
    db.session.flush()  # same lock order as a worker: the email first, then its domain
    domains.resume(email.domain)
    return _copy(email) if is_sent else email


def purge_bodies() -> None:
    """Erase the text of old emails; delete old ones that are not about a booking."""
    old = (Email.state.in_([SENT, FAILED]), Email.created_at < clock.real_now() - BODY_RETENTION)
    db.session.execute(delete(Email).where(*old, Email.booking_reference == ""))
    db.session.execute(
        update(Email).where(*old, Email.message != b"").values(message=b"", last_error="")
    )


def delete_for_booking(reference: str) -> None:
    """Delete the emails about a booking whose delegate is being erased.

    Emails that are still waiting are sent, and their text is erased then; the caller must call this
    again later to delete the rest.
    """
    is_of_booking = Email.booking_reference == reference
    db.session.execute(delete(Email).where(is_of_booking, ~IS_WAITING))
    db.session.execute(update(Email).where(is_of_booking).values(is_secret=True))


def _copy(email: Email) -> Email:
    is_ascii = email.recipient.isascii()
    policy = rendering.ASCII_POLICY if is_ascii else rendering.UTF8_POLICY
    parsed = cast(EmailMessage, message_from_bytes(email.message, policy=policy))
    if not is_ascii:  # the parser supports only ASCII
        parsed.replace_header("To", rendering.parse_address(email.recipient))
    rendering.set_date_and_id(parsed)
    now = clock.real_now()
    copy = Email(
        template=email.template,
        message_id=str(parsed["Message-ID"]),
        recipient=email.recipient,
        priority=email.priority,
        booking_reference=email.booking_reference,
        subject=email.subject,
        message=parsed.as_bytes(),
        is_secret=email.is_secret,
        created_at=now,
        due_at=now,
    )
    db.session.add(copy)
    return copy
