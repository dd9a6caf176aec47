"""A stored database, with rows in every table, is backed up and restored on the other kind."""

from pathlib import Path
from typing import Any

from flask import Flask

from tests.backup.places import read_rows, run_successfully, site_at
from tests.compatibility.databases import new_browser
from tests.postgres import PostgresServer


def test_a_backup_restored_into_postgresql_and_back_keeps_every_row_and_link(
    site: Flask,
    settings: dict[str, str],
    stored_state: dict[str, Any],
    postgres: PostgresServer,
    tmp_path: Path,
) -> None:
    before, answers = read_rows(), open_links(site, stored_state)
    there = {**settings, "DATABASE_URL": postgres.url(postgres.create_database())}
    back = {**settings, "DATABASE_URL": f"sqlite:///{tmp_path}/back.sqlite"}

    run_successfully(site, "backup", tmp_path / "a.backup")
    with site_at(there) as other:
        run_successfully(other, "restore", tmp_path / "a.backup")
        rows_there, answers_there = read_rows(), open_links(other, stored_state)
        run_successfully(other, "backup", tmp_path / "b.backup")
    with site_at(back) as other:
        run_successfully(other, "restore", tmp_path / "b.backup")
        rows_back, answers_back = read_rows(), open_links(other, stored_state)

    assert rows_there == rows_back == before
    assert answers_there == answers_back == answers


def open_links(site: Flask, stored_state: dict[str, Any]) -> dict[str, int]:
    """Open what people held; give the status of each answer."""
    visitor = new_browser(site, stored_state["settings"]["SITE_URL"])()
    return {link: visitor.fetch("GET", link).status_code for link in stored_state["links"].values()}
