"""Many sessions at one time are folded and unfolded, in a real browser."""

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page as Window
from playwright.sync_api import expect

from tests import keyboard
from tests.chromium import expect_result, find_violations, horizontal_overflow
from tests.live_site import LiveSites
from tests.site.test_long_slots import make_slot

SUMMARY = "2:30pm to 3:30pm 7 sessions"


@pytest.fixture
def home(live_site: LiveSites) -> str:
    """The address of a site with seven sessions at one time."""
    make_slot(7)
    return live_site().address


def test_a_long_slot_can_be_collapsed_by_keyboard_without_javascript(
    window_without_scripts: Window, home: str
) -> None:
    window = window_without_scripts
    window.goto(f"{home}/programme")
    session = window.get_by_role("link", name="Watch 6")
    expect(session).to_be_visible()

    keyboard.press_in_place(window, SUMMARY)
    expect(session).to_be_hidden()
    expect(window.get_by_role("link", name="Farewell")).to_be_visible()

    window.keyboard.press("Enter")
    expect(session).to_be_visible()


def test_a_time_link_jumps_to_its_collapsed_slot(window: Window, home: str) -> None:
    window.set_viewport_size({"width": 360, "height": 500})
    window.goto(f"{home}/programme")
    window.get_by_text("7 sessions").click()
    expect(window.get_by_role("link", name="Watch 6")).to_be_hidden()

    window.evaluate("scrollTo(0, 0)")
    window.get_by_text("Times", exact=True).click()
    window.get_by_role("link", name="2:30pm").click()

    expect(window.get_by_text("7 sessions")).to_be_in_viewport()


def test_collapsed_sessions_are_printed(window: Window, home: str) -> None:
    window.goto(f"{home}/programme")
    window.get_by_text("7 sessions").click()
    session = window.get_by_role("link", name="Watch 6")
    expect(session).to_be_hidden()

    window.emulate_media(media="print")
    expect(session).to_be_visible()
    expect(window.get_by_text("7 sessions")).to_be_hidden()


@pytest.mark.parametrize("width", [320, 1280])
def test_a_collapsible_slot_has_no_accessibility_violations(
    chromium: Chromium, home: str, width: int
) -> None:
    with chromium.new_context(
        base_url=home, viewport={"width": width, "height": 800}, bypass_csp=True
    ) as context:
        window = context.new_page()
        window.goto("/programme")
        expect_result(window, "document.querySelectorAll('.fold').length", 1)

        assert find_violations(window) == []
        assert horizontal_overflow(window) == 0
