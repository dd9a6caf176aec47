"""The schedule board without JavaScript: read as a list or a table, moved by a form."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import clock
from app.accounts.models import VIEWER
from app.database import db
from app.programme import board_layout
from app.programme.board_layout import TimeBlock
from app.programme.models import Appearance, Room, Session
from tests.browser import Browser, Browsers, Page
from tests.factories import (
    FIRST_MORNING,
    make_agenda,
    make_delegate,
    make_room,
    make_session,
    make_speaker,
    make_theme,
    sign_in,
)

BOARD = "/organise/board"


def cards(page: Page, where: str = "board-slots") -> list[str]:
    """Read the sessions of the board, or those beside it, in their order."""
    return [
        " ".join("".join(one.itertext()).split()) for one in next(page.tree.find_by_class(where))
    ]


def get_session(slug: str) -> Session:
    db.session.rollback()
    return db.session.scalars(select(Session).where(Session.slug == slug)).one()


def test_the_board_lists_sessions_of_a_day_in_order_of_time(organiser: Browser) -> None:
    page = organiser.open(BOARD)

    assert page.heading == "Schedule board"
    assert cards(page) == [
        "Move Opening 9:30am to 10:30am, Great hall Ada Marsh (chair), João Maré",
        "Move Coffee 10:30am to 11am, no room",
        "Move Reading the tide 11am to midday, Great hall João Maré Water",
        "Move Harbour walls 11am to midday, Boat house Ada Marsh Stone",
    ]
    assert "4 sessions" in page.text
    assert "No clashes on this day." in page.text
    assert "Every session has a time." in page.text


def test_the_board_links_to_each_day_and_marks_the_current_one(organiser: Browser) -> None:
    organiser.open(BOARD)

    page = organiser.follow("Thursday 11 June 2009")

    assert cards(page) == ["Move Farewell 4pm to 5pm, Great hall Ada Marsh"]
    current = [
        link.get("href") for link in page.tree.find_all("a") if link.get("aria-current") == "page"
    ]
    assert "/organise/board?day=2009-06-11" in current


@pytest.mark.parametrize("day", ["2009-06-09", "yesterday", "9999-99-99", ""])
def test_an_invalid_day_shows_the_first_day_on_the_board(organiser: Browser, day: str) -> None:
    page = organiser.open(f"{BOARD}?day={day}")

    assert len(cards(page)) == 4


def test_a_session_outside_the_conference_days_is_on_its_own_board_day(organiser: Browser) -> None:
    make_session(title="Too late", starts_at=FIRST_MORNING + timedelta(days=2))

    organiser.open(BOARD)
    page = organiser.follow("Friday 12 June 2009 1 clash")

    assert cards(page)[0].endswith(
        "It starts on Friday 12 June 2009, which is not a day of the conference"
    )


def test_unscheduled_sessions_are_listed_beside_the_board(organiser: Browser) -> None:
    make_session(title="Wanted", starts_at=None, room=make_room(name="Loft"))

    page = organiser.open(BOARD)

    assert cards(page, "board-tray")[-1] == "Move Wanted Loft"


def test_drafts_and_cancelled_sessions_are_marked_on_the_board(organiser: Browser) -> None:
    make_session(title="Perhaps", is_draft=True, theme=make_theme(name="Wind"))
    make_session(title="Never", cancelled_at=clock.now())

    told = cards(organiser.open(BOARD))

    assert "Move Perhaps 9:30am to 10:30am, no room Draft Wind" in told
    assert "Move Never 9:30am to 10:30am, no room Cancelled" in told


@pytest.mark.empty
def test_without_a_conference_the_board_explains_what_to_do(organiser: Browser) -> None:
    page = organiser.open(BOARD)

    assert "No conference yet" in page.text
    assert "Load a programme" in page.links


def test_a_conference_without_rooms_and_sessions_has_an_empty_board(organiser: Browser) -> None:
    for row in (*db.session.scalars(select(Session)), *db.session.scalars(select(Room))):
        db.session.delete(row)
    db.session.commit()

    page = organiser.open(BOARD)

    assert "Nothing is scheduled on this day yet." in page.text


# Moving by the form


def test_a_session_is_moved_by_its_form_and_the_move_can_be_undone(organiser: Browser) -> None:
    organiser.open(BOARD)
    form = organiser.follow("Move Reading the tide")
    assert form.heading == "Move “Reading the tide”"
    assert "Currently Great hall, 11am to midday, Wednesday 10 June 2009." in form.text

    page = form.press(
        "Save",
        day="Thursday 11 June 2009",
        start="14:05",
        length_in_minutes="90",
        room="Boat house",
    )

    assert page.heading == "Schedule board"
    assert "Move Reading the tide 2:05pm to 3:35pm, Boat house João Maré Water" in cards(page)
    told = "Reading the tide was moved to Boat house, 2:05pm on Thursday 11 June 2009."
    assert told in page.text

    page = page.press("Undo")

    assert get_session("reading-the-tide").starts_at == FIRST_MORNING + timedelta(minutes=90)
    assert page.heading == "Schedule board"


def test_moving_a_session_says_whom_it_affects(organiser: Browser) -> None:
    make_delegate(days="2009-06-10", email="a@example.org")
    make_delegate(days="2009-06-10 2009-06-11", email="b@example.org")
    make_delegate(days="2009-06-11", email="c@example.org")
    make_agenda("reading-the-tide")
    organiser.open(BOARD).follow("Move Reading the tide")

    page = organiser.press("Save", start="14:05")
    assert "Who this affects: João Maré; 1 agenda; 2 delegates on that day" in page.text
    assert page.follow("Who this affects").heading == "Unpublished changes"

    page = organiser.open(f"{BOARD}/reading-the-tide")
    page = page.press("Save", day="Thursday 11 June 2009")
    assert "Who this affects: João Maré; 1 agenda; 3 delegates on that day" in page.text

    page = organiser.open("/organise/sessions/reading-the-tide/change")
    page = page.press("Save", title="Reading the tides")
    assert "Who this affects: João Maré; 1 agenda; 2 delegates on that day" in page.text
    assert "Who this affects" not in organiser.open("/organise/sessions/reading-the-tide").text


def test_a_session_can_be_removed_from_the_schedule_and_put_back(organiser: Browser) -> None:
    form = organiser.open(f"{BOARD}/harbour-walls")

    page = form.press("Remove from the schedule")

    assert cards(page, "board-tray")[-1].startswith("Move Harbour walls Boat house")
    assert "Harbour walls was removed from the schedule." in page.text
    form = page.follow("Move Harbour walls")
    assert "No time yet." in form.text

    page = form.press("Save", start="09:00", length_in_minutes="20")

    assert cards(page)[0].startswith("Move Harbour walls 9am to 9:20am, Boat house")


def test_lengthening_a_session_is_confirmed_with_its_new_end(organiser: Browser) -> None:
    form = organiser.open(f"{BOARD}/harbour-walls")

    page = form.press("Save", length_in_minutes="75")

    assert "Harbour walls now ends at 12:15pm on Wednesday 10 June 2009." in page.text


def test_a_move_into_a_clash_is_saved_and_shown_on_both_sessions(
    organiser: Browser,
) -> None:
    form = organiser.open(f"{BOARD}/harbour-walls")

    page = form.press("Save", room="Great hall", start="11:30")

    told = cards(page)
    assert told[2].endswith("“Harbour walls” is in Great hall at the same time")
    assert told[3].endswith("“Reading the tide” is in Great hall at the same time")
    (reason,) = cards(page, "board-reasons")
    assert reason == "Harbour walls “Reading the tide” is in Great hall at the same time"
    form = page.follow("Move Harbour walls")
    assert "1 clash where it is now" in form.text


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"start": "soon"}, "Enter a time like 9:30am or 14:30"),
        ({"length_in_minutes": "0"}, "Enter a length between 1 minute and 24 hours"),
        ({"length_in_minutes": "1441"}, "Enter a length between 1 minute and 24 hours"),
        ({"length_in_minutes": "long"}, "Enter a length between 1 minute and 24 hours"),
        ({"length_in_minutes": ""}, "Enter a length between 1 minute and 24 hours"),
    ],
)
def test_an_invalid_move_is_reported_beside_the_field(
    organiser: Browser, answers: dict[str, Any], error: str
) -> None:
    form = organiser.open(f"{BOARD}/harbour-walls")

    page = form.press("Save", answers, status=422)

    assert page.errors == [error]
    assert get_session("harbour-walls").version == 1


def test_a_forged_day_or_room_is_refused_on_the_board(organiser: Browser) -> None:
    form = organiser.open(f"{BOARD}/harbour-walls")
    token = form.tree.find_by_id("csrf_token")
    assert token is not None
    sent = {
        "csrf_token": token.get("value"),
        "expected_version": "1",
        "day": "2009-01-01",
        "start": "9:00",
    }

    page = organiser.send(
        "POST", f"{BOARD}/harbour-walls", 422, data={**sent, "minutes": "5", "room": "x"}
    )

    assert page.errors == ["Choose one of the days", "Choose one of the rooms"]


@pytest.mark.both_databases
def test_a_stale_move_shows_both_versions_and_can_be_saved_again(
    organiser: Browser, new_browser: Browsers
) -> None:
    other = sign_in(new_browser(), "ada@conference.example")
    mine, theirs = (one.open(f"{BOARD}/opening") for one in (organiser, other))
    theirs.press("Save", start="08:00")

    page = mine.press("Save", {"room": "Boat house"}, status=409)

    assert "Two versions" in page.text
    assert "8am on Wednesday 10 June 2009" in page.text
    assert page.value_of("Room") == "Boat house"
    assert get_session("opening").starts_at == FIRST_MORNING - timedelta(minutes=90)

    page = page.press("Save")

    assert cards(page)[0].startswith("Move Opening 9:30am to 10:30am, Boat house")


def test_a_viewer_can_read_the_board_but_not_move_sessions(visitor: Browser) -> None:
    sign_in(visitor, role=VIEWER)

    page = visitor.open(BOARD)

    assert cards(page)[0].startswith("Opening 9:30am to 10:30am, Great hall")
    assert {"Undo", "Redo"}.isdisjoint(page.buttons)
    visitor.open(f"{BOARD}/opening", status=403)


def test_a_withdrawn_session_cannot_be_moved(organiser: Browser) -> None:
    make_session(slug="gone", withdrawn_at=clock.now())

    organiser.open(f"{BOARD}/gone", status=404)


# The questions and answers of the script


def token_of(page: Page) -> str:
    (board,) = [one for one in page.tree.find_all("div") if "data-token" in one.attrib]
    return board.get("data-token", "")


def move_by_drag(browser: Browser, slug: str, **place: str) -> TestResponse:
    """Send a move as the board's script does."""
    token = token_of(browser.open(BOARD))
    usual = {
        "expected_version": "1",
        "day": "2009-06-10",
        "start": "09:30",
        "minutes": "60",
        "room": "",
    }
    sent = {**usual, **place, "csrf_token": token}
    return browser.fetch("POST", f"{BOARD}/{slug}/place", data=sent)


