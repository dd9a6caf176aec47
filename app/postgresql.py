"""PostgreSQL: how its engine connects and begins a transaction.

A transaction locks what it needs, in the order that docs/architecture.md gives. Each sets its own
time limit and zone, and nothing is kept in a session: between the site and the server there may be
a pooler such as pgbouncer that gives every transaction another session. Without one, statements are
prepared, which is faster.
"""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, event

from app.transaction_settings import LOCK_TIMEOUT, lock_timeout, waits_for_disk

if TYPE_CHECKING:  # a site on SQLite does not load the driver of PostgreSQL
    from psycopg import Connection as PostgreSQLConnection

CONNECT_OPTIONS = {
    "connect_timeout": 3,
    "tcp_user_timeout": 10_000,  # milliseconds without an acknowledgement
    "keepalives_idle": 10,
    "keepalives_interval": 5,
}
ENGINE_OPTIONS = {
    "hide_parameters": True,  # personal data stays out of the log
    "pool_pre_ping": True,
    "pool_size": 8,
    "max_overflow": 16,
    "pool_timeout": 10,
    "connect_args": CONNECT_OPTIONS,
}
WITHOUT_CURSOR = {"yield_per": None, "stream_results": False}  # whatever the connection streams
TRANSACTION_SETTINGS = "SET LOCAL statement_timeout=20000; SET LOCAL timezone='UTC'"


def init_engine(engine: Engine) -> None:
    """Prepare each connection, and begin each transaction with its settings."""
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "checkin", _reset)


def _prepare(connection: "PostgreSQLConnection[Any]", record: object) -> None:
    """Let each transaction begin together with its settings, which saves a round trip.

    Prepare no statements behind a pooler: they belong to one session of the server. A pooler
    answers for many sessions, so it is known by a process that is not the server's.
    """
    connection.autocommit = True  # the driver begins no transaction: we do
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    if row != (connection.info.backend_pid,):
        connection.prepare_threshold = None


def _begin(connection: Connection) -> None:
    """Begin a transaction with its settings; a driver told of an isolation level begins it."""
    driver: Any = connection.connection.driver_connection
    begin = "BEGIN; " if driver.autocommit else ""
    more = "" if waits_for_disk.get() else "; SET LOCAL synchronous_commit=off"
    if lock_timeout.get() != LOCK_TIMEOUT:
        more += f"; SET LOCAL lock_timeout={1000 * lock_timeout.get():.0f}"
    connection.exec_driver_sql(
        begin + TRANSACTION_SETTINGS + more, execution_options=WITHOUT_CURSOR
    )


def _reset(connection: "PostgreSQLConnection[Any] | None", record: object) -> None:
    """Let us begin transactions again where the driver was told of an isolation level."""
    if connection is not None and not connection.closed:
        connection.autocommit = True
