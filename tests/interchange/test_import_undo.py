"""Loading a programme is undone in one step, and all of it."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app import cache_version
from app.database import db, transaction
from app.delegates.models import Delegate, SeatLimit
from app.history.models import HistoryEntry
from app.interchange import import_undo, services, uploads
from app.interchange.demo import generator
from app.interchange.import_undo import ImportBackup
from app.programme import queries, snapshot
from app.programme.editing import sessions
from app.programme.models import Absence, Room, Speaker, Theme
from app.proposals import photo_retention
from app.registration import demo, import_rules
from app.registration import queries as registration
from app.registration.queries import SeatCounts
from app.releases import snapshot_builder
from config import ROOT
from tests.browser import Browser
from tests.factories import (
    FIRST_MORNING,
    SMALL_CONFERENCE,
    get_ada_marsh,
    grant_speaker_access,
    make_delegate,
    make_photo,
    make_room,
    publish_programme,
    set_places,
    sign_in,
)
from tests.interchange.test_exporters import make_rich_programme
from tests.lookups import get_session

UNDO = "Undo import"
Load = Callable[..., None]


@pytest.fixture
def organiser(visitor: Browser) -> Browser:
    return sign_in(visitor)


def another_programme(speakers: Sequence[dict[str, str]] = (), **facts: Any) -> bytes:
    """Give the small conference with everything changed, and half of it gone."""
    content = json.loads(SMALL_CONFERENCE.read_text(encoding="utf-8"))
    content["conference"] |= {"title": "Storms", "time_zone": "Europe/Paris", **facts}
    content["sessions"] = content["sessions"][:3]
    for session in content["sessions"]:
        session |= {"title": f"New {session['title']}", "theme": None, "room": None}
    content["sessions"].append({"slug": "added", "title": "Added", "room": "shed"})
    content["rooms"] = [{"slug": "shed", "name": "Shed"}]
    content["themes"] = []
    content["speakers"] += speakers
    return json.dumps(content).encode()


def load_upload(organiser: Browser, body: bytes, **more: Any) -> None:
    organiser.open("/organise/files/upload")
    organiser.press("Preview changes", programme_file=("conference.json", body))
    organiser.press("Load programme", **more)


def dump_all_rows() -> str:
    """Give all that the rows of the programme say, without their versions."""
    db.session.expire_all()
    rows = json.loads(import_undo.dump_programme(is_other=False))
    for row in (one for table in rows.values() for one in table):
        row.pop("version", None)
        row.pop("changed_at", None)
    return json.dumps(rows, sort_keys=True)


def a_programme_with_details() -> None:
    make_rich_programme()
    make_room(name="Unused", key="unused", slug="unused", position=9)
    ada = get_ada_marsh()
    make_photo(ada)
    ada.contact_address = "ada@example.org"
    ends_at = FIRST_MORNING + timedelta(hours=1)
    ada.absences = [Absence(starts_at=FIRST_MORNING, ends_at=ends_at)]
    queries.get_conference().email_signatory = "Zoe Okafor, Conference Office"
    db.session.commit()


@pytest.mark.both_databases
def test_an_import_can_be_undone_completely(organiser: Browser) -> None:
    a_programme_with_details()
    before, public = dump_all_rows(), snapshot.dump(snapshot_builder.build_snapshot())
    load_upload(organiser, another_programme())
    assert queries.get_conference().title == "Storms"

    page = organiser.open("/organise/files").press(UNDO)

    assert "The import has been undone. The programme is as it was before." in page.source
    assert UNDO not in page.buttons
    assert snapshot.dump(snapshot_builder.build_snapshot()) == public
    assert dump_all_rows() == before


def test_an_import_bumps_the_cache_version(site: Flask, tmp_path: Path) -> None:
    content = json.loads(SMALL_CONFERENCE.read_text(encoding="utf-8"))
    content["sessions"][0]["title"] = "A grand opening"
    file = tmp_path / "conference.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    before = cache_version.current()

    with transaction():
        services.load_file(file)

    assert cache_version.current() == before + 1


@pytest.mark.both_databases
def test_importing_another_conference_can_be_undone_completely(organiser: Browser) -> None:
    a_programme_with_details()
    before = dump_all_rows()
    load_upload(
        organiser, another_programme(acronym="storms"), load_this_as_a_different_conference=True
    )
    assert queries.get_conference().acronym == "storms"
    assert queries.get_email_additions() == ("", "")

    organiser.open("/organise/files").press(UNDO)

    assert dump_all_rows() == before


def test_undoing_an_import_restores_photos_despite_purging_unused_ones(
    organiser: Browser,
) -> None:
    a_programme_with_details()
    before = dump_all_rows()
    load_upload(
        organiser, another_programme(acronym="storms"), load_this_as_a_different_conference=True
    )
    with transaction():
        photo_retention.purge_unused()

    organiser.open("/organise/files").press(UNDO)

    assert dump_all_rows() == before


def test_an_import_cannot_be_undone_once_its_new_speakers_have_access(organiser: Browser) -> None:
    nell = {"slug": "new", "name": "Nell New"}
    body = another_programme(acronym="storms", speakers=[nell])
    load_upload(organiser, body, load_this_as_a_different_conference=True)
    page = organiser.open("/organise/files")
    grant_speaker_access(db.session.scalars(select(Speaker).where(Speaker.slug == "new")).one())

    assert "You cannot undo the import" in page.press(UNDO, status=409).text

    assert queries.get_conference().acronym == "storms"
    assert UNDO not in organiser.open("/organise/files").buttons


def test_an_import_cannot_be_undone_after_later_changes(organiser: Browser) -> None:
    load_upload(organiser, another_programme())
    page = organiser.open("/organise/files")
    session = get_session("added")
    with transaction():
        sessions.save(session, {"title": "Edited"}, expected_version=session.version, actor="Grace")

    assert "You cannot undo the import" in page.press(UNDO, status=409).text

    assert get_session("added").title == "Edited"
    assert UNDO not in organiser.open("/organise/files").buttons


def test_undoing_an_import_withdraws_a_new_speaker_with_access(
    organiser: Browser,
) -> None:
    load_upload(organiser, another_programme(speakers=[{"slug": "new", "name": "Nell New"}]))
    nell = db.session.scalars(select(Speaker).where(Speaker.slug == "new")).one()
    grant_speaker_access(nell)

    organiser.open("/organise/files").press(UNDO)

    db.session.expire_all()
    assert nell.withdrawn_at is not None


def test_undoing_a_merge_withdraws_a_new_speaker_with_access(
    organiser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "conference.json"
    file.write_bytes(another_programme(speakers=[{"slug": "new", "name": "Nell New"}]))
    with transaction():
        services.merge(services.read_programme(file))
    nell = db.session.scalars(select(Speaker).where(Speaker.slug == "new")).one()
    grant_speaker_access(nell)

    organiser.open("/organise/files").press(UNDO)

    db.session.expire_all()
    assert nell.withdrawn_at is not None


def test_a_merged_file_can_be_undone_although_speakers_had_begun_to_work(
    organiser: Browser, tmp_path: Path
) -> None:
    grant_speaker_access(get_ada_marsh())
    before = dump_all_rows()
    file = tmp_path / "conference.json"
    file.write_bytes(another_programme())
    with transaction():
        services.merge(services.read_programme(file))

    organiser.open("/organise/files").press(UNDO)

    assert dump_all_rows() == before


def test_undoing_an_import_increases_versions_so_that_open_forms_are_stale(
    organiser: Browser,
) -> None:
    load_upload(organiser, another_programme())
    seen = get_session("opening").version

    organiser.open("/organise/files").press(UNDO)
    db.session.expire_all()

    assert get_session("opening").version == seen + 1


def test_an_import_cannot_be_undone_if_replaced_speakers_had_access(
    organiser: Browser,
) -> None:
    grant_speaker_access(get_ada_marsh())

    load_upload(
        organiser, another_programme(acronym="storms"), load_this_as_a_different_conference=True
    )

    assert UNDO not in organiser.open("/organise/files").buttons


def test_an_import_cannot_be_undone_once_people_have_registered(organiser: Browser) -> None:
    load_upload(
        organiser, another_programme(acronym="storms"), load_this_as_a_different_conference=True
    )
    make_delegate()

    page = organiser.open("/organise/files").press(UNDO, status=409)

    assert "You cannot replace the current conference" in page.text
    assert queries.get_conference().acronym == "storms"


def test_undoing_a_published_import_is_a_pending_change(organiser: Browser) -> None:
    load_upload(organiser, another_programme())
    publish_programme()

    organiser.open("/organise/files").press(UNDO)
    publish_programme()

    assert organiser.open("/sessions/opening").heading == "Opening"
    organiser.open("/sessions/added", status=410)


def test_only_the_last_import_can_be_undone_and_only_for_a_week(
    organiser: Browser, frozen_time: Any
) -> None:
    load_upload(organiser, another_programme())
    load_upload(organiser, another_programme(title="Gales"))
    assert db.session.query(ImportBackup).count() == 1
    frozen_time.shift(timedelta(days=7))

    assert import_undo.find_undoable() is None
    with transaction():
        uploads.purge_expired()
    assert db.session.query(ImportBackup).count() == 0


@pytest.mark.empty
def test_the_first_import_cannot_be_undone(organiser: Browser) -> None:
    with transaction():
        services.load_file(ROOT / "content" / "conference.json")

    assert import_undo.find_undoable() is None
    assert db.session.query(Room).count() == len(queries.list_rooms())
    assert db.session.query(Speaker).count() > 0
    assert db.session.query(Theme).count() > 0


# Places, invented delegates and the time zone


def load_demo_conference(delegates: int = 3) -> None:
    queries.get_conference().is_demo = True
    queries.get_conference().acronym = "invented"
    set_places(50)
    with transaction():
        demo.create(generator.generate_delegates(delegates))


def list_references() -> list[str]:
    return sorted(db.session.scalars(select(Delegate.reference)))


@pytest.mark.both_databases
def test_undoing_an_import_restores_places_and_demo_delegates(organiser: Browser) -> None:
    load_demo_conference()
    before = list_references()
    body = another_programme(acronym="storms", places=20)
    load_upload(organiser, body, load_this_as_a_different_conference=True)
    assert (list_references(), registration.get_seat_counts()) == ([], SeatCounts(20, 0))

    page = organiser.open("/organise/files")
    assert "The number of places changes from 20 back to 50." in page.text
    restored = "3 invented delegates are restored, without the changes made to their bookings."
    assert restored in page.text
    page.press(UNDO)

    assert (list_references(), registration.get_seat_counts()) == (before, SeatCounts(50, 3))


@pytest.mark.both_databases
def test_undoing_a_demo_deletes_its_delegates_and_places(organiser: Browser) -> None:
    set_places(300)
    before = dump_all_rows()
    with transaction():
        import_rules.load_demo(3, 2, 400)
    assert registration.get_seat_counts() == SeatCounts(500, 400)

    page = organiser.open("/organise/files")
    assert "The number of places changes from 500 back to 300." in page.text
    assert "400 invented delegates are deleted." in page.text
    page.press(UNDO)

    assert dump_all_rows() == before
    assert (list_references(), registration.get_seat_counts()) == ([], SeatCounts(300, 0))


def test_undoing_an_import_keeps_places_changed_since_and_says_so(
    organiser: Browser,
) -> None:
    load_demo_conference()
    body = another_programme(acronym="storms", places=20)
    load_upload(organiser, body, load_this_as_a_different_conference=True)
    set_places(2)

    page = organiser.open("/organise/files")
    assert "The number of places stays at 2: it has been changed since." in page.text
    assert "The invented delegates were not restored: there are too few places." in page.text
    page.press(UNDO)

    assert queries.get_conference().acronym == "invented"
    assert (list_references(), registration.get_seat_counts()) == ([], SeatCounts(2, 0))


def test_undoing_an_import_unsets_places_that_were_not_set_before(organiser: Browser) -> None:
    with transaction():
        db.session.execute(delete(SeatLimit))
    load_upload(organiser, another_programme(places=20))

    page = organiser.open("/organise/files")
    assert "The number of places is no longer set; it is 20 now." in page.text
    page.press(UNDO)

    assert registration.get_seat_counts() == SeatCounts(0, 0)


@pytest.mark.both_databases
def test_the_chosen_time_zone_of_an_import_is_a_separate_edit_and_is_undone(
    organiser: Browser,
) -> None:
    before, version = dump_all_rows(), queries.get_conference().version
    body = another_programme(time_zone="Etc/GMT-3")
    load_upload(organiser, body, time_zone_of_the_conference="Athens")
    db.session.expire_all()
    assert queries.get_conference().time_zone == "Europe/Athens"
    assert queries.get_conference().version == version + 2
    entry = db.session.scalars(select(HistoryEntry).order_by(HistoryEntry.id.desc())).first()
    assert entry is not None
    assert entry.summary == "The conference: time zone changed from UTC+3 to Athens"
    assert entry.subject == "conference"

    organiser.open("/organise/files").press(UNDO)

    assert dump_all_rows() == before


@pytest.mark.both_databases
def test_a_file_without_a_booked_day_is_refused(organiser: Browser) -> None:
    make_delegate()  # for 10 June
    body = another_programme(starts_on="2009-06-11")
    organiser.open("/organise/files/upload")
    organiser.press("Preview changes", programme_file=("conference.json", body))

    page = organiser.press("Load programme", status=422)

    assert page.errors == [
        "1 delegate has booked Wednesday 10 June 2009, so it must stay a day of the conference"
    ]
    assert queries.get_conference().title == "Tides and Harbours"
