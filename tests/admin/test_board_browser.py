"""The schedule board in a real browser: by keyboard alone, by pointer, by two people at once."""

import re
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.programme.models import Room, Session
from tests.chromium import expect_heading, expect_result, horizontal_overflow
from tests.factories import FIRST_MORNING, make_room, make_session, make_theme, sign_in_window
from tests.live_site import LiveSite
from tests.waiting import wait_until

SPOKEN = """
- region "Wednesday 10 June 2009":
  - list:
    - listitem:
      - heading "Move Opening" [level=3]:
        - link "Move Opening"
      - paragraph:
        - time: 9:30am
        - text: to
        - time: 10:30am
        - text: ", Great hall"
      - paragraph: Ada Marsh (chair), João Maré
    - listitem:
      - heading "Move Coffee" [level=3]:
        - link "Move Coffee"
      - paragraph:
        - time: 10:30am
        - text: to
        - time: 11am
        - text: ", no room"
    - listitem:
      - heading "Move Reading the tide" [level=3]
    - listitem:
      - heading "Move Harbour walls" [level=3]
"""
NOTHING_LIES_OVER_FOCUS = """() => {
  const e = document.activeElement;
  const { left, top, width, height } = e.getClientRects()[0];
  const there = document.elementFromPoint(left + width / 2, top + height / 2);
  return there !== null && (e.contains(there) || there.contains(e));
}"""
IS_THERE = "fetch('/healthz').then(answer => answer.ok, () => false)"
LiveSites = Callable[..., LiveSite]
Barriers = Callable[[Page], list[str]]


def board_of(window: Page, site: str, email: str = "grace@conference.example") -> Page:
    """Sign in and open the board."""
    sign_in_window(window, site, email)
    window.goto(f"{site}/organise/board")
    return window


def says(window: Page) -> Locator:
    """Give what the board says aloud."""
    return window.locator(".board-bar [role=status]")


def card(window: Page, slug: str) -> Locator:
    return window.locator(f"#session-{slug}")


def where(slug: str) -> tuple[str, str, int] | None:
    """Tell where a session is in the database: its room, its start and its minutes."""
    asked = (select(Session.starts_at, Session.ends_at, Room.slug).outerjoin(Session.room)).where(
        Session.slug == slug
    )
    with transaction():
        starts_at, ends_at, room = db.session.execute(asked).one()
    if starts_at is None:
        return None
    start = starts_at.astimezone(ZoneInfo("Europe/London"))
    return (room, f"{start:%H:%M}", int((ends_at - starts_at).total_seconds()) // 60)


def tab_to(window: Page, link: str) -> None:
    """Go to a session with the Tab key alone, and see that focus shows and is not hidden."""
    window.wait_for_load_state()
    for _ in range(80):
        window.keyboard.press("Tab")
        focused = window.locator(":focus")
        if focused.count() and focused.inner_text().strip().endswith(link):
            expect(focused).not_to_have_css("outline-style", "none")
            expect_result(window, NOTHING_LIES_OVER_FOCUS, expected=True)
            return
    raise AssertionError(f"the Tab key never comes to “{link}”")


def test_what_was_asked_before_a_session_was_taken_off_is_not_answered_aloud(
    live_site: LiveSites, window: Page
) -> None:
    board_of(window, live_site().address)
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)

    window.route("**/tried?**", hold)
    tab_to(window, "Reading the tide")
    with window.expect_request("**/tried?**"):
        window.keyboard.press("m")
    window.keyboard.press("Delete")
    with window.expect_response("**/tried?**") as answer:
        asked[0].continue_()
    answer.value.finished()
    window.evaluate("fetch('/healthz').then(answer => answer.text())")  # it is dealt with by then
    expect(says(window)).to_have_text("Without a time. Press Enter to save or Escape to cancel.")


