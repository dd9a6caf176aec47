"""A disk in memory, for what a run throws away: a database there waits for no real disk."""

import os
import tempfile
from pathlib import Path
from typing import Final

RAMDISK: Final = Path("/dev/shm")  # noqa: S108 - only folders of their own are made there
MIN_FREE_BYTES: Final = 2 * 1024**3  # bytes; two workers with PostgreSQL and Chromium took 0.5 GB


def use_ramdisk() -> None:
    """Put temporary files into memory, where the machine lets us and has room for them."""
    if "TMPDIR" not in os.environ and _is_usable():
        os.environ["TMPDIR"] = tempfile.tempdir = str(RAMDISK)


def _is_usable() -> bool:
    if not os.access(RAMDISK, os.R_OK | os.W_OK | os.X_OK):
        return False
    disk = os.statvfs(RAMDISK)
    return disk.f_bavail * disk.f_frsize >= MIN_FREE_BYTES and not disk.f_flag & os.ST_NOEXEC
