"""Sites in other places: their databases, and running commands there."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from itertools import compress
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

from click.testing import Result
from flask import Flask
from sqlalchemy import inspect, select

from app.backup import archive
from app.backup.rows import has_rows
from app.database import Base, db, get_file, read_only_connection
from tests.compatibility.databases import running
from tests.sites import Settings

EARLIER: Final = "0019"  # a migration: delegates had no pronouns
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


def run_successfully(site: Flask, *words: object, typed: str = "") -> str:
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
            if table.name in there and has_rows(connection, table.name)
        )


def rewrite(path: Path, target: Path, change: Callable[[Members], object]) -> Path:
    """Rewrite a backup with other members, as with a zip program."""
    with ZipFile(path) as source:
        members = {name: source.read(name) for name in source.namelist()}
    change(members)
    with archive.create(target) as new:
        for name, body in members.items():
            if name != archive.MIMETYPE_MEMBER:
                new.writestr(name, body)
    return target


def make_earlier(path: Path, target: Path, empty_place: Settings) -> Path:
    """Make of a backup what an earlier version would have written."""
    with site_at(empty_place) as other:
        run_successfully(other, "db", "upgrade", EARLIER)
        there = inspect(db.engine)
        columns = {
            table: {one["name"] for one in there.get_columns(table)}
            for table in there.get_table_names()
        }
    return rewrite(path, target, partial(_leave_only, columns=columns))


def _leave_only(members: Members, columns: Mapping[str, set[str]]) -> None:
    """Make of a backup what an earlier version would have written: what its tables had."""
    manifest = json.loads(members["manifest.json"])
    manifest["migration"] = EARLIER
    manifest["tables"] = [one for one in manifest["tables"] if one["name"] in columns]
    for name in [name for name in members if name.startswith("tables/")]:
        if Path(name).stem not in columns:
            del members[name]
    for entry in manifest["tables"]:
        known = [name in columns[entry["name"]] for name, _ in entry["columns"]]
        entry["columns"] = list(compress(entry["columns"], known))
        name = f"tables/{entry['name']}.jsonl"
        rows = [json.loads(line) for line in members[name].splitlines()]
        body = "".join(json.dumps(list(compress(row, known))) + "\n" for row in rows).encode()
        entry |= {"size": len(body), "sha256": sha256(body).hexdigest()}
        members[name] = body
    members["manifest.json"] = json.dumps(manifest).encode()