def test_sessions_are_placed_moved_resized_and_taken_off_by_keyboard_alone(
    live_site: LiveSites, window: Page, axe: Barriers
) -> None:
    make_session(slug="wanted", title="Wanted", starts_at=None)
    board_of(window, live_site().address)
    assert axe(window) == []
    expect(window.locator(".board-box")).to_match_aria_snapshot(SPOKEN)

    tab_to(window, "Reading the tide")
    window.keyboard.press("m")
    expect(says(window)).to_have_text(
        "Moving Reading the tide: Great hall, 11am to midday. Use the arrow keys to move it, "
        "and plus or minus to change its length. Press Enter to save or Escape to cancel. No "
        "clashes."
    )
    expect(window.locator(":focus")).to_have_role("application")
    assert axe(window) == []
    window.keyboard.press("ArrowDown")
    window.keyboard.press("Shift+ArrowDown")
    window.keyboard.press("ArrowRight")
    expect(says(window)).to_have_text(
        "Boat house, 11:20am to 12:20pm. "
        "1 clash: “Harbour walls” is in Boat house at the same time."
    )
    window.keyboard.press("Escape")
    expect(says(window)).to_have_text("Reading the tide was not moved: Great hall, 11am to midday.")
    expect(window.locator(":focus")).to_have_text(re.compile(r"Reading the tide\s*$"))
    assert where("reading-the-tide") == ("great-hall", "11:00", 60)

    for key in ("m", "ArrowDown", "ArrowRight", "+", "Enter"):
        window.keyboard.press(key)
    expect(says(window)).to_contain_text("Saved: Reading the tide, Boat house, 11:15am to 12:20pm.")
    assert where("reading-the-tide") == ("boat-house", "11:15", 65)
    assert axe(window) == []
    reason = "“Harbour walls” is in Boat house at the same time"
    expect(card(window, "reading-the-tide")).to_contain_text(reason)
    expect(window.locator(".board-reasons")).to_contain_text(reason)
    expect(window.locator(":focus")).to_have_text(re.compile(r"Reading the tide\s*$"))

    for key in ("m", "Delete"):
        window.keyboard.press(key)
    expect(says(window)).to_have_text("Without a time. Press Enter to save or Escape to cancel.")
    assert axe(window) == []
    window.keyboard.press("Escape")
    expect(says(window)).to_contain_text("Reading the tide was not moved: Boat house, 11:15am")
    assert where("reading-the-tide") == ("boat-house", "11:15", 65)
    for key in ("m", "Delete", "ArrowDown"):
        window.keyboard.press(key)
    expect(says(window)).to_contain_text("Boat house, 11:15am to 12:20pm.")
    for key in ("Delete", "Enter"):
        window.keyboard.press(key)
    expect(says(window)).to_have_text("Saved: Reading the tide, without a time.")
    assert where("reading-the-tide") is None

    window.keyboard.press("Control+z")
    expect(says(window)).to_contain_text("Undone. Saved: Reading the tide, Boat house, 11:15am")
    window.keyboard.press("Control+z")
    expect(says(window)).to_have_text(
        "Undone. Saved: Reading the tide, Great hall, 11am to midday. No clashes."
    )
    assert where("reading-the-tide") == ("great-hall", "11:00", 60)
    window.keyboard.press("Control+z")
    expect(says(window)).to_have_text("There is nothing to undo.")
    window.keyboard.press("Control+y")
    expect(says(window)).to_contain_text("Redone. Saved: Reading the tide, Boat house, 11:15am")
    assert where("reading-the-tide") == ("boat-house", "11:15", 65)

    tab_to(window, "Wanted")
    for key in ("m", "ArrowUp", "Enter"):
        window.keyboard.press(key)
    expect(says(window)).to_contain_text("Saved: Wanted, Great hall, 8:45am to 9:45am.")
    assert where("wanted") == ("great-hall", "08:45", 60)


def test_sessions_are_dragged_by_pointer_and_come_back_when_it_is_given_up(
    live_site: LiveSites, window: Page
) -> None:
    board_of(window, live_site().address)

    def drag(slug: str, by: tuple[float, float], *, edge: bool = False) -> None:
        card(window, slug).scroll_into_view_if_needed()
        box = card(window, slug).bounding_box()
        assert box is not None
        x, y = box["x"] + 60, box["y"] + (box["height"] - 3 if edge else 10)
        window.mouse.move(x, y)
        window.mouse.down()
        window.mouse.move(x + by[0] / 2, y + by[1] / 2)
        window.mouse.move(x + by[0], y + by[1])

    hour: float = window.evaluate("document.querySelector('.board-hours li').offsetHeight")
    drag("harbour-walls", (-300, hour / 2))
    expect(says(window)).to_contain_text("Great hall, 11:30am to 12:30pm. 1 clash")
    window.keyboard.press("Escape")
    window.mouse.up()
    expect(says(window)).to_contain_text("Harbour walls was not moved")
    assert where("harbour-walls") == ("boat-house", "11:00", 60)

    drag("harbour-walls", (0, hour / 4))
    window.mouse.up()
    expect(says(window)).to_contain_text("Saved: Harbour walls, Boat house, 11:15am to 12:15pm.")
    drag("harbour-walls", (0, hour / 2), edge=True)
    window.mouse.up()
    expect(says(window)).to_contain_text("Saved: Harbour walls, Boat house, 11:15am to 12:45pm.")

    drag("harbour-walls", (30, 30))
    tray = window.get_by_role("heading", name="Without a time").bounding_box()
    assert tray is not None
    window.mouse.move(tray["x"] + 20, tray["y"] + 10)
    expect(says(window)).to_have_text("without a time.")
    window.mouse.up()
    expect(says(window)).to_have_text("Saved: Harbour walls, without a time.")
    window.get_by_role("button", name="Undo").click()
    expect(says(window)).to_contain_text("Undone. Saved: Harbour walls, Boat house, 11:15am")
    window.get_by_role("button", name="Redo").click()
    expect(says(window)).to_have_text("Redone. Saved: Harbour walls, without a time.")
    expect(window).to_have_url(re.compile("/organise/board$"))


