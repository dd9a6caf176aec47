"""Sign-in and dashboard of organisers in a real browser: by keyboard, accessibly."""

from playwright.sync_api import Page, expect

from app.mail.models import FAILED
from tests.chromium import Axe, expect_heading, horizontal_overflow, read_heading
from tests.factories import make_delegate, make_email, make_sign_in_link, sign_in_window
from tests.live_site import LiveSites

PRESSED = "main :is(a, button, input, select, summary)"
TOO_SMALL = """(pressed) => [...document.querySelectorAll(pressed)]
  .filter((one) => one.checkVisibility() && one.type !== "hidden")
  .filter((one) => [...one.getClientRects()].some(({ height }) => height < 24))
  .map((one) => `${one.textContent || one.name}: ${one.getClientRects()[0].height} px`)"""


def focus(window: Page, button: str) -> None:
    """Go to a button with the Tab key, and see that focus shows."""
    window.wait_for_load_state()
    for _ in range(60):
        window.keyboard.press("Tab")
        focused = window.locator(":focus")
        if focused.count() and focused.inner_text() == button:
            expect(focused).not_to_have_css("outline-style", "none")
            return
    raise AssertionError(f"the Tab key never comes to “{button}”")


def test_an_organiser_can_sign_out_by_keyboard_without_javascript(
    live_site: LiveSites, window_without_scripts: Page
) -> None:
    window = window_without_scripts
    site = live_site().address
    sign_in_window(window, site).goto(f"{site}/organise")

    expect_heading(window, "Dashboard")
    focus(window, "grace@conference.example")
    window.keyboard.press("Enter")
    focus(window, "Sign out")
    with window.expect_navigation():
        window.keyboard.press("Enter")

    expect_heading(window, "You are signed out")


def test_signed_in_pages_are_accessible_without_horizontal_scrolling(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    site = live_site().address
    window.set_viewport_size({"width": 320, "height": 640})
    found: dict[str, tuple[list[str], int]] = {}

    def look(state: str) -> None:
        found[f"{read_heading(window)}, {state}"] = (axe(window), horizontal_overflow(window))

    window.goto(f"{site}/sign-in")
    look("empty")
    window.get_by_role("button", name="Email me a link").click()
    look("with an error")
    window.goto(f"{site}/sign-in/sent")
    look("sent")
    window.goto(f"{site}/sign-in/used")
    look("gone")
    window.goto(site + make_sign_in_link())
    look("open")
    sign_in_window(window, site).goto(f"{site}/organise")
    look("empty")
    make_delegate(given_names="Ng" * 60, organisation="Wolfeschlegelsteinhausen" * 9)
    make_email(state=FAILED, recipient=f"{'a' * 60}@{'b' * 60}.example", last_error="550 " * 90)
    window.reload()
    look("filled")
    window.emulate_media(color_scheme="dark")
    look("in the dark")
    window.goto(f"{site}/my")
    look("signed in")
    window.goto(f"{site}/sign-out")
    look("signed in")

    assert {state: told for state, told in found.items() if told != ([], 0)} == {}
    assert len(found) == 10


def test_links_and_buttons_in_lists_are_at_least_24_px_high(
    live_site: LiveSites, window: Page
) -> None:
    site = live_site().address
    make_email()
    sign_in_window(window, site)
    lists = ("sessions", "speakers", "rooms", "themes", "letters", "pages", "history", "files")

    small: dict[str, list[str]] = {}
    for name in lists:
        window.goto(f"{site}/organise/{name}")
        small[name] = window.evaluate(TOO_SMALL, PRESSED)

    assert small == {name: [] for name in lists}
