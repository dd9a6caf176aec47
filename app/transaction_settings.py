"""How a transaction begins: whether it may write, and how long it waits for what.

Each setting applies to the transactions that begin in the current context. ``app.sqlite`` and
``app.postgresql`` apply them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LOCK_TIMEOUT = 20  # seconds that a writing transaction waits for another
SHORT_LOCK_TIMEOUT = 0.3  # seconds that an optional write waits

is_writable: ContextVar[bool] = ContextVar("is_writable", default=True)
lock_timeout: ContextVar[float] = ContextVar("lock_timeout", default=LOCK_TIMEOUT)
waits_for_disk: ContextVar[bool] = ContextVar("waits_for_disk", default=True)


@contextmanager
def read_only() -> Iterator[None]:
    """Do not take the write lock in transactions that begin in this block."""
    token = is_writable.set(False)
    try:
        yield
    finally:
        is_writable.reset(token)


@contextmanager
def quick_commits() -> Iterator[None]:
    """Commit in this block without waiting for the disk: a power cut may undo the commits."""
    token = waits_for_disk.set(False)
    try:
        yield
    finally:
        waits_for_disk.reset(token)
