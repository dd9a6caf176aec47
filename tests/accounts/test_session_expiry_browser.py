"""Being signed out, in a real browser: a warning, staying, and nothing typed is lost."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from app import clock
from app.accounts.models import LoginSession
from app.database import db
from tests.chromium import Axe
from tests.factories import sign_in_window
from tests.live_site import LiveSites

ADA = "ada@conference.example"
WARNING = """
- dialog "You will soon be signed out":
  - /children: equal
  - heading "You will soon be signed out" [level=2]
  - paragraph
  - paragraph
  - button "Stay signed in"
"""


@pytest.fixture
def window(chromium: Browser) -> Iterator[Page]:
    """A tab in a context of its own, since a clock that is installed stays in it."""
    with chromium.new_context() as context:
        yield context.new_page()


def press(window: Page, words: str) -> None:
    """Go to a button with the Tab key, and press it with Enter."""
    window.wait_for_load_state()
    for _ in range(60):
        window.keyboard.press("Tab")
        focused = window.locator(":focus")
        if focused.count() and focused.inner_text() == words:
            window.keyboard.press("Enter")
            return
    raise AssertionError(f"the Tab key never comes to “{words}”")


def everyone_has_been_away() -> None:
    """Let every browser have been left alone for an hour."""
    for device in db.session.scalars(select(LoginSession)):
        device.last_used_at = clock.real_now() - timedelta(hours=1)
    db.session.commit()


def test_session_expiry_warns_can_be_extended_and_loses_no_form_input(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    site = live_site().address
    window.clock.install()
    sign_in_window(window, site).goto(f"{site}/organise/people/invite")
    address = window.get_by_label("Email address")
    address.fill(ADA)
    window.get_by_label("Registration desk").check()
    address.focus()

    window.clock.fast_forward("38:00")
    expect(window.get_by_role("dialog")).to_have_count(0)
    window.clock.fast_forward("02:30")
    warning = window.get_by_role("dialog", name="You will soon be signed out")
    expect(warning).to_be_visible()
    expect(warning.get_by_role("heading")).to_be_focused()
    expect(warning).to_match_aria_snapshot(WARNING)
    barriers = {"soon": axe(window)}
    press(window, "Stay signed in")
    expect(warning).to_be_hidden()
    expect(address).to_be_focused()
    expect(window.get_by_role("status")).to_contain_text("You are signed in until")
    expect(address).to_have_value(ADA)

    other = window.context.new_page()
    window.clock.fast_forward("41:00")
    expect(warning).to_be_visible()
    other.goto(f"{site}/organise")  # activity in another tab keeps this one signed in too
    expect(warning).to_be_hidden()

    window.clock.fast_forward("46:00")
    over = window.get_by_role("dialog", name="You have been signed out")
    expect(over).to_be_visible()
    barriers["over"] = axe(window)
    press(window, "Back to the page")
    expect(over).to_be_hidden()
    everyone_has_been_away()
    press(window, "Send invitation")
    expect(window.locator("h1")).to_have_text("You have been signed out")
    barriers["kept"] = axe(window)
    link = window.get_by_role("link", name="Sign in (opens in a new tab)")
    with window.context.expect_page() as opened:
        link.press("Enter")
    expect(opened.value.locator("h1")).to_have_text("Sign in")

    sign_in_window(window, site)
    press(window, "Continue")
    expect(window.locator("h1")).to_have_text("Invite a team member")
    expect(window.get_by_role("alert")).to_contain_text("This page was open for too long")
    barriers["back"] = axe(window)
    expect(address).to_have_value(ADA)
    expect(window.get_by_label("Registration desk")).to_be_checked()
    press(window, "Send invitation")
    expect(window.locator("h1")).to_have_text("Team")
    barriers["done"] = axe(window)

    assert {state: found for state, found in barriers.items() if found} == {}


def test_a_session_near_its_12_hour_limit_is_warned_that_it_cannot_be_extended(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    site = live_site().address
    soon = clock.real_now() + timedelta(minutes=4)
    sign_in_window(window, site, expires_at=soon).goto(f"{site}/my")

    dialog = window.get_by_role("dialog", name="You will soon be signed out")
    expect(dialog).to_contain_text("You signed in almost 12 hours ago")
    assert axe(window) == []
    window.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
