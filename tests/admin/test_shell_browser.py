"""The shell of admin in a real browser: nothing is in the way, and everything within reach."""

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

from tests.admin.full_lists import fill_lists
from tests.chromium import Axe, expect_result, horizontal_overflow
from tests.factories import set_places, sign_in_window
from tests.live_site import LiveSites
from tests.waiting import wait_until

WIDE = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)
ROWS_IN_VIEW = """() => [...document.querySelectorAll("tbody tr")].filter((row) => {
  const box = row.getBoundingClientRect();
  return box.top >= 0 && box.bottom <= innerHeight;
}).length"""


@pytest.fixture
def admin_window(live_site: LiveSites, window: Page) -> Page:
    """An organiser at a conference of some size, on a wide screen."""
    set_places(100)
    fill_lists()
    sign_in_window(window, address := live_site().address)
    window.set_viewport_size(WIDE)
    window.goto(f"{address}/organise")
    return window


def open_list(window: Page, name: str) -> None:
    window.goto(window.url.partition("/organise")[0] + f"/organise/{name}")


def test_the_compact_list_shows_more_rows_and_is_remembered(admin_window: Page) -> None:
    open_list(admin_window, "sessions")
    roomy = admin_window.evaluate(ROWS_IN_VIEW)
    farewell = admin_window.get_by_role("row").filter(has_text="Farewell")
    expect(farewell.get_by_text("Thursday 11 June", exact=True)).to_be_visible()
    expect(farewell.get_by_text("Thu 11", exact=True)).to_be_hidden()

    admin_window.get_by_text("View options").click()
    admin_window.get_by_label("Compact").check()
    admin_window.get_by_role("button", name="Save options").click()

    expect(admin_window.locator(".office--compact")).to_have_count(1)
    wait_until(lambda: admin_window.evaluate(ROWS_IN_VIEW) >= roomy + 5, "five rows more")
    expect(farewell.get_by_text("Thu 11", exact=True)).to_be_visible()


def test_list_headings_and_bulk_actions_stay_in_view(admin_window: Page) -> None:
    open_list(admin_window, "sessions")
    selected = admin_window.locator("[data-selected]")
    last = admin_window.get_by_label("Select Farewell")

    last.focus()
    expect(selected).to_have_text("")
    admin_window.keyboard.press("Space")
    expect(selected).to_have_text("1 selected")
    admin_window.get_by_label("Select all rows on this page").check()
    expect(selected).to_have_text("29 selected")
    admin_window.evaluate("scrollTo(0, 400)")

    expect(admin_window.get_by_role("link", name="Title")).to_be_in_viewport(ratio=1)
    expect(admin_window.get_by_role("button", name="Change selected sessions")).to_be_in_viewport(
        ratio=1
    )


def test_shift_click_selects_all_rows_between(admin_window: Page) -> None:
    open_list(admin_window, "sessions")
    boxes = admin_window.locator("tbody").get_by_role("checkbox")

    boxes.nth(2).click()
    boxes.nth(6).click(modifiers=["Shift"])
    expect(admin_window.locator("[data-selected]")).to_have_text("5 selected")
    boxes.nth(5).click(modifiers=["Shift"])

    expect(admin_window.locator("[data-selected]")).to_have_text("3 selected")


def test_the_focus_is_never_hidden_by_sticky_elements(admin_window: Page) -> None:
    open_list(admin_window, "sessions")
    admin_window.get_by_label("Select all rows on this page").check()
    hidden: list[str] = []
    for keys, times in (("Tab", 60), ("Shift+Tab", 60)):
        for _ in range(times):
            admin_window.keyboard.press(keys)
            hidden += admin_window.evaluate(HIDDEN_FOCUS)

    assert hidden == []


