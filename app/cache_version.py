"""The cache version: a number in the database that increases whenever the public site changes.

Any change to the public site increases it in the same transaction. Each process reads the number
at most once per interval (a second by default) and caches pages and other values computed from
the database under it. While the database is unavailable, the last known version is still served.

The same row holds the offset of the site's clock from real time, the identity of the database
(``app.database_file``) and when a mail worker was last seen (``app.mail.heartbeat``).
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from flask import Flask, current_app
from sqlalchemy import Engine, event, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app import clock, preview_mode
from app.clock import offset_to
from app.database import Base, db, read_only_connection
from app.database_faults import log_if_unavailable
from app.errors import DamagedData

T = TypeVar("T")

BUMPED = "cache version bumped"  # key in `db.session.info`
BACKOFF = 5  # times the interval, before an unavailable database is tried again


class SiteState(Base):
    """What all processes of the site must agree on; a table with a single row."""

    __tablename__ = "site_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    cache_version: Mapped[int] = mapped_column(default=1)
    clock_starts_at: Mapped[datetime | None] = mapped_column(default=None)
    clock_offset: Mapped[int | None] = mapped_column(default=None)  # seconds
    database_id: Mapped[str | None] = mapped_column(default=None)  # tells databases apart
    drawing_until: Mapped[datetime | None] = mapped_column(default=None)  # of a worker; real time
    worker_seen_at: Mapped[datetime | None] = mapped_column(default=None)  # real time
    undeclared_proxy_seen_at: Mapped[datetime | None] = mapped_column(default=None)  # real time


SELECT_STATE = select(SiteState.cache_version, SiteState.clock_starts_at, SiteState.clock_offset)


def bump_cache_version() -> None:
    """Invalidate cached public pages; this process rechecks the version after the commit."""
    db.session.execute(update(SiteState).values(cache_version=SiteState.cache_version + 1))
    db.session.info[BUMPED] = True


class CacheVersionWatcher:
    """The last version this process has read, and its cache of values computed from it."""

    def __init__(self, engine: Engine, interval: float, starts_at: datetime | None) -> None:
        self._engine = engine
        self._interval = interval
        self._starts_at = starts_at
        self._follows_database_clock = (
            False  # uses the database's clock without being given a start time
        )
        self._version = 0
        self.is_clock_in_sync = False  # whether this process uses the database's clock
        self._next_check_at = float("-inf")
        self._wanted = self._answered = object()  # each call of ``recheck`` replaces it
        self._check_lock = threading.Lock()
        self._cache: dict[str, tuple[int, Any]] = {}

    def get_version(self) -> int:
        """Return the version, reading it from the database if the last check is too long ago.

        While another thread reads it, return the last known version, unless ``recheck`` was called
        since that one was read.
        """
        if self.is_check_due and self._check_lock.acquire(
            blocking=self._version == 0 or self._is_recheck_due
        ):
            try:
                if self.is_check_due:  # otherwise another thread checked while this one waited
                    wanted = self._wanted  # later ``recheck``s are not covered
                    pause = self._interval if self._refresh() else self._interval * BACKOFF
                    self._next_check_at, self._answered = time.monotonic() + pause, wanted
            finally:
                self._check_lock.release()
        return self._version

    def recheck(self) -> None:
        """Check the version the next time it is needed."""
        self._wanted = object()

    def follow_database_clock(self) -> None:
        """Use the clock offset stored in the database, unless a start time was given."""
        self._follows_database_clock = self._starts_at is None
        self.recheck()
        self.get_version()

    @property
    def is_check_due(self) -> bool:
        """Whether the next ``get_version`` asks the database."""
        return self._is_recheck_due or time.monotonic() >= self._next_check_at

    @property
    def _is_recheck_due(self) -> bool:
        return self._wanted is not self._answered

    @property
    def last_seen(self) -> int:
        """The version as last read, without a new check."""
        return self._version

    def cached(self, name: str, make: Callable[[], T], is_valid: Callable[[T], bool]) -> T:
        """Return the cached value, computed once per version; if that fails, the previous one."""
        version = self.get_version()
        entry = self._cache.get(name)
        if entry is None or entry[0] != version or not is_valid(entry[1]):
            try:
                entry = self._cache[name] = (version, make())
            except SQLAlchemyError as fault:
                if entry is None or not log_if_unavailable(fault, name, self._engine):
                    raise
            except DamagedData:  # reading it again would fail again
                if entry is None:
                    raise
                entry = self._cache[name] = (version, entry[1])
        return cast(T, entry[1])

    def _refresh(self) -> bool:
        """Read the version; return False if the database is unavailable."""
        try:
            with read_only_connection(self._engine) as connection:
                row = connection.execute(SELECT_STATE).first()
            if row is not None and row.clock_offset is None and self._starts_at is not None:
                row = self._start_clock(self._starts_at)
        except SQLAlchemyError as fault:
            self.is_clock_in_sync = False
            if not log_if_unavailable(fault, "cache version", self._engine):
                raise
            return False
        if row is not None:
            self._version = row.cache_version
            knows_start = self._starts_at is not None or self._follows_database_clock
            self.is_clock_in_sync = (
                self._follows_database_clock or row.clock_starts_at == self._starts_at
            )
            if knows_start and row.clock_offset is not None:
                clock.set_offset(timedelta(seconds=row.clock_offset))
        return True

    def _start_clock(self, starts_at: datetime) -> Any:
        """Start the site's clock, unless another process has just done so."""
        with self._engine.begin() as connection:
            connection.execute(
                update(SiteState)
                .where(SiteState.clock_offset.is_(None))
                .values(clock_starts_at=starts_at, clock_offset=offset_to(starts_at))
            )
            return connection.execute(SELECT_STATE).first()


