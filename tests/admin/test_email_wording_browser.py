"""The preview of an email as a browser draws it, in a frame that runs no scripts."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.chromium import horizontal_overflow
from tests.factories import sign_in_window
from tests.keyboard_user import NARROW
from tests.live_site import LiveSite
from tests.waiting import wait_until


def test_the_html_of_a_preview_is_drawn_in_its_frame(
    live_site: Callable[..., LiveSite], window: Page, axe: Callable[[Page], list[str]]
) -> None:
    address = live_site().address
    sign_in_window(window, address)
    window.set_viewport_size(NARROW)
    refused: list[str] = []
    window.on("console", lambda line: refused.append(line.text))

    window.goto(f"{address}/organise/letters/wording/registration_confirmed?width=phone")

    frame = window.frame_locator("iframe")
    expect(frame.get_by_role("heading", level=1)).to_have_text(
        "You are registered for Tides and Harbours: SMPL2345"
    )
    qr_code = frame.get_by_alt_text("QR code of your booking reference")
    wait_until(lambda: bool(qr_code.evaluate("picture => picture.naturalWidth > 0")), "drawn")
    assert horizontal_overflow(window) == 0
    assert refused == []
    assert axe(window) == []
