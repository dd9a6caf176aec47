"""Sending emails: over SMTP, or as files if there is no mail server.

One SMTP connection (``app.mail.smtp_connection``) is reused for as many emails as possible.
"""

import os
import re
import smtplib
import ssl
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from flask import Flask

from app import clock
from app.mail.bounce_reports import build_sender
from app.mail.dkim import DkimSigner
from app.mail.outbox import LeasedEmail
from app.mail.rendering import parse_address
from app.mail.smtp_connection import (
    NO_REPLY_CODE,
    SmtpConnection,
    normalise_line_ends,
    send_message,
)
from app.text import clean_line

STEPS_PER_SEND = 3  # in whose combined time limit a whole send must fit
MAX_SENDS_PER_CONNECTION = 200  # emails
IDLE_TIMEOUT = 10.0  # seconds after which an unused connection is closed
LEASE_MARGIN_STEPS = 3  # extra steps in a lease: DNS look-ups, recording the outcome
FILE_LEASE = 60.0  # seconds
NOOP_AFTER = 1.0  # seconds without use after which a connection is checked before it is used


class DeliveryFailure(Exception):
    """The email could not be sent; the message may quote a server's reply."""

    def __init__(self, reason: str) -> None:
        super().__init__(clean_line(reason))


class TemporaryFailure(DeliveryFailure):
    """The email could not be sent and should be tried again."""


class NoAnswer(TemporaryFailure):
    """The server did not answer in time for this email; other domains may still work."""


class ServerUnavailable(TemporaryFailure):
    """No email can be sent at the moment."""


class PermanentFailure(DeliveryFailure):
    """The email can never be sent."""


class ServerFeatures(NamedTuple):
    """The capabilities of a mail server."""

    encryption: str  # such as TLSv1.3; "" without
    is_signed_in: bool
    takes_every_script: bool  # in the local part of an address: SMTPUTF8


class MailTransport(Protocol):
    """Sends emails as configured."""

    max_send_time: float  # seconds; the length of a lease, longer than sending can take

    def send(self, email: LeasedEmail) -> None:
        """Send one email; raise TemporaryFailure, ServerUnavailable or PermanentFailure."""

    def close_if_idle(self) -> None:
        """Close unused connections while there are no emails."""

    def close(self) -> None:
        """Close the transport."""


def create_transport(app: Flask) -> "SmtpTransport | FileTransport":
    """Return the configured transport."""
    if app.config["MAIL_SERVER"]:
        return SmtpTransport(app)
    return FileTransport(Path(app.instance_path) / "mail")


class FileTransport:
    """Emails as .eml files that mail programs open, for a site without a mail server."""

    max_send_time = FILE_LEASE

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, email: LeasedEmail) -> None:
        """Write one email atomically to a file that only its owner can read."""
        reference = re.sub(r"[^\w-]", "", email.booking_reference)
        parts = [f"{clock.real_now():%Y%m%dT%H%M%S.%f}", *filter(None, [reference]), email.template]
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            file, unfinished = tempfile.mkstemp(dir=self._path, prefix=".", suffix=".tmp")
            with os.fdopen(file, "wb") as open_file:
                open_file.write(email.message)
            Path(unfinished).replace(self._path / f"{'-'.join(parts)}-{email.id}.eml")
        except OSError as fault:
            raise ServerUnavailable(
                f"The email could not be saved to a file: {fault.strerror}"
            ) from fault

    def check(self) -> None:
        """Raise ServerUnavailable if no file can be written."""
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._path):
                return
        except OSError as fault:
            raise ServerUnavailable(
                f"Emails cannot be saved in {self._path}: {fault.strerror}"
            ) from fault

    def close_if_idle(self) -> None:
        """Do nothing: there is no connection."""

    def close(self) -> None:
        """Do nothing: there is no connection."""


