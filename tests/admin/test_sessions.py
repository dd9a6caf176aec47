"""Sessions in admin: finding, adding, changing and cancelling one or several."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from app.accounts.models import VIEWER
from app.database import db, transaction
from app.history import queries as history
from app.programme import queries as programme
from app.programme.editing import sessions
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.models import Session, Speaker
from tests.browser import Browser, Browsers, Page
from tests.factories import (
    FIRST_MORNING,
    make_delegate,
    make_room,
    make_session,
    make_speaker,
    make_theme,
    publish_programme,
    sign_in,
)
from tests.lookups import get_session

ALL = ["Opening", "Coffee", "Harbour walls", "Reading the tide", "Farewell"]


def get_document(slug: str) -> dict[str, Any]:
    one = get_session(slug)
    values = {field: SESSION_FIELDS.get_value(one, field) for field in SESSION_FIELDS.names}
    return {field: value for field, value in values.items() if value not in ("", [])}


def titles(page: Page) -> list[str]:
    return [
        " ".join("".join(link.itertext()).split())
        for table in page.tree.find_by_class("list")
        for row in page.tree.find_all("tbody", within=table)
        for link in page.tree.find_all("a", within=row)
    ]


def token_of(page: Page) -> str:
    fields = page.tree.find_all("input")
    return next(one.get("value", "") for one in fields if one.get("name") == "csrf_token")


def save_session(slug: str, **values: Any) -> None:
    with transaction():
        one = get_session(slug)
        sessions.save(one, values, expected_version=one.version, actor="ada@conference.example")


# The list


def test_the_session_list_shows_every_session_by_time(organiser: Browser) -> None:
    page = organiser.open("/organise/sessions")

    assert page.heading == "Sessions"
    assert titles(page) == ALL
    assert page.text_by_id("count") == "5 sessions"
    assert page.rows[0] == {
        "": "Select Opening",  # the checkbox in the column heading needs JavaScript
        "Title": "Opening",
        "Speakers": "Ada Marsh, João Maré",
        "Time ↑": "9:30am to 10:30am Wednesday 10 June Wed 10",  # one of them is seen
        "Room": "Great hall",
        "Theme": "",
        "Type": "Plenary",
        "Seats": "",
        "Changed": "12 May 2009",
    }


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("TIDE", ["Reading the tide"]),
        ("joao", ["Opening", "Reading the tide"]),
        ("MARÉ tide", ["Reading the tide"]),
        ("harbour-WALLS", ["Harbour walls"]),
        ("uber", ["Über 100 % Ebbe_Flut"]),
        ("ØRSTED", ["Über 100 % Ebbe_Flut"]),
        ("100 %", ["Über 100 % Ebbe_Flut"]),
        ("e_f", ["Über 100 % Ebbe_Flut"]),
        ("%", ["Über 100 % Ebbe_Flut"]),
        ("“opening", ["Opening"]),
        ("nothing of the kind", []),
    ],
)
def test_the_session_search_ignores_accents_and_case(
    organiser: Browser, words: str, found: list[str]
) -> None:
    make_session(title="Über 100 % Ebbe_Flut", speakers=(make_speaker(name="Kirsten Ørsted"),))

    page = organiser.open("/organise/sessions")
    page = page.press("Search", {"Search by title, speaker or key": words})

    assert titles(page) == found


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("day=2009-06-11", ["Farewell"]),
        ("theme=stone", ["Harbour walls"]),
        ("room=boat-house", ["Harbour walls"]),
        ("kind=break", ["Coffee"]),
        ("state=draft", ["Nearly"]),
        ("state=cancelled", ["Cancelled"]),
        ("state=withdrawn", ["Not included"]),
        ("missing=time", ["Nearly"]),
        ("missing=room", ["Coffee", "Nearly"]),
        ("missing=abstract", ["Farewell", "Nearly"]),
        ("missing=speakers", ["Nearly"]),
        ("missing=speakers&day=2009-06-10", []),
        ("state=confirmed&kind=parallel", ["Harbour walls", "Reading the tide"]),
    ],
)
def test_the_session_list_can_be_filtered(
    organiser: Browser, question: str, found: list[str]
) -> None:
    make_session(title="Nearly", is_draft=True, starts_at=None)
    make_session(title="Cancelled", cancelled_at=FIRST_MORNING)
    make_session(title="Not included", withdrawn_at=FIRST_MORNING)

    assert titles(organiser.open(f"/organise/sessions?{question}")) == found


@pytest.mark.both_databases
def test_the_session_list_is_sorted_the_same_on_each_database(organiser: Browser) -> None:
    make_session(title="Änderung", starts_at=None)
    make_session(title="“apple”", starts_at=FIRST_MORNING + timedelta(days=1))

    def sorted_by(sort: str) -> list[str]:
        return titles(organiser.open(f"/organise/sessions?sort={sort}"))

    assert sorted_by("title")[:3] == ["Änderung", "“apple”", "Coffee"]
    assert sorted_by("-title")[-3:] == ["Coffee", "“apple”", "Änderung"]
    assert sorted_by("time") == [*ALL[:4], "“apple”", "Farewell", "Änderung"]
    assert sorted_by("-time")[-1] == "Änderung"
    assert sorted_by("room")[:2] == ["Opening", "Reading the tide"]
    with transaction():
        sessions.save(get_session("coffee"), {"subtitle": "Hot"}, expected_version=1, actor="grace")
    assert sorted_by("changed")[0] == "Coffee"


@pytest.mark.settings(EDITION_CHECK_SECONDS="3600")
@pytest.mark.parametrize("count", [1, 3])
def test_the_session_list_needs_a_constant_number_of_queries(
    organiser: Browser, queries: list[str], count: int
) -> None:
    for _ in range(count):
        make_session(
            room=make_room(), theme=make_theme(), speakers=(make_speaker(), make_speaker())
        )

    organiser.open("/organise/sessions?q=session-")
    queries.clear()
    organiser.open("/organise/sessions?q=session-")

    assert len(queries) == 8


def test_the_session_list_is_paginated(organiser: Browser) -> None:
    for number in range(51):
        make_session(title=f"Talk {number:02}")

    first = organiser.open("/organise/sessions?q=talk&sort=title")
    second = first.follow("Next page →")

    assert (first.text_by_id("count"), second.text_by_id("count")) == (
        "1 to 50 of 51 sessions",
        "51 to 51 of 51 sessions",
    )
    assert titles(second) == ["Talk 50"]
    assert (
        "This list does not have that many pages."
        in organiser.open("/organise/sessions?page=9").text
    )


@pytest.mark.empty
def test_an_empty_session_list_says_there_are_no_sessions_yet(organiser: Browser) -> None:
    assert organiser.open("/organise/sessions").headings[:2] == ["Sessions", "No sessions yet"]


# One session


def test_the_session_page_shows_every_field(organiser: Browser) -> None:
    page = organiser.open("/organise/sessions").follow("Opening")

    assert page.heading == "Opening"
    assert page.summary_list == {
        "Time": "9:30am to 10:30am, Wednesday 10 June 2009 View on the schedule board",
        "Room": "Great hall",
        "Speakers": "Ada Marsh, chair João Maré, speaker",
        "Type": "Plenary",
        "Theme": "No theme",
        "Language": "English",
        "Recorded": "No",
        "Seats": "As many as the room has",
        "Notes": "None",
        "Page address": "opening",
        "Key": "opening",
    }
    assert "This session is public." in page.text
    assert page.follow("View the public page").address == "/sessions/opening"


def test_a_clash_is_shown_on_the_page_of_each_session(organiser: Browser) -> None:
    save_session("coffee", room="great-hall", starts_at=FIRST_MORNING)

    page = organiser.open("/organise/sessions/opening")

    assert "“Coffee” is in Great hall at the same time (open Coffee)" in page.text
    assert page.follow("open Coffee").heading == "Coffee"


def test_the_session_page_says_what_visitors_see(organiser: Browser, frozen_time: Any) -> None:
    def said() -> str:
        text = organiser.open("/organise/sessions/opening").text
        return text.partition("What visitors see ")[2].partition(" Time")[0]

    frozen_time.shift(timedelta(minutes=1))
    save_session("opening", subtitle="With tea")
    changed = said()
    with transaction():
        sessions.cancel(get_session("opening"), actor="ada@conference.example")
    cancelled = said()

    assert changed.startswith("This session is public. Changes made since")
    assert cancelled.startswith("This session is public. Changes made since")
    draft = make_session(is_draft=True)
    assert "It is a draft" in organiser.open(f"/organise/sessions/{draft.slug}").text
    ready = make_session()
    assert "when you publish" in organiser.open(f"/organise/sessions/{ready.slug}").text
    gone = make_session(withdrawn_at=FIRST_MORNING)
    text = organiser.open(f"/organise/sessions/{gone.slug}").text
    assert "This session is not public." in text


def test_an_unknown_session_is_not_found(organiser: Browser) -> None:
    organiser.open("/organise/sessions/no", 404)


# Adding and changing


@pytest.mark.both_databases
def test_a_session_can_be_added_with_every_field(organiser: Browser) -> None:
    form = organiser.open("/organise/sessions").follow("Add a session")
    form = form.press("Find", {"Title": "Ebb & flow", "Find a speaker to add": "mare"})
    form = form.press("Add João Maré")
    form = form.press("Find", find_a_speaker_to_add="ADA")
    form = form.press("Add Ada Marsh")
    form = form.press("↑Move up: Ada Marsh")
    page = form.press(
        "Add this session",
        {
            "Title": "Ebb & flow",
            "Subtitle": "Twice a day",
            "Type": "talk",
            "Theme": "Water",
            "State": "Confirmed: public when you publish",
            "Day": "Thursday 11 June 2009",
            "Starts": "14:00",
            "Ends": "3:30 pm",
            "Room": "Boat house",
            "Seats": "7",
            "Abstract": "First\r\n\r\nSecond",
            "Description": "More",
            "Language": "en-GB",
            "It will be recorded (public)": True,
            "Licence": "CC BY 4.0",
            "Links": "https://tides.example/table The table\n\nhttp://flow.example",
            (
                "This is an example, not a confirmed session. It is marked as illustrative (public)"
            ): True,
            "Food is served (not public). The caterer gets the number of people": True,
            "Notes": "Bring a bucket.",
        },
    )

    assert page.heading == "Ebb & flow"
    assert "The session has been added. It will be public when you publish." in page.source
    assert get_document("ebb-flow") == {
        "slug": "ebb-flow",
        "title": "Ebb & flow",
        "subtitle": "Twice a day",
        "kind": "talk",
        "theme": "water",
        "room": "boat-house",
        "starts_at": "2009-06-11T13:00:00+00:00",
        "ends_at": "2009-06-11T14:30:00+00:00",
        "abstract": "First\n\nSecond",
        "description": "More",
        "language": "en-GB",
        "booking": "open",
        "licence": "CC BY 4.0",
        "links": [
            ["https://tides.example/table", "The table"],
            ["http://flow.example", "flow.example"],
        ],
        "seats": 7,
        "is_recorded": True,
        "is_illustrative": True,
        "serves_food": True,
        "notes": "Bring a bucket.",
        "state": "confirmed",
        "appearances": [["ada-marsh", "speaker"], ["joao-mare", "speaker"]],
    }


def test_a_break_requires_only_a_title(organiser: Browser) -> None:
    organiser.open("/organise/sessions/_add")

    page = organiser.press("Add this session", title="Tea", type="break")
    assert "added as a draft. To make it public, confirm it and publish." in page.source

    assert page.heading == "Tea"
    assert get_document("tea").get("appearances") is None
    assert get_document("tea")["state"] == "draft"


def test_saving_an_unchanged_session_form_changes_nothing(organiser: Browser) -> None:
    before = {slug: get_document(slug) for slug in ("opening", "coffee", "harbour-walls")}

    for slug in before:
        organiser.open(f"/organise/sessions/{slug}/change")
        page = organiser.press("Save")
        assert "There were no changes to save." in page.source

    assert {slug: get_document(slug) for slug in before} == before
    assert get_session("opening").version == 1


def test_speakers_of_a_session_can_be_reordered_given_roles_and_removed(organiser: Browser) -> None:
    form = organiser.open("/organise/sessions/opening/change")
    form = form.press("↓Move down: Ada Marsh", title="Typed before")
    form = form.press("Remove Ada Marsh")
    form.press("Save")

    assert get_document("opening")["appearances"] == [["joao-mare", "speaker"]]
    assert get_session("opening").title == "Typed before"


def test_buttons_for_missing_speaker_rows_do_nothing(organiser: Browser) -> None:
    form = organiser.open("/organise/sessions/opening/change")
    token = token_of(form)

    for pressed in ("up 0", "up 99", "down x", "remove ²", "remove 99999", "down"):
        page = organiser.send(
            "POST",
            "/organise/sessions/opening/change",
            data={
                "csrf_token": token,
                "title": "Kept",
                "button": pressed,
                "appearances-0-speaker": "ada-marsh",
                "appearances-0-role": "chair",
            },
        )
        assert page.value_of("Title") == "Kept"
        assert page.value_of("Role") == "Chair"


def test_pressing_enter_in_the_speaker_field_searches_instead_of_saving(organiser: Browser) -> None:
    organiser.open("/organise/sessions/opening/change")

    found = press_enter(organiser, "nobody")

    assert "0 speakers with this name" in found.headings
    assert get_session("opening").version == 1


def press_enter(browser: Browser, name: str) -> Page:
    """Press Enter in the box for names: the browser presses the first button of the form."""
    form = browser.page
    token = token_of(form)
    body = {"csrf_token": token, "button": "enter", "find": name, "title": "Opening"}
    return browser.send("POST", form.address, data=body)


def test_a_speaker_search_with_many_results_shows_the_first(organiser: Browser) -> None:
    for number in range(14):
        make_speaker(name=f"Vera {number:02}", organisation="Port")

    organiser.open("/organise/sessions/_add")
    page = organiser.press("Find", find_a_speaker_to_add="véra")

    assert "The first 12 speakers with this name" in page.headings
    assert [button for button in page.buttons if button.startswith("Add V")][:2] == [
        "Add Vera 00",
        "Add Vera 01",
    ]


def test_the_text_of_a_session_can_be_previewed(organiser: Browser) -> None:
    organiser.open("/organise/sessions/opening/change")

    page = organiser.press(
        "Preview both", abstract="*Why* <script>alert(1)</script>", title="Typed"
    )

    shown = next(page.tree.find_by_class("preview"))
    assert [one.text for one in page.tree.find_all("em", within=shown)] == ["Why"]
    assert list(page.tree.find_all("script", within=shown)) == []
    assert page.value_of("Title") == "Typed"
    assert get_session("opening").version == 1


@pytest.mark.parametrize(
    ("typed", "beside", "error"),
    [
        ({"title": " "}, "Title", "Enter the title"),
        ({"title": "x" * 301}, "Title", "The title must be 300 characters or fewer"),
        ({"title": "…!"}, "Title", "The title must include a letter or a number"),
        (
            {"title": "a\u202eb"},
            "Title",
            "Type this instead of pasting it. It contains hidden characters that we cannot use",
        ),
        ({"day": ""}, "Day", "Choose a day, or leave both times empty"),
        ({"starts": ""}, "Starts", "Enter a start time, or choose “No day yet”"),
        ({"starts": "soon"}, "Starts", "Enter a time like 9:30am or 14:30"),
        (
            {"ends": "09:00"},
            "Ends",
            (
                "The end time must be after the start time. If the session ends the next day, "
                "select that box"
            ),
        ),
        (
            {"ends": "10:00", "It ends on the next day": True},
            "Ends",
            "A session cannot last longer than 24 hours",
        ),
        ({"seats": "many"}, "Seats", "The seats must be a number from 1 to 100,000"),
        ({"seats": "0"}, "Seats", "The seats must be a number from 1 to 100,000"),
        ({"language": "English!"}, "Language", "Enter a language code, like en or pt-BR"),
        (
            {"links": "https://a.example A\njavascript:alert(1) B"},
            "Links",
            "Link 2 must start with a web address like https://example.org",
        ),
    ],
)
def test_invalid_session_fields_are_refused(
    organiser: Browser, typed: dict[str, Any], beside: str, error: str
) -> None:
    organiser.open("/organise/sessions/opening/change")

    page = organiser.press("Save", {"Subtitle": "Kept", **typed}, status=422)

    assert page.errors == [error]
    assert page.error_for(beside) == error
    assert page.value_of("Subtitle") == "Kept"
    assert get_session("opening").version == 1


def test_adding_a_session_with_a_deleted_speaker_is_refused(organiser: Browser) -> None:
    key = make_speaker(name="Vera").key
    organiser.open("/organise/sessions/_add")
    organiser.press("Find", find_a_speaker_to_add="vera", title="Tea")
    organiser.press("Add Vera")
    with transaction():
        db.session.execute(delete(Speaker).where(Speaker.key == key))

    page = organiser.press("Add this session", status=422)

    assert page.errors == ["One of these speakers has been deleted"]
    assert "This speaker has been deleted" in page.text


@pytest.mark.parametrize("status", ["_add", "opening/change"])
def test_an_expired_session_form_keeps_the_typed_text(organiser: Browser, status: str) -> None:
    page = organiser.open(f"/organise/sessions/{status}")

    page = organiser.send(
        "POST", page.address, 422, data={"csrf_token": "old", "title": "Kept", "button": "save"}
    )

    assert page.value_of("Title") == "Kept"


# The clocks


@pytest.mark.parametrize(
    ("zone", "day", "starts", "moment"),
    [
        ("Europe/London", "2009-10-25", "01:30", "2009-10-25T00:30:00+00:00"),
        ("Europe/London", "2009-10-25", "02:30", "2009-10-25T02:30:00+00:00"),
        ("Asia/Kolkata", "2009-10-25", "09:30", "2009-10-25T04:00:00+00:00"),
    ],
)
def test_session_times_are_in_the_time_zone_of_the_conference(
    organiser: Browser, zone: str, day: str, starts: str, moment: str
) -> None:
    move_conference(day, zone)
    organiser.open("/organise/sessions/_add")

    organiser.press(
        "Add this session",
        title="Late",
        day=day,
        starts=starts,
        ends="04:00" if zone != "Asia/Kolkata" else "10:00",
    )

    assert get_document("late")["starts_at"] == moment


def move_conference(day: str, zone: str) -> None:
    """Let the conference be on one day, in a zone, and publish that."""
    with transaction():
        conference = programme.get_conference()
        conference.starts_on = conference.ends_on = date.fromisoformat(day)
        conference.time_zone = zone
        for one in db.session.scalars(select(Session)):
            one.starts_at = one.ends_at = None
    publish_programme()


def test_a_session_time_skipped_by_daylight_saving_is_refused(organiser: Browser) -> None:
    move_conference("2009-03-29", "Europe/London")
    organiser.open("/organise/sessions/_add")

    page = organiser.press(
        "Add this session",
        title="Early",
        day="2009-03-29",
        starts="01:30",
        ends="03:00",
        status=422,
    )

    assert page.error_for("Starts") == (
        "The clocks go forward that day, so this time does not exist. Enter another time"
    )


def test_saving_keeps_the_second_occurrence_of_an_ambiguous_time(organiser: Browser) -> None:
    move_conference("2009-10-25", "Europe/London")
    second = datetime(2009, 10, 25, 1, 30, tzinfo=UTC)  # 1:30am for the second time
    make_session(slug="night", starts_at=second)
    organiser.open("/organise/sessions/night/change")

    organiser.press("Save", title="Night watch")

    assert (get_session("night").starts_at, get_session("night").title) == (second, "Night watch")


def test_a_session_may_end_on_the_next_day(organiser: Browser) -> None:
    organiser.open("/organise/sessions/farewell/change")

    organiser.press("Save", {"Starts": "22:00", "Ends": "01:00", "It ends on the next day": True})
    organiser.open("/organise/sessions/farewell/change")
    page = organiser.press("Save")

    assert get_document("farewell")["ends_at"] == "2009-06-12T00:00:00+00:00"
    assert "There were no changes to save" in page.source


# Two people at once


@pytest.mark.both_databases
def test_a_stale_edit_of_a_session_shows_both_versions(new_browser: Browsers) -> None:
    grace = sign_in(new_browser())
    alan = sign_in(new_browser(), "alan@conference.example")
    grace.open("/organise/sessions/opening/change")
    alan.open("/organise/sessions/opening/change")
    grace.press("Save", title="Graces’s opening", room="Boat house")

    page = alan.press(
        "Save", {"Title": "Alan’s opening", "Abstract": "All that I typed"}, status=409
    )

    assert page.rows == [
        {"": "Title", "Saved now": "Graces’s opening", "Yours": "Alan’s opening"},
        {"": "Room", "Saved now": "Boat house", "Yours": "Great hall"},
        {"": "Abstract", "Saved now": "Why we are here.", "Yours": "All that I typed"},
    ]
    assert page.value_of("Abstract") == "All that I typed"
    assert get_session("opening").title == "Graces’s opening"

    page = alan.press("Save", room="Boat house")

    assert page.heading == "Alan’s opening"
    assert get_document("opening")["room"] == "boat-house"
    assert [entry.actor for entry in history.list_entries("session opening")] == [
        "grace@conference.example",
        "alan@conference.example",
    ]


def test_saving_the_same_change_twice_is_not_a_conflict(new_browser: Browsers) -> None:
    grace = sign_in(new_browser())
    alan = sign_in(new_browser(), "alan@conference.example")
    for one in (grace, alan):
        one.open("/organise/sessions/opening/change")

    for one in (grace, alan):
        one.press("Save", title="The opening")

    assert alan.page.heading == "The opening"


# States


def test_a_session_can_be_cancelled_and_restored(organiser: Browser) -> None:
    page = organiser.open("/organise/sessions/opening").press("Cancel this session")
    cancelled = (page.heading, get_session("opening").state)
    page.press("Restore")
    restored = get_session("opening").state
    ask = organiser.open("/organise/sessions/opening/cancel")  # where the search leads
    ask.press("Cancel this session")

    assert cancelled == ("Opening", "cancelled")
    assert restored == "confirmed"
    assert ask.heading == "Cancel “Opening”?"
    assert get_session("opening").state == "cancelled"


def test_cancelling_an_unpublished_session_says_what_publishing_will_do(
    organiser: Browser,
) -> None:
    ready, draft = make_session(title="Ebb").slug, make_session(title="Flow", is_draft=True).slug

    page = organiser.open(f"/organise/sessions/{ready}").press("Cancel this session")

    assert "When you publish, this session will be listed, marked as cancelled." in page.text
    assert page.links["Delete"] == f"/organise/sessions/{ready}/delete"
    unpublished = organiser.open(f"/organise/sessions/{draft}")
    assert "Cancel this session" not in unpublished.buttons
    assert "Delete" in unpublished.links


def test_cancelling_a_draft_session_says_it_stays_hidden(organiser: Browser) -> None:
    draft = make_session(title="Flow", is_draft=True).slug

    ask = organiser.open(f"/organise/sessions/{draft}/cancel")
    page = ask.press("Cancel this session")

    assert "This session is a draft. It will not be public when you publish" in ask.text
    assert "marked as cancelled" not in ask.text
    assert "This session is not public." in page.text
    assert "marked as cancelled" not in page.text


def test_deleting_a_published_session_cancels_it_instead(organiser: Browser) -> None:
    shown = organiser.open("/organise/sessions/opening")
    ask = organiser.open("/organise/sessions/opening/delete")

    ask.press("Cancel this session")

    assert "Delete" not in shown.links
    assert "This session has been published" in ask.text
    assert get_session("opening").state == "cancelled"


def test_a_session_that_was_never_public_can_be_deleted(organiser: Browser) -> None:
    slug = make_session(title="A slip").slug
    organiser.open(f"/organise/sessions/{slug}").follow("Delete")

    page = organiser.press("Delete")

    assert "The session has been deleted. It had never been public." in page.source
    assert "A slip" not in titles(page)


def test_copying_a_session_creates_a_draft(organiser: Browser) -> None:
    organiser.open("/organise/sessions/opening")

    page = organiser.press("Make a copy")

    assert (page.heading, get_session("opening-copy").state) == ("Opening (copy)", "draft")


def test_viewers_cannot_change_sessions(visitor: Browser) -> None:
    viewer = sign_in(visitor, "vera@conference.example", VIEWER)

    listed = viewer.open("/organise/sessions")
    shown = viewer.open("/organise/sessions/opening")

    offered = {*listed.links, *listed.buttons, *shown.links, *shown.buttons}
    deeds = {"Add a session", "Change selected sessions", "Change", "Make a copy", "Delete"}
    assert offered & deeds == set()
    viewer.open("/organise/sessions/opening/change", 403)


# Several at once


@pytest.mark.both_databases
def test_several_sessions_can_be_changed_after_a_preview(organiser: Browser) -> None:
    listed = organiser.open("/organise/sessions?kind=parallel&sort=title")
    ticked = {"Select Reading the tide": True, "Select Harbour walls": True}
    ask = listed.press("Change selected sessions", ticked)
    nothing = ask.press("Preview changes")
    sure = nothing.press("Preview changes", theme="Stone", room="No room")
    seen = sure.text
    page = sure.press("Change 2 sessions")

    assert ask.heading == "Change 2 sessions"
    assert "Choose at least one thing to change." in nothing.text
    assert sure.heading == "Change 2 sessions?"
    assert "Reading the tide Theme before: Water → after: Stone Room before: Great hall →" in seen
    assert page.address.startswith("/organise/sessions?kind=parallel&sort=title&done=")
    assert (
        get_document("reading-the-tide")["theme"],
        get_document("reading-the-tide")["room"],
    ) == ("stone", None)
    (entry,) = history.list_entries("session harbour-walls")
    assert entry.summary == "Harbour walls: room was removed (Boat house)"


@pytest.mark.both_databases
def test_bulk_cancellation_of_sessions_previews_who_is_affected(
    organiser: Browser,
) -> None:
    make_delegate()
    listed = organiser.open("/organise/sessions?kind=parallel&sort=title")
    ticked = {"Select Reading the tide": True, "Select Harbour walls": True}

    sure = listed.press("Cancel selected sessions", ticked)

    assert sure.heading == "Cancel 2 sessions?"
    assert "Affects 2 people who take part, 1 delegate on that day." in sure.text
    assert get_document("reading-the-tide")["state"] == "confirmed"
    page = sure.press("Cancel 2 sessions")
    assert page.address.startswith("/organise/sessions?kind=parallel&sort=title&done=")
    assert {get_document(slug)["state"] for slug in ("reading-the-tide", "harbour-walls")} == {
        "cancelled"
    }
    again = organiser.open("/organise/sessions").press(
        "Cancel selected sessions", {"Select Harbour walls": True}
    )
    assert again.heading == "Nothing to change"


def test_cancelling_a_session_shows_who_is_affected(organiser: Browser) -> None:
    make_delegate()

    ask = organiser.open("/organise/sessions/reading-the-tide/cancel")
    page = organiser.open("/organise/sessions/reading-the-tide").press("Cancel this session")

    assert "1 delegate on that day." in ask.text
    assert "1 delegate on that day" in page.text.partition("Who this affects")[2]


def test_a_bulk_change_preview_has_a_url_for_its_author_only(
    organiser: Browser, new_browser: Browsers
) -> None:
    listed = organiser.open("/organise/sessions?kind=parallel&sort=title")
    ticked = {"Select Reading the tide": True, "Select Harbour walls": True}
    page = listed.press("Change selected sessions", ticked).press("Preview changes", theme="Stone")

    assert page.address == "/organise/sessions/_several?preview=1"
    assert organiser.open(page.address).heading == "Change 1 session?"
    back = organiser.open("/organise/sessions/_several")
    assert (back.heading, back.value_of("Theme")) == ("Change 2 sessions", "Stone")
    other = sign_in(new_browser(), "otto@conference.example")
    assert other.open(page.address).address == "/organise/sessions"
    organiser.open(page.address).press("Change 1 session")
    assert organiser.open(page.address).address == "/organise/sessions"


def test_a_bulk_change_counts_and_skips_sessions_already_like_this(organiser: Browser) -> None:
    listed = organiser.open("/organise/sessions")
    ticked = {"Select Reading the tide": True, "Select Harbour walls": True}
    sure = listed.press("Change selected sessions", ticked)
    sure = sure.press("Preview changes", theme="Stone")
    none = organiser.open("/organise/sessions").press(
        "Change selected sessions", {"Select Harbour walls": True}
    )
    none = none.press("Preview changes", theme="Stone")

    assert sure.heading == "Change 1 session?"
    assert (
        "1 of the sessions you selected is like this already, so it will not change." in sure.text
    )
    assert (none.heading, [one for one in none.buttons if one.startswith("Change")]) == (
        "Nothing to change",
        [],
    )


@pytest.mark.both_databases
def test_a_bulk_change_names_and_skips_sessions_that_cannot_change(new_browser: Browsers) -> None:
    grace = sign_in(new_browser())
    slip = make_session(title="A slip").slug
    listed = grace.open("/organise/sessions")
    ticked = {f"Select {title}": True for title in ("Opening", "Coffee", "Farewell", "A slip")}
    ask = listed.press("Change selected sessions", ticked)
    sure = ask.press("Preview changes", theme="Water", state="Cancelled")
    save_session("coffee", subtitle="Hot")
    with transaction():
        sessions.delete(get_session(slip), actor="ada@conference.example")

    page = sure.press("Change 4 sessions")

    assert page.heading == "2 sessions were not changed"
    assert "2 other sessions were changed." in page.text
    assert "Coffee Someone else has changed it since you looked." in page.text
    assert "It has been deleted." in page.text
    assert (get_session("coffee").state, get_session("coffee").theme) == ("confirmed", None)
    assert {get_document(slug)["state"] for slug in ("opening", "farewell")} == {"cancelled"}


@pytest.mark.both_databases
def test_a_bulk_change_preview_names_sessions_that_cannot_change(organiser: Browser) -> None:
    draft = make_session(title="Not yet seen").slug
    listed = organiser.open("/organise/sessions")
    ticked = {"Select Opening": True, "Select Not yet seen": True}
    ask = listed.press("Change selected sessions", ticked)

    sure = ask.press("Preview changes", theme="Water", state="Draft")
    sure.press("Change 1 session")

    assert (
        "Opening Not included It has been published, so it cannot be a draft. Cancel it instead"
        in sure.text
    )
    assert (get_document("opening")["theme"], get_document(draft)["theme"]) == (None, "water")
    assert get_session(draft).state == "draft"


def test_a_bulk_change_without_a_selection_is_refused(organiser: Browser) -> None:
    organiser.open("/organise/sessions?q=tide")

    page = organiser.press("Change selected sessions", status=422)

    assert page.title.startswith("Error: Sessions")
    assert page.errors == ["Select at least one session"]
    assert titles(page) == ["Reading the tide"]  # the same list, and all that leads on from it
    assert page.links["Title"] == "/organise/sessions?q=tide&sort=title"
    ask = page.press("Change selected sessions", {"Select Reading the tide": True})
    assert "/organise/sessions?q=tide" in ask.links.values()


@pytest.mark.parametrize(
    "expected", ["", "x opening", "-1 opening", "9" * 30 + " opening", "opening"]
)
def test_a_bulk_change_of_an_unpreviewed_version_is_refused(
    organiser: Browser, expected: str
) -> None:
    page = organiser.open("/organise/sessions")
    token = token_of(page)
    body = {
        "csrf_token": token,
        "expected_version": expected,
        "theme": "water",
        "kind": "",
        "room": "",
        "state": "",
    }

    organiser.send("POST", "/organise/sessions/_several/change", 409, data=body)

    assert get_session("opening").version == 1
