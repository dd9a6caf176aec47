"""What delegates do most on a phone takes few taps and little scrolling.

Registering is counted in tests/registration/test_registration_browser.py.
"""

from datetime import timedelta

from playwright.sync_api import Page, expect

from app.registration import links
from tests.chromium import Axe, horizontal_overflow
from tests.factories import (
    FIRST_MORNING,
    make_delegate,
    make_session,
    make_theme,
    publish_programme,
)
from tests.live_site import LiveSites
from tests.phone import Thumb

FINDING = (1, 600)  # taps, and pixels at most: a longer page needs a better reason than this bar
FINDING_IN_PROGRAMME = (2, 0)
CHANGING = (2, 700)


def _publish_a_theme_on_two_days() -> None:
    theme = make_theme(name="Power and money")
    for number in range(6):
        day, hour = divmod(number, 4)
        starts_at = FIRST_MORNING + timedelta(days=day, hours=hour)
        make_session(title=f"Session {number}", theme=theme, starts_at=starts_at)
    publish_programme()


def test_sessions_of_a_theme_on_a_day_are_one_tap_from_the_home_page(
    live_site: LiveSites, window: Page
) -> None:
    _publish_a_theme_on_two_days()
    thumb = Thumb(window, live_site().address)

    thumb.press("Thu 11, Power and money", "Power and money")

    expect(window.get_by_role("link", name="Session 5")).to_be_in_viewport()
    assert (thumb.taps, thumb.scrolled <= FINDING[1]) == (FINDING[0], True), thumb.scrolled


def test_sessions_of_a_theme_on_a_day_are_two_taps_from_the_programme(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    _publish_a_theme_on_two_days()
    thumb = Thumb(window, f"{live_site().address}/programme")

    thumb.reach(window.get_by_text("Filters", exact=True)).click()
    assert (axe(window), horizontal_overflow(window)) == ([], 0)
    thumb.press("Thu 11, Power and money", "Programme")

    expect(window.get_by_text("6 sessions: Power and money.")).to_be_visible()
    expect(window.get_by_role("link", name="Session 5")).to_be_in_viewport()
    assert (thumb.taps, thumb.scrolled) == FINDING_IN_PROGRAMME


def test_a_theme_with_many_sessions_has_links_to_its_days(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    theme = make_theme(name="Power and money")
    for number in range(12):
        day, hour = divmod(number, 8)
        starts_at = FIRST_MORNING + timedelta(days=day, hours=hour)
        make_session(title=f"Session {number}", theme=theme, starts_at=starts_at)
    publish_programme()
    thumb = Thumb(window, live_site().address)

    thumb.press("Power and money", "Power and money")
    thumb.reach(window.get_by_role("link", name="Thu 11")).click()

    expect(window.get_by_role("link", name="Session 8")).to_be_in_viewport()
    assert (axe(window), horizontal_overflow(window)) == ([], 0)


def test_the_days_of_a_booking_are_changed_in_two_taps(live_site: LiveSites, window: Page) -> None:
    delegate = make_delegate()
    path = f"/booking/{links.booking_token(delegate)}"
    thumb = Thumb(window, live_site().address + path)

    thumb.reach(window.get_by_label("Thursday 11 June 2009")).uncheck()
    thumb.press("Save days", "Your booking")

    expect(window.get_by_role("status")).to_contain_text("Your changes have been saved")
    assert (thumb.taps, thumb.scrolled <= CHANGING[1]) == (CHANGING[0], True), thumb.scrolled
