"""Giving a place to a colleague, in a real browser."""

import pytest
from playwright.sync_api import Page

from app.database import db
from app.registration import links
from tests.chromium import Axe, expect_heading, horizontal_overflow
from tests.factories import make_delegate, make_place_transfer, sign_in_window
from tests.live_site import LiveSites


@pytest.fixture
def address(live_site: LiveSites) -> str:
    return live_site().address


def test_place_transfer_pages_have_no_accessibility_violations(
    address: str, window: Page, axe: Axe
) -> None:
    delegate = make_delegate(given_names="Adalbertina" + "long" * 10)
    booking = links.booking_token(delegate)
    place = links.transfer_token(make_place_transfer(delegate, name="Beatrice " + "Long" * 20))
    db.session.rollback()  # on SQLite, whoever looks on holds the lock

    window.set_viewport_size({"width": 320, "height": 640})
    paths = (f"booking/{booking}", f"booking/{booking}/pass-on", f"place/{place}", "place/x")
    for path in paths:
        window.goto(f"{address}/{path}")
        assert (path, axe(window), horizontal_overflow(window)) == (path, [], 0)


def test_a_place_can_be_offered_and_kept_without_javascript(
    address: str, window_without_scripts: Page
) -> None:
    window = window_without_scripts
    booking = links.booking_token(make_delegate())
    db.session.rollback()
    window.goto(f"{address}/booking/{booking}")
    window.get_by_role("link", name="Give your place to a colleague").click()
    expect_heading(window, "Give your place to a colleague")
    window.get_by_label("Your colleague’s name").fill("Bea Waite")
    window.get_by_label("Your colleague’s email address").fill("bea@example.org")
    window.get_by_role("button", name="Offer my place").click()
    expect_heading(window, "Your booking")
    window.get_by_role("button", name="Keep my place").click()

    expect_heading(window, "Your booking")


def test_the_place_transfer_page_of_the_desk_has_no_accessibility_violations(
    address: str, window: Page, axe: Axe
) -> None:
    delegate = make_delegate()
    make_place_transfer(delegate)
    reference = delegate.reference
    db.session.rollback()
    sign_in_window(window, address)

    for width in (320, 1280):
        window.set_viewport_size({"width": width, "height": 800})
        window.goto(f"{address}/organise/delegates/{reference}/pass-on")
        assert (axe(window), horizontal_overflow(window)) == ([], 0)
