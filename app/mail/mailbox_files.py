"""Mailboxes in files: Maildir and mbox. Each new message is handled once, in a transaction.

The transaction that handles a message also stores the position in its mailbox. So no message is
lost or handled twice, even after a crash.
"""

import fcntl
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from sqlalchemy import update

from app.database import db, insert_if_absent, transaction
from app.database_faults import is_unavailable
from app.errors import RuleViolation
from app.log import log
from app.mail.bounce_reports import MAX_REPORT_SIZE
from app.mail.models import MailboxPosition

# The line before a message (RFC 4155), which ends with a date: From ada@… Tue May 12 08:30:00 2009
FROM_LINE = re.compile(rb"From .*\d\d:\d\d.* \d{4}\b")
MAX_FROM_LINE = 300  # bytes
FINGERPRINT_LENGTH = 1024  # bytes
LOCK_ATTEMPTS, LOCK_PAUSE = 10, 0.5  # seconds; mail delivery holds the lock only briefly

Handler = Callable[[bytes], bool]  # handles a message; returns whether it was useful


class MboxMessage(NamedTuple):
    """A message in an mbox file, its end, and the fingerprint of the file before that."""

    raw: bytes
    end: int
    validity: str


def handle(raw: bytes, handler: Handler) -> bool:
    """Handle one message in a transaction of its own."""
    with transaction():
        return handler(raw)


def read_maildir(folder: Path, handler: Handler, *, marks_all: bool = True) -> Iterator[bool]:
    """Handle the new messages of a Maildir folder; mark all as seen, or only the useful ones.

    A message that cannot be handled does not block the following ones.
    """
    for path in sorted((folder / "new").iterdir()):
        with path.open("rb") as file:
            raw = file.read(MAX_REPORT_SIZE)
        is_of_use = _handle_or_ignore(raw, handler)
        yield is_of_use
        path.rename(folder / "cur" / f"{path.name}:2,{'S' if is_of_use or marks_all else ''}")


def _handle_or_ignore(raw: bytes, handler: Handler) -> bool:
    try:
        return handle(raw, handler)
    except Exception as fault:
        if is_unavailable(fault):
            raise
        log.error("message not handled", kind=type(fault).__name__)
        return False


def read_mbox(path: Path, handler: Handler) -> Iterator[bool]:
    """Handle the new messages of an mbox file, or of each mbox file in a folder.

    The files are not changed: the site stores its position in each.
    """
    files = sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else [path]
    for file in files:
        if not file.name.startswith(".") and file.suffix != ".lock":
            yield from _read_mbox_file(file, handler)


def _read_mbox_file(path: Path, handler: Handler) -> Iterator[bool]:
    name = f"mbox {path.resolve()}"
    with path.open("rb") as file:
        size = _measure(file, path)
        found = get_position(name, _fingerprint(file, 0))
        validity = _fingerprint(file, found.position)
        if found.position > size or found.validity != validity:  # messages were deleted from it
            found = get_position(name, _fingerprint(file, 0), is_reset=True)
        for message in _iter_messages(file, found.position, size):
            place = MessagePlace(name, found.validity, message.end, message.validity)
            is_useful = handle_at(place, message.raw, handler)
            if is_useful is None:  # another process has read further
                return
            found.validity = message.validity
            yield is_useful


def _measure(file: BinaryIO, path: Path) -> int:
    """Return the size of a file while no message is being written to it."""
    for _ in range(LOCK_ATTEMPTS):
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            time.sleep(LOCK_PAUSE)
        else:
            size = file.seek(0, 2)
            file.seek(0)
            fcntl.lockf(file, fcntl.LOCK_UN)
            return size
    raise RuleViolation(f"{path} is locked by another program. Try again later")


def _fingerprint(file: BinaryIO, position: int) -> str:
    """Return the hash of a file up to a position, without moving the file's cursor."""
    before = file.tell()
    start = max(position - FINGERPRINT_LENGTH, 0)
    file.seek(start)
    found = hashlib.sha256(file.read(position - start)).hexdigest()
    file.seek(before)
    return found


def _iter_messages(file: BinaryIO, start: int, size: int) -> Iterator[MboxMessage]:
    """Yield the messages between two positions, each truncated to the limit."""
    file.seek(start)
    end, lines, length, is_after_blank = start, list[bytes](), 0, True
    while end < size and (line := file.readline(min(MAX_REPORT_SIZE, size - end))):
        if is_after_blank and end > start and FROM_LINE.match(line[:MAX_FROM_LINE]):
            yield MboxMessage(b"".join(lines[1:]), end, _fingerprint(file, end))
            lines, length = [], 0
        if length < MAX_REPORT_SIZE:
            lines.append(line)
        length += len(line)
        end += len(line)
        is_after_blank = not line.strip(b"\r\n")
    if lines:
        yield MboxMessage(b"".join(lines[1:]), end, _fingerprint(file, end))


def get_position(
    name: str, validity: str, existing: int = 0, *, is_reset: bool = False
) -> MailboxPosition:
    """Return the position in a mailbox: the start if it is new, or is to be read again."""
    with transaction():
        first = {"name": name, "validity": validity, "position": 0, "existing": existing}
        insert_if_absent(MailboxPosition, [first])
        found = db.session.get_one(MailboxPosition, name, with_for_update=True)
        if is_reset:
            found.validity, found.position, found.existing = validity, 0, existing
        db.session.flush()
        db.session.expunge(found)
    return found


class MessagePlace(NamedTuple):
    """The place of a message: its position, and the validity after reading it."""

    mailbox: str
    validity: str
    position: int
    next_validity: str


def handle_at(place: MessagePlace, raw: bytes, handler: Handler) -> bool | None:
    """Handle the message at a position once; return None if it was handled before.

    A message that cannot be handled does not block the following ones.
    """
    try:
        with transaction():
            return handler(raw) if _advance(place) else None
    except Exception as fault:
        if is_unavailable(fault):
            raise
        log.error("message not handled", kind=type(fault).__name__)
    with transaction():
        return False if _advance(place) else None


def skip_to(name: str, validity: str, position: int) -> None:
    """Record that there is nothing to read before a position."""
    with transaction():
        _advance(MessagePlace(name, validity, position, validity))


def _advance(place: MessagePlace) -> bool:
    """Advance a mailbox's position; return False if another process has done so."""
    moved = db.session.execute(
        update(MailboxPosition)
        .where(
            MailboxPosition.name == place.mailbox,
            MailboxPosition.validity == place.validity,
            MailboxPosition.position < place.position,
        )
        .values(position=place.position, validity=place.next_validity)
        .returning(MailboxPosition.name)
    )
    return moved.first() is not None
