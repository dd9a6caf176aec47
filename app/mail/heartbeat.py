"""The heartbeat of mail workers: proof that one is working, and not only running.

Each thread of a worker announces by when its current step will be done. While all are on time,
another thread writes the time into the database every few seconds.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from app import clock
from app.cache_version import SiteState
from app.database import db, transaction
from app.database_faults import log_if_unavailable
from app.log import log

BEAT_INTERVAL = 10.0  # seconds
MARGIN = 60.0  # seconds that a thread may exceed its announced time
MISSING_AFTER = timedelta(minutes=1)  # without a heartbeat


@dataclass(frozen=True)
class RepeatedAction:
    """An action that is repeated in a thread of its own, starting at once."""

    seconds: float  # from the end of one round to the next
    thread_name: str
    run: Callable[[], object]


@contextmanager
def repeating(*actions: RepeatedAction) -> Iterator[None]:
    """Repeat some actions during a block; stop all of them before waiting for any."""
    stopped = threading.Event()
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 – as Flask documents

    def repeat(action: RepeatedAction) -> None:
        with app.app_context():
            is_over = False
            while not is_over:
                action.run()
                is_over = stopped.wait(action.seconds)

    threads = [
        threading.Thread(target=repeat, args=(action,), name=action.thread_name)
        for action in actions
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


class Heartbeat:
    """The threads of one worker, and the thread that records heartbeats while they are on time."""

    def __init__(self) -> None:
        self._deadlines: dict[str, float] = {}

    def expect(self, thread: str, seconds: float) -> None:
        """Announce that a thread will call this again within some time."""
        self._deadlines[thread] = time.monotonic() + seconds + MARGIN

    @property
    def is_on_time(self) -> bool:
        """Whether no thread is late."""
        now = time.monotonic()
        return all(now < deadline for deadline in list(self._deadlines.values()))

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Record heartbeats in a thread of its own during a block."""
        with repeating(RepeatedAction(BEAT_INTERVAL, "heartbeat", self._beat)):
            yield

    def _beat(self) -> None:
        if not self.is_on_time:
            log.error("worker stuck", threads=sorted(self._deadlines))
            return
        try:
            record()
        except SQLAlchemyError as fault:
            db.session.remove()
            if not log_if_unavailable(fault, "heartbeat"):
                log.error("heartbeat failed", kind=type(fault).__name__)


def record() -> None:
    """Record that a worker is working now."""
    with transaction():
        db.session.execute(update(SiteState).values(worker_seen_at=clock.real_now()))


def time_since_seen() -> timedelta | None:
    """Return the time since a worker was last seen; None if none ever was."""
    seen_at = db.session.scalar(select(SiteState.worker_seen_at))
    return max(clock.real_now() - seen_at, timedelta()) if seen_at else None


def describe(since: timedelta | None) -> str:
    """Describe when a worker was last seen; "" if one is working."""
    if since is None:
        return "No mail worker has run yet, so no emails are being sent"
    if since > MISSING_AFTER:
        return (
            f"No mail worker has been active for {format_duration(since)}, "
            "so no emails are being sent"
        )
    return ""


def format_duration(duration: timedelta) -> str:
    """Format a duration in the largest unit that gives two or more."""
    seconds = int(duration.total_seconds())
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"
