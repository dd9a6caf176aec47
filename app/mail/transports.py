"""Sending emails: over SMTP, or as files where there is no mail server.

An SMTP connection has a time limit for each step and a deadline for a whole send, from checking
that the open connection still works to the server's acceptance. A server that sends a few bytes
now and then cannot extend it. Certificates are verified.
"""

import io
import ipaddress
import os
import re
import smtplib
import socket
import ssl
import tempfile
import time
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import flask_mail
from flask import Flask

from app import clock
from app.mail.outbox import LeasedEmail
from app.mail.rendering import parse_address

STEPS_PER_SEND = 3  # steps whose time limits a whole send may use up
MIN_TIMEOUT = 0.001


class DeadlineReader(io.RawIOBase):
    """Reads from a socket until a deadline, however slowly the server sends."""

    def __init__(self, smtp: "DeadlineSMTP") -> None:
        super().__init__()
        self._smtp = smtp

    def readable(self) -> bool:
        """Return True: the stream can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes before the deadline."""
        return self._smtp.get_socket_in_time().recv_into(buffer)


class DeadlineSMTP(smtplib.SMTP):
    """An SMTP client with a time limit for each step and a deadline for the whole exchange."""

    def __init__(self, deadline: float, step_timeout: float, *server: Any, **about: Any) -> None:
        self.deadline = deadline
        self._step_timeout = step_timeout
        super().__init__(*server, **about)

    def get_socket_in_time(self) -> socket.socket:
        """Return the socket with the time left as its timeout; raise TimeoutError if it is over."""
        seconds_left = self._seconds_left
        if seconds_left <= 0:
            raise TimeoutError("timed out")
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("Connection closed")
        self.sock.settimeout(seconds_left)
        return self.sock

    @property
    def _seconds_left(self) -> float:
        return min(self.deadline - time.monotonic(), self._step_timeout)

    def send(self, s: Any) -> None:
        """Send data before the deadline."""
        self.get_socket_in_time()
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Return the server's reply; raise TimeoutError after the deadline."""
        if self.file is None:
            self.file = io.BufferedReader(DeadlineReader(self))
        reply = super().getreply()
        if self.sock is not None:  # a handshake may follow
            self.sock.settimeout(max(self._seconds_left, MIN_TIMEOUT))
        return reply


class DeadlineSMTPS(DeadlineSMTP, smtplib.SMTP_SSL):
    """The same client with TLS from the start."""


class SmtpConnection(flask_mail.Connection):
    """Flask-Mail's connection with time limits and verified certificates."""

    def __init__(self, app: Flask) -> None:
        super().__init__(flask_mail.Mail(app))
        self.timeout: int = app.config["MAIL_TIMEOUT"]
        self._ca_file: Path | None = app.config["MAIL_CA_FILE"]
        self._ehlo_name = _format_ehlo_name(
            urlsplit(app.config["SITE_URL"]).hostname or "localhost"
        )

    @cached_property
    def _ssl_context(self) -> ssl.SSLContext:
        """The trusted certificates; created only when needed, since it takes time and memory."""
        return ssl.create_default_context(cafile=self._ca_file)

    @property
    def send_timeout(self) -> float:
        """The number of seconds that sending one email may take, including connecting."""
        return float(STEPS_PER_SEND * self.timeout)

    def deadline(self) -> float:
        """Return when a send that starts now must be finished, in monotonic time."""
        return time.monotonic() + self.send_timeout

    def configure_host(self, deadline: float | None = None) -> DeadlineSMTP:
        """Open the connection before the deadline."""
        deadline = self.deadline() if deadline is None else deadline
        server = (deadline, self.timeout, self.mail.server, self.mail.port)
        options: dict[str, Any] = {
            "local_hostname": self._ehlo_name,
            "timeout": self._connect_timeout(deadline),
        }
        if self.mail.use_ssl:
            host: DeadlineSMTP = DeadlineSMTPS(*server, context=self._ssl_context, **options)
        else:
            host = DeadlineSMTP(*server, **options)
        try:
            self._authenticate(host)
        except BaseException:
            host.close()
            raise
        return host

    def _connect_timeout(self, deadline: float) -> float:
        """Divide the time left among the server's addresses, which are tried in turn."""
        addresses = socket.getaddrinfo(self.mail.server, self.mail.port, type=socket.SOCK_STREAM)
        share = (deadline - time.monotonic()) / (len(addresses) + 1)
        if share <= 0:
            raise TimeoutError("timed out")
        return min(self.timeout, share)

    def _authenticate(self, host: DeadlineSMTP) -> None:
        if self.mail.use_tls:
            host.starttls(context=self._ssl_context)
        if self.mail.username and self.mail.password:
            host.login(self.mail.username, self.mail.password)


def _format_ehlo_name(name: str) -> str:
    """Format our name for EHLO: a host name, or an IP address in brackets."""
    try:
        version = ipaddress.ip_address(name).version
    except ValueError:
        return name
    return f"[{name}]" if version == 4 else f"[IPv6:{name}]"


