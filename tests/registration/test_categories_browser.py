"""Choosing and managing categories in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from app.delegates.categories.models import BY_CODE
from tests.chromium import Axe, expect_heading, horizontal_overflow
from tests.factories import make_category, make_delegate, make_invitation, sign_in_window
from tests.live_site import LiveSites


@pytest.fixture
def site_address(live_site: LiveSites) -> str:
    make_category(0, name="Student", description="With a student card. " * 5)
    make_category(20, name="Press" + " and photographers" * 5)
    make_category(name="Delegate")
    return live_site().address


def find_barriers(window: Page, axe: Axe, addresses: list[str]) -> dict[str, list[str]]:
    found = {}
    window.set_viewport_size({"width": 320, "height": 640})
    for address in addresses:
        window.goto(address)
        assert horizontal_overflow(window) == 0, address
        found[address] = axe(window)
    return {address: barriers for address, barriers in found.items() if barriers}


def test_the_category_page_has_no_accessibility_violations(
    site_address: str, window: Page, axe: Axe
) -> None:
    assert find_barriers(window, axe, [f"{site_address}/register/category"]) == {}


def test_category_admin_pages_have_no_accessibility_violations(
    site_address: str, window: Page, axe: Axe
) -> None:
    category = make_category(3, name="Crew")
    make_delegate(category_id=category.id)
    sign_in_window(window, site_address)
    root = f"{site_address}/organise/categories"

    found = find_barriers(
        window,
        axe,
        [
            root,
            f"{root}/_add",
            *(f"{root}/{category.id}{page}" for page in ("", "/change", "/delete")),
            f"{site_address}/organise/delegates",
        ],
    )

    assert found == {}


def test_invitation_pages_have_no_accessibility_violations(
    site_address: str, window: Page, axe: Axe
) -> None:
    invitation = make_invitation(make_category(3, name="Crew", access=BY_CODE), held=1)
    root, admin = f"{site_address}/register/invitation", f"{site_address}/organise/invitations"
    assert find_barriers(window, axe, [root, f"{root}/{invitation.code}", f"{root}/wrong"]) == {}
    sign_in_window(window, site_address)

    pages = ("", "/_add", f"/{invitation.id}", f"/{invitation.id}/revoke")

    assert find_barriers(window, axe, [f"{admin}{page}" for page in pages]) == {}


def test_a_category_can_be_chosen_without_javascript(
    site_address: str, window_without_scripts: Page
) -> None:
    window = window_without_scripts
    window.goto(f"{site_address}/register/category")
    expect(window.get_by_label("Student")).to_be_disabled()

    window.get_by_label("Delegate", exact=True).check()
    window.get_by_role("button", name="Continue").click()

    expect_heading(window, "What is your name?")
