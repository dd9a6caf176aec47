"""The programme on a telephone, by keyboard, by ear and on paper, in a real browser."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import FloatRect, Route, expect
from playwright.sync_api import Page as Window

from app.database import transaction
from app.interchange import services
from app.programme.photos import renditions
from tests import keyboard
from tests.chromium import expect_heading, expect_result, horizontal_overflow
from tests.factories import FIRST_MORNING, make_room, make_session, make_speaker, publish_programme
from tests.live_site import LiveSites
from tests.programme.test_renditions import make_renderable_photo
from tests.waiting import wait_until

GRID = "/programme?view=grid"
PAGES = ("/programme", GRID, "/now", "/now?display=1", "/sessions", "/sessions/opening")
LAYOUT_SHIFT_SCRIPT = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => {
    for (const one of list.getEntries()) sum += one.value;
  }).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(sum), 400);
})"""

CUT_OFF = """() => [
  ...document.querySelectorAll(".board-box *:not(.slot-when, .slot-theme)")
].filter(one =>
  (one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1)
  && (one.matches(".slot") || getComputedStyle(one).overflowY !== "visible")
).map(one => one.outerHTML.slice(0, 80))"""
ON_EACH_OTHER = """() => {
  const boxes = [...document.querySelectorAll(".slot")].map(one => one.getBoundingClientRect());
  return boxes.flatMap((one, at) => boxes.slice(at + 1).filter(other =>
    one.left < other.right - 1 && other.left < one.right - 1
    && one.top < other.bottom - 1 && other.top < one.bottom - 1));
}"""
HEIGHT_OF_A_ROW = """() => {  // on average, with what says the time of several rows
  const height = list => list.getBoundingClientRect().height;
  const lists = [...document.querySelectorAll(".rows")].map(height);
  return lists.reduce((sum, one) => sum + one) / document.querySelectorAll(".row").length;
}"""
OPACITIES = """[...document.querySelectorAll(".row__time")].map(
  one => getComputedStyle(one).opacity
)"""
TOP = "one => one.getBoundingClientRect().top"
UNCOVERED = """() => {
  const one = document.activeElement, box = one.getClientRects()[0];
  return [box.top + 1, box.bottom - 1].every(y => {
    const top = document.elementFromPoint(box.left + 2, y);
    return one === top || one.contains(top);
  });
}"""


@pytest.fixture
def home(live_site: LiveSites) -> str:
    """The address of the site."""
    return live_site().address


def test_the_accessibility_tree_of_the_grid_is_a_list_in_order_of_time(
    window: Window, home: str
) -> None:
    window.goto(f"{home}{GRID}")

    expect(window.locator("section.grid").first).to_match_aria_snapshot(
        """
          - heading "Wednesday 10 June 2009" [level=2]
          - region "Wednesday 10 June 2009 by room and time":
            - list:
              - listitem:
                - heading "Opening" [level=3]
                - paragraph:
                  - time: 9:30am
                  - text: to 10:30am, Great hall
                - paragraph: Confirmed
                - paragraph: Ada Marsh, João Maré
              - listitem:
                - heading "Coffee" [level=3]
                - paragraph:
                  - time: 10:30am
                  - text: to 11am
              - listitem:
                - heading "Reading the tide" [level=3]
                - paragraph:
                  - time: 11am
                  - text: to midday, Great hall
                - paragraph: Water
                - paragraph: Confirmed
                - paragraph: João Maré
              - listitem:
                - heading "Harbour walls" [level=3]
                - paragraph:
                  - time: 11am
                  - text: to midday, Boat house
                - paragraph: Stone
                - paragraph: Ada Marsh
        """
    )


