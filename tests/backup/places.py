"""Sites at other places, what is in their databases, and what somebody types there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

from click.testing import Result
from flask import Flask
from sqlalchemy import inspect, select

from app.backup import archive
from app.database import Base, db, get_file, read_only_connection
from tests.compatibility.databases import running
from tests.sites import Settings

PASSPHRASE: Final = "tides and piers and walls"
Members = dict[str, bytes]


@contextmanager
def site_at(settings: Settings) -> Iterator[Flask]:
    """Open the site of a place."""
    with running(settings) as site:
        yield site


def run(site: Flask, *words: object, typed: str = "") -> Result:
    """Type a command."""
    return site.test_cli_runner().invoke(args=list(map(str, words)), input=typed)


def run_well(site: Flask, *words: object, typed: str = "") -> str:
    """Type a command that must succeed; give what it said."""
    result = run(site, *words, typed=typed)
    assert result.exit_code == 0, result.output
    return result.output


def read_rows() -> dict[str, list[tuple[Any, ...]]]:
    """Give every row of every table of the site in view, the same from both databases."""
    with read_only_connection(db.engine) as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def list_tables_with_rows() -> list[str]:
    """List the tables of the site in view that hold anything, as far as there are tables."""
    file = get_file(db.engine)
    if file is not None and not file.path.exists():
        return []
    with read_only_connection(db.engine) as connection:
        there = set(inspect(connection).get_table_names())
        return sorted(
            table.name
            for table in Base.metadata.sorted_tables
            if table.name in there and connection.execute(select(table).limit(1)).first()
        )


def rewrite(path: Path, target: Path, change: Callable[[Members], object]) -> Path:
    """Write a backup anew with other members, as somebody with a zip program would."""
    with ZipFile(path) as source:
        members = {name: source.read(name) for name in source.namelist()}
    change(members)
    with archive.create(target) as new:
        for name, body in members.items():
            if name != archive.MIMETYPE_MEMBER:
                new.writestr(name, body)
    return target
