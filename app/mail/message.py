"""A letter in the form in which mail servers take it (MIME), and the addresses on it."""

import re
import secrets
from contextlib import suppress
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage

import idna

from app import clock
from app.errors import Refused
from app.mail.wording import Wording

CALENDAR_NAME = "conference.ics"
PLAIN = policy.SMTP.clone(cte_type="7bit")
ANY_SCRIPT = policy.SMTPUTF8.clone(cte_type="7bit")  # for addresses, and only where they need it
USERNAME = re.compile(r"""[^\x00-\x20\x7f@<>()\[\]\\,;:"\s]{1,64}""")
HOST = re.compile(r"(?=.{1,253}$)[a-zA-Z0-9-]{1,63}(\.[a-zA-Z0-9-]{1,63})*")


def build(wording: Wording, to: str, about: str, calendar: bytes | None) -> EmailMessage:
    """Put a letter together."""
    recipient = address(to)
    message = EmailMessage(policy=PLAIN if recipient.username.isascii() else ANY_SCRIPT)
    message["Subject"] = wording.subject
    message["From"] = address(wording.sender, wording.sender_name)
    with suppress(Refused):  # a conference may have no address, or a poor one
        message["Reply-To"] = address(wording.answers_to)
    message["To"] = recipient
    stamp(message)
    message["Auto-Submitted"] = "auto-generated"
    if about:
        message["X-Booking-Reference"] = about
    message.set_content(wording.text, cte="quoted-printable")
    message.add_alternative(wording.html, subtype="html", cte="quoted-printable")
    if calendar:
        _attach(message, calendar)
    message["Content-Language"] = wording.language  # last: setting the content takes it away
    return message


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


def _attach(message: EmailMessage, calendar: bytes) -> None:
    message.add_attachment(
        calendar.decode(),
        subtype="calendar",
        cte="quoted-printable",
        params={"method": "PUBLISH", "name": CALENDAR_NAME},
        filename=CALENDAR_NAME,
    )
