"""Waking a mail worker as soon as an email is queued.

On PostgreSQL a trigger of the table notifies in the transaction that queues an email, and the
worker listens over a connection of its own. That must connect to the server itself: a pooler such
as pgbouncer uses another session for each transaction. On SQLite every commit changes a number of
the file, which is cheap to read. A worker also polls, so that emails without a wake-up (a retry, an
email for later) are at most a second late.
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any, Protocol

from sqlalchemy import URL, Engine, make_url

from app.database import get_file
from app.log import log
from app.postgresql import CONNECT_OPTIONS

LISTEN = "LISTEN email_queued"  # the channel of migration 0047
POLL_INTERVAL = 0.2  # seconds between polls without wake-ups
WOKEN_INTERVAL = 1.0  # seconds between polls with wake-ups
WATCH_INTERVAL = 0.1  # seconds between reads of the file's number
RECONNECT_INTERVAL = 30.0  # seconds
POSTGRESQL_PORT = 5432
NOT_WOKEN = "Until that is corrected, mail workers look for emails every 0.2 seconds"

Sleep = Callable[..., bool]  # seconds, and other descriptors to wait for; True if told to stop


class Wakeup(Protocol):
    """Lets a worker sleep until an email may be due."""

    def wait(self, sleep: Sleep) -> bool:
        """Sleep until then; return True if the worker was told to stop."""

    def close(self) -> None:
        """Close open connections and files."""


def create_wakeup(engine: Engine, direct_url: str) -> Wakeup:
    """Return the wake-up mechanism for this database."""
    if engine.dialect.name == "postgresql":
        return Listener(engine, make_url(direct_url) if direct_url else engine.url)
    return FileWatch(engine)


class Listener:
    """Waits for notifications of PostgreSQL."""

    def __init__(self, engine: Engine, url: URL) -> None:
        self._engine = engine
        self._url = url
        self._connection: Any = None
        self._connects_at = 0.0  # monotonic time

    def wait(self, sleep: Sleep) -> bool:
        """Sleep until an email is queued, or for a second; less without a connection."""
        if self._connection is None and time.monotonic() >= self._connects_at:
            self._connect()
        if self._connection is None:
            return sleep(POLL_INTERVAL)
        is_told_to_stop = sleep(WOKEN_INTERVAL, self._connection.fileno())
        try:
            for _ in self._connection.notifies(timeout=0):
                pass  # one query finds all of them
        except self._driver.Error:
            self.close()  # the server has ended the connection
        return is_told_to_stop

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            with suppress(self._driver.Error):
                self._connection.close()
            self._connection = None

    @property
    def _driver(self) -> Any:
        return self._engine.dialect.loaded_dbapi

    def _connect(self) -> None:
        """Listen, unless the server is unavailable or a pooler answers instead."""
        self._connects_at = time.monotonic() + RECONNECT_INTERVAL
        arguments, options = self._engine.dialect.create_connect_args(self._url)
        options = {**options, **CONNECT_OPTIONS, "autocommit": True}
        try:
            self._connection = self._driver.connect(*arguments, **options)
            [process] = self._connection.execute("SELECT pg_backend_pid()").fetchone()
            if process == self._connection.info.backend_pid:
                self._connection.execute(LISTEN)
                return
            self._connects_at = float("inf")
        except self._driver.Error as fault:
            log.warning("not listening", kind=type(fault).__name__)
        self.close()


def check_direct_url(engine: Engine, direct_url: str) -> str:
    """Return what is wrong with the direct URL of the database server, or ""."""
    url = make_url(direct_url)
    driver = engine.dialect.loaded_dbapi
    arguments, options = engine.dialect.create_connect_args(url)
    try:
        with closing(driver.connect(*arguments, **{**options, **CONNECT_OPTIONS})) as connection:
            [process] = connection.execute("SELECT pg_backend_pid()").fetchone()
            is_pooled = process != connection.info.backend_pid
    except driver.Error as fault:
        log.warning("direct address refused", kind=type(fault).__name__)
        place = f"{url.host or 'localhost'}:{url.port or POSTGRESQL_PORT}"
        return f"The server in DATABASE_DIRECT_URL cannot be used at {place}. {NOT_WOKEN}"
    if is_pooled:
        return f"DATABASE_DIRECT_URL is the address of a pooler, not of PostgreSQL. {NOT_WOKEN}"
    return ""


class FileWatch:
    """Watches the counter that each commit to an SQLite database increases."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: sqlite3.Connection | None = None
        self._version = 0

    def wait(self, sleep: Sleep) -> bool:
        """Sleep until a commit, or for a second."""
        ends_at = time.monotonic() + WOKEN_INTERVAL
        is_told_to_stop = False
        while not (is_told_to_stop or self._has_changed() or time.monotonic() >= ends_at):
            is_told_to_stop = sleep(WATCH_INTERVAL)
        return is_told_to_stop

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _has_changed(self) -> bool:
        """Return True if there was a commit since the last check, as far as is known."""
        before = self._version
        try:
            self._version = self._read_version()
        except sqlite3.Error:
            self.close()
        return self._version != before

    def _read_version(self) -> int:
        if self._connection is None:
            file = get_file(self._engine)
            self._connection = sqlite3.connect(file.uri if file else "", uri=True)
        with closing(self._connection.execute("PRAGMA data_version")) as cursor:
            return int(cursor.fetchone()[0])
