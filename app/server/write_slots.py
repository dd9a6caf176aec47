"""Which requests that may write have a thread, and which wait for one on the event loop.

First come, first served. If all requests with a thread wait for something, such as a locked
database, and none of them ends for a while, those without a thread are told that the site is busy:
otherwise they could wait forever.

Requests with a file may take long to validate it. They can use all threads but one, which is left
to short forms, and wait longer for them.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

STUCK_AFTER = 5.0  # seconds without the end of a request that may write
FILES_STUCK_AFTER = 60.0  # seconds without the end of one that reads a file


class WriteSlots:
    """The threads of one process for requests that may write."""

    def __init__(self, number: int) -> None:
        self._all = Slots(number, STUCK_AFTER)
        self._files = Slots(max(1, number - 1), FILES_STUCK_AFTER)

    @asynccontextmanager
    async def take(self, *, reads_file: bool = False) -> AsyncIterator[bool]:
        """Wait for a slot, and have it during a block; yield False if nothing moves."""
        async with AsyncExitStack() as taken:
            has_slot = not reads_file or await taken.enter_async_context(self._files.take())
            yield has_slot and await taken.enter_async_context(self._all.take())


class Slots:
    """A number of slots that are assigned to waiting requests in turn."""

    def __init__(self, number: int, stuck_after: float) -> None:
        self._free = number
        self._stuck_after = stuck_after
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def take(self) -> AsyncIterator[bool]:
        """Wait for a slot, and have it during a block; yield False if nothing moves."""
        has_slot = await self._acquire()
        try:
            yield has_slot
        finally:
            if has_slot:
                self._release()

    async def _acquire(self) -> bool:
        if self._free:
            self._free -= 1
            return True
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        if self._timer is None:
            self._start_timer()
        try:
            return await turn
        except asyncio.CancelledError:  # the visitor has disconnected
            if not turn.cancelled() and turn.result():  # just as the slot was assigned
                self._release()
            raise

    def _release(self) -> None:
        turn = self._pop_waiting()
        if turn is None:
            self._free += 1
        else:
            turn.set_result(True)
        self._start_timer()

    def _pop_waiting(self) -> asyncio.Future[bool] | None:
        """Remove the first request from the queue that is still waiting."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.cancelled():
                return turn
        return None

    def _start_timer(self) -> None:
        """Start to measure how long nothing moves, while requests are waiting."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if self._waiting:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._stuck_after, self._refuse_all)

    def _refuse_all(self) -> None:
        self._timer = None
        while (turn := self._pop_waiting()) is not None:
            turn.set_result(False)
