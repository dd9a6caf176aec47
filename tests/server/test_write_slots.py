"""Files that take long to read leave a thread to short forms."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Literal

import pytest

from app.server.write_slots import FILES_STUCK_AFTER, STUCK_AFTER, WriteSlots
from tests.server.test_body_reader import run

Reading = Callable[[], Coroutine[Any, Any, tuple[bool, float]]]


def visits(slots: WriteSlots, *, reads_file: bool, seconds: float) -> Reading:
    """Return a request that holds its slot for a while; it gives whether it had one, and when."""

    async def visit() -> tuple[bool, float]:
        async with slots.take(reads_file=reads_file) as has_slot:
            began = asyncio.get_running_loop().time()
            if has_slot:
                await asyncio.sleep(seconds)
        return has_slot, began

    return visit


async def _together(*requests: Reading) -> list[tuple[bool, float]]:
    tasks = []
    for one in requests:
        tasks.append(asyncio.create_task(one()))
        await asyncio.sleep(0)  # so that they arrive in this order
    return list(await asyncio.gather(*tasks))


def test_short_forms_get_write_slots_while_files_are_read() -> None:
    async def story() -> list[tuple[bool, float]]:
        slots = WriteSlots(3)
        file = visits(slots, reads_file=True, seconds=30.0)
        form = visits(slots, reads_file=False, seconds=0.0)
        return await _together(file, file, file, form, form)

    *files, form, other_form = run(story())[0]

    assert files == [(True, 0.0), (True, 0.0), (True, 30.0)]
    assert form == other_form == (True, 0.0)


def test_file_uploads_are_refused_only_after_a_minute_without_a_free_slot() -> None:
    async def story() -> list[tuple[bool, float]]:
        slots = WriteSlots(2)
        file = visits(slots, reads_file=True, seconds=90.0)
        return await _together(file, file)

    assert run(story())[0] == [(True, 0.0), (False, FILES_STUCK_AFTER)]


def test_forms_are_refused_after_five_seconds_without_a_free_slot() -> None:
    async def story() -> list[tuple[bool, float]]:
        slots = WriteSlots(2)
        form = visits(slots, reads_file=False, seconds=90.0)
        return await _together(form, form, form)

    assert run(story())[0] == [(True, 0.0), (True, 0.0), (False, STUCK_AFTER)]


async def _next_after_one_goes_away(slots: WriteSlots, when: Literal["waiting", "called"]) -> bool:
    """One has the only slot and a second waits, but goes away; tell whether a third has a turn."""
    third: list[tuple[bool, float]] = []
    async with slots.take():
        second = asyncio.create_task(visits(slots, reads_file=False, seconds=0.0)())
        await asyncio.sleep(0)
        waiting = asyncio.create_task(visits(slots, reads_file=False, seconds=0.0)())
        await asyncio.sleep(0)
        if when == "waiting":
            second.cancel()
    if when == "called":
        second.cancel()
    third.append(await waiting)
    with pytest.raises(asyncio.CancelledError):
        await second
    return third == [(True, 0.0)]


@pytest.mark.parametrize("when", ["waiting", "called"])
def test_a_cancelled_waiting_request_leaks_no_write_slot(
    when: Literal["waiting", "called"],
) -> None:
    async def story() -> tuple[bool, bool]:
        slots = WriteSlots(1)
        is_third_served = await _next_after_one_goes_away(slots, when)
        async with asyncio.timeout(1.0), slots.take() as has_slot:
            return is_third_served, has_slot

    assert run(story())[0] == (True, True)


def test_a_cancelled_request_does_not_delay_the_refusal_of_others() -> None:
    async def story() -> list[tuple[bool, float]]:
        slots = WriteSlots(1)
        async with slots.take():
            gone, stays = [
                asyncio.create_task(visits(slots, reads_file=False, seconds=0.0)())
                for _ in range(2)
            ]
            await asyncio.sleep(0)
            gone.cancel()
            return [await stays]

    assert run(story())[0] == [(False, STUCK_AFTER)]


def test_a_later_request_waits_the_full_time_before_refusal() -> None:
    async def story() -> tuple[bool, float]:
        slots = WriteSlots(2)
        form = visits(slots, reads_file=False, seconds=90.0)
        short = visits(slots, reads_file=False, seconds=3.0)
        running = [asyncio.create_task(one()) for one in (form, short)]
        await asyncio.sleep(0)
        gone = asyncio.create_task(form())
        await asyncio.sleep(1.0)
        gone.cancel()
        await asyncio.sleep(2.5)  # a slot is free again and there is no queue
        running.append(asyncio.create_task(form()))
        await asyncio.sleep(0)
        began = asyncio.get_running_loop().time()
        has_slot, refused_at = await form()
        for one in running:
            one.cancel()
        return has_slot, refused_at - began

    assert run(story())[0] == (False, STUCK_AFTER)
