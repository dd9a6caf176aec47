"""The database: its models' base and types, transactions outside requests, and locks.

``app.sqlite`` and ``app.postgresql`` set up the engine of each database, and
``app.transaction_settings`` decides how a transaction begins.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
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
    text,
)
from sqlalchemy.dialects import postgresql as postgresql_dialect
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, registry

from app import postgresql, sqlite
from app.database_file import DatabaseFile
from app.transaction_settings import is_writable, read_only
from config import ROOT

STREAM_BATCH_SIZE = 500  # rows
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

_files: WeakKeyDictionary[Engine, DatabaseFile] = WeakKeyDictionary()
QUEUE = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")

migration_connection: ContextVar[Connection | None] = ContextVar("migrated_by", default=None)


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
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = (
        sqlite.ENGINE_OPTIONS if is_sqlite else postgresql.ENGINE_OPTIONS
    )
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
            _files[db.engine] = sqlite.init_engine(db.engine)
        else:
            postgresql.init_engine(db.engine)


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


def insert_if_absent(model: type[Base], rows: Sequence[Mapping[str, object]]) -> int:
    """Insert rows except those that exist already; return the number of inserted rows."""
    primary_key = next(iter(model.__table__.primary_key))
    statement = _insert(model).values(list(rows)).on_conflict_do_nothing()
    return len(db.session.execute(statement.returning(primary_key)).all())


def insert_or_update(model: type[Base], keys: Sequence[str], values: Mapping[str, object]) -> None:
    """Insert a row, or update the one that has the same values in the columns of a unique key."""
    others = {name: value for name, value in values.items() if name not in keys}
    statement = _insert(model).values(dict(values))
    upsert = statement.on_conflict_do_update(index_elements=list(keys), set_=others)
    db.session.scalars(upsert.returning(model), execution_options={"populate_existing": True}).one()


def _insert(model: type[Base]) -> postgresql_dialect.Insert | sqlite_dialect.Insert:
    is_postgresql = db.engine.dialect.name == "postgresql"
    return postgresql_dialect.insert(model) if is_postgresql else sqlite_dialect.insert(model)


def violated_constraint(error: IntegrityError) -> str:
    """Return the name of the violated constraint, on either database."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    if name is not None:
        return str(name)
    detail = str(error.orig).rpartition(": ")[2]  # SQLite names a check, or a key's columns
    columns = detail.split(", ")
    for table in Base.metadata.tables.values():
        keys: list[UniqueConstraint | Index] = [index for index in table.indexes if index.unique]
        keys += [
            constraint
            for constraint in table.constraints
            if isinstance(constraint, UniqueConstraint)
        ]
        for key in keys:
            if [f"{table.name}.{column.name}" for column in key.columns] == columns:
                return str(key.name)
    return detail


def queue_for(name: str) -> None:
    """Wait on PostgreSQL for a turn to lock something contended: first come, first served.

    Sessions that wait for a frequently updated row overtake one another; those that wait for such
    an advisory lock do not. It is released with the transaction. On SQLite, writing transactions
    are serialised anyway.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(QUEUE, {"name": name})


def lock_table(model: type[Base]) -> None:
    """Lock a table for writing until the transaction ends; reading is not blocked.

    On SQLite a writing transaction locks the whole database anyway.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text(f"LOCK TABLE {model.__tablename__} IN SHARE ROW EXCLUSIVE MODE"))


def wait_for_table(model: type[Base]) -> None:
    """Wait on PostgreSQL until no one has locked a table, before locking a row that is written.

    Otherwise a session that has the row waits for the table while a session that has the table
    waits for the row: a deadlock. The lock is released with the transaction.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text(f"LOCK TABLE {model.__tablename__} IN ROW EXCLUSIVE MODE"))


@contextmanager
def read_only_connection(engine: Engine) -> Iterator[Connection]:
    """Open a second connection that never takes the write lock, next to the current transaction."""
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


def _render_utc_datetime(kind: str, item: Any, context: object) -> str | bool:
    """Render the column type in migrations as the type that the database sees."""
    return (
        "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False
    )


def has_model(name: str | None, kind: str, _parents: object) -> bool:
    """Return True unless it is a table without a model: search indexes differ by database."""
    return kind != "table" or not str(name).startswith("search_index")
