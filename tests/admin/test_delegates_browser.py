"""The registration desk in a real browser: by keyboard, accessibly."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from app import clock
from app.mail.models import FAILED, SENT
from tests.chromium import Axe, expect_heading, expect_result, horizontal_overflow, read_heading
from tests.factories import make_delegate, make_email, sign_in_window
from tests.live_site import LiveSites

LIST = "/organise/delegates"


def reach(window: Page, words: str, key: str = "") -> None:
    """Come to a link, a button or a field with the Tab key, and see that focus shows."""
    window.wait_for_load_state()
    for _ in range(90):
        window.keyboard.press("Tab")
        focused = window.locator(":focus")
        if focused.count() and focused.evaluate(NAME).strip() == words:
            expect_result(window, SHOWS_FOCUS, expected=True)
            if key:
                window.keyboard.press(key)
            return
    raise AssertionError(f"the Tab key never comes to “{words}”")


def press(window: Page, words: str) -> None:
    """Come to a link or a button and press it; see the page that it leads to."""
    reach(window, words)
    with window.expect_navigation():
        window.keyboard.press("Enter")


def answer(window: Page, label: str, typed: str) -> None:
    """Focus a field, unless the page opened in it, and replace its text."""
    window.wait_for_load_state()
    focused = window.locator(":focus")
    if not focused.count() or focused.evaluate(NAME).strip() != label:
        reach(window, label)
    window.keyboard.press("Control+a")  # values that are allowed
    window.keyboard.type(typed)


NAME = "e => (e.labels && e.labels.length ? e.labels[0] : e).innerText"
SHOWS_FOCUS = """() => [document.activeElement, document.activeElement.nextElementSibling].some(
  one => one && (
    getComputedStyle(one).outlineStyle !== "none" || getComputedStyle(one).boxShadow !== "none"
    || getComputedStyle(one, "::before").boxShadow !== "none"))"""


Look = Callable[[str], None]


def add_delegate(window: Page, look: Look) -> None:
    press(window, "Add a delegate")
    look("empty")
    press(window, "Add")
    look("with errors")
    answer(window, "Given names", "Zoë")
    answer(window, "Country", "Sweden")
    reach(window, "Wednesday 10 June 2009", "Space")
    answer(window, "Email address", "zoe@example.org")
    press(window, "Add")
    expect_heading(window, "Zoë")
    look("added")


def change_delegate(window: Page, look: Look) -> None:
    press(window, "Change booking")
    look("open")
    answer(window, "Family name", "Ångström")
    press(window, "Save")
    expect_heading(window, "Zoë Ångström")
    press(window, "Show requirements")
    look("open")
    answer(window, "Access requirements in their own words (optional)", "A ramp")
    press(window, "Save")
    press(window, "Correct email address")
    look("open")
    answer(window, "Correct email address", "zoe@example.com")
    press(window, "Correct email address")


def email_cancel_and_erase(window: Page, look: Look) -> None:
    press(window, "Send confirmation again")
    look("sure?")
    press(window, "Send email")
    press(window, "Cancel booking")
    look("sure?")
    press(window, "Cancel booking")
    look("cancelled")
    press(window, "Delete details")
    look("sure?")
    press(window, "Delete permanently")
    look("deleted")


def handle_failed_emails(window: Page, look: Look, site: str) -> None:
    make_email(state=SENT, sent_at=clock.real_now())
    make_email(state=FAILED, last_error="550 " * 90, recipient=f"{'a' * 60}@example.org")
    window.goto(f"{site}/organise/letters")
    look("filled")
    press(window, "You have a place")
    look("failed")
    press(window, "Send again")
    look("waiting")


def test_the_delegate_pages_work_by_keyboard_and_are_accessible(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    site = live_site().address
    found: dict[str, list[str]] = {}

    def look(state: str) -> None:
        sideways = horizontal_overflow(window)
        found[f"{read_heading(window)}, {state}"] = [
            *axe(window),
            *(["scrolls"] if sideways else []),
        ]

    window.set_viewport_size({"width": 320, "height": 900})
    sign_in_window(window, site)
    window.goto(site + LIST)
    look("empty")
    add_delegate(window, look)
    change_delegate(window, look)
    email_cancel_and_erase(window, look)
    handle_failed_emails(window, look, site)
    make_delegate(given_names="Ng" * 50)
    window.goto(site + LIST)
    look("filled")
    press(window, "Choose requirements")
    look("open")

    assert {state: told for state, told in found.items() if told} == {}
    assert len(found) == 17


def test_the_delegate_list_filters_while_typing_without_moving_focus(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    site = live_site().address
    make_delegate(reference="BCDF2345")
    make_delegate(given_names="Grace", family_name="Hopper", badge_name="G", email="g@example.com")
    sign_in_window(window, site)
    window.goto(site + LIST)
    box, count = window.get_by_label("Search", exact=True), window.locator("#count")
    rows = window.locator("tbody tr")

    box.focus()
    window.keyboard.type("hop")
    expect(count).to_have_text("1 delegate")

    expect(rows).to_have_count(1)
    expect(box).to_be_focused()
    expect(window).to_have_url(re.compile(r"\?q=hop$"))
    expect(count).to_have_role("status")
    actions = window.locator("form[data-asks-too]")
    expect(actions).to_have_count(2)
    for name in ("Email these people", "Download as CSV"):
        expect(actions.filter(has_text=name)).to_have_attribute("action", re.compile(r"\?q=hop$"))
    expect(rows.get_by_role("link", name="Grace Hopper")).to_be_visible()
    assert axe(window) == []
    window.keyboard.insert_text("zzz")  # at once: nothing is found for a part, and then drawn anew
    expect(count).to_have_text("0 delegates")
    expect(window.get_by_text("No delegates found")).to_be_visible()
    assert axe(window) == []
    window.keyboard.press("Escape")
    expect(count).to_have_text("2 delegates")
    expect(box).to_have_value("")
    expect(box).to_be_focused()
    expect_result(window, "location.search", "")

    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)

    window.route(f"**{LIST}?q=ada", hold)
    with window.expect_request(f"**{LIST}?q=ada"):
        window.keyboard.insert_text("ada")
    rows.first.get_by_role("link").focus()  # before the answer is there
    asked[0].continue_()
    expect(count).to_have_text("1 delegate")
    expect(rows.first.get_by_role("link")).to_be_focused()
    expect(rows).to_have_count(2)
    box.focus()
    expect(rows).to_have_count(1)


def test_a_list_is_downloaded_in_both_formats_at_once_but_a_double_click_counts_once(
    live_site: LiveSites, window: Page
) -> None:
    site = live_site().address
    make_delegate()
    sign_in_window(window, site)
    sent: list[str] = []
    window.on("request", lambda request: sent.append(request.post_data or ""))
    window.clock.set_fixed_time(clock.now())  # no time passes between the buttons
    window.goto(site + LIST)
    csv = window.get_by_role("button", name="Download as CSV", exact=True)
    excel = window.get_by_role("button", name="Download for Excel (XLSX)")

    names = []
    for button in (csv, excel):
        with window.expect_download() as coming:
            button.click()
        names.append(coming.value.suggested_filename.rpartition(".")[2])
        button.click()

    assert names == ["csv", "xlsx"]
    assert [("csv=1" in one, "xlsx=1" in one) for one in sent if one] == [
        (True, False),
        (False, True),
    ]


def test_delegates_can_be_searched_and_cancelled_without_javascript(
    live_site: LiveSites, window_without_scripts: Page
) -> None:
    window = window_without_scripts
    site = live_site().address
    make_delegate()
    make_delegate(given_names="Grace", family_name="Hopper", badge_name="G", email="g@example.com")
    sign_in_window(window, site)
    window.goto(site + LIST)

    answer(window, "Search", "hopper")
    press(window, "Search")
    expect(window.locator("#count")).to_have_text("1 delegate")
    press(window, "Grace Hopper")
    press(window, "Cancel booking")
    reach(window, "Yes, send the cancellation email")
    window.keyboard.press("ArrowDown")
    press(window, "Cancel booking")

    expect(window.locator("body")).to_contain_text("The booking has been cancelled.")
