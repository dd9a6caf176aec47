"""Programme files in the back office: look first, then load; take away what there is."""

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
from tests.interchange.test_import_ical import a_calendar, an_event

SEE = "Preview changes"
LOAD = "Load programme"


@pytest.fixture
def editor(visitor: Browser) -> Browser:
    return sign_in(visitor, role=EDITOR)


@pytest.fixture
def organiser(visitor: Browser) -> Browser:
    return sign_in(visitor)


def a_file(sessions: int = 5, opening: str = "Opening", **facts: Any) -> bytes:
    """Give the small conference as a file, with some of its facts and sessions changed."""
    content = json.loads(SMALL_CONFERENCE.read_text(encoding="utf-8"))
    content["conference"] |= facts
    content["sessions"] = content["sessions"][:sessions]
    content["sessions"][0]["title"] = opening
    return json.dumps(content).encode()


def handed_in(editor: Browser, body: bytes, status: int = 200, **more: Any) -> Page:
    editor.open("/organise/files").follow("Load a programme")
    return editor.press(SEE, status=status, programme_file=("conference.json", body), **more)


def frozen() -> str:
    return snapshot.dump(snapshot_builder.build_snapshot())


def kept() -> int:
    return db.session.scalar(select(func.count()).select_from(Upload)) or 0


@pytest.mark.both_databases
def test_a_file_is_looked_at_and_then_loaded(editor: Browser) -> None:
    before = frozen()

    page = handed_in(editor, a_file(sessions=4, opening="A grand opening"))

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
def test_what_was_changed_meanwhile_is_shown_before_anything_is_loaded(editor: Browser) -> None:
    handed_in(editor, a_file(opening="A grand opening"))
    session = db.session.scalars(select(Session).where(Session.slug == "farewell")).one()
    session.title, session.version = "Good night", session.version + 1
    db.session.commit()
    before = frozen()

    page = editor.press(LOAD)

    assert "Someone changed the programme, so the file has not been loaded." in page.source
    assert "Session: Farewell (title)" in page.text
    assert frozen() == before
    assert editor.press(LOAD).heading == "Unpublished changes"


def test_a_file_can_be_taken_for_a_part_of_the_programme(editor: Browser) -> None:
    page = handed_in(editor, a_file(sessions=1, opening="A grand opening"))
    assert "Withdrawn 4" in page.headings

    page = editor.press("Treat as part of the programme")

    assert "0 added, 1 changed, 0 withdrawn." in page.text
    editor.press("Treat as the whole programme")
    editor.press("Treat as part of the programme")
    editor.press(LOAD)
    assert len(queries.list_sessions()) == 5


def test_a_part_is_chosen_where_the_file_is_handed_in(editor: Browser) -> None:
    page = handed_in(editor, a_file(sessions=1), what_does_the_file_contain="Part of the programme")

    assert "The programme already matches this file, so nothing will change." in page.text


def test_a_dirty_file_is_told_as_the_command_tells_it(editor: Browser) -> None:
    body = (FILES / "dirty.xml").read_bytes()

    page = handed_in(editor, body)

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
def test_a_file_that_cannot_be_read_is_refused_beside_the_question(
    editor: Browser, body: bytes, sentence: str
) -> None:
    page = handed_in(editor, body, status=422)

    assert len(page.errors) == 1
    assert page.errors[0].startswith(sentence)
    assert page.error_for("Programme file") == page.errors[0]
    assert kept() == 0


def test_no_file_at_all_is_told(editor: Browser) -> None:
    editor.open("/organise/files/upload")

    assert editor.press(SEE, status=422).errors == ["Choose a file"]


def sent(browser: Browser, body: bytes, address: str = "/organise/files/upload") -> TestResponse:
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


def test_a_large_file_is_read_and_one_that_is_too_large_is_refused(editor: Browser) -> None:
    editor.open("/organise/files/upload")
    too_large = "The file must be smaller than 20 MB"

    taken = sent(editor, a_file(summary="x" * 1_000_000))
    refused = sent(editor, b"x" * (uploads.MAX_BYTES + 1))
    cut_off = sent(editor, b"x" * (uploads.MAX_BYTES + 200_000))

    assert (taken.status_code, refused.status_code, cut_off.status_code) == (303, 422, 413)
    for answer in (refused, cut_off):
        assert Page(editor, answer, "/organise/files/upload").errors == [too_large]


