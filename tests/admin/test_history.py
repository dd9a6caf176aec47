"""The history records who did what, and can be searched."""

import csv
from io import StringIO
from urllib.parse import quote

import pytest
from time_machine import Traveller

from app.accounts import roles
from app.accounts.models import DESK, EDITOR, VIEWER
from app.database import db, transaction
from app.delegates.requirement_models import RequirementCase
from app.history import services as history
from app.history.models import Change
from app.registration.requirement_cases import services as requirement_cases
from tests.browser import Browser, Browsers, Page
from tests.factories import (
    make_application,
    make_delegate,
    make_email,
    make_group,
    make_interest,
    make_mailing,
    make_organiser,
    make_room,
    make_session,
    make_speaker,
    make_waiting_list_entry,
    publish_programme,
    sign_in,
)
from tests.pages import read_text

GRACE, LIN = "grace@conference.example", "lin@conference.example"
ALL = ["The limit was raised from 500 to 520", "The session Opening was changed: room"]
UNSAID = Change("notes", "", "A word", "Notes", "", "A word")
MOVED = Change("room", "hall", "attic", "Room", "Great hall", "Attic")


def record_entry(
    sentence: str, about: str = "session opening", who: str = GRACE, *made: Change
) -> None:
    with transaction():
        history.record(sentence, subject=about, actor=who, field_changes=made)


def list_summaries(page: Page) -> list[str]:
    """Return the history summaries of this test, oldest first."""
    entries = [read_text(entry[0]) for past in page.tree.find_by_class("past") for entry in past]
    return [one for one in entries if one.startswith("The ")]


def test_times_in_the_history_are_valid_html(organiser: Browser, frozen_time: Traveller) -> None:
    frozen_time.move_to("2009-05-12T09:30:00.888160+01:00")
    record_entry("The limit was raised from 500 to 520", "conference")

    page = organiser.open("/organise/history")

    moments = [one.get("datetime") or "" for one in page.tree.find_all("time")]
    assert moments.count("2009-05-12T09:30:00+01:00") == len(moments) > 0


@pytest.mark.both_databases
def test_the_history_lists_newest_first_with_old_and_new_values(organiser: Browser) -> None:
    record_entry("The session Opening was changed: room", "session opening", LIN, MOVED)
    record_entry("The limit was raised from 500 to 520", "conference")

    page = organiser.open("/organise/history")

    assert list_summaries(page) == [
        "The limit was raised from 500 to 520",
        "The session Opening was changed: room",
    ]
    assert "9:30am, 12 May 2009, lin@conference.example" in page.text
    assert "Room before: Great hall → after: Attic" in page.text


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("q=OPENING", ["The session Opening was changed: room"]),
        ("q=attic", ["The session Opening was changed: room"]),
        ("who=lin%40conference.example", ["The session Opening was changed: room"]),
        ("kind=conference", ["The limit was raised from 500 to 520"]),
        ("kind=session&who=grace%40conference.example", []),
        ("thing=session+opening", ["The session Opening was changed: room"]),
        ("thing=session", []),
        ("thing=%00%E2%80%AE", ALL),
        ("q=100%25", []),
    ],
)
def test_the_history_can_be_filtered_by_words_actor_and_subject(
    organiser: Browser, question: str, found: list[str]
) -> None:
    record_entry("The session Opening was changed: room", "session opening", LIN, MOVED)
    record_entry("The limit was raised from 500 to 520", "conference")

    assert list_summaries(organiser.open(f"/organise/history?{question}")) == found


@pytest.mark.both_databases
@pytest.mark.parametrize("words", ["école de", "ÉCOLE", "École"])
def test_history_search_with_accents_ignores_case(organiser: Browser, words: str) -> None:
    record_entry("The École de mer was added", "theme water")
    record_entry("The Ecole was added", "theme fire")

    page = organiser.open(f"/organise/history?q={quote(words)}")

    assert list_summaries(page) == ["The École de mer was added"]


@pytest.mark.both_databases
def test_the_last_page_of_a_history_search_shows_the_total(organiser: Browser) -> None:
    for number in range(60):
        record_entry(f"The {number}th thing was done to it", "theme water")

    page = organiser.open("/organise/history?q=thing&page=2")

    assert page.text_by_id("count") == "51 to 60 of 60 entries"
    assert list_summaries(page)[-1] == "The 0th thing was done to it"


