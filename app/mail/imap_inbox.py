"""The IMAP mailbox for reports and replies (RFC 3501), read by the mail worker.

Always over TLS, with a checked certificate. A message is fetched without marking it, handled in the
transaction that also stores its UID as read, and then marked as seen or moved to a folder. If the
connection breaks, the next round continues after the last message that was handled.
"""

import imaplib
import re
import ssl
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from app.database import db
from app.database_faults import log_if_unavailable
from app.errors import ConferenceError
from app.log import log
from app.mail.bounce_reports import MAX_REPORT_SIZE
from app.mail.heartbeat import RepeatedAction, repeating
from app.mail.mailbox_files import Handler, MessagePlace, get_position, handle_at, skip_to
from app.text import clean_line

WAKE_INTERVAL = 5.0  # seconds
READ_INTERVAL = 60.0  # seconds between checks of the mailbox
MAX_READ_INTERVAL = 900.0  # seconds, while it cannot be read
BATCH_SIZE = 100  # messages read over one connection
SEARCH_RANGE = 20_000  # UIDs in one search
MAX_LITERAL = MAX_REPORT_SIZE + 1024  # bytes that a server may send in one literal
UID_IN_ANSWER = re.compile(rb"UID (\d+)[ )]")


class InboxUnavailable(ConferenceError):
    """The mailbox cannot be read at the moment."""


class _ImapConnection(imaplib.IMAP4):
    """A connection that rejects literals larger than a report may be."""

    def read(self, size: int) -> bytes:
        """Read a literal of the announced size."""
        if size > MAX_LITERAL:
            raise self.abort(f"the server announced {size} bytes")
        data = super().read(size)
        if len(data) < size:
            raise self.abort("the connection was lost")
        return data


class _ImapTlsConnection(imaplib.IMAP4_SSL, _ImapConnection):
    """The same, with TLS from the first byte."""


def is_configured(app: Flask) -> bool:
    """Return True if the settings name a mailbox."""
    return bool(app.config["IMAP_SERVER"])


@contextmanager
def reading(handler: Handler) -> Iterator[None]:
    """Read the configured mailbox in a thread of its own during a block."""
    if not is_configured(current_app):
        yield
        return
    with repeating(RepeatedAction(WAKE_INTERVAL, "inbox", InboxReader(handler).run_if_due)):
        yield