def test_only_who_may_load_one_can_send_a_large_file(
    visitor: Browser, new_browser: Browsers
) -> None:
    viewer, stranger = sign_in(visitor, role=VIEWER), new_browser()
    viewer.open("/organise")
    stranger.open("/sign-in")
    some, much = b"x" * 200_000, b"x" * (uploads.MAX_BYTES + 200_000)

    assert sent(stranger, some).status_code == 413
    assert sent(viewer, some).status_code == 403
    assert sent(viewer, much).status_code == 413
    assert sent(viewer, some, "/feedback").status_code == 413


def test_a_cookie_that_opens_nothing_any_more_lets_nothing_large_in(
    editor: Browser,
) -> None:
    editor.open("/organise/files/upload")
    with transaction():
        db.session.execute(delete(LoginSession))

    answer = sent(editor, a_file(summary="x" * 1_000_000))

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
def test_a_files_name_is_only_shown(editor: Browser, name: str, shown: str) -> None:
    editor.open("/organise/files/upload")

    page = editor.press(SEE, programme_file=(name, a_file()))

    assert page.heading == f"Preview of {shown}"


# Another conference


@pytest.mark.both_databases
def a_nameless_calendar(day: str) -> bytes:
    """Give a calendar that names no conference, with one event."""
    return a_calendar(an_event(DTSTART=f":{day}T090000Z", DTEND=f":{day}T100000Z"))


def test_a_calendar_without_a_name_on_other_days_never_takes_the_place(organiser: Browser) -> None:
    before = frozen()

    page = handed_in(organiser, a_nameless_calendar("20200101"))

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


def test_a_time_zone_that_is_no_place_is_asked_about(organiser: Browser) -> None:
    body = a_file(time_zone="Etc/GMT-3")

    page = handed_in(organiser, body)

    assert "Only UTC+3, the whole year" in page.source
    organiser.press(LOAD, time_zone_of_the_conference="Athens")
    assert queries.get_conference().time_zone == "Europe/Athens"
    assert "already matches this file" in handed_in(organiser, body).text
    handed_in(organiser, a_file(time_zone="Etc/GMT-5"))
    organiser.press(LOAD)
    assert queries.get_conference().time_zone == "Etc/GMT-5"
    assert organiser.open("/organise/settings").summary_list["Time zone"] == "UTC+5"


def test_another_conference_is_loaded_only_by_who_means_it(organiser: Browser) -> None:
    page = handed_in(organiser, a_file(sessions=2, acronym="walls", title="Walls"))
    assert "This file contains a different conference: “Walls”." in page.text
    assert "5 sessions, 2 speakers, 2 rooms and 2 themes" in page.text

    page = organiser.press(LOAD, status=422)
    assert page.errors == ["Select “Load this as a different conference”"]
    organiser.press(LOAD, load_this_as_a_different_conference=True)

    assert queries.get_conference().acronym == "walls"
    assert len(queries.list_sessions()) == 2


def test_no_other_conference_takes_the_place_of_one_that_people_have_registered_for(
    organiser: Browser,
) -> None:
    page = handed_in(organiser, a_file(acronym="walls", title="Walls"))
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


def test_a_real_conference_shows_the_invented_delegates_out(organiser: Browser) -> None:
    queries.get_conference().is_demo = True
    queries.get_conference().acronym = "invented"
    set_places(5)
    delegate = make_delegate(is_demo=True)
    with transaction():
        desk.correct_email(
            delegate, "dora@example.org", expected_version=0, actor="dora@example.org"
        )

    handed_in(organiser, a_file())
    organiser.press(LOAD, load_this_as_a_different_conference=True)

    assert db.session.scalar(select(func.count()).select_from(Delegate)) == 0
    assert db.session.scalar(select(func.count()).select_from(PersonalDetails)) == 0
    assert (registration.get_seat_counts().limit, registration.get_seat_counts().taken) == (20, 0)


