"""The bell that tells a worker to stop: SIGTERM or Ctrl-C."""

import os
import select
import signal
from types import FrameType
from typing import Self


class Bell:
    """Rings when the process is asked to stop, and wakes whoever waits for it at once."""

    def __init__(self) -> None:
        self.has_rung = False
        self._listening, self._ringing = os.pipe()
        self._before: dict[int, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self.ring)
        return self

    def __exit__(self, *about: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        os.close(self._listening)
        os.close(self._ringing)

    def ring(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Ask the worker to stop."""
        if not self.has_rung:
            self.has_rung = True
            os.write(self._ringing, b"!")

    def wait(self, seconds: float) -> bool:
        """Sleep, unless the bell rings or has rung; tell whether it has."""
        select.select([self._listening], [], [], seconds)
        return self.has_rung
