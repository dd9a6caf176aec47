"""Real programmes of other conferences, loaded, published and read to the last page.

They hold the names of real people, so they are no part of this project: set REAL_SCHEDULES to a
folder of schedule.xml and schedule.json files to run these stories over each of them.
"""

import os
from pathlib import Path

import pytest

from app.database import transaction
from app.programme import releases, services
from tests.browser import Browser
from tests.factories import published

FOLDER = os.environ.get("REAL_SCHEDULES", "")
SCHEDULES = sorted(
    path for path in (Path(FOLDER).iterdir() if FOLDER else ()) if path.suffix in {".xml", ".json"}
)


@pytest.mark.empty
@pytest.mark.skipif(not SCHEDULES, reason="REAL_SCHEDULES names no folder of schedules")
@pytest.mark.parametrize("path", SCHEDULES or [Path()], ids=lambda path: path.name)
def test_every_page_of_a_real_programme_answers(path: Path, visitor: Browser) -> None:
    with transaction():
        services.load(path)
    published()
    programme = releases.current()

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
        assert str(services.load(path).difference) == "Nothing changed"