class InboxReader:
    """Reads the mailbox at intervals, which grow while it cannot be read."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._due_at = 0.0  # monotonic time
        self._failures = 0

    def run_if_due(self) -> None:
        """Read a batch if it is due; log any error."""
        if time.monotonic() < self._due_at:
            return
        try:
            is_full = read_batch(self._handler) >= BATCH_SIZE
            self._failures = 0
            self._due_at = 0.0 if is_full else time.monotonic() + READ_INTERVAL
        except Exception as fault:  # noqa: BLE001 – the worker must go on
            self._back_off(fault)

    def _back_off(self, fault: Exception) -> None:
        db.session.remove()
        pause = min(MAX_READ_INTERVAL, READ_INTERVAL * 2.0 ** min(self._failures, 10))
        self._due_at = time.monotonic() + pause
        self._failures += 1
        if isinstance(fault, SQLAlchemyError) and log_if_unavailable(fault, "inbox"):
            return
        log.error("inbox not read", kind=type(fault).__name__)


def read_batch(handler: Handler) -> int:
    """Handle the next new messages of the mailbox; return their number.

    Raise InboxUnavailable with the reason if it cannot be read.
    """
    try:
        with _open_folder() as folder:
            uids = _find_new(folder)[:BATCH_SIZE]
            for uid in uids:
                raw = _fetch(folder.imap, uid)
                if raw is not None:
                    place = MessagePlace(folder.name, folder.validity, uid, folder.validity)
                    is_of_use = handle_at(place, raw, handler)
                    if is_of_use is not False or not _has_readers():
                        _mark_handled(folder, uid)
            return len(uids)
    except (imaplib.IMAP4.error, OSError, ValueError) as fault:
        raise InboxUnavailable(_describe(fault)) from None


def _has_readers() -> bool:
    """Return True if people read the mailbox as well, so that unrelated messages are left alone."""
    return bool(current_app.config["MAIL_INBOX_REPLIES"])


def check() -> None:
    """Raise InboxUnavailable if the mailbox cannot be read."""
    try:
        with _open_folder():
            return
    except (imaplib.IMAP4.error, OSError, ValueError) as fault:
        raise InboxUnavailable(_describe(fault)) from None


class _Folder(NamedTuple):
    """The open folder."""

    imap: imaplib.IMAP4
    name: str
    validity: str  # UIDVALIDITY
    next_uid: int  # 0 if the server did not say
    capabilities: Collection[bytes]


@contextmanager
def _open_folder() -> Iterator[_Folder]:
    """Sign in and open the configured folder."""
    config = current_app.config
    imap = _connect(config)
    try:
        imap.login(_quote(config["IMAP_USERNAME"]), config["IMAP_PASSWORD"])
        if config["IMAP_DONE_FOLDER"]:
            imap.create(_quote(config["IMAP_DONE_FOLDER"]))  # the server refuses if it exists
        _require_ok(imap.select(_quote(config["IMAP_FOLDER"])))
        yield _Folder(
            imap,
            name=f"imap {config['IMAP_USERNAME']}@{config['IMAP_SERVER']}/{config['IMAP_FOLDER']}",
            validity=_read_number(imap, "UIDVALIDITY"),
            next_uid=int(_read_number(imap, "UIDNEXT") or 0),
            capabilities=_require_ok(imap.capability())[-1].upper().split(),
        )
        with suppress(imaplib.IMAP4.error, OSError):
            imap.logout()
    finally:
        with suppress(OSError):
            imap.shutdown()


def _connect(config: Any) -> imaplib.IMAP4:
    context = ssl.create_default_context(cafile=config["MAIL_CA_FILE"])
    host, port, timeout = config["IMAP_SERVER"], config["IMAP_PORT"], config["MAIL_TIMEOUT"]
    if config["IMAP_USE_SSL"]:
        return _ImapTlsConnection(host, port, ssl_context=context, timeout=timeout)
    imap = _ImapConnection(host, port, timeout=timeout)
    try:
        imap.starttls(context)  # never without encryption
    except BaseException:
        imap.shutdown()
        raise
    return imap


def _find_new(folder: _Folder) -> list[int]:
    """Return the UIDs of the next messages to read, in order.

    A large folder is searched in ranges, because the client limits the length of a response.
    """
    existing = max(folder.next_uid - 1, 0)
    found = get_position(folder.name, folder.validity, existing)
    if found.validity != folder.validity:  # the UIDs now stand for other messages
        found = get_position(folder.name, folder.validity, existing, is_reset=True)
    start = found.position
    while True:
        end = start + SEARCH_RANGE
        is_last = end >= folder.next_uid - 1
        uids = _search(folder.imap, start, "*" if is_last else str(end), found.existing)
        if uids or is_last:
            return uids
        skip_to(folder.name, folder.validity, end)
        start = end


def _search(imap: imaplib.IMAP4, start: int, end: str, existing: int) -> list[int]:
    criteria = (f"UID {start + 1}:{end}", "OR", "UNSEEN", f"UID {existing + 1}:*")
    lines = _require_ok(imap.uid("SEARCH", *criteria))
    uids = {int(word) for line in lines if line for word in line.split()}
    # "5:*" also names the last message if its UID is below 5 (RFC 3501, section 6.4.8)
    return sorted(uid for uid in uids if uid > start)


def _fetch(imap: imaplib.IMAP4, uid: int) -> bytes | None:
    """Return the start of a message, up to the size of a report; None if it is gone."""
    request = f"(UID BODY.PEEK[]<0.{MAX_REPORT_SIZE}>)"
    state, answers = imap.uid("FETCH", str(uid), request)
    if state != "OK":  # an unreadable message must not block the following ones
        log.error("message not fetched", uid=uid)
        return None
    for answer in answers:
        if isinstance(answer, tuple):
            found = UID_IN_ANSWER.search(answer[0])
            if found and int(found[1]) == uid:
                return bytes(answer[1])
    return None


def _mark_handled(folder: _Folder, uid: int) -> None:
    """Mark a message as seen, and move it if there is a folder for handled ones."""
    imap, number = folder.imap, str(uid)
    done_folder = current_app.config["IMAP_DONE_FOLDER"]
    imap.uid("STORE", number, "+FLAGS.SILENT", r"(\Seen)")
    if not done_folder:
        return
    if b"MOVE" in folder.capabilities:
        imap.uid("MOVE", number, _quote(done_folder))
    elif imap.uid("COPY", number, _quote(done_folder))[0] == "OK":
        imap.uid("STORE", number, "+FLAGS.SILENT", r"(\Deleted)")
        if b"UIDPLUS" in folder.capabilities:  # else others' deleted messages would go as well
            imap.uid("EXPUNGE", number)


def _require_ok(answer: tuple[str, list[Any]]) -> list[Any]:
    state, lines = answer
    if state != "OK":
        raise imaplib.IMAP4.error(lines[0] if lines else state)
    return lines


def _read_number(imap: imaplib.IMAP4, name: str) -> str:
    """Return a number from the server's response to opening the folder; "" without one."""
    _, lines = imap.response(name)
    return lines[-1].decode() if lines and lines[-1] else ""


def _quote(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _describe(fault: Exception) -> str:
    if isinstance(fault, ssl.SSLError):
        return f"The mailbox’s certificate or encryption was not accepted: {fault.reason}"
    if isinstance(fault, TimeoutError) or "timed out" in str(fault):
        return "The server of the mailbox did not respond in time"
    if isinstance(fault, imaplib.IMAP4.error):
        words = fault.args[0] if fault.args else ""
        text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
        return clean_line(f"The server of the mailbox replied: {text}")[:300]
    return clean_line(f"The server of the mailbox could not be reached: {fault}")[:300]
