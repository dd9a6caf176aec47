"""The time, and the only module that reads the system clock.

A site can run on another date, to rehearse any day of the conference. The offset from real time
is fixed once, when the database is created (see ``app.cache_version``), so that the site's time
never runs backwards.
"""

from datetime import UTC, datetime, timedelta
from math import ceil

from app import preview_mode


def offset_to(starts_at: datetime) -> int:
    """Return how many seconds a moment differs from real time, rounded up."""
    return ceil((starts_at - real_now()).total_seconds())  # the site's clock never starts before it


_offset = timedelta()


def now() -> datetime:
    """Return the site's time in UTC; in preview mode, the moment being previewed."""
    mode = preview_mode.current()
    if mode is not None and mode.moment is not None:
        return mode.moment
    return real_now() + _offset


def real_now() -> datetime:
    """Return the real time in UTC, for anything that must expire whatever date the site runs on."""
    return datetime.now(UTC)


def from_real(moment: datetime) -> datetime:
    """Return a real moment, such as when an email was sent, in the site's time."""
    return moment + _offset


def set_offset(offset: timedelta) -> None:
    """Set the offset of this process's clock from real time."""
    global _offset  # noqa: PLW0603 – one process, one clock
    _offset = offset
