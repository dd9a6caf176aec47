"""Ask the database what holds some words. One function, and the same answer, on either."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from app.database import db, log_if_unavailable, reading
from app.programme.finding.words import token

INDEXED = text("SELECT release FROM finding LIMIT 1")
ONE_VIEW: dict[str, dict[str, Any]] = {  # both questions are answered from the same index
    "sqlite": {},
    "postgresql": {"isolation_level": "REPEATABLE READ"},
}
ASK = {  # for all places in one row, with commas: a row for each of thousands costs twice as much
    "sqlite": text("SELECT group_concat(rowid) FROM finding WHERE finding MATCH :asked"),
    "postgresql": text(
        "SELECT string_agg(CAST(place AS text), ',') FROM finding"
        " WHERE words @@ CAST(:asked AS tsquery)"
    ),
}


def holding(asked: Iterable[str], number: int) -> set[int] | None:
    """Tell which things of a release have words that begin so, by their places in its order.

    There is no telling where the database is away, or the index is that of another release.
    """
    try:
        dialect = db.engine.dialect.name
        with reading(db.engine.execution_options(**ONE_VIEW[dialect])) as connection:
            if indexed(connection) != number:
                return None
            found = connection.scalar(ASK[dialect], {"asked": _written(asked, dialect)})
            return set(map(int, found.split(","))) if found else set()
    except SQLAlchemyError as fault:
        if not log_if_unavailable(fault, "search index"):
            raise
        return None


def indexed(connection: Connection) -> int | None:
    """Tell which release is in the index."""
    row = connection.execute(INDEXED).first()
    return int(row.release) if row else None


def _written(asked: Iterable[str], dialect: str) -> str:
    """Write what is asked for in the language of the database: every word, each from its start."""
    begun = sorted(map(token, asked))
    if dialect == "sqlite":
        return " ".join(f'"{one}"*' for one in begun)
    return " & ".join(f"{one}:*" for one in begun)
