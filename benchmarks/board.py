"""The schedule board of a day with 200 sessions: its bytes, its queries, and a move by keyboard.

A move is timed in a real browser, from the key to the words that a screen reader is given: first
where the session would be, then what it would clash with there, which the server says. Beside it
stands a page that does nothing but answer a key with words.
"""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

import brotli
from playwright.sync_api import Browser, Page

from benchmarks.back_office import Office, office, queries
from benchmarks.copies import Copy
from benchmarks.figures import Figure, at_most
from benchmarks.running import ROOT
from tests import chromium

SIZE = (400, 450)  # sessions and speakers: 200 sessions on each of two days
PATH = "/organise/board"
MOVES = 40
SCRIPT = ROOT / "static" / "js" / "organise.js"
NOTHING_BUT_WORDS = """
<p role=status></p>
<script>addEventListener("keydown", ({ key }) => {
  document.querySelector("p").textContent = `${key} ${performance.now()}`;
});</script>
"""
TIMED = """key => new Promise((done) => {
  const status = document.querySelector("[role=status]");
  const began = performance.now();
  const times = [];
  const watcher = new MutationObserver(() => times.push(performance.now() - began));
  watcher.observe(status, { childList: true, characterData: true, subtree: true });
  const keys = { key, bubbles: true, cancelable: true };
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", keys));
  setTimeout(() => { watcher.disconnect(); done([times[0], times.at(-1)]); }, 250);
})"""


def measure(folder: Path) -> Iterator[Figure]:
    """Weigh the board, count its questions, and move a session about."""
    copy = Copy(folder / "board", SIZE)
    ours = office(copy)
    yield from _weighed(ours)
    asked = queries(ours, PATH)
    yield Figure("board with 200 sessions: SQL queries", str(asked), asked, at_most(8, 7))
    with copy.server(), chromium.running() as browser:
        yield from _moved(browser, ours)


def _weighed(ours: Office) -> Iterator[Figure]:
    page = ours.organiser.get(f"{ours.address}{PATH}").get_data()
    raw, packed = len(page) / 1000, len(brotli.compress(page, quality=5)) / 1000
    script = len(SCRIPT.with_name(f"{SCRIPT.name}.br").read_bytes()) / 1000
    cards = page.count(b"data-slug=")
    yield Figure(f"board with {cards} sessions", f"{raw:.0f} kB", raw, at_most(600, 300, "kB"))
    yield Figure("the same, br", f"{packed:.1f} kB", packed, at_most(60, 30, "kB"))
    yield Figure(
        "JavaScript of the back office, br", f"{script:.1f} kB", script, at_most(30, 15, "kB")
    )


def _moved(browser: Browser, ours: Office) -> Iterator[Figure]:
    window, control = browser.new_page(), browser.new_page()
    cookie = ours.organiser.get_cookie("session", domain="127.0.0.1")
    assert cookie
    window.context.add_cookies([{"name": "session", "value": cookie.value, "url": ours.address}])
    control.set_content(NOTHING_BUT_WORDS)
    window.goto(f"{ours.address}{PATH}")
    window.locator(".board-slots .slot a").nth(20).focus()
    window.keyboard.press("m")
    keys = ["ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft"] * (MOVES // 4)
    pairs = [(_took(window, key), _took(control, key)) for key in keys]
    place, clashes = (median(one[part] for one, _ in pairs) for part in (0, 1))
    nothing = median(other[0] for _, other in pairs)
    yield Figure(
        "a move by keyboard, from the key to where it would be",
        f"{place:.1f} ms",
        place,
        at_most(100, 16, "ms"),
        f"nothing but words: {nothing:.1f} ms",
        place / nothing if nothing else None,
    )
    yield Figure(
        "the same, to what it would clash with",
        f"{clashes:.1f} ms",
        clashes,
        at_most(100, 50, "ms"),
    )


def _took(window: Page, key: str) -> tuple[float, float]:
    """Press a key; tell how many milliseconds the first words took, and the last."""
    first, last = window.evaluate(TIMED, key)
    return first, last
