"""Eight processes take places of two categories at once, and no limit is passed."""

import multiprocessing
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import make_transient_to_detached

from app.database import db, read_only_connection, transaction
from app.delegates.models import ApplicationDraft, SeatLimit
from app.registration import seats
from tests.database_timeouts import is_busy
from tests.registration.test_seats import (
    CHOIR,
    FIRST_CATEGORY,
    SECOND_CATEGORY,
    create_two_categories,
    get_seats_and_taken,
    make_row,
)

pytestmark = pytest.mark.both_databases
PROCESSES, TRIES = 8, 6
WHOLE, FIRST = 12, 5  # places; the second category has more than enough


def race(site: Flask, tries: int) -> list[int]:
    """Let eight processes try to take places at once; return how many each category gave."""
    db.session.remove()
    db.engine.dispose()
    fork = multiprocessing.get_context("fork")
    barrier, taken = fork.Barrier(PROCESSES), [fork.Value("i", 0) for _ in range(2)]
    processes = [
        fork.Process(target=_take, args=(site, number, tries, barrier, taken))
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    return [one.value for one in taken]


def _take(site: Flask, number: int, tries: int, barrier: Any, taken: Any) -> None:
    with site.app_context():
        db.engine.dispose(close=False)  # the connections of the process that was forked
        barrier.wait(60)
        left = tries
        while left:
            category = (number + left) % 2
            try:
                with transaction():
                    seats.reserve((FIRST_CATEGORY, SECOND_CATEGORY)[category], make_row())
                with taken[category].get_lock():
                    taken[category].value += 1
            except seats.SoldOut:  # as must happen to all but the first
                pass
            except SQLAlchemyError as fault:
                if not is_busy(fault):
                    raise
                continue  # the lock was not to be had in time, so they try again
            finally:
                db.session.remove()
            left -= 1
        db.engine.dispose()


def count_rows() -> int:
    return db.session.scalar(select(func.count(ApplicationDraft.id))) or 0


def test_eight_processes_never_exceed_nested_limits(site: Flask) -> None:
    create_two_categories(WHOLE, FIRST, WHOLE)

    first, second = race(site, TRIES)

    assert [first + second, first <= FIRST] == [WHOLE, True]
    assert [
        get_seats_and_taken()[1],
        get_seats_and_taken("category 9")[1],
        get_seats_and_taken("category 10")[1],
    ] == [
        WHOLE,
        first,
        second,
    ]
    assert count_rows() == WHOLE


def test_without_the_lock_eight_processes_would_exceed_the_limit(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: every process has looked before any writes, so each sees a free place."""
    create_two_categories(WHOLE, 1, 1)
    together = multiprocessing.get_context("fork").Barrier(PROCESSES)

    looked: dict[str, int] = {}  # of each process, so that a second try sees the same

    def only_look(name: str) -> SeatLimit:
        if name not in looked:
            with read_only_connection(db.engine) as connection:
                limit = connection.execute(select(SeatLimit).where(SeatLimit.name == name)).one()
            looked[name] = limit.taken
            if name != CHOIR:
                together.wait(60)
        places = WHOLE if name == CHOIR else 1
        found = SeatLimit(name=name, seats=places, taken=looked[name], waiting=0)
        if name == CHOIR:
            return found
        make_transient_to_detached(found)
        db.session.add(found)
        return found

    monkeypatch.setattr(seats, "find_for_update", only_look)

    first, second = race(site, 1)

    assert (first, second) == (4, 4), "each category had one place"
    assert count_rows() == PROCESSES
