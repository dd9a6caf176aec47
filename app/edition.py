"""The edition: one number that stands for all that the public sees.

Whatever changes the public site raises it, in the same transaction. Each process looks the
number up at most once a second, and remembers pages and other things made from the database
under it. While the database is away, the last known edition goes on being served.

The same row holds how far the site's clock stands from the real one.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from typing import Any, TypeVar, cast

from flask import Flask, current_app
from sqlalchemy import Engine, event, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app import clock, lens
from app.database import Base, db, log_if_unavailable, reading

Made = TypeVar("Made")

RAISED = "edition raised"  # where a session remembers that it has raised the edition
PATIENCE = 5  # times the usual pause, before a database that is away is asked again


class Edition(Base):
    """What every process of the site must agree on; a single row."""

    __tablename__ = "edition"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=1)
    clock_starts_at: Mapped[datetime | None] = mapped_column(default=None)
    clock_distance: Mapped[int | None] = mapped_column(default=None)  # seconds


LOOKED_UP = select(Edition.number, Edition.clock_starts_at, Edition.clock_distance)


def raise_edition() -> None:
    """Say that the public site has changed; this process looks as soon as that is saved."""
    db.session.execute(update(Edition).values(number=Edition.number + 1))
    db.session.info[RAISED] = True


class Watch:
    """What this process knows of the edition, and what it made from it."""

    def __init__(self, engine: Engine, seconds: float, starts_at: datetime | None) -> None:
        self._engine = engine
        self._seconds = seconds
        self._starts_at = starts_at
        self._follows = False  # lives at the time of its database without being told which
        self._number = 0
        self.agrees_on_time = False  # whether this process lives at the time of its database
        self._look_at = float("-inf")
        self._looking = threading.Lock()
        self._kept: dict[str, tuple[int, Any]] = {}

    def number(self) -> int:
        """Tell the edition, looking it up when that was last done too long ago."""
        if self._is_time_to_look() and self._looking.acquire(blocking=self._number == 0):
            try:
                if self._is_time_to_look():  # else another thread has looked while this one waited
                    pause = self._seconds if self._look() else self._seconds * PATIENCE
                    self._look_at = time.monotonic() + pause
            finally:
                self._looking.release()
        return self._number

    def look_again(self) -> None:
        """Look the edition up when it is next asked for."""
        self._look_at = float("-inf")

    def follow(self) -> None:
        """Live at the time of the database from here on, where no moment was named."""
        self._follows = self._starts_at is None
        self.look_again()
        self.number()

    def _is_time_to_look(self) -> bool:
        return time.monotonic() >= self._look_at

    @property
    def known(self) -> int:
        """The edition as it was when it was last looked up."""
        return self._number

    def kept(self, name: str, make: Callable[[], Made]) -> Made:
        """Give what was made from this edition; when it cannot be made anew, from the last."""
        number = self.number()
        known = self._kept.get(name)
        if known is None or known[0] != number:
            try:
                known = self._kept[name] = (number, make())
            except SQLAlchemyError as fault:
                if known is None or not log_if_unavailable(fault, name, self._engine):
                    raise
        return cast(Made, known[1])

    def _look(self) -> bool:
        """Look the edition up; tell whether the database was there to be asked."""
        try:
            with reading(self._engine) as connection:
                row = connection.execute(LOOKED_UP).first()
            if row is not None and row.clock_distance is None and self._starts_at is not None:
                row = self._fix_clock(self._starts_at)
        except SQLAlchemyError as fault:
            self.agrees_on_time = False
            if not log_if_unavailable(fault, "edition", self._engine):
                raise
            return False
        if row is not None:
            self._number = row.number
            is_told = self._starts_at is not None or self._follows
            self.agrees_on_time = self._follows or row.clock_starts_at == self._starts_at
            if is_told and row.clock_distance is not None:
                clock.live_at_a_distance(timedelta(seconds=row.clock_distance))
        return True

    def _fix_clock(self, starts_at: datetime) -> Any:
        """Begin the site's time, unless another process has just done so."""
        with self._engine.begin() as connection:
            connection.execute(
                update(Edition)
                .where(Edition.clock_distance.is_(None))
                .values(clock_starts_at=starts_at, clock_distance=distance_to(starts_at))
            )
            return connection.execute(LOOKED_UP).first()


def attach(app: Flask, seconds: float, clock_starts_at: datetime | None) -> Watch:
    """Let the site's process watch the edition."""
    clock.live_at_a_distance(timedelta())
    with app.app_context():
        watch = Watch(db.engine, seconds, clock_starts_at)
    app.extensions["edition"] = watch
    return watch


def fix_clock(starts_at: datetime | None) -> None:
    """Begin the site's time at a moment, once, or let it be the real time.

    The same moment asked for again changes nothing.
    """
    row = db.session.scalars(select(Edition).with_for_update()).one()
    if row.clock_starts_at != starts_at:
        row.clock_starts_at = starts_at
        row.clock_distance = None if starts_at is None else distance_to(starts_at)


def distance_to(starts_at: datetime) -> int:
    """Tell how many seconds a moment is away from the real time."""
    return ceil((starts_at - clock.real_now()).total_seconds())  # never before it


def agrees_on_time() -> bool:
    """Whether this process lives at the time of its database; else it must erase nothing."""
    watch = _watch()
    watch.number()
    return watch.agrees_on_time


def current() -> int:
    """Tell the edition that this process serves."""
    return _watch().number()


def follow() -> None:
    """Let this process live at the time that its database knows, where no moment was named."""
    _watch().follow()


def look_again() -> None:
    """Look the edition up when it is next asked for, however short the time since the last look."""
    _watch().look_again()


def kept(name: str, make: Callable[[], Made]) -> Made:
    """Give what this process has made from the current edition, making it when it is new.

    What is made while looking through a lens is for that request alone.
    """
    seen = lens.current()
    return kept_for_all(name, make) if seen is None else seen.kept(name, make)


def kept_for_all(name: str, make: Callable[[], Made]) -> Made:
    """Do the same with what no lens changes."""
    return _watch().kept(name, make)


@event.listens_for(db.session, "after_commit")
def _after_commit(session: Session) -> None:
    """Let whoever has changed the public site see it so at once."""
    if session.info.pop(RAISED, False):
        look_again()


def _watch() -> Watch:
    return cast(Watch, current_app.extensions["edition"])
