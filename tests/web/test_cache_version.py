"""How processes agree on the edition and on the time."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import NullPool, create_engine

from app.cache_version import CacheVersionWatcher

AT_ONCE = 8


def test_threads_that_ask_while_the_database_is_away_do_not_queue() -> None:
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
