"""The schedule board in a real browser: by keyboard alone, by pointer, by two people at once."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.programme.models import Room, Session
from tests.chromium import Axe, expect_heading, expect_result, horizontal_overflow
from tests.factories import FIRST_MORNING, make_room, make_session, make_theme, sign_in_window
from tests.live_site import LiveSites
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
    """Return a session's room, start and duration from the database."""
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


@pytest.mark.parametrize(("width", "height"), [(1280, 700), (390, 700)])
def test_the_result_of_a_move_is_visible_beside_the_session(
    live_site: LiveSites, window_without_scripts: Page, width: int, height: int
) -> None:
    window = window_without_scripts
    window.set_viewport_size({"width": width, "height": height})
    for number in range(12):
        start = FIRST_MORNING + timedelta(minutes=30 * number)
        end = start + timedelta(minutes=30)
        make_session(title=f"Talk {number}", slug=f"talk-{number}", starts_at=start, ends_at=end)
    board_of(window, live_site().address)
    window.goto(f"{window.url}/talk-11")
    window.get_by_label("Length in minutes").fill("45")
    window.get_by_role("button", name="Save").click()

    expect(window).to_have_url(re.compile(r"moved=talk-11#session-talk-11$"))
    expect(window.locator(".board-moved p").first).to_be_in_viewport(ratio=1)
    expect(card(window, "talk-11").get_by_role("heading")).to_be_in_viewport(ratio=1)
    expect_result(
        window,
        """() => document.querySelector(".board-moved").getBoundingClientRect().bottom
          <= document.querySelector("#session-talk-11").getBoundingClientRect().top""",
        expected=True,
    )


def test_an_outdated_clash_check_is_not_announced(live_site: LiveSites, window: Page) -> None:
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


