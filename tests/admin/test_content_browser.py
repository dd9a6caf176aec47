"""Editing content and settings in a real browser: by keyboard, accessibly."""

import re

from playwright.sync_api import Browser, Page, expect

from app.database import db
from tests.chromium import Axe, expect_heading, expect_result, horizontal_overflow, read_heading
from tests.factories import make_delegate, make_link, sign_in_window
from tests.live_site import LiveSites
from tests.programme.sample_pictures import make_picture

IS_FOCUS_ON_ERRORS = "document.activeElement.closest('.govuk-error-summary') !== null"
WANDA, OTTO = "wanda@conference.example", "otto@conference.example"


def focused(window: Page) -> str:
    """Return the accessible name of the focused element, and assert that the focus is visible."""
    name: str = window.evaluate(
        """() => {
            const one = document.activeElement;
            const style = getComputedStyle(one);
            const shows = style.outlineStyle !== "none" || style.boxShadow !== "none";
            const words = one.labels?.length ? one.labels[0].innerText : one.innerText;
            return (shows ? "" : "unseen: ") + (words || "").trim();
        }"""
    )
    return name


def tab_to(window: Page, name: str, most: int = 90) -> None:
    """Go to a field, link or button with the Tab key alone."""
    window.wait_for_load_state()
    for _ in range(most):
        window.keyboard.press("Tab")
        if focused(window) == name:
            return
    raise AssertionError(f"the Tab key never comes to “{name}” on {read_heading(window)}")


def write(window: Page, field: str, words: str) -> None:
    tab_to(window, field)
    window.keyboard.press("Control+A")
    window.keyboard.insert_text(words)


def press(window: Page, name: str) -> None:
    tab_to(window, name)
    with window.expect_navigation():
        window.keyboard.press("Enter")


def test_an_editor_edits_compares_and_restores_pages_by_keyboard(
    live_site: LiveSites, window: Page
) -> None:
    site = live_site().address
    sign_in_window(window, site, WANDA, role="editor")
    window.goto(f"{site}/organise/pages/page/help")

    press(window, "Change")
    write(window, "Title", "Help and contact")
    write(window, "Text", "## Desk\n\nAsk at the **desk**.")
    expect(window.locator("#preview strong")).to_have_text("desk")
    expect(window.get_by_label("Text", exact=True)).to_be_focused()
    preview = window.locator("#preview")
    expect(preview.get_by_role("heading", name="Desk", level=2)).to_be_visible()
    press(window, "Save")
    expect(window.locator(".note--done")).to_have_text("Saved. It is public now.")
    press(window, "2 versions")
    press(window, "Show differences")
    rows = window.get_by_role("region", name="Lines of the text")
    expect(rows).to_contain_text("Added")
    press(window, "All versions")
    press(window, "Original")
    press(window, "Publish this version now")
    expect_heading(window, "Help")

    window.goto(f"{site}/organise/pages/notice/write")
    write(window, "The notice", "No trains today: take the bus.")
    press(window, "Save notice")
    told = window.get_by_role("region", name="Urgent notice")
    expect(told).to_have_text("No trains today: take the bus.")
    press(window, "Remove notice")
    expect(told).to_have_count(0)


def test_an_organiser_changes_the_settings_by_keyboard_alone(
    live_site: LiveSites, window: Page
) -> None:
    site = live_site().address
    sign_in_window(window, site)
    window.goto(f"{site}/organise/settings")

    press(window, "Change settings")
    write(window, "Title", " ")
    press(window, "Save")
    expect(window).to_have_title(re.compile("^Error:"))
    expect_result(window, IS_FOCUS_ON_ERRORS, expected=True)
    write(window, "Title", "Tides and Storms")
    press(window, "Save")
    expect(window.locator(".note--done")).to_have_text("The settings have been saved.")
    press(window, "Change the number of places")
    write(window, "Number of places", "30")
    press(window, "Save")

    window.goto(f"{site}/")
    expect_heading(window, "Tides and Storms")


