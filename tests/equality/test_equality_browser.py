"""The pages of equality monitoring, and of changing the category, are accessible."""

import pytest
from playwright.sync_api import Page, expect

from app.database import db, transaction
from app.equality import services
from app.equality.questions import QUESTIONS
from app.registration import links
from tests.chromium import Axe, horizontal_overflow
from tests.factories import make_category, make_delegate, sign_in_window
from tests.live_site import LiveSites

SIZES = ((320, 640), (1280, 900))


@pytest.fixture
def site_address(live_site: LiveSites) -> str:
    with transaction():
        services.set_active([one.key for one in QUESTIONS], actor="olga@conference.example")
    for choice, number in (("yes", 2), ("no", 7), ("not-said", 3)):
        for _ in range(number):
            with transaction():
                services.count_answers({"disability": choice})
    return live_site().address


def find_barriers(window: Page, axe: Axe, addresses: list[str]) -> list[tuple[str, list[str]]]:
    found = []
    for width, height in SIZES:
        window.set_viewport_size({"width": width, "height": height})
        for address in addresses:
            answer = window.goto(address)
            assert answer is not None
            assert answer.ok, address
            assert horizontal_overflow(window) == 0, address
            found.append((address, axe(window)))
    return [one for one in found if one[1]]


def open_questions(window: Page, site_address: str) -> None:
    """Open the questions from the page of a booking."""
    address = f"{site_address}/booking/{links.booking_token(make_delegate())}"
    db.session.rollback()  # on SQLite, whoever looks on holds the lock
    window.goto(address)
    window.get_by_role("button", name="Answer a few questions about yourself").click()
    expect(window.get_by_role("heading", level=1)).to_have_text("Help us understand who takes part")


def test_equality_questions_have_no_accessibility_violations(
    site_address: str, window_without_scripts: Page, axe: Axe
) -> None:
    root = f"{site_address}/register/equality"
    window = window_without_scripts
    assert find_barriers(window, axe, [root]) == []  # without a token
    open_questions(window, site_address)
    expect(window.get_by_label("25 to 34")).to_be_visible()

    assert find_barriers(window, axe, [root, f"{root}/thanks"]) == []


def test_equality_questions_can_be_answered_without_javascript(
    site_address: str, window_without_scripts: Page
) -> None:
    window = window_without_scripts
    open_questions(window, site_address)

    window.get_by_label("25 to 34").check()
    window.get_by_role("button", name="Send answers").click()

    expect(window.get_by_role("heading", level=1)).to_have_text("Thank you")


def test_equality_counts_have_no_accessibility_violations(
    site_address: str, window: Page, axe: Axe
) -> None:
    sign_in_window(window, site_address)
    root = f"{site_address}/organise/questions/equality"

    assert find_barriers(window, axe, [root, f"{root}/change"]) == []


def test_changing_the_category_has_no_accessibility_violations(
    site_address: str, window: Page, axe: Axe
) -> None:
    own = make_category(name="Delegate")
    make_category(0, name="Student", description="With a student card. " * 5)
    make_category(name="Press" + " and photographers" * 5)
    delegate = make_delegate(category=own, category_id=own.id)
    booking = f"{site_address}/booking/{links.booking_token(delegate)}"

    assert find_barriers(window, axe, [booking, f"{booking}/category"]) == []
