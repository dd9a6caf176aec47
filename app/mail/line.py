"""The connection to a mail server: time limits, and certificates that are verified.

Each step has its limit, and a whole turn has one: from the question whether the kept connection
still stands to the answer that the letter is taken. A server that says a little now and then
cannot stretch it.
"""

import io
import ipaddress
import smtplib
import socket
import ssl
import time
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import flask_mail
from flask import Flask

STEPS = 3  # time limits for one step that a whole turn may use up
AN_INSTANT = 0.001


class Ear(io.RawIOBase):
    """Hears what the server says, however slowly, and stops listening when its time is over."""

    def __init__(self, conversation: "Conversation") -> None:
        super().__init__()
        self._conversation = conversation

    def readable(self) -> bool:
        """Say that there may be something to hear."""
        return True

    def readinto(self, room: Any) -> int:
        """Hear the next few bytes."""
        return self._conversation.in_time().recv_into(room)


class Conversation(smtplib.SMTP):
    """A conversation with a mail server that has a limit for each step, and one for all."""

    def __init__(self, until: float, step: float, *server: Any, **about: Any) -> None:
        self.until = until
        self._step = step
        super().__init__(*server, **about)

    def in_time(self) -> socket.socket:
        """Give the connection, which waits no longer than there is time."""
        left = self._left
        if left <= 0:
            raise TimeoutError("timed out")
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("Connection closed")
        self.sock.settimeout(left)
        return self.sock

    @property
    def _left(self) -> float:
        return min(self.until - time.monotonic(), self._step)

    def send(self, s: Any) -> None:
        """Say something."""
        self.in_time()
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Hear the server's answer."""
        if self.file is None:
            self.file = io.BufferedReader(Ear(self))
        answer = super().getreply()
        if self.sock is not None:  # a handshake may follow
            self.sock.settimeout(max(self._left, AN_INSTANT))
        return answer


class Encrypted(Conversation, smtplib.SMTP_SSL):
    """A conversation that is encrypted from the first word."""


class Line(flask_mail.Connection):
    """Flask-Mail's connection, with time limits, and with certificates that are verified."""

    def __init__(self, app: Flask) -> None:
        super().__init__(flask_mail.Mail(app))
        self.timeout: int = app.config["MAIL_TIMEOUT"]
        self._authority: Path | None = app.config["MAIL_CA_FILE"]
        self._name = _spoken(urlsplit(app.config["SITE_URL"]).hostname or "localhost")

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        """Whom we trust; made only where it is needed, since it takes time and memory."""
        return ssl.create_default_context(cafile=self._authority)

    @property
    def turn(self) -> float:
        """How many seconds one letter may take, with all that has to be said before and after."""
        return float(STEPS * self.timeout)

    def until(self) -> float:
        """Tell when a turn that begins now must be over."""
        return time.monotonic() + self.turn

    def configure_host(self, until: float | None = None) -> Conversation:
        """Open the connection, at the latest at this moment."""
        until = self.until() if until is None else until
        server = (until, self.timeout, self.mail.server, self.mail.port)
        about: dict[str, Any] = {
            "local_hostname": self._name,
            "timeout": self._patience(until),
        }
        if self.mail.use_ssl:
            host: Conversation = Encrypted(*server, context=self._trusted, **about)
        else:
            host = Conversation(*server, **about)
        try:
            self._introduce(host)
        except BaseException:
            host.close()
            raise
        return host

    def _patience(self, until: float) -> float:
        """Share the time among the server's addresses, tried in turn, and what is said then."""
        addresses = socket.getaddrinfo(self.mail.server, self.mail.port, type=socket.SOCK_STREAM)
        share = (until - time.monotonic()) / (len(addresses) + 1)
        if share <= 0:
            raise TimeoutError("timed out")
        return min(self.timeout, share)

    def _introduce(self, host: Conversation) -> None:
        if self.mail.use_tls:
            host.starttls(context=self._trusted)
        if self.mail.username and self.mail.password:
            host.login(self.mail.username, self.mail.password)


def _spoken(name: str) -> str:
    """Write the name by which we greet the server: a host's name, or an address in brackets."""
    try:
        version = ipaddress.ip_address(name).version
    except ValueError:
        return name
    return f"[{name}]" if version == 4 else f"[IPv6:{name}]"
