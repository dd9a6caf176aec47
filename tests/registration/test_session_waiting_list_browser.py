"""Waiting for a seat, getting an offer and accepting it in a real browser, also by keyboard."""

import pytest
from flask import Flask
from playwright.sync_api import Page

from app.database import db, transaction
from app.delegates.models import Delegate
from app.programme.models import BOOKABLE
from app.registration import links
from app.registration.session_bookings import services
from app.releases.current_release import get_programme
from tests.chromium import Axe, expect_heading, horizontal_overflow
from tests.factories import make_delegate, make_session, publish_programme, sign_in_window
from tests.keyboard_user import KeyboardUser

FULL, OFFERED, WAITING = "knots", "nets", "sails"


@pytest.fixture
def own(site_address: str) -> str:
    """Return the sessions page of a person: one full, one offered, one waited for."""
    titles = {
        FULL: "Knots",
        OFFERED: "Nets of harbour pilots and how to mend them",
        WAITING: "Sails",
    }
    for slug, title in titles.items():
        make_session(key=slug, slug=slug, title=title, booking=BOOKABLE, seats=1)
    publish_programme()
    ada = make_delegate()
    holders = {
        slug: make_delegate(email=f"{slug}@example.org", given_names=slug) for slug in titles
    }
    for slug, holder in holders.items():
        with transaction():
            services.book(db.session.merge(holder), get_programme().get_session(slug))
    for slug in (OFFERED, WAITING):
        with transaction():
            services.join_waiting_list(db.session.merge(ada), get_programme().get_session(slug))
    with transaction():
        services.cancel(db.session.get_one(Delegate, holders[OFFERED].id), OFFERED)
    path = f"/booking/{links.booking_token(ada)}/sessions"
    db.session.rollback()  # on SQLite, whoever looks on holds the lock
    return path


def test_session_waiting_list_pages_have_no_accessibility_violations(
    own: str, site_address: str, window: Page, axe: Axe
) -> None:
    sign_in_window(window, site_address)
    addresses = ["/sessions/knots", own, *(f"{own}/{one}" for one in (FULL, OFFERED, WAITING))]
    addresses += ["/organise/waiting-list?list=sessions", "/organise/waiting-list/1"]
    addresses += ["/organise/waiting-list/2/remove"]
    found = {}
    window.set_viewport_size({"width": 320, "height": 640})
    for address in addresses:
        window.goto(site_address + address)
        assert horizontal_overflow(window) == 0, address
        found[address] = axe(window)

    assert {address: barriers for address, barriers in found.items() if barriers} == {}


def test_a_session_waiting_list_can_be_joined_without_javascript(
    own: str, site_address: str, window_without_scripts: Page
) -> None:
    window = window_without_scripts
    window.goto(site_address + own)
    window.goto(f"{site_address}/sessions/{FULL}")
    window.get_by_role("link", name="Join the waiting list").click()
    expect_heading(window, "Join the waiting list?")
    window.get_by_role("button", name="Join the waiting list").click()
    expect_heading(window, "Your sessions")
    window.get_by_role("link", name="Accept or decline the seat").click()
    expect_heading(window, "You have been offered a seat")
    window.get_by_role("button", name="Accept the seat").click()
    expect_heading(window, "Your sessions")


def test_offers_can_be_declined_and_waiting_lists_left_by_keyboard(
    own: str, site_address: str, site: Flask, window: Page, axe: Axe
) -> None:
    user = KeyboardUser(window, site_address, site, axe)
    user.open(f"{own}/{OFFERED}")
    user.press("Decline the seat")
    expect_heading(window, "Your sessions")
    user.open(f"{own}/{WAITING}")
    expect_heading(window, "You are on the waiting list")
    user.press("Leave the waiting list")
    expect_heading(window, "Your sessions")
    user.open(f"{own}/{FULL}")
    user.press("Join the waiting list")
    expect_heading(window, "Your sessions")

    assert user.faults == []
