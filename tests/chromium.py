"""A real browser: the machine's own Chromium, driven by Playwright; axe looks for barriers."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
AXE = Path(__file__).resolve().parent.parent / "node_modules" / "axe-core" / "axe.min.js"
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
    page.evaluate(_axe())
    found: dict[str, Any] = page.evaluate("async () => await axe.run()")
    return [
        f"{violation['id']} ({violation['impact']}): {violation['help']}: {node['target']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


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
