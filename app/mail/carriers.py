"""Those who carry letters away: a mail server, or a folder where none is set."""

import os
import re
import smtplib
import ssl
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from flask import Flask

from app import clock
from app.mail.line import Conversation, Line
from app.mail.message import address
from app.mail.outbox import Taken

ENOUGH = 200  # letters on one connection
IDLE = 10.0  # seconds after which an unused connection is closed
SPARE = 3  # steps by which a loan outlasts a turn: to look names up, and to write down
AT_A_DESK = 60.0  # seconds for which a letter is lent that becomes a file
FRESH = 1.0  # seconds for which a connection is taken to be there without asking


class NotNow(Exception):
    """The letter could not be carried, and should be tried again."""


class Away(NotNow):
    """No letter can be carried for the moment, this one or another."""


class Never(Exception):
    """The letter can never be carried."""


class Carrier(Protocol):
    """Takes letters to where they go."""

    longest: float  # seconds for which a letter is lent: more than carrying it can take

    def carry(self, letter: Taken) -> None:
        """Carry one letter away, or raise NotNow, Away or Never."""

    def rest(self) -> None:
        """Let go of what is not needed while there are no letters."""

    def close(self) -> None:
        """Let go of everything."""


def carrier(app: Flask) -> Carrier:
    """Give the carrier that the settings ask for."""
    if app.config["MAIL_SERVER"]:
        return Server(app)
    return Folder(Path(app.instance_path) / "mail")


class Folder:
    """Letters as files that a mail program opens, for a site without a mail server."""

    longest = AT_A_DESK

    def __init__(self, path: Path) -> None:
        self._path = path

    def carry(self, letter: Taken) -> None:
        """Write one letter, whole or not at all, for its owner's eyes only."""
        about = re.sub(r"[^\w-]", "", letter.about)
        parts = [f"{clock.real_now():%Y%m%dT%H%M%S.%f}", *filter(None, [about]), letter.name]
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            file, unfinished = tempfile.mkstemp(dir=self._path, prefix=".", suffix=".tmp")
            with os.fdopen(file, "wb") as open_file:
                open_file.write(letter.message)
            Path(unfinished).replace(self._path / f"{'-'.join(parts)}-{letter.id}.eml")
        except OSError as fault:
            raise Away(f"The letter could not be written to a file: {fault.strerror}") from fault

    def rest(self) -> None:
        """Nothing is held."""

    def close(self) -> None:
        """Nothing is held."""


class Server:
    """A mail server, over one connection that is kept as long as it is useful."""

    def __init__(self, app: Flask) -> None:
        self._line = Line(app)
        self._sender = address(app.config["MAIL_DEFAULT_SENDER"]).addr_spec
        self._host: Conversation | None = None
        self._carried = 0
        self._used_at = 0.0
        self.longest = self._line.turn + SPARE * self._line.timeout

    def carry(self, letter: Taken) -> None:
        """Hand one letter to the server."""
        recipient = address(letter.recipient).addr_spec
        options = () if recipient.isascii() else ("SMTPUTF8", "BODY=8BITMIME")
        host = self._ready()
        try:
            host.sendmail(self._sender, [recipient], letter.message, options)
        except smtplib.SMTPRecipientsRefused as refusal:
            raise _refusal(*next(iter(refusal.recipients.values()))) from None
        except smtplib.SMTPDataError as refusal:
            raise _refusal(refusal.smtp_code, refusal.smtp_error) from None
        except smtplib.SMTPNotSupportedError:
            raise Never("The mail server does not take addresses in this script") from None
        except (OSError, ValueError) as fault:
            self._hang_up()
            raise NotNow(_in_words(fault)) from None
        finally:
            self._carried += 1
            self._used_at = time.monotonic()

    def rest(self) -> None:
        """Close a connection that has not been used for a while."""
        if self._host is not None and time.monotonic() - self._used_at > IDLE:
            self.close()

    def close(self) -> None:
        """Take leave of the server."""
        self._take_leave(self._line.until())

    def _take_leave(self, until: float) -> None:
        if self._host is not None:
            self._host.until = until
            with suppress(OSError, ValueError):
                self._host.quit()
        self._hang_up()

    def _ready(self) -> Conversation:
        """Give a connection that stands, the kept one or a new one, for one turn."""
        until = self._line.until()
        if self._carried >= ENOUGH:
            self._take_leave(until)
        elif not self._is_there(until):
            self._hang_up()
        if self._host is None:
            try:
                self._host = self._line.configure_host(until)
            except (OSError, ValueError) as fault:
                raise Away(_in_words(fault)) from None
            self._carried = 0
        return self._host

    def _is_there(self, until: float) -> bool:
        """Whether the kept connection still stands: servers close those that are idle."""
        if self._host is None or self._host.sock is None:
            return False
        self._host.until = until
        if time.monotonic() - self._used_at < FRESH:
            return True
        try:
            return self._host.noop()[0] == 250
        except (OSError, ValueError):
            return False

    def _hang_up(self) -> None:
        """Leave the conversation without another word."""
        if self._host is not None:
            self._host.close()
            self._host = None


def _refusal(code: int, words: bytes | str) -> NotNow | Never:
    """Tell a refusal of this letter that may pass from one that will not."""
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    told = f"The mail server answered: {code} {' '.join(said.split())}"
    return Never(told) if 500 <= code <= 599 else NotNow(told)


def _in_words(fault: Exception) -> str:
    """Say what went wrong with the server, for an organiser."""
    if isinstance(fault, ssl.SSLError):
        return f"The mail server’s certificate or encryption was not accepted: {fault.reason}"
    if isinstance(fault, TimeoutError) or "timed out" in str(fault):
        return "The mail server did not answer in time"
    if isinstance(fault, smtplib.SMTPResponseException):
        return str(_refusal(fault.smtp_code, fault.smtp_error))
    if isinstance(fault, smtplib.SMTPServerDisconnected):
        return "The mail server closed the connection"
    return f"The mail server could not be reached or understood: {fault}"