def test_sessions_can_be_placed_moved_resized_and_removed_by_keyboard(
    live_site: LiveSites, window: Page, axe: Axe
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
        "Undone. Saved: Reading the tide, Great hall, 11am to midday. No clashes. "
        "Affects 1 person who takes part."
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
    expect(says(window)).to_contain_text("Saved: Wanted, Great hall, 9:45am to 10:45am.")
    assert where("wanted") == ("great-hall", "09:45", 60)


def test_sessions_can_be_dragged_and_a_cancelled_drag_is_reverted(
    live_site: LiveSites, window: Page
) -> None:
    board_of(window, live_site().address)

    def drag(slug: str, by: tuple[float, float], *, edge: bool = False) -> None:
        card(window, slug).scroll_into_view_if_needed()
        card(window, slug).hover(position={"x": 60, "y": 10})
        grip = card(window, slug).locator(".slot-end") if edge else card(window, slug)
        box = grip.bounding_box()
        assert box is not None
        x, y = box["x"] + 60, box["y"] + (box["height"] / 2 if edge else 10)
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


def test_a_drag_continues_while_an_earlier_move_is_saved(
    live_site: LiveSites, window: Page
) -> None:
    board_of(window, live_site().address)
    window.wait_for_load_state()
    hour: float = window.evaluate("document.querySelector('.board-hours li').offsetHeight")
    moves: list[Route] = []

    def hold(route: Route) -> None:
        moves.append(route)

    window.route("**/place*", hold)
    card(window, "harbour-walls").get_by_role("link").focus()
    with window.expect_request("**/place*"):
        for key in ("m", "ArrowDown", "Enter"):
            window.keyboard.press(key)

    x, y = middle(window, "opening")
    window.mouse.move(x, y)
    window.mouse.down()
    moves.pop().continue_()
    window.unroute_all()
    expect(says(window)).to_contain_text("Saved: Harbour walls, Boat house, 11:15am to 12:15pm.")
    window.mouse.move(x, y + hour / 8)
    window.mouse.move(x, y + hour / 4)
    expect(card(window, "opening")).to_have_class(re.compile(r"\bis-moving\b"))
    window.mouse.up()

    expect(says(window)).to_contain_text("Saved: Opening, Great hall, 9:45am to 10:45am.")
    assert where("opening") == ("great-hall", "09:45", 60)
    assert where("harbour-walls") == ("boat-house", "11:15", 60)


def middle(window: Page, slug: str, part: str = "") -> tuple[float, float]:
    """Give the middle of a session on the board, or of a part of it."""
    there = card(window, slug)
    box = (there.locator(part) if part else there).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


# Whether a title takes more than two lines, and the words of it that are in more than one.
WRAPPED = """slug => {
  const title = document.querySelector(`#session-${slug} h3 bdi`).firstChild;
  const lines = new Set(), broken = [];
  for (const { 0: word, index } of title.data.matchAll(/\\S+/g)) {
    const range = document.createRange();
    range.setStart(title, index);
    range.setEnd(title, index + word.length);
    const tops = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
    for (const top of tops) lines.add(top);
    if (tops.size > 1) broken.push(word);
  }
  return [lines.size > 2, broken];
}"""


def test_titles_wrap_between_words_in_shared_columns(live_site: LiveSites, window: Page) -> None:
    loft = make_room(name="Loft", slug="loft")
    for number in (1, 2):
        make_session(
            slug=f"talk-{number}",
            title="Clean water for every ward of the old port and all of its docks",
            starts_at=FIRST_MORNING + timedelta(hours=1.5),
            ends_at=FIRST_MORNING + timedelta(hours=4.5),
            room=loft,
        )
    board_of(window, live_site().address)

    for slug in ("talk-1", "talk-2"):
        expect_result(window, f"({WRAPPED})('{slug}')", expected=[True, []])


def test_the_resize_handle_sets_the_end_of_a_session(live_site: LiveSites, window: Page) -> None:
    make_session(
        slug="short",
        title="A short session with a title that takes far more lines than it has minutes",
        starts_at=FIRST_MORNING + timedelta(hours=1.5),
        ends_at=FIRST_MORNING + timedelta(hours=1.5, minutes=15),
        room=make_room(name="Loft", slug="loft"),
        theme=make_theme(name="A theme of many words"),
    )
    make_session(title="Evening", starts_at=FIRST_MORNING + timedelta(hours=8))
    board_of(window, live_site().address)
    card(window, "short").scroll_into_view_if_needed()
    before, height = middle(window, "short", ".slot-end"), card(window, "short").bounding_box()
    assert height
    card(window, "short").hover(position={"x": 60, "y": 4})
    grown = f"document.querySelector('#session-short').offsetHeight > {height['height'] + 20}"
    expect_result(window, grown, expected=True)
    after = middle(window, "short", ".slot-end")

    assert after == before

    hour: float = window.evaluate("document.querySelector('.board-hours li').offsetHeight")
    window.mouse.move(*after)
    window.mouse.down()
    window.mouse.move(after[0], after[1] + hour / 4)
    expect(says(window)).to_contain_text("Loft, 11am to 11:30am.")
    window.keyboard.press("Escape")
    window.mouse.up()
    expect(says(window)).to_contain_text("was not moved: Loft, 11am to 11:15am.")

    x, y = middle(window, "short", ".slot-end")
    window.mouse.move(x, y)
    window.mouse.down()
    window.mouse.move(x, y + hour / 4)
    window.mouse.move(x, y + hour / 2)
    window.mouse.up()
    expect(says(window)).to_contain_text("Saved: A short session")
    assert where("short") == ("loft", "11:00", 45)


def test_touch_drags_the_handle_and_scrolls_elsewhere(
    live_site: LiveSites, chromium: Browser
) -> None:
    context = chromium.new_context(has_touch=True, viewport={"width": 1024, "height": 900})
    window = board_of(context.new_page(), live_site().address)
    hour: float = window.evaluate("document.querySelector('.board-hours li').offsetHeight")
    touch = context.new_cdp_session(window)

    def drag(x: float, y: float, down: float) -> None:
        for kind, to in (("Start", 0.0), ("Move", down / 2), ("Move", down)):
            points = [{"x": x, "y": y + to}]
            touch.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    drag(*middle(window, "harbour-walls"), hour / 2)
    drag(*middle(window, "reading-the-tide", ".slot-end"), hour / 2)

    expect(says(window)).to_contain_text("Saved: Reading the tide, Great hall, 11am to 12:30pm.")
    assert where("harbour-walls") == ("boat-house", "11:00", 60)
    context.close()


def test_clashes_are_shown_while_dragging(live_site: LiveSites, window: Page) -> None:
    board_of(window, live_site().address)
    tide, walls = card(window, "reading-the-tide"), card(window, "harbour-walls")
    (x, y), (to_x, to_y) = middle(window, "harbour-walls"), middle(window, "reading-the-tide")
    window.mouse.move(x, y)
    window.mouse.down()
    window.mouse.move(to_x, to_y)

    told = (
        "Great hall, 11am to midday. 1 clash: “Reading the tide” is in Great hall at the same time."
    )
    expect(says(window)).to_have_text(told)
    expect(walls).to_have_attribute("data-told", told)
    expect(tide).to_have_class(re.compile("is-in-the-way"))
    window.mouse.move(x, y)
    expect(says(window)).to_contain_text("Boat house, 11am to midday.")
    expect(tide).not_to_have_class(re.compile("is-in-the-way"))
    window.mouse.move(to_x, to_y)
    expect(tide).to_have_class(re.compile("is-in-the-way"))
    window.keyboard.press("Escape")
    window.mouse.up()
    expect(tide).not_to_have_class(re.compile("is-in-the-way"))
    expect(walls).not_to_have_class(re.compile("slot--clash"))


def test_a_dragged_break_still_spans_all_rooms(live_site: LiveSites, window: Page) -> None:
    board_of(window, live_site().address)
    (x, y) = middle(window, "opening")
    hour: float = window.evaluate("document.querySelector('.board-hours li').offsetHeight")
    window.mouse.move(x, y)
    window.mouse.down()
    window.mouse.move(x, y - hour / 8)
    window.mouse.move(x, y - hour / 4)
    window.mouse.up()

    expect(says(window)).to_contain_text("Saved: Opening, Great hall, 9:15am to 10:15am.")
    expect(card(window, "opening")).to_have_class(re.compile("slot--across"))


def test_the_board_grows_when_a_session_is_moved_past_its_hours(
    live_site: LiveSites, window: Page
) -> None:
    board_of(window, live_site().address)
    card(window, "harbour-walls").get_by_role("link").focus()
    for key in ("m", *["ArrowUp"] * 9):
        window.keyboard.press(key)
    expect(says(window)).to_contain_text("Boat house, 8:45am to 9:45am.")
    expect(window.locator(".board-hours li").first).to_have_text("8am")
    window.keyboard.press("Enter")
    expect(says(window)).to_contain_text("Saved: Harbour walls, Boat house, 8:45am")
    assert where("harbour-walls") == ("boat-house", "08:45", 60)


def test_a_free_time_starts_where_it_is_clicked(live_site: LiveSites, window: Page) -> None:
    board_of(window, site := live_site().address)
    window.goto(f"{site}/organise/board?hours=all")
    link = window.get_by_role("link", name="Add a session in Boat house at 2pm")
    link.scroll_into_view_if_needed()
    box = link.bounding_box()
    assert box is not None

    link.click(position={"x": 30, "y": box["height"] * 0.55})
    expect_heading(window, "Free time in Boat house")
    expect(window.get_by_text("2:30pm to 3:30pm")).to_be_visible()
    window.go_back()
    link.focus()
    window.keyboard.press("Enter")
    expect(window.get_by_text("2pm to 3pm")).to_be_visible()


def test_unscheduled_sessions_are_filtered_while_typing(live_site: LiveSites, window: Page) -> None:
    for number in range(7):
        make_session(title=f"Wísh {number}", slug=f"wish-{number}", starts_at=None)
    board_of(window, live_site().address)

    window.get_by_label("Find by title or speaker").fill("wish 5")
    expect(says(window)).to_have_text("1 of 7 shown.")
    expect(card(window, "wish-5")).to_be_visible()
    expect(card(window, "wish-4")).to_be_hidden()
    card(window, "wish-5").get_by_role("link").focus()
    for key in ("m", "ArrowDown", "Enter"):
        window.keyboard.press(key)
    expect(says(window)).to_contain_text("Saved: Wísh 5")
    expect(window.locator(".board-slots #session-wish-5")).to_be_visible()
    expect(window.get_by_label("Find by title or speaker")).to_have_value("wish 5")
    expect(card(window, "wish-4")).to_be_hidden()


def test_a_day_of_ten_rooms_fits_with_sticky_room_and_hour_headers(
    live_site: LiveSites, window: Page
) -> None:
    rooms = [make_room(name=f"Seminar room {number}") for number in range(8)]
    for room in rooms:
        for hour in range(9):
            make_session(room=room, starts_at=FIRST_MORNING + timedelta(hours=hour))
    site = live_site().address
    window.set_viewport_size({"width": 1280, "height": 900})
    board_of(window, site)
    in_view = """() => {
      const box = document.querySelector('.board-box');
      box.scrollTo({ left: 9999, top: 9999, behavior: 'instant' });
      const { left, top } = box.getBoundingClientRect();
      const at = (name) => document.querySelector(name).getBoundingClientRect();
      const room = at('.board-rooms li:last-child'), hour = at('.board-hours li:last-child span');
      return [box.scrollLeft > 100, box.scrollTop > 100, room.top - top, hour.left - left];
    }"""
    expect_result(window, in_view, expected=[True, True, 1, 1])

    window.get_by_role("link", name="Whole day").click()
    window.wait_for_url(re.compile("zoom=small"))
    fits = """() => {
      const box = document.querySelector('.board-box');
      return [box.scrollWidth <= box.clientWidth, box.scrollHeight <= box.clientHeight];
    }"""
    expect_result(window, fits, expected=[True, True])


@pytest.mark.both_databases
def test_a_stale_drag_is_refused_and_shows_the_current_slot(
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


def test_moves_are_queued_and_a_failed_one_is_reverted(live_site: LiveSites, window: Page) -> None:
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


def test_the_board_has_no_accessibility_violations_in_any_state(
    live_site: LiveSites, window: Page, axe: Axe
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
    for level in ("Whole day", "Large"):
        window.get_by_role("link", name=level, exact=True).click()
        window.wait_for_url(re.compile("zoom="))
        look(level)
    window.goto(f"{site}/organise/board/_free?day=2009-06-10&start=09:00&room=boat-house")
    look("a free time")
    window.set_viewport_size({"width": 320, "height": 640})
    look("a free time on a small screen")
    window.set_viewport_size({"width": 1280, "height": 900})
    window.goto(f"{site}/organise/board?day=2009-06-10&theme=none")
    look("a theme stands out")
    window.emulate_media(forced_colors="active", reduced_motion="reduce")
    card(window, "opening").get_by_role("link").focus()
    window.keyboard.press("m")
    look("moving in forced colours")
    window.keyboard.press("Escape")
    window.emulate_media(media="print", forced_colors="none")
    expect(window.locator(".board-bar")).to_be_hidden()
    expect(card(window, "opening").get_by_text(", Great hall")).to_be_visible()

    assert found == dict.fromkeys(found, ([], 0))
    assert len(found) == 11


def test_the_board_is_shown_without_javascript(
    live_site: LiveSites, window_without_scripts: Page
) -> None:
    window = board_of(window_without_scripts, live_site().address)
    slugs = ("opening", "reading-the-tide", "harbour-walls")
    opening, tide, walls = (card(window, slug).bounding_box() for slug in slugs)
    assert opening
    assert tide
    assert walls

    assert walls["x"] > tide["x"] + tide["width"]
    assert walls["y"] == tide["y"] > opening["y"] + opening["height"]
    expect(window.get_by_role("button", name="Redo")).to_be_hidden()
    window.set_viewport_size({"width": 320, "height": 640})
    assert not horizontal_overflow(window)
    tab_to(window, "Harbour walls")
    window.keyboard.press("Enter")
    expect_heading(window, "Move “Harbour walls”")
    assert not horizontal_overflow(window)
