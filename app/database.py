"""The database: one session per request, one transaction per session.

Each request is a transaction: it is committed when the request succeeds and rolled back when it
fails, and a GET never writes. On SQLite a request that may write takes the write lock as it begins
(``BEGIN IMMEDIATE``): upgrading to a write lock later, after reading, would fail at once.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from sqlite3 import Connection as SQLiteConnection
from typing import Any
from weakref import WeakKeyDictionary

from flask import Flask, Response, request
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    Executable,
    Index,
    Insert,
    MetaData,
    Row,
    TypeDecorator,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, registry

from app import preview_mode
from app.log import log
from config import ROOT

READ_ONLY_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
STREAM_BATCH_SIZE = 500  # rows
LOCK_TIMEOUT = 20  # seconds that a writing transaction waits for another
SHORT_LOCK_TIMEOUT = 0.3  # seconds that a write which may be skipped waits
POSTGRESQL_OPTIONS = {
    "hide_parameters": True,  # personal data stays out of the log
    "pool_pre_ping": True,
    "pool_size": 8,
    "max_overflow": 16,
    "pool_timeout": 10,
    "connect_args": {
        "connect_timeout": 3,
        "options": "-c statement_timeout=20000 -c timezone=UTC",
        "tcp_user_timeout": 10_000,  # milliseconds without an acknowledgement
        "keepalives_idle": 10,
        "keepalives_interval": 5,
    },
}
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

# SQLSTATE classes: lost connection, refused login, no such database, serialisation failure,
# insufficient resources, cancelled or timed out, system error, corrupted data
UNAVAILABLE_CLASSES = frozenset({"08", "28", "3D", "40", "53", "57", "58", "XX"})
# and single codes: read-only, idle too long, took too long, no permission, waited for a lock
UNAVAILABLE_STATES = frozenset({"25006", "25P03", "25P04", "42501", "55P03"})
# SQLite's primary codes: PERM, BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL,
# CANTOPEN, PROTOCOL, NOTADB
UNAVAILABLE_CODES = frozenset({3, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26})
UNDEFINED = frozenset({"42P01", "42703"})  # table, column
SQLITE_UNDEFINED = ("no such table", "no such column", "has no column named")
LOG_INTERVAL = 1.0  # seconds within which a fault in one place is logged only once

DURABLE = "stays"  # key in `Session.info`: rows to insert again after a rollback
DEFERRED = "afterwards"  # key in `Session.info`: statements to execute after the request

_writable: ContextVar[bool] = ContextVar("may_write", default=True)
_lock_timeout: ContextVar[float] = ContextVar("lock_wait", default=LOCK_TIMEOUT)
_logged: WeakKeyDictionary[Engine, dict[tuple[str, str], float]] = WeakKeyDictionary()


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
    """Set up the database and its migrations, and end each request's transaction."""
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
    if is_sqlite:
        with app.app_context():
            event.listen(db.engine, "connect", _prepare_sqlite)
            event.listen(db.engine, "begin", _begin_sqlite)
    else:
        with app.app_context():
            event.listen(db.engine, "begin", _begin_postgresql)
    app.before_request(_begin_transaction)
    app.after_request(_end_transaction)


@contextmanager
def transaction() -> Iterator[None]:
    """Run a block outside a request as one transaction, rolled back on an error."""
    _writable.set(True)
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def insert_despite_rollback(statement: Insert, row: dict[str, object]) -> None:
    """Insert a row that remains even if the request fails.

    The row is part of the request's transaction, so it does not have to wait for a lock; if that is
    rolled back, the row is inserted again in a short transaction of its own.
    """
    if not _writable.get():
        raise RuntimeError("a GET never writes")
    db.session.connection().execute(statement, row)
    db.session.info.setdefault(DURABLE, []).append((statement, row))


def execute_after_request(statement: Executable) -> None:
    """Execute a statement in a short transaction of its own after the request, also after a GET.

    Use it only for what may be lost, such as when someone was last active: if the database is busy
    or unavailable, the statement is skipped.
    """
    db.session.info.setdefault(DEFERRED, []).append(statement)


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


def is_unavailable(fault: BaseException, engine: Engine | None = None) -> bool:
    """Return True if the database cannot be used for now, so that cached data may replace it.

    It may be unreachable, overloaded, full or damaged, or not at the migration this code needs.
    A statement that is wrong in itself is a bug and must be raised.
    """
    if isinstance(fault, PoolTimeout):
        return True
    if not isinstance(fault, DBAPIError):
        return False
    if fault.connection_invalidated or _is_trouble(fault.orig):
        return True
    return (
        _is_undefined(fault.orig) and current_migration(engine or db.engine) != newest_migration()
    )


