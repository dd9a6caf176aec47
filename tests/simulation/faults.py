"""Processes that die at a commit, and mail servers that are difficult, as the seed says.

A crash is no ordinary error: nothing that the site does about errors runs, only what Python and the
database do when a process ends. It comes just before a transaction is committed, or just after, so
that the work is done and nobody learns of it: then it strikes as the next transaction begins.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from random import Random

from sqlalchemy import Connection, Engine, event

from app.database import db
from app.transaction_settings import is_writable
from tests.mail_server import MailServer

CRASH_SHARE = 0.15  # of all steps
MAIL_FAULT_SHARE = 0.25  # of the worker's rounds
DIFFICULTIES: Mapping[str, Callable[[MailServer], None]] = {
    "greylisted": lambda server: server.refuse(451, "Try again later", times=3),
    "refused": lambda server: server.refuse(452, "Too many recipients"),
    "dropped": lambda server: server.drop_connections(),
    "dropped for some": lambda server: server.drop_connections("slow.example"),
    "content": lambda server: server.reject_content(451, "Looks odd"),
    "away": MailServer.close,
}


class Crash(BaseException):
    """The process has died."""


class CrashPoints:
    """Lets one of the next commits of a database be the last thing that a process does."""

    def __init__(self, engine: Engine, random: Random) -> None:
        self._engine = engine
        self._random = random
        self._countdown = 0  # commits until the crash; 0: none is to come
        self._is_after = False
        self._strikes_next = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Watch the transactions of the engine."""
        event.listen(self._engine, "commit", self._on_commit)
        event.listen(self._engine, "begin", self._on_begin)
        try:
            yield
        finally:
            event.remove(self._engine, "commit", self._on_commit)
            event.remove(self._engine, "begin", self._on_begin)

    @contextmanager
    def perhaps(self) -> Iterator[None]:
        """Let the seed say whether a crash comes in this block, and at which commit."""
        if self._random.random() < CRASH_SHARE:
            commit = self._random.choice((1, 1, 2, 3, 8))
            self.plan(commit, is_after=self._random.random() < 0.5)
        with self.awaited():
            yield

    def plan(self, commit: int, *, is_after: bool) -> None:
        """Let the process die just before or after one of the next commits, counted from 1."""
        self._countdown, self._is_after = commit, is_after

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """Let the crash that is planned come in this block, or not at all."""
        try:
            yield
            self._strike()  # the last commit succeeded but was not acknowledged
        except Crash:
            db.session.remove()
            self._engine.dispose()  # the connections of a dead process are closed
            raise
        finally:
            self._countdown, self._strikes_next = 0, False

    def _on_commit(self, _: Connection) -> None:
        if not self._countdown or not is_writable.get():
            return
        self._countdown -= 1
        if self._countdown:
            return
        if not self._is_after:
            raise Crash
        self._strikes_next = True

    def _on_begin(self, _: Connection) -> None:
        self._strike()

    def _strike(self) -> None:
        if self._strikes_next:
            self._strikes_next = False
            raise Crash


@contextmanager
def difficult_mail(mailbox: MailServer, random: Random) -> Iterator[str]:
    """Let the mail server be difficult for a while, or not; yield how."""
    kind = random.choice(sorted(DIFFICULTIES)) if random.random() < MAIL_FAULT_SHARE else "none"
    DIFFICULTIES.get(kind, MailServer.reset)(mailbox)
    try:
        yield kind
    finally:
        mailbox.reset()
        if kind == "away":
            mailbox.reopen()