def test_on_wide_screens_the_grid_shows_rooms_side_by_side(window: Window, home: str) -> None:
    window.set_viewport_size({"width": 1280, "height": 800})
    window.goto(f"{home}{GRID}")

    tide = _box(window, "Reading the tide")
    walls = _box(window, "Harbour walls")
    opening = _box(window, "Opening")

    assert tide["y"] == walls["y"]
    assert tide["x"] + tide["width"] <= walls["x"]
    assert opening["y"] + opening["height"] <= tide["y"]
    assert opening["x"] == tide["x"]


def test_the_grid_cuts_off_no_text_and_overlaps_no_sessions(
    window: Window, site: Any, live_site: LiveSites
) -> None:
    loft = make_room(name="Loft")
    for minutes in (0, 10, 20):
        make_session(
            title=f"What is said in few minutes, and takes {'many words ' * 12}{minutes}",
            room=loft,
            speakers=(make_speaker(name=f"Maximiliane Featherstonehaugh {minutes}"),),
            starts_at=FIRST_MORNING + timedelta(minutes=minutes),
            ends_at=FIRST_MORNING + timedelta(minutes=minutes + 10),
        )
    publish_programme()
    window.goto(f"{live_site().address}{GRID}")

    for width in (1280, 768):
        window.set_viewport_size({"width": width, "height": 800})
        expect_result(window, CUT_OFF, [])
        expect_result(window, ON_EACH_OTHER, [])


def test_long_words_in_the_grid_are_hyphenated_in_their_language(
    window: Window, site: Any, live_site: LiveSites
) -> None:
    """Names never are. Chromium may have no dictionaries, so this asks for the styles."""
    make_session(
        title="Gesundheitsversorgungsforschung",
        language="de",
        room=make_room(name="Loft"),
        speakers=(make_speaker(name="Maximiliane Featherstonehaugh"),),
        starts_at=FIRST_MORNING,
    )
    publish_programme()
    window.goto(f"{live_site().address}{GRID}")

    german = window.get_by_role("heading", name="Gesundheitsversorgungsforschung")
    expect(german).to_have_attribute("lang", "de")
    expect(german).to_have_css("hyphens", "auto")
    english = window.get_by_role("heading", name="Harbour walls")
    expect(english).not_to_have_attribute("lang", re.compile("."))
    expect(english).to_have_css("hyphens", "auto")
    expect(window.locator("html")).to_have_attribute("lang", re.compile("^en"))
    name = window.get_by_text("Maximiliane Featherstonehaugh")
    expect(name).to_have_css("hyphens", "manual")


def test_sticky_room_headers_never_cover_the_focused_element(
    window: Window, site: Any, live_site: LiveSites
) -> None:
    for hour in range(1, 12):
        make_session(title=f"Watch {hour}", starts_at=FIRST_MORNING + timedelta(hours=hour))
    publish_programme()
    window.set_viewport_size({"width": 1280, "height": 400})
    window.goto(f"{live_site().address}{GRID}")
    rooms = window.locator(".board-rooms").first

    window.get_by_role("link", name="Watch 11").focus()
    wait_until(lambda: rooms.evaluate(TOP) == 0, "the rooms are at the top")
    while keyboard.get_focused_name(window) != "Watch 1":
        window.keyboard.press("Shift+Tab")
        expect_result(window, UNCOVERED, expected=True)


def test_room_headers_and_hours_stay_visible_when_the_grid_scrolls(
    window: Window, site: Any, live_site: LiveSites
) -> None:
    for number in range(12):
        room = make_room(name=f"Room {number:02}")
        for hour in range(2, 10):
            make_session(
                title=f"Watch {hour} of {number}",
                room=room,
                starts_at=FIRST_MORNING + timedelta(hours=hour),
            )
    publish_programme()
    window.set_viewport_size({"width": 1024, "height": 500})
    window.goto(f"{live_site().address}{GRID}")
    day = window.get_by_role("region", name="Wednesday 10 June 2009 by room and time")
    expect(window.get_by_text("14 rooms. Scroll sideways to see them all.")).to_be_visible()
    edges = "one => { const box = one.getBoundingClientRect(); return [box.left, box.top]; }"

    window.get_by_role("link", name="Watch 9 of 11").focus()
    expect_result(window, UNCOVERED, expected=True)

    left, top = day.evaluate(edges)
    six = day.locator(".board-hours span", has_text="6:30pm")
    rooms = day.locator(".board-rooms")
    wait_until(lambda: rooms.evaluate(edges)[1] == top, "the rooms at the top edge")
    wait_until(lambda: six.evaluate(edges)[0] == left, "the hours at the left edge")
    assert horizontal_overflow(window) == 0
    for _ in range(15):
        window.keyboard.press("Shift+Tab")
        expect_result(window, UNCOVERED, expected=True)