def log_if_unavailable(fault: BaseException, place: str, engine: Engine | None = None) -> bool:
    """Log that `place` works without the database; return False if the fault must be raised.

    Only the kind and the code of the fault are logged: its message may contain personal data.
    """
    engine = engine or db.engine
    if not is_unavailable(fault, engine):
        return False
    code = _code(fault)
    logged, now = _logged.setdefault(engine, {}), time.monotonic()
    if now - logged.get((place, code), float("-inf")) >= LOG_INTERVAL:
        logged[place, code] = now
        kind = type(fault).__name__
        log.warning("database unavailable", place=place, kind=kind, code=code)
    return True


def current_migration(engine: Engine) -> str | None:
    """Return the database's current migration, or None if it cannot be read."""
    try:
        with read_only_connection(engine) as connection:
            found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:  # there is no such table yet, or the database is unavailable
        return None
    return found


@cache
def newest_migration() -> str:
    """Return the newest migration of this code."""
    return max(file.name.split("_")[0] for file in (ROOT / "migrations/versions").glob("0*.py"))


def _is_trouble(fault: BaseException | None) -> bool:
    """Return True if the database reports that it cannot work."""
    number = getattr(fault, "sqlite_errorcode", None)
    if number is not None:
        return number & 0xFF in UNAVAILABLE_CODES
    state = getattr(fault, "sqlstate", None)
    if state is not None:
        return state[:2] in UNAVAILABLE_CLASSES or state in UNAVAILABLE_STATES
    kinds = {kind.__name__ for kind in type(fault).__mro__}
    return "OperationalError" in kinds  # the driver's own error: no answer from the database


def _is_undefined(fault: BaseException | None) -> bool:
    """Return True if a statement names a table or column that the database does not have."""
    if getattr(fault, "sqlstate", None) in UNDEFINED:
        return True
    words = str(fault) if hasattr(fault, "sqlite_errorcode") else ""
    return any(one in words for one in SQLITE_UNDEFINED)


def _code(fault: BaseException) -> str:
    """Return the database's own code for a fault."""
    original = getattr(fault, "orig", None)
    code = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    return str(code or "")


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
    token = _writable.set(False)
    try:
        yield
    finally:
        _writable.reset(token)


def _begin_transaction() -> None:
    _writable.set(_is_write_request())


def _is_write_request() -> bool:
    """Return True if the request may write: its method allows it and it is not in preview mode."""
    return request.method not in READ_ONLY_METHODS and preview_mode.current() is None


def _end_transaction(response: Response) -> Response:
    if _is_write_request() and response.status_code < 400:
        db.session.commit()
    elif db.session.registry.has():  # otherwise this request has not used the database
        db.session.rollback()
        _redo_durable_inserts()
    _execute_deferred()
    return response


def _redo_durable_inserts() -> None:
    statements = db.session.info.pop(DURABLE, ())
    for statement, row in statements:
        db.session.connection().execute(statement, row)
    if statements:
        db.session.commit()


def _execute_deferred() -> None:
    statements = db.session.info.pop(DEFERRED, ()) if db.session.registry.has() else ()
    if not statements:
        return
    _writable.set(True)
    token = _lock_timeout.set(SHORT_LOCK_TIMEOUT)
    try:
        for statement in statements:
            db.session.connection().execute(statement)
        db.session.commit()
    except SQLAlchemyError as fault:
        db.session.rollback()
        if not log_if_unavailable(fault, "after the request"):
            raise
    finally:
        _lock_timeout.reset(token)


def _prepare_sqlite(connection: SQLiteConnection, record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")


def _begin_sqlite(connection: Connection) -> None:
    if not _writable.get():
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout={1000 * _lock_timeout.get():.0f}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    if _lock_timeout.get() == SHORT_LOCK_TIMEOUT:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout={1000 * SHORT_LOCK_TIMEOUT:.0f}")


def _render_utc_datetime(kind: str, item: Any, context: object) -> str | bool:
    """Render the column type in migrations as the type that the database sees."""
    return (
        "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False
    )


def has_model(name: str | None, kind: str, _parents: object) -> bool:
    """Return True unless it is a table without a model: the search index differs by database."""
    return kind != "table" or not str(name).startswith("search_index")