def init_app(app: Flask, interval: float, clock_starts_at: datetime | None) -> CacheVersionWatcher:
    """Create this process's watcher and register it with the application."""
    clock.set_offset(timedelta())
    with app.app_context():
        watcher = CacheVersionWatcher(db.engine, interval, clock_starts_at)
    app.extensions["cache_version"] = watcher
    return watcher


def set_clock_start(starts_at: datetime | None) -> None:
    """Start the site's clock at the given moment, or use real time if it is None.

    Asking for the same moment again changes nothing.
    """
    row = db.session.scalars(select(SiteState).with_for_update()).one()
    if row.clock_starts_at != starts_at:
        row.clock_starts_at = starts_at
        row.clock_offset = None if starts_at is None else offset_to(starts_at)


def is_clock_in_sync() -> bool:
    """Return True if this process uses the database's clock; else it must not delete anything."""
    watcher = _watcher()
    watcher.get_version()
    return watcher.is_clock_in_sync


def current() -> int:
    """Return the cache version that this process serves."""
    return _watcher().get_version()


def follow_database_clock() -> None:
    """Use the clock offset stored in the database, unless a start time was given."""
    _watcher().follow_database_clock()


def recheck() -> None:
    """Check the version the next time it is needed, however recent the last check."""
    _watcher().recheck()


def recheck_if_behind() -> None:
    """Check the version if the current transaction sees another one than this process.

    Call it after waiting for a lock, before reading what another process may have published.
    """
    if db.session.scalar(select(SiteState.cache_version)) != _watcher().last_seen:
        recheck()


def _is_always_valid(_value: object) -> bool:
    return True


def cached(name: str, make: Callable[[], T], is_valid: Callable[[T], bool] = _is_always_valid) -> T:
    """Return what this process has cached for the current version, computing it if missing.

    A value that is no longer valid is recomputed before the version changes. In preview mode the
    value is cached for that request only.
    """
    mode = preview_mode.current()
    return cached_globally(name, make, is_valid) if mode is None else mode.cached(name, make)


def cached_globally(
    name: str, make: Callable[[], T], is_valid: Callable[[T], bool] = _is_always_valid
) -> T:
    """Do the same for values that preview mode does not affect."""
    return _watcher().cached(name, make, is_valid)


@event.listens_for(db.session, "after_commit")
def _after_commit(session: Session) -> None:
    """Make a change visible at once to the person who made it."""
    if session.info.pop(BUMPED, False):
        recheck()


def _watcher() -> CacheVersionWatcher:
    return cast(CacheVersionWatcher, current_app.extensions["cache_version"])