@pytest.mark.empty
def test_the_first_programme_of_all_comes_from_a_page(organiser: Browser) -> None:
    assert "No programme yet." in organiser.open("/organise/files").text

    handed_in(organiser, a_file())
    page = organiser.press(LOAD)

    assert page.heading == "Unpublished changes"
    assert page.summary_list["Added sessions"] == "5"


# Kept for a day


def test_one_file_of_each_person_is_kept_for_a_day(editor: Browser, new_browser: Browsers) -> None:
    other = sign_in(new_browser(), "ada@conference.example")
    handed_in(editor, a_file())
    page = handed_in(editor, a_file(sessions=4))
    handed_in(other, a_file())
    assert kept() == 2

    with transaction():
        db.session.execute(update(Upload).values(uploaded_at=clock.real_now() - timedelta(days=1)))
        assert uploads.list_pending() == []
        uploads.purge_expired()

    assert kept() == 0
    editor.open(page.address, status=404)


def test_a_file_that_was_handed_in_on_another_page_is_shown_before_it_is_loaded(
    editor: Browser,
) -> None:
    first = handed_in(editor, a_file(opening="A grand opening"))
    handed_in(editor, a_file(opening="The grandest opening"))
    before = frozen()

    page = first.press(LOAD)

    assert "so the file has not been loaded" in page.source
    assert "Session: The grandest opening (title)" in page.text
    assert frozen() == before


def test_a_file_can_be_thrown_away(editor: Browser) -> None:
    handed_in(editor, a_file())

    page = editor.press("Delete file")

    assert "The file has been deleted." in page.source
    assert kept() == 0


# Taking the programme away


@pytest.mark.both_databases
def test_what_is_taken_away_can_be_loaded_again(editor: Browser) -> None:
    listed = editor.open("/organise/files")
    answer = editor.fetch("GET", listed.links["Download conference.json, working version"])
    assert answer.headers["Content-Disposition"].startswith(
        'attachment; filename="working-conference-2009-05-12.json"'
    )

    page = handed_in(editor, answer.get_data())

    assert "The programme already matches this file, so nothing will change." in page.text


def test_every_file_of_both_programmes_is_there(visitor: Browser) -> None:
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


def test_what_is_published_is_not_what_is_worked_on(editor: Browser) -> None:
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
def test_before_anything_is_published_there_is_no_file_of_it(editor: Browser) -> None:
    editor.open("/organise/files/published/conference.json", status=404)
    editor.open("/organise/files/working/conference.json", status=404)


def test_contact_addresses_are_in_the_working_table_of_speakers_alone(editor: Browser) -> None:
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
    page = handed_in(editor, taken("working").encode())
    assert "The programme already matches this file, so nothing will change." in page.text


def test_a_spreadsheet_is_looked_at_and_then_loaded(editor: Browser) -> None:
    table = "Title,Room,Catering\nHarbour walls,Great hall,tea\n".encode("utf-16")

    page = handed_in(editor, table, what_does_the_file_contain="Part of the programme")

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
def test_a_model_table_that_is_handed_in_as_it_is_can_be_read(editor: Browser, name: str) -> None:
    editor.open("/organise/files").follow("Load a programme")

    model = editor.fetch("GET", f"/organise/files/model/{name}")

    assert model.headers["Content-Disposition"].startswith(f'attachment; filename="model-{name}"')
    page = handed_in(editor, model.data, what_does_the_file_contain="Part of the programme")
    assert page.heading == "Preview of conference.json"
    assert "Left out" not in page.text


@pytest.mark.parametrize("name", ["sessions.pdf", "rooms.csv", "sessions"])
def test_there_is_no_other_model(editor: Browser, name: str) -> None:
    assert editor.fetch("GET", f"/organise/files/model/{name}").status_code == 404


# Tables: what their columns mean

PART = "Part of the programme"