def test_content_can_be_edited_without_javascript(
    live_site: LiveSites, window_without_scripts: Page
) -> None:
    site = live_site().address
    window = sign_in_window(window_without_scripts, site, WANDA, role="editor")

    window.goto(f"{site}/organise/pages/add/page")
    window.get_by_label("Title").fill("Getting here")
    window.get_by_label("Summary").fill("By train and by boat.")
    window.get_by_label("Text").fill("Take the *train*.")
    window.get_by_role("button", name="Preview").click()
    expect_heading(window, "Preview of “Getting here”")
    expect(window.locator(".as-read em")).to_have_text("train")
    window.get_by_role("link", name="Back to the form").click()
    expect(window.get_by_label("Title")).to_have_value("Getting here")
    window.get_by_role("button", name="Save", exact=True).click()
    expect_heading(window, "Getting here")
    window.get_by_role("link", name="Change additional links").click()
    window.get_by_label("Link text").fill("Trains")
    window.get_by_label("Web address").fill("https://trains.example/")
    window.get_by_role("button", name="Add link").click()
    window.goto(f"{site}/getting-here")
    expect(window.get_by_role("link", name="Trains (opens another website)")).to_be_visible()
    window.goto(f"{site}/organise/pages/page/getting-here")
    window.get_by_role("link", name="Delete").click()
    window.get_by_role("button", name="Delete").click()
    answer = window.goto(f"{site}/getting-here?as=now")  # the browser holds the page for a minute
    assert answer is not None
    assert answer.status == 410


class PageChecker:
    """Collects axe violations and horizontal overflow of one page after another."""

    def __init__(self, window: Page, site: str, axe: Axe) -> None:
        self.window, self._site, self._axe = window, site, axe
        self.seen: dict[str, tuple[list[str], int]] = {}
        window.set_viewport_size({"width": 320, "height": 640})

    def look(self, state: str) -> None:
        scroll = horizontal_overflow(self.window)
        self.seen[f"{read_heading(self.window)}, {state}"] = (self._axe(self.window), scroll)

    def visit(self, address: str, state: str = "") -> None:
        self.window.goto(f"{self._site}{address}")
        self.look(state)

    @property
    def faults(self) -> dict[str, tuple[list[str], int]]:
        return {state: told for state, told in self.seen.items() if told != ([], 0)}


