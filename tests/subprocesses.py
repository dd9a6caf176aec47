"""A program of the site in a process of its own, forked from one that has read all its code.

It runs as `python -m MODULE ARGUMENTS…` would, in an environment of its own; only the seconds that
Python takes to read the code and the templates are spent once in a run (tests/preloaded_site.py).
"""

import multiprocessing
import os
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path

from config import ROOT

_context = multiprocessing.get_context("forkserver")
PRELOADED = ["tests.preloaded_site", "granian.cli"]
_context.set_forkserver_preload(PRELOADED)


def preload(module: str) -> None:
    """Let one more module be read before programs are forked."""
    _context.set_forkserver_preload([*PRELOADED, module])


class ForkedProgram:
    """A running program; its words go into a file."""

    def __init__(
        self,
        command: tuple[str, ...],
        settings: Mapping[str, str],
        log: Path,
        folder: Path = ROOT,
    ) -> None:
        log.touch()
        self._log = log
        environment = {**os.environ, **settings}
        self._process = _context.Process(
            target=_run_module, args=(command, environment, log, folder)
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def has_ended(self) -> bool:
        """Whether it runs no more."""
        return not self._process.is_alive()

    @property
    def exit_code(self) -> int | None:
        """What it ended with; below zero after a signal."""
        return self._process.exitcode

    def last_line(self) -> str:
        """Return its last line of output."""
        return self._log.read_text(encoding="utf-8").splitlines()[-1]

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()

    def wait(self, seconds: float) -> bool:
        """Wait until it ends and return whether it did."""
        self._process.join(seconds)
        return self.has_ended()


def _run_module(
    command: tuple[str, ...], environment: dict[str, str], log: Path, folder: Path
) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    log_file = os.open(log, os.O_WRONLY | os.O_APPEND)
    null_file = os.open(os.devnull, os.O_RDONLY)
    for descriptor, standard in ((null_file, 0), (log_file, 1), (log_file, 2)):
        os.dup2(descriptor, standard)
    multiprocessing.set_start_method("fork", force=True)  # as in a program of its own
    module, *arguments = command
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
