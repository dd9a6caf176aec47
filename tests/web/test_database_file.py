"""The file of an SQLite database: created once, and never by chance."""

import shutil
from collections.abc import Callable
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import text

from app.database import db, get_file
from app.database_file import DatabaseFile, WrongDatabaseFile
from config import ROOT

MIGRATIONS = str(ROOT / "migrations")
pytestmark = pytest.mark.own_site


@pytest.fixture
def file(site: Flask) -> DatabaseFile:
    """The file of this site, which the site knows."""
    found = get_file(db.engine)
    assert found is not None
    found.remember()
    close_connections()
    return found


def close_connections() -> None:
    db.session.remove()
    db.engine.dispose()


def count_rows() -> int:
    return int(db.session.execute(text("SELECT count(*) FROM site_state")).scalar_one())


def test_a_deleted_sqlite_file_is_never_recreated(file: DatabaseFile) -> None:
    file.path.unlink()

    with pytest.raises(WrongDatabaseFile, match="was deleted or moved"):
        file.create_if_new()
    with pytest.raises(SystemExit):
        flask_migrate.upgrade(directory=MIGRATIONS)
    with pytest.raises(WrongDatabaseFile, match="was deleted or moved"):
        count_rows()
    assert not file.path.exists()


def test_a_restore_may_create_a_new_file_where_it_was_deleted(file: DatabaseFile) -> None:
    file.path.unlink()

    file.allow_new_file()
    flask_migrate.upgrade(directory=MIGRATIONS)

    assert count_rows() == 1


def test_a_restore_refuses_a_file_replaced_by_another_database(
    file: DatabaseFile, sqlite_templates: Callable[[bool], Path]
) -> None:
    file.path.unlink()
    shutil.copyfile(sqlite_templates(False), file.path)

    file.allow_new_file()

    with pytest.raises(WrongDatabaseFile, match="is another database"):
        count_rows()


def test_a_database_older_than_identities_is_accepted(file: DatabaseFile) -> None:
    known = file.note.read_text(encoding="ascii")
    flask_migrate.downgrade(directory=MIGRATIONS, revision="0020")
    close_connections()
    assert not file.note.exists()
    file.note.write_text(known, encoding="ascii")
    shutil.copyfile(file.path, file.path.with_suffix(".copy")).replace(file.path)

    assert count_rows() == 1
    close_connections()
    flask_migrate.upgrade(directory=MIGRATIONS)

    assert file.note.read_text(encoding="ascii") not in {"", known}
