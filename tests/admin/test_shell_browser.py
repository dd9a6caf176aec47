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
def office(live_site: LiveSites, window: Page) -> Page:
    """An organiser at a conference of some size, on a wide screen."""
    set_places(100)
    fill_lists()
    sign_in_window(window, address := live_site().address)
    window.set_viewport_size(WIDE)
    window.goto(f"{address}/organise")
    return window


def open_list(window: Page, name: str) -> None:
    window.goto(window.url.partition("/organise")[0] + f"/organise/{name}")


def test_a_compact_list_shows_more_rows_and_stays_so(office: Page) -> None:
    open_list(office, "sessions")
    roomy = office.evaluate(ROWS_IN_VIEW)
    farewell = office.get_by_role("row").filter(has_text="Farewell")
    expect(farewell.get_by_text("Thursday 11 June", exact=True)).to_be_visible()
    expect(farewell.get_by_text("Thu 11", exact=True)).to_be_hidden()

    office.get_by_text("View options").click()
    office.get_by_label("Compact").check()
    office.get_by_role("button", name="Save options").click()

    expect(office.locator(".office--compact")).to_have_count(1)
    wait_until(lambda: office.evaluate(ROWS_IN_VIEW) >= roomy + 5, "five rows more")
    expect(farewell.get_by_text("Thu 11", exact=True)).to_be_visible()


def test_the_head_of_a_list_and_what_can_be_done_stay_in_view(office: Page) -> None:
    open_list(office, "sessions")
    selected = office.locator("[data-selected]")
    last = office.get_by_label("Select Farewell")

    last.focus()
    expect(selected).to_have_text("")
    office.keyboard.press("Space")
    expect(selected).to_have_text("1 selected")
    office.get_by_label("Select all rows on this page").check()
    expect(selected).to_have_text("29 selected")
    office.evaluate("scrollTo(0, 400)")

    expect(office.get_by_role("link", name="Title")).to_be_in_viewport(ratio=1)
    expect(office.get_by_role("button", name="Change selected sessions")).to_be_in_viewport(ratio=1)


def test_shift_and_a_click_tick_all_rows_between(office: Page) -> None:
    open_list(office, "sessions")
    boxes = office.locator("tbody").get_by_role("checkbox")

    boxes.nth(2).click()
    boxes.nth(6).click(modifiers=["Shift"])
    expect(office.locator("[data-selected]")).to_have_text("5 selected")
    boxes.nth(5).click(modifiers=["Shift"])

    expect(office.locator("[data-selected]")).to_have_text("3 selected")


def test_what_has_the_focus_is_never_beneath_what_stays_in_view(office: Page) -> None:
    open_list(office, "sessions")
    office.get_by_label("Select all rows on this page").check()
    hidden: list[str] = []
    for keys, times in (("Tab", 60), ("Shift+Tab", 60)):
        for _ in range(times):
            office.keyboard.press(keys)
            hidden += office.evaluate(HIDDEN_FOCUS)

    assert hidden == []


