"""What stories about stored databases stand on, in place of the small conference.

stored       the folder of this test: each test runs once for every folder there is
site         the site on the stored database, migrated to today, at the moment it was stored
people       the browser of everybody who held something then, by what the folder calls them
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from tests.browser import Browser
from tests.compatibility import databases, walk
from tests.postgres import PostgresServer

StoredState = dict[str, Any]


@pytest.fixture(params=databases.folders(), ids=lambda folder: folder.name)
def stored(request: pytest.FixtureRequest) -> Path:
    """A folder with stored databases."""
    folder: Path = request.param
    return folder


@pytest.fixture
def stored_state(stored: Path) -> StoredState:
    """What people had when it was stored: links, cookies, settings, the time."""
    return walk.load_links(stored)


@pytest.fixture
def frozen_time(stored_state: StoredState) -> Iterator[Any]:
    """The clock, frozen at the time of storing."""
    with time_machine.travel(stored_state["moment"], tick=False) as traveller:
        yield traveller


@pytest.fixture
def database(request: pytest.FixtureRequest, stored: Path, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh copy of the stored database for this test."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield databases.restore_sqlite(stored, tmp_path / "conference.sqlite")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = databases.restore_postgresql(stored, server)
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def settings(
    request: pytest.FixtureRequest, stored_state: StoredState, database: str, tmp_path: Path
) -> dict[str, str]:
    """The settings of the site that was stored."""
    chosen = {**stored_state["settings"], "DATABASE_URL": database, "INSTANCE_PATH": str(tmp_path)}
    if "mailbox" in request.fixturenames:
        chosen |= request.getfixturevalue("mailbox").settings
    return chosen


@pytest.fixture
def site(settings: dict[str, str], frozen_time: Any) -> Iterator[Flask]:
    """The site on the stored database, migrated to today."""
    with databases.running(settings):
        databases.upgrade()
    with databases.running(settings) as site:
        yield site


@pytest.fixture
def people(site: Flask, stored_state: StoredState) -> dict[str, Browser]:
    """All browsers, with the stored cookies."""
    return walk.make_browsers(
        stored_state, databases.new_browser(site, stored_state["settings"]["SITE_URL"])
    )
