"""Pages of registering and booking as people with different eyes and screens meet them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page as Window
from playwright.sync_api import ViewportSize, expect
from sqlalchemy import select

from app.database import db, transaction
from app.delegates.categories.models import BY_CODE, RegistrationCategory
from app.delegates.queries import count_attending
from app.programme.models import BOOKABLE
from app.registration import links, services
from app.registration.session_bookings import services as session_bookings
from app.releases.current_release import get_programme
from tests import keyboard
from tests.chromium import CUT_OFF, SPACED, expect_heading, expect_result, horizontal_overflow
from tests.factories import (
    make_category,
    make_delegate,
    make_invitation,
    make_question,
    make_session,
    publish_programme,
    set_places,
)
from tests.live_site import LiveSites
from tests.registration_answers import build_answers
from tests.registration_flow import ACCESS, CONSENT, DIET

PHONE: ViewportSize = {"width": 360, "height": 640}
LONG = "Interdisciplinary-epidemiologists and public health registrars "


@pytest.fixture
def site_address(live_site: LiveSites) -> str:
    """Start a site where each step is asked, with a full category and a long name."""
    set_places(10)
    make_category(0, name="Student", description="With a student card. " * 5)
    make_category(name=LONG)
    make_question("Will you dine?", kind="yes_no")
    make_question("Which workshop?" * 3, kind="several", choices=[LONG, "Nets"])
    return live_site().address


@pytest.fixture
def paths(site_address: str) -> list[str]:
    """Create a person with a seat in a session, and return the rarely seen pages."""
    crew = make_invitation(make_category(3, name="Crew", access=BY_CODE), held=1)
    for slug, seats in (("knots", 1), ("nets", 3)):
        make_session(key=slug, slug=slug, title=f"{LONG}{slug}", booking=BOOKABLE, seats=seats)
    publish_programme()
    ada = make_delegate()
    with transaction():
        session_bookings.book(db.session.merge(ada), get_programme().get_session("knots"))
    own = f"/booking/{links.booking_token(ada)}"
    db.session.rollback()  # on SQLite, whoever looks on holds the lock
    steps = ("", "/category", "/invitation", f"/invitation/{crew.code}", "/invitation/wrong")
    later = ("/access-needs", "/dietary-needs", "/sessions", "/more", "/check")
    return [
        *(f"/register{step}" for step in (*steps, *later)),
        *("/sessions/knots", "/sessions/nets", own),
        *(f"{own}/sessions{session}" for session in ("", "/knots", "/nets")),
    ]


@contextmanager
def _opened(chromium: Chromium, home: str, **look: Any) -> Iterator[Window]:
    """Open a window with certain display settings, after the first questions."""
    category = db.session.scalars(select(RegistrationCategory.id).filter_by(name=LONG)).one()
    answers = build_answers(email="bea@example.org", sessions="[]", category=str(category))
    with transaction():
        secret = services.create_draft(answers)
    with chromium.new_context(base_url=home, **look) as context:
        context.add_cookies([{"name": "answers", "value": secret, "url": home}])
        yield context.new_page()


def test_wider_or_larger_text_is_not_cut_off_on_registration_pages(
    site_address: str, paths: list[str], chromium: Chromium
) -> None:
    found = []
    looks = ((320, SPACED), (640, "html { font-size: 200% }"))
    for width, style in looks:
        size = {"width": width, "height": 800}
        with _opened(chromium, site_address, bypass_csp=True, viewport=size) as window:
            for path in paths:
                window.goto(path)
                window.add_style_tag(content=style)
                cut_off = window.evaluate(CUT_OFF)
                if (overflow := horizontal_overflow(window)) or cut_off:
                    found.append((path, width, overflow, cut_off))

    assert found == []


@pytest.mark.parametrize("width", [320, 1280])
def test_registration_pages_have_no_accessibility_violations_in_dark_mode(
    site_address: str,
    paths: list[str],
    chromium: Chromium,
    axe: Callable[[Window], list[str]],
    width: int,
) -> None:
    found = {}
    size = {"width": width, "height": 800}
    with _opened(chromium, site_address, viewport=size, color_scheme="dark") as window:
        for path in paths:
            window.goto(path)
            found[path] = [*axe(window), horizontal_overflow(window)]

    assert {path: faults for path, faults in found.items() if faults != [0]} == {}


def test_every_registration_question_can_be_answered_by_keyboard_on_a_phone(
    site_address: str, chromium: Chromium
) -> None:
    with chromium.new_context(base_url=site_address, viewport=PHONE) as context:
        window = context.new_page()
        window.goto("/register")
        keyboard.press(window, "Start now")
        keyboard.tick(window, LONG.strip())
        keyboard.press(window, "Continue")
        keyboard.fill(window, "Given names", "Ada")
        keyboard.press(window, "Continue")
        keyboard.fill(window, "What is your email address?", "ada@example.org")
        keyboard.press(window, "Continue")
        keyboard.choose(window, "Country", "France")
        keyboard.press(window, "Continue")
        keyboard.tick(window, "Thursday 11 June 2009")
        keyboard.press(window, "Continue")
        expect_heading(window, ACCESS)
        keyboard.tick(window, "Step-free access")
        keyboard.tick(window, CONSENT)
        keyboard.press(window, "Continue")
        expect_heading(window, DIET)
        keyboard.press(window, "Continue")
        keyboard.tick(window, "Yes")
        keyboard.tick(window, "Nets")
        keyboard.press(window, "Continue")
        expect_heading(window, "Check your answers")
        expect_result(window, "document.documentElement.scrollWidth", 360)
        keyboard.press(window, "Confirm registration")
        expect_heading(window, "You are registered")
        expect(window.locator("#reference")).to_have_count(1)

    assert count_attending() == 1