def read_json(answer: TestResponse) -> dict[str, Any]:
    told: dict[str, Any] = answer.get_json()
    return told


@pytest.mark.both_databases
def test_the_response_to_a_drag_has_the_whole_day_and_its_clashes(organiser: Browser) -> None:
    answer = move_by_drag(organiser, "harbour-walls", start="11:00", room="great-hall")

    assert answer.status_code == 200
    assert read_json(answer)["said"] == (
        "Saved: Harbour walls, Great hall, 11am to midday. "
        "1 clash: “Reading the tide” is in Great hall at the same time. "
        "Affects 1 person who takes part."
    )
    assert read_json(answer)["html"].count("data-slug=") == 4
    assert 'data-version="2"' in read_json(answer)["html"]


@pytest.mark.both_databases
def test_a_stale_drag_is_refused_with_the_current_slot(
    organiser: Browser,
) -> None:
    move_by_drag(organiser, "opening", room="boat-house")

    answer = move_by_drag(organiser, "opening", start="10:00", room="great-hall")

    assert answer.status_code == 409
    assert read_json(answer)["said"] == (
        "Not saved. Someone else has changed Opening. Currently Boat house, 9:30am to "
        "10:30am, Wednesday 10 June 2009."
    )
    assert get_session("opening").starts_at == FIRST_MORNING