MAX_SENDS_PER_CONNECTION = 200  # emails
IDLE_TIMEOUT = 10.0  # seconds after which an unused connection is closed
LEASE_MARGIN_STEPS = 3  # extra steps in a lease: DNS look-ups, recording the outcome
FILE_LEASE = 60.0  # seconds
NOOP_AFTER = 1.0  # seconds without use after which a connection is checked before it is used


class TemporaryFailure(Exception):
    """The email could not be sent and should be tried again."""


class ServerUnavailable(TemporaryFailure):
    """No email can be sent at the moment, neither this one nor another."""


class PermanentFailure(Exception):
    """The email can never be sent."""


class MailTransport(Protocol):
    """Sends emails to where the settings say."""

    max_send_time: float  # seconds; the length of a lease, longer than sending can take

    def send(self, email: LeasedEmail) -> None:
        """Send one email; raise TemporaryFailure, ServerUnavailable or PermanentFailure."""

    def close_if_idle(self) -> None:
        """Close what is not needed while there are no emails."""

    def close(self) -> None:
        """Close the transport."""


def create_transport(app: Flask) -> MailTransport:
    """Return the transport that the settings ask for."""
    if app.config["MAIL_SERVER"]:
        return SmtpTransport(app)
    return FileTransport(Path(app.instance_path) / "mail")


class FileTransport:
    """Emails as .eml files that a mail program opens, for a site without a mail server."""

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
                f"The letter could not be written to a file: {fault.strerror}"
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
        self._smtp: DeadlineSMTP | None = None
        self._sent_count = 0
        self._used_at = 0.0
        self.max_send_time = (
            self._connection.send_timeout + LEASE_MARGIN_STEPS * self._connection.timeout
        )

    def send(self, email: LeasedEmail) -> None:
        """Send one email over SMTP."""
        recipient = parse_address(email.recipient).addr_spec
        options = () if recipient.isascii() else ("SMTPUTF8", "BODY=8BITMIME")
        smtp = self._connect()
        try:
            smtp.sendmail(self._sender, [recipient], email.message, options)
        except smtplib.SMTPRecipientsRefused as refusal:
            raise _classify_refusal(*next(iter(refusal.recipients.values()))) from None
        except smtplib.SMTPDataError as refusal:
            raise _classify_refusal(refusal.smtp_code, refusal.smtp_error) from None
        except smtplib.SMTPNotSupportedError:
            raise PermanentFailure(
                "The mail server does not take addresses in this script"
            ) from None
        except (OSError, ValueError) as fault:
            self._abort()
            raise TemporaryFailure(_describe_fault(fault)) from None
        finally:
            self._sent_count += 1
            self._used_at = time.monotonic()

    def close_if_idle(self) -> None:
        """Close a connection that has not been used for a while."""
        if self._smtp is not None and time.monotonic() - self._used_at > IDLE_TIMEOUT:
            self.close()

    def close(self) -> None:
        """Send QUIT and close the connection."""
        self._quit(self._connection.deadline())

    def _quit(self, deadline: float) -> None:
        if self._smtp is not None:
            self._smtp.deadline = deadline
            with suppress(OSError, ValueError):
                self._smtp.quit()
        self._abort()

    def _connect(self) -> DeadlineSMTP:
        """Return a working connection for one send, the open one or a new one."""
        deadline = self._connection.deadline()
        if self._sent_count >= MAX_SENDS_PER_CONNECTION:
            self._quit(deadline)
        elif not self._is_connected(deadline):
            self._abort()
        if self._smtp is None:
            try:
                self._smtp = self._connection.configure_host(deadline)
            except (OSError, ValueError) as fault:
                raise ServerUnavailable(_describe_fault(fault)) from None
            self._sent_count = 0
        return self._smtp

    def _is_connected(self, deadline: float) -> bool:
        """Return True if the open connection still works: servers close idle ones."""
        if self._smtp is None or self._smtp.sock is None:
            return False
        self._smtp.deadline = deadline
        if time.monotonic() - self._used_at < NOOP_AFTER:
            return True
        try:
            return self._smtp.noop()[0] == 250
        except (OSError, ValueError):
            return False

    def _abort(self) -> None:
        """Close the connection without QUIT."""
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _classify_refusal(code: int, message: bytes | str) -> TemporaryFailure | PermanentFailure:
    """Distinguish a permanent refusal of this email (5yz) from a temporary one."""
    text = message.decode(errors="replace") if isinstance(message, bytes) else message
    description = f"The mail server answered: {code} {' '.join(text.split())}"
    return PermanentFailure(description) if 500 <= code <= 599 else TemporaryFailure(description)


def _describe_fault(fault: Exception) -> str:
    """Describe a fault of the server for an organiser."""
    if isinstance(fault, ssl.SSLError):
        return f"The mail server’s certificate or encryption was not accepted: {fault.reason}"
    if isinstance(fault, TimeoutError) or "timed out" in str(fault):
        return "The mail server did not answer in time"
    if isinstance(fault, smtplib.SMTPResponseException):
        return str(_classify_refusal(fault.smtp_code, fault.smtp_error))
    if isinstance(fault, smtplib.SMTPServerDisconnected):
        return "The mail server closed the connection"
    return f"The mail server could not be reached or understood: {fault}"
