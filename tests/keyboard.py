"""What somebody does who uses a keyboard alone, in a real browser.

tab_to(window, "Title")               with the Tab key, to what is announced so, and see it there
press(window, "Save")                 go there, press Enter, and wait for the page it leads to
press_in_place(window, "Preview")     the same, where the page stays
fill(window, "Title", "Tides")        go there and type over what stands there
choose(window, "Theme", "Water")      go there and type the beginning of an answer of a list
tick(window, "Coffee")                go there and press the space bar
expect_focus(window, "Title")         wait until the focus is there

Names are those of the accessibility tree, as a screen reader says them; one that ends in “…” is the
beginning of a name. Whoever goes back with Shift and Tab says `keys="Shift+Tab"`.
"""

import json
import re

from playwright.sync_api import Page

from tests.chromium import expect_page, expect_result
from tests.waiting import wait_until

MAX_TABS = 200
ANNOUNCED_NAME = re.compile(r'\w+:? ("(?:[^"\\]|\\.)*")|text: (.*)')  # button "Save", or text: Save
APPROXIMATE_NAME = """() => {
  const at = document.activeElement;
  const labels = (at.getAttribute("aria-labelledby") || "").split(" ");
  return [
    at.getAttribute("aria-label"), at.textContent,
    ...[...(at.labels || [])].map(label => label.textContent),
    ...labels.map(id => document.getElementById(id)?.textContent),
  ].join(" ");
}"""
IS_FOCUS_VISIBLE = """() => {
  const at = document.activeElement;
  const style = getComputedStyle(at), box = at.getBoundingClientRect();
  const shows = style.outlineStyle !== "none" || style.boxShadow !== "none";
  return shows && box.bottom > 0 && box.top < innerHeight;
}"""


def get_focused_name(window: Page) -> str:
    """Return the accessible name of the focused element."""
    at = window.locator(":focus")
    snapshot = at.aria_snapshot().removeprefix("- ") if at.count() else ""
    if snapshot.startswith("'"):  # as YAML has it: between single quotes, with those within doubled
        snapshot = snapshot[1:].replace("''", "'")
    found = ANNOUNCED_NAME.match(snapshot)
    return "" if found is None else found[2] or str(json.loads(found[1]))


def expect_focus(window: Page, name: str) -> None:
    """Wait until what is announced so has the focus."""
    wait_until(
        lambda: get_focused_name(window) == name,
        f"the focus is at “{name}”",
        describe=lambda: f"it is at “{get_focused_name(window)}”",
    )


def tab_to(window: Page, name: str, keys: str = "Tab") -> None:
    """Tab to the control with this name, and assert that the focus is visible."""
    window.wait_for_load_state()
    word = name.removesuffix("…").split()[0]
    passed: list[str] = []
    for _ in range(MAX_TABS):
        window.keyboard.press(keys)
        roughly = " ".join(
            window.evaluate(APPROXIMATE_NAME).split()
        )  # much quicker to ask than the tree
        passed.append(roughly[:40])
        if word in roughly and _matches_name(get_focused_name(window), name):
            expect_result(window, IS_FOCUS_VISIBLE, expected=True)
            return
    raise AssertionError(f"the Tab key never comes to “{name}”, only to {passed}")


def _matches_name(announced: str, name: str) -> bool:
    return announced == name or (name[-1] == "…" and announced.startswith(name[:-1]))


def press(window: Page, name: str, keys: str = "Tab") -> None:
    """Go to a button or a link, press it, and wait for the page that it leads to."""
    tab_to(window, name, keys)
    with expect_page(window):
        window.keyboard.press("Enter")


def press_in_place(window: Page, name: str) -> None:
    """Go to a button that leaves the page where it is, and press it."""
    tab_to(window, name)
    window.keyboard.press("Enter")


def fill(window: Page, name: str, text: str) -> None:
    """Focus a field and replace its text."""
    tab_to(window, name)
    window.keyboard.press("Control+a")
    window.keyboard.type(text)


def choose(window: Page, name: str, beginning: str) -> None:
    """Go to a list of answers and type how one begins."""
    tab_to(window, name)
    window.keyboard.type(beginning)


def tick(window: Page, name: str) -> None:
    """Go to a box, and tick or clear it."""
    tab_to(window, name)
    window.keyboard.press("Space")
