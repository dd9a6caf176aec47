"""Replies of people to emails of the site, from the mailbox that the mail worker reads.

A message is a reply if it refers to an email of the site, by a Message-ID or a signed address that
only its recipient knows, and comes from an address of that person. Anything else is ignored:
automatic replies (RFC 3834), lists, and messages from others who have seen the email. Stored are
the plain text of a reply, without the quotation at its end and without links that open a booking,
and the names of its attachments. The message itself stays in the mailbox.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import getaddresses
from hashlib import sha256
from itertools import islice

from sqlalchemy import ColumnElement, Integer, String, bindparam, delete, func, select

from app import clock
from app.database import db, insert_if_absent
from app.errors import NotFound, require
from app.log import log
from app.mail.addresses import decode_domain
from app.mail.bounce_reports import (
    MAX_MESSAGE_IDS,
    MAX_REPORT_SIZE,
    ReportMessage,
    list_signed_numbers,
)
from app.mail.models import Email, EmailReply
from app.text import clean_line, normalise_lines, strip_hidden
from app.web.rendering import absolute_url

MAX_TEXT_LENGTH = 20_000  # characters
MAX_SUBJECT_LENGTH = 300
MAX_PARTS = 200  # of one message that are read
MAX_ATTACHMENTS = 20  # that are listed
MAX_NAME_LENGTH = 100
MAX_INTRODUCTION = 200  # characters of the line before a quote: “On Tuesday, Ada wrote:”
_address = bindparam("address", type_=String)  # in lower case, or ""
OF_PERSON = (
    select(EmailReply)
    .where(
        (EmailReply.booking_reference == bindparam("reference"))
        | (
            (EmailReply.booking_reference == "")
            & (EmailReply.sender == _address)
            & (_address != "")
        )
    )
    .order_by(EmailReply.id.desc())
)
NEWEST_OF_PERSON = OF_PERSON.limit(bindparam("number", type_=Integer))
MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,250}>")
# Headers, with their values, of messages that no person has written to the site
AUTOMATIC: Mapping[str, Callable[[str], bool]] = {
    "auto-submitted": lambda value: value.partition(";")[0].strip() != "no",
    "precedence": lambda value: value in {"bulk", "junk", "list", "auto_reply"},
    "list-id": bool,
    "x-autoreply": lambda value: value != "no",
    "x-autorespond": bool,
    "return-path": lambda value: value == "<>",
}
UNREAD = EmailReply.read_at.is_(None)


@dataclass(frozen=True)
class ParsedReply:
    """The contents of a reply, and how to find the email it answers."""

    sender: str
    subject: str
    text: str
    attachments: Sequence[str]
    message_id: str
    numbers: Sequence[int]  # of emails, in signed addresses
    answered_ids: Sequence[str]  # Message-IDs


def receive(raw: bytes, has_address: Callable[[str, str], bool]) -> EmailReply | None:
    """Store a message if it is a reply to an email of the site; return the reply, or None.

    ``has_address`` returns whether an address is now that of the booking with a reference.
    """
    try:
        parsed = parse(raw)
    except Exception as fault:  # noqa: BLE001 – a hostile message must not stop those after it
        log.warning("message not readable", kind=type(fault).__name__)
        return None
    email = _find_answered(parsed) if parsed else None
    if parsed is None or email is None:
        return None
    is_theirs = parsed.sender == decode_domain(email.recipient).lower()
    if not is_theirs and not has_address(email.booking_reference, parsed.sender):
        log.warning("reply from another address refused", email=email.id)
        return None
    return _store(parsed, email)


def parse(raw: bytes) -> ParsedReply | None:
    """Parse a message; return None if it was sent automatically or has no single sender.

    It may raise any exception that Python's email parser raises.
    """
    message: ReportMessage = message_from_bytes(raw[:MAX_REPORT_SIZE], policy=policy.compat32)
    senders = [one for _, one in getaddresses(map(str, message.get_all("From", []))) if one]
    if is_automatic(message) or len(senders) != 1:
        return None
    answered = " ".join(
        str(header)
        for name in ("References", "In-Reply-To")
        for header in message.get_all(name, [])
    )
    text, attachments = _read_parts(message)
    return ParsedReply(
        sender=decode_domain(clean_line(senders[0])).lower(),
        subject=_decode(message.get("Subject", ""))[:MAX_SUBJECT_LENGTH],
        text=_clean_text(text),
        attachments=attachments,
        message_id=clean_line(str(message.get("Message-ID", "")))[:MAX_SUBJECT_LENGTH],
        numbers=list(list_signed_numbers(message)),
        answered_ids=MESSAGE_ID.findall(answered)[-MAX_MESSAGE_IDS:],
    )


def is_automatic(message: ReportMessage) -> bool:
    """Return True if a message was sent by a program, or to many people (RFC 3834)."""
    if message.get_content_type() in {"multipart/report", "message/delivery-status"}:
        return True
    found = ((message.get(name), says_so) for name, says_so in AUTOMATIC.items())
    return any(says_so(str(value).strip().lower()) for value, says_so in found if value is not None)


def _read_parts(message: ReportMessage) -> tuple[str, Sequence[str]]:
    """Return the first plain text part of a message, and the names of its attachments."""
    text, names = None, []
    for part in islice(message.walk(), MAX_PARTS):
        name = part.get_filename()
        is_attached = part.get_content_disposition() == "attachment"
        if name or is_attached:
            names.append(_decode(name or part.get_content_type())[:MAX_NAME_LENGTH])
        elif text is None and part.get_content_type() == "text/plain":
            text = _decode_body(part)
    return text or "", names[:MAX_ATTACHMENTS]


def _decode_body(part: ReportMessage) -> str:
    payload = part.get_payload(decode=True)
    body = payload if isinstance(payload, bytes) else b""
    try:
        return body.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def _decode(header: object) -> str:
    """Decode a header as text on one line."""
    try:
        text = str(make_header(decode_header(str(header))))
    except (ValueError, LookupError):
        text = str(header)
    return clean_line(strip_hidden(text.encode("utf-8", "replace").decode()))


def _clean_text(text: str) -> str:
    """Return a text without trailing quotations, hidden characters and links with a secret."""
    lines = strip_hidden(normalise_lines(text)[: 4 * MAX_TEXT_LENGTH])
    written = _cut_quote(lines.split("\n"))
    own = re.escape(absolute_url("site.home").rstrip("/"))
    return re.sub(rf"({own}/[^/\s]+/)[^\s>)\]]+", r"\1…", written)[:MAX_TEXT_LENGTH]


def _cut_quote(lines: list[str]) -> str:
    """Remove a quotation at the end of the lines, and the line that introduces it.

    It takes linear time, even for a malicious message.
    """
    end, is_quoted = len(lines), False
    while end and (not (line := lines[end - 1].lstrip(" \t")) or line.startswith(">")):
        end, is_quoted = end - 1, is_quoted or bool(line)
    last = lines[end - 1].rstrip(" \t") if end and is_quoted else ""
    if last.endswith(":") and len(last) <= MAX_INTRODUCTION:
        end -= 1
    return "\n".join(lines[:end]).strip("\n")


def _find_answered(parsed: ParsedReply) -> Email | None:
    statement = select(Email).order_by(Email.id.desc()).limit(1)
    if parsed.answered_ids:
        found = db.session.scalar(statement.where(Email.message_id.in_(parsed.answered_ids)))
        if found is not None:
            return found
    return db.session.get(Email, parsed.numbers[0]) if parsed.numbers else None


def _store(parsed: ParsedReply, email: Email) -> EmailReply | None:
    """Store a reply once, even if its message is read again; return None if it exists."""
    row = {
        "email_id": email.id,
        "booking_reference": email.booking_reference,
        "sender": parsed.sender,
        "subject": parsed.subject,
        "text": parsed.text,
        "attachments": json.dumps(parsed.attachments),
        "message_id": parsed.message_id or _make_id(parsed, email),
        "received_at": clock.real_now(),
    }
    insert_if_absent(EmailReply, [row])
    return db.session.scalar(select(EmailReply).where(EmailReply.message_id == row["message_id"]))


def _make_id(parsed: ParsedReply, email: Email) -> str:
    """Return a substitute for the Message-ID of a message without one."""
    values = (email.id, parsed.sender, parsed.subject, parsed.text)
    return sha256(repr(values).encode()).hexdigest()


def get_reply(number: int) -> EmailReply:
    """Return a reply; raise NotFound if there is none."""
    found = db.session.get(EmailReply, number)
    return require(found, NotFound("There is no reply with that number"))


def mark_read(reply: EmailReply, *, actor: str) -> None:
    """Mark a reply as read."""
    if reply.read_at is None:
        reply.read_at, reply.read_by = clock.real_now(), actor


def list_page(
    *such: ColumnElement[bool], is_unread: bool, offset: int, limit: int
) -> Sequence[EmailReply]:
    """List the replies that meet all conditions: unread ones first, then the newest."""
    rows = select(EmailReply).where(*such).order_by(UNREAD.desc(), EmailReply.id.desc())
    rows = rows.where(UNREAD) if is_unread else rows
    return db.session.scalars(rows.offset(offset).limit(limit)).all()


def count(*such: ColumnElement[bool], is_unread: bool) -> int:
    """Count the replies that meet all conditions."""
    rows = select(func.count(EmailReply.id)).where(*such)
    return db.session.scalar(rows.where(UNREAD) if is_unread else rows) or 0


def list_for_person(
    reference: str, address: str, limit: int | None, *such: ColumnElement[bool]
) -> Sequence[EmailReply]:
    """List the newest replies about a booking, and those from an address that are about none."""
    person = {"reference": reference, "address": address.lower()}
    if limit is None:
        return db.session.scalars(OF_PERSON.where(*such), person).all()
    newest = NEWEST_OF_PERSON.where(*such) if such else NEWEST_OF_PERSON  # copying takes time
    return db.session.scalars(newest, {**person, "number": limit}).all()


def list_from(
    addresses: Collection[str], limit: int, *such: ColumnElement[bool]
) -> Sequence[EmailReply]:
    """List the newest replies from a person with these addresses, in lower case."""
    rows = select(EmailReply).where(EmailReply.sender.in_(addresses), *such)
    return db.session.scalars(rows.order_by(EmailReply.id.desc()).limit(limit)).all()


def erase_of_booking(reference: str) -> None:
    """Delete the replies about an erased delegate's booking."""
    db.session.execute(delete(EmailReply).where(EmailReply.booking_reference == reference))


def erase_from(address: str) -> None:
    """Delete the replies from an address that is no longer in use on the site."""
    db.session.execute(delete(EmailReply).where(EmailReply.sender == address.lower()))
