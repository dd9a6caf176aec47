"""Access requirements are arranged and replied to in a real browser, on a small screen."""

from playwright.sync_api import Page, expect

from app.database import db, transaction
from app.delegates.requirement_models import RequirementCase
from app.registration import links
from app.registration.requirement_cases import services as requirement_cases
from tests.chromium import Axe, horizontal_overflow
from tests.factories import make_delegate, sign_in_window
from tests.live_site import LiveSites

ANSWER = "Two interpreters will be in the hall. " * 5


def test_requirement_case_pages_have_no_accessibility_violations(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    delegate = make_delegate(
        given_names="Wilhelmina", family_name="Featherstonehaugh-Longname", access="A ramp " * 40
    )
    with transaction():
        requirement_cases.create_missing()
    key = db.session.query(RequirementCase.key).scalar()
    db.session.commit()
    site = live_site().address
    booking = f"{site}/booking/{links.booking_token(delegate)}"
    window.set_viewport_size({"width": 320, "height": 640})
    sign_in_window(window, site)

    barriers = []
    window.goto(f"{site}/organise/access")
    barriers += [*axe(window), *list_overflow(window)]
    window.get_by_role("button", name="Show access requirements").click()
    expect(window.get_by_role("table")).to_be_visible()
    barriers += [*axe(window), *list_overflow(window)]
    window.goto(f"{site}/organise/access/{key}")
    barriers += [*axe(window), *list_overflow(window)]
    window.get_by_label("Answer to the delegate (optional)").fill(ANSWER)
    window.get_by_role("button", name="Save").click()
    expect(window.get_by_role("status").first).to_be_visible()
    for address in (booking, f"{booking}/access/{key}"):
        window.goto(address)
        barriers += [*axe(window), *list_overflow(window)]

    assert barriers == []


def list_overflow(window: Page) -> list[str]:
    """Name the page if it can be scrolled sideways."""
    return [f"sideways: {window.url}"] if horizontal_overflow(window) else []
