"""The programme by room and time: one list, read in order, drawn as a grid where there is room."""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.database import db, transaction
from app.programme.models import Session
from config import ROOT
from tests.browser import Browser, Page
from tests.factories import FIRST_MORNING, make_room, make_session, make_theme, publish_programme
from tests.pages import read_text

GRID = "/programme?view=grid"
NUMBERED = re.compile(r"((?:to-)?[rc])([0-9]+)")  # classes that say where something is drawn


def slots(page: Page) -> list[str]:
    """Read the sessions of a grid in their order."""
    return [read_text(one) for one in page.tree.find_by_class("slot")]


def classes(page: Page, title: str) -> set[str]:
    """Return the grid classes of a session."""
    found = next(one for one in page.tree.find_by_class("slot") if title in read_text(one))
    return set((found.get("class") or "").split())


def drawn(page: Page, title: str) -> tuple[tuple[int, int], tuple[int, int] | None]:
    """Return the rows and columns of a session's classes in the grid; None if it spans all."""
    found = [NUMBERED.fullmatch(one) for one in classes(page, title)]
    numbers = {one[1]: int(one[2]) for one in found if one}
    lines = {
        name: (numbers[name], numbers.get(f"to-{name}", numbers[name] + 1))
        for name in numbers.keys() & {"r", "c"}
    }
    return lines["r"], lines.get("c")


def test_the_programme_links_to_its_grid_view_and_back(visitor: Browser) -> None:
    page = visitor.open("/programme").follow("By room and time")

    assert page.heading == "Programme by room and time"
    assert page.follow("List").heading == "Programme"


def test_the_grid_lists_sessions_in_order_of_time(visitor: Browser) -> None:
    page = visitor.open(GRID)

    assert [one.partition(" to ")[0] for one in slots(page)] == [
        "Opening 9:30am",
        "Coffee 10:30am",
        "Reading the tide 11am",
        "Harbour walls 11am",
        "Farewell 4pm",
    ]
    assert slots(page)[3] == (
        "Harbour walls 11am to midday, Boat house Stone Ada Marsh Harbour walls: Add to my agenda"
    )


def test_a_session_is_placed_in_its_room_and_time_in_the_grid(visitor: Browser) -> None:
    page = visitor.open(GRID)

    assert classes(page, "Harbour walls") >= {"slot", "theme-2"}
    assert drawn(page, "Harbour walls") == ((3, 4), (2, 3))
    assert "slot--across" not in classes(page, "Harbour walls")
    assert read_text(next(page.tree.find_by_class("c2"))) == "Boat house"
    assert read_text(list(page.tree.find_by_class("r3"))[-1]) == "11am"


def test_grid_rows_span_between_session_times_and_empty_hours_take_none(
    visitor: Browser,
) -> None:
    late = FIRST_MORNING + timedelta(hours=9)
    make_session(title="Evening", starts_at=late, ends_at=late + timedelta(minutes=7))
    publish_programme()

    page = visitor.open("/programme/2009-06-10?view=grid")

    (hours,) = page.tree.find_by_class("board-hours")
    assert read_text(hours) == "9:30am 10:30am 11am 6:30pm"
    assert drawn(page, "Evening")[0] == (5, 6)


def test_breaks_and_plenaries_span_all_rooms_in_the_grid(visitor: Browser) -> None:
    make_session(
        title="Lunch",
        kind="break",
        room=make_room(name="Foyer"),
        starts_at=FIRST_MORNING + timedelta(hours=3),
    )
    publish_programme()

    page = visitor.open("/programme/2009-06-10?view=grid")

    for title in ("Coffee", "Lunch", "Opening"):
        assert "slot--across" in classes(page, title)
        assert drawn(page, title)[1] is None
    assert slots(page)[-1] == "Lunch 12:30pm to 1:30pm, Foyer"
    (heads,) = page.tree.find_by_class("board-rooms")
    assert read_text(heads) == "Great hall Boat house"


def test_breaks_and_plenaries_with_concurrent_sessions_span_one_room(visitor: Browser) -> None:
    make_session(title="Breakfast", kind="Break")
    publish_programme()

    page = visitor.open(GRID)

    assert "slot--pause" in classes(page, "Breakfast")
    assert drawn(page, "Breakfast")[1] == (1, 2)
    assert drawn(page, "Opening")[1] == (2, 3)
    assert next(read_text(one) for one in page.tree.find_by_class("c1")) == "No room"


