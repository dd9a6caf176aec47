"""A second ``make run``: from the command to the first page answered."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from statistics import median

from benchmarks.copies import SiteCopy
from benchmarks.figures import Figure, at_most
from benchmarks.wire import Connection
from config import ROOT
from tests.waiting import HOST

ROUNDS = 3
START_TIMEOUT = 60.0  # seconds
MAKE_VARIABLES = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")  # of the make that runs this


def measure(folder: Path) -> Iterator[Figure]:
    """Start the site a few times with everything in place."""
    copy = SiteCopy(folder / "starting")
    _time_start(copy)
    took = median(_time_start(copy) for _ in range(ROUNDS))
    yield Figure(
        "second make run to the first page answered",
        f"{took:.2f} s",
        took,
        at_most(4, 2, "s"),
    )


def _time_start(copy: SiteCopy) -> float:
    """Start the site, wait for its home page, and stop it as Ctrl-C does."""
    environment = {name: value for name, value in os.environ.items() if name not in MAKE_VARIABLES}
    settings = {**environment, **copy.settings, "HOST": HOST, "PORT": str(copy.port)}
    started_at = time.perf_counter()
    site = subprocess.Popen(
        ["make", "run"],
        cwd=ROOT,
        env=settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not _is_answering(copy.port):
            assert site.poll() is None, "make run ended"
            assert time.perf_counter() - started_at < START_TIMEOUT, "make run does not answer"
            time.sleep(0.01)
        return time.perf_counter() - started_at
    finally:
        os.killpg(site.pid, signal.SIGINT)  # its own group: make and what it started
        site.wait(30)


def _is_answering(port: int) -> bool:
    with suppress(OSError), closing(Connection(port)) as visitor:
        return visitor.get("/").status == 200
    return False
