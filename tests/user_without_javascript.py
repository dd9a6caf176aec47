"""Somebody who works in the back office without scripts: the walks, over the small browser.

It does what tests/keyboard_user.py does, by the same names, with pages as they are sent: whatever a
story goes to must be on the page, not hidden, and sent by its own form. Keys, the focus and the
screen are the real browser's part. Every page on the way is checked in passing (tests/pages.py).
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from flask import Flask, request, request_started
from werkzeug.http import parse_options_header

from tests.browser import Answer, Browser, NotOnPage, Page
from tests.pages import FIELDS, read_text

PAGES = frozenset({200, 409, 422})  # as asked for, too late, or with what is to be put right
PRESSED = frozenset({"a", "button", "input"})


class UserWithoutJavaScript:
    """One user through one action after another, without JavaScript."""

    def __init__(self, browser: Browser, site: Flask) -> None:
        self.sent: set[str] = set()
        self._browser = browser
        self._answers: dict[str, Answer] = {}
        request_started.connect(self._note, site)

    def open(self, path: str) -> None:
        """Open a page by its address."""
        self._answers = {}
        self._browser.open(path)

    def press(self, name: str) -> None:
        """Press a link or a button, and be on the page it leads to."""
        page, pressed, answers = self._page, self._reach(name, PRESSED), self._answers
        self._answers = {}
        if pressed.tag == "a":
            self._browser.open(urljoin(page.address, pressed.attrib["href"]))
        else:
            page.press_element(pressed, answers, PAGES)

    def download(self, name: str) -> str:
        """Press a download link and return the file name."""
        before = self._page
        self.press(name)
        kind, about = parse_options_header(self._page.headers["Content-Disposition"])
        assert kind == "attachment"
        self._browser.page = before
        return about["filename"]

    def fill(self, name: str, words: str) -> None:
        """Replace the text of a field."""
        self._answers[self._name(self._reach(name, FIELDS))] = words

    def choose(self, name: str, answer: str) -> None:
        """Choose from a list of answers, by how one begins."""
        field = self._reach(name, frozenset({"select"}))
        options = [read_text(one) for one in field.iter("option")]
        self._answers[self._name(field)] = next(one for one in options if one.startswith(answer))

    def choose_radio(self, chosen: str, answer: str) -> None:
        """Go from the answer of a group that is chosen, or else is its first, on to another."""
        before = self._reach(chosen, FIELDS)
        group = self._page.tree.closest(before, "fieldset")
        assert group is not None, f"“{chosen}” stands alone"
        answers = list(group.iter("input"))
        first = next((one for one in answers if "checked" in one.attrib), answers[0])
        assert first is before, f"“{chosen}” is not where the Tab key comes to"
        names = [self._name(one) for one in answers]
        legend = read_text(next(group.iter("legend")))
        self._answers[legend] = next(one for one in names if one.startswith(answer))

    def open_details(self, name: str) -> None:
        """Find what is folded; unfolding it needs no request."""
        self._reach(name, frozenset({"summary"}))

    def tick(self, name: str) -> None:
        """Tick a box, or clear one that is ticked, as the space bar does."""
        box = self._reach(name, FIELDS)
        self._answers[self._name(box)] = "checked" not in box.attrib

    def attach_file(self, name: str, path: str) -> None:
        """Choose a file."""
        file = Path(path)
        self._answers[self._name(self._reach(name, FIELDS))] = (file.name, file.read_bytes())

    def expect_announcement(self, wanted: str) -> None:
        """Find words in a status or an alert."""
        every = self._page.tree.find_all()
        said = [read_text(one) for one in every if one.get("role") in {"status", "alert"}]
        assert wanted in "\n".join(said), f"“{wanted}” is not announced, only: {said}"

    def expect_text(self, wanted: str) -> None:
        """Find words in the main part of the page."""
        assert wanted in self._page.text, f"“{wanted}” is not in: {self._page.text}"

    @property
    def heading(self) -> str:
        """The heading of the page."""
        return self._page.heading

    @property
    def _page(self) -> Page:
        return self._browser.page

    def _reach(self, name: str, tags: frozenset[str]) -> Element:
        """Find a control by name, as the Tab key would: in the main element first."""
        page = self._page
        for place in (page.main, page.tree.root):
            for element in _shown(place):
                if element.tag not in tags or "disabled" in element.attrib:
                    continue
                if _is_called(self._name(element), name):
                    return element
        raise NotOnPage(f"{page.address} ({page.heading}) has no “{name}”")

    def _name(self, element: Element) -> str:
        if element.tag in FIELDS and element.get("type") != "submit":
            return self._page.tree.label_of(element)
        return element.get("aria-label") or read_text(element) or element.get("value") or ""

    def _note(self, _site: Flask, **_about: object) -> None:
        if request.method == "POST" and request.endpoint:
            self.sent.add(request.endpoint)


def _shown(element: Element) -> Iterator[Element]:
    """Go through what is not hidden, in the order of the page."""
    if element.get("hidden") is not None or element.tag == "template":
        return
    yield element
    for child in element:
        yield from _shown(child)


def _is_called(said: str, name: str) -> bool:
    return said == name or (name[-1] == "…" and said.startswith(name[:-1]))