def test_confirmed_sessions_are_marked_only_if_others_are_illustrative(visitor: Browser) -> None:
    marked = [one.partition(" ")[0] for one in slots(visitor.open(GRID)) if "Confirmed" in one]
    assert marked == ["Opening", "Reading", "Farewell"]

    with transaction():
        db.session.query(Session).update({Session.is_illustrative: False})
    publish_programme()

    assert "Confirmed" not in visitor.open(GRID).text


def test_the_grid_lists_the_themes_of_each_day(visitor: Browser) -> None:
    page = visitor.open(GRID)

    keys = [read_text(one) for one in page.tree.find_by_class("grid-themes")]
    assert keys == ["Water Stone"]


def test_the_grid_says_how_many_rooms_there_are_when_scrolling(visitor: Browser) -> None:
    page = visitor.open(GRID)

    found = [read_text(one) for one in page.tree.find_by_class("grid-more")]
    assert found[0] == "2 rooms. Scroll sideways to see them all."


@pytest.mark.parametrize(("sessions", "letters"), [(0, "letters-0"), (24, "letters-2")])
def test_a_grid_day_is_printed_in_the_largest_type_that_fits_the_sheet(
    visitor: Browser, sessions: int, letters: str
) -> None:
    rooms = [make_room(name=f"Room {number}") for number in range(4)]
    for number in range(sessions):
        make_session(
            title=f"A title of one hundred and fifty letters {number} ".ljust(150, "x"),
            room=rooms[number % 4],
            starts_at=FIRST_MORNING + timedelta(hours=3 + number // 4),
        )
    publish_programme()

    sheets = visitor.open("/programme/2009-06-10?view=grid").tree.find_by_class("grid--sheet")

    assert letters in str(next(sheets).get("class")).split()


def test_overlapping_sessions_in_one_room_are_side_by_side_in_the_grid(visitor: Browser) -> None:
    room = make_room(name="Loft", position=9)
    make_session(title="One", room=room)
    make_session(
        title="Other",
        room=room,
        starts_at=FIRST_MORNING + timedelta(minutes=15),
        ends_at=FIRST_MORNING + timedelta(hours=1),
    )
    publish_programme()

    page = visitor.open(GRID)

    assert drawn(page, "One")[1] == (3, 4)
    assert drawn(page, "Other")[1] == (4, 5)
    assert "Loft" in [read_text(one) for one in page.tree.find_by_class("to-c5")]


def test_a_session_without_overlap_spans_all_columns_of_its_room(visitor: Browser) -> None:
    room = make_room(name="Loft", position=9)
    for title in ("One", "Other"):
        make_session(title=title, room=room)
    make_session(title="Alone", room=room, starts_at=FIRST_MORNING + timedelta(hours=7))
    publish_programme()

    page = visitor.open(GRID)

    assert drawn(page, "Alone")[1] == (3, 5)


def test_a_day_with_too_many_concurrent_sessions_stays_a_list(visitor: Browser) -> None:
    for number in range(201):
        make_session(title=f"Poster {number}", room=None)
    publish_programme()

    page = visitor.open(GRID)

    assert len(slots(page)) == 206
    assert len(list(page.tree.find_by_class("grid"))) == 2
    assert len(list(page.tree.find_by_class("grid--drawn"))) == 1
    assert len(list(page.tree.find_by_class("grid--sheet"))) == 1


def test_a_day_has_its_own_grid(visitor: Browser) -> None:
    page = visitor.open("/programme/2009-06-11").follow("By room and time")

    assert page.headings[:2] == ["Programme by room and time", "Thursday 11 June 2009"]
    assert page.title.startswith("Programme by room and time, Thursday 11 June 2009")
    (shared,) = (one for one in page.tree.find_all("meta") if one.get("property") == "og:title")
    assert shared.get("content") == "Programme by room and time, Thursday 11 June 2009"
    assert [one.partition(" ")[0] for one in slots(page)] == ["Farewell"]
    assert page.follow("Wed 10").headings[1] == "Wednesday 10 June 2009"


def test_a_session_over_midnight_is_in_the_grid_of_its_first_day(visitor: Browser) -> None:
    late = FIRST_MORNING + timedelta(hours=13, minutes=30)  # 11pm
    make_session(title="Night watch", starts_at=late, ends_at=late + timedelta(hours=3))
    make_session(title="Endless", starts_at=late, ends_at=late + timedelta(hours=90))
    publish_programme()

    page = visitor.open(GRID)

    assert "to 2am" in next(one for one in slots(page) if "Night watch" in one)
    assert drawn(page, "Night watch")[0] == (5, 6)
    assert drawn(page, "Endless")[0] == (5, 7)
    assert "11pm" in [read_text(one) for one in page.tree.find_all("span")]


def test_without_rooms_the_grid_is_one_column(visitor: Browser) -> None:
    make_session(title="Somewhere", theme=make_theme())
    publish_programme()

    page = visitor.open("/programme/2009-06-10?view=grid")

    assert "c1" in classes(page, "Somewhere")
    assert next(read_text(one) for one in page.tree.find_by_class("c1")) == "No room"


def test_unscheduled_sessions_are_listed_below_the_grid(visitor: Browser) -> None:
    make_session(title="Some day", starts_at=None)
    publish_programme()

    page = visitor.open(GRID)

    assert page.headings[page.headings.index("No time yet") + 1] == "Some day"


def test_a_grid_of_hundreds_of_sessions_has_the_star_of_each(visitor: Browser) -> None:
    for number in range(320):
        make_session(title=f"Session {number}", starts_at=FIRST_MORNING + timedelta(days=1))
    publish_programme()

    buttons = visitor.open(GRID).buttons

    stars = [one for one in buttons if one.endswith(": Add to my agenda")]
    assert len(stars) == len(set(stars)) == 324


@pytest.mark.parametrize(("at_once", "drawn_days"), [(100, 1), (101, 0)])
def test_a_day_with_more_columns_than_the_style_sheets_stays_a_list(
    visitor: Browser, at_once: int, drawn_days: int
) -> None:
    for number in range(at_once):
        make_session(title=f"Session {number}", starts_at=FIRST_MORNING + timedelta(days=9))
    publish_programme()

    page = visitor.open("/programme/2009-06-19?view=grid")

    assert len(list(page.tree.find_by_class("grid--drawn"))) == drawn_days
    assert (f".to-c{at_once + 1}" in _read_sheets(page)) is bool(drawn_days)


@pytest.mark.parametrize(
    ("at_once", "sheets"), [(32, ["grid", "site"]), (33, ["grid", "grid-large", "site"])]
)
def test_a_grid_day_with_many_columns_links_additional_style_sheets(
    visitor: Browser, at_once: int, sheets: list[str]
) -> None:
    for number in range(at_once):
        make_session(title=f"Session {number}", starts_at=FIRST_MORNING + timedelta(days=9))
    publish_programme()

    page = visitor.open("/programme/2009-06-19?view=grid")

    assert sorted(Path(one).stem for one in _list_sheets(page)) == sheets
    assert f".to-c{at_once}{{" in _read_sheets(page)


def test_a_grid_day_with_many_rows_links_additional_style_sheets(visitor: Browser) -> None:
    for number in range(49):
        make_session(
            title=f"Session {number}",
            starts_at=FIRST_MORNING + timedelta(days=9, minutes=number),
            ends_at=FIRST_MORNING + timedelta(days=9, minutes=number + 1),
        )
    publish_programme()

    page = visitor.open("/programme/2009-06-19?view=grid")

    assert ".to-r50{" in _read_sheets(page)


def _list_sheets(page: Page) -> list[str]:
    links = [one for one in page.tree.find_all("link") if one.get("rel") == "stylesheet"]
    return [urlsplit(one.get("href") or "").path for one in links]


def _read_sheets(page: Page) -> str:
    return "".join((ROOT / one[1:]).read_text(encoding="utf-8") for one in _list_sheets(page))


def test_a_day_with_too_many_rooms_for_a_sheet_is_printed_as_a_list(visitor: Browser) -> None:
    assert len(list(visitor.open(GRID).tree.find_by_class("grid--sheet"))) == 2
    for number in range(11):
        make_session(room=make_room(name=f"Room {number}"))
    publish_programme()

    page = visitor.open(GRID)

    assert len(list(page.tree.find_by_class("grid--sheet"))) == 1


# By title


def test_sessions_are_listed_by_title(visitor: Browser) -> None:
    make_session(title="“Élan” and other words", slug="elan")
    publish_programme()

    page = visitor.open("/programme").follow("By title")

    assert page.headings[:6] == [
        "Sessions by title",
        "“Élan” and other words",
        "Farewell",
        "Harbour walls",
        "Opening",
        "Reading the tide",
    ]
    assert "Thu 11 Jun, 4pm, Great hall" in page.text
    assert page.follow("Opening").heading == "Opening"


def test_a_long_list_of_sessions_has_an_alphabetical_index(visitor: Browser) -> None:
    for number in range(40):
        make_session(title=f"Zones {number}")
    publish_programme()

    page = visitor.open("/sessions")

    assert "Z" in page.links
    assert page.headings[1:3] == ["F", "Farewell"]
