"""While the database cannot be used, what is known is shown, and the log says so.

Every fault here is a real one. A statement that is wrong by itself is no such fault: it is raised.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, insert, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import cache_version
from app.accounts.models import RateLimitHit
from app.database import db, get_file, transaction
from app.database_faults import is_unavailable
from app.mail import heartbeat
from app.releases import search_index
from app.request_transaction import insert_despite_rollback
from app.site import readiness
from app.transaction_settings import read_only
from config import ROOT
from tests.browser import Browser
from tests.factories import make_email
from tests.postgres import PostgresServer

LoggedFaults = list[tuple[str, str]]
MIGRATIONS = str(ROOT / "migrations")
DAMAGE_FROM, DAMAGE = 4096, b"tide" * 65536  # its first page stays sound
pytestmark = pytest.mark.own_site  # each begins with nothing said in its log


@pytest.fixture
def list_logged_faults(capsys: pytest.CaptureFixture[str]) -> Callable[[], LoggedFaults]:
    """Return what was logged since the last call: URLs and status codes."""

    def read() -> LoggedFaults:
        lines = map(json.loads, capsys.readouterr().err.splitlines())
        return [
            (line["place"], line["code"])
            for line in lines
            if (line["event"], line["level"]) == ("database unavailable", "warning")
        ]

    return read


def execute(statement: str) -> None:
    db.session.execute(text(statement))


def _file(database: str) -> Path:
    """Let go of the database; give its file, in which all is written."""
    db.session.remove()
    db.engine.dispose()
    path = Path(database.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@contextmanager
def _downgraded(revision: str) -> Iterator[None]:
    """Leave a database as a migration leaves it that has not come to its end."""
    db.session.remove()
    flask_migrate.downgrade(directory=MIGRATIONS, revision=revision)
    db.session.remove()
    yield


# The site goes on


@pytest.mark.postgresql_only
def test_pages_survive_a_postgresql_crash_and_it_is_logged(
    visitor: Browser,
    postgres: PostgresServer,
    list_logged_faults: Callable[[], LoggedFaults],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.database_faults.LOG_INTERVAL", 3600)  # however long the pages take
    visitor.open("/programme")

    postgres.crash()
    try:
        assert visitor.open("/programme").heading == "Programme"
        assert visitor.open("/sessions/opening").heading == "Opening"
        assert visitor.open("/search?q=tide").heading.endswith("results for “tide”")
        assert list_logged_faults() == [("cache version", ""), ("search index", "")]
    finally:
        db.session.remove()
        postgres.restart()


@pytest.mark.parametrize(
    ("damage", "code"), [(0, "SQLITE_NOTADB"), (DAMAGE_FROM, "SQLITE_CORRUPT")]
)
def test_pages_survive_a_damaged_sqlite_file_and_it_is_logged(
    visitor: Browser,
    database: str,
    list_logged_faults: Callable[[], LoggedFaults],
    damage: int,
    code: str,
) -> None:
    visitor.open("/programme")
    path = _file(database)

    with path.open("r+b") as file:
        file.seek(damage)
        file.write(DAMAGE)

    assert visitor.open("/programme").heading == "Programme"
    assert list_logged_faults() == [("cache version", code)]
    assert visitor.open("/search?q=tide").heading.endswith("results for “tide”")
    assert read_readiness(visitor) == (200, "damaged", ["database"])


def read_readiness(visitor: Browser) -> tuple[int, str, list[str]]:
    """Ask as a monitor does: the status, the state of the database, the names of the problems."""
    answer = visitor.fetch("GET", "/readyz")
    body = json.loads(answer.data)
    return answer.status_code, body["database"], sorted(body["problems"])


def test_a_deleted_sqlite_file_is_reported_and_no_form_is_lost(
    visitor: Browser, database: str, list_logged_faults: Callable[[], LoggedFaults]
) -> None:
    form = visitor.open("/feedback")
    visitor.open("/programme")
    db.session.commit()
    file = Path(database.removeprefix("sqlite:///"))
    beside = file.rename(file.with_suffix(".aside"))  # connections still have it open

    assert form.press("Send message", your_message="Hello", status=503).status == 503
    assert visitor.open("/programme").heading == "Programme"
    assert read_readiness(visitor) == (200, "deleted or replaced", ["database"])
    assert ("cache version", "WRONG_FILE") in list_logged_faults()
    assert not file.exists()

    beside.rename(file)
    assert form.press("Send message", your_message="Hello").status == 200


def test_a_replaced_sqlite_file_is_reported(
    visitor: Browser, database: str, sqlite_templates: Callable[[bool], Path]
) -> None:
    form = visitor.open("/feedback")
    file = get_file(db.engine)
    assert file is not None
    file.remember()
    aside = _file(database).rename(file.path.with_suffix(".aside"))
    shutil.copyfile(sqlite_templates(False), file.path)

    assert form.press("Send message", your_message="Hello", status=503).status == 503
    assert read_readiness(visitor) == (200, "deleted or replaced", ["database"])

    file.path.unlink()
    file.path.touch()
    assert read_readiness(visitor) == (200, "deleted or replaced", ["database"])

    shutil.copyfile(aside, file.path)  # as from a backup
    assert form.press("Send message", your_message="Hello").status == 200


def test_a_backup_put_in_place_under_a_running_site_is_used(
    visitor: Browser, database: str
) -> None:
    form = visitor.open("/feedback")
    db.session.commit()
    path = Path(database.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = shutil.copyfile(path, path.with_suffix(".copy"))
    copy.replace(path)

    assert form.press("Send message", your_message="Hello").status == 200
    assert read_readiness(visitor) == (200, "there", ["worker"])
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM feedback").fetchone() == (1,)


@pytest.mark.both_databases
def test_readyz_lists_problems_in_its_body(
    visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    heartbeat.record()
    assert _body(visitor) == {
        "database": "there",
        "edition": cache_version.current(),
        "failed_letters": 0,
        "oldest_waiting_letter_seconds": 0,
        "problems": {},
        "worker_seen_seconds_ago": 0,
    }

    make_email()
    make_email().state = "failed"
    db.session.commit()
    frozen_time.shift(timedelta(minutes=11))

    body = _body(visitor)
    assert body["oldest_waiting_letter_seconds"] == 660
    assert body["failed_letters"] == 1
    assert body["worker_seen_seconds_ago"] == 660
    assert body["problems"] == {
        "failed-emails": "Emails that could not be delivered: 1",
        "waiting-emails": "The oldest waiting email has waited 11 minutes",
        "worker": "No mail worker has been active for 11 minutes, so no emails are being sent",
    }


def _body(visitor: Browser) -> dict[str, Any]:
    answer = visitor.fetch("GET", "/readyz")
    assert answer.status_code == 200
    return dict(json.loads(answer.data))


def test_readyz_reports_a_full_disk(visitor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "MIN_FREE_SPACE", 2**60)

    assert read_readiness(visitor) == (200, "there", ["disk", "worker"])


@pytest.mark.postgresql_only
def test_readyz_reports_a_read_only_server(visitor: Browser, database: str) -> None:
    name = make_url(database).database
    execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    db.session.commit()
    db.engine.dispose()

    assert read_readiness(visitor) == (200, "read-only", ["read-only", "worker"])


def test_a_new_process_without_its_database_is_not_ready(visitor: Browser, database: str) -> None:
    _file(database).write_bytes(DAMAGE)

    assert read_readiness(visitor) == (503, "damaged", ["database"])


@pytest.mark.both_databases
def test_pages_survive_a_running_migration_and_it_is_logged(
    visitor: Browser, database: str, list_logged_faults: Callable[[], LoggedFaults]
) -> None:
    found = visitor.open("/search?q=tide").heading
    code = "SQLITE_ERROR" if "sqlite" in database else "42P01"

    with _downgraded("0012"):  # before there was an index
        assert visitor.open("/search?q=tide").heading == found
        assert list_logged_faults() == [("cache version", code), ("search index", code)]

    with _downgraded("base"):
        assert visitor.open("/search?q=tide").heading == found


@pytest.mark.both_databases
def test_content_pages_survive_a_missing_content_table(
    visitor: Browser, database: str, list_logged_faults: Callable[[], LoggedFaults]
) -> None:
    help_page = visitor.open("/help").text
    execute("UPDATE alembic_version SET version_num = '0017'")
    execute("ALTER TABLE content_version RENAME TO away")
    execute("UPDATE site_state SET cache_version = cache_version + 1")
    db.session.commit()

    assert visitor.open("/help").text == help_page
    assert ("writings", "SQLITE_ERROR" if "sqlite" in database else "42P01") in list_logged_faults()


@pytest.mark.postgresql_only
def test_pages_survive_a_lock_timeout_and_it_is_logged(
    visitor: Browser, database: str, list_logged_faults: Callable[[], LoggedFaults]
) -> None:
    visitor.open("/programme")
    execute(f"ALTER DATABASE \"{make_url(database).database}\" SET lock_timeout = '50ms'")
    db.session.commit()
    db.engine.dispose()
    beside = create_engine(database)

    with beside.begin() as somebody_else:
        somebody_else.execute(text("LOCK TABLE site_state IN ACCESS EXCLUSIVE MODE"))
        assert visitor.open("/programme").heading == "Programme"

    beside.dispose()
    assert list_logged_faults() == [("cache version", "55P03")]


def test_a_lasting_fault_is_logged_only_once_per_interval(
    visitor: Browser,
    database: str,
    list_logged_faults: Callable[[], LoggedFaults],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = [("cache version", "SQLITE_NOTADB"), ("search index", "SQLITE_NOTADB")]
    visitor.open("/programme")
    _file(database).write_bytes(DAMAGE)
    monkeypatch.setattr("app.database_faults.LOG_INTERVAL", 3600)

    for _ in range(20):
        visitor.open("/search?q=tide")
    assert list_logged_faults() == expected

    monkeypatch.setattr("app.database_faults.LOG_INTERVAL", 0)
    visitor.open("/search?q=tide")
    assert list_logged_faults() == expected


def test_a_cached_value_that_cannot_be_refreshed_is_served_stale(
    visitor: Browser, site: Flask, database: str, list_logged_faults: Callable[[], LoggedFaults]
) -> None:
    assert cache_version.cached("tides", lambda: "high water") == "high water"
    with transaction():
        cache_version.bump_cache_version()
    _file(database)

    def ask() -> str:
        path = Path(database.removeprefix("sqlite:///")).with_name("no such folder") / "x"
        with create_engine(f"sqlite:///{path}").connect() as connection:
            return str(connection.scalar(text("SELECT 'low water'")))

    assert cache_version.cached("tides", ask) == "high water"
    assert list_logged_faults() == [("tides", "SQLITE_CANTOPEN")]
    assert cache_version.cached("tides", lambda: "low water") == "low water"


def test_an_uncached_value_that_cannot_be_computed_raises(site: Flask) -> None:
    def ask() -> str:
        with create_engine("sqlite:////no/such/folder/x").connect() as connection:
            return str(connection.scalar(text("SELECT 'low water'")))

    with pytest.raises(DBAPIError, match="unable to open database file"):
        cache_version.cached("tides", ask)


# What is wrong by itself


@pytest.mark.both_databases
def test_a_wrong_statement_for_the_cache_version_raises(site: Flask) -> None:
    """A column of another name is what a misspelt one is to the database."""
    assert cache_version.current()
    with transaction():
        execute("ALTER TABLE site_state RENAME COLUMN cache_version TO nummer")
    cache_version.recheck()

    with pytest.raises(DBAPIError, match="cache_version"):
        cache_version.current()


@pytest.mark.both_databases
def test_a_wrong_statement_is_not_hidden_by_a_stale_value(
    site: Flask, list_logged_faults: Callable[[], LoggedFaults]
) -> None:
    assert cache_version.cached("tides", lambda: "high water") == "high water"
    with transaction():
        cache_version.bump_cache_version()

    def ask() -> str:
        with db.engine.connect() as connection:
            return str(connection.scalar(text("SELECT nummer FROM site_state")))

    with pytest.raises(DBAPIError, match="nummer"):
        cache_version.cached("tides", ask)
    assert list_logged_faults() == []


@pytest.mark.both_databases
def test_a_search_that_is_wrong_is_raised(site: Flask) -> None:
    with transaction():
        execute("DROP TABLE search_index")
        execute("CREATE TABLE search_index (position INTEGER)")

    with pytest.raises(DBAPIError, match="release"):
        search_index.match({"tide"}, 1)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("table", "column"), [("content_version", "slug"), ("link", "page"), ("release", "snapshot")]
)
def test_a_page_with_a_wrong_statement_is_500_and_logged(
    visitor: Browser, capsys: pytest.CaptureFixture[str], table: str, column: str
) -> None:
    with transaction():
        execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO misspelt")

    page = visitor.open("/programme", 500)

    assert page.heading == "Sorry, there is a problem with the service"
    assert f"{column}" in capsys.readouterr().err


# What is survived, and what is not


def _fault(*statements: str, engine: Engine | None = None) -> SQLAlchemyError:
    """Give the fault in which the last of some statements ends."""
    with (engine or db.engine).connect() as connection:
        for statement in statements[:-1]:
            connection.exec_driver_sql(statement)
        with pytest.raises(SQLAlchemyError) as caught:
            connection.exec_driver_sql(statements[-1])
    return caught.value


@pytest.mark.parametrize(
    ("statements", "code"),
    [
        (
            ["PRAGMA max_page_count=1", "CREATE TABLE much AS SELECT randomblob(1000000)"],
            "SQLITE_FULL",
        ),
        (["PRAGMA query_only=ON", "CREATE TABLE much (more)"], "SQLITE_READONLY"),
    ],
)
def test_full_locked_or_missing_sqlite_files_are_unavailable(
    site: Flask, statements: list[str], code: str
) -> None:
    fault = _fault(*statements)

    assert isinstance(fault, DBAPIError)
    assert getattr(fault.orig, "sqlite_errorname", "") == code
    assert is_unavailable(fault)


@pytest.mark.parametrize(
    "statements",
    [
        ["SELECT nummer FROM site_state"],
        ["SELECT cache_version FROM site_states"],
        ["INSERT INTO site_state (nummer) VALUES (1)"],
        ["SELECT number FROM"],
        ["SELECT nothing(cache_version) FROM site_state"],
        ["INSERT INTO site_state (id, cache_version) SELECT id, cache_version FROM site_state"],
    ],
)
@pytest.mark.both_databases
def test_a_wrong_statement_is_not_unavailability(site: Flask, statements: list[str]) -> None:
    assert not is_unavailable(_fault(*statements))


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "statement", ["SELECT nummer FROM site_state", "INSERT INTO site_state (nummer) VALUES (1)"]
)
def test_a_missing_table_or_column_before_the_last_migration_is_unavailability(
    site: Flask, statement: str
) -> None:
    with _downgraded("0016"):
        assert is_unavailable(_fault(statement))
        assert not is_unavailable(_fault("SELECT number FROM"))


@pytest.mark.postgresql_only
@pytest.mark.parametrize(
    ("statements", "state"),
    [
        (["SET statement_timeout = 50", "SELECT pg_sleep(10)"], "57014"),
        (["SET transaction_read_only = on", "UPDATE site_state SET cache_version = 1"], "25006"),
        (["SELECT pg_terminate_backend(pg_backend_pid())"], "57P01"),
        (
            ["CREATE ROLE nobody", "SET ROLE nobody", "SELECT cache_version FROM site_state"],
            "42501",
        ),
    ],
)
def test_temporary_postgresql_refusals_are_unavailability(
    site: Flask, statements: list[str], state: str
) -> None:
    fault = _fault(*statements)

    assert isinstance(fault, DBAPIError)
    assert getattr(fault.orig, "sqlstate", "") == state
    assert is_unavailable(fault)


@pytest.mark.postgresql_only
def test_a_serialization_failure_is_unavailability(site: Flask) -> None:
    engine = db.engine.execution_options(isolation_level="REPEATABLE READ")
    change = "UPDATE site_state SET cache_version = cache_version + 1"

    with db.engine.connect() as somebody_else, engine.connect() as connection:
        connection.exec_driver_sql("SELECT cache_version FROM site_state")
        somebody_else.exec_driver_sql(change)
        somebody_else.commit()
        with pytest.raises(DBAPIError, match="could not serialize access") as caught:
            connection.exec_driver_sql(change)

    assert is_unavailable(caught.value)


@pytest.mark.postgresql_only
def test_after_a_consistent_read_the_connection_returns_to_autocommit(
    site: Flask,
) -> None:
    consistent = db.engine.execution_options(isolation_level="REPEATABLE READ")
    with consistent.connect() as connection:
        driver: Any = connection.connection.driver_connection
        level = connection.exec_driver_sql("SHOW transaction_isolation").scalar_one()
        assert (level, driver.autocommit) == ("repeatable read", False)

    assert driver.autocommit


@pytest.mark.postgresql_only
def test_a_missing_postgresql_database_is_unavailability(site: Flask, database: str) -> None:
    engine = create_engine(f"{database}_of_another_name")

    with pytest.raises(DBAPIError, match="does not exist") as caught:
        engine.connect()

    assert is_unavailable(caught.value)


@pytest.mark.both_databases
def test_a_closed_connection_is_unavailability(site: Flask) -> None:
    with db.engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.close()
        with pytest.raises(DBAPIError, match=r"closed") as caught:
            connection.exec_driver_sql("SELECT 1")

    assert is_unavailable(caught.value)


def test_an_exhausted_connection_pool_is_unavailability(site: Flask, database: str) -> None:
    engine = create_engine(database, pool_size=1, max_overflow=0, pool_timeout=0)

    with engine.connect(), pytest.raises(PoolTimeout) as caught:
        engine.connect()

    engine.dispose()
    assert is_unavailable(caught.value)


def test_a_constraint_violation_is_not_unavailability(site: Flask) -> None:
    fault = _fault("INSERT INTO site_state SELECT * FROM site_state")

    assert isinstance(fault, IntegrityError)
    assert not is_unavailable(fault)
    assert not is_unavailable(ValueError("away"))


def test_after_a_transaction_a_read_only_request_stays_read_only(site: Flask) -> None:
    with read_only():
        with transaction():
            execute("UPDATE site_state SET cache_version = cache_version + 1")

        with pytest.raises(RuntimeError, match="a GET never writes"):
            insert_despite_rollback(insert(RateLimitHit), {})
