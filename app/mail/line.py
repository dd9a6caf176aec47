"""The connection to a mail server: time limits on each step, and certificates that are verified."""

import ipaddress
import smtplib
import ssl
import time
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import flask_mail
from flask import Flask

STEPS = 2  # time limits that the steps for one letter may use up, before the last step


class Conversation(smtplib.SMTP):
    """A conversation with a mail server that has a limit for each step, and one for all."""

    def __init__(self, until: float, *server: Any, **about: Any) -> None:
        self.until = until
        super().__init__(*server, **about)

    def getreply(self) -> tuple[int, bytes]:
        """Hear the server's answer, unless it has had its time."""
        if time.monotonic() > self.until:
            self.close()
            raise TimeoutError
        return super().getreply()


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

    def until(self) -> float:
        """Tell when a conversation that begins now must be over."""
        return time.monotonic() + STEPS * self.timeout

    def configure_host(self) -> Conversation:
        """Open the connection."""
        server = (self.mail.server, self.mail.port)
        about: dict[str, Any] = {"local_hostname": self._name, "timeout": self.timeout}
        if self.mail.use_ssl:
            host: Conversation = Encrypted(self.until(), *server, context=self._trusted, **about)
        else:
            host = Conversation(self.until(), *server, **about)
        try:
            self._introduce(host)
        except BaseException:
            host.close()
            raise
        return host

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