def test_session_actions_are_at_the_bottom_edge_of_a_phone(
    chromium: Chromium, site: Any, live_site: LiveSites
) -> None:
    people = tuple(make_speaker(name=f"Speaker {number}") for number in range(6))
    make_session(title="Long", slug="long", abstract="Many words. " * 200, speakers=people)
    publish_programme()
    with chromium.new_context(
        base_url=live_site().address, viewport={"width": 360, "height": 640}
    ) as context:
        window = context.new_page()
        window.goto("/sessions/long")
        actions = window.get_by_role("group", name="Save or share this session")
        bottom = "one => Math.round(one.getBoundingClientRect().bottom)"

        wait_until(lambda: actions.evaluate(bottom) == 640, "the actions at the bottom edge")
        main = window.get_by_role("main")
        for name in ("Speaker 0", "Speaker 5", "Opening"):
            main.get_by_role("link", name=name, exact=True).last.focus()
            expect_result(window, UNCOVERED, expected=True)
        window.evaluate("scrollTo(0, document.body.scrollHeight)")
        footer = window.get_by_role("contentinfo")
        wait_until(
            lambda: actions.evaluate(bottom) <= footer.evaluate(TOP), "the actions above the footer"
        )


def test_a_session_can_be_shared_without_javascript(
    window_without_scripts: Window, home: str
) -> None:
    window = window_without_scripts
    window.goto(f"{home}/sessions/opening")

    window.get_by_text("Share", exact=True).click()

    expect(window.get_by_role("link", name="/sessions/opening")).to_be_visible()
    expect(window.get_by_role("link", name="Send by email")).to_be_visible()


def _without_refresh(route: Route) -> None:
    """Answer as the site does, but let the page stay: it leads to the next one after 15 seconds."""
    response = route.fetch()
    kept = {name: value for name, value in response.headers.items() if name != "refresh"}
    route.fulfill(response=response, headers=kept)


@pytest.mark.settings(CLOCK_STARTS_AT="2009-06-10T09:40:00+01:00")
def test_the_screen_version_is_legible_from_eight_metres_and_fits_its_rooms(
    chromium: Chromium, site: Any, live_site: LiveSites
) -> None:
    for number in range(12):
        room = make_room(name=f"A room with rather a long name {number}")
        for hour in (0, 1):
            make_session(
                title=f"A title that goes on and on {number} " * 6,
                room=room,
                starts_at=FIRST_MORNING + timedelta(hours=hour),
            )
    publish_programme()
    size = "one => parseFloat(getComputedStyle(one).fontSize)"

    with chromium.new_context(
        base_url=live_site().address, viewport={"width": 1920, "height": 1080}
    ) as context:
        window = context.new_page()
        window.route("**/now?display=1", _without_refresh)
        window.goto("/now?display=1")

        for text, pixels in (
            (window.locator(".screen-title").first, 40),
            (window.get_by_role("heading", level=2).last, 36),
            (window.locator(".screen-when").first, 36),
        ):
            wait_until(lambda: text.evaluate(size) >= pixels, f"{pixels} pixels")  # noqa: B023
        expect(window.locator(".screen-rooms li")).to_have_count(5)
        expect(window.locator(".screen-title").first).to_have_css("-webkit-line-clamp", "3")
        expect_result(window, "document.documentElement.scrollHeight", 1080)


