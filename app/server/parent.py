"""Processes that end when their parent is gone, for whatever reason.

Otherwise the workers of a killed server would continue to respond, alongside those of the next one.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time

GRANIAN_WORKER = "granian-worker"  # the name that granian gives its processes
POLL_SECONDS = 1.0  # where the kernel cannot notify


def die_with_parent(last_signal: signal.Signals) -> None:
    """Make the kernel end this process when its parent is gone."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, last_signal)


def end_with_granian() -> None:
    """End with the server, if this process is one of granian's workers."""
    parent = multiprocessing.parent_process()
    if parent is None or multiprocessing.current_process().name != GRANIAN_WORKER:
        return
    die_with_parent(signal.SIGKILL)
    if sys.platform != "linux" or os.getppid() != parent.pid:  # it is gone already
        threading.Thread(target=_watch, args=(parent.pid,), daemon=True).start()


def _watch(parent: int | None) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
