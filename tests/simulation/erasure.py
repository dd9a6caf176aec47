"""What is left of people who have been erased: their marks, looked for in every column there is."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import LargeBinary, Select, String, Text, column, inspect, select, table
from sqlalchemy.types import TypeEngine

from app.database import db
from app.transaction_settings import read_only
from tests.simulation.people import get_mark


def list_traces(people: int) -> Sequence[str]:
    """List where people of the year are still identifiable; none may be, a year after."""
    with read_only():
        stored = list(_read_everything())
        db.session.rollback()
    marks = {get_mark(number) for number in range(1, people + 1)}
    return [
        f"{mark} is still known in {place}: {value[:200]}"
        for place, value in stored
        for mark in sorted(marks)
        if mark in value
    ]


def _read_everything() -> Iterator[tuple[str, str]]:
    """Yield every text in the database with its place, in lower case."""
    catalogue = inspect(db.engine)
    for name in catalogue.get_table_names():
        for one in catalogue.get_columns(name):
            if _is_text(one["type"]):
                stored: Select[tuple[Any]] = select(column(one["name"])).select_from(table(name))
                for value in db.session.scalars(stored):
                    yield f"{name}.{one['name']}", _to_text(value)


def _is_text(kind: TypeEngine[object]) -> bool:
    return isinstance(kind, String | Text | LargeBinary)


def _to_text(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace").lower()
    return str(value or "").lower()