def test_picture_and_broken_link_pages_are_accessible(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    site = live_site().address
    eyes = PageChecker(sign_in_window(window, site), site, axe)
    window.goto(f"{site}/organise/pages/page/help/en")
    window.get_by_label("Text").fill("See [the trains](/no-trains) and [this](#no-heading).")
    window.get_by_role("button", name="Add or delete pictures").click()
    eyes.look("pictures, none yet")
    window.get_by_role("button", name="Add picture").click()
    eyes.look("pictures, with faults")
    window.get_by_label("Picture", exact=True).set_input_files(
        {"name": f"{'ng' * 60}.png", "mimeType": "image/png", "buffer": make_picture("PNG")}
    )
    window.get_by_label("Description of the picture").fill("Wolfeschlegelsteinhausen" * 8)
    window.get_by_role("button", name="Add picture").click()
    expect_heading(window, "Change “Help”")
    window.get_by_role("button", name="Insert").click()
    eyes.look("a draft, with a picture and dead links")
    window.get_by_role("button", name="Add or delete pictures").click()
    eyes.look("pictures")
    window.get_by_role("link", name="Back to the form").click()
    window.get_by_role("button", name="Preview").click()
    eyes.look("with a preview of a picture")
    window.get_by_role("button", name="Save and publish").click()
    eyes.look("saved with dead links")

    assert eyes.faults == {}
    assert len(eyes.seen) == 6


def test_content_editing_pages_are_accessible(
    live_site: LiveSites, window: Page, chromium: Browser, axe: Axe
) -> None:
    site = live_site().address
    eyes = PageChecker(sign_in_window(window, site), site, axe)
    make_link(label="Ng" * 60, address=f"https://example.org/{'x' * 300}")
    db.session.commit()  # to let others write
    eyes.visit("/organise/pages")
    eyes.visit("/organise/menus")
    eyes.visit("/organise/menus/header/shipped")
    eyes.visit("/organise/pages?q=storms", "nothing found")
    eyes.visit("/organise/pages/notice", "none")
    eyes.visit("/organise/pages/page/help", "as shipped")
    eyes.visit("/organise/pages/page/help/en", "empty")
    window.get_by_label("Text").fill("# One\n\n| a | b |\n|---|---|\n" + "| x | y |\n" * 20)
    window.get_by_label("Title").fill("Wolfeschlegelsteinhausen" * 8)
    window.get_by_role("button", name="Preview").click()
    eyes.look("with a preview")
    with chromium.new_context() as another:  # a concurrent edit was saved first
        other = sign_in_window(another.new_page(), site, OTTO)
        other.goto(f"{site}/organise/pages/page/help/en")
        other.get_by_label("Title").fill("His")
        other.get_by_role("button", name="Save").click()
        expect(other.locator(".note--done")).to_be_visible()
    window.get_by_role("button", name="Save").click()
    eyes.look("too late")
    window.get_by_label("Appears (optional)").fill("2009-06-09T09:00")
    window.get_by_role("button", name="Save").click()
    eyes.look("waiting")
    eyes.visit("/organise/pages/page/help/en", "while one waits")
    eyes.visit("/organise/pages/page/help/en/versions")
    eyes.visit("/organise/pages/page/help/en/versions/1")
    eyes.visit("/organise/pages/page/help/en/compare?from=0&to=2")
    eyes.visit("/organise/pages/add/news")
    window.get_by_role("button", name="Save", exact=True).click()
    eyes.look("with errors")
    eyes.visit("/organise/pages/notice/write")
    window.get_by_label("The notice").fill("Wolfeschlegelsteinhausen " * 10)
    window.get_by_role("button", name="Save notice").click()
    eyes.look("standing")
    eyes.visit("/organise/pages/notice/notice/en/versions/1")
    eyes.visit("/help", "as readers see it")

    assert eyes.faults == {}
    assert len(eyes.seen) == 20


def test_link_editing_pages_are_accessible(live_site: LiveSites, window: Page, axe: Axe) -> None:
    site = live_site().address
    eyes = PageChecker(sign_in_window(window, site), site, axe)
    link = make_link(label="Ng" * 60, address=f"https://example.org/{'x' * 300}").id
    db.session.commit()  # to let others write
    eyes.visit("/organise/pages/page/help/links")
    window.get_by_role("button", name="Add link").click()
    eyes.look("with errors")
    eyes.visit(f"/organise/pages/page/help/links/{link}")
    window.get_by_label("Appears (optional)").fill("2009-06-09T09:00")
    window.get_by_role("button", name="Save").click()
    eyes.look("one waits")
    eyes.visit(f"/organise/pages/page/help/links/{link}", "while a version waits")
    eyes.visit(f"/organise/pages/link/{link}/en/versions")
    eyes.visit(f"/organise/pages/link/{link}/en/versions/1")
    eyes.visit(f"/organise/pages/link/{link}/en/compare?from=1&to=2")
    eyes.visit(f"/organise/pages/page/help/links/{link}", "once more")
    window.get_by_role("button", name="Delete link").click()
    eyes.look("one was deleted")
    eyes.visit(f"/organise/pages/page/help/links/{link}", "taken away")

    assert eyes.faults == {}
    assert len(eyes.seen) == 11


def test_settings_pages_are_accessible(live_site: LiveSites, window: Page, axe: Axe) -> None:
    site = live_site().address
    eyes = PageChecker(sign_in_window(window, site), site, axe)

    make_delegate(days="2009-06-11")
    eyes.visit("/organise/settings")
    eyes.visit("/organise/settings/places")
    window.get_by_label("Number of places").fill("0")
    window.get_by_role("button", name="Save").click()
    eyes.look("with an error")
    eyes.visit("/organise/settings/change")
    window.get_by_label("Title", exact=True).fill("Wolfeschlegelsteinhausen" * 8)
    window.get_by_label("Last day").fill("2009-06-10")
    window.get_by_role("button", name="Save").click()
    eyes.look("with an error")
    window.get_by_label("Last day").fill("2009-06-12")
    window.get_by_role("button", name="Save").click()
    eyes.look("saved")
    window.emulate_media(color_scheme="dark")
    eyes.look("in the dark")

    assert eyes.faults == {}
    assert len(eyes.seen) == 7
