"""Reading request bodies on the event loop, with limits of time and number.

Each body must arrive at MIN_BYTES_PER_SECOND after a grace period, must never pause for long, and
has a total time limit. If very many are being read, the one that has waited longest for its next
chunk is dropped for a new one: bodies from browsers at normal speed are finished long before.
"""

import asyncio
from collections.abc import AsyncIterable, Callable

MAX_BODIES = 200  # being read at the same time, in each process
START_SECONDS = 20.0  # grace period
MIN_BYTES_PER_SECOND = 4096  # a slow mobile connection sends twice as much
MAX_PAUSE_SECONDS = 20.0  # between two chunks
MAX_SECONDS = 30 * 60.0  # for a whole body: 50 MB at 28 kB a second


class BodyTooSlow(Exception):
    """The body arrived too slowly, or had to make room for others."""


class BodyReader:
    """Reads the bodies of one process, passing the chunks of each to a function."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Timeout, None] = {}  # the longest waiting one comes first

    def __len__(self) -> int:
        """Return the number of bodies that are being read."""
        return len(self._waiting)

    async def read(
        self, pieces: AsyncIterable[bytes], keep: Callable[[bytes], object], max_bytes: int
    ) -> int:
        """Read a body up to ``max_bytes``; return its length, or raise BodyTooSlow."""
        started_at, received = asyncio.get_running_loop().time(), 0
        self._make_room()
        try:
            async with asyncio.timeout_at(_deadline(started_at, 0)) as timeout:
                self._waiting[timeout] = None
                async for piece in pieces:
                    received += len(piece)
                    keep(piece)
                    if received >= max_bytes:
                        break
                    self._wait_on(timeout, _deadline(started_at, received))
        except TimeoutError:
            raise BodyTooSlow from None
        finally:
            self._waiting.pop(timeout, None)
        return received

    def _wait_on(self, timeout: asyncio.Timeout, deadline: float) -> None:
        """Record that a body is waiting for its next chunk."""
        if self._waiting.pop(timeout, True) is None:  # otherwise it has just been dropped
            self._waiting[timeout] = None
            timeout.reschedule(deadline)

    def _make_room(self) -> None:
        while len(self._waiting) >= MAX_BODIES:
            longest = next(iter(self._waiting))
            del self._waiting[longest]
            if not longest.expired():  # otherwise it is about to end anyway
                longest.reschedule(asyncio.get_running_loop().time())


def _deadline(started_at: float, received: int) -> float:
    """Return when the next chunk must have arrived."""
    by_rate = started_at + START_SECONDS + received / MIN_BYTES_PER_SECOND
    by_pause = asyncio.get_running_loop().time() + MAX_PAUSE_SECONDS
    return min(by_rate, by_pause, started_at + MAX_SECONDS)
