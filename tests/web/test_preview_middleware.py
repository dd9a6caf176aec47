"""Preview mode: what it shows, and that nothing leaks."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import cache_version, clock
from app.accounts.models import DESK, VIEWER
from app.content.models import ContentVersion
from app.database import db, transaction
from app.delegates.models import Delegate
from app.programme.models import Session
from app.releases import preview_links
from app.releases.models import PreviewLink
from tests.browser import Browser, Browsers, Page
from tests.factories import (
    make_ballot,
    make_delegate,
    make_session,
    publish_programme,
    save,
    set_places,
    sign_in,
)
from tests.pages import read_text
from tests.test_every_route import ROUTES, Route, RouteAccess, dump_database
from tests.web.test_error_handlers import _database_unavailable

OPENING = "/rehearsal/2009-06-10T09:15"
WHILE_OPEN = "/rehearsal/2009-05-20T10:00"
NOT_HERE = "This page is not available in the preview"
OPEN = {RouteAccess.PUBLIC, RouteAccess.ANYONE, RouteAccess.REGISTERING}
CLOCK = "The clock of this site"


def create_preview(lasts: timedelta = timedelta(days=1)) -> str:
    """Create a preview link and give the root that it opens."""
    with transaction():
        _, secret = preview_links.create("The board", lasts, actor="grace@conference.example")
    return f"/preview/{secret}"


def set_session_title(slug: str, title: str) -> None:
    with transaction():
        db.session.scalars(select(Session).where(Session.slug == slug)).one().title = title


def banner(page: Page) -> str:
    """Return the preview banner of a page."""
    return region(page, "Preview")


def region(page: Page, label: str) -> str:
    """Read a part of a page that is named; nothing when it is not there."""
    parts = page.tree.find_all("section")
    return next((read_text(one) for one in parts if one.get("aria-label") == label), "")


def post_form(page: Page) -> list[str]:
    """List the buttons that would change something."""
    forms = [one for one in page.tree.find_all("form") if one.get("method") == "post"]
    return [read_text(one) for form in forms for one in page.tree.find_all("button", within=form)]


# What is seen


@pytest.mark.both_databases
def test_a_preview_shows_unpublished_changes_and_keeps_links_inside(visitor: Browser) -> None:
    set_session_title("opening", "A new opening")
    preview = create_preview()

    page = visitor.open(f"{preview}/programme")
    inside = visitor.follow("A new opening")

    assert inside.heading == "A new opening"
    assert inside.address == f"{preview}/sessions/opening"
    leading_out = [link for link in page.links.values() if not link.startswith((preview, "#"))]
    assert leading_out == ["/"]
    assert banner(page).startswith("Preview. This programme has not been published and may change.")
    assert "This link works until 9:30am on Wednesday 13 May 2009." in banner(page)


def test_a_preview_leaks_nothing_to_other_visitors(visitor: Browser, new_browser: Browsers) -> None:
    before = new_browser().open("/sessions/opening").source
    set_session_title("opening", "A new opening")
    preview = create_preview()

    for address in ("/sessions/opening", "/search?q=new", "/register", "/", "/speakers"):
        assert 'rel="canonical"' not in visitor.open(f"{preview}{address}").source, address

    assert new_browser().open("/sessions/opening").source == before
    assert new_browser().open("/search?q=new").text.count("A new opening") == 0
    for address in ("/", "/register", "/speakers"):
        assert preview not in new_browser().open(address).source


def test_a_preview_does_not_use_cached_public_pages(visitor: Browser) -> None:
    visitor.open("/sessions/opening")
    preview = create_preview()
    assert visitor.open(f"{preview}/sessions/opening").heading == "Opening"

    set_session_title("opening", "A new opening")

    assert visitor.open(f"{preview}/sessions/opening").heading == "A new opening"
    assert visitor.open(f"{preview}/search?q=new").links["A new opening"].startswith(preview)
    assert visitor.open("/sessions/opening").heading == "Opening"


def test_a_file_in_a_preview_has_the_number_of_the_next_release(
    visitor: Browser,
) -> None:
    set_session_title("opening", "A new opening")

    file = visitor.fetch("GET", f"{create_preview()}/schedule.json").json

    assert file is not None
    assert file["schedule"]["version"] == "release 2"


def test_a_preview_does_not_show_drafts(visitor: Browser) -> None:
    make_session(slug="not-yet", title="Not yet", is_draft=True)

    visitor.open(f"{create_preview()}/sessions/not-yet", status=404)


@pytest.mark.empty
def test_a_preview_without_programme_is_an_empty_site(visitor: Browser) -> None:
    preview = create_preview()

    assert visitor.open(f"{preview}/programme").heading == "Programme"
    assert visitor.open(f"{preview}/").heading == "A conference is being prepared"


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2009-04-30T09:00", "opens"),
        ("2009-05-20T10:00", "Start now"),
        ("2009-05-20T10:00,full", "All places are taken"),
        ("2009-06-09T09:00", "closed"),
    ],
)
def test_a_rehearsal_shows_the_registration_status_of_its_time(
    visitor: Browser, moment: str, said: str
) -> None:
    sign_in(visitor)

    page = visitor.open(f"/rehearsal/{moment}/register")

    assert said in page.text


def test_a_rehearsal_shows_the_registration_form(visitor: Browser) -> None:
    sign_in(visitor)
    visitor.open(f"{WHILE_OPEN}/register")

    page = visitor.follow("Start now")

    assert page.heading == "What is your name?"
    assert page.address == f"{WHILE_OPEN}/register/name"
    assert visitor.open(f"{WHILE_OPEN}/register/check", status=404).heading == NOT_HERE
    assert visitor.open(f"{WHILE_OPEN}/register/email").heading == "What is your name?"


def test_a_rehearsal_can_simulate_a_full_conference(visitor: Browser) -> None:
    sign_in(visitor)
    set_places(20)

    page = visitor.open(f"{WHILE_OPEN},full/register/name", status=409)

    assert page.heading == "The conference is full"
    assert "All places are shown as taken." in banner(page)
    assert visitor.open(f"{WHILE_OPEN}/register/name").heading == "What is your name?"


def test_a_rehearsal_shows_its_time_and_links_to_others(visitor: Browser) -> None:
    sign_in(visitor)

    page = visitor.open(f"{OPENING}/programme?by=day")

    assert banner(page).startswith(
        "Rehearsal. This is how the site will look at 9:15am on Wednesday 10 June 2009. "
        "Nothing you do here is saved."
    )
    assert page.links["1 hour earlier"] == "/rehearsal/2009-06-10T08:15/programme?by=day"
    assert page.links["1 hour later"] == "/rehearsal/2009-06-10T10:15/programme?by=day"
    assert page.links["Leave the rehearsal"] == "/programme?by=day"
    assert visitor.follow("Choose another time").heading == "Rehearsal"


def test_scheduled_content_appears_in_a_rehearsal(visitor: Browser) -> None:
    sign_in(visitor)
    soon = datetime(2009, 6, 1, tzinfo=UTC)
    about = {"kind": "news", "slug": "boats", "version": 1, "title": "Boats for all"}
    when = {"dated_on": soon.date(), "appears_at": soon, "created_at": clock.now()}
    with transaction():
        save(
            ContentVersion(**about, **when, author="grace@conference.example", body="More of them.")
        )
        cache_version.bump_cache_version()

    before = visitor.open("/whats-new")
    rehearsed = visitor.open(f"{OPENING}/whats-new")
    found = visitor.open(f"{OPENING}/search?q=boats")

    assert "Boats for all" not in before.headings
    assert "Boats for all" in rehearsed.headings
    assert found.links["Boats for all"] == f"{OPENING}/whats-new/boats"
    assert "Boats for all" not in visitor.open("/whats-new").headings
    assert "Boats for all" not in visitor.open("/search?q=boats").links


def test_a_rehearsal_of_a_past_time_says_so(visitor: Browser) -> None:
    sign_in(visitor)

    page = visitor.open("/rehearsal/2009-05-12T09:00/")

    assert "would have looked at 9am on Tuesday 12 May 2009" in banner(page)


def test_a_rehearsal_shows_what_is_published(visitor: Browser) -> None:
    sign_in(visitor)
    set_session_title("opening", "A new opening")

    assert visitor.open(f"{OPENING}/sessions/opening").heading == "Opening"

    publish_programme()

    assert visitor.open(f"{OPENING}/sessions/opening").heading == "A new opening"


@pytest.mark.settings(CLOCK_STARTS_AT="2009-05-12T09:30:00+01:00")
def test_the_clock_notice_of_a_test_site_is_hidden_in_a_rehearsal(visitor: Browser) -> None:
    sign_in(visitor)

    assert region(visitor.open("/venue"), CLOCK)
    assert not region(visitor.open(f"{OPENING}/venue"), CLOCK)
    assert region(visitor.open(f"{create_preview()}/venue"), CLOCK)


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_the_preview_prefix_follows_the_language_prefix(visitor: Browser) -> None:
    sign_in(visitor)
    inside = f"/fr{create_preview()}"

    page = visitor.open(f"{inside}/help")

    assert page.language == "fr"
    local = [link for link in page.links.values() if link.startswith("/")]
    assert [link for link in local if not link.startswith(f"{inside}/")] == ["/fr/"]
    assert page.links["terms"] == f"{inside}/terms"
    assert f"https://conference.example{inside}/programme" in sitemap(visitor, inside)
    rehearsed = visitor.open(f"/fr{OPENING}/help")
    assert rehearsed.links["Leave the rehearsal"] == "/fr/help"
    assert rehearsed.links["1 hour later"] == "/fr/rehearsal/2009-06-10T10:15/help"


def sitemap(visitor: Browser, root: str) -> str:
    return visitor.fetch("GET", f"{root}/sitemap.xml").get_data(as_text=True)


def test_switched_off_access_keys_stay_off_in_a_preview(visitor: Browser) -> None:
    preview = create_preview()
    assert 'accesskey="1"' in visitor.open(f"{preview}/").source

    visitor.set_cookie("access_keys", "off")

    assert 'accesskey="1"' not in visitor.open(f"{preview}/").source


# Who may look


@pytest.mark.both_databases
def test_expired_revoked_and_unknown_preview_links_show_nothing(
    visitor: Browser, frozen_time: Any
) -> None:
    preview, withdrawn = create_preview(timedelta(days=7)), create_preview()
    with transaction():
        preview_links.revoke(2, actor="grace@conference.example")

    wrong = visitor.open("/preview/wrong/programme", status=404)
    gone = visitor.open(f"{withdrawn}/programme", status=410)
    visitor.open(f"{preview}/programme")
    frozen_time.shift(timedelta(days=7))
    ended = visitor.open(f"{preview}/programme", status=410)

    assert "There is no preview at this link. Check that you copied all of it." in (wrong.text)
    assert "This preview link no longer works. Ask the person who sent it to you" in gone.text
    assert "This preview link has expired. Ask the person who sent it to you" in ended.text
    for page in (wrong, gone, ended):
        assert not banner(page)
        assert page.response.headers["Referrer-Policy"] == "no-referrer"


def test_preview_links_are_stored_hashed(site: Flask) -> None:
    secret = create_preview().removeprefix("/preview/")

    held = repr(dump_database())

    assert secret not in held
    assert re.fullmatch("[0-9a-f]{64}", db.session.scalars(select(PreviewLink.secret_hash)).one())


def test_an_anonymous_visitor_of_a_rehearsal_is_redirected_to_sign_in(visitor: Browser) -> None:
    address = f"{OPENING},full/programme?by=day"

    answer = visitor.fetch("GET", address)

    assert answer.status_code == 303
    assert answer.headers["Location"] == (
        "/sign-in?next=/rehearsal/2009-06-10T09:15,full/programme?by%3Dday"
    )


@pytest.mark.parametrize("role", [VIEWER, DESK])
def test_every_team_member_can_open_a_rehearsal(visitor: Browser, role: str) -> None:
    sign_in(visitor, role=role)

    assert banner(visitor.open(f"{OPENING}/")).startswith("Rehearsal.")


@pytest.mark.parametrize("moment", ["soon", "2009-06-31T09:15", "2009-06-10", "9999-12-31T23:59"])
def test_an_invalid_rehearsal_time_is_404(visitor: Browser, moment: str) -> None:
    sign_in(visitor)

    page = visitor.open(f"/rehearsal/{moment}/programme", status=404)

    assert "There is no rehearsal at this web address" in page.text


# That nothing is left behind


@pytest.mark.both_databases
def test_no_request_in_a_preview_writes_anything(visitor: Browser) -> None:
    sign_in(visitor)
    make_delegate()

    assert_nothing_written(visitor, create_preview(), [one for one in ROUTES if one.who in OPEN])


def test_no_request_in_a_rehearsal_writes_anything(visitor: Browser) -> None:
    sign_in(visitor)
    make_delegate()

    assert_nothing_written(visitor, WHILE_OPEN, ROUTES)


def assert_nothing_written(visitor: Browser, root: str, routes: list[Route]) -> None:
    """Ask for everything, send every form, and see that every table is as it was."""
    before = dump_database()

    for route in routes:
        address = f"{root}{route.tried}"
        opened = visitor.fetch("GET", address)
        assert "Set-Cookie" not in opened.headers, address
        assert opened.headers["Cache-Control"] == "private, no-store", address
        assert opened.headers["X-Robots-Tag"] == "noindex", address
        assert opened.headers["Referrer-Policy"] == "no-referrer", address
        answer = visitor.fetch("POST", address, data={"email": "eve@example.org"})
        assert answer.status_code == 405, address
        assert "Set-Cookie" not in answer.headers, address
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
        assert visitor.fetch(method, f"{root}/feedback").status_code == 405
    for page in forms_inside(visitor, root):
        for button in post_form(page):
            assert page.press(button, status=405).heading == "You cannot send forms here"

    assert dump_database() == before
    assert visitor.open("/organise/rehearsal").heading == "Rehearsal"  # still signed in


def forms_inside(visitor: Browser, root: str) -> list[Page]:
    """Open every page inside that asks for something."""
    addresses = ["/feedback", "/access-keys", "/register/name", "/search", "/register"]
    return [visitor.open(f"{root}{address}") for address in addresses]


@pytest.mark.parametrize("kind", ["preview", "rehearsal"])
def test_only_public_pages_can_be_opened_in_a_preview(visitor: Browser, kind: str) -> None:
    sign_in(visitor)
    make_ballot()
    root = create_preview() if kind == "preview" else WHILE_OPEN
    also = {"/register", "/register/<step>", "/register/more", "/register/more-<number>"}
    also.add("/register/sessions")
    told_elsewhere = {  # whose addresses hold a key, and what is no page
        *("/materials/<key>", "/cards/<key>.png", "/favicon.ico"),
        *("/photos/<key>.jpg", "/photos/<key>/<side>.<kind>"),
    }

    for route in ROUTES:
        if "GET" in route.methods and route.rule not in told_elsewhere:
            answer = visitor.fetch("GET", f"{root}{route.tried}")
            source = answer.get_data(as_text=True)
            is_shown = route.who in {RouteAccess.PUBLIC, RouteAccess.ALIAS} or route.rule in also
            assert (NOT_HERE in source) is not is_shown, route
            assert answer.status_code in ({200, 303, 308} if is_shown else {404}), route
            assert 'rel="canonical"' not in f"{source} {answer.headers}"


def test_a_personal_page_in_a_preview_links_to_the_live_site(visitor: Browser) -> None:
    preview = create_preview()

    page = visitor.open(f"{preview}/booking", status=404)

    assert page.heading == NOT_HERE
    assert page.links["Open this page on the live site"] == "/booking"


def test_a_form_sent_in_a_preview_is_405_with_a_message(visitor: Browser) -> None:
    page = visitor.open(f"{create_preview()}/feedback")

    answer = page.press("Send message", your_message="Hello", status=405)

    assert answer.heading == "You cannot send forms here"
    assert answer.response.headers["Allow"] == "GET, HEAD"
    assert "Hello" not in answer.source


def test_opening_a_form_in_a_rehearsal_keeps_the_organiser_signed_in(visitor: Browser) -> None:
    sign_in(visitor)
    held = visitor.cookies()

    visitor.open(f"{WHILE_OPEN}/register/name")

    assert visitor.cookies() == held


def test_a_preview_does_not_show_the_visitors_own_draft(visitor: Browser) -> None:
    visitor.open("/register/name")
    visitor.press("Continue", given_names="Ada", family_name="Lovelace")
    preview = create_preview()

    page = visitor.open(f"{preview}/register")

    assert "Continue registering" not in page.links
    assert db.session.scalar(select(Delegate)) is None


def test_head_requests_work_in_a_preview(visitor: Browser) -> None:
    answer = visitor.fetch("HEAD", f"{create_preview()}/programme")

    assert (answer.status_code, answer.get_data()) == (200, b"")


def test_an_unknown_page_in_a_preview_is_404_with_links_inside(visitor: Browser) -> None:
    preview = create_preview()

    page = visitor.open(f"{preview}/nothing", status=404)

    assert page.heading == "Page not found"
    assert page.links["See the programme"] == f"{preview}/programme"
    assert visitor.open(f"{preview}/programme/").address == f"{preview}/programme"


def test_without_the_database_a_preview_is_503(
    visitor: Browser, site: Flask, database: str
) -> None:
    preview = create_preview()

    with _database_unavailable(site, database):
        page = visitor.open(f"{preview}/programme", status=503)

    assert page.heading == "Sorry, the service is unavailable"
    assert visitor.open(f"{preview}/programme").heading == "Programme"


def test_a_rehearsal_runs_only_select_statements(visitor: Browser, queries: list[str]) -> None:
    sign_in(visitor)
    queries.clear()

    visitor.open(f"{OPENING}/programme")

    assert [one for one in queries if not one.startswith("SELECT")] == []
