"""Booking, swapping and releasing seats in a real browser, with and without JavaScript."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from app.database import db, transaction
from app.programme.models import BOOKABLE
from app.registration import links
from app.registration import services as registration
from app.registration.ballots import services as ballots
from app.registration.ballots.services import BallotDetails
from app.registration.session_bookings import services
from app.releases.current_release import get_programme
from tests.chromium import Axe, expect_heading, horizontal_overflow
from tests.factories import (
    FIRST_MORNING,
    make_delegate,
    make_session,
    publish_programme,
    sign_in_window,
)
from tests.registration.test_session_choices import ANSWERS
from tests.waiting import wait_until

BALLOT_CLOSES = FIRST_MORNING - timedelta(days=3)


@pytest.fixture
def delegate(site_address: str) -> tuple[str, str]:
    """A person with a seat: the path of their booking, and their reference."""
    for title in ("Knots", "Nets", "Ropes", "Repairing the sails of harbour pilot boats by hand"):
        slug = title.split()[-1].lower()
        make_session(key=slug, slug=slug, title=title, booking=BOOKABLE, seats=1)
    publish_programme()
    ada = make_delegate()
    with transaction():
        other = make_delegate(email="bea@example.org", given_names="Bea")
        services.book(db.session.merge(other), get_programme().get_session("hand"))
    with transaction():
        services.book(db.session.merge(ada), get_programme().get_session("knots"))
    found = f"/booking/{links.booking_token(ada)}", ada.reference
    db.session.rollback()  # on SQLite, whoever looks on holds the lock
    return found


def test_session_booking_pages_have_no_accessibility_violations(
    delegate: tuple[str, str], site_address: str, window: Page, axe: Axe
) -> None:
    own, reference = delegate
    addresses = [
        *("/sessions/knots", "/programme", "/booking/seats/nets"),
        *(own, f"{own}/sessions", f"{own}/sessions/knots", f"{own}/sessions/nets"),
        *(f"{own}/sessions/hand", f"{own}/sessions/opening"),
    ]
    in_admin = [
        *("/organise/session-seats/knots", "/organise/session-seats/knots/add"),
        *(f"/organise/session-seats/knots/{reference}/remove", "/organise/sessions/knots"),
    ]
    found = {}
    sign_in_window(window, site_address)
    window.set_viewport_size({"width": 320, "height": 640})
    for address in [*addresses, *in_admin]:
        window.goto(site_address + address)
        assert horizontal_overflow(window) == 0, address
        found[address] = axe(window)

    assert {address: barriers for address, barriers in found.items() if barriers} == {}


def test_a_seat_can_be_swapped_without_javascript(
    delegate: tuple[str, str], site_address: str, window_without_scripts: Page
) -> None:
    window, site = window_without_scripts, site_address
    window.goto(f"{site}{delegate[0]}/sessions")
    window.goto(f"{site}/sessions/nets")
    window.get_by_role("link", name="Book a seat").click()
    expect_heading(window, "Swap your seat?")
    window.get_by_role("button", name="Swap my seat").click()
    expect_heading(window, "Your sessions")


def _open_choices(window: Page, site_address: str) -> None:
    """Open the page of session choices after answering the questions before it."""
    with transaction():
        secret = registration.create_draft(ANSWERS)
    window.context.add_cookies([{"name": "answers", "value": secret, "url": site_address}])
    window.set_viewport_size({"width": 320, "height": 640})
    window.goto(f"{site_address}/register/sessions")


def test_sessions_are_chosen_by_keyboard_while_registering(
    delegate: tuple[str, str], site_address: str, window: Page, axe: Axe
) -> None:
    _open_choices(window, site_address)
    assert axe(window) == []
    assert horizontal_overflow(window) == 0

    window.get_by_role("checkbox", name="Nets").focus()
    window.keyboard.press("Space")
    window.keyboard.press("Enter")
    expect_heading(window, "Check your answers")
    expect(window.locator(".answers")).to_contain_text("Nets")


def test_overlapping_sessions_are_refused_without_javascript(
    delegate: tuple[str, str], site_address: str, window_without_scripts: Page
) -> None:
    window = window_without_scripts
    _open_choices(window, site_address)
    window.get_by_role("checkbox", name="Nets").check()
    window.get_by_role("checkbox", name="Ropes").check()
    window.get_by_role("button", name="Continue").click()
    expect(window.get_by_role("link", name="are at the same time")).to_be_visible()

    window.get_by_role("checkbox", name="Ropes").uncheck()
    window.get_by_role("button", name="Continue").click()
    expect_heading(window, "Check your answers")


def test_a_long_list_of_sessions_is_accessible_and_filtered_without_javascript(
    delegate: tuple[str, str],
    site_address: str,
    window: Page,
    window_without_scripts: Page,
    axe: Axe,
) -> None:
    for number in range(30):
        slug = f"rope-{number}"
        make_session(key=slug, slug=slug, title=f"Rope {number}", booking=BOOKABLE, seats=1)
    publish_programme()
    db.session.rollback()
    own = f"{site_address}{delegate[0]}/sessions"
    window.set_viewport_size({"width": 320, "height": 640})
    window.goto(f"{own}?page=2&day=2009-06-10")
    assert horizontal_overflow(window) == 0
    assert axe(window) == []

    narrow = window_without_scripts
    narrow.goto(own)
    narrow.get_by_label("Find a session by title or speaker").focus()
    narrow.keyboard.type("Rope 29")
    narrow.keyboard.press("Enter")

    expect(narrow.get_by_text("One session")).to_be_visible()
    expect(narrow.get_by_role("link", name="Rope 29", exact=True)).to_be_visible()
    expect(narrow.get_by_role("link", name="Rope 28", exact=True)).to_have_count(0)


@pytest.fixture
def ballot(delegate: tuple[str, str]) -> int:
    """Open a ballot for two sessions, beside those in which people book seats."""
    for title in ("Buoys", "Tar"):
        make_session(key=title, slug=title.lower(), title=title, booking=BOOKABLE, seats=1)
    publish_programme()
    with transaction():
        details = BallotDetails("Workshops", BALLOT_CLOSES, frozenset({"Buoys", "Tar"}))
        number = ballots.create(details, actor="grace@conference.example").id
    db.session.rollback()
    return number


def test_ballot_pages_have_no_accessibility_violations_or_horizontal_scrolling(
    delegate: tuple[str, str], ballot: int, site_address: str, window: Page, axe: Axe
) -> None:
    own, admin = delegate[0], "/organise/ballots"
    addresses = [
        *("/ballots", f"/ballots/{ballot}", f"{own}/ballots/{ballot}", "/sessions/tar"),
        *(f"{own}/sessions", f"{own}/sessions/tar", admin, f"{admin}/_add"),
        *(f"{admin}/{ballot}{page}" for page in ("", "/change", "/delete")),
    ]
    sign_in_window(window, site_address)
    window.set_viewport_size({"width": 320, "height": 640})
    found = {}
    for address in addresses:
        window.goto(site_address + address)
        found[address] = [*axe(window), horizontal_overflow(window)]

    assert {address: faults for address, faults in found.items() if faults != [0]} == {}


@pytest.mark.parametrize("scripts", [True, False])
def test_ballot_choices_can_be_ranked_by_keyboard(
    delegate: tuple[str, str], ballot: int, site_address: str, chromium: Browser, scripts: bool
) -> None:
    with chromium.new_context(java_script_enabled=scripts) as context:
        window = context.new_page()
        link = window.get_by_role("link", name="Enter the ballot").filter(has_text="Tar")

        def is_there() -> bool:
            window.goto(f"{site_address}{delegate[0]}/sessions")
            return link.count() == 1

        wait_until(is_there, "the site knows of the ballot")
        link.focus()
        window.keyboard.press("Enter")
        expect_heading(window, "Ballot: Workshops")
        window.get_by_label("Choice 1").focus()
        window.keyboard.type("Tar")
        window.keyboard.press("Tab")
        window.keyboard.type("Buoys")
        window.get_by_role("button", name="Save my choices").focus()
        window.keyboard.press("Enter")
        expect(window.get_by_role("status")).to_contain_text("Your choices have been saved.")
        chosen = window.get_by_label("Choice 1").locator("option:checked")
        expect(chosen).to_contain_text("Tar")


def test_programme_rows_show_own_seats_until_cookies_are_cleared(
    delegate: tuple[str, str], site_address: str, window: Page, axe: Axe
) -> None:
    own, _ = delegate
    window.goto(f"{site_address}/programme")
    expect_heading(window, "Programme")
    expect(window.locator(".own-seat")).to_have_count(0)
    window.goto(f"{site_address}{own}/sessions")

    window.goto(f"{site_address}/programme")

    row = window.locator(".row", has=window.get_by_role("link", name="Knots", exact=True))
    expect(row.locator(".own-seat")).to_have_text("Booked")
    expect(window.locator(".own-seat")).to_have_count(1)
    assert axe(window) == []
    window.goto(f"{site_address}/sessions/knots")  # where its buttons have no room for it
    expect(window.locator("button.star").first).to_have_attribute("aria-pressed", "false")
    expect(window.locator(".own-seat")).to_have_count(0)
    window.goto(f"{site_address}/agenda")
    expect(window.locator("#my-agenda .row")).to_have_count(1)
    assert axe(window) == []
    window.set_viewport_size({"width": 320, "height": 800})
    assert horizontal_overflow(window) == 0
    window.context.clear_cookies()  # as when the browser is closed
    window.goto(f"{site_address}/agenda")
    window.goto(f"{site_address}/programme")
    expect_heading(window, "Programme")
    expect(window.locator(".own-seat")).to_have_count(0)
