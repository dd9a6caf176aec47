"""Error pages in a real browser: they fit a phone, and are accessible."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final, Literal, NamedTuple

import pytest
from playwright.sync_api import Page, ViewportSize, expect
from sqlalchemy import update

from app import cache_version, clock
from app.accounts import team
from app.database import db, transaction
from app.programme.models import Release, Session
from app.registration import links
from app.releases import preview_links
from tests.chromium import Axe, expect_heading, horizontal_overflow
from tests.factories import make_delegate, make_organiser, publish_programme, sign_in_window
from tests.live_site import LiveSites

PHONE: Final[ViewportSize] = {"width": 320, "height": 640}
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


def _send_a_form_of_another_site(window: Page, home: str) -> None:
    window.set_content(f'<form method="post" action="{home}/sign-in"><button>Send</button></form>')
    window.get_by_role("button", name="Send").click()


def _open_admin_once_removed_from_the_team(window: Page, home: str) -> None:
    sign_in_window(window, home)
    make_organiser("colleague@conference.example")
    with transaction():
        team.remove_organiser("grace@conference.example")
    window.goto(f"{home}/organise")


def _open_what_has_been_withdrawn(window: Page, home: str) -> None:
    with transaction():
        db.session.execute(
            update(Session).where(Session.slug == "farewell").values(withdrawn_at=clock.now())
        )
    publish_programme()
    window.goto(f"{home}/sessions/farewell")


def _open_a_broken_row(window: Page, home: str) -> None:
    window.goto(f"{home}/booking/{links.booking_token(make_delegate(days='some day'))}")


def _open_a_damaged_release(window: Page, home: str) -> None:
    with transaction():
        db.session.execute(update(Release).values(snapshot='{"conference": 5}'))
        cache_version.bump_cache_version()
    window.goto(f"{home}/programme")


def _send_a_form_in_a_preview(window: Page, home: str) -> None:
    with transaction():
        _, secret = preview_links.create(
            "The board", timedelta(days=1), actor="grace@conference.example"
        )
    window.goto(f"{home}/preview/{secret}/feedback")
    window.get_by_label("Your message").fill("Hello")
    window.get_by_role("button", name="Send message").click()


class Met(NamedTuple):
    """A way to meet an error page, and what it says."""

    meet: Callable[[Page, str], None]
    heading: str
    sentence: str


PAGES = (
    Met(
        _send_a_form_of_another_site,
        "We could not understand that request",
        "This form was sent from another site, so nothing was changed.",
    ),
    Met(
        _open_admin_once_removed_from_the_team,
        "You do not have access to this page",
        "Only the conference team can open this page.",
    ),
    Met(
        _open_what_has_been_withdrawn,
        "This page is no longer available",
        "This session is no longer part of the programme.",
    ),
    Met(
        _open_a_broken_row,
        "Sorry, there is a problem with the service",
        "Something went wrong on our side.",
    ),
    Met(
        _open_a_damaged_release,
        "Sorry, the service is unavailable",
        "Try again in a few minutes.",
    ),
    Met(
        _send_a_form_in_a_preview,
        "You cannot send forms here",
        "Nothing has been saved, and no email has been sent.",
    ),
)


@pytest.mark.parametrize("page", PAGES, ids=[one.heading for one in PAGES])
def test_an_error_page_fits_a_phone_without_accessibility_violations(
    live_site: LiveSites, window: Page, axe: Axe, page: Met
) -> None:
    window.set_viewport_size(PHONE)

    page.meet(window, live_site().address)

    expect_heading(window, page.heading)
    expect(window.get_by_role("main")).to_contain_text(page.sentence)
    for scheme in SCHEMES:
        window.emulate_media(color_scheme=scheme)
        assert (axe(window), horizontal_overflow(window)) == ([], 0)
