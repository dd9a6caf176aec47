"""Helpers for concurrent transactions."""

import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Barrier, BrokenBarrierError, Event, local
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import event, text

from app.database import db, read_only_connection, transaction
from app.errors import ConferenceError
from app.releases.current_release import get_programme

DONE = "done"
SECONDS_TO_MEET = 1  # for the first one; the other waits for its lock, or is slow
Result = TypeVar("Result")


def run_concurrently(site: Flask, deeds: Sequence[Callable[[], object]]) -> list[str]:
    """Run all concurrently, each in a transaction; return the sorted outcomes.

    A refused one has its error message as outcome; every other exception is raised.
    """
    get_programme()  # the process knows what is public: one thread at a time reads a new release
    return sorted(run_in_threads(site, [partial(_try_to, deed) for deed in deeds]))


def _try_to(deed: Callable[[], object]) -> str:
    try:
        with transaction():
            deed()
    except ConferenceError as refusal:
        return str(refusal)
    return DONE


def run_in_threads(site: Flask, deeds: Sequence[Callable[[], Result]]) -> list[Result]:
    """Run all concurrently; return the results in order."""
    start = Barrier(len(deeds))
    db.session.rollback()  # on SQLite, a reader holds the lock

    def run(deed: Callable[[], Result]) -> Result:
        with site.app_context():
            start.wait(20)
            try:
                return deed()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(deeds)) as people:
        return list(people.map(run, deeds))


def run_overlapping(site: Flask, *deeds: tuple[Callable[[], object], str]) -> list[str]:
    """Do two things at once, each in a transaction; return how each ended, in their order.

    After the first statement in which a deed's pattern is found, each waits for the other, unless
    the other cannot come that far. Whoever is refused ends in the sentence that says why; whatever
    else goes wrong is raised, a deadlock for example.
    """
    get_programme()
    db.session.rollback()
    together, mine = Barrier(len(deeds)), local()

    def wait_for_others(*about: Any) -> None:
        if getattr(mine, "pattern", "") and re.search(mine.pattern, " ".join(about[2].split())):
            mine.pattern = ""
            with suppress(BrokenBarrierError):
                together.wait(SECONDS_TO_MEET)

    def begin(deed: Callable[[], object], pattern: str) -> str:
        mine.pattern = pattern
        ended = _try_to(deed)
        assert ended != DONE or not mine.pattern, f"{pattern} was never sent to the database"
        return ended

    engine = db.engine
    event.listen(engine, "after_cursor_execute", wait_for_others)
    try:
        return run_in_threads(site, [partial(begin, *deed) for deed in deeds])
    finally:
        event.remove(engine, "after_cursor_execute", wait_for_others)


def is_waiting_for_lock() -> bool:
    """Return True if a connection waits for a lock in this PostgreSQL database."""
    waiting = text(
        "SELECT 1 FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with read_only_connection(db.engine) as connection:
        return connection.execute(waiting).first() is not None


def run_while_locked(
    site: Flask,
    hold: Callable[[], object],
    finish: Callable[[], object],
    other: Callable[[], object],
) -> list[str]:
    """Hold a row lock until another transaction waits for it, then continue."""
    is_held = Event()

    def act() -> None:
        with transaction():
            hold()
            is_held.set()
            wait_until_blocked()
            finish()

    def act_too() -> None:
        is_held.wait(20)
        other()

    return run_concurrently(site, [act, act_too])


def wait_until_blocked() -> None:
    """Wait at most ten seconds until a connection waits for a lock."""
    for _ in range(200):
        if is_waiting_for_lock():
            break
        time.sleep(0.05)
