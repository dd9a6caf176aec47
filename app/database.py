"""The database: its engines, its types, and transactions outside requests.

On SQLite a transaction that may write takes the write lock as it begins (``BEGIN IMMEDIATE``):
upgrading to a write lock later, after reading, would fail at once. Threads of one process wait for
it in a queue (``app.write_queue``). On PostgreSQL a transaction locks what it needs, in the order
that docs/architecture.md gives.

On PostgreSQL each transaction sets its own time limit and zone, and nothing is kept in a session:
between the site and the server there may be a pooler such as pgbouncer that gives every
transaction another session. Without one, statements are prepared, which is faster.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from sqlite3 import Connection as SQLiteConnection
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    Executable,
    Index,
    MetaData,
    Row,
    TypeDecorator,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, registry

from app.database_file import DatabaseFile, WrongDatabaseFile
from app.write_queue import WriteQueue
from config import ROOT

if TYPE_CHECKING:  # a site on SQLite does not load the driver of PostgreSQL
    from psycopg import Connection as PostgreSQLConnection

STREAM_BATCH_SIZE = 500  # rows
LOCK_TIMEOUT = 20  # seconds that a writing transaction waits for another
SHORT_LOCK_TIMEOUT = 0.3  # seconds that a write which may be skipped waits
CONNECT_OPTIONS = {
    "connect_timeout": 3,
    "tcp_user_timeout": 10_000,  # milliseconds without an acknowledgement
    "keepalives_idle": 10,
    "keepalives_interval": 5,
}
POSTGRESQL_OPTIONS = {
    "hide_parameters": True,  # personal data stays out of the log
    "pool_pre_ping": True,
    "pool_size": 8,
    "max_overflow": 16,
    "pool_timeout": 10,
    "connect_args": CONNECT_OPTIONS,
}
WITHOUT_CURSOR = {"yield_per": None, "stream_results": False}  # whatever the connection streams
POSTGRESQL_BEGIN = "SET LOCAL statement_timeout=20000; SET LOCAL timezone='UTC'"
SQLITE_OPTIONS = {
    "hide_parameters": True,
    "pool_size": 8,
    "max_overflow": 24,
    "connect_args": {"timeout": LOCK_TIMEOUT},
}
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

FILE_ID = "file id"  # key in `Connection.info`: the file that an SQLite connection has open
_files: WeakKeyDictionary[Engine, DatabaseFile] = WeakKeyDictionary()
QUEUE = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")

is_writable: ContextVar[bool] = ContextVar("may_write", default=True)
migration_connection: ContextVar[Connection | None] = ContextVar("migrated_by", default=None)
lock_timeout: ContextVar[float] = ContextVar("lock_wait", default=LOCK_TIMEOUT)
waits_for_disk: ContextVar[bool] = ContextVar("waits_for_disk", default=True)


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time: always aware, and stored in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; raise ValueError for a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must be aware of its zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the value in UTC; SQLite does not store the time zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base class of all models."""

    registry = registry(
        type_annotation_map={datetime: UtcDateTime()},
        metadata=MetaData(naming_convention=NAMING_CONVENTION),
    )


db = SQLAlchemy(model_class=Base)


def init_app(app: Flask, url: str) -> None:
    """Set up the database and its migrations."""
    is_sqlite = url.startswith("sqlite")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = SQLITE_OPTIONS if is_sqlite else POSTGRESQL_OPTIONS
    db.init_app(app)
    Migrate(
        app,
        db,
        directory=str(ROOT / "migrations"),
        render_as_batch=True,
        compare_type=True,
        render_item=_render_utc_datetime,
        include_name=has_model,
    )
    with app.app_context():
        if is_sqlite:
            _init_sqlite(db.engine)
        else:
            event.listen(db.engine, "connect", _prepare_postgresql)
            event.listen(db.engine, "begin", _begin_postgresql)
            event.listen(db.engine, "checkin", _reset_postgresql)


def _init_sqlite(engine: Engine) -> None:
    """Prepare each connection, and check in each transaction that the file is still the same."""
    file = _files[engine] = DatabaseFile(Path(engine.url.database or ""))
    queue = WriteQueue()

    def open_existing(
        _dialect: Dialect, _record: object, arguments: list[Any], options: dict[str, Any]
    ) -> None:
        arguments[0], options["uri"] = file.uri, True
        file.verify()

    def prepare(connection: SQLiteConnection, record: Any) -> None:
        record.info[FILE_ID] = file.verify()
        _prepare_sqlite(connection)

    def begin(connection: Connection) -> None:
        if connection.info[FILE_ID] != file.verify():
            connection.engine.dispose()  # the next transaction opens the file that is there now
            raise WrongDatabaseFile(f"{file.path} was replaced while the site was running")
        _begin_sqlite(queue, connection)

    event.listen(engine, "do_connect", open_existing)
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)


def get_file(engine: Engine) -> DatabaseFile | None:
    """Return the file of an SQLite database; None for a database server."""
    return _files.get(engine)


