"""What is not a whole, unaltered backup that this version knows is refused, and nothing is done."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import pytest
from flask import Flask

from app.backup import archive, services, site_settings
from app.errors import InvalidFile
from tests.backup.conftest import NewPlace
from tests.backup.places import (
    PASSPHRASE,
    Members,
    list_tables_with_rows,
    rewrite,
    run,
    run_successfully,
    site_at,
)
from tests.factories import make_delegate

ALTERED = (
    "Error: The backup has been altered or damaged: {} is not as it was written. "
    "Nothing has been restored\n"
)
NEWER = (
    "Error: The backup was made by a newer version of the site: install that version, or a later "
    "one, and restore it there\n"
)
DELEGATES, MANIFEST, KEYS = "tables/delegate.jsonl", "manifest.json", "keys.json"


@pytest.fixture
def whole(site: Flask, tmp_path: Path) -> Path:
    """A backup with nothing wrong."""
    make_delegate(family_name="Lovelace")
    typed = f"{PASSPHRASE}\n{PASSPHRASE}\n"
    run_successfully(site, "backup", tmp_path / "whole.backup", "--with-keys", typed=typed)
    return tmp_path / "whole.backup"


@pytest.fixture
def refuse(new_place: NewPlace) -> Callable[..., str]:
    """Try to restore a file; give what was said, and see that the place stays empty."""

    def restore(file: Path, passphrase: str = PASSPHRASE) -> str:
        with site_at(new_place("sqlite")) as other:
            result = run(other, "restore", file, typed=f"{passphrase}\n")
            tables = list_tables_with_rows()
        assert (result.exit_code, tables) == (1, [])
        return result.output.removeprefix("Passphrase: \n")

    return restore


def change_manifest(**values: object) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        members[MANIFEST] = json.dumps({**json.loads(members[MANIFEST]), **values}).encode()

    return change


def change_table(**values: object) -> Callable[[Members], None]:
    """Say something else of the first table."""

    def change(members: Members) -> None:
        manifest = json.loads(members[MANIFEST])
        manifest["tables"][0] |= values
        members[MANIFEST] = json.dumps(manifest).encode()

    return change


def rename_delegate(members: Members) -> None:
    members[DELEGATES] = members[DELEGATES].replace(b"Lovelace", b"Livelace")


def repeat_delegate(members: Members) -> None:
    members[DELEGATES] *= 2


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (rename_delegate, DELEGATES),
        (repeat_delegate, DELEGATES),
        (lambda members: members.pop(DELEGATES), "the list of its contents"),
        (lambda members: members.update({"more.txt": b"?"}), "the list of its contents"),
        (lambda members: members.pop(MANIFEST), MANIFEST),
        (lambda members: members.update({MANIFEST: b"{}"}), MANIFEST),
        (lambda members: members.update({MANIFEST: b"no JSON"}), MANIFEST),
        (lambda members: members.update({KEYS: b"no JSON"}), KEYS),
        (lambda members: members.update({KEYS: b"[]"}), KEYS),
        (lambda members: members.update({KEYS: b"x" * 300_000}), KEYS),
        (lambda members: members.update({MANIFEST: b"x" * 5_000_000}), MANIFEST),
        (change_table(name='"; DROP TABLE delegate'), MANIFEST),
        (change_table(columns=[["id", "surprise"]]), MANIFEST),
        (change_table(rows=-1), MANIFEST),
    ],
)
def test_an_altered_backup_is_refused(
    whole: Path, tmp_path: Path, refuse: Callable[..., str], change: object, what: str
) -> None:
    assert callable(change)
    altered = rewrite(whole, tmp_path / "altered.backup", change)

    assert refuse(altered) == ALTERED.format(what)


@pytest.mark.parametrize(
    "change",
    [
        change_manifest(created_at="2009-05-13T09:30:00Z"),
        change_manifest(settings={"SITE_URL": "https://elsewhere.example"}),
        change_table(rows=0),
    ],
)
def test_the_manifest_of_a_backup_with_keys_cannot_be_altered(
    whole: Path, tmp_path: Path, refuse: Callable[..., str], change: Callable[[Members], None]
) -> None:
    altered = rewrite(whole, tmp_path / "altered.backup", change)

    assert refuse(altered) == (
        "Error: This is not the passphrase of the backup, or the backup has been altered. "
        "Nothing has been restored\n"
    )


@pytest.mark.parametrize(
    "change", [change_manifest(format_version=2, tables="?"), change_manifest(migration="9999")]
)
def test_a_backup_of_a_newer_version_is_refused(
    whole: Path, tmp_path: Path, refuse: Callable[..., str], change: Callable[[Members], None]
) -> None:
    assert refuse(rewrite(whole, tmp_path / "newer.backup", change)) == NEWER


def test_a_wrong_passphrase_is_refused(whole: Path, refuse: Callable[..., str]) -> None:
    assert refuse(whole, "piers and walls and tides") == (
        "Error: This is not the passphrase of the backup, or the backup has been altered. "
        "Nothing has been restored\n"
    )


def test_a_file_that_is_not_a_backup_is_refused(
    whole: Path, tmp_path: Path, refuse: Callable[..., str]
) -> None:
    notes, other_zip = tmp_path / "notes.txt", tmp_path / "other.zip"
    notes.write_text("Buy rope", encoding="utf-8")
    with ZipFile(other_zip, "w") as file:
        file.write(notes, "notes.txt")

    for path in (notes, other_zip):
        assert refuse(path) == f"Error: {path} is not a backup of this site\n"
    for path in (tmp_path, tmp_path / "nothing.backup"):
        assert refuse(path) == f"Error: There is no file {path}\n"


def test_a_truncated_backup_is_refused_at_any_length(
    whole: Path, tmp_path: Path, refuse: Callable[..., str]
) -> None:
    body, part = whole.read_bytes(), tmp_path / "part.backup"
    part.write_bytes(body[: len(body) // 2])

    assert refuse(part) == (f"Error: {part} is damaged or incomplete. Nothing has been restored\n")
    for length in range(0, len(body), max(1, len(body) // 100)):
        part.write_bytes(body[:length])
        with pytest.raises(InvalidFile):
            _read_all(part)


@pytest.fixture
def quick_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the key of a passphrase and a salt once: it takes a third of a second on purpose."""
    derive_key = cache(site_settings._derive_key)  # noqa: SLF001 - the same key, remembered
    monkeypatch.setattr(site_settings, "_derive_key", derive_key)


@pytest.mark.usefixtures("quick_passphrase")
def test_a_changed_byte_anywhere_is_detected_or_harmless(whole: Path, tmp_path: Path) -> None:
    body, damaged = whole.read_bytes(), tmp_path / "damaged.backup"
    expected, noticed = _read_all(whole), 0
    positions = range(0, len(body), max(1, len(body) // 100))

    for position in positions:
        damaged.write_bytes(body[:position] + bytes([body[position] ^ 255]) + body[position + 1 :])
        try:
            assert _read_all(damaged) == expected, position
        except InvalidFile:
            noticed += 1

    assert noticed > len(positions) / 2  # the rest are dates and the like in the archive's lists


def _read_all(path: Path) -> tuple[bytes, list[bytes]]:
    """Read a backup as a restore does; give all that it would restore."""
    with services.open_backup(path) as backup:
        archive.verify(backup.source, backup.manifest)
        secrets = backup.decrypt_secrets(PASSPHRASE)
        lines = [
            line
            for entry in backup.manifest.tables
            for line in archive.read_lines(backup.source, entry)
        ]
        return backup.manifest_body + json.dumps(dict(secrets)).encode(), lines
