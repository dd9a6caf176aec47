"""Faults of the database: whether it is unavailable for now."""

import time
from collections.abc import Sequence
from functools import cache
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.database import db, read_only_connection
from app.database_file import WrongDatabaseFile
from app.log import log
from config import ROOT

# SQLSTATE classes: lost connection, refused login, no such database, serialisation failure,
# insufficient resources, cancelled or timed out, system error, corrupted data
UNAVAILABLE_CLASSES = frozenset({"08", "28", "3D", "40", "53", "57", "58", "XX"})
# and single codes: read-only, idle too long, took too long, no permission, waited for a lock
UNAVAILABLE_STATES = frozenset({"25006", "25P03", "25P04", "42501", "55P03"})
# SQLite's primary codes: PERM, BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL,
# CANTOPEN, PROTOCOL, NOTADB
UNAVAILABLE_CODES = frozenset({3, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26})
# These may concern only one row: serialisation failure, corrupted data; took too long, waited for a
# lock; CORRUPT
ROW_CLASSES = frozenset({"40", "XX"})
ROW_STATES = frozenset({"57014", "55P03"})
ROW_CODES = frozenset({11})
DAMAGED_CODES = frozenset({11, 26})  # CORRUPT, NOTADB
UNDEFINED = frozenset({"42P01", "42703"})  # table, column
SQLITE_UNDEFINED = ("no such table", "no such column", "has no column named")
LOG_INTERVAL = 1.0  # seconds within which a fault in one place is logged only once

_logged: WeakKeyDictionary[Engine, dict[tuple[str, str], float]] = WeakKeyDictionary()


def is_unavailable(fault: BaseException, engine: Engine | None = None) -> bool:
    """Return True if the database cannot be used for now, so that cached data may replace it.

    It may be unreachable, overloaded, full or damaged, or not at the migration this code needs. An
    invalid statement is a bug and must be raised.
    """
    if has_failed(fault):
        return True
    if not isinstance(fault, DBAPIError) or not _is_undefined(fault.orig):
        return False
    return current_migration(engine or db.engine) != newest_migration()


def has_failed(fault: BaseException) -> bool:
    """Return True if the database cannot work, regardless of the statement and the migration."""
    if isinstance(fault, (PoolTimeout, WrongDatabaseFile)):
        return True
    if not isinstance(fault, DBAPIError):
        return False
    return fault.connection_invalidated or _is_trouble(fault.orig)


def may_concern_one_row(fault: BaseException) -> bool:
    """Return True if other rows may be fine, so that retries must be limited."""
    original = getattr(fault, "orig", None)
    state = getattr(original, "sqlstate", None) or ""
    number = getattr(original, "sqlite_errorcode", None) or 0
    return state[:2] in ROW_CLASSES or state in ROW_STATES or number & 0xFF in ROW_CODES


def is_damaged(fault: BaseException) -> bool:
    """Return True if the database reports that stored data is damaged."""
    original = getattr(fault, "orig", None)
    state = getattr(original, "sqlstate", None) or ""
    number = getattr(original, "sqlite_errorcode", None) or 0
    return state.startswith("XX") or number & 0xFF in DAMAGED_CODES


def log_if_unavailable(fault: BaseException, place: str, engine: Engine | None = None) -> bool:
    """Log that ``place`` works without the database; return False if the fault must be raised.

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


def describe(fault: SQLAlchemyError) -> str:
    """Describe a fault without its statement and parameters, which may contain personal data."""
    original = getattr(fault, "orig", None)
    if isinstance(fault, WrongDatabaseFile):
        return str(fault)
    if _is_trouble(original):
        return str(original).strip().partition("\n")[0]
    return " ".join(filter(None, [type(fault).__name__, _code(fault)]))


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
    return max(list_migrations())


def list_migrations() -> Sequence[str]:
    """List the migrations that this code knows."""
    return [file.name.split("_")[0] for file in (ROOT / "migrations/versions").glob("0*.py")]


def _is_trouble(fault: BaseException | None) -> bool:
    """Return True if the database reports that it cannot work."""
    number = getattr(fault, "sqlite_errorcode", None)
    if number is not None:
        return number & 0xFF in UNAVAILABLE_CODES
    state = getattr(fault, "sqlstate", None)
    if state is not None:
        return state[:2] in UNAVAILABLE_CLASSES or state in UNAVAILABLE_STATES
    kinds = {kind.__name__ for kind in type(fault).__mro__}
    return "OperationalError" in kinds  # the driver's own error: the database did not respond


def _is_undefined(fault: BaseException | None) -> bool:
    """Return True if a statement names a table or column that the database does not have."""
    if getattr(fault, "sqlstate", None) in UNDEFINED:
        return True
    words = str(fault) if hasattr(fault, "sqlite_errorcode") else ""
    return any(one in words for one in SQLITE_UNDEFINED)


def _code(fault: BaseException) -> str:
    """Return the database's own code for a fault."""
    if isinstance(fault, WrongDatabaseFile):
        return "WRONG_FILE"
    original = getattr(fault, "orig", None)
    code = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    return str(code or "")
