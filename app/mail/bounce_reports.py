"""Parsing messages in the mailbox for returned emails: bounces and complaints.

Two kinds of report are recognised: that an email could not be delivered (RFC 3464, RFC 6533), and
that its recipient called it spam (RFC 5965). A report identifies its email in two ways that a
stranger cannot forge: it repeats the Message-ID, which is known only to people who got the email,
or it came to the signed address that only this email was sent from (VERP). Addresses named in a
report are never trusted.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from email.parser import HeaderParser
from itertools import islice
from typing import Any, TypeAlias

from app.text import clean_line
from app.web.signing import sign_text, unsign_text

MAX_REPORT_SIZE = 2 * 1024 * 1024  # bytes; a report may include the email that it is about
STATUS_TYPES = {"message/delivery-status", "message/global-delivery-status"}
ORIGINAL_TYPES = {
    *("message/rfc822", "text/rfc822-headers"),
    *("message/global", "message/global-headers"),
}
RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
MESSAGE_ID = re.compile(r"^message-id:\s*(<[!-;=?-~]+>)", re.IGNORECASE | re.MULTILINE)
MAX_MESSAGE_IDS = 20  # looked up for one report
SIGNED = re.compile(r"\+(\d{1,18}\.[\w-]{1,64})@")
SALT = "bounce"
TRANSFER_ENCODINGS = frozenset({"base64", "quoted-printable"})  # transfer encodings of parts
STATUS = re.compile(r"(?<![\d.])([45])\.(\d{1,3})\.(\d{1,3})(?![\d.])")  # RFC 3463
REPLY_CODE = re.compile(r"(?<!\d)([45])\d\d(?!\d)")

# Kinds of report; the latter two are named as in RFC 5965 and its registry.
RETURNED, COMPLAINT, OPT_OUT = "returned", "abuse", "opt-out"
COMPLAINTS = frozenset({"abuse", "fraud", "virus", "other"})  # but not "not-spam"

ReportMessage: TypeAlias = "Message[Any, Any]"


@dataclass(frozen=True)
class Report:
    """What happened to an email, and how to find the email."""

    kind: str
    reason: str = ""  # text from the other mail server
    status: str = ""  # RFC 3463: 5.1.1
    numbers: Sequence[int] = ()  # of emails, in signed addresses
    message_ids: Sequence[str] = ()


def read_report(raw: bytes) -> Report | None:
    """Parse a report; return None for other messages, and for reports of a delay or of success.

    It may raise any exception that Python's email parser raises.
    """
    message: ReportMessage = message_from_bytes(raw[:MAX_REPORT_SIZE], policy=policy.compat32)
    fields = _find_fields(message)
    if fields is None:
        return None
    kind, found = fields
    reason = clean_line(str(found.get("Diagnostic-Code", "")).partition(";")[2])
    status = clean_line(str(found.get("Status", "")))
    return Report(
        kind,
        reason=reason or status or "no reason given",
        status=find_status(f"{status} {reason}"),
        numbers=list(list_signed_numbers(message, str(found.get("Original-Mail-From", "")))),
        message_ids=list(islice(_list_message_ids(message), MAX_MESSAGE_IDS)),
    )


def find_status(text: str) -> str:
    """Return the status code in a mail server's reply, as in RFC 3463; "" if there is none.

    A plain reply such as 550 gives only the class: 5.0.0.
    """
    status = STATUS.search(text)
    if status:
        return status[0]
    reply = REPLY_CODE.search(text)
    return f"{reply[1]}.0.0" if reply else ""


def build_sender(bounce_address: str, number: int) -> str:
    """Return the address that one email is sent from: bounces+17.4fJ…@conference.example."""
    local, _, domain = bounce_address.rpartition("@")
    return f"{local}+{sign_text(SALT, str(number))}@{domain}"


def _find_fields(message: ReportMessage) -> tuple[str, ReportMessage] | None:
    """Return the kind of a report, and the group of fields that says so."""
    for part in message.walk():
        get_kind = READERS.get(part.get_content_type())
        for fields in _read_fields(part) if get_kind else ():
            kind = get_kind(fields) if get_kind else ""
            if kind:
                return kind, fields
    return None


def _get_delivery_kind(fields: ReportMessage) -> str:
    return RETURNED if _read_word(fields, "Action") == "failed" else ""


def _get_feedback_kind(fields: ReportMessage) -> str:
    feedback = _read_word(fields, "Feedback-Type")
    return COMPLAINT if feedback in COMPLAINTS else OPT_OUT if feedback == OPT_OUT else ""


READERS: Mapping[str, Callable[[ReportMessage], str]] = {
    **dict.fromkeys(STATUS_TYPES, _get_delivery_kind),
    "message/feedback-report": _get_feedback_kind,
}


def _read_word(fields: ReportMessage, name: str) -> str:
    return str(fields.get(name, "")).strip().lower()


def _read_fields(part: ReportMessage) -> Iterator[ReportMessage]:
    """Yield the groups of fields of a report, however the parser represents them."""
    parsed = part.get_payload()
    texts = [str(group) for group in parsed] if isinstance(parsed, list) else [str(parsed)]
    text = _decode_message(part) or "\n\n".join(texts)
    for group in re.split(r"\n[ \t]*\n", text):
        yield HeaderParser().parsestr(group.lstrip())


def _decode_message(part: ReportMessage) -> str:
    """Return the text of a part with a base64-encoded message, as RFC 6533 allows; "" otherwise.

    Python's parser does not decode such a part: it takes the encoded lines for the message text.
    """
    parsed, encoding = part.get_payload(), _read_word(part, "Content-Transfer-Encoding")
    if encoding not in TRANSFER_ENCODINGS or not isinstance(parsed, list):
        return ""
    encoded: ReportMessage = Message()
    encoded["Content-Transfer-Encoding"] = encoding
    encoded.set_payload("".join(str(one) for one in parsed).strip())
    decoded = encoded.get_payload(decode=True)
    return decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else ""


def list_signed_numbers(message: ReportMessage, *others: str) -> Iterator[int]:
    """Yield the numbers of emails in the signed addresses among a message's recipients."""
    addresses = [str(header) for name in RECIPIENT_HEADERS for header in message.get_all(name, [])]
    for match in filter(None, map(SIGNED.search, [*addresses, *others])):
        number = unsign_text(SALT, match[1])
        if number:
            yield int(number)


def _list_message_ids(message: ReportMessage) -> Iterator[str]:
    """Yield the Message-IDs of the emails that a report includes, whole or as headers."""
    for part in message.walk():
        if part.get_content_type() in ORIGINAL_TYPES:
            decoded = part.get_payload(decode=True)
            whole = _decode_message(part) or str(part)
            text = decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else whole
            match = MESSAGE_ID.search(text)
            if match:
                yield match[1]
