"""Applying for a place, and deciding about it, in a real browser."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from app import clock
from app.database import db
from app.registration import links
from app.registration.interest.models import INVITED
from tests.chromium import Axe, expect_heading, horizontal_overflow
from tests.factories import (
    make_application,
    make_category,
    make_interest,
    make_invitation,
    sign_in_window,
)
from tests.live_site import LiveSites


@pytest.fixture
def address(live_site: LiveSites) -> str:
    return live_site().address


def test_application_pages_have_no_accessibility_violations(
    address: str, window: Page, axe: Axe
) -> None:
    category = make_category(name="Press", approvals_needed=1)
    application = make_application(name="Beatrice " + "Long" * 20, category_id=category.id)
    token = links.application_token(application)
    paths = ("sent", "x", token, f"{token}/withdraw")

    window.set_viewport_size({"width": 320, "height": 640})
    for path in paths:
        window.goto(f"{address}/application/{path}")
        assert (path, axe(window), horizontal_overflow(window)) == (path, [], 0)


def test_an_application_can_be_withdrawn_without_javascript(
    address: str, window_without_scripts: Page
) -> None:
    window = window_without_scripts
    token = links.application_token(make_application())
    db.session.rollback()  # on SQLite, whoever looks on holds the lock
    window.goto(f"{address}/application/{token}")
    expect_heading(window, "We have received your application")
    window.get_by_role("link", name="Withdraw my application").click()
    expect_heading(window, "Withdraw your application?")
    window.get_by_role("button", name="Withdraw my application").click()

    expect_heading(window, "You withdrew your application")


def test_application_admin_pages_have_no_accessibility_violations(
    address: str, window: Page, axe: Axe
) -> None:
    category = make_category(name="Press", approvals_needed=2, is_place_held=True)
    number = make_application(
        name="Beatrice " + "Long" * 20,
        category_id=category.id,
        first_approved_by="grace@conference.example",
    ).id
    expires_at = datetime(2009, 9, 30, 22, 59, tzinfo=UTC)  # no state has a longer text
    make_interest(
        category_id=category.id,
        state=INVITED,
        invited_at=clock.now(),
        invitation_id=make_invitation(category, expires_at=expires_at).id,
    )
    sign_in_window(window, address)

    for width in (320, 1280):
        window.set_viewport_size({"width": width, "height": 800})
        window.goto(f"{address}/organise/interest")
        expect(window.get_by_text("until 11:59pm, 30 September 2009")).to_be_visible()
        assert (axe(window), horizontal_overflow(window)) == ([], 0)
        for path in ("", f"/{number}", f"/{number}/approve", f"/{number}/decline"):
            window.goto(f"{address}/organise/applications{path}")
            assert (path, axe(window), horizontal_overflow(window)) == (path, [], 0)
        window.goto(f"{address}/organise/categories/{category.id}/change")
        assert (axe(window), horizontal_overflow(window)) == ([], 0)
