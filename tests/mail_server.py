"""A real mail server for the tests, on this machine, that can be as difficult as real ones are.

mailbox.emails                      every email it has accepted, oldest first
mailbox.emails_to("ada@…")          those for one person
mailbox.refuse(451, "Try later")    answer every email so, until told otherwise
mailbox.refuse(550, "No such mailbox", to="ada@example.org")
mailbox.refuse(451, "Greylisted", times=1)
mailbox.stay_silent()               accept connections, then keep silent
mailbox.greet_endlessly()           greet without end, a line now and then
mailbox.send_garbage()              answer with what is not SMTP
mailbox.drop_connections()          close each connection as soon as an email has come
mailbox.drop_connections("slow.example")  only for emails to that domain
mailbox.stall("slow.example")       keep silent once an email to that domain is announced
mailbox.reset()                     be good again
mailbox.close(), mailbox.reopen()   be away, and come back on the same port
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event
from typing import Any, cast

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.waiting import HOST, free_port


@dataclass
class Refusal:
    """An answer that the server gives instead of accepting."""

    answer: str
    recipient: str | None
    times_left: int | None

    def applies_to(self, recipient: str) -> bool:
        """Whether it stands for this recipient, still."""
        return self.times_left != 0 and self.recipient in {None, recipient}


@dataclass
class ReceivedEmail:
    """An email as received over SMTP."""

    sender: str
    recipient: str
    raw: bytes
    over_tls: bool
    message: EmailMessage = field(init=False)

    def __post_init__(self) -> None:
        self.message = message_from_bytes(self.raw, policy=policy.default)

    @property
    def subject(self) -> str:
        """Its subject."""
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """Its plain words."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The same words as HTML."""
        return self._part("html")

    @property
    def calendar(self) -> str:
        """Its calendar entry, empty when there is none."""
        for part in self.message.walk():
            if part.get_content_type() == "text/calendar":
                return str(part.get_content())
        return ""

    def _part(self, kind: str) -> str:
        body = self.message.get_body((kind,))
        assert body is not None, f"the letter “{self.subject}” has no {kind} part"
        return str(body.get_content()).replace("\r\n", "\n")