def test_removing_a_session_by_drag_says_that_it_has_no_time(organiser: Browser) -> None:
    answer = move_by_drag(organiser, "opening", start="", room="great-hall")

    assert read_json(answer)["said"] == "Saved: Opening, without a time."


@pytest.mark.parametrize(
    "place",
    [{"minutes": "0"}, {"minutes": "x"}, {"start": "25:00"}, {"day": "2001-01-01"}, {"room": "x"}],
)
def test_an_invalid_drag_is_refused_with_the_reason(
    organiser: Browser, place: dict[str, str]
) -> None:
    answer = move_by_drag(organiser, "opening", **place)

    assert answer.status_code == 422
    assert read_json(answer)["said"].startswith("Not saved. ")
    assert get_session("opening").version == 1


def test_a_slot_can_be_tried_without_saving(organiser: Browser) -> None:
    place = "day=2009-06-10&start=11:00&minutes=60&room=boat-house"

    tried = organiser.fetch("GET", f"{BOARD}/opening/tried?{place}")
    free = organiser.fetch("GET", f"{BOARD}/opening/tried?{place.replace('11:', '15:')}")
    off = organiser.fetch("GET", f"{BOARD}/opening/tried?day=2009-06-10&minutes=60&room=")
    wrong = organiser.fetch("GET", f"{BOARD}/opening/tried")

    assert tried.json == {
        "count": 3,
        "said": "3 clashes: “Harbour walls” is in Boat house at the same time. Ada Marsh is "
        "chairing this session, and is also in “Harbour walls” at that time. João Maré "
        "is also in “Reading the tide” at that time.",
        "others": ["harbour-walls", "reading-the-tide"],
    }
    assert free.json == {"count": 0, "said": "No clashes.", "others": []}
    assert off.json == {"count": 0, "said": "No clashes.", "others": []}
    assert wrong.status_code == 422


