"""The database: one session for a request, one transaction for a session.

A request is a transaction: what succeeds is saved when it ends, what fails leaves no trace,
and a GET never writes. On SQLite a request that may write takes the write lock as it begins
(``BEGIN IMMEDIATE``): a lock asked for later, after reading, would be refused at once.
"""

import importlib
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from sqlite3 import Connection as SQLiteConnection
from typing import Any
from weakref import WeakKeyDictionary

import click
from flask import Flask, Response, request
from flask.cli import ScriptInfo
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

from app import lens
from app.log import log
from config import ROOT

MIGRATING = "flask_migrate"
READ_ONLY_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
ROWS_AT_ONCE = 500  # of those that are streamed
LOCK_WAIT = 20  # seconds that a writer waits for another
SHORT_WAIT = 0.3  # and one whose words nobody depends on, while somebody waits for a page
POSTGRESQL_OPTIONS = {
    "hide_parameters": True,  # personal data stay out of the log
    "pool_pre_ping": True,
    "pool_size": 8,
    "max_overflow": 16,
    "pool_timeout": 10,
    "connect_args": {
        "connect_timeout": 3,
        "options": "-c statement_timeout=20000 -c timezone=UTC",
        "tcp_user_timeout": 10_000,  # milliseconds, when nothing comes back from the network
        "keepalives_idle": 10,
        "keepalives_interval": 5,
    },
}
SQLITE_OPTIONS = {
    "hide_parameters": True,
    "pool_size": 8,
    "max_overflow": 24,
    "connect_args": {"timeout": LOCK_WAIT},
}
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLSTATE by its class: lost connection, refused login, no such database, rolled back to be tried
# again, out of resources, stopped or timed out, trouble of the system, damaged data
UNAVAILABLE_CLASSES = frozenset({"08", "28", "3D", "40", "53", "57", "58", "XX"})
# and by itself: may only read, idle for too long, took too long, may not, waited for a lock
UNAVAILABLE_STATES = frozenset({"25006", "25P03", "25P04", "42501", "55P03"})
# SQLite's primary codes: PERM, BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL,
# CANTOPEN, PROTOCOL, NOTADB
UNAVAILABLE_CODES = frozenset({3, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26})
UNDEFINED = frozenset({"42P01", "42703"})  # a table, a column
SQLITE_UNDEFINED = ("no such table", "no such column", "has no column named")
LOG_INTERVAL = 1.0  # seconds in which one place tells of one kind of fault once

STAYS = "stays"  # where a session remembers what it writes again after a rollback
AFTERWARDS = "afterwards"  # and what it writes when the request is over

_may_write: ContextVar[bool] = ContextVar("may_write", default=True)
_lock_wait: ContextVar[float] = ContextVar("lock_wait", default=LOCK_WAIT)
_logged: WeakKeyDictionary[Engine, dict[tuple[str, str], float]] = WeakKeyDictionary()


class Moment(TypeDecorator[datetime]):
    """A point in time: aware, and UTC wherever it is kept."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse what has no zone; keep the rest as UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must be aware of its zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give UTC back; SQLite drops the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What every table shares."""

    registry = registry(
        type_annotation_map={datetime: Moment()}, metadata=MetaData(naming_convention=NAMES)
    )


db = SQLAlchemy(model_class=Base)


def attach(app: Flask, address: str) -> None:
    """Give the site its database and its migrations, and end each request's transaction."""
    is_sqlite = address.startswith("sqlite")
    app.config["SQLALCHEMY_DATABASE_URI"] = address
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = SQLITE_OPTIONS if is_sqlite else POSTGRESQL_OPTIONS
    db.init_app(app)
    _prepare_for_migrations(app)
    if is_sqlite:
        with app.app_context():
            event.listen(db.engine, "connect", _prepare_sqlite)
            event.listen(db.engine, "begin", _begin_sqlite)
    else:
        with app.app_context():
            event.listen(db.engine, "begin", _begin_postgresql)
    app.before_request(_begin_transaction)
    app.after_request(_end_transaction)


