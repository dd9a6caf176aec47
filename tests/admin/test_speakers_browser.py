"""Speakers, rooms and themes in a real browser: by keyboard, without JavaScript, accessibly."""

from playwright.sync_api import Page, expect

from tests.chromium import Axe, expect_heading, expect_result, horizontal_overflow, read_heading
from tests.factories import make_room, make_session, make_speaker, make_theme, sign_in_window
from tests.live_site import LiveSites

NAME_OF_FOCUS = """() => {
  const at = document.activeElement;
  const label = at.labels?.length ? at.labels[0].innerText : at.innerText;
  return (label || at.getAttribute("aria-label") || "").trim();
}"""
IS_FOCUS_SHOWN = """() => {
  const { outlineStyle, boxShadow } = getComputedStyle(document.activeElement);
  return outlineStyle !== "none" || boxShadow !== "none";
}"""


def go_to(window: Page, name: str) -> None:
    """Tab to the control with this name, and assert that the focus is visible."""
    window.wait_for_load_state()
    for _ in range(150):
        window.keyboard.press("Tab")
        if window.evaluate(NAME_OF_FOCUS) == name:
            expect_result(window, IS_FOCUS_SHOWN, expected=True)
            return
    raise AssertionError(f"the Tab key never comes to “{name}”")


def press(window: Page, name: str) -> None:
    """Go to a button or a link, and press it."""
    go_to(window, name)
    with window.expect_navigation():
        window.keyboard.press("Enter")


def fill(window: Page, name: str, words: str) -> None:
    """Focus a field and replace its text."""
    go_to(window, name)
    window.keyboard.press("Control+a")
    window.keyboard.type(words)