def test_an_unscheduled_session_can_be_tried_in_a_slot(organiser: Browser) -> None:
    waiting = make_session(slug="wanted", starts_at=None)
    waiting.appearances = [Appearance(speaker=make_speaker(name="Lin"))]
    make_session(title="Elsewhere", speakers=(waiting.appearances[0].speaker,))
    db.session.commit()

    tried = organiser.fetch(
        "GET", f"{BOARD}/wanted/tried?day=2009-06-10&start=10:00&minutes=30&room=boat-house"
    )

    assert read_json(tried)["said"] == "1 clash: Lin is also in “Elsewhere” at that time."


@pytest.mark.parametrize("count", [1, 3])
def test_the_board_needs_a_constant_number_of_queries(
    organiser: Browser, queries: list[str], count: int
) -> None:
    for _ in range(count):
        make_session(speakers=(make_speaker(),), room=make_room(), theme=make_theme())
        make_session(speakers=(make_speaker(),), starts_at=None)
    organiser.open(BOARD)  # what stands around every page is asked for once
    queries.clear()

    organiser.open(f"{BOARD}?moved=opening")

    assert len([one for one in queries if "FROM site_state" not in one]) == 8


# Free times


def test_a_session_can_be_added_in_a_free_time(organiser: Browser) -> None:
    make_session(title="Evening", starts_at=FIRST_MORNING + timedelta(hours=8))
    organiser.open(BOARD)

    page = organiser.follow("Add a session in Boat house at 2pm")

    assert page.heading == "Free time in Boat house"
    assert "2pm to 3pm, Wednesday 10 June 2009" in page.text
    assert "Every session has a time." in page.text
    form = page.follow("Add a new session here")
    assert [form.value_of(name) for name in ("Day", "Starts", "Ends", "Room")] == [
        *("Wednesday 10 June 2009", "14:00", "15:00", "Boat house")
    ]

    page = form.press("Add this session", title="Knots")

    assert page.heading == "Schedule board"
    assert "The session has been added as a draft." in page.source
    assert "Move Knots 2pm to 3pm, Boat house Draft" in cards(page)


