"""A shutdown signal for the mail worker: SIGTERM or Ctrl-C."""

import os
import select
import signal
from types import FrameType
from typing import Self


class ShutdownSignal:
    """Set when the process is asked to stop; wakes the waiting thread at once."""

    def __init__(self) -> None:
        self.is_set = False
        self._read_fd, self._write_fd = os.pipe()
        self._previous_handlers: dict[int, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._previous_handlers[number] = signal.signal(number, self.set)
        return self

    def __exit__(self, *about: object) -> None:
        for number, before in self._previous_handlers.items():
            signal.signal(number, before)
        os.close(self._read_fd)
        os.close(self._write_fd)

    def set(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Ask the worker to stop; usable as a signal handler."""
        if not self.is_set:
            self.is_set = True
            os.write(self._write_fd, b"!")

    def wait(self, seconds: float) -> bool:
        """Sleep unless the signal is or becomes set; return True if it is."""
        select.select([self._read_fd], [], [], seconds)
        return self.is_set
