"""Files that take long to read leave a thread to short forms."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

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
        await asyncio.sleep(0)  # so that they come in this order
    return list(await asyncio.gather(*tasks))


def test_short_forms_go_on_while_files_are_read() -> None:
    async def story() -> list[tuple[bool, float]]:
        slots = WriteSlots(3)
        file = visits(slots, reads_file=True, seconds=30.0)
        form = visits(slots, reads_file=False, seconds=0.0)
        return await _together(file, file, file, form, form)

    *files, form, other_form = run(story())[0]

    assert files == [(True, 0.0), (True, 0.0), (True, 30.0)]
    assert form == other_form == (True, 0.0)


def test_files_are_refused_only_when_none_has_ended_for_a_minute() -> None:
    async def story() -> list[tuple[bool, float]]:
        slots = WriteSlots(2)
        file = visits(slots, reads_file=True, seconds=90.0)
        return await _together(file, file)

    assert run(story())[0] == [(True, 0.0), (False, FILES_STUCK_AFTER)]


def test_forms_are_refused_when_none_has_ended_for_five_seconds() -> None:
    async def story() -> list[tuple[bool, float]]:
        slots = WriteSlots(2)
        form = visits(slots, reads_file=False, seconds=90.0)
        return await _together(form, form, form)

    assert run(story())[0] == [(True, 0.0), (True, 0.0), (False, STUCK_AFTER)]
