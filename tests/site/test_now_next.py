"""Now and next: current sessions, on a page, on the home page and on a screen."""

from datetime import timedelta
from typing import Any

import pytest

from app.accounts.models import VIEWER
from app.database import db, transaction
from app.programme.models import Session
from tests.browser import Browser, Page
from tests.clock_helpers import age_cached_pages
from tests.factories import FIRST_MORNING, make_room, make_session, publish_programme, sign_in
from tests.pages import read_text

WEDNESDAY = "2009-06-10T{}:00+01:00"
SCREEN = "/now?display=1"


def told(page: Page) -> dict[str, list[str]]:
    """Return the sessions under each heading."""
    found: dict[str, list[str]] = {}
    under = ""
    for heading in page.tree.find_all("h2", "h3", within=page.tree.find_by_id("main")):
        if heading.tag == "h2":
            under = read_text(heading)
            found[under] = []
        elif under:
            found[under].append(read_text(heading))
    return found


def lede(page: Page) -> str:
    """Return the sentence that is shown while there are no current sessions."""
    return " ".join(read_text(one) for one in page.tree.find_by_class("lede")).strip()


def test_during_the_conference_the_now_page_shows_current_and_next_sessions(
    visitor: Browser, frozen_time: Any
) -> None:
    frozen_time.move_to(WEDNESDAY.format("11:20"))

    page = visitor.open("/now")

    assert told(page) == {
        "On now": ["Reading the tide", "Harbour walls"],
        "Next: Thursday 11 June 2009": ["Farewell"],
    }


@pytest.mark.parametrize("address", ["/now", "/"])
def test_confirmed_sessions_are_marked_if_other_current_sessions_are_illustrative(
    visitor: Browser, frozen_time: Any, address: str
) -> None:
    frozen_time.move_to(WEDNESDAY.format("11:20"))

    tree = visitor.open(address).tree

    marked = {
        read_text(title): [read_text(tag) for tag in tree.find_by_class("tag--strong", within=row)]
        for row in tree.find_by_class("row")
        for title in tree.find_all("h3", within=row)
    }
    assert marked == {
        "Reading the tide": ["Confirmed"],
        "Harbour walls": [],
        "Farewell": ["Confirmed"],
    }
    notes = [read_text(one) for one in tree.find_by_class("small") if "are illus" in read_text(one)]
    assert notes == [
        "Sessions, times and rooms are illustrative unless they are marked “Confirmed”."
    ]


def test_before_the_conference_the_now_page_shows_the_first_session(visitor: Browser) -> None:
    page = visitor.open("/now")

    assert lede(page) == "The conference starts at 9:30am on Wednesday 10 June 2009."
    assert told(page) == {"Next: Wednesday 10 June 2009": ["Opening"]}


def test_between_two_days_the_now_page_shows_when_the_next_session_starts(
    visitor: Browser, frozen_time: Any
) -> None:
    frozen_time.move_to(WEDNESDAY.format("20:00"))

    assert lede(visitor.open("/now")) == (
        "Nothing is on now. The next session is at 4pm on Thursday 11 June 2009."
    )


def test_in_a_gap_within_a_day_the_now_page_omits_the_date(
    visitor: Browser, frozen_time: Any
) -> None:
    frozen_time.move_to("2009-06-11T09:00:00+01:00")

    page = visitor.open("/now")

    assert lede(page) == "Nothing is on now. The next session is at 4pm."
    assert told(page) == {"Next": ["Farewell"]}


def test_after_the_conference_the_now_page_says_that_it_has_ended(
    visitor: Browser, frozen_time: Any
) -> None:
    frozen_time.move_to("2009-06-11T17:00:00+01:00")

    page = visitor.open("/now")

    assert lede(page) == "The conference has ended."
    assert told(page) == {}
    assert "Reload to update." not in page.text
    frozen_time.move_to("2009-06-12T00:00:00+01:00")
    assert "Now" not in page.follow("See the programme").links


@pytest.mark.empty
def test_without_a_programme_the_now_page_says_that_no_times_are_announced(
    visitor: Browser,
) -> None:
    assert lede(visitor.open("/now")) == "No times have been announced yet."
    assert "No times have been announced yet." in visitor.open(SCREEN).text


def test_cancelled_sessions_are_neither_on_now_nor_next(visitor: Browser, frozen_time: Any) -> None:
    with transaction():
        db.session.query(Session).filter_by(slug="harbour-walls").one().cancelled_at = FIRST_MORNING
    publish_programme()
    frozen_time.move_to(WEDNESDAY.format("11:20"))

    assert told(visitor.open("/now"))["On now"] == ["Reading the tide"]


