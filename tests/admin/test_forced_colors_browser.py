"""Admin in forced colours, without grounds and shadows: what is selected or wrong is seen."""

from functools import partial

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.admin.full_lists import fill_lists
from tests.chromium import find_violations, horizontal_overflow
from tests.factories import set_places, sign_in_window
from tests.live_site import LiveSites
from tests.waiting import wait_until

LINES = """element => {
  const style = getComputedStyle(element);
  const { borderTopWidth: width, borderTopColor: colour } = style;
  return style.outlineStyle !== "none" || (width !== "0px" && colour !== style.backgroundColor);
}"""


@pytest.fixture
def office(live_site: LiveSites, window: Page) -> Page:
    """An organiser at a laptop with forced colours, whose lists are full."""
    set_places(100)
    fill_lists()
    sign_in_window(window, address := live_site().address)
    window.set_viewport_size({"width": 1280, "height": 900})
    window.emulate_media(forced_colors="active")
    window.goto(f"{address}/organise")
    return window


def has_line(element: Locator) -> bool:
    """Return True if a line is around it, or above it, in a colour of its own."""
    return bool(element.evaluate(LINES))


def expect_lines(*elements: Locator) -> None:
    """Expect each to be whole on the screen, and seen by its line."""
    for element in elements:
        expect(element).to_be_in_viewport(ratio=1)
        wait_until(partial(has_line, element), "a line", 20, partial(str, element))


def test_in_forced_colours_a_list_shows_selected_rows_and_applied_filters(office: Page) -> None:
    office.goto(f"{office.url}/delegates?q=maria&state=attending")
    rows, bar = office.locator("tbody tr"), office.locator(".bulk")
    chip = office.get_by_role("link", name="Remove the filter Booking Attending")

    rows.nth(2).get_by_role("checkbox").press("Space")
    expect(bar.get_by_text("1 selected")).to_be_visible()

    expect_lines(rows.nth(2), bar, bar.get_by_role("button").first, chip)
    wait_until(lambda: not has_line(rows.nth(3)), "no line around a row that is not selected")
    assert (find_violations(office), horizontal_overflow(office)) == ([], 0)
    chip.focus()
    expect_lines(office.locator(":focus-visible"))


def test_in_forced_colours_a_form_shows_its_errors_and_save_bar(office: Page) -> None:
    office.goto(f"{office.url}/sessions/_add")
    bar = office.locator(".save-bar")

    bar.get_by_role("button", name="Add this session").click()
    expect(office.get_by_role("alert")).to_be_visible()

    expect_lines(bar, bar.get_by_role("button").first, office.locator(".govuk-error-summary"))
    assert (find_violations(office), horizontal_overflow(office)) == ([], 0)
    office.get_by_role("link", name="Enter the title").click()
    expect(office.get_by_label("Title", exact=True)).to_be_focused()
    expect_lines(office.locator(":focus-visible"))