def test_speakers_rooms_and_themes_can_be_managed_by_keyboard(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    address = live_site().address
    sign_in_window(window, address)
    window.goto(f"{address}/organise/speakers")

    press(window, "Add a speaker")
    fill(window, "Name", "Mary Seacole")
    fill(window, "Biography (optional)", "She *went*.")
    press(window, "Preview the biography")
    expect(window.locator(".preview")).to_be_focused()
    expect(window.locator(".preview em")).to_have_text("went")
    go_to(window, "Has confirmed that they are taking part")
    window.keyboard.press("Space")
    press(window, "Add a time")
    expect_result(window, NAME_OF_FOCUS, "Day")
    window.keyboard.press("ArrowDown")
    go_to(window, "From")
    window.keyboard.type("0930AM" if "AM" in _clock(window) else "0930")
    go_to(window, "To")
    window.keyboard.type("1100AM" if "AM" in _clock(window) else "1100")
    assert axe(window) == []
    press(window, "Add this speaker")

    expect_heading(window, "Mary Seacole")
    expect(window.get_by_role("status").first).to_contain_text("The speaker has been added")
    expect(window.get_by_text("Thursday 11 June 2009, 9:30am to 11am")).to_be_visible()
    assert axe(window) == []

    window.goto(f"{address}/organise/speakers")
    go_to(window, "Select Ada Marsh")
    window.keyboard.press("Space")
    press(window, "Mark as confirmed")
    expect_heading(window, "Mark 1 speaker as confirmed?")
    assert axe(window) == []
    press(window, "Mark as confirmed")
    row = window.get_by_role("row", name="Ada Marsh")
    expect(row.get_by_role("cell", name="Confirmed", exact=True)).to_be_visible()

    window.goto(f"{address}/organise/rooms")
    press(window, "Move Boat house up")
    first = window.get_by_role("rowheader").first
    expect(first).to_contain_text("Boat house")
    press(window, "Boat house")
    press(window, "Change")
    fill(window, "Capacity (optional)", "12")
    press(window, "Save")
    expect(window.get_by_text("Boat house: capacity changed from 8 to 12").first).to_be_visible()
    assert axe(window) == []

    window.goto(f"{address}/organise/themes/_add")
    fill(window, "Name", "Wind")
    go_to(window, "Triangle")
    window.keyboard.press("ArrowLeft")
    window.keyboard.press("Enter")
    expect(window.locator("h1")).to_have_text("Wind")
    expect(window.locator(".facts use").first).to_have_attribute("href", "#shape-circle")


def _clock(window: Page) -> str:
    """Return the time format of this browser."""
    return str(window.evaluate("new Date(0).toLocaleTimeString()"))


def test_speaker_room_and_theme_pages_are_accessible_without_horizontal_scrolling(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    address = live_site().address
    sign_in_window(window, address)
    window.set_viewport_size({"width": 320, "height": 640})
    found: dict[str, tuple[list[str], int]] = {}

    def look(state: str) -> None:
        found[f"{read_heading(window)}, {state}"] = (axe(window), horizontal_overflow(window))

    def visit(path: str, state: str) -> None:
        window.goto(f"{address}/organise/{path}")
        look(state)

    long = make_speaker(name="Wolfeschlegelsteinhausen" * 8, organisation="Ng" * 150, slug="long")
    make_speaker(name="مريم العلوي", organisation="جامعة محمد الخامس", slug="maryam")
    room = make_room(name="Llanfairpwllgwyngyll" * 9, features="step-free quiet", slug="long")
    theme = make_theme(name="Donaudampfschifffahrt" * 9, shape="star", slug="long")
    make_session(title="Rindfleischetikettierung" * 12, speakers=(long,), room=room, theme=theme)
    visit("speakers", "full")
    visit("speakers?q=nobody", "narrowed to nobody")
    window.emulate_media(color_scheme="dark")
    visit("speakers/long", "in the dark")
    visit("speakers/maryam", "from right to left")
    visit("speakers/long/withdraw", "asked")
    visit("speakers/maryam/delete", "asked")
    visit("themes/long/change", "in the dark")
    window.emulate_media(color_scheme="light")
    visit("speakers/long/change", "filled")
    other = window.context.new_page()
    other.goto(f"{address}/organise/speakers/long/change")
    other.get_by_label("Role").fill("Pilot")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_role("status").first).to_contain_text("The speaker has been saved")
    window.get_by_role("button", name="Save").click()
    look("too late")
    window.get_by_role("button", name="Add a time").click()
    window.get_by_label("To", exact=True).fill("10:00")
    window.get_by_label("Contact email address").fill("nowhere")
    window.get_by_role("button", name="Save").click()
    look("with errors")
    for part in ("rooms", "themes"):
        visit(part, "full")
        visit(f"{part}/_add", "empty")
        window.get_by_role("button", name="Add this").click()
        look("with errors")
        visit(f"{part}/long", "filled")
        visit(f"{part}/long/delete", "in use")
        visit(f"{part}/long/empty", "asked")

    assert {state: told for state, told in found.items() if told != ([], 0)} == {}
    assert len(found) == 22


def test_speakers_rooms_and_themes_can_be_managed_without_javascript(
    live_site: LiveSites, window_without_scripts: Page
) -> None:
    window = window_without_scripts
    address = live_site().address
    sign_in_window(window, address)

    window.goto(f"{address}/organise/speakers/ada-marsh/change")
    window.get_by_label("Role").fill("Pilot")
    window.get_by_role("button", name="Add a time").click()
    window.get_by_role("button", name="Add a time").click()
    window.get_by_label("Day").nth(1).select_option("Thursday 11 June 2009")
    window.get_by_role("button", name="Remove time 1").click()
    stale = window.context.new_page()
    stale.goto(f"{address}/organise/speakers/ada-marsh/change")
    window.get_by_label("Name", exact=True).press(
        "Enter"
    )  # saves, although other buttons are nearer
    expect_heading(window, "Ada Marsh")
    expect(window.get_by_text("Thursday 11 June 2009, all day").first).to_be_visible()

    stale.get_by_label("Role").fill("Captain")
    stale.get_by_role("button", name="Save").click()
    table = stale.get_by_role("region", name="Two versions").last.get_by_role("table")
    expect(table.get_by_role("row", name="Role Pilot Captain", exact=True)).to_be_visible()
    stale.get_by_role("button", name="Save").click()
    expect(stale.locator(".facts").first).to_contain_text("Captain")

    window.goto(f"{address}/organise/rooms/great-hall/delete")
    window.get_by_role("link", name="Move sessions to another room").click()
    window.get_by_label("Move them to").select_option("Boat house")
    window.get_by_role("button", name="Move 3 sessions").click()
    window.get_by_role("button", name="Delete").click()
    expect(window.get_by_role("rowheader")).to_have_text(["Boat house Illustrative"])