@pytest.mark.both_databases
def test_of_two_people_the_later_is_refused_and_sees_where_the_session_is_now(
    live_site: LiveSites, window: Page, chromium: Browser
) -> None:
    site = live_site().address
    other = board_of(chromium.new_context().new_page(), site, "ada@conference.example")
    board_of(window, site)

    for one, keys in ((window, ("ArrowRight",)), (other, ("ArrowDown", "ArrowDown"))):
        card(one, "opening").get_by_role("link").focus()
        for key in ("m", *keys, "Enter"):
            one.keyboard.press(key)
        expect(says(one)).to_contain_text(re.compile("Saved: |Not saved\\."))

    expect(says(other)).to_have_text(
        "Not saved. Someone else has changed Opening. Currently Boat house, 9:30am to "
        "10:30am, Wednesday 10 June 2009."
    )
    expect(card(other, "opening")).to_contain_text("9:30am to 10:30am, Boat house")
    assert where("opening") == ("boat-house", "09:30", 60)
    other.keyboard.press("Control+z")
    expect(says(other)).to_have_text("There is nothing to undo.")
    other.context.close()


def test_moves_wait_for_each_other_and_one_that_fails_goes_back(
    live_site: LiveSites, window: Page
) -> None:
    board_of(window, live_site().address)

    def move(slug: str, *keys: str) -> None:
        card(window, slug).get_by_role("link").focus()
        for key in ("m", *keys, "Enter"):
            window.keyboard.press(key)

    move("opening", "ArrowUp")
    move("harbour-walls", "ArrowDown")
    move("opening", "ArrowUp")
    expect(says(window)).to_contain_text("Saved: Opening, Great hall, 9am to 10am.")
    assert where("opening") == ("great-hall", "09:00", 60)
    assert where("harbour-walls") == ("boat-house", "11:15", 60)

    window.context.set_offline(True)
    move("opening", "ArrowUp")
    expect(says(window)).to_have_text(
        "Not saved. The site did not respond. Opening is back where it was: Great hall, "
        "9am to 10am."
    )
    window.context.set_offline(False)
    wait_until(lambda: window.evaluate(IS_THERE), "the site within reach")
    move("opening", "ArrowUp")
    expect(says(window)).to_contain_text("Saved: Opening, Great hall, 8:45am to 9:45am.")


def test_the_board_has_no_barrier_in_any_state(
    live_site: LiveSites, window: Page, axe: Barriers
) -> None:
    site = live_site().address
    hall = db.session.scalars(select(Room)).first()
    for number in range(18):
        make_room(name=f"Room {number} of a very long name " + "Wolfeschlegelsteinhausen" * 2)
    make_session(title="Ng" * 100, room=hall, seats=9_000, theme=make_theme(name="A theme " * 6))
    make_session(title="Very early", starts_at=FIRST_MORNING - timedelta(hours=4.5), is_draft=True)
    make_session(
        title="The ball",
        starts_at=FIRST_MORNING + timedelta(hours=12),
        ends_at=FIRST_MORNING + timedelta(hours=17),
        cancelled_at=clock.now(),
    )
    make_session(title="محمد الأمين", starts_at=None)
    found: dict[str, tuple[list[str], int]] = {}

    def look(state: str) -> None:
        found[state] = (axe(window), horizontal_overflow(window))

    board_of(window, site)
    look("wide")
    window.set_viewport_size({"width": 320, "height": 640})
    look("narrow")
    window.goto(f"{site}/organise/board/opening")
    look("the form")
    window.set_viewport_size({"width": 1280, "height": 900})
    window.goto(f"{site}/organise/board?day=2009-06-10")
    window.get_by_text("How to move sessions").click()
    for media in ("dark", "light"):
        window.emulate_media(color_scheme=media)
        look(media)
    window.emulate_media(forced_colors="active", reduced_motion="reduce")
    card(window, "opening").get_by_role("link").focus()
    window.keyboard.press("m")
    look("moving in forced colours")
    window.keyboard.press("Escape")
    window.emulate_media(media="print", forced_colors="none")
    expect(window.locator(".board-bar")).to_be_hidden()
    expect(card(window, "opening").get_by_text(", Great hall")).to_be_visible()

    assert found == dict.fromkeys(found, ([], 0))
    assert len(found) == 6


def test_without_scripts_the_board_is_drawn_all_the_same(
    live_site: LiveSites, window_without_scripts: Page
) -> None:
    window = board_of(window_without_scripts, live_site().address)
    boxes = [card(window, slug).bounding_box() for slug in ("opening", "harbour-walls")]
    opening, walls = (box for box in boxes if box)

    assert walls["x"] > opening["x"] + opening["width"]
    assert walls["y"] > opening["y"] + opening["height"]
    expect(window.get_by_role("button", name="Redo")).to_be_hidden()
    window.set_viewport_size({"width": 320, "height": 640})
    assert not horizontal_overflow(window)
    tab_to(window, "Harbour walls")
    window.keyboard.press("Enter")
    expect_heading(window, "Move “Harbour walls”")
    assert not horizontal_overflow(window)
