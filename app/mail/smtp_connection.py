"""An SMTP connection: Flask-Mail's, with time limits, verified certificates and pipelining.

There is a time limit for each step and a deadline for a whole send, from checking that the open
connection still works to the server's acceptance. A server that sends a few bytes now and then
cannot extend it. If the server supports it, the commands of an email are pipelined (RFC 2920): an
email then takes two round trips instead of four.
"""

import ipaddress
import re
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import flask_mail
from flask import Flask

WATCH_INTERVAL = 0.1  # seconds
LINE_END = re.compile(rb"\r\n|\r|\n")
DOT_AT_START = re.compile(rb"(?m)^\.")
NO_REPLY_CODE = -1  # smtplib's code for a line that is not a reply
CLOSING = 421
SMTPUTF8 = ("SMTPUTF8", "BODY=8BITMIME")  # RFC 6531

Reply = tuple[int, bytes]


class SmtpConnection(flask_mail.Connection):
    """Flask-Mail's connection with time limits, verified certificates and a deadline."""

    def __init__(self, app: Flask) -> None:
        super().__init__(flask_mail.Mail(app))
        self.host: smtplib.SMTP | None = None
        self.timeout: int = app.config["MAIL_TIMEOUT"]
        self._ca_file: Path | None = app.config["MAIL_CA_FILE"]
        self._ends_at = float("inf")  # in monotonic time
        self._ehlo_name = _format_ehlo_name(
            urlsplit(app.config["SITE_URL"]).hostname or "localhost"
        )

    @cached_property
    def _ssl_context(self) -> ssl.SSLContext:
        """The trusted certificates; loaded lazily, since that takes time and memory."""
        return ssl.create_default_context(cafile=self._ca_file)

    @property
    def has_login(self) -> bool:
        """Return True if the site signs in to the server."""
        return bool(self.mail.username and self.mail.password)

    def configure_host(self) -> smtplib.SMTP:
        """Open the connection."""
        options: dict[str, Any] = {
            "local_hostname": self._ehlo_name,
            "timeout": self._connect_timeout(),
        }
        if self.mail.use_ssl:
            host: smtplib.SMTP = smtplib.SMTP_SSL(context=self._ssl_context, **options)
        else:
            host = smtplib.SMTP(**options)
        self.host = host
        threading.Thread(target=self._watch, args=(host,), daemon=True).start()
        host._host = self.mail.server  # type: ignore[attr-defined]  # noqa: SLF001 – smtplib verifies this name
        code, greeting = host.connect(self.mail.server, self.mail.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, greeting)
        if host.sock is not None:
            host.sock.settimeout(self.timeout)  # of each further step
        if self.mail.use_tls:
            host.starttls(context=self._ssl_context)
        if self.has_login:
            host.login(self.mail.username, self.mail.password)
        return host

    def _connect_timeout(self) -> float:
        """Divide the time left among the server's addresses, which are tried in turn."""
        addresses = socket.getaddrinfo(self.mail.server, self.mail.port, type=socket.SOCK_STREAM)
        share = (self._ends_at - time.monotonic()) / (len(addresses) + 1)
        if share <= 0:
            raise TimeoutError("timed out")
        return min(self.timeout, share)

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Cut the connection after some time, and raise TimeoutError for whatever fails then."""
        before = self._ends_at
        self._ends_at = min(before, time.monotonic() + seconds)
        try:
            yield
        except (OSError, ValueError) as fault:
            if time.monotonic() >= self._ends_at:
                raise TimeoutError("timed out") from fault
            raise
        finally:
            self._ends_at = before

    def _watch(self, host: smtplib.SMTP) -> None:
        """Cut a connection when its time is over, however slowly the server sends."""
        while self.host is host:
            time.sleep(WATCH_INTERVAL)
            sock = host.sock  # another thread may remove it at any moment
            if time.monotonic() >= self._ends_at and sock is not None:
                with suppress(OSError):  # it is closed already
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection without QUIT."""
        if self.host is not None:
            self.host.close()
            self.host = None


def _format_ehlo_name(name: str) -> str:
    """Format the site's name for EHLO: a host name, or an IP address in brackets."""
    try:
        version = ipaddress.ip_address(name).version
    except ValueError:
        return name
    return f"[{name}]" if version == 4 else f"[IPv6:{name}]"


def normalise_line_ends(message: bytes) -> bytes:
    """End every line with CRLF, so that all servers agree where the message ends."""
    return LINE_END.sub(b"\r\n", message)


def send_message(smtp: smtplib.SMTP, sender: str, recipient: str, message: bytes) -> None:
    """Send one email with CRLF line ends; raise what ``smtplib.SMTP.sendmail`` raises."""
    smtp.ehlo_or_helo_if_needed()
    options: Sequence[str] = () if f"{sender}{recipient}".isascii() else SMTPUTF8
    if options and not smtp.has_extn("smtputf8"):
        raise smtplib.SMTPNotSupportedError("SMTPUTF8")
    if not smtp.has_extn("pipelining"):
        smtp.sendmail(sender, [recipient], message, options)
        return
    if smtp.has_extn("size"):
        options = (f"SIZE={len(message)}", *options)
    _send_envelope(smtp, sender, recipient, options)
    end = b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n"
    smtp.send(DOT_AT_START.sub(b"..", message) + end)
    reply = smtp.getreply()
    if reply[0] != 250:
        _reset(smtp, reply)
        raise smtplib.SMTPDataError(*reply)


def _send_envelope(smtp: smtplib.SMTP, sender: str, recipient: str, options: Sequence[str]) -> None:
    """Send the three commands before a message together, and read their replies in order."""
    lines = (
        " ".join([f"MAIL FROM:{smtplib.quoteaddr(sender)}", *options]),
        f"RCPT TO:{smtplib.quoteaddr(recipient)}",
        "DATA",
    )
    smtp.send("".join(f"{line}\r\n" for line in lines).encode())
    replies: list[Reply] = []
    while len(replies) < len(lines) and CLOSING not in dict(replies):
        replies.append(smtp.getreply())
    refusal = _find_refusal(replies, sender, recipient)
    if refusal is not None:
        _reset(smtp, *replies)
        raise refusal


def _find_refusal(
    replies: Sequence[Reply], sender: str, recipient: str
) -> smtplib.SMTPException | None:
    """Return the meaning of the first refused command; None if the server waits for the message."""
    mail, *others = replies
    if mail[0] != 250:
        return smtplib.SMTPSenderRefused(*mail, sender)
    rcpt, *data = others
    if rcpt[0] not in {250, 251}:
        return smtplib.SMTPRecipientsRefused({recipient: rcpt})
    return None if data[0][0] == 354 else smtplib.SMTPDataError(*data[0])


def _reset(smtp: smtplib.SMTP, *replies: Reply) -> None:
    """Prepare for another email after a refusal.

    Close the connection if the server says goodbye, still waits for a message, or violates the
    protocol: its next reply might be about another email.
    """
    codes = [code for code, _ in replies]
    if not 400 <= codes[-1] <= 599 or {CLOSING, NO_REPLY_CODE}.intersection(codes):
        smtp.close()
        return
    with suppress(smtplib.SMTPServerDisconnected):
        if smtp.rset()[0] != 250:
            smtp.close()