class _GarbageProtocol(asyncio.Protocol):
    """Answers with what is not SMTP."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(b"\x00\xff\xfe <html>nonsense\r\n" * 3)

    def data_received(self, data: bytes) -> None:
        self.transport.write(b"\x07\x07 999-\r\n")


class _EndlessGreetingProtocol(asyncio.Protocol):
    """Greets without end, a line now and then."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._go_on()

    def _go_on(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(b"220-One moment\r\n")
            asyncio.get_running_loop().call_later(0.2, self._go_on)


class _DrippingProtocol(asyncio.Protocol):
    """Greets, then answers every command one byte at a time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(b"220 One moment\r\n")

    def data_received(self, data: bytes) -> None:
        self._go_on()

    def _go_on(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(b"2")
            asyncio.get_running_loop().call_later(0.2, self._go_on)


class _SilentProtocol(asyncio.Protocol):
    """Takes the call and says nothing."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport


class _ServerController(Controller):
    """Uses the current fault of the server for each connection."""

    def __init__(self, mailbox: "MailServer", **settings: Any) -> None:
        super().__init__(mailbox, **settings)
        self._mailbox = mailbox
        self._connections: list[Any] = []

    def factory(self) -> Any:
        self._mailbox.connections += 1
        conversation = self._mailbox.create_protocol() or SMTP(self.handler, **self.SMTP_kwargs)
        self._connections.append(conversation)
        return conversation

    def end(self) -> None:
        """Break off every conversation, then stop."""
        asyncio.run_coroutine_threadsafe(self._break_off(), self.loop).result(10)
        self.stop()

    async def _break_off(self) -> None:
        for conversation in self._connections:
            if getattr(conversation, "transport", None) is not None:
                conversation.transport.abort()
        for _ in range(3):  # the loop closes them when it comes round
            await asyncio.sleep(0)


class MailServer:
    """The server and what it has accepted."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.emails: list[ReceivedEmail] = []
        self.connections = 0
        self.users: dict[str, str] = {}
        self.host = HOST
        self.port = port
        self._refusals: list[Refusal] = []
        self._protocol: type[asyncio.Protocol] | None = None
        self._dropped_domain: str | None = None  # "" for every domain
        self._stalled_domain = ""
        self._content_error = ""
        self._on_accept: Callable[[], None] | None = None
        self._received = Event()
        self._tls = False
        self._pipelining = True
        self._folder = folder
        self._controller: _ServerController | None = None

    def open(
        self,
        *,
        tls: bool = False,
        implicit_tls: bool = False,
        smtputf8: bool = True,
        pipelining: bool = True,
    ) -> None:
        """Start listening; with tls, insist on STARTTLS, or speak it from the start."""
        self._tls = tls
        self._pipelining = pipelining
        self._controller = _ServerController(
            self,
            hostname=HOST,
            port=self.port or free_port(),
            ready_timeout=10,
            enable_SMTPUTF8=smtputf8,
            ssl_context=self._context() if implicit_tls else None,
            tls_context=self._context() if tls else None,
            require_starttls=tls,
            auth_require_tls=tls,
            authenticator=self._authenticate,
            decode_data=False,
        )
        self._controller.start()
        self.port = self._controller.port

    def close(self) -> None:
        """Be away."""
        if self._controller is not None:
            self._controller.end()
            self._controller = None

    def reopen(self) -> None:
        """Come back on the same port."""
        self.close()
        self.open(tls=self._tls)

    @property
    def settings(self) -> dict[str, str]:
        """The settings by which a site delivers here."""
        settings = {"MAIL_SERVER": self.host, "MAIL_PORT": str(self.port)}
        if self._tls:
            settings |= {"MAIL_USE_TLS": "true", "MAIL_CA_FILE": str(self.ca_certificate)}
        return settings

    @property
    def ca_certificate(self) -> Path:
        """The certificate of this server's authority."""
        return self._folder / "authority.pem"

    def emails_to(self, recipient: str) -> list[ReceivedEmail]:
        """Find the emails to one person."""
        return [letter for letter in self.emails if letter.recipient == recipient]

    def wait_for(self, count: int, seconds: float = 10) -> list[ReceivedEmail]:
        """Wait until so many emails have arrived, and return them all."""
        while len(self.emails) < count:
            self._received.clear()
            if len(self.emails) < count:
                assert self._received.wait(seconds), f"{len(self.emails)} letters came, not {count}"
        return self.emails

    def refuse(self, code: int, text: str, to: str | None = None, times: int | None = None) -> None:
        """Answer emails this way; to one person or all, so many times or until reset."""
        self._refusals.append(Refusal(f"{code} {text}", to, times))

    def reject_content(self, code: int, text: str) -> None:
        """Refuse emails by content."""
        self._content_error = f"{code} {text}"

    def stay_silent(self) -> None:
        """Accept connections, then keep silent."""
        self._protocol = _SilentProtocol

    def greet_endlessly(self) -> None:
        """Greet without end, a line now and then."""
        self._protocol = _EndlessGreetingProtocol

    def drip(self) -> None:
        """Greet, then answer a byte now and then."""
        self._protocol = _DrippingProtocol

    def send_garbage(self) -> None:
        """Answer with what is not SMTP."""
        self._protocol = _GarbageProtocol

    def drop_connections(self, domain: str = "") -> None:
        """Close each connection after an email has arrived (for a domain), without an answer."""
        self._dropped_domain = domain

    def stall(self, domain: str) -> None:
        """Keep silent once an email to a domain is announced."""
        self._stalled_domain = domain

    def on_accept(self, callback: Callable[[], None]) -> None:
        """Call something each time an email is stored, before the sender is answered."""
        self._on_accept = callback

    def reset(self) -> None:
        """Be good again."""
        self._on_accept = None
        self._content_error = ""
        self._refusals.clear()
        self._protocol = None
        self._dropped_domain = None
        self._stalled_domain = ""

    def create_protocol(self) -> asyncio.Protocol | None:
        """Return the current protocol, if it is not SMTP."""
        return self._protocol() if self._protocol else None

    async def handle_EHLO(  # noqa: N802 - aiosmtpd calls it so
        self, server: Any, session: Session, envelope: Envelope, name: str, lines: list[str]
    ) -> list[str]:
        """Say what else is offered."""
        session.host_name = name
        return [lines[0], *(["250-PIPELINING"] if self._pipelining else []), *lines[1:]]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse a recipient, or take the letter."""
        if self._stalled_domain and address.endswith(f"@{self._stalled_domain}"):
            await asyncio.Event().wait()
        for refusal in self._refusals:
            if refusal.applies_to(address):
                if refusal.times_left is not None:
                    refusal.times_left -= 1
                return refusal.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        """Keep a letter."""
        if self._drops(envelope.rcpt_tos):
            server.transport.abort()
            return "421 Gone"
        if self._content_error:
            return self._content_error
        for recipient in envelope.rcpt_tos:
            self.emails.append(
                ReceivedEmail(
                    sender=str(envelope.mail_from),
                    recipient=recipient,
                    raw=cast("bytes", envelope.content),
                    over_tls=session.ssl is not None,
                )
            )
        self._received.set()
        if self._on_accept is not None:
            await asyncio.to_thread(self._on_accept)
        return "250 Kept"

    def _drops(self, recipients: list[str]) -> bool:
        domain = self._dropped_domain
        return domain is not None and any(name.endswith(domain) for name in recipients)

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, credentials: LoginPassword
    ) -> Any:
        known = self.users.get(credentials.login.decode())
        is_right = known is not None and known == credentials.password.decode()
        return AuthResult(success=is_right, handled=False)

    def _context(self) -> ssl.SSLContext:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca_certificate))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(HOST, "localhost").configure_cert(context)
        return context
