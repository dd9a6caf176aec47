"""What a slow machine does to those who wait for a lock: the site answers 503, nothing is done."""

from app.database_faults import has_failed

DEADLOCK = "40P01"


def is_busy(fault: BaseException) -> bool:
    """Return whether a failure is a database timeout on a slow machine; a deadlock is our fault."""
    state = getattr(getattr(fault, "orig", None), "sqlstate", None)
    return has_failed(fault) and state != DEADLOCK
