"""The pages about seats in sessions in a real browser: wide and narrow, light and dark."""

from typing import Literal

import pytest
from playwright.sync_api import Page

from app.database import db, transaction
from app.registration import links
from app.registration.session_bookings import check_in, holds, no_shows
from app.registration.session_bookings.holds import HoldDetails
from app.releases.current_release import get_programme
from tests.chromium import Axe, horizontal_overflow
from tests.factories import make_room, sign_in_window
from tests.registration.test_session_waiting_list import book, join, make_bookable, make_person

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
GRACE = "grace@conference.example"
PAGES = ("", "/knots", "/knots/door", "/knots/hold", "/knots/more", "/knots/holds/1/release")


@pytest.fixture
def own_page(site_address: str) -> str:
    """Fill a session and return the page on which a person chooses a seat."""
    make_bookable("knots", 3, room=make_room(name="Loft", capacity=3))
    make_bookable("nets", 3)
    with transaction():
        knots = get_programme().get_session("knots")
        holds.add(knots, HoldDetails(1, "Guests", is_for_door=True), actor=GRACE)
        no_shows.set_minutes(knots, 10, actor=GRACE)
    eve, finn, ada = make_person("Eve"), make_person("Finn"), make_person("Ada")
    book(eve, "knots")
    book(finn, "knots")
    join(ada)
    with transaction():
        check_in.check_in(db.session.merge(eve), get_programme().get_session("knots"), actor=GRACE)
    found = f"/booking/{links.booking_token(eve)}/sessions/nets"
    db.session.rollback()  # on SQLite, a reader holds the lock
    return found


def test_pages_about_seats_are_accessible_without_horizontal_scrolling(
    own_page: str, site_address: str, window: Page, axe: Axe
) -> None:
    sign_in_window(window, site_address)
    addresses = [own_page, *(f"/organise/session-seats{page}" for page in PAGES)]
    addresses += ["/organise/waiting-list/1/move-up", "/organise/waiting-list/1/offer"]
    for address in addresses:
        for scheme in SCHEMES:
            window.emulate_media(color_scheme=scheme)
            for width in (1280, 320):
                window.set_viewport_size({"width": width, "height": 900})
                answer = window.goto(site_address + address)
                assert answer is not None
                assert answer.status == 200, address
                assert horizontal_overflow(window) == 0, (address, width)
            assert axe(window) == [], (address, scheme)
