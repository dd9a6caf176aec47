"""A real browser: the machine's own Chromium, driven by Playwright; axe looks for barriers."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

# The first has no windows to draw, and is a quarter quicker.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
AXE = Path(__file__).resolve().parent.parent / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = """async () => {
  const { violations } = await axe.run({ resultTypes: ["violations"] });
  return violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ target }) => `${id} (${impact}): ${help}: ${target}`));
}"""  # put into words there: all that axe finds takes longer to bring here than to find
OPTIONS = ["--no-sandbox"]  # its sandbox works neither for root nor in most containers


@contextmanager
def running() -> Iterator[Browser]:
    """Start the browser, and close it at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_program(), args=OPTIONS)
        yield browser
        browser.close()


def barriers(page: Page) -> list[str]:
    """List what axe finds against WCAG A and AA and its best practices, one line for each place."""
    if page.evaluate("matchMedia('(scripting: none)').matches"):
        with _a_copy_for_axe(page) as copy:
            return barriers(copy)
    page.wait_for_load_state()
    page.evaluate(_axe())
    found: list[str] = page.evaluate(VIOLATIONS)
    return found


def sideways_scroll(page: Page) -> int:
    """Tell by how many pixels a page is wider than its window, once it is all there."""
    page.wait_for_load_state()
    wider: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wider


@contextmanager
def _a_copy_for_axe(page: Page) -> Iterator[Page]:
    """Open what a page without scripts shows where axe can run, and the site's scripts cannot."""
    browser, html = page.context.browser, page.content()
    assert browser is not None
    with browser.new_context(viewport=page.viewport_size) as context:
        copy = context.new_page()
        copy.route("**/*.js", lambda route: route.abort())
        copy.route(page.url, lambda route: route.fulfill(body=html, content_type="text/html"))
        copy.goto(page.url)
        yield copy


def _program() -> str:
    candidates = [os.environ.get("CHROMIUM", ""), *NAMES]
    program = next((found for found in map(shutil.which, filter(None, candidates)) if found), None)
    if program is None:
        pytest.fail("These tests need a browser: install the package chromium, or run make test.")
    return program


@cache
def _axe() -> str:
    if not AXE.exists():
        pytest.fail("These tests need axe-core: run npm ci, or make test.")
    return AXE.read_text(encoding="utf-8")