class SmtpTransport:
    """A mail server, over one connection that is reused as long as possible."""

    def __init__(self, app: Flask) -> None:
        self._connection = SmtpConnection(app)
        self._sender = parse_address(app.config["MAIL_DEFAULT_SENDER"]).addr_spec
        self._signer: DkimSigner | None = app.config["DKIM_SIGNER"]
        self._bounce_address: str = app.config["MAIL_BOUNCE_ADDRESS"]
        self._sent_count = 0
        self._used_at = 0.0
        self._send_timeout = float(STEPS_PER_SEND * self._connection.timeout)
        self.max_send_time = self._send_timeout + LEASE_MARGIN_STEPS * self._connection.timeout

    def send(self, email: LeasedEmail) -> None:
        """Send one email over SMTP."""
        recipient = parse_address(email.recipient).addr_spec
        message = normalise_line_ends(email.message)
        if self._signer is not None:
            message = self._signer.sign(message)
        is_connected = False
        try:
            with self._connection.deadline(self._send_timeout):
                smtp = self._connect()
                is_connected = True
                send_message(smtp, self._get_sender(email), recipient, message)
        except (OSError, ValueError) as fault:
            refusal = _find_refusal(fault) if is_connected else None
            if refusal is None:
                self._connection.close()
                refusal = _classify_fault(fault, is_connected=is_connected)
            raise refusal from None
        finally:
            self._sent_count += 1
            self._used_at = time.monotonic()

    def check(self) -> ServerFeatures:
        """Return the server's features.

        Raise DeliveryFailure if it cannot be used, or refuses the sender.
        """
        try:
            with self._connection.deadline(self._send_timeout):
                smtp = self._connect()
                smtp.ehlo_or_helo_if_needed()
                found = self._describe(smtp)
                code, reply = smtp.mail(self._sender)
        except (OSError, ValueError) as fault:
            self._connection.close()
            raise ServerUnavailable(_describe_fault(fault)) from None
        self.close()
        if code != 250:
            raise _classify_refusal(code, reply)
        return found

    def _describe(self, smtp: smtplib.SMTP) -> ServerFeatures:
        encryption = smtp.sock.version() if isinstance(smtp.sock, ssl.SSLSocket) else ""
        return ServerFeatures(
            encryption=encryption or "",
            is_signed_in=self._connection.has_login,
            takes_every_script=smtp.has_extn("smtputf8"),
        )

    def _get_sender(self, email: LeasedEmail) -> str:
        """Return the envelope sender, which receives reports about this email."""
        if self._bounce_address:
            return build_sender(self._bounce_address, email.id)
        return self._sender

    def close_if_idle(self) -> None:
        """Close a connection that has not been used for a while."""
        if time.monotonic() - self._used_at > IDLE_TIMEOUT:
            self.close()

    def close(self) -> None:
        """Send QUIT and close the connection."""
        if self._connection.host is not None:
            with suppress(OSError, ValueError), self._connection.deadline(self._send_timeout):
                self._connection.host.quit()
        self._connection.close()

    def _connect(self) -> smtplib.SMTP:
        """Return a working connection for one send, the open one or a new one."""
        if self._sent_count >= MAX_SENDS_PER_CONNECTION:
            self.close()
        if self._connection.host is not None and self._is_connected(self._connection.host):
            return self._connection.host
        self._connection.close()
        self._sent_count = 0
        return self._connection.configure_host()

    def _is_connected(self, smtp: smtplib.SMTP) -> bool:
        """Return True if the open connection still works: servers close idle ones."""
        if smtp.sock is None:
            return False
        if time.monotonic() - self._used_at < NOOP_AFTER:
            return True
        try:
            return smtp.noop()[0] == 250
        except (OSError, ValueError):
            return False


def _find_refusal(fault: Exception) -> TemporaryFailure | PermanentFailure | None:
    """Return the server's refusal of this email, or None for any other fault."""
    match fault:
        case smtplib.SMTPRecipientsRefused():
            return _classify_refusal(*next(iter(fault.recipients.values())))
        case smtplib.SMTPDataError():
            return _classify_refusal(fault.smtp_code, fault.smtp_error)
        case smtplib.SMTPNotSupportedError():
            return PermanentFailure(
                "The mail server does not accept email addresses with characters like “ë” before "
                "the @ (it does not offer SMTPUTF8)"
            )
    return None


def _classify_refusal(code: int, message: bytes | str) -> TemporaryFailure | PermanentFailure:
    """Distinguish a permanent refusal of this email (5yz) from a temporary one."""
    if code == NO_REPLY_CODE:
        return TemporaryFailure("The mail server sent a reply that we do not understand")
    text = message.decode(errors="replace") if isinstance(message, bytes) else message
    description = f"The mail server replied: {code} {text}"
    return PermanentFailure(description) if 500 <= code <= 599 else TemporaryFailure(description)


def _classify_fault(fault: Exception, *, is_connected: bool) -> TemporaryFailure:
    """Distinguish an unavailable server from one that does not answer or breaks off."""
    description = _describe_fault(fault)
    if not is_connected:
        return ServerUnavailable(description)
    return (NoAnswer if _is_timeout(fault) else TemporaryFailure)(description)


def _is_timeout(fault: Exception) -> bool:
    return isinstance(fault, TimeoutError) or "timed out" in str(fault)


def _describe_fault(fault: Exception) -> str:
    """Describe a fault of the server for an organiser."""
    if isinstance(fault, ssl.SSLError):
        return f"The mail server’s certificate or encryption was not accepted: {fault.reason}"
    if _is_timeout(fault):
        return "The mail server did not respond in time"
    if isinstance(fault, smtplib.SMTPResponseException):
        return str(_classify_refusal(fault.smtp_code, fault.smtp_error))
    if isinstance(fault, smtplib.SMTPServerDisconnected):
        return "The mail server closed the connection"
    return f"The mail server could not be reached or understood: {fault}"