def test_a_history_entry_links_to_its_subject_and_all_its_changes(
    organiser: Browser,
) -> None:
    booking = make_delegate()
    for number in range(60):
        record_entry(f"The {number}th thing was done to it", "theme water")
    record_entry("The booking was changed", booking.history_subject)

    first = organiser.open("/organise/history")
    assert organiser.follow(f"Open {booking.history_subject}").heading == booking.full_name
    organiser.open("/organise/history")
    of_it = organiser.follow("Show all its changes: theme water")
    rest = organiser.follow("Next page →")

    assert list_summaries(first)[0] == "The booking was changed: Ada Lovelace"
    assert of_it.title.startswith("History: One item theme water – ")
    assert of_it.text_by_id("count") == "1 to 50 of 60 entries"
    assert list_summaries(rest)[-1] == "The 0th thing was done to it"
    assert organiser.follow("Open theme water").heading == "Water"


@pytest.mark.both_databases
def test_history_entries_about_people_name_and_link_to_them(organiser: Browser) -> None:
    delegate = make_delegate(given_names="Ada", family_name="Lovelace", access="A ramp")
    with transaction():
        requirement_cases.create_missing()
    [case] = db.session.query(RequirementCase).all()
    people = {
        delegate.history_subject: "Ada Lovelace",
        case.history_subject: "Ada Lovelace",
        make_interest(name="Bo Marsh").history_subject: "Bo Marsh",
        make_application(name="Cy Tidewell").history_subject: "Cy Tidewell",
        make_waiting_list_entry(name="Di Shore").history_subject: "Di Shore",
        make_group(name="Ed Fenn").history_subject: "Ed Fenn",
        f"letter {make_email(recipient='flo@example.org').id}": "flo@example.org",
    }
    for subject in (*people, "interest 77", "theme water"):
        record_entry("The step was taken", subject)

    page = organiser.open("/organise/history?q=the+step")

    assert list_summaries(page) == [
        *("The step was taken", "The step was taken"),
        *(f"The step was taken: {who}" for who in reversed(people.values())),
    ]
    for subject in people:
        organiser.open("/organise/history?q=the+step")
        assert organiser.follow(f"Open {subject}").heading


@pytest.mark.both_databases
def test_every_type_of_history_entry_links_to_its_subject(organiser: Browser) -> None:
    odd = "https://example.org//a b/ü?#"
    make_session(key=odd, slug="odd", title="Odd")
    make_room(key="7", slug="attic", name="Attic")
    make_speaker(key="8", slug="grace", name="Grace")
    lin = make_organiser(LIN)
    letter, booking, mailing = make_email(), make_delegate(), make_mailing()
    publish_programme()
    pages = {
        f"session {odd}": "/organise/sessions/odd",
        "room 7": "/organise/rooms/attic",
        "speaker 8": "/organise/speakers/grace",
        "theme water": "/organise/themes/water",
        f"person {LIN}": f"/organise/people/{lin.id}",
        f"letter {letter.id}": f"/organise/letters/{letter.id}",
        booking.history_subject: f"/organise/delegates/{booking.reference}",
        "release 1": "/organise/publishing/releases/1",
        f"mailing {mailing.id}": f"/organise/mailings/{mailing.id}",
        "planned release": "/organise/publishing",
        "page help": "/organise/pages/page/help",
        "notice": "/organise/pages/notice",
        "conference": "/organise/settings",
        "programme": "/organise/files",
        "delegates": "/organise/delegates",
        "speakers": "/organise/speaking",
    }
    gone = ["session no", "room attic", "speaker grace", "theme no", "person ada@example.org"]
    gone += ["letter 77", "letter x", f"letter {10**30}", "booking XXXX2345", "release 9", "audit"]
    for about in (*pages, *gone):
        record_entry("The thing was done", about)

    page = organiser.open("/organise/history?q=the+thing")

    found = {words: address for words, address in page.links.items() if words.startswith("Open ")}
    assert found == {f"Open {about}": address for about, address in pages.items()}
    for address in found.values():
        organiser.open(address)


def test_history_entries_have_no_links_to_pages_a_viewer_cannot_open(visitor: Browser) -> None:
    viewer = sign_in(visitor, role=VIEWER)
    make_organiser(LIN)
    make_delegate(access="A ramp", dietary="No nuts")
    with transaction():
        requirement_cases.create_missing()
    for case in db.session.query(RequirementCase).all():
        record_entry("The state was changed", case.history_subject)
    for subject in ("access requirements", "dietary requirements", "invitations"):
        record_entry("The list was viewed", subject)
    record_entry("The part was given", f"person {LIN}")
    record_entry("The theme was changed", "theme water")

    page = viewer.open("/organise/history?who=grace%40conference.example")

    assert [one for one in page.links if one.startswith("Open ")] == ["Open theme water"]
    assert f"Show all its changes: person {LIN}" in page.links


