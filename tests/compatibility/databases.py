"""Databases as files: written by ``make``, opened again by the tests, on either kind of server.

SQLite is kept as its own file. PostgreSQL is kept as plain SQL that any supported version reads
over an ordinary connection: neither ``pg_dump`` nor ``psql`` is needed to open it.
"""

import lzma
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import flask_migrate
import psycopg
from flask import Flask
from sqlalchemy import create_engine, func, insert, inspect, select, text

from app import cache_version
from app.database import Base, db, transaction
from app.factory import create_app
from app.releases import search_index
from config import ROOT, Config
from tests.browser import Browser, Browsers
from tests.postgres import PostgresServer

FOLDER: Final = Path(__file__).parent
SQLITE, POSTGRESQL = "conference.sqlite.xz", "conference.postgresql.sql.xz"
MIGRATIONS: Final = str(ROOT / "migrations")
OF_ONE_VERSION: Final = re.compile(r"^(SET |SELECT pg_catalog\.set_config|--|\\)")
VERSION_TABLE: Final = "alembic_version"
Settings = dict[str, str]


def folders() -> list[Path]:
    """List the stored folders, the oldest first."""
    return sorted(one.parent for one in FOLDER.glob(f"*/{SQLITE}"))


def pack(body: bytes, target: Path) -> None:
    """Write a file, as small as it gets."""
    target.write_bytes(lzma.compress(body, preset=9 | lzma.PRESET_EXTREME))


@contextmanager
def running(settings: Settings) -> Iterator[Flask]:
    """Open a site, within its application context, and close its connections afterwards."""
    site = create_app(Config.model_validate(settings))
    with site.app_context():
        yield site
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def upgrade() -> None:
    """Bring the database of the site in view to the newest migration."""
    flask_migrate.upgrade(directory=MIGRATIONS)


def downgrade(revision: str) -> None:
    """Bring the database of the site in view back to an earlier migration."""
    flask_migrate.downgrade(directory=MIGRATIONS, revision=revision)


def new_browser(site: Flask, site_url: str) -> Browsers:
    """Give what makes browsers at a site that sees at once what was committed outside requests."""

    def before() -> None:
        db.session.commit()
        cache_version.recheck()

    return lambda: Browser(site, site_url, before, db.session.expire_all)


# SQLite


def save_sqlite(database: Path, target: Path) -> None:
    """Keep a SQLite database."""
    compact = database.with_suffix(".compact")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM INTO ?", [str(compact)])
    pack(compact.read_bytes(), target)
    compact.unlink()


def restore_sqlite(folder: Path, database: Path) -> str:
    """Open a stored SQLite database at a path; give its address."""
    database.write_bytes(lzma.decompress((folder / SQLITE).read_bytes()))
    return f"sqlite:///{database}"


# PostgreSQL


def copy_to_postgresql(source: str, settings: Settings) -> None:
    """Fill an empty PostgreSQL database with every row of a SQLite database."""
    with running(settings):
        upgrade()
        origin = create_engine(source)
        with origin.connect() as read, db.engine.begin() as write:
            for table in Base.metadata.sorted_tables:
                write.execute(table.delete())  # what the migrations have put there
                rows = [dict(row) for row in read.execute(_in_order(table)).mappings()]
                if rows:
                    write.execute(insert(table), rows)
                _count_on(write, table)
        origin.dispose()
        with transaction():
            search_index.reindex_if_stale()


def _in_order(table: Any) -> Any:
    return select(table).order_by(*table.primary_key.columns)


def _count_on(connection: Any, table: Any) -> None:
    """Let a sequence go on after the highest number that is taken."""
    for column in table.primary_key.columns:
        where = {"name": table.name, "column": column.name}
        sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:name, :column)"), where)
        if sequence:
            highest = connection.scalar(select(func.max(column)))
            if highest is not None:
                connection.execute(select(func.setval(sequence, highest)))


def save_postgresql(server: PostgresServer, name: str, target: Path) -> None:
    """Keep a PostgreSQL database as plain SQL."""
    program = server.program("pg_dump")
    asked = ["--inserts", "--no-owner", "--no-privileges", "--dbname", server.plain_url(name)]
    done = subprocess.run([program, *asked], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    kept = [line for line in lines if line and not OF_ONE_VERSION.match(line)]
    pack("\n".join([*kept, ""]).encode(), target)


def restore_postgresql(folder: Path, server: PostgresServer) -> str:
    """Open a stored PostgreSQL database on a server; give its name."""
    name = server.create_database()
    script = lzma.decompress((folder / POSTGRESQL).read_bytes())
    with psycopg.connect(server.plain_url(name), autocommit=True) as connection:
        connection.execute(b"BEGIN;\n" + script + b"COMMIT;")
    return name


def rows_by_table() -> dict[str, list[str]]:
    """Give what every table holds but the one that says how far the database has come."""
    with db.engine.connect() as connection:
        names = set(inspect(connection).get_table_names()) - {VERSION_TABLE}
        every = {name: select(text("*")).select_from(text(name)) for name in names}
        rows = {name: connection.execute(each).all() for name, each in every.items()}
    return {name: sorted(str(tuple(row)) for row in listed) for name, listed in rows.items()}


def tables_without_rows() -> list[str]:
    """List the tables of the models that hold nothing in the database of the site in view."""
    there = inspect(db.session.connection()).get_table_names()
    return sorted(
        table.name
        for table in Base.metadata.sorted_tables
        if table.name not in there
        or db.session.scalar(select(func.count()).select_from(table)) == 0
    )
