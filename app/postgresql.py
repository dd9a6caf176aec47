"""PostgreSQL: how its engine connects and begins a transaction.

A transaction locks what it needs, in the order that docs/architecture.md gives. Each sets its own
time limit and zone, and nothing depends on a session: there may be a pooler such as pgbouncer that
uses another session for each transaction. Without one, statements are prepared, which is faster.
"""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, event

from app.transaction_settings import LOCK_TIMEOUT, lock_timeout, waits_for_disk

if TYPE_CHECKING:  # a site on SQLite does not load the driver
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

    Prepare no statements behind a pooler, since they belong to one server session. A pooler is
    detected by a backend process that differs from the server's.
    """
    connection.autocommit = True  # the driver must not begin transactions itself
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    if row != (connection.info.backend_pid,):
        connection.prepare_threshold = None


def _begin(connection: Connection) -> None:
    """Begin a transaction with its settings, unless the driver begins it for an isolation level."""
    driver: Any = connection.connection.driver_connection
    begin = "BEGIN; " if driver.autocommit else ""
    more = "" if waits_for_disk.get() else "; SET LOCAL synchronous_commit=off"
    if lock_timeout.get() != LOCK_TIMEOUT:
        more += f"; SET LOCAL lock_timeout={1000 * lock_timeout.get():.0f}"
    connection.exec_driver_sql(
        begin + TRANSACTION_SETTINGS + more, execution_options=WITHOUT_CURSOR
    )


def _reset(connection: "PostgreSQLConnection[Any] | None", record: object) -> None:
    """Take over beginning transactions again after the driver did, for an isolation level."""
    if connection is not None and not connection.closed:
        connection.autocommit = True
