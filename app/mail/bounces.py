"""Emails that came back: reports of other mail servers that an email could not be delivered.

A mail server may accept an email and find out later that it cannot deliver it. It then sends a
report (RFC 3464, RFC 6533) to the address that the email was sent from. The report is about one of
our emails if it repeats its Message-ID, which nobody knows who did not get that email, or if it
came to the signed address that only this email was sent from (VERP).
"""

import re
from collections.abc import Iterator, Sequence
from email import message_from_bytes, policy
from email.message import Message
from email.parser import HeaderParser
from itertools import islice
from typing import Any, TypeAlias

from sqlalchemy import select

from app.database import db
from app.log import log
from app.mail.models import FAILED, SENT, Email, domain_of
from app.mail.outbox import MAX_ERROR_LENGTH
from app.text import clean_line
from app.web.signing import sign_text, unsign_text

MAX_REPORT_SIZE = 2 * 1024 * 1024  # bytes; a report may hold the email that it is about
STATUS_TYPES = {"message/delivery-status", "message/global-delivery-status"}
ORIGINAL_TYPES = {
    *("message/rfc822", "text/rfc822-headers"),
    *("message/global", "message/global-headers"),
}
RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
MESSAGE_ID = re.compile(r"^message-id:\s*(<[!-;=?-~]+>)", re.IGNORECASE | re.MULTILINE)
MAX_MESSAGE_IDS = 20  # that are looked up for one report
SIGNED = re.compile(r"\+(\d{1,18}\.[\w-]{1,64})@")
SALT = "bounce"

Report: TypeAlias = "Message[Any, Any]"


def receive(raw: bytes) -> Email | None:
    """Mark the email that a report is about as not delivered; return it, or None if there is none.

    Reports of a delay, of successful delivery, automatic replies and whatever else comes in change
    nothing.
    """
    try:
        report: Report = message_from_bytes(raw[:MAX_REPORT_SIZE], policy=policy.compat32)
        reason, references = _find_reason(report), _list_references(report)
    except Exception as fault:  # noqa: BLE001 – a hostile message must not stop those after it
        log.warning("report not readable", kind=type(fault).__name__)
        return None
    email = _find_email(*references) if reason else None
    if email is None or email.state != SENT:
        return None
    sentence = f"The mail server for {domain_of(email.recipient)} returned this email: {reason}"
    email.state = FAILED
    email.last_error = clean_line(sentence)[:MAX_ERROR_LENGTH]
    return email


def build_sender(bounce_address: str, number: int) -> str:
    """Return the address that one email is sent from: bounces+17.4fJ…@conference.example."""
    local, _, domain = bounce_address.rpartition("@")
    return f"{local}+{sign_text(SALT, str(number))}@{domain}"


def _find_reason(report: Report) -> str:
    """Return why an email could not be delivered; "" if that is not what a report says."""
    for part in report.walk():
        if part.get_content_type() in STATUS_TYPES:
            for fields in _read_fields(part):
                if fields.get("Action", "").strip().lower() == "failed":
                    diagnostic = fields.get("Diagnostic-Code", "").partition(";")[2]
                    return clean_line(diagnostic or fields.get("Status", "")) or "no reason given"
    return ""


def _read_fields(part: Report) -> Iterator[Report]:
    """Yield the groups of fields of a report, whichever way they were parsed."""
    parsed = part.get_payload()
    texts = [str(group) for group in parsed] if isinstance(parsed, list) else [str(parsed)]
    for group in re.split(r"\n[ \t]*\n", "\n\n".join(texts)):
        yield HeaderParser().parsestr(group.lstrip())


def _find_email(numbers: Sequence[int], message_ids: Sequence[str]) -> Email | None:
    if numbers:
        return db.session.get(Email, numbers[0])
    such = select(Email).where(Email.message_id.in_(message_ids)).order_by(Email.id)
    return db.session.scalars(such).first()


def _list_references(report: Report) -> tuple[Sequence[int], Sequence[str]]:
    """Return the numbers of emails in signed addresses, and the Message-IDs that are repeated."""
    addresses = [str(one) for name in RECIPIENT_HEADERS for one in report.get_all(name, [])]
    signed = [match[1] for match in map(SIGNED.search, addresses) if match]
    numbers = [int(one) for one in (unsign_text(SALT, text) for text in signed) if one]
    return numbers, list(islice(_list_message_ids(report), MAX_MESSAGE_IDS))


def _list_message_ids(report: Report) -> Iterator[str]:
    """Yield the Message-IDs of the emails that a report repeats, or their headers."""
    for part in report.walk():
        if part.get_content_type() in ORIGINAL_TYPES:
            decoded = part.get_payload(decode=True)
            text = decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else str(part)
            match = MESSAGE_ID.search(text)
            if match:
                yield match[1]
