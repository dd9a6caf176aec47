"""Rows of a table as lines of JSON, and back: the same for every table and both databases.

Tables are those of the models, so a new table needs no code here.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    String,
    TableClause,
    column,
    func,
    insert,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy import Table as DatabaseTable
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.backup.archive import TableEntry
from app.database import Base, UtcDateTime

ROWS_PER_FETCH: Final = 16  # a row may contain a photo, a part of a file or a whole programme
BATCH_ROWS: Final = 500  # inserted at once,
BATCH_BYTES: Final = 1024 * 1024  # or lines of this size
KINDS: Final[tuple[tuple[type[TypeEngine[Any]], str], ...]] = (
    (Boolean, "boolean"),
    (Integer, "integer"),
    (Float, "number"),
    (DateTime, "moment"),
    (Date, "date"),
    (LargeBinary, "bytes"),
    (String, "text"),
)
TYPES: Final[dict[str, TypeEngine[Any]]] = {
    "boolean": Boolean(),
    "integer": Integer(),
    "number": Float(),
    "moment": UtcDateTime(),
    "date": Date(),
    "bytes": LargeBinary(),
    "text": String(),
}
ENCODERS: Final[dict[str, Callable[[Any], Any]]] = {
    "moment": datetime.isoformat,
    "date": date.isoformat,
    "bytes": lambda body: b64encode(body).decode("ascii"),
}
DECODERS: Final[dict[str, Callable[[Any], Any]]] = {
    "moment": datetime.fromisoformat,
    "date": date.fromisoformat,
    "bytes": lambda body: b64decode(body, validate=True),
}


def list_tables() -> Sequence[DatabaseTable]:
    """List the site's tables, each after those that its foreign keys refer to."""
    return Base.metadata.sorted_tables


def list_columns(source: DatabaseTable) -> tuple[tuple[str, str], ...]:
    """List the columns of a table with their kinds."""
    return tuple((one.name, _find_kind(one)) for one in source.columns)


def read_lines(connection: Connection, source: DatabaseTable) -> Iterator[bytes]:
    """Yield the rows of a table as lines, with few of them in memory.

    They are in primary key order, since a row may refer to an earlier one of the same table.
    """
    encoders = [ENCODERS.get(kind) for _, kind in list_columns(source)]
    statement = select(source).order_by(*source.primary_key.columns)
    for row in connection.execute(statement, execution_options={"yield_per": ROWS_PER_FETCH}):
        yield json.dumps(_convert(row, encoders), ensure_ascii=False).encode() + b"\n"


def insert_lines(connection: Connection, entry: TableEntry, lines: Iterable[bytes]) -> None:
    """Insert the rows of a table."""
    target = table(entry.name, *(column(name, TYPES[kind]) for name, kind in entry.columns))
    decoders = [DECODERS.get(kind) for _, kind in entry.columns]
    if connection.dialect.name == "postgresql":
        decoders = [decoder or _remove_nul for decoder in decoders]
    names = [name for name, _ in entry.columns]
    for batch in _split_into_batches(lines):
        values = [_convert(json.loads(line), decoders) for line in batch]
        connection.execute(insert(target), [dict(zip(names, row, strict=True)) for row in values])
    _restart_sequences(connection, target)


def lock(connection: Connection, names: Sequence[str]) -> None:
    """Keep other connections from writing to tables until the transaction ends.

    On SQLite a writing transaction already has the lock.
    """
    if connection.dialect.name == "postgresql":
        quote = connection.dialect.identifier_preparer.quote
        connection.execute(text(f"LOCK TABLE {', '.join(map(quote, names))} IN EXCLUSIVE MODE"))


def delete_all(connection: Connection, names: Sequence[str]) -> None:
    """Delete all rows of tables, such as those that migrations have inserted."""
    for name in reversed(names):
        connection.execute(table(name).delete())


def check_foreign_keys(connection: Connection) -> None:
    """Raise ValueError if a row refers to a missing one; PostgreSQL refuses that itself."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise ValueError(f"{broken[0]} refers to what is missing")


def has_rows(connection: Connection, name: str) -> bool:
    """Return True if a table has at least one row."""
    return (
        connection.execute(select(literal_column("1")).select_from(table(name)).limit(1)).first()
        is not None
    )


def _find_kind(one: Column[Any]) -> str:
    impl = one.type.impl_instance if isinstance(one.type, TypeDecorator) else one.type
    for type_, kind in KINDS:
        if isinstance(impl, type_):
            return kind
    raise TypeError(f"{one.table.name}.{one.name} has a type that backups do not know")


def _convert(values: Iterable[Any], functions: Sequence[Callable[[Any], Any] | None]) -> list[Any]:
    return [
        value if value is None or function is None else function(value)
        for value, function in zip(values, functions, strict=True)
    ]


def _remove_nul(value: Any) -> Any:
    """Remove NUL characters from a text, since PostgreSQL cannot store them."""
    return value.replace("\0", "") if isinstance(value, str) else value


def _split_into_batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line)
        if size >= BATCH_BYTES or len(batch) == BATCH_ROWS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _restart_sequences(connection: Connection, target: TableClause) -> None:
    """Set PostgreSQL's sequences to continue after the highest inserted numbers."""
    if connection.dialect.name != "postgresql":
        return
    for one in target.columns:
        if not isinstance(one.type, Integer):
            continue
        names = {"table": f'"{target.name}"', "column": one.name}
        sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:table, :column)"), names)
        highest = connection.scalar(select(func.max(one))) if sequence else None
        if highest is not None:
            connection.execute(select(func.setval(sequence, highest)))