def test_a_star_in_the_grid_stands_in_the_corner_of_its_session(window: Window, home: str) -> None:
    window.set_viewport_size({"width": 1280, "height": 800})
    window.goto(f"{home}{GRID}")
    star = window.get_by_role("button", name="Harbour walls : My agenda", exact=True)

    star.click()

    expect(star).to_have_attribute("aria-pressed", "true")
    box, slot = star.bounding_box(), _box(window, "Harbour walls")
    title = window.get_by_role("link", name="Harbour walls", exact=True).bounding_box()
    assert box is not None
    assert title is not None
    assert min(box["width"], box["height"]) >= 24
    assert slot["x"] < title["x"] + title["width"] <= box["x"] < slot["x"] + slot["width"]


def test_on_a_phone_the_grid_becomes_a_list(chromium: Chromium, home: str) -> None:
    with chromium.new_context(base_url=home, viewport={"width": 320, "height": 640}) as context:
        window = context.new_page()
        window.goto(GRID)

        boxes = [_box(window, title) for title in ("Opening", "Reading the tide", "Harbour walls")]

        assert len({box["x"] for box in boxes}) == 1
        assert boxes[1]["y"] + boxes[1]["height"] <= boxes[2]["y"]
        assert horizontal_overflow(window) == 0


def test_a_printed_grid_day_fits_a_landscape_sheet(chromium: Chromium, home: str) -> None:
    with chromium.new_context(base_url=home, viewport={"width": 1047, "height": 718}) as context:
        window = context.new_page()
        window.emulate_media(media="print")
        window.goto(GRID)

        tide, walls = _box(window, "Reading the tide"), _box(window, "Harbour walls")
        board = window.locator(".board").first.bounding_box()

        assert tide["y"] == walls["y"]
        assert board is not None
        assert board["height"] <= 718
        assert board["width"] <= 1047


def test_two_days_of_the_grid_are_printed_on_two_pages(chromium: Chromium, home: str) -> None:
    with chromium.new_context(base_url=home) as context:
        window = context.new_page()
        window.goto(GRID)

        printed = window.pdf(prefer_css_page_size=True)

        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2


def test_a_programme_of_200_sessions_fits_its_print_and_height_budget(
    chromium: Chromium, home: str
) -> None:
    with transaction():
        services.load_demo(200, 250)
    publish_programme()
    with chromium.new_context(base_url=home) as context:
        window = context.new_page()
        window.goto(GRID)
        printed = window.pdf(prefer_css_page_size=True)

        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 4

    with chromium.new_context(
        base_url=home, viewport={"width": 360, "height": 640}, java_script_enabled=False
    ) as context:
        context.route("**/*.woff2?*", lambda route: route.abort())  # a font of the device instead
        window = context.new_page()
        window.goto("/programme")

        expect(window.locator(".row").first).to_be_in_viewport(ratio=1)
        wait_until(
            lambda: window.evaluate(HEIGHT_OF_A_ROW) <= 95,
            "95 px for a row",
            describe=lambda: str(window.evaluate(HEIGHT_OF_A_ROW)),
        )

        wait_until(
            lambda: bool(window.evaluate("document.documentElement.scrollHeight <= 22000")),
            "at most 22,000 px high",
        )


@pytest.mark.parametrize("width", [690, 720])
def test_the_printed_programme_has_times_and_no_controls(
    chromium: Chromium, home: str, width: int
) -> None:
    with chromium.new_context(base_url=home, viewport={"width": width, "height": 1000}) as context:
        window = context.new_page()
        window.emulate_media(media="print")
        window.goto("/programme")

        expect_result(window, OPACITIES, ["1"] * 5)
        expect(window.get_by_text("Times are London time")).to_be_visible()
        for link in ("Show another time zone", "Filters", "Water"):
            expect(window.get_by_role("main").get_by_text(link).last).to_be_hidden()
        expect(window.locator(".star:visible")).to_have_count(0)


