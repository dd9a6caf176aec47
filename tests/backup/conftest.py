"""What stories about backups stand on.

new_place   makes an empty place of a kind: `elsewhere = new_place("postgresql")` gives settings,
            of which `site_at(elsewhere)` makes a site, in view within its block
"""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.postgres import PostgresServer
from tests.sites import Settings

NewPlace = Callable[[str], Settings]


@pytest.fixture
def new_place(
    settings: Settings, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[NewPlace]:
    """Make empty places for a site, each with a database and a folder of its own."""
    numbers = count(1)
    databases: list[str] = []

    def make(kind: str) -> Settings:
        folder = tmp_path / f"elsewhere-{next(numbers)}"
        if kind == "sqlite":
            url = f"sqlite:///{folder / 'conference.sqlite'}"
        else:
            server: PostgresServer = request.getfixturevalue("postgres")
            databases.append(server.create_database())
            url = server.url(databases[-1])
        return {**settings, "DATABASE_URL": url, "INSTANCE_PATH": str(folder)}

    yield make
    for name in databases:
        request.getfixturevalue("postgres").drop_database(name)
