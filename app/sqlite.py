"""SQLite: how its engine connects and begins a transaction.

A transaction that may write takes the write lock as it begins (``BEGIN IMMEDIATE``): upgrading to a
write lock later, after reading, would fail at once. Threads of one process wait for it in a queue
(``app.write_queue``).
"""

import sqlite3
from functools import partial
from pathlib import Path
from sqlite3 import Connection as SQLiteConnection
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event

from app.database_file import DatabaseFile, WrongDatabaseFile
from app.transaction_settings import LOCK_TIMEOUT, is_writable, lock_timeout, waits_for_disk
from app.write_queue import WriteQueue

ENGINE_OPTIONS = {
    "hide_parameters": True,
    "pool_size": 8,
    "max_overflow": 24,
    "connect_args": {"timeout": LOCK_TIMEOUT},
}
FILE_ID = "file id"  # key in `Connection.info`: the file that an SQLite connection has open


def init_engine(engine: Engine) -> DatabaseFile:
    """Prepare each connection, and check in each transaction that the file is still the same."""
    file = DatabaseFile(Path(engine.url.database or ""))
    queue = WriteQueue()

    def open_existing(
        _dialect: Dialect, _record: object, arguments: list[Any], options: dict[str, Any]
    ) -> None:
        arguments[0], options["uri"] = file.uri, True
        file.verify()

    def prepare(connection: SQLiteConnection, record: Any) -> None:
        record.info[FILE_ID] = file.verify()
        _set_up(connection)

    def begin(connection: Connection) -> None:
        if connection.info[FILE_ID] != file.verify():
            connection.engine.dispose()  # the next transaction opens the current file
            raise WrongDatabaseFile(f"{file.path} was replaced while the site was running")
        _begin(queue, connection)

    event.listen(engine, "do_connect", open_existing)
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return file


def _set_up(connection: SQLiteConnection) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")


def _begin(queue: WriteQueue, connection: Connection) -> None:
    if not is_writable.get():
        connection.exec_driver_sql("BEGIN")
        return
    driver: Any = connection.connection.driver_connection
    _set_synchronous(connection, driver)
    driver.execute("PRAGMA busy_timeout=0")  # the queue waits, not SQLite
    try:
        if not _wait_for_lock(queue, driver):
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more: SQLAlchemy reports the fault
    finally:
        driver.execute(f"PRAGMA busy_timeout={1000 * LOCK_TIMEOUT}")


def _set_synchronous(connection: Connection, driver: SQLiteConnection) -> None:
    level = "FULL" if waits_for_disk.get() else "NORMAL"
    if connection.info.get("synchronous", "FULL") != level:
        driver.execute(f"PRAGMA synchronous={level}")
        connection.info["synchronous"] = level


def _wait_for_lock(queue: WriteQueue, driver: SQLiteConnection) -> bool:
    """Begin a transaction that may write, when it is the thread's turn; return False on failure."""
    try_lock, data_version = partial(_try_lock, driver), partial(_data_version, driver)
    try:
        return queue.acquire(try_lock, data_version, lock_timeout.get())
    except sqlite3.Error:
        return False


def _try_lock(connection: SQLiteConnection) -> bool:
    """Begin a transaction that may write; return False if another connection is writing."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as fault:
        if fault.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _data_version(connection: SQLiteConnection) -> int:
    """Return a number that changes when another connection commits."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])
