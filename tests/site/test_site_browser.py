"""Public pages as people with different eyes, hands and screens meet them, in a real browser."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page as Window
from playwright.sync_api import Request, expect

from tests import keyboard
from tests.browser import Browser
from tests.chromium import CUT_OFF, SPACED, expect_heading, expect_result, horizontal_overflow
from tests.factories import make_speaker, publish_programme
from tests.live_site import LiveSites
from tests.programme.sample_pictures import make_picture

KINDS = (
    "/",
    "/programme",
    "/programme?view=grid",
    "/programme?zone=Asia/Tokyo",
    "/programme/2009-06-10",
    "/now",
    "/now?display=1",
    "/sessions",
    "/sessions/opening",
    "/speakers",
    "/speakers/ada-marsh",
    "/themes/water",
    "/rooms/great-hall",
    "/search?q=tide",
    "/search?q=zeppelin",
    "/search?q=harbor&theme=water&access=step-free&room=attic",
    "/search?day=2009-06-10",
    "/changes",
    "/changes/1",
    "/releases/1",
    "/releases/1/sessions/opening",
    "/whats-new/2008-09-01-registration-is-open",
    "/whats-new",
    "/site-map",
    "/health-inequalities",
    "/questions",
    "/privacy",
    "/venue",
    "/feedback",
    "/access-keys",
    "/nowhere",
)
ABORTED = "net::ERR_ABORTED"  # the test left the page before a picture had loaded


@contextmanager
def _opened(chromium: Chromium, home: str, **look: Any) -> Iterator[Window]:
    """Open a window of a certain look, which must hear no complaint of the browser."""
    complaints: list[str] = []
    with chromium.new_context(base_url=home, **look) as context:
        window = context.new_page()
        window.on("console", lambda message: complaints.append(message.text))
        window.on("pageerror", lambda error: complaints.append(str(error)))
        window.on("requestfailed", lambda request: complaints.append(_failure(request)))
        yield window
    assert [one for one in complaints if "404 (Not Found)" not in one and ABORTED not in one] == []


def _failure(request: Request) -> str:
    return f"{request.failure}: {request.url}"


@pytest.mark.parametrize("width", [320, 1280])
def test_public_pages_have_no_accessibility_violations_or_horizontal_scrolling(
    live_site: LiveSites, chromium: Chromium, axe: Callable[[Window], list[str]], width: int
) -> None:
    home = live_site().address
    found: dict[str, list[object]] = {}

    with _opened(chromium, home, viewport={"width": width, "height": 800}) as window:
        for address in KINDS:
            window.emulate_media(color_scheme="light")
            window.goto(address)
            found[address] = [axe(window), horizontal_overflow(window)]
            window.emulate_media(color_scheme="dark")
            found[address] += [axe(window), horizontal_overflow(window)]

    assert found == {address: [[], 0, [], 0] for address in KINDS}


def test_a_form_with_errors_has_no_accessibility_violations_and_an_error_summary(
    live_site: LiveSites, chromium: Chromium, axe: Callable[[Window], list[str]]
) -> None:
    home = live_site().address

    with chromium.new_context(base_url=home) as context:
        window = context.new_page()
        window.goto("/feedback")
        window.get_by_label("Your email address").fill("nobody")
        window.get_by_role("button", name="Send message").click()
        expect(window).to_have_title(re.compile("^Error: Feedback"))

        assert axe(window) == []
        expect(window.locator(".govuk-error-summary")).to_be_focused()
        window.get_by_role("link", name="Enter your message").click()
        expect(window.get_by_label("Your message")).to_be_focused()


def test_wider_spacing_of_text_cuts_nothing_off(live_site: LiveSites, chromium: Chromium) -> None:
    home = live_site().address

    with chromium.new_context(
        base_url=home, bypass_csp=True, viewport={"width": 320, "height": 800}
    ) as context:
        window = context.new_page()
        for address in KINDS:
            window.goto(address)
            window.add_style_tag(content=SPACED)
            assert (address, horizontal_overflow(window)) == (address, 0)
            expect_result(window, CUT_OFF, [])


def test_text_at_200_percent_still_fits(live_site: LiveSites, chromium: Chromium) -> None:
    home = live_site().address

    with chromium.new_context(
        base_url=home, bypass_csp=True, viewport={"width": 640, "height": 800}
    ) as context:
        window = context.new_page()
        for address in KINDS:
            window.goto(address)
            window.add_style_tag(content="html { font-size: 200% }")
            assert (address, horizontal_overflow(window)) == (address, 0)


def test_in_forced_colours_mode_drawing_and_shapes_stay_visible(
    live_site: LiveSites, chromium: Chromium
) -> None:
    home = live_site().address

    with _opened(chromium, home, forced_colors="active", color_scheme="dark") as window:
        window.goto("/")
        ground = window.evaluate("getComputedStyle(document.body).backgroundColor")
        drawn = window.evaluate(
            """() => [
              ...[...document.querySelectorAll(".gap path, .mark path")]
                .map(one => getComputedStyle(one).stroke),
              ...[...document.querySelectorAll(".shape")].map(one => getComputedStyle(one).fill),
            ]"""
        )

    assert len(drawn) > 5
    assert ground not in drawn


def test_the_skip_link_moves_the_focus_to_the_content(
    live_site: LiveSites, chromium: Chromium
) -> None:
    home = live_site().address

    with _opened(chromium, home) as window:
        for address in ("/", "/programme", "/help", "/register"):
            window.goto(address)
            window.keyboard.press("Tab")
            skip = window.get_by_role("link", name="Skip to main content")
            expect(skip).to_be_visible()
            window.keyboard.press("Enter")
            expect(window.locator("#main")).to_be_focused()


def test_the_focus_order_of_the_home_page_is_its_reading_order(
    live_site: LiveSites, chromium: Chromium
) -> None:
    home = live_site().address
    reached: list[str] = []

    with _opened(chromium, home) as window:
        window.goto("/")
        there = window.evaluate("document.querySelectorAll('a[href], button').length")
        for _ in range(there):
            window.keyboard.press("Tab")
            reached.append(window.evaluate("document.activeElement.textContent.trim()"))
            expect_result(window, IS_SEEN, expected=True)
        in_order = window.evaluate(
            "[...document.querySelectorAll('a[href], button')].map(one => one.textContent.trim())"
        )

    assert reached == in_order
    assert reached[:4] == [
        "Skip to main content",
        "This site uses UK government access keys",
        "Tides and Harbours",
        "Register",
    ]
    assert "Register for a place" in reached


TOP_ROW = ["Tides and Harbours", "Register"]
IN_TOP_ROW = """() => {
  const links = [...document.querySelectorAll(".top .wide a")];
  const end = links[0].getBoundingClientRect().bottom;
  return links.filter(link => link.getBoundingClientRect().top < end)
    .map(link => link.textContent.trim());
}"""
ROWS = """() => {
  const links = [...document.querySelectorAll(".top .wide a")];
  const boxes = links.map(link => link.getBoundingClientRect());
  return 1 + boxes.slice(1).filter((box, index) => box.top >= boxes[index].bottom).length;
}"""
# pixels between the main button and where the header's content ends
ROOM_AT_THE_END = """() => {
  const header = document.querySelector(".top .wide"), box = header.getBoundingClientRect();
  const end = box.right - parseFloat(getComputedStyle(header).paddingRight);
  return Math.round(end - document.querySelector(".top .action").getBoundingClientRect().right);
}"""
# a browser that does not know reading-flow goes through links as they are written
OUT_OF_ORDER = """() => {
  const links = [...document.querySelectorAll(".top .wide a")];
  return links.slice(1).filter((link, index) => {
    const before = links[index].getBoundingClientRect(), box = link.getBoundingClientRect();
    const isAbove = box.bottom <= before.top, isBelow = box.top >= before.bottom;
    return isAbove || !(isBelow || box.left >= before.right);
  }).map(link => link.textContent.trim());
}"""


@pytest.mark.parametrize(
    ("width", "top_row", "rows"),
    [
        (320, TOP_ROW, 3),
        (360, TOP_ROW, 2),
        (480, TOP_ROW, 2),
        (800, TOP_ROW, 2),
        (1024, TOP_ROW, 2),
        (1280, TOP_ROW, 2),
    ],
)
def test_the_header_has_its_visual_order_and_as_few_rows_as_fit(
    live_site: LiveSites, chromium: Chromium, width: int, top_row: list[str], rows: int
) -> None:
    home = live_site().address

    with _opened(chromium, home, viewport={"width": width, "height": 800}) as window:
        window.goto("/")

        expect_result(window, OUT_OF_ORDER, [])
        expect_result(window, IN_TOP_ROW, top_row)
        expect_result(window, ROWS, rows)
        expect_result(window, ROOM_AT_THE_END, 0)


@pytest.mark.parametrize("width", [320, 360])
def test_a_wide_logo_leaves_the_main_button_beside_it(
    live_site: LiveSites, chromium: Chromium, organiser: Browser, width: int
) -> None:
    home = live_site().address
    picture = make_picture("PNG", size=(1600, 200), colour="white")
    organiser.open("/organise/look/logo")
    organiser.press("Save", {"Picture": ("logo.png", picture)})

    with _opened(chromium, home, viewport={"width": width, "height": 800}) as window:
        window.goto("/")

        expect(window.locator(".top .logo")).to_be_visible()
        expect_result(window, IN_TOP_ROW, TOP_ROW)
        assert horizontal_overflow(window) == 0


IS_SEEN = """() => {
  const one = document.activeElement;
  const box = one.getBoundingClientRect();
  const style = getComputedStyle(one);
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  const marked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return marked && box.bottom > 0 && box.top < innerHeight && (one === top || one.contains(top));
}"""


def test_controls_are_at_least_40_pixels_high(live_site: LiveSites, chromium: Chromium) -> None:
    home = live_site().address

    with _opened(chromium, home, viewport={"width": 320, "height": 800}) as window:
        window.goto("/")
        heights = window.evaluate(
            "[...document.querySelectorAll('.govuk-button, .top nav a')]"
            ".map(one => one.getBoundingClientRect().height)"
        )
        window.goto("/feedback")
        heights += window.evaluate(
            "[...document.querySelectorAll('main button, main input:not([type=hidden])')]"
            ".map(one => one.getBoundingClientRect().height)"
        )

    assert min(heights) >= 40


def test_search_works_by_keyboard_without_javascript(
    live_site: LiveSites, chromium: Chromium
) -> None:
    home = live_site().address

    with _opened(chromium, home, java_script_enabled=False) as window:
        window.goto("/search")
        window.get_by_role("searchbox").focus()
        window.keyboard.type("joao")
        window.keyboard.press("Enter")
        window.wait_for_url("**/search?q=joao&**")  # a plain form sends its empty filters too
        expect(window.get_by_role("heading", level=1)).to_have_text(re.compile(r"for “joao”\s*$"))
        window.get_by_role("link", name="João Maré").first.click()

        expect_heading(window, "João Maré")


def test_speakers_can_be_searched_live_and_without_javascript(
    live_site: LiveSites, chromium: Chromium
) -> None:
    home = live_site().address
    for number in range(40):
        make_speaker(name=f"Zoe Aalto{number:02}", slug=f"aalto-{number}")
    make_speaker(name="Jørgen Ek", slug="ek", organisation="Sankt-Göran Clinic")
    publish_programme()

    for is_scripted in (True, False):
        with _opened(chromium, home, java_script_enabled=is_scripted) as window:
            window.goto("/speakers")
            box = window.get_by_label("Find a speaker by name or organisation")
            box.press_sequentially("goran jorg")
            if not is_scripted:
                box.press("Enter")
                expect(window.get_by_role("status")).to_contain_text("One speaker")
            people = window.locator(".people > li:visible")
            expect(people).to_have_text([re.compile("Jørgen Ek")])
            if is_scripted:
                expect(window.get_by_role("status")).to_have_text("Speakers found: 1")
                expect(window.locator("main h2:visible")).to_have_text(["E"])
                box.press_sequentially(" nobody")
                expect(window.get_by_role("status")).to_have_text(
                    "No speaker has this name or organisation"
                )
                box.fill("")
                expect(people).to_have_count(43)
                expect(window.get_by_role("status")).to_have_text("")


def test_sessions_can_be_filtered_by_keyboard_without_javascript(
    live_site: LiveSites, chromium: Chromium
) -> None:
    home = live_site().address

    with _opened(chromium, home, java_script_enabled=False) as window:
        window.goto("/search")
        keyboard.fill(window, "Search sessions, speakers and pages", "harbour")
        keyboard.press_in_place(window, "Filters")
        keyboard.choose(window, "Theme", "Stone")
        keyboard.press(window, "Apply filters")

        expect_heading(window, "One result for “harbour”")
        expect(window.get_by_role("status")).to_have_text("One result")
        keyboard.press(window, "Remove : Theme")
        expect(window.get_by_label("Theme")).to_have_value("")


def test_feedback_works_without_javascript(live_site: LiveSites, chromium: Chromium) -> None:
    home = live_site().address

    with _opened(chromium, home, java_script_enabled=False) as window:
        window.goto("/feedback")
        window.get_by_label("Your message").fill("Hello")
        window.get_by_role("button", name="Send message").click()
        window.wait_for_url("**/feedback/sent")

        expect_heading(window, "Message sent")


def test_the_printed_home_page_omits_navigation_and_footer(
    live_site: LiveSites, chromium: Chromium
) -> None:
    home = live_site().address

    with _opened(chromium, home) as window:
        window.goto("/")
        window.emulate_media(media="print")

        expect(window.get_by_role("heading", level=1)).to_be_visible()
        expect(window.locator("footer")).to_be_hidden()
        expect(window.locator(".top nav")).to_be_hidden()
