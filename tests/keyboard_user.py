"""Somebody who works in admin by keyboard and listens to a screen reader.

open("/organise/rooms")             open a page
press("Add a room")                 go to a link or a button with the Tab key, and press it
fill("Name", "Pier")                go to a field and type
choose("Theme", "Water")            go to a list of answers and type how one begins
choose_radio("Now", "At a moment")  go to the chosen answer of a group, and on to another
tick("Step-free access")            go to a box and press the space bar
open_details("View options")        unfold what is folded
download("Download as CSV")         press what gives a file; return the file's name
expect_announcement("Room added")   what is announced on the page: a status or an alert

Everything is found by the name that the accessibility tree gives it, in the order of that tree.
Each page on the way is looked at: by axe, for one heading of the first level inside one main part,
for controls without a name, and for what sticks out sideways, there and on a narrow screen. What
was sent is noted as the
endpoint of its route, so that a test can tell which deeds nobody has walked through.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Page, Request, ViewportSize, expect
from werkzeug.exceptions import HTTPException

from tests import keyboard
from tests.chromium import Axe, expect_page, horizontal_overflow, read_heading
from tests.waiting import wait_until

UNNAMED_CONTROL = re.compile(
    r"^ *- '?(?:button|link|textbox|combobox|checkbox|radio|searchbox|spinbutton|listbox|switch"
    r"|dialog|img|region|table|navigation)(?! \"|(?<=table):)(?: \[[^]]*\])*:?",
    re.MULTILINE,
)
SEGMENTED_INPUTS = (
    "date",
    "time",
    "datetime-local",
)  # how they are typed is the browser's own affair
WIDE = ViewportSize(width=1280, height=800)
NARROW = ViewportSize(width=320, height=800)
IS_FOCUS_ON_BODY = "document.activeElement === document.body"


class KeyboardUser:
    """One keyboard user through one action after another."""

    def __init__(self, window: Page, address: str, site: Flask, axe: Axe) -> None:
        self.window = window
        self.posted_endpoints: set[str] = set()
        self.faults: list[str] = []
        self._seen_pages: set[str] = set()
        self._address = address
        self._routes = site.url_map.bind("")
        self._axe = axe
        window.on("request", self._record_post)

    def open(self, path: str) -> None:
        """Open a page by its address."""
        self.window.goto(self._address + path)
        self._check_page()

    def press(self, name: str) -> None:
        """Go to a link or a button, press it, and look at the page it leads to."""
        self._tab_to(name)
        with expect_page(self.window):
            self.window.keyboard.press("Enter")
        self._check_page()

    def download(self, name: str) -> str:
        """Press a download link and return the file name."""
        self._tab_to(name)
        with self.window.expect_download() as coming:
            self.window.keyboard.press("Enter")
        return coming.value.suggested_filename

    def fill(self, name: str, text: str) -> None:
        """Focus a field, unless the page opened in it, and replace its text."""
        if keyboard.get_focused_name(self.window) != name:
            self._tab_to(name)
        field = self.window.locator(":focus")
        if field.get_attribute("type") in SEGMENTED_INPUTS:
            field.fill(text)
        else:
            self.window.keyboard.press("Control+a")
            self.window.keyboard.insert_text(text)

    def choose(self, name: str, answer: str) -> None:
        """Go to a list of answers and choose one by typing how it begins."""
        self._tab_to(name)
        self.window.keyboard.type(answer)

    def choose_radio(self, chosen: str, answer: str) -> None:
        """Go to the answer of a group that is chosen, and on with the arrow keys to another."""
        self._tab_to(chosen)
        for _ in range(9):
            self.window.keyboard.press("ArrowDown")
            if keyboard.get_focused_name(self.window).startswith(answer):
                return
        raise AssertionError(f"the arrow keys never come to “{answer}”")

    def open_details(self, name: str) -> None:
        """Go to what is folded, and unfold it."""
        self._tab_to(name)
        self.window.keyboard.press("Enter")

    def tick(self, name: str) -> None:
        """Go to a box, and tick it, or clear it if it is ticked."""
        self._tab_to(name)
        self.window.keyboard.press("Space")

    def attach_file(self, name: str, path: str) -> None:
        """Go to where a file is chosen, and choose one; the window of the system is not ours."""
        self._tab_to(name)
        self.window.locator(":focus").set_input_files(path)

    def expect_announcement(self, text: str) -> None:
        """Hear something said as a status or an alert."""

        def announced() -> str:
            tree = self.window.locator("body").aria_snapshot()
            return "\n".join(_subtrees(tree, ("status", "alert")))

        wait_until(lambda: text in announced(), f"“{text}” is announced", describe=announced)

    def expect_text(self, text: str) -> None:
        """Find words in the main part of the page."""
        expect(self.window.get_by_role("main")).to_contain_text(text)

    @property
    def heading(self) -> str:
        """The heading of the page."""
        return read_heading(self.window)

    def _tab_to(self, name: str) -> None:
        if self.window.evaluate(IS_FOCUS_ON_BODY):
            keyboard.press_in_place(self.window, "Skip to main content")
        keyboard.tab_to(self.window, name)

    def _check_page(self) -> None:
        tree = self.window.locator("body").aria_snapshot()
        if tree in self._seen_pages:
            return
        self._seen_pages.add(tree)
        problems = [
            *(f"no name: {one[0].strip()}" for one in UNNAMED_CONTROL.finditer(tree)),
            *self._axe(self.window),
        ]
        if len(re.findall(r"^ *- '?heading .*\[level=1\]", tree, re.MULTILINE)) != 1:
            problems.append("not one heading of the first level")
        if len(re.findall(r"^ *- main\b", tree, re.MULTILINE)) != 1:
            problems.append("not one main part")
        problems += self._sticking_out()
        self.faults += [f"{self.heading}: {fault}" for fault in problems]

    def _sticking_out(self) -> list[str]:
        usual = self.window.viewport_size
        found = ["scrolls sideways"] if horizontal_overflow(self.window) else []
        if usual == WIDE:
            self.window.set_viewport_size(NARROW)
            found += ["scrolls sideways when narrow"] if horizontal_overflow(self.window) else []
            self.window.set_viewport_size(WIDE)
        return found

    def _record_post(self, request: Request) -> None:
        if request.method != "POST":
            return
        try:
            endpoint, _ = self._routes.match(urlsplit(request.url).path, method="POST")
        except HTTPException:
            return
        self.posted_endpoints.add(endpoint)


def _subtrees(tree: str, roles: Iterable[str]) -> list[str]:
    """Give the parts of a tree that have one of these roles, each with what is below it."""
    found: list[str] = []
    depth: int | None = None
    for line in tree.splitlines():
        here = len(line) - len(line.lstrip())
        if depth is not None and here > depth:
            found[-1] += f"\n{line}"
            continue
        depth = None
        if re.match(rf"'?(?:{'|'.join(roles)})\b", line.strip().removeprefix("- ")):
            depth = here
            found.append(line)
    return found