HIDDEN_FOCUS = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  if (!at.closest(".list") || !box.height) return [];
  const over = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return over && (at.contains(over) || over.contains(at)) ? [] : [at.textContent || at.value];
}"""


@pytest.mark.parametrize("keys", ["Control+k", "/"])
def test_a_key_goes_to_the_search_for_anything(office: Page, keys: str) -> None:
    office.keyboard.press(keys)

    expect(office.locator("#find-all")).to_be_focused()
    office.keyboard.insert_text("Maria")
    office.keyboard.press("Enter")
    expect(office.get_by_role("heading", level=1)).to_have_text("Results for “Maria”")
    expect(office.get_by_role("region", name="Delegates").get_by_role("listitem")).to_have_count(8)


def test_what_is_found_is_shown_while_somebody_types(office: Page) -> None:
    panel = office.locator(".suggestions")
    office.keyboard.press("/")
    office.keyboard.type("The great hall by the river")
    expect(
        panel.get_by_role("link", name="The great hall by the river", exact=True)
    ).to_be_visible()
    expect(office.get_by_role("status").first).to_have_text(
        "One result: The great hall by the river. Press Enter to open it."
    )

    office.keyboard.press("ArrowDown")
    expect(
        panel.get_by_role("link", name="The great hall by the river", exact=True)
    ).to_be_focused()
    office.keyboard.press("ArrowRight")
    expect(panel.get_by_role("link", name="Change room")).to_be_focused()
    office.keyboard.press("ArrowUp")
    expect(office.locator("#find-all")).to_be_focused()
    office.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    office.keyboard.type(" ")
    office.keyboard.press("Backspace")
    expect(panel).to_be_visible()
    office.keyboard.press("Enter")

    expect(office.get_by_role("heading", level=1)).to_have_text("The great hall by the river")


def test_what_somebody_has_gone_to_stays_until_they_are_back_in_the_box(office: Page) -> None:
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)

    first = office.locator(".suggestions").get_by_role("link").first
    office.keyboard.press("/")
    office.keyboard.insert_text("Maria")
    expect(first).to_be_visible()
    office.route("**/*?q=Mariaz", hold)
    with office.expect_request("**/*?q=Mariaz"):
        office.keyboard.insert_text("z")
    office.keyboard.press("ArrowDown")  # before the answer is there
    asked[0].continue_()
    office.evaluate("fetch('/healthz').then(answer => answer.text())")  # it is dealt with by then
    expect(first).to_be_focused()

    office.unroute("**/*?q=Mariaz")
    with office.expect_response("**/*?q=Mariaz"):
        office.keyboard.press("ArrowUp")
    expect(office.locator("#find-all")).to_be_focused()


def test_an_action_is_chosen_from_what_is_found(office: Page, axe: Axe) -> None:
    office.keyboard.press("/")
    office.keyboard.insert_text("Maria")  # at once: nothing is drawn anew for the rest
    panel = office.locator(".suggestions")
    expect(panel.get_by_role("region", name="Delegates").get_by_role("listitem")).to_have_count(8)
    assert (axe(office), horizontal_overflow(office)) == ([], 0)

    panel.get_by_role("link", name="Correct email address").first.click()

    expect(office.get_by_role("textbox", name="Correct email address")).to_be_focused()


def test_a_slash_is_typed_where_somebody_types_and_where_access_keys_are_off(office: Page) -> None:
    open_list(office, "delegates")
    box = office.get_by_label("Search", exact=True)

    box.press("/")
    expect(box).to_have_value("/")
    office.context.add_cookies(
        [{"name": "access_keys", "value": "off", "url": office.url.partition("/organise")[0]}]
    )
    office.get_by_role("heading", level=1).click()
    office.keyboard.press("/")

    expect(office.locator("#find-all")).not_to_be_focused()


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1024, 1280, 1600])
def test_the_shell_has_no_barriers_at_any_width(
    office: Page, axe: Axe, width: int, colours: str
) -> None:
    office.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    office.set_viewport_size({"width": width, "height": 800})
    for path in ("sessions?state=confirmed&q=water", "search?q=maria", "delegates"):
        open_list(office, path)
        office.locator(".office-person summary").click()
        office.locator(".view-options summary").click() if "search" not in path else None

        assert (path, axe(office), horizontal_overflow(office)) == (path, [], 0)


def test_the_menu_is_one_button_on_a_phone_without_scripts(
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


def test_all_of_the_menu_is_within_reach_in_a_low_window(office: Page) -> None:
    office.set_viewport_size({"width": 1280, "height": 720})
    open_list(office, "history")
    menu = office.get_by_role("navigation", name="Admin")
    first = menu.get_by_role("link", name="Dashboard")
    last = menu.get_by_role("link", name="History")

    expect(last).to_be_in_viewport(ratio=1)
    first.focus()
    expect(first).to_be_in_viewport(ratio=1)
    expect(last).not_to_be_in_viewport()
    last.focus()
    expect(last).to_be_in_viewport(ratio=1)
    office.set_viewport_size(WIDE)
    open_list(office, "history")
    expect(first).to_be_in_viewport(ratio=1)
    expect(last).to_be_in_viewport(ratio=1)
    heights = "links => Math.min(...links.map((link) => link.offsetHeight))"
    wait_until(lambda: menu.get_by_role("link").evaluate_all(heights) >= 24, "rows of 24 px")


def test_a_long_form_has_two_columns_and_its_button_always_in_view(office: Page) -> None:
    open_list(office, "sessions/_add")
    save = office.get_by_role("button", name="Add this session")
    title = office.get_by_label("Title", exact=True)

    subtitle = office.get_by_label("Subtitle (optional)")
    beside = title.bounding_box(), subtitle.bounding_box()
    assert beside[0] is not None
    assert beside[1] is not None

    assert (beside[0]["y"], beside[0]["x"] < beside[1]["x"]) == (beside[1]["y"], True)
    expect(save).to_be_in_viewport(ratio=1)
    expect_result(office, "document.documentElement.scrollHeight < 3000", expected=True)
    hidden: list[str] = []
    office.get_by_label("Title", exact=True).focus()
    for _ in range(40):
        office.keyboard.press("Tab")
        hidden += office.evaluate(HIDDEN_FIELD)
    assert hidden == []


@pytest.mark.parametrize("path", ["pages/page/help/en", "letters/wording/session_booked/en"])
def test_the_buttons_of_a_text_editor_are_always_in_view(office: Page, path: str) -> None:
    open_list(office, path)

    expect(office.get_by_role("button", name="Save", exact=True)).to_be_in_viewport(ratio=1)
    expect(office.get_by_role("button", name="Preview", exact=True)).to_be_in_viewport(ratio=1)


HIDDEN_FIELD = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  if (!at.closest(".form-columns") || !box.height) return [];
  const over = document.elementFromPoint(box.x + 9, box.y + Math.min(box.height, 40) / 2);
  return over?.closest(".save-bar") ? [at.name] : [];
}"""
