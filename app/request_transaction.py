"""The transaction of a request: begun with it, and committed or rolled back at its end.

It is committed when the request succeeds and rolled back when it fails; a GET never writes.

Views that read a file begin without the write lock (``read_first``): they check access, read and
validate the file, and then call ``start_writing``. Otherwise one slow file would make everyone else
wait on SQLite. Views that query other servers and write nothing also use ``read_first``.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from flask import Blueprint, Flask, Response, g, request
from sqlalchemy import Executable, Insert
from sqlalchemy.exc import SQLAlchemyError

from app import preview_mode
from app.database import db
from app.database_faults import log_if_unavailable
from app.transaction_settings import SHORT_LOCK_TIMEOUT, is_writable, lock_timeout

READ_ONLY_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
DURABLE = "stays"  # key in `Session.info`: rows to insert again after a rollback
DEFERRED = "afterwards"  # key in `Session.info`: statements to execute after the request


def init_app(app: Flask) -> None:
    """Begin and end a transaction with each request."""
    app.before_request(_begin_transaction)
    app.after_request(_end_transaction)


def read_first(bp: Blueprint, view_names: Collection[str]) -> None:
    """Start these views of a blueprint without the write lock, until ``start_writing``."""
    _call_before(bp, view_names, begin_reading_first)


def begin_reading_first() -> None:
    """Start the view of this request without the write lock, until ``start_writing``."""
    g.reads_first = True


def check_first(bp: Blueprint, view_names: Collection[str]) -> None:
    """Start these views without the write lock, until ``start_writing_after_check``.

    Unlike those that read a file they are short: their checks decide whether they write.
    """
    _call_before(bp, view_names, _begin_checking_first)


def _begin_checking_first() -> None:
    g.checks_first = True


def _call_before(bp: Blueprint, view_names: Collection[str], begin: Callable[[], None]) -> None:
    """Call a function before the transaction of each request for one of these views begins."""

    def call(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if (endpoint or "").rpartition(".")[2] in view_names:
            begin()

    bp.url_value_preprocessor(call)


def is_reading_first() -> bool:
    """Return True if this request's view is one of those that read a file before they write."""
    return bool(g.get("reads_first"))


def start_writing() -> None:
    """End the transaction in which the view has read so far, and begin the one that writes.

    Objects loaded before are reloaded when they are used.
    """
    db.session.rollback()
    is_writable.set(_is_write_request())


def start_writing_after_check() -> None:
    """Let a view that has checked first write; on SQLite, loaded objects are reloaded."""
    if db.engine.dialect.name == "sqlite":
        start_writing()
    else:  # on PostgreSQL, every transaction locks what it writes
        is_writable.set(_is_write_request())


def commit_now() -> None:
    """Commit what a request has done so far, whatever happens in the rest of it.

    This releases its locks while it continues. Use it only if each part is complete in itself;
    objects loaded before are reloaded.
    """
    if not is_writable.get():
        raise RuntimeError("a GET never writes")
    db.session.commit()


def insert_despite_rollback(statement: Insert, row: dict[str, object]) -> None:
    """Insert a row that remains even if the request fails.

    The row is part of the request's transaction, so it does not have to wait for a lock; if that is
    rolled back, the row is inserted again in a short transaction of its own.
    """
    if not is_writable.get():
        raise RuntimeError("a GET never writes")
    db.session.connection().execute(statement, row)
    db.session.info.setdefault(DURABLE, []).append((statement, row))


def execute_after_request(statement: Executable) -> None:
    """Execute a statement in a short transaction after the request, including a GET.

    Use it only for data that may be lost, such as when someone was last active: if the database is
    busy or unavailable, the statement is skipped.
    """
    db.session.info.setdefault(DEFERRED, []).append(statement)


def execute_separately(statements: Sequence[Executable], wait: float) -> bool:
    """Execute statements in a short transaction of their own, in the middle of a GET.

    Objects loaded before are reloaded when they are used. Return False if the database is
    unavailable, or busy for this many seconds; then nothing was executed, and the request
    continues.
    """
    db.session.rollback()
    return _execute_and_commit(statements, wait, "during the request")


def _begin_transaction() -> None:
    waits = is_reading_first() or ("checks_first" in g and g.checks_first)
    is_writable.set(_is_write_request() and not waits)
    if is_writable.get() and request.url_rule is not None:
        request.get_data(parse_form_data=True)  # read a slow body before others are locked out


def _is_write_request() -> bool:
    """Return True if the request may write: its method allows it and it is not in preview mode."""
    return request.method not in READ_ONLY_METHODS and preview_mode.current() is None


def _end_transaction(response: Response) -> Response:
    if is_writable.get() and _is_write_request() and response.status_code < 400:
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
    if statements:
        _execute_and_commit(statements, SHORT_LOCK_TIMEOUT, "after the request")


def _execute_and_commit(statements: Sequence[Executable], wait: float, when: str) -> bool:
    writable, timeout = is_writable.set(True), lock_timeout.set(wait)
    try:
        for statement in statements:
            db.session.connection().execute(statement)
        db.session.commit()
    except SQLAlchemyError as fault:
        db.session.rollback()
        if not log_if_unavailable(fault, when):
            raise
        return False
    finally:
        lock_timeout.reset(timeout)
        is_writable.reset(writable)
    return True