@pytest.mark.parametrize("width", [320, 1280])
def test_programme_pages_have_no_layout_shift(chromium: Chromium, home: str, width: int) -> None:
    with chromium.new_context(base_url=home, timezone_id="Asia/Tokyo") as context:
        window = context.new_page()
        window.set_viewport_size({"width": width, "height": 800})
        moved = {}
        for address in PAGES:
            window.goto(address)
            moved[address] = window.evaluate(LAYOUT_SHIFT_SCRIPT)

    assert moved == dict.fromkeys(PAGES, 0)


@pytest.mark.parametrize("width", [320, 1280])
def test_loading_photos_causes_no_layout_shift(chromium: Chromium, home: str, width: int) -> None:
    for number in range(8):
        make_renderable_photo(make_speaker(name=f"Somebody {number}", slug=f"somebody-{number}"))
    renditions.render_pending()
    publish_programme()
    with chromium.new_context(base_url=home) as context:
        window = context.new_page()
        window.set_viewport_size({"width": width, "height": 800})

        for address, looks in (
            ("/speakers", ".portrait"),
            ("/speakers?q=somebody", ".face"),
            ("/speakers/somebody-7", ".portrait"),
        ):
            window.goto(address)
            photo = window.locator(f"img{looks}").last
            photo.scroll_into_view_if_needed()
            expect(photo).to_have_js_property("complete", value=True)

            expect_result(window, LAYOUT_SHIFT_SCRIPT, 0)


def test_the_programme_can_be_navigated_by_keyboard_without_javascript(
    window_without_scripts: Window, home: str
) -> None:
    window = window_without_scripts
    window.goto(f"{home}/programme")

    _press(window, "By room and time")
    window.wait_for_url("**/programme?view=grid")
    _press(window, "Opening")
    window.wait_for_url("**/sessions/opening")
    _press(window, "Great hall")
    window.wait_for_url("**/rooms/great-hall")

    expect_heading(window, "Great hall")


def test_another_time_zone_can_be_chosen_by_keyboard_without_javascript(
    window_without_scripts: Window, home: str
) -> None:
    window = window_without_scripts
    window.goto(f"{home}/now")
    window.get_by_text("Show another time zone").focus()
    window.keyboard.press("Enter")
    window.wait_for_url("**/now?*times=choose*")
    window.get_by_label("Time zone").focus()
    window.keyboard.type("Lima")
    window.keyboard.press("Tab")
    window.keyboard.press("Enter")
    window.wait_for_url("**/now?zone=America%2FLima")

    expect(window.get_by_role("main")).to_contain_text("Lima")


def test_long_titles_and_right_to_left_names_cause_no_horizontal_scrolling(
    chromium: Chromium, site: Any, live_site: LiveSites
) -> None:
    speaker = make_speaker(name="فاطمة الزهراء", slug="fatima")
    room = make_room(name="A room with a very long name indeed, on the second floor")
    make_session(title="w" * 200, slug="long", speakers=(speaker,), room=room)
    publish_programme()

    with chromium.new_context(
        base_url=live_site().address, viewport={"width": 320, "height": 640}
    ) as context:
        window = context.new_page()
        for address in (*PAGES, "/sessions/long", "/speakers/fatima"):
            window.goto(address)
            assert (address, horizontal_overflow(window)) == (address, 0)


def _box(window: Window, title: str) -> FloatRect:
    """Return where a session is drawn."""
    found = window.locator(".slot", has=window.get_by_role("heading", name=title, exact=True))
    box = found.bounding_box()
    assert box is not None, title
    return box


def _press(window: Window, link: str) -> None:
    """Reach a link with the keyboard, and follow it."""
    found = window.get_by_role("main").get_by_role("link", name=link, exact=True).first
    found.focus()
    window.keyboard.press("Enter")
