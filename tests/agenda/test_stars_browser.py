"""Stars in a real browser: in place with JavaScript, by plain forms without, and in print."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page as Window
from playwright.sync_api import Route, expect

from tests import keyboard
from tests.chromium import Axe, expect_result, horizontal_overflow
from tests.factories import FIRST_MORNING, make_session, publish_programme
from tests.live_site import LiveSites


def test_a_star_is_set_and_removed_without_leaving_the_page(
    live_site: LiveSites, window: Window, axe: Axe
) -> None:
    home = live_site().address
    window.goto(f"{home}/programme")
    star = window.get_by_role("button", name="Opening : My agenda", exact=True)
    expect(star).to_have_attribute("aria-pressed", "false")

    star.focus()
    window.keyboard.press("Enter")
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(window.get_by_role("status")).to_have_text("“Opening” is in your agenda.")
    assert axe(window) == []
    window.goto(f"{home}/sessions/opening")  # another page has the change without reloading
    with_label = window.get_by_role("button", name="My agenda : Opening", exact=True)
    expect(with_label).to_have_attribute("aria-pressed", "true")
    window.goto(f"{home}/agenda")
    expect(window.get_by_role("link", name="Opening", exact=True)).to_be_visible()
    window.goto(f"{home}/programme")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "false")

    window.goto(f"{home}/agenda")
    expect(window.get_by_role("heading", name="No sessions yet")).to_be_visible()
    expect_result(window, "localStorage.length", 0)


@pytest.mark.parametrize(
    ("scheme", "edge"), [("light", "rgb(16, 36, 58)"), ("dark", "rgb(233, 239, 243)")]
)
def test_the_focus_outline_of_a_star_is_visible_in_light_and_dark_mode(
    live_site: LiveSites, window: Window, scheme: Any, edge: str
) -> None:
    window.emulate_media(color_scheme=scheme)
    window.goto(f"{live_site().address}/programme")
    window.get_by_role("link", name="Opening", exact=True).focus()

    window.keyboard.press("Tab")

    keyboard.expect_focus(window, "Opening : My agenda")
    expect(window.locator(":focus")).to_have_css("outline-color", edge)


def test_stars_pressed_at_the_same_time_are_in_one_agenda(
    live_site: LiveSites, window: Window
) -> None:
    home = live_site().address
    window.goto(f"{home}/programme")

    window.evaluate("[...document.querySelectorAll('.star')].slice(0, 3).forEach(s => s.click())")
    expect(window.locator(".star[aria-pressed=true]")).to_have_count(3)
    window.goto(f"{home}/agenda")

    expect(window.locator("#my-agenda h3")).to_have_count(3)


def test_a_star_pressed_offline_reports_it_and_stays_unchanged(
    live_site: LiveSites, window: Window
) -> None:
    window.goto(f"{live_site().address}/programme")
    window.context.set_offline(True)
    star = window.get_by_role("button", name="Opening : My agenda", exact=True)

    star.click()

    expect(window.get_by_role("status")).to_have_text(re.compile("You are offline"))
    expect(star).to_have_attribute("aria-pressed", "false")


def test_a_refused_star_leads_to_the_page_that_explains_it(
    live_site: LiveSites, window: Window
) -> None:
    window.goto(f"{live_site().address}/programme")
    window.evaluate("document.querySelector('#agenda [name=csrf_token]').value = 'old'")

    window.get_by_role("button", name="Opening : My agenda", exact=True).click()

    window.get_by_text("This page was open for too long").wait_for()
    window.get_by_role("button", name="Try again").click()
    window.wait_for_url("**/agenda?added=opening")


def test_a_star_that_was_set_on_another_device_shows_here(
    live_site: LiveSites, window: Window
) -> None:
    home = live_site().address
    window.goto(f"{home}/programme")
    window.get_by_role("button", name="Opening : My agenda", exact=True).click()
    expect(window.locator(".star[aria-pressed=true]")).to_have_count(1)
    window.evaluate("localStorage.setItem('agenda', JSON.stringify({sessions: ['x'], at: 0}))")

    window.reload()

    expect(window.locator(".star[aria-pressed=true]")).to_have_count(1)


def test_an_outdated_response_does_not_remove_a_new_star(
    live_site: LiveSites, window: Window
) -> None:
    window.goto(f"{live_site().address}/programme")
    window.evaluate("localStorage.setItem('agenda', JSON.stringify({sessions: ['x'], at: 0}))")
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)

    window.route("**/stars.json*", hold)
    with window.expect_request("**/stars.json*"):
        window.reload()
    star = window.get_by_role("button", name="Opening : My agenda", exact=True)

    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    asked[0].fulfill(json={"sessions": [], "seats": {"opening": "You have a seat"}})
    window.get_by_text("You have a seat").wait_for()

    expect(star).to_have_attribute("aria-pressed", "true")


def test_the_agenda_works_without_javascript(
    live_site: LiveSites, window_without_scripts: Window, axe: Axe
) -> None:
    window = window_without_scripts
    home = live_site().address
    for title in ("Reading the tide", "Harbour walls"):
        window.goto(f"{home}/programme")
        window.get_by_role("button", name=f"{title} : Add to my agenda").click()

    titles = window.locator("#my-agenda h3")
    expect(titles).to_have_text(["Reading the tide", "Harbour walls"])
    expect(window.get_by_text("Clash", exact=True)).to_have_count(2)
    window.get_by_role("button", name="Remove :  Harbour walls").click()
    expect(titles).to_have_text(["Reading the tide"])


def test_an_agenda_is_filled_and_transferred_by_keyboard(
    live_site: LiveSites, window: Window, chromium: Chromium, axe: Axe
) -> None:
    home = live_site().address
    window.goto(f"{home}/programme")

    keyboard.press_in_place(window, "Opening : My agenda")
    expect(window.get_by_role("status")).to_have_text("“Opening” is in your agenda.")
    keyboard.press(window, "My agenda", keys="Shift+Tab")
    keyboard.press(window, "Open your agenda on another device")
    link = window.locator("main a[href*='/agenda/from/']").first.get_attribute("href")
    with chromium.new_context(base_url=home, viewport={"width": 320, "height": 640}) as context:
        telephone = context.new_page()
        telephone.goto(link or "")
        assert axe(telephone) == []
        keyboard.press(telephone, "Open the agenda on this device")

        expect(telephone.locator("#my-agenda h3")).to_have_text(["Opening"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_agenda_pages_have_no_accessibility_violations_or_horizontal_scrolling(
    live_site: LiveSites, chromium: Chromium, axe: Axe, scheme: str
) -> None:
    home = live_site().address
    look: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": 320, "height": 700}}
    with chromium.new_context(base_url=home, has_touch=True, is_mobile=True, **look) as context:
        window = context.new_page()
        window.goto("/programme")
        for title in ("Reading the tide", "Harbour walls"):
            window.get_by_role("button", name=f"{title} : My agenda").click()
        expect(window.locator(".star[aria-pressed=true]")).to_have_count(2)
        heights = window.evaluate(
            "[...document.querySelectorAll('.star')].map(s => s.getBoundingClientRect().height)"
        )
        for address in ("/agenda", "/agenda/move", "/agenda/forget"):
            window.goto(address)
            assert horizontal_overflow(window) == 0
            assert (address, axe(window)) == (address, [])

    assert min(heights) >= 44


def test_an_agenda_of_two_days_prints_on_one_page(live_site: LiveSites, window: Window) -> None:
    home = live_site().address
    window.goto(f"{home}/programme")
    window.evaluate("[...document.querySelectorAll('.star')].forEach(star => star.click())")
    expect(window.locator(".star[aria-pressed=true]")).to_have_count(4)
    window.goto(f"{home}/agenda")

    printed = window.pdf(format="A4")

    assert len(re.findall(rb"/Type /Page\b", printed)) == 1


def test_ten_sessions_print_on_one_page_with_their_clashes(
    site: Any, live_site: LiveSites, window: Window
) -> None:
    for number in range(6):
        make_session(
            title=f"A session with a title of a usual length, number {number}",
            starts_at=FIRST_MORNING + timedelta(hours=3 + number // 2),
        )
    publish_programme()
    home = live_site().address
    window.goto(f"{home}/programme")
    window.evaluate("[...document.querySelectorAll('.star')].forEach(star => star.click())")
    expect(window.locator(".star[aria-pressed=true]")).to_have_count(10)
    window.goto(f"{home}/agenda")
    remove = window.locator(".row__what button", has_text="Remove").first
    expect(remove).to_be_visible()

    printed = window.pdf(format="A4")
    window.emulate_media(media="print")

    assert len(re.findall(rb"/Type /Page\b", printed)) == 1
    expect(window.get_by_text("Clash", exact=True).first).to_be_visible()
    expect(remove).to_be_hidden()
