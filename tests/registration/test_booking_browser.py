"""A delegate opens their booking from the email in a real browser."""

from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from app.database import transaction
from app.mail import unsubscribe
from app.registration import links
from app.registration.bookings import services
from tests.chromium import Axe, expect_heading, horizontal_overflow
from tests.factories import make_delegate
from tests.live_site import LiveSites


def test_a_booking_can_be_changed_and_cancelled_without_javascript(
    live_site: LiveSites, window_without_scripts: Page
) -> None:
    window = window_without_scripts
    delegate = make_delegate()
    link = f"/booking/{links.booking_token(delegate)}"

    window.goto(live_site().address + link)
    window.get_by_role("link", name="Change name on your badge").click()
    window.get_by_label("Name on your badge").fill("The Countess")
    window.get_by_role("button", name="Save").click()
    expect(window.get_by_role("status")).to_contain_text("Your changes have been saved")
    window.get_by_label("Wednesday 10 June 2009").uncheck()
    window.get_by_role("button", name="Save days").click()
    expect(window.locator(".ticket")).not_to_contain_text("Wednesday")
    window.get_by_role("link", name="Cancel my booking").click()
    window.get_by_role("button", name="Cancel my booking").click()

    expect_heading(window, "Your booking has been cancelled")


def test_booking_pages_have_no_accessibility_violations(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    delegate = make_delegate(access="A ramp")
    with transaction():
        services.request_email_change(delegate, "ada@new.example.org", 0)
    start = f"{live_site().address}/booking"
    own = f"{start}/{links.booking_token(delegate)}"
    below = ("", "/name", "/work", "/days", "/access-needs", "/address", "/cancel", "/erase")
    new = f"{start}/new-address/{links.email_change_token(delegate)}"

    found = {}
    window.set_viewport_size({"width": 320, "height": 640})
    for address in (*(own + one for one in below), new, start, f"{start}/asked", f"{start}/x"):
        window.goto(address)
        assert horizontal_overflow(window) == 0, address
        found[address.removeprefix(own)] = axe(window)

    assert {address: barriers for address, barriers in found.items() if barriers} == {}


def test_group_emails_can_be_switched_off_and_on_without_javascript(
    live_site: LiveSites, window_without_scripts: Page, axe: Axe
) -> None:
    window = window_without_scripts
    window.set_viewport_size({"width": 320, "height": 640})
    with transaction():
        path = urlsplit(unsubscribe.get_url("ada@example.org")).path

    window.goto(live_site().address + path)
    for button, words in (
        ("Stop these emails", "We will not send you any more emails"),
        ("Get these emails again", "You will get emails about the conference again."),
    ):
        assert (axe(window), horizontal_overflow(window)) == ([], 0)
        window.get_by_role("button", name=button).click()
        expect(window.get_by_role("status")).to_contain_text(words)


def test_change_links_are_beside_their_answer_and_large_enough_to_tap(
    live_site: LiveSites, window: Page
) -> None:
    delegate = make_delegate()
    window.set_viewport_size({"width": 360, "height": 640})
    window.goto(f"{live_site().address}/booking/{links.booking_token(delegate)}")

    link = window.get_by_role("link", name="Change email address").bounding_box()
    label = window.locator("dt", has_text="Email address").bounding_box()

    assert link
    assert label
    assert link["height"] >= 44
    assert link["x"] >= label["x"] + label["width"]
    assert abs(link["y"] + link["height"] / 2 - label["y"] - label["height"] / 2) < 12


def test_a_printed_ticket_has_no_links(live_site: LiveSites, window: Page) -> None:
    delegate = make_delegate()
    window.goto(f"{live_site().address}/booking/{links.booking_token(delegate)}")
    ticket = window.get_by_role("region", name="Your ticket")

    expect(window.get_by_role("button", name="Save days")).to_be_visible()
    window.emulate_media(media="print")
    expect(ticket).to_contain_text("Ada Lovelace")
    expect(ticket.locator("a:visible")).to_have_count(0)
    expect(window.get_by_role("button", name="Save days")).to_be_hidden()
    window.emulate_media(media="screen")
