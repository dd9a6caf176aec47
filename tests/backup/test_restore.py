"""A backup of either database is restored into an empty place of either kind."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.backup import archive, services
from app.backup.commands import NO_TERMINAL
from app.database import Base, db, transaction
from app.database_faults import current_migration, newest_migration
from app.delegates.models import Delegate
from app.encryption import get_key_ring
from app.history.models import HistoryEntry
from app.registration.links import booking_link
from config import ROOT
from tests.backup.conftest import NewPlace
from tests.backup.places import (
    PASSPHRASE,
    list_tables_with_rows,
    make_earlier,
    read_rows,
    run,
    run_successfully,
    site_at,
)
from tests.compatibility.databases import new_browser as browsers_of
from tests.factories import (
    add_file_answer,
    get_ada_marsh,
    make_delegate,
    make_material,
    make_photo,
    make_question,
    make_session,
    set_places,
)
from tests.sites import Settings

KINDS = ["sqlite", "postgresql"]


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", KINDS)
def test_a_restored_site_has_the_same_data_and_keeps_working(
    site: Flask, new_place: NewPlace, tmp_path: Path, kind: str
) -> None:
    set_places(5)
    delegate = make_delegate(
        given_names="Łukasz", family_name="O’Zółć\t\\", access="A ramp", is_added_by_team=True
    )
    make_photo(get_ada_marsh())
    make_material(make_session(), bytes(range(256)) * 2000)
    add_file_answer(delegate, make_question("Your card", kind="file"))
    link, number, before = booking_link(delegate), delegate.id, read_rows()
    made = run_successfully(site, "backup", tmp_path / "a.backup")
    elsewhere = new_place(kind)

    with site_at(elsewhere) as other:
        said = run_successfully(other, "restore", tmp_path / "a.backup")
        audit = run_successfully(other, "audit")
        visitor = browsers_of(other, elsewhere["SITE_URL"])()
        booking = visitor.open(link)
        found = visitor.open("/search?q=harbour+wall")
        restored = read_rows()
        next_number = make_delegate(email="grace@example.org").id

    count = sum(map(len, before.values()))
    assert made.startswith(f"{tmp_path}/a.backup: {count} rows from {len(before)} tables, ")
    assert said.startswith(
        f"Restored {count} rows in {len(before)} tables, as they were at 08:30 UTC on 12 May"
    )
    assert restored == before
    assert audit.splitlines()[-1] == "No problems found"
    assert booking.heading == "Your booking"
    assert found.heading == "One result for “harbour wall”"
    assert next_number == number + 1


def test_a_backup_holds_every_table_with_all_its_columns(site: Flask, tmp_path: Path) -> None:
    run_successfully(site, "backup", tmp_path / "a.backup")

    with services.open_backup(tmp_path / "a.backup") as backup:
        columns = {
            table.name: [name for name, _ in table.columns] for table in backup.manifest.tables
        }

    assert columns == {
        table.name: [column.name for column in table.columns]
        for table in Base.metadata.tables.values()
    }


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_from_an_earlier_version_is_migrated(
    site: Flask, new_place: NewPlace, tmp_path: Path, kind: str
) -> None:
    make_delegate(pronouns="she/her")
    run_successfully(site, "backup", tmp_path / "a.backup")
    earlier = make_earlier(tmp_path / "a.backup", tmp_path / "b.backup", new_place("sqlite"))

    with site_at(new_place(kind)) as other:
        run_successfully(other, "db", "upgrade")  # an empty database of today is fine
        run_successfully(other, "restore", earlier)
        delegates = db.session.scalars(select(Delegate)).all()

        assert [(one.badge_name, one.pronouns) for one in delegates] == [("Ada Lovelace", "")]
        assert current_migration(db.engine) == newest_migration()


def test_null_characters_are_removed_when_restoring_into_postgresql(
    site: Flask, new_place: NewPlace, tmp_path: Path
) -> None:
    with transaction():
        entry = db.session.scalars(select(HistoryEntry).limit(1)).one()
        entry.summary = "A server said \0 and hung up"
    number = entry.id
    run_successfully(site, "backup", tmp_path / "a.backup")

    with site_at(new_place("postgresql")) as other:
        run_successfully(other, "restore", tmp_path / "a.backup")

        assert db.session.get_one(HistoryEntry, number).summary == "A server said  and hung up"


# The place


@pytest.mark.both_databases
def test_a_restore_into_a_database_with_data_is_refused(site: Flask, tmp_path: Path) -> None:
    run_successfully(site, "backup", tmp_path / "a.backup")
    before = read_rows()

    result = run(site, "restore", tmp_path / "a.backup")

    assert result.exit_code == 1
    assert result.output == (
        "Error: The database here is not empty, and a restore would replace what is in it. "
        "Restore into a new database, or move this one first\n"
    )
    assert read_rows() == before


def test_a_restore_into_the_database_of_another_program_is_refused(
    site: Flask, new_place: NewPlace, tmp_path: Path
) -> None:
    run_successfully(site, "backup", tmp_path / "a.backup")
    elsewhere = new_place("sqlite")
    file = Path(elsewhere["DATABASE_URL"].removeprefix("sqlite:///"))
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript('CREATE TABLE "their own" (x); INSERT INTO "their own" VALUES (1)')

    with site_at(elsewhere) as other:
        result = run(other, "restore", tmp_path / "a.backup")
        tables = list_tables_with_rows()

    assert result.output.startswith("Error: The database here is not empty")
    assert tables == []
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("their own",)]


# Settings and keys


def test_keys_are_encrypted_with_a_passphrase_and_settings_are_written_as_variables(
    site: Flask, new_place: NewPlace, tmp_path: Path
) -> None:
    typed = f"{PASSPHRASE}\n{PASSPHRASE}\n"
    run_successfully(site, "backup", tmp_path / "a.backup", "--with-keys", typed=typed)
    elsewhere = new_place("sqlite") | {"SECRET_KEY": "the key of another place"}

    with site_at(elsewhere) as other:
        said = run_successfully(other, "restore", tmp_path / "a.backup", typed=f"{PASSPHRASE}\n")

    file = Path(elsewhere["INSTANCE_PATH"]) / "restored-settings.env"
    to_do, warning = said.splitlines()[-2:]
    assert to_do == f"Set what is in {file} in the environment of the site, then delete that file"
    assert warning == (
        "The secret key here is not the one in the backup. Put the backup’s key into the setting "
        "SECRET_KEY before you start the site. Without it, links in earlier emails and codes of "
        "authenticator apps do not work"
    )
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text(encoding="utf-8") == (
        "# From a backup.\nCLOCK_STARTS_AT=\n"
        "DATA_KEY=a-data-key-for-tests-that-everyone-knows\nEDITION_CHECK_SECONDS=86400.0\n"
        "MAIL_DEFAULT_SENDER=tides@conference.example\nMAIL_TIMEOUT=2\n"
        "SECRET_KEY='a key for tests, known to everyone'\nSITE_URL=https://conference.example\n"
    )


def test_a_test_copy_has_no_public_address_and_no_mail_server(
    site: Flask, new_place: NewPlace, tmp_path: Path
) -> None:
    (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    words = ("--passphrase-file", tmp_path / "passphrase")
    run_successfully(site, "backup", tmp_path / "a.backup", *words)
    elsewhere = new_place("sqlite")

    with site_at(elsewhere) as other:
        run_successfully(other, "restore", tmp_path / "a.backup", "--test-copy", *words)

    file = Path(elsewhere["INSTANCE_PATH"]) / "restored-settings.env"
    assert file.read_text(encoding="utf-8") == (
        "# From a backup.\nCLOCK_STARTS_AT=\n"
        "DATA_KEY=a-data-key-for-tests-that-everyone-knows\nEDITION_CHECK_SECONDS=86400.0\n"
        "SECRET_KEY='a key for tests, known to everyone'\n"
    )


def test_a_backup_can_be_restored_without_its_keys_and_passphrase(
    site: Flask, new_place: NewPlace, tmp_path: Path
) -> None:
    typed = f"{PASSPHRASE}\n{PASSPHRASE}\n"
    run_successfully(site, "backup", tmp_path / "a.backup", "--with-keys", typed=typed)
    before = read_rows()

    with site_at(new_place("sqlite")) as other:
        run_successfully(other, "restore", tmp_path / "a.backup", "--without-keys")

        assert read_rows() == before


def test_requirements_stay_encrypted_in_a_backup_and_a_missing_key_is_reported(
    site: Flask, new_place: NewPlace, tmp_path: Path
) -> None:
    delegate = make_delegate(access="A ramp")
    run_successfully(site, "backup", tmp_path / "a.backup")
    with archive.open_for_reading(tmp_path / "a.backup") as source:
        everything = b"".join(map(source.read, source.namelist()))
    elsewhere = {name: text for name, text in new_place("sqlite").items() if name != "DATA_KEY"}
    key_id = get_key_ring().current_id

    with site_at(elsewhere) as other:
        said = run_successfully(other, "restore", tmp_path / "a.backup")

    assert delegate.access_key.encode() in everything
    assert b"A ramp" not in everything
    assert said.splitlines()[-1] == (
        "Access and dietary requirements in the backup are encrypted with a key that is not in "
        f"DATA_KEY here (id {key_id}). Add the backed-up site’s key, or they cannot be read"
    )


def test_the_keys_cannot_be_read_without_the_passphrase(site: Flask, tmp_path: Path) -> None:
    typed = f"{PASSPHRASE}\n{PASSPHRASE}\n"
    run_successfully(site, "backup", tmp_path / "a.backup", "--with-keys", typed=typed)

    with archive.open_for_reading(tmp_path / "a.backup") as source:
        everything = b"".join(map(source.read, source.namelist()))

    assert b"a key for tests" not in everything
    assert b"a-data-key" not in everything


# What a backup is made of


def test_a_backup_is_readable_by_its_owner_only_and_overwrites_only_backups(
    site: Flask, tmp_path: Path
) -> None:
    file, notes = tmp_path / "a.backup", tmp_path / "notes.txt"
    notes.write_text("Buy rope", encoding="utf-8")

    run_successfully(site, "backup", file)
    run_successfully(site, "backup", file)
    refused = run(site, "backup", notes)
    nowhere = run(site, "backup", tmp_path / "no" / "a.backup")
    folder = run(site, "backup", tmp_path)

    assert file.stat().st_mode & 0o777 == 0o600
    assert refused.output == f"Error: {notes} exists and is not a backup. Choose another name\n"
    assert notes.read_text(encoding="utf-8") == "Buy rope"
    assert nowhere.output == (
        f"Error: Cannot write {tmp_path}/no/a.backup: No such file or directory\n"
    )
    assert folder.output == f"Error: {tmp_path} exists and is not a backup. Choose another name\n"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.backup", "notes.txt"]


@pytest.mark.parametrize("standard_input", ["</dev/null", "<&-"])
def test_without_a_terminal_the_passphrase_is_not_asked_for(
    site: Flask, settings: Settings, tmp_path: Path, standard_input: str
) -> None:
    words = f'exec "{sys.executable}" -m flask --app wsgi backup "$0" --with-keys {standard_input}'

    result = subprocess.run(
        ["/bin/sh", "-c", words, str(tmp_path / "a.backup")],
        cwd=ROOT,
        env={**os.environ, **settings},
        start_new_session=True,  # which has no terminal
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == f"Error: {NO_TERMINAL}"
    assert "Traceback" not in result.stderr
    assert list(tmp_path.glob("*a.backup*")) == []


def test_a_binary_passphrase_file_is_refused(site: Flask, tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_bytes(b"\xab" * 20)

    result = run(site, "backup", tmp_path / "a.backup", "--passphrase-file", file)

    assert result.output == f"Error: {file} is not a text file in UTF-8\n"


def test_a_short_passphrase_is_refused(site: Flask, tmp_path: Path) -> None:
    result = run(site, "backup", tmp_path / "a.backup", "--with-keys", typed="tides\ntides\n")

    assert result.output.splitlines()[-1] == (
        "Error: A passphrase must have at least 12 characters"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.empty
def test_a_database_with_pending_migrations_is_not_backed_up(site: Flask, tmp_path: Path) -> None:
    run_successfully(site, "db", "downgrade", "0019")

    result = run(site, "backup", tmp_path / "a.backup")

    assert result.output.splitlines()[-1] == (
        "Error: The database is not up to date: run “db upgrade” first"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_manifest_says_when_and_where_the_backup_was_made(site: Flask, tmp_path: Path) -> None:
    run_successfully(site, "backup", tmp_path / "a.backup")

    with services.open_backup(tmp_path / "a.backup") as backup:
        manifest = backup.manifest

    assert manifest.created_at == datetime.fromisoformat("2009-05-12T08:30:00+00:00")
    assert (manifest.migration, manifest.database) == (newest_migration(), "sqlite")
    assert manifest.settings["SITE_URL"] == "https://conference.example"
    assert "DATABASE_URL" not in manifest.settings
