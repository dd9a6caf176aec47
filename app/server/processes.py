"""The processes of the site: forked, supervised, restarted, and stopped together."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from multiprocessing import Pipe, connection, get_context
from multiprocessing.context import ForkProcess
from typing import TYPE_CHECKING

import flask.cli
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from app.server.options import ServerOptions
from app.server.parent import die_with_parent

RESTART_DELAY = 1.0  # seconds before a process that ended is started again
STOP_TIMEOUT = 30.0  # seconds that a process may take to end
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

if TYPE_CHECKING:
    StopSignal = connection.Connection[None, None]  # becomes readable when the site is told to stop
else:
    StopSignal = connection.Connection


class ManagedProcess:
    """A process of the site: what it runs, and the process that runs it at the moment."""

    def __init__(self, name: str, target: Callable[[], None]) -> None:
        self.name = name
        self._target = target
        self.process: ForkProcess

    def start(self) -> None:
        """Fork the process."""
        self.process = get_context("fork").Process(target=self._run, name=self.name)
        self.process.start()

    def _run(self) -> None:
        os.setpgrp()  # Ctrl-C reaches only the parent, which stops its children once
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        die_with_parent(signal.SIGTERM)
        limit_malloc_arenas()
        # a web process that is starting would not react to a milder signal
        os.register_at_fork(after_in_child=partial(die_with_parent, signal.SIGKILL))
        self._target()


def limit_malloc_arenas() -> None:
    """Make all threads share one memory arena; separate arenas took 16 MB more per web process."""
    m_arena_max = -8
    with suppress(AttributeError):  # not every C library has it
        ctypes.CDLL(None).mallopt(m_arena_max, 1)


def serve_web(options: ServerOptions) -> None:
    """Serve HTTP requests."""
    import_module("wsgi")  # once, before the workers are forked, so that they start at once
    Granian(
        "wsgi:rsgi_app",
        address=options.host,
        port=options.port,
        interface=Interfaces.RSGI,
        workers=options.processes,
        http=HTTPModes.http1,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=RESTART_DELAY,
        workers_kill_timeout=10,
        log_level=LogLevels.warning,
    ).serve()


def deliver_mail() -> None:
    """Send emails, as ``flask deliver-mail --forever`` does."""
    flask.cli.cli.main(["--app", "wsgi", "deliver-mail", "--forever"], prog_name="flask")


@contextmanager
def stop_signal() -> Iterator[StopSignal]:
    """Yield a connection that becomes readable on Ctrl-C or SIGTERM."""
    receiver, sender = Pipe(duplex=False)
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: sender.send(None))
    with receiver, sender:
        yield receiver


def supervise(processes: Sequence[ManagedProcess], stop_requested: StopSignal) -> None:
    """Restart processes that end, until told to stop."""
    while True:
        ready = connection.wait([stop_requested, *(part.process.sentinel for part in processes)])
        if stop_requested in ready or stop_requested.poll(RESTART_DELAY):
            return
        for process in processes:
            if process.process.sentinel in ready:
                print(
                    f"The {process.name} ended ({process.process.exitcode}) "
                    "and is being restarted.",
                    file=sys.stderr,
                    flush=True,
                )
                process.start()


def stop_all(processes: Sequence[ManagedProcess]) -> None:
    """Stop every process, killing those that take too long; the mail worker finishes its email."""
    for process in processes:
        process.process.terminate()
    for process in processes:
        process.process.join(STOP_TIMEOUT)
        process.process.kill()
