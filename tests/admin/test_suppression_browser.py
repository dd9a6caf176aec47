"""The suppression list in a real browser: on a phone and on a wide screen, in both colours."""

import pytest
from playwright.sync_api import Page

from app.database import transaction
from app.mail import suppression
from app.mail.models import UNSUBSCRIBED
from tests.chromium import Axe, horizontal_overflow
from tests.factories import sign_in_window
from tests.live_site import LiveSites

PATH = "/organise/letters/suppression"


@pytest.mark.parametrize(("width", "colours"), [(320, "light"), (1280, "dark")])
def test_suppression_list_pages_are_accessible(
    live_site: LiveSites, window: Page, axe: Axe, width: int, colours: str
) -> None:
    with transaction():
        suppression.suppress("ada@nhs.example", UNSUBSCRIBED, note="Asked us by phone")
    [reason] = suppression.list_reasons("ada@nhs.example")
    sign_in_window(window, site := live_site().address)
    window.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    window.set_viewport_size({"width": width, "height": 800})

    for path in (PATH, f"{PATH}/add", f"{PATH}/{reason.id}/lift"):
        window.goto(site + path)
        assert (path, axe(window), horizontal_overflow(window)) == (path, [], 0)
