"""Joining the waiting list and accepting the free place in a real browser."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from app import clock
from app.database import db, transaction
from app.delegates.models import CONFERENCE
from app.registration import links, seats
from app.registration.waiting_list.models import OFFERED
from tests.chromium import Axe, expect_heading, horizontal_overflow
from tests.factories import (
    make_category,
    make_delegate,
    make_waiting_list_entry,
    set_places,
    sign_in_window,
)
from tests.live_site import LiveSites

ANSWERS = (
    '{"given_names": "Bea", "family_name": "Waite", "badge_name": "Bea",'
    ' "email": "bea@example.org",'
    ' "country": "GB", "days": "2009-06-10"}'
)


@pytest.fixture
def full_site(live_site: LiveSites) -> str:
    set_places(1)
    make_delegate(email="early@example.org")
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    return live_site().address


def test_waiting_list_pages_have_no_accessibility_violations(
    full_site: str, window: Page, axe: Axe
) -> None:
    waiting = links.waiting_list_token(make_waiting_list_entry(name="Beatrice " + "Long" * 20))
    offered = links.waiting_list_token(
        make_waiting_list_entry(state=OFFERED, offer_ends_at=clock.now() + timedelta(days=1))
    )
    addresses = [
        "/register",
        "/waiting-list/joined",
        "/waiting-list/x",
        *(f"/waiting-list/{one}" for one in (waiting, offered, f"{waiting}/leave")),
    ]

    found = {}
    window.set_viewport_size({"width": 320, "height": 640})
    for address in addresses:
        window.goto(full_site + address)
        assert horizontal_overflow(window) == 0, address
        found[address] = axe(window)

    assert {address: barriers for address, barriers in found.items() if barriers} == {}


def test_an_offered_place_can_be_accepted_without_javascript(
    full_site: str, window_without_scripts: Page
) -> None:
    window = window_without_scripts
    with transaction():  # one place more, which is held
        seats.set_limit(CONFERENCE, 2)
    entry = make_waiting_list_entry(
        state=OFFERED,
        offer_ends_at=clock.now() + timedelta(days=1),
        document=ANSWERS,
    )
    token = links.waiting_list_token(entry)
    with transaction():
        seats.hold_for_queue((CONFERENCE,))

    window.goto(f"{full_site}/waiting-list/{token}")
    expect_heading(window, "You have been offered a place")
    window.get_by_role("button", name="Accept the place").click()

    expect_heading(window, "Your booking")


def test_a_delegate_can_wait_for_another_category_without_javascript(
    full_site: str, window_without_scripts: Page, window: Page, axe: Axe
) -> None:
    set_places(3)
    own, student = make_category(name="Visitor"), make_category(1, name="Student")
    make_delegate(email="student@example.org", family_name="Nurse", category_id=student.id)
    booking = f"{full_site}/booking/{links.booking_token(make_delegate(category_id=own.id))}"
    wait = f"{booking}/category/{student.id}/wait"
    db.session.rollback()  # on SQLite, whoever looks on holds the lock

    narrow = window_without_scripts
    narrow.goto(f"{booking}/category")
    narrow.get_by_label("Student").check()
    narrow.get_by_role("button", name="Save").click()
    expect(narrow).to_have_url(wait)
    narrow.get_by_role("button", name="Join the waiting list and keep your place").click()
    expect_heading(narrow, "You are on the waiting list")

    found = {}
    window.set_viewport_size({"width": 320, "height": 640})
    for address in (wait, narrow.url, f"{narrow.url}/leave", booking):
        window.goto(address)
        assert horizontal_overflow(window) == 0, address
        found[address] = axe(window)
    assert {address: barriers for address, barriers in found.items() if barriers} == {}


def test_waiting_list_admin_pages_have_no_accessibility_violations(
    full_site: str, window: Page, axe: Axe
) -> None:
    number = make_waiting_list_entry(name="Beatrice " + "Long" * 20).id
    sign_in_window(window, full_site)

    for width in (320, 1280):
        window.set_viewport_size({"width": width, "height": 800})
        for path in ("", f"/{number}", f"/{number}/remove"):
            window.goto(f"{full_site}/organise/waiting-list{path}")
            assert (path, axe(window), horizontal_overflow(window)) == (path, [], 0)
