"""How processes agree on the edition and on the time."""

import sqlite3
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait

from flask import Flask
from sqlalchemy import NullPool, create_engine, event

from app.cache_version import CacheVersionWatcher, bump_cache_version
from app.database import db, transaction

AT_ONCE = 8


def test_threads_do_not_queue_for_the_cache_version_during_a_database_outage() -> None:
    asked = 0

    def refuse_slowly() -> sqlite3.Connection:
        nonlocal asked
        asked += 1
        time.sleep(0.2)
        raise sqlite3.OperationalError("away")

    engine = create_engine("sqlite://", creator=refuse_slowly, poolclass=NullPool)
    watch = CacheVersionWatcher(engine, 60, None)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        told = list(threads.map(lambda _: watch.get_version(), range(AT_ONCE)))

    assert told == [0] * AT_ONCE
    assert asked == 1


def test_a_cache_version_check_started_before_a_change_does_not_hide_it(site: Flask) -> None:
    watcher = CacheVersionWatcher(db.engine, 3600, None)
    before = watcher.get_version()
    seen: list[str] = []
    answers: list[Future[int]] = []

    def change() -> None:
        with site.app_context(), transaction():
            bump_cache_version()
        watcher.recheck()

    def change_and_ask(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        """Do so in other threads, while this one has read the version but not stored it."""
        if seen or not statement.startswith("SELECT site_state.cache_version"):
            return
        seen.append(statement)
        threads.submit(change).result(20)
        answers.append(threads.submit(watcher.get_version))
        wait(answers, 0.2)  # for an answer that would be too early

    with ThreadPoolExecutor(2) as threads:
        event.listen(db.engine, "after_cursor_execute", change_and_ask)
        try:
            watcher.recheck()
            watcher.get_version()
        finally:
            event.remove(db.engine, "after_cursor_execute", change_and_ask)

    assert (answers[0].result(), watcher.get_version()) == (before + 1, before + 1)