@pytest.mark.both_databases
def test_columns_can_be_chosen_by_hand_and_are_remembered(editor: Browser) -> None:
    table = b"Was;Wo;Farbe\nHarbour walls;Great hall;tea\n"

    page = handed_in(editor, table, what_does_the_file_contain=PART)
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
    page = handed_in(editor, table, what_does_the_file_contain=PART)
    assert page.heading == "Preview of conference.json"
    assert "Session: Harbour walls (room)" in page.text
    page = editor.press(LOAD)
    assert page.summary_list["Room"].endswith("Great hall")


@pytest.mark.both_databases
def test_what_others_choose_for_their_tables_meanwhile_changes_nothing_of_a_dry_run(
    editor: Browser, new_browser: Browsers
) -> None:
    table = b"Title;Room;Farbe\nHarbour walls;Great hall;Blue\n"
    handed_in(editor, table, what_does_the_file_contain=PART)
    editor.press(SEE)  # and “Farbe” is not to be loaded, now and the next time
    page = handed_in(editor, table, what_does_the_file_contain=PART)
    assert page.heading == "Preview of conference.json"
    other = sign_in(new_browser(), "ada@conference.example")
    handed_in(other, table, what_does_the_file_contain=PART).follow(
        "Change what the columns contain"
    )
    other.press(SEE, column_c_farbe="Subtitle")

    editor.page = page
    editor.press(LOAD)

    loaded = [one for one in queries.list_sessions() if one.title == "Harbour walls"]
    assert [(one.subtitle, one.room and one.room.name) for one in loaded] == [("", "Great hall")]


def test_a_table_that_is_refused_says_what_was_understood_and_can_be_mapped(
    editor: Browser,
) -> None:
    table = b"Title;Saal;Foo;Bar\nHarbour walls;Great hall;1;2\n"

    page = handed_in(editor, table, what_does_the_file_contain=PART)

    assert page.heading == "Columns in conference.json"
    assert "Not recognised: “Foo”, “Bar”" in page.text
    assert page.value_of("Column B: Saal") == "Room"
    assert "Session: Harbour walls (room)" in editor.press(SEE).text


def test_times_that_cannot_be_read_are_told_where_columns_are_chosen(editor: Browser) -> None:
    table = b"Title;Day;Time\nHarbour walls;10 June;early\n"

    page = handed_in(editor, table, what_does_the_file_contain=PART)
    assert "Not recognised: “early”" in page.text
    page = editor.press(SEE, status=422)
    assert page.errors[0].startswith("We did not recognise any of the times")
    page = editor.press(SEE, column_c_time="Do not load this column")

    assert page.heading == "Preview of conference.json"


def test_dates_and_names_that_are_unclear_are_asked_about(editor: Browser) -> None:
    conference = queries.get_conference()
    conference.starts_on, conference.ends_on = date(2009, 1, 1), date(2009, 12, 31)
    db.session.commit()
    table = (
        b"Title;Day;Time;Speaker\n"
        b"Warm homes;6/11/09;9:00 - 10:00;Dr Ann Smith\n"
        b"Cold homes;6/11/09;10:00 - 11:00;Smith, Ann\n"
    )

    handed_in(editor, table, what_does_the_file_contain=PART)
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


def test_the_columns_of_a_known_table_can_be_looked_at_as_well(editor: Browser) -> None:
    page = handed_in(
        editor, b"Title,Room\nHarbour walls,Great hall\n", what_does_the_file_contain=PART
    )

    page = page.follow("Change what the columns contain")

    assert page.value_of("Column B: Room") == "Room"
    page = editor.press(SEE, column_b_room="Do not load this column")
    assert "Session: Harbour walls (room)" not in page.text


def test_only_a_table_has_columns(editor: Browser) -> None:
    page = handed_in(editor, a_file())

    assert "Change what the columns contain" not in page.links
    editor.open(f"{page.address}/columns", status=404)


def test_a_table_about_which_questions_arise_before_it_is_loaded_is_not_loaded(
    editor: Browser,
) -> None:
    table = b"Title;Room;Speaker\nHarbour walls;Great hall;Dr Ann Smyth\n"
    page = handed_in(editor, table, what_does_the_file_contain=PART)
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
