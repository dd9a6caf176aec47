"""What a slow machine does to those who wait for a lock: the site answers 503, nothing is done."""

from app.database_faults import has_failed

DEADLOCK = "40P01"


def is_busy(fault: BaseException) -> bool:
    """Return True if somebody waited too long for the database; a deadlock is a fault of ours."""
    state = getattr(getattr(fault, "orig", None), "sqlstate", None)
    return has_failed(fault) and state != DEADLOCK