def test_a_session_without_end_is_on_now_for_half_an_hour(
    visitor: Browser, frozen_time: Any
) -> None:
    make_session(title="Open end", starts_at=FIRST_MORNING, ends_at=None)
    publish_programme()

    frozen_time.move_to(WEDNESDAY.format("09:59"))
    assert "Open end" in told(visitor.open("/now"))["On now"]
    frozen_time.move_to(WEDNESDAY.format("10:00"))
    assert "Open end" not in told(visitor.open("/now?zone=Asia/Tokyo"))["On now"]


def test_the_cached_now_page_expires_at_the_next_session_change(
    visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen_time.move_to(WEDNESDAY.format("10:29"))
    first = visitor.open("/now")
    frozen_time.shift(timedelta(minutes=1))
    age_cached_pages(monkeypatch, timedelta(seconds=61))

    page = visitor.open("/now")

    assert told(first)["On now"] == ["Opening"]
    assert told(page)["On now"] == ["Coffee"]


def test_the_now_page_must_be_revalidated_on_each_visit(visitor: Browser, frozen_time: Any) -> None:
    frozen_time.move_to(WEDNESDAY.format("10:00"))
    page = visitor.open("/now")

    assert page.headers["Cache-Control"].startswith("public, no-cache")
    assert visitor.open("/").headers["Cache-Control"].startswith("public, no-cache")
    again = visitor.fetch("GET", "/now", {"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 304


# The home page


def test_the_home_page_shows_current_sessions_during_the_conference(
    visitor: Browser, frozen_time: Any
) -> None:
    frozen_time.move_to(WEDNESDAY.format("11:20"))

    page = visitor.open("/")

    assert told(page)["On now"] == ["Reading the tide", "Harbour walls"]
    assert page.follow("See what’s on now and next").heading == "Now and next"


@pytest.mark.parametrize("moment", ["2009-06-09T23:59:59+01:00", "2009-06-12T00:00:00+01:00"])
def test_on_other_days_the_home_page_omits_current_sessions(
    visitor: Browser, frozen_time: Any, moment: str
) -> None:
    frozen_time.move_to(moment)

    page = visitor.open("/")

    assert "On now" not in page.headings
    assert page.headers["Cache-Control"].startswith("public, max-age=60")


def test_the_cached_home_page_expires_at_midnight_before_the_conference(
    visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen_time.move_to("2009-06-09T23:59:30+01:00")
    visitor.open("/")
    frozen_time.shift(timedelta(minutes=1))
    age_cached_pages(monkeypatch, timedelta(seconds=61))

    assert "Next" in told(visitor.open("/"))


# The screen in the foyer


def facts(page: Page) -> list[tuple[str, ...]]:
    """Read each room of the screen: its name, until when, what is on, and what is next."""
    (rooms,) = page.tree.find_by_class("screen-rooms")
    return [
        tuple(read_text(part) for part in page.tree.find_all("h2", "h3", "p", within=room))
        for room in page.tree.find_all("li", within=rooms)
    ]


def test_the_screen_lists_each_room_with_what_is_on_and_what_is_next(
    visitor: Browser, frozen_time: Any
) -> None:
    loft, later_on = make_room(name="Loft", position=9), FIRST_MORNING + timedelta(hours=6)
    make_session(title="Tea", starts_at=later_on, room=loft)
    publish_programme()
    frozen_time.move_to(WEDNESDAY.format("11:20"))

    page = visitor.open(SCREEN)

    assert facts(page) == [
        ("Great hall", "Until midday", "Reading the tide"),
        ("Boat house", "Until midday", "Harbour walls"),
        ("Loft", "3:30pm Tea"),
    ]
    shown = [one.get("href") or "" for one in page.tree.find_all()]
    assert [one for one in shown if one.startswith("#shape-")] == ["#shape-circle", "#shape-square"]


def test_the_screen_version_refreshes_itself_but_the_page_does_not(visitor: Browser) -> None:
    assert visitor.open(SCREEN).headers["Refresh"] == "15; url=?display=1&page=1"
    assert visitor.open(SCREEN).headers["Refresh"] == "15; url=?display=1&page=1"
    assert "Refresh" not in visitor.open("/now").headers
    assert visitor.open("/now").follow("Open the version for large screens").address == SCREEN


def test_the_screen_shows_the_current_minute(
    visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clock_of(page: Page) -> str:
        return read_text(next(page.tree.find_by_class("screen-clock")))

    frozen_time.move_to("2009-06-10T12:04:50+01:00")
    assert clock_of(visitor.open(SCREEN)) == "12:04pm Wednesday 10 June"
    frozen_time.shift(timedelta(seconds=20))
    age_cached_pages(monkeypatch, timedelta(seconds=20))

    assert clock_of(visitor.open(SCREEN)) == "12:05pm Wednesday 10 June"


def test_before_the_first_session_the_screen_lists_the_first_session_of_each_room(
    visitor: Browser,
) -> None:
    page = visitor.open(SCREEN)

    assert "The conference starts at 9:30am on Wednesday 10 June 2009." in page.text
    assert facts(page) == [
        ("Great hall", "9:30am Opening"),
        ("Boat house", "11am Harbour walls"),
        ("Everyone", "10:30am Coffee"),
    ]


def test_in_a_break_the_screen_shows_its_end_and_the_next_sessions(
    visitor: Browser, frozen_time: Any
) -> None:
    frozen_time.move_to(WEDNESDAY.format("10:40"))

    page = visitor.open(SCREEN)

    assert read_text(next(page.tree.find_by_class("screen-break"))) == "Coffee Until 11am"
    assert facts(page) == [
        ("Great hall", "11am Reading the tide"),
        ("Boat house", "11am Harbour walls"),
    ]


def test_in_the_evening_the_screen_lists_the_next_day(visitor: Browser, frozen_time: Any) -> None:
    frozen_time.move_to(WEDNESDAY.format("20:00"))

    page = visitor.open(SCREEN)

    assert "The next session is at 4pm on Thursday 11 June 2009." in page.text
    assert facts(page) == [("Great hall", "4pm Farewell")]


def test_after_the_last_session_the_screen_says_that_the_conference_has_ended(
    visitor: Browser, frozen_time: Any
) -> None:
    frozen_time.move_to("2009-06-11T17:00:00+01:00")

    page = visitor.open(SCREEN)

    assert "The conference has ended." in page.text
    assert list(page.tree.find_by_class("screen-rooms")) == []


def test_the_screen_pages_through_more_rooms_than_fit(visitor: Browser, frozen_time: Any) -> None:
    for number in range(11):  # and Great hall
        room = make_room(name=f"Room {number:02}", position=9)
        make_session(title=f"Talk {number}", room=room)
    publish_programme()
    frozen_time.move_to(WEDNESDAY.format("09:40"))

    seen, address = [], SCREEN
    for _ in range(4):
        page = visitor.open(address)
        rooms = [one[0] for one in facts(page)]
        turn = next(page.tree.find_all("strong", within=page.main))
        seen.append((rooms[0], len(rooms), read_text(turn)))
        address = "/now" + page.headers["Refresh"].partition("url=")[2]

    assert seen == [
        ("Great hall", 4, "Rooms 1 to 4 of 14"),
        ("Room 02", 5, "Rooms 5 to 9 of 14"),
        ("Room 07", 5, "Rooms 10 to 14 of 14"),
        ("Great hall", 4, "Rooms 1 to 4 of 14"),
    ]


@pytest.mark.parametrize("number", ["9", "21", "0", "-1", "x"])
def test_an_unknown_screen_page_shows_the_first(visitor: Browser, number: str) -> None:
    page = visitor.open(f"{SCREEN}&page={number}")

    assert page.headers["Refresh"] == "15; url=?display=1&page=1"
    assert facts(page)[0] == ("Great hall", "9:30am Opening")


def test_an_urgent_notice_is_shown_on_the_screen(visitor: Browser, new_browser: Any) -> None:
    editor = sign_in(new_browser())
    editor.open("/organise/pages/notice/write")
    editor.press("Save notice", {"The notice": "The lift is out of order"})

    assert "The lift is out of order" in visitor.open(SCREEN).text


def test_the_now_page_can_be_rehearsed_at_a_chosen_time(visitor: Browser) -> None:
    sign_in(visitor, role=VIEWER)

    page = visitor.open("/rehearsal/2009-06-10T10:40/now")
    screen = visitor.open("/rehearsal/2009-06-10T10:40/now?display=1")

    assert told(page)["On now"] == ["Coffee"]
    assert read_text(next(screen.tree.find_by_class("screen-break"))) == "Coffee Until 11am"
    assert "Rehearsal." in screen.source
