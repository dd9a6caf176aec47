"""The processes of the site: forked, watched over, started again, and ended together."""

import ctypes
import gc
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

from app.serving.place import Place

THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)  # that answer requests, in each web process
PAUSE = 1.0  # seconds before a part that ended is started again
PATIENCE = 30.0  # seconds that a part may take to end
MOST_ARENAS, LARGE, TOO_MUCH = -8, -3, -1  # M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD
KEPT = 64 * 1024  # bytes that the C library may keep for later
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

if TYPE_CHECKING:
    Told = connection.Connection[None, None]  # becomes readable when the site is told to stop
else:
    Told = connection.Connection


class Part:
    """A process of the site: what it does, and the process that does it now."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self.name = name
        self._work = work
        self.process: ForkProcess

    def start(self) -> None:
        """Fork the process."""
        self.process = get_context("fork").Process(target=self._run, name=self.name)
        self.process.start()

    def _run(self) -> None:
        os.setpgrp()  # Ctrl-C reaches the parent alone, which tells its parts once
        for number in STOPPING:
            signal.signal(number, signal.SIG_DFL)
        end_with_parent(signal.SIGTERM)
        share_memory()
        # a web process would not hear a milder signal while it starts
        os.register_at_fork(after_in_child=partial(end_with_parent, signal.SIGKILL))
        self._work()


def end_with_parent(last_signal: signal.Signals) -> None:
    """Let the kernel end this process when the one that forked it is gone."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, last_signal)


def share_memory() -> None:
    """Let all threads take memory from one place, where the C library can be told so.

    Else it keeps a place for each, and gives little of it back: 8 MB in a web process. What is
    large, such as a page that is being compressed, is given back at once.
    """
    with suppress(AttributeError):  # not every C library can be told
        library = ctypes.CDLL(None)
        library.mallopt(MOST_ARENAS, 1)
        library.mallopt(LARGE, KEPT)
        library.mallopt(TOO_MUCH, KEPT)


def serve_pages(place: Place) -> None:
    """Answer requests."""
    from granian import Granian  # noqa: PLC0415 - the memory of the mail worker, which needs none
    from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415 - as above
    from granian.log import LogLevels  # noqa: PLC0415 - as above

    import_module("wsgi")  # once, before the workers are forked: they are ready at once
    gc.collect()
    gc.freeze()  # what the workers share is looked at no more, and so stays shared
    Granian(
        "wsgi:app",
        address=place.host,
        port=place.port,
        interface=Interfaces.WSGI,
        workers=place.processes,
        blocking_threads=THREADS,
        http=HTTPModes.http1,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=PAUSE,
        workers_kill_timeout=10,
        log_level=LogLevels.warning,
    ).serve()


def deliver_letters() -> None:
    """Deliver what waits in the outbox, as ``flask deliver-mail --forever`` does."""
    flask.cli.cli.main(["--app", "wsgi", "deliver-mail", "--forever"], prog_name="flask")


@contextmanager
def told_to_stop() -> Iterator[Told]:
    """Give something to wait on that becomes ready on Ctrl-C or SIGTERM."""
    told, tell = Pipe(duplex=False)
    for number in STOPPING:
        signal.signal(number, lambda *_: tell.send(None))
    with told, tell:
        yield told


def watch_over(parts: Sequence[Part], told: Told) -> None:
    """Start again whatever ends by itself, until told to stop."""
    while True:
        ready = connection.wait([told, *(part.process.sentinel for part in parts)])
        if told in ready or told.poll(PAUSE):
            return
        for part in parts:
            if part.process.sentinel in ready:
                log(f"The {part.name} ended ({part.process.exitcode}) and is started again.")
                part.start()


def stop(parts: Sequence[Part]) -> None:
    """Ask every part to end, and see that it does; the mail worker finishes its letter."""
    for part in parts:
        part.process.terminate()
    for part in parts:
        part.process.join(PATIENCE)
        part.process.kill()


def log(sentence: str) -> None:
    """Tell the person who started the site."""
    print(sentence, file=sys.stderr, flush=True)
