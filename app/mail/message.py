"""A letter in the form in which mail servers take it (MIME), and the addresses on it."""

import re
import secrets
from binascii import b2a_qp
from contextlib import suppress
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from typing import NamedTuple

import idna

from app import clock
from app.errors import Refused
from app.mail.wording import Wording

CALENDAR_NAME = "conference.ics"
PLAIN = policy.SMTP.clone(cte_type="7bit")
ANY_SCRIPT = policy.SMTPUTF8.clone(cte_type="7bit")  # for addresses, and only where they need it
USERNAME = re.compile(r"""[^\x00-\x20\x7f@<>()\[\]\\,;:"\s]{1,64}""")
HOST = re.compile(r"(?=.{1,253}$)[a-zA-Z0-9-]{1,63}(\.[a-zA-Z0-9-]{1,63})*")


class Finished(NamedTuple):
    """A letter as it will go out."""

    identity: str  # its Message-ID
    message: bytes


def build(wording: Wording, to: str, about: str, calendar: bytes | None) -> Finished:
    """Put a letter together.

    The library takes care of the headers, where names and addresses stand. The parts are
    written here: it would take four times as long, while whoever registers waits.
    """
    head = _head(wording, to, about)
    words = _several("alternative", _text("plain", wording.text), _text("html", wording.html))
    content = _several("mixed", words, _file(calendar)) if calendar else words
    headers = head.as_bytes().removesuffix(b"\r\n") + b"MIME-Version: 1.0\r\n"
    return Finished(str(head["Message-ID"]), headers + content)


def _head(wording: Wording, to: str, about: str) -> EmailMessage:
    recipient = address(to)
    head = EmailMessage(policy=PLAIN if recipient.username.isascii() else ANY_SCRIPT)
    head["Subject"] = wording.subject
    head["From"] = address(wording.sender, wording.sender_name)
    with suppress(Refused):  # a conference may have no address, or a poor one
        head["Reply-To"] = address(wording.answers_to)
    head["To"] = recipient
    stamp(head)
    head["Auto-Submitted"] = "auto-generated"
    if about:
        head["X-Booking-Reference"] = about
    head["Content-Language"] = wording.language
    return head


def _several(kind: str, *parts: bytes) -> bytes:
    """Put parts together (RFC 2046, 5.1); none of them can hold the line between them."""
    line = f"--{secrets.token_hex(16)}".encode()
    begin = f'Content-Type: multipart/{kind}; boundary="{line[2:].decode()}"\r\n\r\n'.encode()
    middle = b"".join(line + b"\r\n" + part + b"\r\n" for part in parts)
    return begin + middle + line + b"--\r\n"


def _file(calendar: bytes) -> bytes:
    about = f"; method=PUBLISH; name={CALENDAR_NAME}"
    return _text("calendar", calendar.decode(), about, f'attachment; filename="{CALENDAR_NAME}"')


def _text(kind: str, text: str, about: str = "", disposition: str = "") -> bytes:
    """Write one part, in letters that every mail server passes on unchanged (RFC 2045, 6.7)."""
    headers = [
        f'Content-Type: text/{kind}; charset="utf-8"{about}',
        "Content-Transfer-Encoding: quoted-printable",
        *([f"Content-Disposition: {disposition}"] if disposition else []),
    ]
    body = text.replace("\r\n", "\n").replace("\n", "\r\n")
    return "\r\n".join([*headers, "", ""]).encode() + b2a_qp(body.encode(), istext=True)


def stamp(message: EmailMessage) -> None:
    """Give a letter its moment and the identity by which a second copy can be recognised."""
    del message["Date"], message["Message-ID"]
    domain = message["From"].addresses[0].domain
    message["Date"] = clock.real_now()
    message["Message-ID"] = f"<{secrets.token_hex(16)}@{domain}>"


def address(text: str, name: str = "") -> Address:
    """Read an address; one with a domain in another script is written as servers know it."""
    username, _, domain = text.strip().rpartition("@")
    try:
        host = ascii_domain(domain)
    except UnicodeError:
        host = ""
    if not (USERNAME.fullmatch(username) and HOST.fullmatch(host)):
        raise Refused("Letters cannot be sent to that email address")
    return Address(name, username, host)


def ascii_domain(domain: str) -> str:
    """Write a domain as servers know it: bücher.example as xn--bcher-kva.example."""
    return domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
