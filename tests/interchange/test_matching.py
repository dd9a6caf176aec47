"""A spreadsheet or a calendar of sessions that are here already, and what becomes of the rest."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.content import markdown
from app.database import db, transaction
from app.interchange import services
from app.interchange.exporters import source
from app.interchange.exporters.formats import TABLES
from app.interchange.import_report import ImportResult
from app.programme import snapshot
from app.programme.models import Room, Session, Speaker, Theme
from app.releases import snapshot_builder
from app.web import spreadsheets
from tests.interchange.sample_schedules import EVENT, make_event_xml, make_schedule_xml
from tests.interchange.test_import_ical import make_calendar, make_event

Load = Callable[..., ImportResult]


@pytest.fixture
def load(site: object, tmp_path: Path) -> Load:
    """Load lines of a table, or bytes of any file, and leave out what they do not hold."""

    def _load(
        *lines: str, body: bytes = b"", deed: Callable[[Path], ImportResult] = services.load_file
    ) -> ImportResult:
        file = tmp_path / "handed-in"
        file.write_bytes(body or "\n".join(lines).encode())
        with transaction():
            return deed(file)

    return _load


def get_session_by_title(title: str) -> Session:
    found = db.session.scalar(select(Session).where(Session.title == title))
    assert found is not None
    return found


def frozen() -> str:
    db.session.expire_all()
    return snapshot.dump(snapshot_builder.build_snapshot())


def tables() -> Iterator[bytes]:
    """Return the working programme as exported by each admin list."""
    told = source.load_working_programme("https://conference.example").snapshot
    for name, table in TABLES.items():
        head, rows = table.build(told)
        yield b"".join(spreadsheets.stream_csv(head, rows))
        yield b"".join(spreadsheets.stream_xlsx(name, head, rows))


def test_importing_an_exported_table_changes_nothing(load: Load) -> None:
    get_session_by_title("Opening").abstract = "Why we are *here*.\n\n- one\n- two"
    get_session_by_title("Opening").links = '[["https://a.example/", "Slides"]]'
    _with_a_profile("ada-marsh")
    db.session.commit()
    before = frozen()

    told = [str(load(body=body).changes) for body in tables()]

    assert told == ["Nothing changed"] * 4
    assert frozen() == before


def _with_a_profile(slug: str) -> Speaker:
    found = db.session.scalars(select(Speaker).where(Speaker.slug == slug)).one()
    found.honorific, found.pronunciation, found.pronouns = "Dr", "AY-da marsh", "she/her"
    found.links = '[["https://ada.example/", "Her page; with her papers"]]'
    found.biographies = '[["fr", "Ada garde le port."]]'
    return found


def test_a_table_of_speakers_updates_their_profiles(load: Load) -> None:
    _with_a_profile("ada-marsh")
    db.session.commit()

    loaded = load(
        "Name,Title before the name,How to say the name,Pronouns,Links",
        'Ada Marsh,Prof,AH-da marsh,,"https://ada.example/ Home\nhttp://no.example"',
        "Bo Lund,,BOO lund,he/him,",
    )

    ada, bo = (
        db.session.scalars(select(Speaker).where(Speaker.slug == slug)).one()
        for slug in ("ada-marsh", "bo-lund")
    )
    assert (ada.honorific, ada.pronunciation, ada.pronouns) == ("Prof", "AH-da marsh", "")
    assert ada.links == '[["https://ada.example/", "Home"]]'
    assert ada.biographies == '[["fr", "Ada garde le port."]]'
    assert (ada.role, bo.pronunciation, bo.pronouns) == ("Harbour master", "BOO lund", "he/him")
    assert [note.subject for note in loaded.notes] == ["Ada Marsh"]


def test_a_table_without_profile_columns_keeps_profiles(load: Load) -> None:
    _with_a_profile("ada-marsh")
    db.session.commit()

    load("Name,Country", "Ada Marsh,Kenya")
    load("Name,Pronouns", "Ada Marsh and Bo Lund,they/them")
    load(
        "Title,Room,Speaker name,Pronouns,Links",
        "Opening,Great hall,Ada Marsh,she,https://opening.example/",
    )

    ada = db.session.scalars(select(Speaker).where(Speaker.slug == "ada-marsh")).one()
    assert (ada.honorific, ada.pronouns) == ("Dr", "she")
    assert ada.links == '[["https://ada.example/", "Her page; with her papers"]]'
    assert "https://opening.example/" in get_session_by_title("Opening").links


def test_fields_without_a_column_are_kept(load: Load) -> None:
    loaded = load("Title,Room", "Reading the tide,Boat house", deed=services.merge_file)

    assert loaded.changes.changed == ["Session: Reading the tide (room)"]
    known = get_session_by_title("Reading the tide")
    assert known.room is not None
    assert known.room.slug == "boat-house"
    assert markdown.to_text(known.abstract).startswith("How a tide table is made")
    assert [one.speaker.name for one in known.appearances] == ["João Maré"]
    assert known.theme is not None


def test_sessions_missing_from_a_table_are_withdrawn_and_nothing_else(
    load: Load,
) -> None:
    loaded = load("Title,Room", "Opening,GREAT HALL")

    assert sorted(loaded.changes.withdrawn) == [
        "Session: Coffee",
        "Session: Farewell",
        "Session: Harbour walls",
        "Session: Reading the tide",
    ]
    for kind, count in ((Room, 2), (Theme, 2), (Speaker, 2)):
        assert len(db.session.scalars(select(kind)).all()) == count


def test_a_table_of_speakers_withdraws_nothing(load: Load) -> None:
    loaded = load("Name,Country", "Ada Marsh,Kenya", "Bo Lund,Norway")

    assert loaded.changes.changed == ["Speaker: Ada Marsh (country)"]
    assert loaded.changes.added == ["Speaker: Bo Lund"]
    assert loaded.changes.withdrawn == []
    ada = db.session.scalar(select(Speaker).where(Speaker.slug == "ada-marsh"))
    assert ada is not None
    assert (ada.country, ada.role) == ("Kenya", "Harbour master")


def test_a_session_keeps_its_duration_if_a_table_has_only_its_start(load: Load) -> None:
    opening = get_session_by_title("Opening")
    assert opening.starts_at is not None
    assert opening.ends_at is not None
    length = opening.ends_at - opening.starts_at

    load("Title,Day,Start", "Opening,2009-06-11,9am", "Brand new,2009-06-11,2pm")

    moved, new = get_session_by_title("Opening"), get_session_by_title("Brand new")
    assert moved.starts_at is not None
    assert moved.ends_at == moved.starts_at + length
    assert new.ends_at is not None
    assert f"{moved.starts_at:%d %H:%M}" == "11 08:00"


def test_a_session_without_duration_gets_the_default_one_with_its_start(load: Load) -> None:
    opening = get_session_by_title("Opening")
    opening.starts_at = opening.ends_at = None
    db.session.commit()

    load("Title,Day,Start", "Opening,2009-06-11,9am")

    assert f"{get_session_by_title('Opening').ends_at:%d %H:%M}" == "11 08:30"


def test_sessions_of_one_title_are_matched_by_time_and_room(load: Load) -> None:
    load(
        "Title,Day,Start,End,Room",
        "Tea,2009-06-10,15:00,15:30,Great hall",
        "Tea,2009-06-10,15:00,15:30,Boat house",
        "Tea,2009-06-11,15:00,15:30,Boat house",
        deed=services.merge_file,
    )

    loaded = load(
        "Title,Day,Start,End,Room,Subtitle",
        "Tea,2009-06-11,15:00,15:30,Boat house,Third",
        "Tea,2009-06-10,15:00,15:30,Boat house,Second",
        "Tea,2009-06-10,15:00,15:30,Great hall,First",
        deed=services.merge_file,
    )

    assert loaded.changes.added == []
    told = {
        (one.subtitle, f"{one.starts_at:%d}", one.room.name if one.room else "")
        for one in db.session.scalars(select(Session).where(Session.title == "Tea"))
    }
    assert told == {
        ("First", "10", "Great hall"),
        ("Second", "10", "Boat house"),
        ("Third", "11", "Boat house"),
    }


def test_a_calendar_changes_only_the_fields_it_contains(load: Load) -> None:
    event = make_event(
        SUMMARY="Harbour walls",
        DTSTART=":20090610T110000Z",
        DTEND=":20090610T120000Z",
        LOCATION="Boat house",
        DESCRIPTION="What the sea takes\\, and who mends it.",
    )

    loaded = load(body=make_calendar(event), deed=services.merge_file)

    assert loaded.changes.changed == ["Session: Harbour walls (end, start)"]
    assert get_session_by_title("Harbour walls").appearances != []


def test_a_calendar_of_another_conference_replaces_the_programme(load: Load) -> None:
    loaded = load(body=make_calendar(X_WR_CALNAME="Winds"))

    assert "Session: Opening" in loaded.changes.withdrawn
    assert [one.title for one in db.session.scalars(select(Session))] == ["Warm homes"]


def test_a_theme_with_an_older_style_of_slug_keeps_it(load: Load) -> None:
    known = db.session.scalars(select(Theme).where(Theme.slug == "water")).one()
    known.name, known.slug = "Łódź", "odz"
    db.session.commit()
    event = {**EVENT, "track": "Łódź"}

    load(body=make_schedule_xml(make_event_xml(**event), acronym="tides-2009").encode())

    assert [(one.name, one.slug) for one in db.session.scalars(select(Theme))] == [("Łódź", "odz")]
    assert get_session_by_title("Warm homes").theme is not None


def test_contact_addresses_are_imported_and_kept_for_empty_cells(load: Load) -> None:
    load("Name,Email", "Ada Marsh,ada@example.org", "Bo Lund,bo@example.org")
    told = load("Name,Email,Country", "Ada Marsh,,Kenya", "Bo Lund,bo.lund@example.org,Ghana")

    found = db.session.scalars(select(Speaker).order_by(Speaker.name)).all()
    assert {one.name: one.contact_address for one in found if one.contact_address} == {
        "Ada Marsh": "ada@example.org",
        "Bo Lund": "bo.lund@example.org",
    }
    assert "Speaker: Bo Lund (contact address, country)" in told.changes.changed


def test_a_table_of_sessions_does_not_change_speaker_profiles(load: Load) -> None:
    before = db.session.scalars(select(Speaker).where(Speaker.slug == "ada-marsh")).one()
    organisation = before.organisation

    load(
        "Title,Room,Presenter,Affiliation,Chair",
        "Opening,Great hall,Bo Lund,Port of Hull,Ada Marsh",
        deed=services.merge_file,
    )

    after = db.session.scalars(select(Speaker).where(Speaker.slug == "ada-marsh")).one()
    assert organisation == after.organisation != ""
