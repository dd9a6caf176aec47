"""A small IMAP server for the tests, on this machine, that can be as difficult as real ones are.

inbox.add(b"Subject: …")            a message that comes in; returns its UID
inbox.messages                      {UID: Message}, with its flags
inbox.folders["Done"]               what was moved there
inbox.drop_on("STORE")              break the connection off when that command comes
inbox.refuse_fetch(3)               answer NO when that message is asked for
inbox.announce(5_000_000_000)       announce so many bytes for each message
inbox.capabilities                  what it says that it can do; {"MOVE"} by default
inbox.recreate()                    a folder of the same name: other UIDVALIDITY, UIDs from 1 on
inbox.stay_silent()                 accept connections, then keep silent
inbox.commands                      every command that came, in order, without the password
"""

import re
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread

import trustme

from tests.waiting import HOST

PASSWORD = "a long password"


@dataclass
class Message:
    """A message and its flags."""

    raw: bytes
    flags: set[str] = field(default_factory=set)


class ImapServer:
    """The server and the one mailbox that it has."""

    def __init__(self, folder: Path, *, is_implicit_tls: bool = True) -> None:
        self.messages: dict[int, Message] = {}
        self.folders: dict[str, list[bytes]] = {}
        self.capabilities = {"MOVE"}
        self.commands: list[str] = []
        self.validity = 1
        self.next_uid = 1
        self.dropped_command = ""
        self.unreadable: set[int] = set()
        self.announced: int | None = None
        self.is_silent = False
        self.is_closing = Event()
        self.is_implicit_tls = is_implicit_tls
        self._authority = folder / "imap-authority.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self._authority))
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(HOST).configure_cert(self.context)
        mailbox = self

        class Handler(_Conversation):
            inbox = mailbox

        self._server = ThreadingTCPServer((HOST, 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def settings(self) -> dict[str, str]:
        """The settings by which a site reads this mailbox."""
        return {
            "IMAP_SERVER": HOST,
            "IMAP_PORT": str(self._server.server_address[1]),
            "IMAP_USE_SSL": str(self.is_implicit_tls).lower(),
            "IMAP_USERNAME": "bounces@conference.example",
            "IMAP_PASSWORD": PASSWORD,
            "MAIL_CA_FILE": str(self._authority),
            "MAIL_TIMEOUT": "2",
        }

    def add(self, raw: bytes, *flags: str) -> int:
        """Add an incoming message."""
        uid, self.next_uid = self.next_uid, self.next_uid + 1
        self.messages[uid] = Message(raw, set(flags))
        return uid

    def seen(self) -> list[int]:
        """List the UIDs of the messages that are marked as seen."""
        return [uid for uid, message in self.messages.items() if r"\Seen" in message.flags]

    def drop_on(self, command: str) -> None:
        """Break the connection off when a command comes; "" for none any more."""
        self.dropped_command = command

    def refuse_fetch(self, uid: int) -> None:
        """Answer NO when a message is asked for."""
        self.unreadable.add(uid)

    def announce(self, size: int) -> None:
        """Announce so many bytes for each message."""
        self.announced = size

    def stay_silent(self) -> None:
        """Accept connections, then keep silent."""
        self.is_silent = True

    def recreate(self) -> None:
        """Make a new folder of the same name, as an administrator might."""
        self.messages, self.next_uid, self.validity = {}, 1, self.validity + 1

    def close(self) -> None:
        """Stop listening."""
        self.is_closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Dropped(Exception):
    """The connection is to be broken off."""


class _Conversation(StreamRequestHandler):
    """One connection."""

    inbox: ImapServer

    def handle(self) -> None:
        if self.inbox.is_silent:
            self.inbox.is_closing.wait(30)
            return
        with suppress(_Dropped, OSError, ValueError):
            if self.inbox.is_implicit_tls:
                self._begin_tls()
            self._say("* OK ready")
            while self._answer(self.rfile.readline().decode("utf-8")):
                pass
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.rfile.close()
        self.connection.close()

    @property
    def _commands(self) -> Mapping[str, Callable[[str], str | None]]:
        return {
            "CAPABILITY": self._do_capability,
            "STARTTLS": self._do_starttls,
            "LOGIN": self._do_login,
            "CREATE": self._do_create,
            "SELECT": self._do_select,
            "SEARCH": self._do_search,
            "FETCH": self._do_fetch,
            "STORE": self._do_store,
            "COPY": self._do_copy,
            "MOVE": self._do_move,
            "EXPUNGE": self._do_expunge,
            "LOGOUT": self._do_logout,
        }

    def _begin_tls(self) -> None:
        self.rfile.close()
        self.connection = self.inbox.context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")

    def _say(self, line: str) -> None:
        self.connection.sendall(f"{line}\r\n".encode())

    def _answer(self, line: str) -> bool:
        tag, _, rest = line.strip().partition(" ")
        if not tag:
            return False
        words = rest.split(" ")
        name = words[1] if words[0] == "UID" else words[0]
        shown = rest.replace(f'"{PASSWORD}"', "…")
        self.inbox.commands.append(shown)
        if name == self.inbox.dropped_command:
            raise _Dropped
        command = self._commands.get(name)
        state = command(rest.partition(f"{name} ")[2]) or "OK done" if command else "BAD unknown"
        self._say(f"{tag} {state}")
        if name == "STARTTLS":
            self._begin_tls()
        return name != "LOGOUT"

    def _do_capability(self, _: str) -> None:
        extra = "" if self.inbox.is_implicit_tls else " STARTTLS"
        self._say(f"* CAPABILITY IMAP4rev1{extra} {' '.join(sorted(self.inbox.capabilities))}")

    def _do_starttls(self, _: str) -> None:
        """Begin once the answer is on its way."""

    def _do_login(self, credentials: str) -> str | None:
        is_encrypted = isinstance(self.connection, ssl.SSLSocket)
        is_right = credentials == f'"bounces@conference.example" "{PASSWORD}"'
        return None if is_right and is_encrypted else "NO wrong name or password"

    def _do_create(self, name: str) -> str | None:
        folder = name.strip('"')
        if folder in self.inbox.folders:
            return "NO it is there already"
        self.inbox.folders[folder] = []
        return None

    def _do_select(self, name: str) -> str | None:
        if name != '"INBOX"':
            return "NO there is no such folder"
        self._say(f"* {len(self.inbox.messages)} EXISTS")
        self._say(f"* OK [UIDVALIDITY {self.inbox.validity}] valid")
        self._say(f"* OK [UIDNEXT {self.inbox.next_uid}] next")
        return "OK [READ-WRITE] open"

    def _do_search(self, criteria: str) -> None:
        match = re.fullmatch(r"UID (\d+):(\d+|\*) OR UNSEEN UID (\d+):\*", criteria)
        assert match, criteria
        uids = sorted(self.inbox.messages)
        last = uids[-1] if uids else 0
        found = [uid for uid in uids if _is_within(uid, match[1], match[2], last)]
        unseen = [
            uid
            for uid in found
            if r"\Seen" not in self.inbox.messages[uid].flags
            or _is_within(uid, match[3], "*", last)
        ]
        self._say(" ".join(["* SEARCH", *map(str, unseen)]))

    def _do_fetch(self, what: str) -> str | None:
        uid = int(what.partition(" ")[0])
        limit = re.search(r"<0\.(\d+)>", what)
        message = self.inbox.messages.get(uid)
        if uid in self.inbox.unreadable:
            return "NO the message cannot be read"
        if message is None:
            return None
        body = message.raw[: int(limit[1])] if limit else message.raw
        size = self.inbox.announced or len(body)
        self.connection.sendall(f"* 1 FETCH (UID {uid} BODY[]<0> {{{size}}}\r\n".encode())
        half = len(body) // 2
        self.connection.sendall(body[:half])
        if self.inbox.dropped_command == "in the middle":
            raise _Dropped
        self.connection.sendall(body[half:] + b")\r\n")
        return None

    def _do_store(self, what: str) -> None:
        uid, flags = int(what.partition(" ")[0]), re.findall(r"\\\w+", what)
        self.inbox.messages[uid].flags |= set(flags)

    def _do_copy(self, what: str) -> None:
        uid, _, name = what.partition(" ")
        self.inbox.folders[name.strip('"')].append(self.inbox.messages[int(uid)].raw)

    def _do_move(self, what: str) -> None:
        self._do_copy(what)
        del self.inbox.messages[int(what.partition(" ")[0])]

    def _do_expunge(self, what: str) -> None:
        if r"\Deleted" in self.inbox.messages[int(what)].flags:
            del self.inbox.messages[int(what)]

    def _do_logout(self, _: str) -> None:
        self._say("* BYE")


def _is_within(uid: int, start: str, end: str, last: int) -> bool:
    """Whether a UID is in a range, which may be turned round: 5:* where the last one is 3."""
    first, final = int(start), last if end == "*" else int(end)
    return min(first, final) <= uid <= max(first, final)
