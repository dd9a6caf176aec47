"""Tasks of the event loop begin at once, and go on as any other when they have to wait."""

import asyncio
from threading import Thread

import pytest

from app.server.eager_tasks import use_eager_tasks


@pytest.fixture
def loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    use_eager_tasks(loop)
    return loop


async def _give(value: object) -> object:
    return value


async def _refuse() -> None:
    raise ValueError("not at all")


async def _fail() -> None:
    await asyncio.sleep(0)
    raise ValueError("it sank")


async def _wait_too_long() -> None:
    await asyncio.sleep(0)
    async with asyncio.timeout(0.001):
        await asyncio.Event().wait()


async def _tell(loop: asyncio.AbstractEventLoop) -> list[object]:
    quick = [loop.create_task(_give(value)) for value in (None, "a page")]
    done_at_once = [task.done() for task in quick]
    refused = loop.create_task(_refuse())
    later = [loop.create_task(one()) for one in (_fail, _wait_too_long)]
    outcomes = await asyncio.gather(*quick, refused, *later, return_exceptions=True)
    in_a_thread = await loop.run_in_executor(None, lambda: "of a thread")
    return [*done_at_once, *map(repr, outcomes), in_a_thread]


def test_they_end_as_they_would_otherwise(loop: asyncio.AbstractEventLoop) -> None:
    told = []

    def run() -> None:
        told.extend(loop.run_until_complete(_tell(loop)))
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    thread = Thread(target=run)  # where a real browser is open, this one has a loop already
    thread.start()
    thread.join()

    assert told == [
        *(True, True, "None", "'a page'", "ValueError('not at all')"),
        *("ValueError('it sank')", "TimeoutError()", "of a thread"),
    ]