def test_an_unscheduled_session_can_be_placed_in_a_free_time_with_clashes_shown(
    organiser: Browser,
) -> None:
    ada = make_speaker(name="Zoë Quill")
    make_session(title="Elsewhere", starts_at=FIRST_MORNING + timedelta(hours=5), speakers=(ada,))
    make_session(title="Ropes", slug="ropes", starts_at=None, speakers=(ada,))
    make_session(title="Knots", starts_at=None)
    organiser.open(BOARD)

    page = organiser.follow("Add a session in Boat house at 2pm")
    chosen = cards(page, "board-choices")

    assert chosen == [
        "Knots Choose Knots",
        "Ropes Zoë Quill Zoë Quill is also in “Elsewhere” at that time Choose Ropes",
    ]
    page = page.press("Find", find_by_title_or_speaker="zoe")
    assert len(cards(page, "board-choices")) == 1

    page = page.press("Choose Ropes")

    assert "Move Ropes 2pm to 3pm, Boat house" in " ".join(cards(page))
    assert "Ropes was moved to Boat house, 2pm on Wednesday 10 June 2009." in page.text
    page.press("Undo")
    assert get_session("ropes").starts_at is None


def test_a_free_time_ends_where_the_next_session_starts(organiser: Browser) -> None:
    page = organiser.open(f"{BOARD}/_free?day=2009-06-10&start=10:35&room=boat-house")

    assert "10:35am to 11am" in page.text


@pytest.mark.parametrize(
    "address",
    [
        "",
        "?day=x&start=10:00&room=boat-house",
        "?day=2009-06-10&start=1&room=none",
        "?day=2009-06-10&start=10:00&room=none",
        "?day=9999-12-31&start=23:30&room=boat-house",
    ],
)
def test_an_invalid_free_time_is_not_found(organiser: Browser, address: str) -> None:
    organiser.open(f"{BOARD}/_free{address}", status=404)


def test_a_viewer_is_offered_no_free_times(visitor: Browser) -> None:
    make_session(title="Knots", starts_at=None)
    sign_in(visitor, role=VIEWER)
    assert "Free times" not in visitor.open(BOARD).text

    page = visitor.open(f"{BOARD}/_free?day=2009-06-10&start=09:00&room=boat-house")

    assert "Add a new session here" not in page.links
    assert "Choose Knots" not in page.buttons


def test_the_free_time_page_needs_a_constant_number_of_queries(
    organiser: Browser, queries: list[str]
) -> None:
    for _ in range(5):
        make_session(speakers=(make_speaker(),), theme=make_theme(), starts_at=None)
    place = f"{BOARD}/_free?day=2009-06-10&start=09:00&room=boat-house"
    organiser.open(place)
    queries.clear()

    organiser.open(place)

    assert len([one for one in queries if "FROM site_state" not in one]) == 8


def test_free_times_are_split_at_full_hours_without_short_gaps() -> None:
    taken = [TimeBlock(1, 540, 50), TimeBlock(1, 780, 60), TimeBlock(0, 660, 30)]

    free = board_layout.list_free_blocks(taken, (1, 2), (9, 14))

    assert [(one.column, one.start, one.minutes) for one in free] == [
        *[(1, 590, 70), (1, 690, 30), (1, 720, 60)],
        *[(2, 540, 60), (2, 600, 60), (2, 690, 30), (2, 720, 60), (2, 780, 60)],
    ]


def test_unscheduled_sessions_can_be_searched_by_title_and_speaker(organiser: Browser) -> None:
    for number in range(6):
        make_session(title=f"Wish {number}", slug=f"wish-{number}", starts_at=None)
    make_session(
        title="Sails", slug="sails", starts_at=None, speakers=(make_speaker(name="João Wish 5"),)
    )
    organiser.open(BOARD)

    page = organiser.page.press("Find", find_by_title_or_speaker="wish 5")
    assert [one.get("id") for one in page.tree.find_by_class("slot--waiting")] == [
        *("session-sails", "session-wish-5")
    ]

    page = page.press("Find", find_by_title_or_speaker="nothing")
    assert "No sessions without a time match your search." in page.text
    assert len([*page.follow("View all").tree.find_by_class("slot--waiting")]) == 7


# What the board shows


def test_highlighting_a_theme_dims_the_other_sessions(organiser: Browser) -> None:
    organiser.open(BOARD)

    page = organiser.page.press("Show", highlight="Water")

    faint = [one.get("id") for one in page.tree.find_by_class("slot--faint")]
    assert faint == ["session-opening", "session-coffee", "session-harbour-walls"]
    assert len(cards(page)) == 4
    page = page.follow("Thursday 11 June 2009")
    assert page.address == f"{BOARD}?day=2009-06-11&theme=water"


