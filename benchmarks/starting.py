"""A second ``make run``: from the command to the first page answered."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from statistics import median

from benchmarks.copies import Copy
from benchmarks.figures import Figure, at_most
from benchmarks.running import HOST, ROOT
from benchmarks.wire import Connection

TIMES = 3
PATIENCE = 60.0  # seconds
OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")  # of the make that runs this


def measure(folder: Path) -> Iterator[Figure]:
    """Start the site a few times with everything in place."""
    copy = Copy(folder / "starting")
    _seconds(copy)
    took = median(_seconds(copy) for _ in range(TIMES))
    yield Figure(
        "second make run to the first page answered",
        f"{took:.2f} s",
        took,
        at_most(4, 2, "s"),
    )


def _seconds(copy: Copy) -> float:
    """Start the site, wait for its front page, and stop it as Ctrl-C does."""
    kept = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
    settings = {**kept, **copy.settings, "HOST": HOST, "PORT": str(copy.port)}
    began = time.perf_counter()
    site = subprocess.Popen(
        ["make", "run"],
        cwd=ROOT,
        env=settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not _answers(copy.port):
            assert site.poll() is None, "make run ended"
            assert time.perf_counter() - began < PATIENCE, "make run does not answer"
            time.sleep(0.01)
        return time.perf_counter() - began
    finally:
        os.killpg(site.pid, signal.SIGINT)  # its own group: make and what it started
        site.wait(30)


def _answers(port: int) -> bool:
    with suppress(OSError), closing(Connection(port)) as visitor:
        return visitor.get("/").status == 200
    return False
