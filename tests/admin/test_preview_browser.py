"""Previews and rehearsals in a real browser: by keyboard, without JavaScript, accessibly."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.chromium import Axe, expect_heading, horizontal_overflow, read_heading
from tests.factories import sign_in_window
from tests.live_site import LiveSites

IN_FOCUS = "document.activeElement.textContent"
BANNER = """\
- region "Preview":
  - paragraph:
    - strong: Rehearsal.
    - text: /This is how the site will look at 9:15am on Wednesday 10 June 2009\\..*/
  - list:
    - listitem:
      - link "1 hour earlier"
    - listitem:
      - link "1 hour later"
    - listitem:
      - link "Choose another time"
    - listitem:
      - link "Leave the rehearsal"
"""


def press(window: Page, words: str) -> None:
    """Go to a link or a button with the Tab key, see that focus shows, press it, and wait."""
    go_to(window, words)
    with window.expect_navigation():
        window.keyboard.press("Enter")


def go_to(window: Page, words: str) -> None:
    tab_to(window, lambda: " ".join(str(window.evaluate(IN_FOCUS)).split()) == words, words)
    expect(window.locator(":focus")).not_to_have_css("outline-style", "none")


def tab_to(window: Page, is_there: Callable[[], bool], what: str) -> None:
    window.wait_for_load_state()
    for _ in range(80):
        window.keyboard.press("Tab")
        if is_there():
            return
    raise AssertionError(f"the Tab key never comes to “{what}”")


def field(window: Page, label: str) -> None:
    wanted = window.get_by_label(label, exact=True).get_attribute("id")
    tab_to(window, lambda: window.evaluate("document.activeElement.id") == wanted, label)


class PageChecker:
    """Checks each state of a page for accessibility violations and overflow at 320 pixels."""

    def __init__(self, axe: Axe) -> None:
        self._axe = axe
        self.found: dict[str, object] = {}

    def __call__(self, window: Page) -> None:
        window.set_viewport_size({"width": 320, "height": 640})
        overflow, barriers = horizontal_overflow(window), self._axe(window)
        if barriers or overflow:
            self.found[f"{window.url}: {read_heading(window)}"] = (barriers, overflow)


def test_a_preview_link_can_be_created_shared_and_withdrawn_by_keyboard(
    live_site: LiveSites, window: Page, chromium: Browser, axe: Axe
) -> None:
    site, look = live_site().address, PageChecker(axe)
    window.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site)
    sign_in_window(window, site).goto(f"{site}/organise/previews")
    look(window)

    press(window, "Create a preview link")
    press(window, "Create link")
    expect_heading(window, "Create a preview link")
    look(window)
    field(window, "Who is it for?")
    window.keyboard.type("The board")
    tab_to(window, lambda: window.evaluate("document.activeElement.name") == "lasts", "lasts")
    window.keyboard.press("ArrowUp")
    press(window, "Create link")
    look(window)
    go_to(window, "Copy link")
    window.keyboard.press("Enter")
    expect(window.get_by_role("status").filter(has_text="The link has been copied")).to_be_visible()
    link = window.evaluate("navigator.clipboard.readText()")
    expect(window.get_by_label("Link")).to_have_value(link)

    with chromium.new_context() as context:
        guest = context.new_page()
        guest.goto(link)
        look(guest)
        press(guest, "Programme")
        expect(guest).to_have_url(f"{link}programme")
        look(guest)
        guest.goto(f"{link}feedback")
        look(guest)
        field(guest, "Your message")
        guest.keyboard.type("Hello")
        press(guest, "Send message")
        expect_heading(guest, "You cannot send forms here")
        look(guest)
        guest.goto(f"{link}booking")
        look(guest)
        press(guest, "Open this page on the live site")
        expect(guest).to_have_url(f"{site}/booking")

        press(window, "View all preview links")
        look(window)
        press(window, "Withdraw the link for The board")
        look(window)
        expect(window.get_by_role("main")).to_contain_text("The link has been withdrawn")
        guest.goto(link)
        look(guest)
        expect_heading(guest, "This page is no longer available")
    assert look.found == {}


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_a_rehearsal_time_can_be_chosen_and_left_by_keyboard(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    site, look = live_site().address, PageChecker(axe)
    sign_in_window(window, site).goto(f"{site}/organise/rehearsal")
    look(window)

    press(window, "9:15am on Wednesday 10 June 2009")
    expect(window.get_by_role("region", name="Preview")).to_match_aria_snapshot(BANNER)
    look(window)
    press(window, "On now")
    expect(window).to_have_url(f"{site}/rehearsal/2009-06-10T09:15/now")
    look(window)
    press(window, "1 hour later")
    expect(window).to_have_url(f"{site}/rehearsal/2009-06-10T10:15/now")
    window.goto(f"{site}/fr/rehearsal/2009-05-20T10:00,full/register/name")
    expect_heading(window, "The conference is full")
    look(window)
    press(window, "Leave the rehearsal")
    expect(window).to_have_url(f"{site}/fr/register/name")
    window.go_back()
    press(window, "Choose another time")
    expect(window).to_have_url(f"{site}/fr/organise/rehearsal")
    assert look.found == {}


def test_previews_and_rehearsals_work_without_javascript(
    live_site: LiveSites, window_without_scripts: Page
) -> None:
    window, site = window_without_scripts, live_site().address
    sign_in_window(window, site).goto(f"{site}/organise/rehearsal")

    window.get_by_label("Time").fill("14:05")
    window.get_by_label("Show all places as taken").check()
    window.get_by_role("button", name="Start rehearsal").click()
    expect(window).to_have_url(f"{site}/rehearsal/2009-06-10T14:05,full/")

    window.goto(f"{site}/organise/previews/new")
    window.get_by_label("Who is it for?").fill("The board")
    window.get_by_role("button", name="Create link").click()
    link = window.get_by_label("Link").input_value()
    expect(window.get_by_role("button", name="Copy link")).to_be_hidden()
    window.goto(link)
    expect(window.get_by_role("region", name="Preview")).to_be_visible()