@click.command("db", add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("what", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def _migrate(context: click.Context, what: tuple[str, ...]) -> None:
    """Bring the database up to date: Flask-Migrate's commands."""
    app = context.ensure_object(ScriptInfo).load_app()
    importlib.import_module(MIGRATING)
    _prepare_for_migrations(app)
    app.cli.commands["db"].main(what, context.command_path, obj=context.obj)


def _prepare_for_migrations(app: Flask) -> None:
    """Load Flask-Migrate only where someone migrates: it takes 10 MB in each process."""
    if MIGRATING in sys.modules:
        migrate = sys.modules[MIGRATING].Migrate
        migrate(
            app,
            db,
            directory=str(ROOT / "migrations"),
            render_as_batch=True,
            compare_type=True,
            render_item=_render_moment,
            include_name=is_modelled,
        )
    else:
        app.cli.add_command(_migrate)


@contextmanager
def transaction() -> Iterator[None]:
    """Do a deed outside a request: saved when it ends, undone when it fails."""
    _may_write.set(True)
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def write_to_stay(statement: Insert, row: dict[str, object]) -> None:
    """Add a row that stays even when the request then fails.

    It is part of the request's transaction, so it waits for nobody; when that is rolled back,
    the row is written again in a short transaction of its own.
    """
    if not _may_write.get():
        raise RuntimeError("a GET never writes")
    db.session.connection().execute(statement, row)
    db.session.info.setdefault(STAYS, []).append((statement, row))


def write_afterwards(statement: Executable) -> None:
    """Note something about a request, a GET too, in a short transaction of its own at its end.

    It is for what no page hangs on, such as when someone was last seen: where the database
    cannot take it just then, it is left out.
    """
    db.session.info.setdefault(AFTERWARDS, []).append(statement)


def broken_rule(error: IntegrityError) -> str:
    """Name the constraint that a row would have broken, on either database."""
    told = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    if told is not None:
        return str(told)
    broken = str(error.orig).rpartition(": ")[2]  # SQLite names a check, or a key's columns
    columns = broken.split(", ")
    for table in Base.metadata.tables.values():
        keys: list[UniqueConstraint | Index] = [one for one in table.indexes if one.unique]
        keys += [one for one in table.constraints if isinstance(one, UniqueConstraint)]
        for key in keys:
            if [f"{table.name}.{column.name}" for column in key.columns] == columns:
                return str(key.name)
    return broken


def is_unavailable(fault: BaseException, engine: Engine | None = None) -> bool:
    """Whether the database cannot be used for now, so that what is known may stand in for it.

    It is lost, too busy, full, damaged, or not at the migration that this code was written for.
    A statement that is wrong by itself is no such fault, and must be raised.
    """
    if isinstance(fault, PoolTimeout):
        return True
    if not isinstance(fault, DBAPIError):
        return False
    if fault.connection_invalidated or _is_trouble(fault.orig):
        return True
    return _is_undefined(fault.orig) and migration(engine or db.engine) != newest_migration()


def log_if_unavailable(fault: BaseException, place: str, engine: Engine | None = None) -> bool:
    """Log that a place does without the database for now; tell whether it may (else raise).

    The fault is named by its kind and code alone: its words can hold what somebody has typed.
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


def migration(engine: Engine) -> str | None:
    """Tell up to which migration a database has come, where it can be asked."""
    try:
        with reading(engine) as connection:
            found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:  # it has no such table yet, or is away
        return None
    return found


@cache
def newest_migration() -> str:
    """Tell up to which migration this code expects a database to have come."""
    return max(file.name.split("_")[0] for file in (ROOT / "migrations/versions").glob("0*.py"))


def _is_trouble(fault: BaseException | None) -> bool:
    """Whether the database itself says that it cannot work."""
    number = getattr(fault, "sqlite_errorcode", None)
    if number is not None:
        return number & 0xFF in UNAVAILABLE_CODES
    state = getattr(fault, "sqlstate", None)
    if state is not None:
        return state[:2] in UNAVAILABLE_CLASSES or state in UNAVAILABLE_STATES
    kinds = {kind.__name__ for kind in type(fault).__mro__}
    return "OperationalError" in kinds  # the driver's own: nobody has answered it


def _is_undefined(fault: BaseException | None) -> bool:
    """Whether a statement names a table or a column that the database does not have."""
    if getattr(fault, "sqlstate", None) in UNDEFINED:
        return True
    words = str(fault) if hasattr(fault, "sqlite_errorcode") else ""
    return any(one in words for one in SQLITE_UNDEFINED)


def _code(fault: BaseException) -> str:
    """Name a fault as its database does."""
    original = getattr(fault, "orig", None)
    code = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    return str(code or "")


def hold(kind: type[Base]) -> None:
    """Let nobody else write to a table until the transaction ends; readers are not held up.

    On SQLite whoever may write is alone anyway.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text(f"LOCK TABLE {kind.__tablename__} IN SHARE ROW EXCLUSIVE MODE"))


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Look something up beside whatever transaction is going on, without the write lock."""
    with only_reading(), engine.connect() as connection:
        yield connection


def streamed(engine: Engine, rows: Executable) -> Iterator[Row[Any]]:
    """Give rows a few at a time over a connection of their own, whoever asks for the next one.

    It is for what is sent after the request is over; nothing is held but those few.
    """
    with only_reading():  # not around the rows: they may be asked for from elsewhere
        connection = engine.connect().execution_options(yield_per=ROWS_AT_ONCE)
        connection.begin()
    with connection:
        yield from connection.execute(rows)


@contextmanager
def only_reading() -> Iterator[None]:
    """Let transactions that begin now take no write lock."""
    token = _may_write.set(False)
    try:
        yield
    finally:
        _may_write.reset(token)


def _begin_transaction() -> None:
    _may_write.set(_is_to_write())


def _is_to_write() -> bool:
    """Whether a request may change anything: by its method, and never through a lens."""
    return request.method not in READ_ONLY_METHODS and lens.current() is None


def _end_transaction(response: Response) -> Response:
    if _is_to_write() and response.status_code < 400:
        db.session.commit()
    elif db.session.registry.has():  # else nobody has asked the database
        db.session.rollback()
        _write_what_stays()
    _write_what_comes_afterwards()
    return response


def _write_what_stays() -> None:
    statements = db.session.info.pop(STAYS, ())
    for statement, row in statements:
        db.session.connection().execute(statement, row)
    if statements:
        db.session.commit()


def _write_what_comes_afterwards() -> None:
    statements = db.session.info.pop(AFTERWARDS, ()) if db.session.registry.has() else ()
    if not statements:
        return
    _may_write.set(True)
    token = _lock_wait.set(SHORT_WAIT)
    try:
        for statement in statements:
            db.session.connection().execute(statement)
        db.session.commit()
    except SQLAlchemyError as fault:
        db.session.rollback()
        if not log_if_unavailable(fault, "after the request"):
            raise
    finally:
        _lock_wait.reset(token)


def _prepare_sqlite(connection: SQLiteConnection, record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")


def _begin_sqlite(connection: Connection) -> None:
    if not _may_write.get():
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout={1000 * _lock_wait.get():.0f}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    if _lock_wait.get() == SHORT_WAIT:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout={1000 * SHORT_WAIT:.0f}")


def _render_moment(kind: str, item: Any, context: object) -> str | bool:
    """Write a moment into migrations as what the database sees."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Moment) else False


def is_modelled(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a model answers for a table; the index of search is each database's own."""
    return kind != "table" or not str(name).startswith("finding")
