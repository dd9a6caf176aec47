"""Servers to measure, started on free ports with data of their own, and ended by number."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.request import urlopen

from app.write_queue import WEB_THREADS
from config import ROOT
from tests.waiting import HOST, wait_until

SITE = "wsgi:rsgi_app"
RSGI = ("--interface", "rsgi")
WSGI = ("--interface", "wsgi", "--blocking-threads", str(WEB_THREADS))
CONTROL = "benchmarks.control:app"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Give a folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="conference-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Process:
    """One of our programs, with its log."""

    def __init__(self, command: list[str], settings: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **settings},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )

    def log(self) -> str:
        """Return its output."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            for child in children(self.process.pid):
                with suppress(ProcessLookupError):
                    os.kill(child, 9)
            self.process.kill()
            self.process.wait(15)


class Server(Process):
    """The site, or a WSGI application beside it, under the site's own web server."""

    def __init__(
        self, target: str, settings: Mapping[str, str], port: int, processes: int = 1
    ) -> None:
        self.port = port
        super().__init__(
            [
                *(sys.executable, "-m", "granian", "--no-ws"),
                *("--host", HOST, "--port", str(port), "--http", "1", "--log-level", "warning"),
                *("--workers", str(processes)),
                *(RSGI if target == SITE else WSGI),
                target,
            ],
            settings,
            Path(settings["INSTANCE_PATH"]) / f"server-{port}.log",
        )
        wait_until(self._is_ready, "served", 30, self.log)

    @property
    def workers(self) -> list[int]:
        """The processes that answer requests."""
        return children(self.process.pid)

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.log()
        with suppress(OSError), urlopen(f"http://{HOST}:{self.port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
        return False


def children(parent: int) -> list[int]:
    """List the processes that a process has started."""
    with suppress(FileNotFoundError):
        listing = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
        return [int(number) for number in listing.split()]
    return []


def descendants(parent: int) -> list[int]:
    """List the processes that stand beneath a process."""
    found = children(parent)
    return found + [one for child in found for one in descendants(child)]