def test_the_board_can_show_all_hours_of_the_day(organiser: Browser) -> None:
    def hours(page: Page) -> tuple[str | None, str | None]:
        (board,) = page.tree.find_by_class("board")
        return board.get("data-from"), board.get("data-to")

    assert hours(organiser.open(BOARD)) == ("9", "12")
    page = organiser.follow("Show all 24 hours")
    assert hours(page) == ("0", "24")
    assert "Add a session in Boat house at midnight" in page.links
    assert hours(page.follow("Show only the hours with sessions")) == ("9", "12")


def test_the_board_zoom_is_stored_in_the_view_options_cookie(organiser: Browser) -> None:
    def zoom(page: Page) -> list[str]:
        (box,) = page.tree.find_by_class("board-and-beside")
        return [one for one in (box.get("class") or "").split() if one.startswith("zoom-")]

    assert zoom(organiser.open(BOARD)) == ["zoom-medium"]
    assert zoom(organiser.follow("Whole day")) == ["zoom-small"]
    assert zoom(organiser.open(f"{BOARD}?day=2009-06-11&zoom=huge")) == ["zoom-small"]
    organiser.open("/organise/sessions").press("Save options", rows="Compact")
    assert zoom(organiser.open(BOARD)) == ["zoom-small"]
    assert [*organiser.page.tree.find_by_class("office--compact")]
    assert zoom(organiser.follow("Medium")) == ["zoom-medium"]


def test_a_clash_on_the_board_links_to_its_session(organiser: Browser) -> None:
    make_session(title="Late", slug="late", starts_at=FIRST_MORNING, room=make_room(name="Loft"))
    organiser.open(f"{BOARD}/late").press("Save", room="Great hall")

    assert organiser.page.links["Late"].endswith("#session-late")


# Where sessions are drawn


def across(page: Page) -> list[str]:
    return [
        (one.get("id") or "").removeprefix("session-")
        for one in page.tree.find_by_class("slot--across")
    ]


def test_breaks_and_plenaries_span_all_rooms_on_the_board(
    organiser: Browser,
) -> None:
    assert across(organiser.open(BOARD)) == ["opening", "coffee"]

    make_session(title="Early", starts_at=FIRST_MORNING + timedelta(minutes=45))

    assert across(organiser.open(BOARD)) == []


def test_overlapping_sessions_in_one_room_get_lanes_on_the_board(site: Flask) -> None:
    spans = [
        TimeBlock(1, 540, 60),
        TimeBlock(1, 570, 60),
        TimeBlock(1, 600, 30),
        TimeBlock(2, 540, 60),
        TimeBlock(1, 700, 5),
    ]

    tracks = board_layout.build_tracks(spans, 3)
    lanes = [(one.lane, one.lane_count) for one in board_layout.build_positions(spans, tracks)]

    assert lanes == [(0, 2), (1, 2), (0, 2), (0, 1), (0, 1)]
    assert [one.classes for one in tracks.values()] == ["in-0", "in-1 s2", "in-3"]


def test_the_board_shows_early_sessions_and_sessions_past_midnight(
    organiser: Browser,
) -> None:
    hour = timedelta(hours=1)
    make_session(slug="run", starts_at=FIRST_MORNING - 4.5 * hour, ends_at=FIRST_MORNING - 4 * hour)
    make_session(
        slug="ball", starts_at=FIRST_MORNING + 12 * hour, ends_at=FIRST_MORNING + 17 * hour
    )

    page = organiser.open(BOARD)

    (board,) = page.tree.find_by_class("board")
    assert (board.get("data-from"), board.get("data-to")) == ("5", "27")
    assert page.tree.find_by_id("session-run").get("class") == "slot in-0 h5 m0 l0 n30"  # type: ignore[union-attr]
    assert page.tree.find_by_id("session-ball").get("class") == "slot in-0 h21 m30 l5 n0"  # type: ignore[union-attr]


def test_the_board_scale_fits_the_shortest_session() -> None:
    assert [
        board_layout.choose_scale([TimeBlock(0, 0, minutes)]) for minutes in (5, 15, 30, 90)
    ] == [3, 2, 1, 1]
    assert board_layout.choose_scale([]) == 1
    assert board_layout.get_hour_range([]) == (9, 18)
