"""Real programmes of other conferences, loaded, published and read to the last page.

They hold the names of real people, so they are no part of this project: set REAL_SCHEDULES to a
folder of schedules, calendars and tables to run these stories over each of them.
"""

import os
from pathlib import Path

import pytest

from app.database import transaction
from app.interchange import services
from app.releases import current_release
from tests.browser import Browser
from tests.factories import publish_programme

FOLDER = os.environ.get("REAL_SCHEDULES", "")
FILES = sorted(Path(FOLDER).iterdir()) if FOLDER else []
SCHEDULES = [path for path in FILES if path.suffix in {".xml", ".json", ".ics"}]
TABLES = [path for path in FILES if path.suffix == ".csv"]


@pytest.mark.empty
@pytest.mark.skipif(not SCHEDULES, reason="REAL_SCHEDULES names no folder of schedules")
@pytest.mark.parametrize("path", SCHEDULES or [Path()], ids=lambda path: path.name)
def test_every_page_of_a_real_imported_programme_renders(path: Path, visitor: Browser) -> None:
    with transaction():
        services.load_file(path)
    publish_programme()
    programme = current_release.get_programme()

    for address in (
        *("/programme", "/speakers"),
        *(f"/programme/{day.date}" for day in programme.days),
        *(f"/sessions/{session.slug}" for session in programme.sessions),
        *(f"/speakers/{speaker.slug}" for speaker in programme.speakers),
        *(f"/themes/{theme.slug}" for theme in programme.themes),
        *(f"/rooms/{room.slug}" for room in programme.rooms),
    ):
        visitor.open(address)
    with transaction():
        assert str(services.load_file(path).changes) == "Nothing changed"


@pytest.mark.skipif(not TABLES, reason="REAL_SCHEDULES names no folder of tables")
@pytest.mark.parametrize("path", TABLES or [Path()], ids=lambda path: path.name)
def test_a_real_table_is_merged_into_the_current_conference(path: Path, visitor: Browser) -> None:
    with transaction():
        loaded = services.merge_file(path)
    publish_programme()

    assert loaded.changes.added
    for session in current_release.get_programme().sessions:
        visitor.open(f"/sessions/{session.slug}")
    with transaction():
        assert str(services.merge_file(path).changes) == "Nothing changed"
