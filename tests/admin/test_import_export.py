"""Programme files in admin: preview, import, export."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from werkzeug.test import TestResponse

from app import clock
from app.accounts.models import EDITOR, VIEWER, LoginSession
from app.database import db, transaction
from app.delegates.models import Delegate
from app.history.models import HistoryEntry, PersonalDetails
from app.interchange import uploads
from app.interchange.uploads import Upload
from app.programme import queries, snapshot
from app.programme.models import Session
from app.registration import queries as registration
from app.registration.desk import services as desk
from app.releases import snapshot_builder
from tests.browser import Browser, Browsers, Page
from tests.factories import SMALL_CONFERENCE, make_delegate, make_speaker, set_places, sign_in
from tests.interchange.sample_schedules import FILES
from tests.interchange.test_import_ical import make_calendar, make_event

SEE = "Preview changes"
LOAD = "Load programme"


@pytest.fixture
def editor(visitor: Browser) -> Browser:
    return sign_in(visitor, role=EDITOR)


@pytest.fixture
def organiser(visitor: Browser) -> Browser:
    return sign_in(visitor)


def make_programme_file(sessions: int = 5, opening: str = "Opening", **facts: Any) -> bytes:
    """Give the small conference as a file, with some of its facts and sessions changed."""
    content = json.loads(SMALL_CONFERENCE.read_text(encoding="utf-8"))
    content["conference"] |= facts
    content["sessions"] = content["sessions"][:sessions]
    content["sessions"][0]["title"] = opening
    return json.dumps(content).encode()


def upload_programme(editor: Browser, body: bytes, status: int = 200, **more: Any) -> Page:
    editor.open("/organise/files").follow("Load a programme")
    return editor.press(SEE, status=status, programme_file=("conference.json", body), **more)


def frozen() -> str:
    return snapshot.dump(snapshot_builder.build_snapshot())


def kept() -> int:
    return db.session.scalar(select(func.count()).select_from(Upload)) or 0


@pytest.mark.both_databases
def test_an_uploaded_file_is_previewed_and_then_loaded(editor: Browser) -> None:
    before = frozen()

    page = upload_programme(editor, make_programme_file(sessions=4, opening="A grand opening"))

    assert page.heading == "Preview of conference.json"
    assert "0 added, 1 changed, 1 withdrawn." in page.text
    assert "Session: A grand opening (title)" in page.text
    assert "Session: Farewell" in page.text
    assert frozen() == before
    page = editor.press(LOAD)
    assert page.heading == "Unpublished changes"
    assert "The programme has been loaded." in page.source
    assert page.summary_list["Title"] == "before: Opening → after: A grand opening"
    assert "Withdrawn sessions 1" in page.headings
    assert kept() == 0
    entry = db.session.scalars(
        select(HistoryEntry).where(HistoryEntry.subject == "programme")
    ).all()[-1]
    assert entry.actor == "grace@conference.example"
    assert entry.summary == "A programme was loaded: 0 added, 1 changed, 1 withdrawn"


@pytest.mark.both_databases
def test_a_stale_import_preview_must_be_checked_again(editor: Browser) -> None:
    upload_programme(editor, make_programme_file(opening="A grand opening"))
    session = db.session.scalars(select(Session).where(Session.slug == "farewell")).one()
    session.title, session.version = "Good night", session.version + 1
    db.session.commit()
    before = frozen()

    page = editor.press(LOAD)

    assert "Someone changed the programme, so the file has not been loaded." in page.source
    assert "Session: Farewell (title)" in page.text
    assert frozen() == before
    assert editor.press(LOAD).heading == "Unpublished changes"


def test_a_file_can_be_treated_as_part_of_the_programme(editor: Browser) -> None:
    page = upload_programme(editor, make_programme_file(sessions=1, opening="A grand opening"))
    assert "Withdrawn 4" in page.headings

    page = editor.press("Treat as part of the programme")

    assert "0 added, 1 changed, 0 withdrawn." in page.text
    editor.press("Treat as the whole programme")
    editor.press("Treat as part of the programme")
    editor.press(LOAD)
    assert len(queries.list_sessions()) == 5


def test_a_partial_programme_can_be_chosen_when_uploading(editor: Browser) -> None:
    page = upload_programme(
        editor, make_programme_file(sessions=1), what_does_the_file_contain="Part of the programme"
    )

    assert "The programme already matches this file, so nothing will change." in page.text


def test_the_preview_reports_what_was_corrected_and_skipped(editor: Browser) -> None:
    body = (FILES / "dirty.xml").read_bytes()

    page = upload_programme(editor, body)

    headings = {heading.rsplit(" ", 1)[0] for heading in page.headings}
    assert {"Added", "Not loaded because we could not read it", "Corrected"} <= headings
    assert "line " in page.text


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "This file is empty"),
        (b"BEGIN:VCALENDAR", "This calendar is not well formed"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><schedule>&b;</schedule>', ""),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "This file should be in UTF-8"),
        (b"<html><body>schedule</body></html>", "This is a web page, not a programme"),
    ],
)
def test_an_invalid_programme_file_is_reported_beside_the_field(
    editor: Browser, body: bytes, sentence: str
) -> None:
    page = upload_programme(editor, body, status=422)

    assert len(page.errors) == 1
    assert page.errors[0].startswith(sentence)
    assert page.error_for("Programme file") == page.errors[0]
    assert kept() == 0


def test_uploading_without_a_file_is_refused(editor: Browser) -> None:
    editor.open("/organise/files/upload")

    assert editor.press(SEE, status=422).errors == ["Choose a file"]


def post_upload(
    browser: Browser, body: bytes, address: str = "/organise/files/upload"
) -> TestResponse:
    """Send a large file, as a browser does; the test client would leave files of its own open."""
    token = browser.page.tree.find_by_id("csrf_token")
    fields = {"csrf_token": "" if token is None else token.get("value"), "action": "replace"}
    parts = [
        f'--part\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    about = '--part\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n'
    whole = "".join([*parts, about]).encode() + body + b"\r\n--part--\r\n"
    return browser.fetch(
        "POST", address, {"Content-Type": "multipart/form-data; boundary=part"}, data=whole
    )


def test_a_large_file_is_accepted_and_a_too_large_one_refused(editor: Browser) -> None:
    editor.open("/organise/files/upload")
    too_large = "The file must be smaller than 20 MB"

    taken = post_upload(editor, make_programme_file(summary="x" * 1_000_000))
    refused = post_upload(editor, b"x" * (uploads.MAX_BYTES + 1))
    cut_off = post_upload(editor, b"x" * (uploads.MAX_BYTES + 200_000))

    assert (taken.status_code, refused.status_code, cut_off.status_code) == (303, 422, 413)
    for answer in (refused, cut_off):
        assert Page(editor, answer, "/organise/files/upload").errors == [too_large]


def test_only_people_who_can_import_may_send_large_bodies(
    visitor: Browser, new_browser: Browsers
) -> None:
    viewer, stranger = sign_in(visitor, role=VIEWER), new_browser()
    viewer.open("/organise")
    stranger.open("/sign-in")
    some, much = b"x" * 200_000, b"x" * (uploads.MAX_BYTES + 200_000)

    assert post_upload(stranger, some).status_code == 413
    assert post_upload(viewer, some).status_code == 403
    assert post_upload(viewer, much).status_code == 413
    assert post_upload(viewer, some, "/feedback").status_code == 413


def test_an_expired_session_cookie_does_not_allow_large_bodies(
    editor: Browser,
) -> None:
    editor.open("/organise/files/upload")
    with transaction():
        db.session.execute(delete(LoginSession))

    answer = post_upload(editor, make_programme_file(summary="x" * 1_000_000))

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=/organise/files/upload"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/etc/<b>schedule</b>.json", "b>.json"),
        ("sche\u202edule.json", "schedule.json"),
        ("x" * 300, "x" * 200),
    ],
)
def test_the_name_of_an_uploaded_file_is_only_displayed(
    editor: Browser, name: str, shown: str
) -> None:
    editor.open("/organise/files/upload")

    page = editor.press(SEE, programme_file=(name, make_programme_file()))

    assert page.heading == f"Preview of {shown}"


# Another conference


@pytest.mark.both_databases
def a_nameless_calendar(day: str) -> bytes:
    """Give a calendar that names no conference, with one event."""
    return make_calendar(make_event(DTSTART=f":{day}T090000Z", DTEND=f":{day}T100000Z"))


def test_a_nameless_calendar_on_other_days_cannot_replace_the_programme(organiser: Browser) -> None:
    before = frozen()

    page = upload_programme(organiser, a_nameless_calendar("20200101"))

    assert (
        "This file does not name a conference, and none of its sessions are on a day of the "
        "current one."
    ) in page.text
    page = organiser.press(LOAD, status=422)
    assert page.errors == ["Select “Load this as a different conference”"]
    assert frozen() == before
    make_delegate()
    page = organiser.press("Treat as part of the programme")
    assert "2 added, 0 changed, 0 withdrawn" in page.text  # its room too
    organiser.press(LOAD)
    assert len(queries.list_sessions()) == 6
    assert queries.get_conference().title == "Tides and Harbours"


def test_a_time_zone_without_a_city_is_asked_about(organiser: Browser) -> None:
    body = make_programme_file(time_zone="Etc/GMT-3")

    page = upload_programme(organiser, body)

    assert "Only UTC+3, the whole year" in page.source
    organiser.press(LOAD, time_zone_of_the_conference="Athens")
    assert queries.get_conference().time_zone == "Europe/Athens"
    assert "already matches this file" in upload_programme(organiser, body).text
    upload_programme(organiser, make_programme_file(time_zone="Etc/GMT-5"))
    organiser.press(LOAD)
    assert queries.get_conference().time_zone == "Etc/GMT-5"
    assert organiser.open("/organise/settings").summary_list["Time zone"] == "UTC+5"


def test_loading_a_different_conference_needs_confirmation(organiser: Browser) -> None:
    page = upload_programme(
        organiser, make_programme_file(sessions=2, acronym="walls", title="Walls")
    )
    assert "This file contains a different conference: “Walls”." in page.text
    assert "5 sessions, 2 speakers, 2 rooms and 2 themes" in page.text

    page = organiser.press(LOAD, status=422)
    assert page.errors == ["Select “Load this as a different conference”"]
    organiser.press(LOAD, load_this_as_a_different_conference=True)

    assert queries.get_conference().acronym == "walls"
    assert len(queries.list_sessions()) == 2


def test_a_conference_with_registrations_cannot_be_replaced(
    organiser: Browser,
) -> None:
    page = upload_programme(organiser, make_programme_file(acronym="walls", title="Walls"))
    make_delegate()

    refused = organiser.press(LOAD, load_this_as_a_different_conference=True, status=422)

    assert len(refused.errors) == 1
    assert refused.errors[0].startswith(
        "You cannot replace the current conference because people have registered for it"
    )
    assert LOAD not in refused.buttons
    page = organiser.open(page.address)
    assert (
        "You cannot replace the current conference because people have registered for it"
        in page.text
    )
    assert queries.get_conference().acronym == "tides-2009"


def test_loading_a_real_conference_in_admin_deletes_demo_delegates(organiser: Browser) -> None:
    queries.get_conference().is_demo = True
    queries.get_conference().acronym = "invented"
    set_places(5)
    delegate = make_delegate(is_demo=True)
    with transaction():
        desk.correct_email(
            delegate, "dora@example.org", expected_version=0, actor="dora@example.org"
        )

    upload_programme(organiser, make_programme_file())
    organiser.press(LOAD, load_this_as_a_different_conference=True)

    assert db.session.scalar(select(func.count()).select_from(Delegate)) == 0
    assert db.session.scalar(select(func.count()).select_from(PersonalDetails)) == 0
    assert (registration.get_seat_counts().limit, registration.get_seat_counts().taken) == (20, 0)


@pytest.mark.empty
def test_the_first_programme_can_be_loaded_in_admin(organiser: Browser) -> None:
    assert "No programme yet." in organiser.open("/organise/files").text

    upload_programme(organiser, make_programme_file())
    page = organiser.press(LOAD)

    assert page.heading == "Unpublished changes"
    assert page.summary_list["Added sessions"] == "5"


# Kept for a day


def test_one_upload_of_each_person_is_kept_for_a_day(
    editor: Browser, new_browser: Browsers
) -> None:
    other = sign_in(new_browser(), "ada@conference.example")
    upload_programme(editor, make_programme_file())
    page = upload_programme(editor, make_programme_file(sessions=4))
    upload_programme(other, make_programme_file())
    assert kept() == 2

    with transaction():
        db.session.execute(update(Upload).values(uploaded_at=clock.real_now() - timedelta(days=1)))
        assert uploads.list_pending() == []
        uploads.purge_expired()

    assert kept() == 0
    editor.open(page.address, status=404)


def test_a_newer_upload_must_be_previewed_before_loading(
    editor: Browser,
) -> None:
    first = upload_programme(editor, make_programme_file(opening="A grand opening"))
    upload_programme(editor, make_programme_file(opening="The grandest opening"))
    before = frozen()

    page = first.press(LOAD)

    assert "so the file has not been loaded" in page.source
    assert "Session: The grandest opening (title)" in page.text
    assert frozen() == before


def test_an_upload_can_be_discarded(editor: Browser) -> None:
    upload_programme(editor, make_programme_file())

    page = editor.press("Delete file")

    assert "The file has been deleted." in page.source
    assert kept() == 0


# Taking the programme away


@pytest.mark.both_databases
def test_an_exported_file_can_be_imported_again(editor: Browser) -> None:
    listed = editor.open("/organise/files")
    answer = editor.fetch("GET", listed.links["Download conference.json, working version"])
    assert answer.headers["Content-Disposition"].startswith(
        'attachment; filename="working-conference-2009-05-12.json"'
    )

    page = upload_programme(editor, answer.get_data())

    assert "The programme already matches this file, so nothing will change." in page.text


def test_every_format_of_both_programmes_can_be_downloaded(visitor: Browser) -> None:
    viewer = sign_in(visitor, role=VIEWER)
    links = viewer.open("/organise/files").links

    files = {
        words: viewer.fetch("GET", place) for words, place in links.items() if "Downl" in words
    }

    assert len(files) == 18
    assert {answer.status_code for answer in files.values()} == {200}
    assert all("attachment" in one.headers["Content-Disposition"] for one in files.values())
    kinds = {one.mimetype for one in files.values()}
    assert len(kinds) == 6
    assert "Load a programme" not in links
    viewer.open("/organise/files/working/secrets.txt", status=404)
    viewer.open("/organise/files/other/conference.json", status=404)


def test_downloads_of_published_and_working_programme_differ(editor: Browser) -> None:
    session = db.session.scalars(select(Session).where(Session.slug == "opening")).one()
    session.title = '=HYPERLINK("https://evil.example")'
    db.session.commit()

    def taken(state: str, name: str) -> str:
        return editor.fetch("GET", f"/organise/files/{state}/{name}").get_data(as_text=True)

    assert '"title":"Opening"' in taken("published", "conference.json").replace(": ", ":")
    assert "HYPERLINK" not in taken("published", "sessions.csv")
    assert "'=HYPERLINK" in taken("working", "sessions.csv")
    for name in ("programme.ics", "programme.txt"):
        assert taken("published", name) == editor.fetch("GET", f"/{name}").get_data(as_text=True)
        assert "HYPERLINK" in taken("working", name)
    assert "SOURCE" not in taken("working", "programme.ics")  # it is at no address


@pytest.mark.empty
def test_before_the_first_release_there_are_no_published_files(editor: Browser) -> None:
    editor.open("/organise/files/published/conference.json", status=404)
    editor.open("/organise/files/working/conference.json", status=404)


def test_contact_addresses_are_only_in_the_working_speakers_table(editor: Browser) -> None:
    editor.open("/organise/speakers/ada-marsh/change").press(
        "Save", contact_email_address="ada@example.org"
    )

    def taken(state: str) -> str:
        return editor.fetch("GET", f"/organise/files/{state}/speakers.csv").get_data(as_text=True)

    assert taken("working").splitlines()[0].split(",")[-4:] == [
        '"Contact address"',
        '"Sessions"',
        '"Address"',
        '"Key"',
    ]
    assert taken("working").count("ada@example.org") == 1
    assert (taken("published").count("Contact"), taken("published").count("@")) == (0, 0)
    page = upload_programme(editor, taken("working").encode())
    assert "The programme already matches this file, so nothing will change." in page.text


def test_a_spreadsheet_is_previewed_and_then_loaded(editor: Browser) -> None:
    table = "Title,Room,Catering\nHarbour walls,Great hall,tea\n".encode("utf-16")

    page = upload_programme(editor, table, what_does_the_file_contain="Part of the programme")

    assert page.heading == "Columns in conference.json"
    assert page.value_of("Column C: Catering") == "Do not load this column"
    page = editor.press(SEE)
    assert "Session: Harbour walls (room)" in page.text
    editor.press(LOAD)
    found = db.session.scalar(select(Session).where(Session.title == "Harbour walls"))
    assert found is not None
    assert found.room is not None
    assert found.room.name == "Great hall"


@pytest.mark.parametrize("name", ["sessions.csv", "sessions.xlsx", "speakers.csv", "speakers.xlsx"])
def test_an_import_template_can_be_uploaded_unchanged(editor: Browser, name: str) -> None:
    editor.open("/organise/files").follow("Load a programme")

    model = editor.fetch("GET", f"/organise/files/model/{name}")

    assert model.headers["Content-Disposition"].startswith(f'attachment; filename="model-{name}"')
    page = upload_programme(editor, model.data, what_does_the_file_contain="Part of the programme")
    assert page.heading == "Preview of conference.json"
    assert "Left out" not in page.text


@pytest.mark.parametrize("name", ["sessions.pdf", "rooms.csv", "sessions"])
def test_an_unknown_import_template_is_not_found(editor: Browser, name: str) -> None:
    assert editor.fetch("GET", f"/organise/files/model/{name}").status_code == 404


# Tables: what their columns mean

PART = "Part of the programme"


@pytest.mark.both_databases
def test_columns_can_be_chosen_by_hand_and_are_remembered(editor: Browser) -> None:
    table = b"Was;Wo;Farbe\nHarbour walls;Great hall;tea\n"

    page = upload_programme(editor, table, what_does_the_file_contain=PART)
    assert page.heading == "Columns in conference.json"
    assert "For example: Great hall" in page.text
    before = frozen()
    page = editor.press(SEE, status=422, column_a_was="Room", column_b_wo="Room")
    assert page.errors == [
        "Choose which column has the session titles or speaker names",
        "Choose “Room” for only one column",
    ]
    assert page.value_of("Column B: Wo") == "Room"
    page = editor.press(SEE, column_a_was="Title of the session", column_b_wo="Room")

    assert "Session: Harbour walls (room)" in page.text
    assert frozen() == before
    page = upload_programme(editor, table, what_does_the_file_contain=PART)
    assert page.heading == "Preview of conference.json"
    assert "Session: Harbour walls (room)" in page.text
    page = editor.press(LOAD)
    assert page.summary_list["Room"].endswith("Great hall")


@pytest.mark.both_databases
def test_column_choices_of_others_do_not_change_a_dry_run(
    editor: Browser, new_browser: Browsers
) -> None:
    table = b"Title;Room;Farbe\nHarbour walls;Great hall;Blue\n"
    upload_programme(editor, table, what_does_the_file_contain=PART)
    editor.press(SEE)  # and “Farbe” is not to be loaded, now and the next time
    page = upload_programme(editor, table, what_does_the_file_contain=PART)
    assert page.heading == "Preview of conference.json"
    other = sign_in(new_browser(), "ada@conference.example")
    upload_programme(other, table, what_does_the_file_contain=PART).follow(
        "Change what the columns contain"
    )
    other.press(SEE, column_c_farbe="Subtitle")

    editor.page = page
    editor.press(LOAD)

    loaded = [one for one in queries.list_sessions() if one.title == "Harbour walls"]
    assert [(one.subtitle, one.room and one.room.name) for one in loaded] == [("", "Great hall")]


def test_a_refused_table_shows_recognised_columns_and_can_be_mapped(
    editor: Browser,
) -> None:
    table = b"Title;Saal;Foo;Bar\nHarbour walls;Great hall;1;2\n"

    page = upload_programme(editor, table, what_does_the_file_contain=PART)

    assert page.heading == "Columns in conference.json"
    assert "Not recognised: “Foo”, “Bar”" in page.text
    assert page.value_of("Column B: Saal") == "Room"
    assert "Session: Harbour walls (room)" in editor.press(SEE).text


def test_unrecognised_times_are_reported_on_the_columns_page(editor: Browser) -> None:
    table = b"Title;Day;Time\nHarbour walls;10 June;early\n"

    page = upload_programme(editor, table, what_does_the_file_contain=PART)
    assert "Not recognised: “early”" in page.text
    page = editor.press(SEE, status=422)
    assert page.errors[0].startswith("We did not recognise any of the times")
    page = editor.press(SEE, column_c_time="Do not load this column")

    assert page.heading == "Preview of conference.json"


def test_ambiguous_dates_and_names_are_asked_about(editor: Browser) -> None:
    conference = queries.get_conference()
    conference.starts_on, conference.ends_on = date(2009, 1, 1), date(2009, 12, 31)
    db.session.commit()
    table = (
        b"Title;Day;Time;Speaker\n"
        b"Warm homes;6/11/09;9:00 - 10:00;Dr Ann Smith\n"
        b"Cold homes;6/11/09;10:00 - 11:00;Smith, Ann\n"
    )

    upload_programme(editor, table, what_does_the_file_contain=PART)
    page = editor.press(SEE, status=422)
    assert page.errors == ["Choose one of the answers", "Choose one of the answers"]
    page = editor.press(
        SEE,
        {
            "How are dates such as “6/11/09” written?": "Month first",
            "Are these the same person: “Dr Ann Smith” (row 2), “Smith, Ann” (row 3)?": (
                "Yes, use “Ann Smith”"
            ),
        },
    )

    assert page.heading == "Preview of conference.json"
    assert "Speaker: Ann Smith" in page.text
    editor.press(LOAD)
    found = db.session.scalars(select(Session).where(Session.title == "Warm homes")).one()
    assert found.starts_at is not None
    assert f"{found.starts_at:%d %B}" == "11 June"
    assert [one.speaker.honorific for one in found.appearances] == ["Dr"]


def test_the_columns_of_a_recognised_table_can_be_changed(editor: Browser) -> None:
    page = upload_programme(
        editor, b"Title,Room\nHarbour walls,Great hall\n", what_does_the_file_contain=PART
    )

    page = page.follow("Change what the columns contain")

    assert page.value_of("Column B: Room") == "Room"
    page = editor.press(SEE, column_b_room="Do not load this column")
    assert "Session: Harbour walls (room)" not in page.text


def test_the_columns_page_exists_only_for_tables(editor: Browser) -> None:
    page = upload_programme(editor, make_programme_file())

    assert "Change what the columns contain" not in page.links
    editor.open(f"{page.address}/columns", status=404)


def test_a_table_with_new_questions_is_not_loaded(
    editor: Browser,
) -> None:
    table = b"Title;Room;Speaker\nHarbour walls;Great hall;Dr Ann Smyth\n"
    page = upload_programme(editor, table, what_does_the_file_contain=PART)
    assert page.heading == "Preview of conference.json"
    make_speaker(name="Smyth, Ann", slug="ann-smyth")
    before = frozen()

    page = editor.press(LOAD)

    assert page.heading == "Columns in conference.json"
    assert frozen() == before
    question = (
        "Are these the same person: “Dr Ann Smyth” (row 2) and “Smyth, Ann” in the programme?"
    )
    page = editor.press(SEE, {question: "No, they are different people"})
    assert page.heading == "Preview of conference.json"