def test_undone_changes_are_marked_in_the_history(organiser: Browser) -> None:
    organiser.open("/organise/themes/water/change")
    organiser.press("Save", name="Sea")
    button = "Undo: Sea: name changed from Water to Sea"
    organiser.open("/organise/history")

    page = organiser.press(button)

    assert page.address.startswith("/organise/history")
    assert "Undone" in page.text
    assert button not in page.buttons


def test_a_history_search_without_results_offers_to_clear_the_filters(organiser: Browser) -> None:
    page = organiser.open("/organise/history?q=nobody+ever+did+this")

    assert "No entries found" in page.headings
    assert organiser.follow("Clear filters").address == "/organise/history"


def test_a_long_history_is_paginated(organiser: Browser) -> None:
    for number in range(60):
        record_entry(f"The {number}th thing was done")

    first = organiser.open("/organise/history?q=thing")
    second = organiser.follow("Next page →")

    assert first.text_by_id("count") == "1 to 50 of 60 entries"
    assert second.text_by_id("count") == "51 to 60 of 60 entries"
    assert list_summaries(second)[-1] == "The 0th thing was done"


def test_the_history_export_escapes_formulas(organiser: Browser) -> None:
    record_entry("The session =1+1 was changed", "session sum", GRACE, MOVED, UNSAID)

    page = organiser.open("/organise/history/history.csv")

    assert 'filename="history-2009-05-12.csv"' in page.headers["Content-Disposition"]
    rows = list(csv.reader(StringIO(page.source.lstrip("\ufeff"))))
    columns = ["When (UTC)", "Made by", "Subject", "Person", "Change", "Before and after"]
    assert rows[0] == columns
    assert rows[-1] == [
        *("2009-05-12 08:30:00+00:00", GRACE, "session sum", "", "The session =1+1 was changed"),
        "Room: Great hall → Attic\nNotes: Not given → A word",
    ]


@pytest.mark.both_databases
def test_the_history_export_names_subjects_only_if_the_role_may_see_them(
    organiser: Browser, new_browser: Browsers
) -> None:
    delegate = make_delegate(given_names="Ada", family_name="Lovelace", access="A ramp")
    with transaction():
        requirement_cases.create_missing()
    [case] = db.session.query(RequirementCase).all()
    people = {
        delegate.history_subject: "Ada Lovelace",
        case.history_subject: "Ada Lovelace",
        make_interest(name="Bo Marsh").history_subject: "Bo Marsh",
        make_waiting_list_entry(name="Di Shore").history_subject: "Di Shore",
        make_group(name="=Ed Fenn").history_subject: "'=Ed Fenn",
        f"letter {make_email(recipient='flo@example.org').id}": "flo@example.org",
        f"person {make_organiser(LIN).email}": "",
        "interest 77": "",
        f"letter {10**30}": "",
        "theme water": "",
    }
    for subject in people:
        record_entry("The step was taken", subject)
    viewer = sign_in(new_browser(), "vera@conference.example", role=VIEWER)

    assert read_people(organiser) == people
    del people[case.history_subject]  # a viewer does not know that there is one
    assert read_people(viewer) == people


def read_people(browser: Browser) -> dict[str, str]:
    """Read in the export whose each entry of a story is."""
    page = browser.open("/organise/history/history.csv")
    rows = csv.DictReader(StringIO(page.source.lstrip("\ufeff")))
    return {row["Subject"]: row["Person"] for row in rows if row["Change"] == "The step was taken"}


@pytest.mark.parametrize(("role", "status"), [(VIEWER, 200), (EDITOR, 403), (DESK, 403)])
def test_only_organisers_and_viewers_can_read_the_history(
    visitor: Browser, role: str, status: int
) -> None:
    sign_in(visitor, role=role)

    assert visitor.fetch("GET", "/organise/history").status_code == status


def test_roles_that_can_read_the_history_can_read_bookings() -> None:
    assert roles.HISTORY.read_roles <= roles.DELEGATES.read_roles


@pytest.mark.parametrize("count", [1, 3])
def test_the_history_needs_a_constant_number_of_queries(
    organiser: Browser, queries: list[str], count: int
) -> None:
    for number in range(count):
        record_entry("The thing was done")
        record_entry(
            "The booking was changed", make_delegate(email=f"{number}@example.org").history_subject
        )
        record_entry("The room was changed", f"room {make_room().key}")
    organiser.open("/organise/history")
    queries.clear()

    organiser.open("/organise/history")

    assert len([one for one in queries if "FROM site_state" not in one]) == 6
