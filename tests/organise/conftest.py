"""What stories about the back office ask for besides.

walker       somebody who works by keyboard and listens (tests/walker.py), signed in as an
             organiser; a test that asks for one runs twice: on a wide screen with scripts, and
             without them on a screen 320 pixels wide. At its end, nothing may have been in the
             way, and all that `@pytest.mark.walks` names must have been done
"""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.factories import signed_in_window
from tests.live import LiveSite
from tests.walker import Walker


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts, narrow"])
def walker(
    request: pytest.FixtureRequest,
    site: Flask,
    live_site: Callable[..., LiveSite],
    chromium: Browser,
    axe: Callable[[Page], list[str]],
) -> Iterator[Walker]:
    """Somebody who works by keyboard and listens."""
    address = live_site().address
    width = 1280 if request.param else 320
    with chromium.new_context(
        java_script_enabled=request.param, viewport={"width": width, "height": 800}
    ) as context:
        window = signed_in_window(context.new_page(), address)
        walking = Walker(window, address, site, axe if request.param else _nothing)
        yield walking
        assert walking.faults == []
        assert _deeds(request) - walking.sent == set()


def _nothing(_window: Page) -> list[str]:
    """Leave axe to the walk with scripts: it sees the same pages, and what scripts add."""
    return []


def _deeds(request: pytest.FixtureRequest) -> set[str]:
    return {str(deed) for mark in request.node.iter_markers("walks") for deed in mark.args}
