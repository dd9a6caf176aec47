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

from benchmarks.admin import SignedInSite, count_queries, sign_in_organiser
from benchmarks.copies import SiteCopy
from benchmarks.figures import Figure, at_most
from config import ROOT
from tests import chromium

SIZE = (400, 450)  # sessions and speakers: 200 sessions on each of two days
PATH = "/organise/board"
MOVES = 40
SCRIPT = ROOT / "static" / "js" / "admin.js"
CONTROL_PAGE = """
<p role=status></p>
<script>addEventListener("keydown", ({ key }) => {
  document.querySelector("p").textContent = `${key} ${performance.now()}`;
});</script>
"""
TIME_KEY_SCRIPT = """key => new Promise((done) => {
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
    copy = SiteCopy(folder / "board", SIZE)
    site = sign_in_organiser(copy)
    yield from measure_size(site)
    query_count = count_queries(site, PATH)
    yield Figure(
        "board with 200 sessions: SQL queries", str(query_count), query_count, at_most(8, 7)
    )
    with copy.start_server(), chromium.launch() as browser:
        yield from _measure_moves(browser, site)


def measure_size(site: SignedInSite) -> Iterator[Figure]:
    """Weigh the page, and the script that it needs."""
    page = site.client.get(f"{site.address}{PATH}").get_data()
    raw, packed = len(page) / 1000, len(brotli.compress(page, quality=5)) / 1000
    script = len(SCRIPT.with_name(f"{SCRIPT.name}.br").read_bytes()) / 1000
    cards = page.count(b"data-slug=")
    yield Figure(f"board with {cards} sessions", f"{raw:.0f} kB", raw, at_most(600, 300, "kB"))
    yield Figure("the same, br", f"{packed:.1f} kB", packed, at_most(60, 30, "kB"))
    yield Figure("JavaScript of admin, br", f"{script:.1f} kB", script, at_most(30, 15, "kB"))


def _measure_moves(browser: Browser, site: SignedInSite) -> Iterator[Figure]:
    window, control = browser.new_page(), browser.new_page()
    cookie = site.client.get_cookie("session", domain="127.0.0.1")
    assert cookie
    window.context.add_cookies([{"name": "session", "value": cookie.value, "url": site.address}])
    control.set_content(CONTROL_PAGE)
    window.goto(f"{site.address}{PATH}")
    window.locator(".board-slots .slot a").nth(20).focus()
    window.keyboard.press("m")
    keys = ["ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft"] * (MOVES // 4)
    pairs = [(_time_key(window, key), _time_key(control, key)) for key in keys]
    position_time, clash_time = (median(one[part] for one, _ in pairs) for part in (0, 1))
    control_time = median(other[0] for _, other in pairs)
    yield Figure(
        "a move by keyboard, from the key to where it would be",
        f"{position_time:.1f} ms",
        position_time,
        at_most(100, 16, "ms"),
        f"nothing but words: {control_time:.1f} ms",
        position_time / control_time if control_time else None,
    )
    yield Figure(
        "the same, to what it would clash with",
        f"{clash_time:.1f} ms",
        clash_time,
        at_most(100, 50, "ms"),
    )


def _time_key(window: Page, key: str) -> tuple[float, float]:
    """Press a key and return the milliseconds until the first and until the last announcement."""
    first, last = window.evaluate(TIME_KEY_SCRIPT, key)
    return first, last
