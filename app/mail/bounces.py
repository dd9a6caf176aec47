"""Bounces and complaints: what a report of another mail server changes.

A bounced email is marked as not delivered. It also stops emails to many people to that address: at
once if the address is wrong, and after the third time if the reason may be temporary or lie in the
email (a full mailbox, a policy of the other server). A complaint stops them at once, and so does a
mail server that refuses an address as wrong while an email is being sent. Emails about a booking
and sign-in links still go out.
"""

from sqlalchemy import func, select

from app import clock
from app.database import db
from app.log import log
from app.mail import suppression
from app.mail.bounce_reports import OPT_OUT, RETURNED, Report, find_status, read_report
from app.mail.delivery_status import describe_status
from app.mail.models import BOUNCED, COMPLAINT, FAILED, SENT, UNSUBSCRIBED, Email, domain_of
from app.mail.outbox import MAX_ERROR_LENGTH
from app.text import clean_line

SOFT_BOUNCES = 3  # of one address, after which it gets no group emails
# Subjects of permanent status codes (5.x.x) that do not mean a wrong address (RFC 3463): a full
# mailbox or one that takes no large email, the server, the protocol, the content, a policy; or the
# site's own address (X.1.7, X.1.8).
NOT_THE_ADDRESS = ("1.7", "1.8", "2.2", "2.3", "2.4", "3.", "5.", "6.", "7.")
WRONG_ADDRESS = "5.1."  # prefix of status codes about an address


def receive(raw: bytes) -> Email | None:
    """Apply a report about an email; return the email, or None if nothing changed.

    Reports of a delay, of successful delivery, automatic replies and all other messages change
    nothing.
    """
    try:
        report = read_report(raw)
    except Exception as fault:  # noqa: BLE001 – a hostile message must not stop those after it
        log.warning("report not readable", kind=type(fault).__name__)
        return None
    email = _find_email(report) if report else None
    if report is None or email is None:
        return None
    has_changed = _mark_returned if report.kind == RETURNED else _mark_complaint
    return email if has_changed(email, report) else None


def is_permanent(status: str) -> bool:
    """Return True if a status means that no email will ever arrive at the address."""
    return status.startswith("5.") and not status[2:].startswith(NOT_THE_ADDRESS)


def record_refusal(recipient: str, reply: str) -> None:
    """Stop group emails to an address that a mail server has refused as wrong (5.1.x).

    Any other refusal stops nothing: it may be about this email, our server, or the moment.
    """
    status = find_status(reply)
    if status.startswith(WRONG_ADDRESS) and is_permanent(status):
        _suppress(recipient, status)


def _record_return(recipient: str, status: str) -> None:
    """Stop group emails to an address that returns them permanently or repeatedly."""
    if is_permanent(status) or _count_soft_bounces(recipient) >= SOFT_BOUNCES:
        _suppress(recipient, status)


def _suppress(recipient: str, status: str) -> None:
    note = f"{describe_status(status)} ({status})" if describe_status(status) else status
    suppression.suppress(recipient, BOUNCED, note=note)


def _mark_returned(email: Email, report: Report) -> bool:
    if email.state != SENT:
        return False
    sentence = f"The mail server for {domain_of(email.recipient)} returned this email: "
    email.state = FAILED
    email.last_error = clean_line(sentence + report.reason)[:MAX_ERROR_LENGTH]
    email.returned_at = clock.real_now()
    email.return_status = report.status
    db.session.flush()
    _record_return(email.recipient, report.status)
    return True


def _mark_complaint(email: Email, report: Report) -> bool:
    if email.sent_at is None or email.complained_at is not None:
        return False
    email.complained_at = clock.real_now()
    is_opt_out = report.kind == OPT_OUT
    suppression.suppress(email.recipient, UNSUBSCRIBED if is_opt_out else COMPLAINT)
    return True


def _count_soft_bounces(recipient: str) -> int:
    statuses = db.session.scalars(
        select(Email.return_status).where(
            func.lower(Email.recipient) == recipient.lower(), Email.returned_at.is_not(None)
        )
    )
    return sum(not is_permanent(status) for status in statuses)


def _find_email(report: Report) -> Email | None:
    """Find and lock the email of a report, since another report may arrive at the same time."""
    statement = select(Email).order_by(Email.id).limit(1).with_for_update()
    if report.numbers:
        return db.session.scalar(statement.where(Email.id == report.numbers[0]))
    return db.session.scalar(statement.where(Email.message_id.in_(report.message_ids)))
