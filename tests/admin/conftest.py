"""What stories about admin ask for besides.

keyboard_user  somebody who works by keyboard and listens (tests/keyboard_user.py), signed in as an
             organiser, on a wide screen with scripts. At the end of a walk, nothing may have been
             in the way, and all that `@pytest.mark.walks` names must have been done.
             With `@pytest.mark.without_scripts(why it differs then)` the test runs once more:
             without scripts, on a screen 320 pixels wide. Every other walk is gone through
             without scripts in test_keyboard_without_scripts.py, by a small browser that has none
editor       Wanda, who changes the programme and the pages
"""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from app.accounts.models import EDITOR
from tests.browser import Browser, Browsers
from tests.chromium import Axe, tab
from tests.factories import sign_in, sign_in_window
from tests.keyboard_user import NARROW, WIDE, KeyboardUser
from tests.live_site import LiveSites


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "keyboard_user" in metafunc.fixturenames:
        differs = metafunc.definition.get_closest_marker("without_scripts") is not None
        ways = {"with scripts": True} | ({"without scripts, narrow": False} if differs else {})
        metafunc.parametrize("keyboard_user", ways.values(), ids=ways, indirect=True)


@pytest.fixture
def editor(new_browser: Browsers) -> Browser:
    """Wanda, who changes the programme and the pages."""
    return sign_in(new_browser(), "wanda@conference.example", role=EDITOR)


@pytest.fixture
def keyboard_user(
    request: pytest.FixtureRequest, site: Flask, live_site: LiveSites, chromium: Chromium, axe: Axe
) -> Iterator[KeyboardUser]:
    """A keyboard and screen-reader user."""
    address = live_site().address
    with tab(chromium, scripts=request.param) as window:
        window.set_viewport_size(WIDE if request.param else NARROW)
        sign_in_window(window, address)
        user = KeyboardUser(window, address, site, axe if request.param else _skip_axe)
        yield user
        assert user.faults == []
        assert _expected_endpoints(request) - user.posted_endpoints == set()


def _skip_axe(_window: Page) -> list[str]:
    """Run axe only in the test with JavaScript: the pages are the same."""
    return []


def _expected_endpoints(request: pytest.FixtureRequest) -> set[str]:
    return {str(deed) for mark in request.node.iter_markers("walks") for deed in mark.args}