@contextmanager
def transaction() -> Iterator[None]:
    """Run a block outside a request as one transaction, rolled back on an error."""
    token = is_writable.set(True)
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        is_writable.reset(token)


@contextmanager
def quick_commits() -> Iterator[None]:
    """Commit in this block without waiting for the disk: a power cut may undo it."""
    token = waits_for_disk.set(False)
    try:
        yield
    finally:
        waits_for_disk.reset(token)


def violated_constraint(error: IntegrityError) -> str:
    """Return the name of the violated constraint, on either database."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    if name is not None:
        return str(name)
    detail = str(error.orig).rpartition(": ")[2]  # SQLite names a check, or a key's columns
    columns = detail.split(", ")
    for table in Base.metadata.tables.values():
        keys: list[UniqueConstraint | Index] = [one for one in table.indexes if one.unique]
        keys += [one for one in table.constraints if isinstance(one, UniqueConstraint)]
        for key in keys:
            if [f"{table.name}.{column.name}" for column in key.columns] == columns:
                return str(key.name)
    return detail


def queue_for(name: str) -> None:
    """Wait on PostgreSQL for one's turn to lock something that many lock: first come, first served.

    Those who wait for a row that changes again and again overtake one another there; those who
    wait for such a lock do not. It ends with the transaction. On SQLite a transaction that may
    write has had its turn.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(QUEUE, {"name": name})


def lock_table(model: type[Base]) -> None:
    """Lock a table for writing until the transaction ends; reading is not blocked.

    On SQLite a writing transaction locks the whole database anyway.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text(f"LOCK TABLE {model.__tablename__} IN SHARE ROW EXCLUSIVE MODE"))


@contextmanager
def read_only_connection(engine: Engine) -> Iterator[Connection]:
    """Open a second connection that never takes the write lock, beside the current transaction."""
    with read_only(), engine.connect() as connection:
        yield connection


def stream(engine: Engine, statement: Executable) -> Iterator[Row[Any]]:
    """Yield rows in small batches over a connection of their own, from any thread.

    Use it for responses that are sent after the request has ended; only one batch is in memory.
    """
    with read_only():  # not around the loop: the rows may be read in another context
        connection = engine.connect().execution_options(yield_per=STREAM_BATCH_SIZE)
        connection.begin()
    with connection:
        yield from connection.execute(statement)


@contextmanager
def read_only() -> Iterator[None]:
    """Do not take the write lock in transactions that begin in this block."""
    token = is_writable.set(False)
    try:
        yield
    finally:
        is_writable.reset(token)


def _prepare_sqlite(connection: SQLiteConnection) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")


def _begin_sqlite(queue: WriteQueue, connection: Connection) -> None:
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
    """Begin a transaction that may write, in one's turn; return False if that fails."""
    try_lock, data_version = partial(_try_lock, driver), partial(_data_version, driver)
    try:
        return queue.acquire(try_lock, data_version, lock_timeout.get())
    except sqlite3.Error:
        return False


def _try_lock(connection: SQLiteConnection) -> bool:
    """Begin a transaction that may write; return False if somebody else is writing."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as fault:
        if fault.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _data_version(connection: SQLiteConnection) -> int:
    """Return a number that differs once another connection has committed."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def _prepare_postgresql(connection: "PostgreSQLConnection[Any]", record: object) -> None:
    """Let each transaction begin together with its settings, which saves a round trip.

    Prepare no statements behind a pooler: they belong to one session of the server. A pooler
    answers for many sessions, so it is known by a process that is not the server's.
    """
    connection.autocommit = True  # the driver begins no transaction: we do
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    if row != (connection.info.backend_pid,):
        connection.prepare_threshold = None


def _begin_postgresql(connection: Connection) -> None:
    """Begin a transaction with its settings; a driver told of an isolation level begins it."""
    driver: Any = connection.connection.driver_connection
    begin = "BEGIN; " if driver.autocommit else ""
    more = "" if waits_for_disk.get() else "; SET LOCAL synchronous_commit=off"
    if lock_timeout.get() != LOCK_TIMEOUT:
        more += f"; SET LOCAL lock_timeout={1000 * lock_timeout.get():.0f}"
    connection.exec_driver_sql(begin + POSTGRESQL_BEGIN + more, execution_options=WITHOUT_CURSOR)


def _reset_postgresql(connection: "PostgreSQLConnection[Any] | None", record: object) -> None:
    """Let us begin transactions again where the driver was told of an isolation level."""
    if connection is not None and not connection.closed:
        connection.autocommit = True


def _render_utc_datetime(kind: str, item: Any, context: object) -> str | bool:
    """Render the column type in migrations as the type that the database sees."""
    return (
        "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False
    )


def has_model(name: str | None, kind: str, _parents: object) -> bool:
    """Return True unless it is a table without a model: the search index differs by database."""
    return kind != "table" or not str(name).startswith("search_index")
