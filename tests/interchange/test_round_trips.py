"""Every file that the site exports is loaded again, and changes nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.accounts.models import EDITOR
from app.database import db, transaction
from app.interchange import services
from app.interchange.importers.detect import read_file
from app.programme import snapshot
from app.programme.models import Conference
from app.releases import snapshot_builder
from tests.browser import Browser
from tests.factories import make_room, make_session, make_theme, publish_programme, sign_in
from tests.interchange.test_exporters import make_rich_programme

PROGRAMMES = ("working", "published")
FILES = (
    *("conference.json", "schedule.xml", "schedule.json", "programme.ics"),
    *("sessions.csv", "sessions.xlsx", "speakers.csv", "speakers.xlsx"),
)
MIDNIGHT = datetime(2009, 6, 10, 23, tzinfo=UTC)  # by the clocks of the conference, in summer


@pytest.fixture
def editor(visitor: Browser) -> Browser:
    return sign_in(visitor, role=EDITOR)


def make_difficult_programme() -> None:
    """Add sessions whose times, rooms and texts are easily lost."""
    make_rich_programme()
    room = make_room(name="Room 1, by the pier; upstairs", key="r1", slug="room-1")
    link = "Read [the *paper*](https://example.org/paper), or [ask](mailto:ada@example.org)."
    make_session(
        slug="until-midnight",
        title="Until midnight",
        starts_at=MIDNIGHT - timedelta(minutes=90),
        ends_at=MIDNIGHT,
        abstract=f"{link}\n\nA second paragraph that is " + "long " * 60,
        room=room,
    )
    make_session(
        slug="past-midnight",
        title="Past midnight",
        starts_at=MIDNIGHT,
        ends_at=MIDNIGHT + timedelta(minutes=7),
        theme=make_theme(name="Nuit & jour", slug="nuit", letter="N", position=4),
    )
    make_session(slug="code", title="Code", abstract="```\nprint(1 < 2)\n```")
    make_session(
        slug="all-day",
        title="A whole day",
        starts_at=MIDNIGHT - timedelta(hours=24),
        ends_at=MIDNIGHT,
        is_illustrative=True,
    )


def frozen() -> str:
    db.session.expire_all()
    return snapshot.dump(snapshot_builder.build_snapshot())


def exported(editor: Browser, programme: str, name: str, folder: Path) -> Path:
    path = folder / name
    path.write_bytes(editor.fetch("GET", f"/organise/files/{programme}/{name}").data)
    return path


@pytest.mark.parametrize("programme", PROGRAMMES)
@pytest.mark.parametrize("name", FILES)
def test_importing_an_export_of_any_programme_changes_nothing(
    editor: Browser, tmp_path: Path, programme: str, name: str
) -> None:
    make_difficult_programme()
    publish_programme()
    before = frozen()
    path = exported(editor, programme, name, tmp_path)

    with transaction():
        loaded = services.load_file(path)

    assert str(loaded.changes) == "Nothing changed", loaded.changes
    assert frozen() == before


@pytest.mark.parametrize("name", ["schedule.xml", "schedule.json", "conference.json"])
def test_a_session_across_a_daylight_saving_change_round_trips(
    editor: Browser, tmp_path: Path, name: str
) -> None:
    with transaction():
        db.session.get_one(Conference, 1).ends_on = datetime(2009, 10, 25, tzinfo=UTC).date()
    starts_at = datetime(2009, 10, 24, 23, 30, tzinfo=UTC)  # half past midnight, in summer
    make_session(slug="night", starts_at=starts_at, ends_at=starts_at + timedelta(hours=3))
    publish_programme()

    programme = read_file(exported(editor, "working", name, tmp_path)).programme

    [night] = [one for one in programme.sessions if one.slug == "night"]
    assert night.ends_at == starts_at + timedelta(hours=3)


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_exports_contain_no_external_link_notes(
    editor: Browser, tmp_path: Path, programme: str
) -> None:
    make_difficult_programme()
    publish_programme()

    for name in FILES:
        contents = exported(editor, programme, name, tmp_path).read_bytes()
        assert b"opens another website" not in contents, name
        assert b"noopener" not in contents, name


def test_session_pages_still_mark_external_links(visitor: Browser) -> None:
    make_difficult_programme()
    publish_programme()

    page = visitor.open("/sessions/until-midnight")

    assert "Read the paper (opens another website), or ask." in page.text
