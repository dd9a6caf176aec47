"""Large sites are backed up and restored with little memory."""

import random
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from tests.backup.conftest import NewPlace
from tests.backup.places import read_rows, run_successfully, site_at
from tests.factories import make_material, make_session
from tests.sites import Settings

FILE_BYTES = 30 * 1024**2
MAX_BYTES = 12 * 1024**2  # of memory; less than half of a file of that size
Peak = Callable[[], int]


@contextmanager
def measure_memory() -> Iterator[Peak]:
    """Return a function that measures Python's peak memory within the block."""
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def back_up_and_restore(site: Flask, place: Settings, archive: Path) -> tuple[int, int]:
    """Bring all rows to another site; return the memory that each of the two commands took."""
    before = read_rows()
    with measure_memory() as peak:
        run_successfully(site, "backup", archive)
        backing_up = peak()
    with site_at(place) as other:
        run_successfully(other, "db", "upgrade")
        with measure_memory() as peak:
            run_successfully(other, "restore", archive)
            restoring = peak()

        assert read_rows() == before
    return backing_up, restoring


@pytest.mark.both_databases
def test_backup_and_restore_of_large_files_need_little_memory(
    site: Flask, new_place: NewPlace, database: str, tmp_path: Path
) -> None:
    kind = database.partition(":")[0].partition("+")[0]
    back_up_and_restore(site, new_place(kind), tmp_path / "small.backup")  # modules stay in memory
    make_material(make_session(), random.Random(1).randbytes(FILE_BYTES))

    peaks = back_up_and_restore(site, new_place(kind), tmp_path / "large.backup")

    assert max(peaks) < MAX_BYTES, peaks
