"""Registration in a real browser: by keyboard, without JavaScript, on a small screen."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page, ViewportSize, expect

from app.delegates.queries import count_attending, list_newest
from tests.chromium import Axe, expect_heading, expect_result, horizontal_overflow
from tests.factories import set_places
from tests.live_site import LiveSites
from tests.phone import PHONE, Thumb
from tests.registration_flow import ACCESS_WORDS, PAGES

SMALL: ViewportSize = {"width": 320, "height": 640}
MOST_TAPS = PAGES + 9  # the button of each page, and what has to be answered
MOST_SCROLLING = 2200  # pixels; a longer page needs a better reason than this bar
IS_FOCUS_SHOWN = """getComputedStyle(document.activeElement).outlineStyle != 'none' ||
  getComputedStyle(document.activeElement).boxShadow != 'none'"""


def _type_through(window: Page, *keys: str) -> None:
    """Press keys one after the other; what is no key's name is typed."""
    for key in keys:
        if key in {"Tab", "Enter", "Space"}:
            window.keyboard.press(key)
        else:
            window.keyboard.type(key)
    window.wait_for_load_state()


def _reach(window: Page, words: str) -> None:
    """Go on with Tab until what holds these words has the focus, and see that it shows."""
    window.wait_for_load_state()
    for _ in range(60):
        window.keyboard.press("Tab")
        focused = window.evaluate("document.activeElement.id || document.activeElement.innerText")
        if focused == words:
            expect_result(window, IS_FOCUS_SHOWN, expected=True)
            return
    raise AssertionError(f"Tab does not reach “{words}”")


def _check_page(window: Page, axe: Axe, heading: str) -> None:
    """Assert the heading, and that the page is accessible and fits the screen."""
    expect_heading(window, heading)
    assert axe(window) == []
    assert horizontal_overflow(window) == 0


def _continue_to(window: Page, step: str, press: Callable[[], object]) -> None:
    """Press “Continue” until a page is reached; optional questions stay empty."""
    while not urlsplit(window.url).path.endswith(f"/{step}"):
        before = window.url
        press()
        expect(window).not_to_have_url(before)


def test_registration_works_by_keyboard_on_a_small_screen(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    def press_continue() -> None:
        assert (axe(window), horizontal_overflow(window)) == ([], 0)
        _reach(window, "Continue")
        _type_through(window, "Enter")

    set_places(10)
    window.set_viewport_size(SMALL)
    window.goto(f"{live_site().address}/register")
    _check_page(window, axe, "Register for the conference")

    _reach(window, "Start now")
    _type_through(window, "Enter")
    _check_page(window, axe, "What is your name?")
    _reach(window, "given_names")
    _type_through(window, "Enter")
    window.get_by_role("heading", name="There is a problem").wait_for()
    _check_page(window, axe, "What is your name?")
    _type_through(window, "Tab", "Enter")
    expect(window.locator("#given_names")).to_be_focused()
    _type_through(window, "Ada", "Tab", "Lovelace", "Enter")
    _check_page(window, axe, "What is your email address?")
    _reach(window, "email")
    _type_through(window, "ada@gmial.com", "Enter")
    window.get_by_text("Did you mean ada@gmail.com?", exact=True).wait_for()
    _check_page(window, axe, "What is your email address?")
    _reach(window, "Use ada@gmail.com")
    _type_through(window, "Enter")
    _check_page(window, axe, "Where do you work or study?")
    _reach(window, "country")
    _type_through(window, "United K")
    _continue_to(window, "days", press_continue)
    _check_page(window, axe, "Which days will you attend?")
    _reach(window, "days")
    _type_through(window, "Space")
    _continue_to(window, "check", press_continue)
    _check_page(window, axe, "Check your answers")
    _reach(window, "Confirm registration")
    _type_through(window, "Enter")
    _check_page(window, axe, "You are registered")

    expect(window.locator("#reference")).to_have_text(re.compile(r"^\s*\S{8}\s*$"))
    assert count_attending() == 1
    assert list_newest(1)[0].country == "GB"


def test_registration_works_without_javascript(
    live_site: LiveSites, window_without_scripts: Page
) -> None:
    set_places(10)
    window = window_without_scripts
    go_on = window.get_by_role("button", name="Continue")
    window.goto(f"{live_site().address}/register")

    window.get_by_role("link", name="Start now").click()
    window.get_by_label("Given names").fill("Ada")
    go_on.click()
    window.get_by_label("What is your email address?").fill("ada@example.org")
    go_on.click()
    window.get_by_label("Country").select_option("France")
    _continue_to(window, "days", go_on.click)
    window.get_by_label("Thursday 11 June 2009").check()
    _continue_to(window, "access-needs", go_on.click)
    expect(window.get_by_label("I agree")).to_be_hidden()
    window.get_by_label(ACCESS_WORDS).fill("A ramp")
    window.get_by_label("I agree").check()
    _continue_to(window, "check", go_on.click)
    window.get_by_role("button", name="Confirm registration").click()

    window.get_by_role("heading", name="You are registered").wait_for()
    reference = window.locator("#reference").inner_text()
    window.go_back()
    window.reload()
    expect(window.locator("#reference")).to_have_text(reference)


def test_registration_on_a_phone_takes_few_taps_and_little_scrolling(
    live_site: LiveSites, window: Page
) -> None:
    set_places(10)
    thumb = Thumb(window, f"{live_site().address}/register")
    go_on = window.get_by_role("button", name="Continue", exact=True)

    def tap_continue() -> None:
        thumb.reach(go_on).click()

    thumb.press("Start now", "What is your name?")
    thumb.reach(window.get_by_label("Given names")).fill("Ada")
    thumb.reach(window.get_by_label("Family name")).fill("Lovelace")
    thumb.press("Continue", "What is your email address?")
    thumb.reach(window.get_by_label("What is your email address?")).fill("ada@example.org")
    thumb.press("Continue", "Where do you work or study?")
    thumb.reach(window.get_by_label("Country")).select_option("France")
    thumb.taps += 1  # the country in the list of the phone
    _continue_to(window, "days", tap_continue)
    thumb.reach(window.get_by_label("Wednesday 10 June 2009")).check()
    thumb.reach(window.get_by_label("Thursday 11 June 2009")).check()
    _continue_to(window, "check", tap_continue)
    thumb.press("Confirm registration", "You are registered")

    assert thumb.taps == MOST_TAPS
    assert thumb.scrolled <= MOST_SCROLLING


def test_on_a_phone_the_menu_is_collapsed_on_registration_pages(
    live_site: LiveSites, window: Page
) -> None:
    set_places(10)
    window.set_viewport_size(PHONE)
    window.goto(f"{live_site().address}/register/name")
    menu = "document.querySelector('.top nav').getBoundingClientRect().height > 40"

    expect_result(window, menu, expected=False)
    window.get_by_role("link", name="Programme", exact=True).first.focus()
    expect_result(window, menu, expected=True)
    window.get_by_label("Given names").focus()
    expect_result(window, menu, expected=False)
    window.set_viewport_size({"width": 1280, "height": 800})
    expect_result(window, menu.replace("nav", "nav ul"), expected=True)  # the nav has no box there
