"""Slow senders are disconnected in time, and free their slot."""

import asyncio
import selectors
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from app.server import body_reader
from app.server.body_reader import (
    MAX_PAUSE_SECONDS,
    MAX_SECONDS,
    MIN_BYTES_PER_SECOND,
    START_SECONDS,
    BodyReader,
    BodyTooSlow,
)

T = TypeVar("T")
PLENTY = 100_000_000


class _Selector(selectors.DefaultSelector):
    """Instead of waiting, it lets the clock of its loop go forward."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.now += timeout or 0
        return super().select(0)


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop in which hours pass at once, and no busy machine is seen."""

    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


def run(story: Coroutine[Any, Any, T]) -> tuple[T, float]:
    """Return the result of a coroutine and its duration.

    It runs in its own thread, because a real browser has a loop in this one.
    """

    def begin() -> tuple[T, float]:
        with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
            return runner.run(story), runner.get_loop().time()

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(begin).result()


async def pieces(*sizes: int, pause: float = 0.0, then_wait: bool = False) -> AsyncIterator[bytes]:
    """Send pieces, with a pause after each, and perhaps nothing more for ever."""
    for size in sizes:
        yield b"x" * size
        await asyncio.sleep(pause)
    if then_wait:
        await asyncio.Event().wait()


async def read(body: AsyncIterator[bytes], max_bytes: int = PLENTY) -> int | None:
    """Read a body; give its length, or None if it was too slow."""
    try:
        return await BodyReader().read(body, len, max_bytes)
    except BodyTooSlow:
        return None


def test_a_request_body_is_read_to_its_end() -> None:
    assert run(read(pieces(10, 20, 30))) == (60, 0)


def test_reading_stops_at_the_announced_content_length() -> None:
    assert run(read(pieces(10, 20, then_wait=True), max_bytes=30)) == (30, 0)


def test_a_body_that_stalls_after_one_byte_is_ended() -> None:
    received, seconds = run(read(pieces(1, then_wait=True)))

    assert received is None
    assert seconds == pytest.approx(START_SECONDS, abs=0.1)


def test_a_body_that_trickles_is_ended() -> None:
    received, seconds = run(read(pieces(*[1] * 1000, pause=1)))

    assert received is None
    assert seconds == pytest.approx(START_SECONDS, abs=1)


def test_a_slow_but_steady_body_is_accepted() -> None:
    steady = pieces(*[MIN_BYTES_PER_SECOND] * 100, pause=1)

    assert run(read(steady)) == (100 * MIN_BYTES_PER_SECOND, 100)


def test_a_fast_start_does_not_allow_a_long_pause() -> None:
    received, seconds = run(read(pieces(PLENTY // 2, then_wait=True)))

    assert received is None
    assert seconds == pytest.approx(MAX_PAUSE_SECONDS, abs=0.1)


def test_a_body_has_an_overall_time_limit() -> None:
    received, seconds = run(read(pieces(*[MIN_BYTES_PER_SECOND] * 4000, pause=1)))

    assert received is None
    assert seconds == pytest.approx(MAX_SECONDS, abs=1)


def test_at_the_limit_of_bodies_the_longest_stalled_one_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body_reader, "MAX_BODIES", 3)

    async def story() -> list[object]:
        reader = BodyReader()

        async def begin(body: AsyncIterator[bytes]) -> asyncio.Task[int]:
            task = asyncio.create_task(reader.read(body, len, 30))
            await asyncio.sleep(1)
            return task

        sends_now_and_then = await begin(pieces(*[1] * 10, pause=0.9, then_wait=True))
        waits_longest = await begin(pieces(1, then_wait=True))
        waits = await begin(pieces(1, then_wait=True))
        honest = await begin(pieces(10, 20))
        tasks = (sends_now_and_then, waits_longest, waits, honest)
        still_read = [not task.done() for task in tasks]
        left = len(reader)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        return [*still_read, left, outcomes[-1], isinstance(outcomes[1], BodyTooSlow)]

    assert run(story())[0] == [True, False, True, False, 2, 30, True]


def test_at_the_limit_a_body_that_has_just_timed_out_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body_reader, "MAX_BODIES", 1)

    async def story() -> tuple[int, bool]:
        reader, loop = BodyReader(), asyncio.get_running_loop()
        first = asyncio.create_task(reader.read(pieces(then_wait=True), len, 30))
        await asyncio.sleep(0)
        honest: list[asyncio.Task[int]] = []

        def begin() -> None:
            honest.append(asyncio.create_task(reader.read(pieces(10, 20), len, 30)))

        loop.call_at(START_SECONDS - 1e-10, begin)  # in the same round as the end of the first
        (outcome,) = await asyncio.gather(first, return_exceptions=True)
        return await honest[0], isinstance(outcome, BodyTooSlow)

    assert run(story())[0] == (30, True)
