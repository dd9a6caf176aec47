"""The queue for SQLite's write lock, in each process: first come, first served.

SQLite gives the lock to any connection that asks at the right moment, and those that have waited
long ask less and less often. Here only the first in the queue asks. While nothing moves, because
the lock is held for long, the queue occupies only some of the threads: later requests are told that
the site is busy, so that public pages continue.
"""

import os
import time
from collections import deque
from collections.abc import Callable
from threading import Condition
from typing import Final

from sqlalchemy.exc import TimeoutError as PoolTimeout

WEB_THREADS: Final = min(8, 2 * (os.cpu_count() or 1) + 1)  # that serve requests, per process
MAX_WAITING: Final = max(1, WEB_THREADS - 2)  # of them: one may be writing, and one stays free
STUCK_AFTER: Final = 1.0  # seconds without any write
POLL_INTERVAL: Final = 0.002  # seconds


class WriteQueueFull(PoolTimeout):
    """The maximum number of threads wait for the write lock, and nothing moves."""


class WriteQueue:
    """The threads of this process that wait for one database."""

    def __init__(self, max_waiting: int = MAX_WAITING) -> None:
        self._max_waiting = max_waiting
        self._waiting: deque[object] = deque()
        self._changed = Condition()
        self._moved_at = 0.0

    def __len__(self) -> int:
        """Return the number of waiting threads."""
        return len(self._waiting)

    def acquire(
        self, try_lock: Callable[[], bool], read_version: Callable[[], int], timeout: float
    ) -> bool:
        """Wait for the thread's turn, then retry until the lock is taken; False after ``timeout``.

        ``read_version`` returns a number that changes whenever another connection has written.
        Raise WriteQueueFull if too many threads wait already and nothing was written for a while.
        """
        ticket, deadline = object(), time.monotonic() + timeout
        with self._changed:
            if not self._waiting:
                self._moved_at = time.monotonic()
            self._waiting.append(ticket)
        try:
            return self._wait_for_turn(ticket, deadline) and self._poll(
                try_lock, read_version, deadline
            )
        finally:
            with self._changed:
                self._waiting.remove(ticket)
                self._changed.notify_all()

    def _wait_for_turn(self, ticket: object, deadline: float) -> bool:
        with self._changed:
            while self._waiting[0] is not ticket:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    return False
                self._changed.wait(min(remaining, self._get_patience(ticket)))
        return True

    def _get_patience(self, ticket: object) -> float:
        """Return how many seconds to wait before the next attempt; raise WriteQueueFull."""
        if self._waiting.index(ticket) < self._max_waiting:
            return STUCK_AFTER
        remaining = self._moved_at + STUCK_AFTER - time.monotonic()
        if remaining <= 0:
            raise WriteQueueFull("too many wait for the database to be unlocked")
        return remaining

    def _poll(
        self, try_lock: Callable[[], bool], read_version: Callable[[], int], deadline: float
    ) -> bool:
        version = None
        while not try_lock():
            if time.monotonic() >= deadline:
                return False
            if version != (version := read_version()):
                self._moved_at = time.monotonic()
            time.sleep(POLL_INTERVAL)
        self._moved_at = time.monotonic()
        return True
