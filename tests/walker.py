"""Somebody who works in the back office by keyboard and listens to a screen reader.

walker.at("/organise/rooms")            open a page
walker.press("Add a room")              go to a link or a button with the Tab key, and press it
walker.fill("Name", "Pier")             go to a field and type
walker.choose("Theme", "Water")         go to a list of answers and type how one begins
walker.go_on("Now", "At a set moment")  go to the chosen answer of a group, and on to another
walker.tick("Step-free access")         go to a box and press the space bar
walker.take("Download as CSV")          press what gives a file, and hold the file's name
walker.hear("The room has been added")  what is announced on the page: a status or an alert

Everything is found by the name that the accessibility tree gives it, in the order of that tree.
Each page on the way is looked at: by axe, for one heading of the first level inside one main part,
for controls without a name, and for what sticks out sideways, there and on a narrow screen. What
was sent is noted as the
endpoint of its route, so that a test can tell which deeds nobody has walked through.
"""

import re
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Page, Request, ViewportSize, expect
from werkzeug.exceptions import HTTPException

from tests import keyboard
from tests.chromium import sideways_scroll

NAMELESS = re.compile(
    r"^ *- '?(?:button|link|textbox|combobox|checkbox|radio|searchbox|spinbutton|listbox|switch"
    r"|dialog|img|region|table|navigation)(?! \"|(?<=table):)(?: \[[^]]*\])*:?",
    re.MULTILINE,
)
BY_PARTS = ("date", "time", "datetime-local")  # how they are typed is the browser's own affair
WIDE = ViewportSize(width=1280, height=800)
NARROW = ViewportSize(width=320, height=800)
AT_THE_TOP = "document.activeElement === document.body"


class Walker:
    """One person on the way through one deed after another."""

    def __init__(
        self, window: Page, address: str, site: Flask, axe: Callable[[Page], list[str]]
    ) -> None:
        self.window = window
        self.sent: set[str] = set()
        self.faults: list[str] = []
        self._seen: set[str] = set()
        self._address = address
        self._routes = site.url_map.bind("")
        self._axe = axe
        window.on("request", self._note)

    def at(self, path: str) -> None:
        """Open a page by its address."""
        self.window.goto(self._address + path)
        self._look()

    def press(self, name: str) -> None:
        """Go to a link or a button, press it, and look at the page it leads to."""
        self._reach(name)
        with self.window.expect_navigation():
            self.window.keyboard.press("Enter")
        self._look()

    def take(self, name: str) -> str:
        """Press what gives a file; tell the name of the file."""
        self._reach(name)
        with self.window.expect_download() as coming:
            self.window.keyboard.press("Enter")
        return coming.value.suggested_filename

    def fill(self, name: str, words: str) -> None:
        """Go to a field and type over what stands there."""
        self._reach(name)
        field = self.window.locator(":focus")
        if field.get_attribute("type") in BY_PARTS:
            field.fill(words)
        else:
            self.window.keyboard.press("Control+a")
            self.window.keyboard.insert_text(words)

    def choose(self, name: str, answer: str) -> None:
        """Go to a list of answers and choose one by typing how it begins."""
        self._reach(name)
        self.window.keyboard.type(answer)

    def go_on(self, chosen: str, answer: str) -> None:
        """Go to the answer of a group that is chosen, and on with the arrow keys to another."""
        self._reach(chosen)
        for _ in range(9):
            self.window.keyboard.press("ArrowDown")
            if keyboard.focused(self.window).startswith(answer):
                return
        raise AssertionError(f"the arrow keys never come to “{answer}”")

    def tick(self, name: str) -> None:
        """Go to a box, and tick it."""
        self._reach(name)
        self.window.keyboard.press("Space")

    def hand_in(self, name: str, path: str) -> None:
        """Go to where a file is chosen, and choose one; the window of the system is not ours."""
        self._reach(name)
        self.window.locator(":focus").set_input_files(path)

    def hear(self, words: str) -> None:
        """Hear something said as a status or an alert."""
        tree = self.window.locator("body").aria_snapshot()
        said = "\n".join(_branches(tree, ("status", "alert")))
        assert words in said, f"“{words}” is not announced, only: {said}\n{self.heading}"

    def read(self, words: str) -> None:
        """Find words in the main part of the page."""
        expect(self.window.get_by_role("main")).to_contain_text(words)

    @property
    def heading(self) -> str:
        """The heading of the page."""
        return self.window.get_by_role("heading", level=1).inner_text()

    def _reach(self, name: str) -> None:
        if self.window.evaluate(AT_THE_TOP):
            keyboard.press_here(self.window, "Skip to the content")
        keyboard.go_to(self.window, name)

    def _look(self) -> None:
        tree = self.window.locator("body").aria_snapshot()
        if tree in self._seen:
            return
        self._seen.add(tree)
        found = [
            *(f"no name: {one[0].strip()}" for one in NAMELESS.finditer(tree)),
            *self._axe(self.window),
        ]
        if len(re.findall(r"^ *- '?heading .*\[level=1\]", tree, re.MULTILINE)) != 1:
            found.append("not one heading of the first level")
        if len(re.findall(r"^ *- main\b", tree, re.MULTILINE)) != 1:
            found.append("not one main part")
        found += self._sticking_out()
        self.faults += [f"{self.heading}: {fault}" for fault in found]

    def _sticking_out(self) -> list[str]:
        usual = self.window.viewport_size
        found = ["scrolls sideways"] if sideways_scroll(self.window) else []
        if usual == WIDE:
            self.window.set_viewport_size(NARROW)
            found += ["scrolls sideways when narrow"] if sideways_scroll(self.window) else []
            self.window.set_viewport_size(WIDE)
        return found

    def _note(self, request: Request) -> None:
        if request.method != "POST":
            return
        try:
            endpoint, _ = self._routes.match(urlsplit(request.url).path, method="POST")
        except HTTPException:
            return
        self.sent.add(endpoint)


def _branches(tree: str, roles: Iterable[str]) -> list[str]:
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