HIDDEN_FOCUS = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  if (!at.closest(".list") || !box.height) return [];
  const over = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return over && (at.contains(over) || over.contains(at)) ? [] : [at.textContent || at.value];
}"""


@pytest.mark.parametrize("keys", ["Control+k", "/"])
def test_a_keyboard_shortcut_focuses_the_admin_search(admin_window: Page, keys: str) -> None:
    admin_window.keyboard.press(keys)

    expect(admin_window.locator("#find-all")).to_be_focused()
    admin_window.keyboard.insert_text("Maria")
    admin_window.keyboard.press("Enter")
    expect(admin_window.get_by_role("heading", level=1)).to_have_text("Results for “Maria”")
    expect(
        admin_window.get_by_role("region", name="Delegates").get_by_role("listitem")
    ).to_have_count(8)


def test_search_suggestions_are_shown_while_typing(admin_window: Page) -> None:
    panel = admin_window.locator(".suggestions")
    admin_window.keyboard.press("/")
    admin_window.keyboard.type("The great hall by the river")
    expect(
        panel.get_by_role("link", name="The great hall by the river", exact=True)
    ).to_be_visible()
    expect(admin_window.get_by_role("status").first).to_have_text(
        "One result: The great hall by the river. Press Enter to open it."
    )

    admin_window.keyboard.press("ArrowDown")
    expect(
        panel.get_by_role("link", name="The great hall by the river", exact=True)
    ).to_be_focused()
    admin_window.keyboard.press("ArrowRight")
    expect(panel.get_by_role("link", name="Change room")).to_be_focused()
    admin_window.keyboard.press("ArrowUp")
    expect(admin_window.locator("#find-all")).to_be_focused()
    admin_window.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    admin_window.keyboard.type(" ")
    admin_window.keyboard.press("Backspace")
    expect(panel).to_be_visible()
    admin_window.keyboard.press("Enter")

    expect(admin_window.get_by_role("heading", level=1)).to_have_text("The great hall by the river")


def test_a_focused_suggestion_is_not_replaced_by_late_results(admin_window: Page) -> None:
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)

    first = admin_window.locator(".suggestions").get_by_role("link").first
    admin_window.keyboard.press("/")
    admin_window.keyboard.insert_text("Maria")
    expect(first).to_be_visible()
    admin_window.route("**/*?q=Mariaz", hold)
    with admin_window.expect_request("**/*?q=Mariaz"):
        admin_window.keyboard.insert_text("z")
    admin_window.keyboard.press("ArrowDown")  # before the answer is there
    asked[0].continue_()
    admin_window.evaluate(
        "fetch('/healthz').then(answer => answer.text())"
    )  # it is dealt with by then
    expect(first).to_be_focused()

    admin_window.unroute("**/*?q=Mariaz")
    with admin_window.expect_response("**/*?q=Mariaz"):
        admin_window.keyboard.press("ArrowUp")
    expect(admin_window.locator("#find-all")).to_be_focused()


def test_an_action_can_be_chosen_from_the_suggestions(admin_window: Page, axe: Axe) -> None:
    admin_window.keyboard.press("/")
    admin_window.keyboard.insert_text("Maria")  # at once: nothing is rendered again for the rest
    panel = admin_window.locator(".suggestions")
    expect(panel.get_by_role("region", name="Delegates").get_by_role("listitem")).to_have_count(8)
    assert (axe(admin_window), horizontal_overflow(admin_window)) == ([], 0)

    panel.get_by_role("link", name="Correct email address").first.click()

    expect(admin_window.get_by_role("textbox", name="Correct email address")).to_be_focused()


def test_a_slash_is_typed_in_fields_and_when_access_keys_are_off(admin_window: Page) -> None:
    open_list(admin_window, "delegates")
    box = admin_window.get_by_label("Search", exact=True)

    box.press("/")
    expect(box).to_have_value("/")
    admin_window.context.add_cookies(
        [{"name": "access_keys", "value": "off", "url": admin_window.url.partition("/organise")[0]}]
    )
    admin_window.get_by_role("heading", level=1).click()
    admin_window.keyboard.press("/")

    expect(admin_window.locator("#find-all")).not_to_be_focused()


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1024, 1280, 1600])
def test_the_admin_shell_is_accessible_at_any_width(
    admin_window: Page, axe: Axe, width: int, colours: str
) -> None:
    admin_window.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    admin_window.set_viewport_size({"width": width, "height": 800})
    for path in ("sessions?state=confirmed&q=water", "search?q=maria", "delegates"):
        open_list(admin_window, path)
        admin_window.locator(".office-person summary").click()
        admin_window.locator(".view-options summary").click() if "search" not in path else None

        assert (path, axe(admin_window), horizontal_overflow(admin_window)) == (path, [], 0)


def test_the_menu_is_one_button_on_a_phone_without_javascript(
    live_site: LiveSites, window_without_scripts: Page
) -> None:
    window, site = window_without_scripts, live_site().address
    sign_in_window(window, site)
    window.set_viewport_size(PHONE)
    window.goto(f"{site}/organise")
    rooms = window.get_by_role("link", name="Rooms")

    expect(rooms).to_be_hidden()
    window.get_by_text("Menu", exact=True).click()
    rooms.click()

    expect(window.get_by_role("heading", level=1)).to_have_text("Rooms")
    window.set_viewport_size(WIDE)
    expect(rooms).to_be_visible()
    expect(window.get_by_text("Menu", exact=True)).to_be_hidden()
    window.locator(".office-person summary").click()
    window.get_by_role("button", name="Sign out").click()
    expect(window.get_by_role("heading", level=1)).to_have_text("You are signed out")


def test_the_whole_menu_is_reachable_in_a_low_window(admin_window: Page) -> None:
    admin_window.set_viewport_size({"width": 1280, "height": 720})
    open_list(admin_window, "history")
    menu = admin_window.get_by_role("navigation", name="Admin")
    first = menu.get_by_role("link", name="Dashboard")
    last = menu.get_by_role("link", name="History")

    expect(last).to_be_in_viewport(ratio=1)
    first.focus()
    expect(first).to_be_in_viewport(ratio=1)
    expect(last).not_to_be_in_viewport()
    last.focus()
    expect(last).to_be_in_viewport(ratio=1)
    admin_window.set_viewport_size(WIDE)
    open_list(admin_window, "history")
    expect(first).to_be_in_viewport(ratio=1)
    expect(last).to_be_in_viewport(ratio=1)
    heights = "links => Math.min(...links.map((link) => link.offsetHeight))"
    wait_until(lambda: menu.get_by_role("link").evaluate_all(heights) >= 24, "rows of 24 px")


def test_a_long_form_has_two_columns_and_its_button_always_in_view(admin_window: Page) -> None:
    open_list(admin_window, "sessions/_add")
    save = admin_window.get_by_role("button", name="Add this session")
    title = admin_window.get_by_label("Title", exact=True)

    subtitle = admin_window.get_by_label("Subtitle (optional)")
    beside = title.bounding_box(), subtitle.bounding_box()
    assert beside[0] is not None
    assert beside[1] is not None

    assert (beside[0]["y"], beside[0]["x"] < beside[1]["x"]) == (beside[1]["y"], True)
    expect(save).to_be_in_viewport(ratio=1)
    expect_result(admin_window, "document.documentElement.scrollHeight < 3000", expected=True)
    hidden: list[str] = []
    admin_window.get_by_label("Title", exact=True).focus()
    for _ in range(40):
        admin_window.keyboard.press("Tab")
        hidden += admin_window.evaluate(HIDDEN_FIELD)
    assert hidden == []


@pytest.mark.parametrize("path", ["pages/page/help/en", "letters/wording/session_booked/en"])
def test_the_buttons_of_text_editors_stay_in_view(admin_window: Page, path: str) -> None:
    open_list(admin_window, path)

    expect(admin_window.get_by_role("button", name="Save", exact=True)).to_be_in_viewport(ratio=1)
    expect(admin_window.get_by_role("button", name="Preview", exact=True)).to_be_in_viewport(
        ratio=1
    )


HIDDEN_FIELD = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  if (!at.closest(".form-columns") || !box.height) return [];
  const over = document.elementFromPoint(box.x + 9, box.y + Math.min(box.height, 40) / 2);
  return over?.closest(".save-bar") ? [at.name] : [];
}"""
