"""A real browser: the machine's own Chromium, driven by Playwright; axe looks for barriers.

What a story sees there is still on its way: a click returns as soon as the next page has begun.
So a story says what it expects, and `expect`, `expect_heading` and `expect_result` wait until it is
so; `find_violations`, `horizontal_overflow` and `read_heading` wait until the page is all there,
and `expect_page` until another is.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from weakref import WeakKeyDictionary, WeakSet

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.waiting import wait_until

Axe = Callable[[Page], list[str]]  # finds accessibility violations on a page

# The first has no windows to draw, and is a quarter quicker.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
AXE = Path(__file__).resolve().parent.parent / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = """async () => {
  const { violations } = await axe.run({ resultTypes: ["violations"] });
  return violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ target }) => `${id} (${impact}): ${help}: ${target}`));
}"""  # put into words there: all that axe finds takes longer to bring here than to find
SPACED = """* {
  line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important;
} p { margin-bottom: 2em !important; }"""  # WCAG 2.2, success criterion 1.4.12
CUT_OFF = """() => [...document.querySelectorAll("main *, header *, footer *")].filter(one => {
  const box = one.getBoundingClientRect();
  const style = getComputedStyle(one);
  return box.width > 1 && style.overflow !== "visible" && style.overflowX !== "auto"
    && one.scrollWidth > one.clientWidth + 1;
}).map(one => one.outerHTML.slice(0, 80))"""
OPTIONS = [
    "--no-sandbox",  # it works neither for root nor in most containers
    "--process-per-site",  # tabs of one context share a process, which has read axe before
]
HOME = "http://127.0.0.1:9/"  # nothing is there: see _shared_context

expect.set_options(timeout=30_000)  # milliseconds; a busy machine needs more than the usual five


@contextmanager
def launch() -> Iterator[Browser]:
    """Start the browser, and close it at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_find_program(), args=OPTIONS)
        yield browser
        browser.close()


@contextmanager
def tab(browser: Browser, *, scripts: bool = True) -> Iterator[Page]:
    """Open a tab for one test in a shared context that each test leaves as it found it."""
    context = _shared_context(browser, scripts)
    try:
        yield context.new_page()
    finally:
        _leave_nothing(context)


def _leave_nothing(context: BrowserContext) -> None:
    first, *others = context.pages
    for page in others:
        page.close()
    context.unroute_all()
    context.set_offline(offline=False)
    context.clear_cookies()
    context.clear_permissions()
    devtools = context.new_cdp_session(first)
    devtools.send("Network.clearBrowserCache")
    devtools.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"})
    devtools.detach()


def _shared_context(browser: Browser, scripts: bool) -> BrowserContext:
    """Return the context with or without JavaScript; its first tab keeps the process alive."""
    known = _contexts.setdefault(browser, {})
    if scripts not in known:
        known[scripts] = browser.new_context(java_script_enabled=scripts)
        page = known[scripts].new_page()
        page.route(HOME, lambda route: route.fulfill(body="", content_type="text/html"))
        page.goto(HOME)
    return known[scripts]


@contextmanager
def expect_page(page: Page) -> Iterator[None]:
    """Wait for the page to which something leads, until it is all there.

    A script that only changes the address of a page, such as that of a list which is searched while
    somebody types, would do for `Page.expect_navigation`.
    """
    page.wait_for_load_state()
    with page.expect_event("load"):
        yield


def expect_heading(page: Page, text: str) -> None:
    """Wait for the page with this heading."""
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def expect_result(page: Page, script: str, expected: object) -> None:
    """Wait until a script in the page gives this result."""
    page.wait_for_load_state()
    wait_until(
        lambda: bool(page.evaluate(script) == expected),
        f"{expected!r} from {script}",
        describe=lambda: f"{page.url} gives {page.evaluate(script)!r}",
    )


def read_heading(page: Page) -> str:
    """Read the heading of a page, once it is all there."""
    page.wait_for_load_state()
    return page.locator("h1").inner_text()


def find_violations(page: Page) -> list[str]:
    """List what axe finds against WCAG A and AA and its best practices, one line for each place."""
    page.wait_for_load_state()
    if page.evaluate("matchMedia('(scripting: none)').matches"):
        return find_violations(_copy_for_axe(page))
    if page not in _with_axe:  # once for all documents to come: it takes a tenth of a second
        page.add_init_script(_read_axe())
        _with_axe.add(page)
    if not page.evaluate("'axe' in window"):
        page.evaluate(_read_axe())
    found: list[str] = page.evaluate(VIOLATIONS)
    return found


def horizontal_overflow(page: Page) -> int:
    """Return by how many pixels a complete page is wider than its window."""
    page.wait_for_load_state()
    overflow: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return overflow


def _copy_for_axe(page: Page) -> Page:
    """Open what a page without scripts shows where axe can run, and the site's scripts cannot."""
    browser, html, size = page.context.browser, page.content(), page.viewport_size
    assert browser is not None
    assert size is not None
    if browser not in _copies:
        _copies[browser] = browser.new_page()
        _copies[browser].route("**/*.js", lambda route: route.abort())
    copy, is_dark = (
        _copies[browser],
        page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"),
    )
    copy.set_viewport_size(size)
    copy.emulate_media(color_scheme="dark" if is_dark else "light")
    copy.route(page.url, lambda route: route.fulfill(body=html, content_type="text/html"))
    copy.goto(page.url)
    copy.unroute(page.url)
    return copy


def _find_program() -> str:
    candidates = [os.environ.get("CHROMIUM", ""), *NAMES]
    program = next((found for found in map(shutil.which, filter(None, candidates)) if found), None)
    if program is None:
        pytest.fail("These tests need a browser: install the package chromium, or run make test.")
    return program


@cache
def _read_axe() -> str:
    if not AXE.exists():
        pytest.fail("These tests need axe-core: run npm ci, or make test.")
    return AXE.read_text(encoding="utf-8")


_contexts: WeakKeyDictionary[Browser, dict[bool, BrowserContext]] = WeakKeyDictionary()
_with_axe: WeakSet[Page] = WeakSet()
_copies: WeakKeyDictionary[Browser, Page] = WeakKeyDictionary()
