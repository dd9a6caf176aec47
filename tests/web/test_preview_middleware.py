"""Looking through a lens: what is seen there, and that nothing is left behind."""

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
from tests.test_every_route import ROUTES, Route, Who, everything_held
from tests.web.test_error_handlers import _away

OPENING = "/rehearsal/2009-06-10T09:15"
WHILE_OPEN = "/rehearsal/2009-05-20T10:00"
NOT_HERE = "This page is not available in the preview"
OPEN = {Who.PUBLIC, Who.ANYONE, Who.REGISTERING}
CLOCK = "The clock of this site"


def a_preview(lasts: timedelta = timedelta(days=1)) -> str:
    """Create a preview link and give the root that it opens."""
    with transaction():
        _, secret = preview_links.create("The board", lasts, actor="grace@conference.example")
    return f"/preview/{secret}"


def rename(slug: str, title: str) -> None:
    with transaction():
        db.session.scalars(select(Session).where(Session.slug == slug)).one().title = title


def banner(page: Page) -> str:
    """Read what stands above a page that is seen through a lens."""
    return region(page, "Preview")


def region(page: Page, label: str) -> str:
    """Read a part of a page that is named; nothing when it is not there."""
    parts = page.tree.find_all("section")
    return next((read_text(one) for one in parts if one.get("aria-label") == label), "")


def posted(page: Page) -> list[str]:
    """List the buttons that would change something."""
    forms = [one for one in page.tree.find_all("form") if one.get("method") == "post"]
    return [read_text(one) for form in forms for one in page.tree.find_all("button", within=form)]


# What is seen


@pytest.mark.both_databases
def test_a_preview_shows_what_is_not_published_yet_and_stays_inside(visitor: Browser) -> None:
    rename("opening", "A new opening")
    preview = a_preview()

    page = visitor.open(f"{preview}/programme")
    inside = visitor.follow("A new opening")

    assert inside.heading == "A new opening"
    assert inside.address == f"{preview}/sessions/opening"
    leading_out = [link for link in page.links.values() if not link.startswith((preview, "#"))]
    assert leading_out == ["/"]
    assert banner(page).startswith("Preview. This programme has not been published and may change.")
    assert "This link works until 9:30am on Wednesday 13 May 2009." in banner(page)


def test_what_is_seen_in_a_preview_reaches_nobody_else(
    visitor: Browser, new_browser: Browsers
) -> None:
    before = new_browser().open("/sessions/opening").source
    rename("opening", "A new opening")
    preview = a_preview()

    for address in ("/sessions/opening", "/search?q=new", "/register", "/", "/speakers"):
        assert 'rel="canonical"' not in visitor.open(f"{preview}{address}").source, address

    assert new_browser().open("/sessions/opening").source == before
    assert new_browser().open("/search?q=new").text.count("A new opening") == 0
    for address in ("/", "/register", "/speakers"):
        assert preview not in new_browser().open(address).source


def test_what_is_remembered_of_the_site_is_not_shown_in_a_preview(visitor: Browser) -> None:
    visitor.open("/sessions/opening")
    preview = a_preview()
    assert visitor.open(f"{preview}/sessions/opening").heading == "Opening"

    rename("opening", "A new opening")

    assert visitor.open(f"{preview}/sessions/opening").heading == "A new opening"
    assert visitor.open(f"{preview}/search?q=new").links["A new opening"].startswith(preview)
    assert visitor.open("/sessions/opening").heading == "Opening"


def test_a_file_in_a_preview_has_the_number_that_the_next_release_will_have(
    visitor: Browser,
) -> None:
    rename("opening", "A new opening")

    file = visitor.fetch("GET", f"{a_preview()}/schedule.json").json

    assert file is not None
    assert file["schedule"]["version"] == "release 2"


def test_a_draft_is_not_shown_in_a_preview_for_publishing_leaves_it_out(visitor: Browser) -> None:
    make_session(slug="not-yet", title="Not yet", is_draft=True)

    visitor.open(f"{a_preview()}/sessions/not-yet", status=404)


@pytest.mark.empty
def test_a_preview_of_nothing_is_an_empty_site(visitor: Browser) -> None:
    preview = a_preview()

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
def test_the_door_of_registration_is_as_it_stands_at_the_moment(
    visitor: Browser, moment: str, said: str
) -> None:
    sign_in(visitor)

    page = visitor.open(f"/rehearsal/{moment}/register")

    assert said in page.text


def test_the_first_question_can_be_looked_at(visitor: Browser) -> None:
    sign_in(visitor)
    visitor.open(f"{WHILE_OPEN}/register")

    page = visitor.follow("Start now")

    assert page.heading == "What is your name?"
    assert page.address == f"{WHILE_OPEN}/register/name"
    assert visitor.open(f"{WHILE_OPEN}/register/check", status=404).heading == NOT_HERE
    assert visitor.open(f"{WHILE_OPEN}/register/email").heading == "What is your name?"


def test_a_full_conference_can_be_rehearsed_though_places_are_left(visitor: Browser) -> None:
    sign_in(visitor)
    set_places(20)

    page = visitor.open(f"{WHILE_OPEN},full/register/name", status=409)

    assert page.heading == "The conference is full"
    assert "All places are shown as taken." in banner(page)
    assert visitor.open(f"{WHILE_OPEN}/register/name").heading == "What is your name?"


def test_a_rehearsal_says_which_moment_it_shows_and_leads_to_others(visitor: Browser) -> None:
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


def test_what_appears_by_itself_appears_in_a_rehearsal_first(visitor: Browser) -> None:
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


def test_a_moment_that_has_gone_by_is_told_as_one(visitor: Browser) -> None:
    sign_in(visitor)

    page = visitor.open("/rehearsal/2009-05-12T09:00/")

    assert "would have looked at 9am on Tuesday 12 May 2009" in banner(page)


def test_a_rehearsal_shows_what_is_published(visitor: Browser) -> None:
    sign_in(visitor)
    rename("opening", "A new opening")

    assert visitor.open(f"{OPENING}/sessions/opening").heading == "Opening"

    publish_programme()

    assert visitor.open(f"{OPENING}/sessions/opening").heading == "A new opening"


@pytest.mark.settings(CLOCK_STARTS_AT="2009-05-12T09:30:00+01:00")
def test_the_clock_of_a_site_that_is_tried_out_says_nothing_else(visitor: Browser) -> None:
    sign_in(visitor)

    assert region(visitor.open("/venue"), CLOCK)
    assert not region(visitor.open(f"{OPENING}/venue"), CLOCK)
    assert region(visitor.open(f"{a_preview()}/venue"), CLOCK)


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_a_lens_stands_behind_the_language(visitor: Browser) -> None:
    sign_in(visitor)
    inside = f"/fr{a_preview()}"

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


def test_access_keys_stay_off_inside(visitor: Browser) -> None:
    preview = a_preview()
    assert 'accesskey="1"' in visitor.open(f"{preview}/").source

    visitor.set_cookie("access_keys", "off")

    assert 'accesskey="1"' not in visitor.open(f"{preview}/").source


# Who may look


@pytest.mark.both_databases
def test_only_a_link_that_works_shows_anything(visitor: Browser, frozen_time: Any) -> None:
    preview, withdrawn = a_preview(timedelta(days=7)), a_preview()
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


def test_the_database_knows_a_link_only_by_its_hash(site: Flask) -> None:
    secret = a_preview().removeprefix("/preview/")

    held = repr(everything_held())

    assert secret not in held
    assert re.fullmatch("[0-9a-f]{64}", db.session.scalars(select(PreviewLink.secret_hash)).one())


def test_a_stranger_is_led_to_sign_in_and_back_to_the_rehearsal(visitor: Browser) -> None:
    address = f"{OPENING},full/programme?by=day"

    answer = visitor.fetch("GET", address)

    assert answer.status_code == 303
    assert answer.headers["Location"] == (
        "/sign-in?next=/rehearsal/2009-06-10T09:15,full/programme?by%3Dday"
    )


@pytest.mark.parametrize("role", [VIEWER, DESK])
def test_whoever_has_a_part_may_rehearse(visitor: Browser, role: str) -> None:
    sign_in(visitor, role=role)

    assert banner(visitor.open(f"{OPENING}/")).startswith("Rehearsal.")


@pytest.mark.parametrize("moment", ["soon", "2009-06-31T09:15", "2009-06-10", "9999-12-31T23:59"])
def test_a_moment_that_is_none_is_no_address(visitor: Browser, moment: str) -> None:
    sign_in(visitor)

    page = visitor.open(f"/rehearsal/{moment}/programme", status=404)

    assert "There is no rehearsal at this web address" in page.text


# That nothing is left behind


@pytest.mark.both_databases
def test_a_preview_writes_nothing_whatever_is_asked_for(visitor: Browser) -> None:
    sign_in(visitor)
    make_delegate()

    nothing_is_written(visitor, a_preview(), [one for one in ROUTES if one.who in OPEN])


def test_a_rehearsal_writes_nothing_whatever_is_asked_for(visitor: Browser) -> None:
    sign_in(visitor)
    make_delegate()

    nothing_is_written(visitor, WHILE_OPEN, ROUTES)


def nothing_is_written(visitor: Browser, root: str, routes: list[Route]) -> None:
    """Ask for everything, send every form, and see that every table is as it was."""
    before = everything_held()

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
        for button in posted(page):
            assert page.press(button, status=405).heading == "You cannot send forms here"

    assert everything_held() == before
    assert visitor.open("/organise/rehearsal").heading == "Rehearsal"  # still signed in


def forms_inside(visitor: Browser, root: str) -> list[Page]:
    """Open every page inside that asks for something."""
    addresses = ["/feedback", "/access-keys", "/register/name", "/search", "/register"]
    return [visitor.open(f"{root}{address}") for address in addresses]


@pytest.mark.parametrize("kind", ["preview", "rehearsal"])
def test_every_public_page_can_be_seen_and_no_other(visitor: Browser, kind: str) -> None:
    sign_in(visitor)
    make_ballot()
    root = a_preview() if kind == "preview" else WHILE_OPEN
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
            is_shown = route.who in {Who.PUBLIC, Who.ALIAS} or route.rule in also
            assert (NOT_HERE in source) is not is_shown, route
            assert answer.status_code in ({200, 303, 308} if is_shown else {404}), route
            assert 'rel="canonical"' not in f"{source} {answer.headers}"


def test_a_page_that_is_somebodys_own_leads_out(visitor: Browser) -> None:
    preview = a_preview()

    page = visitor.open(f"{preview}/booking", status=404)

    assert page.heading == NOT_HERE
    assert page.links["Open this page on the live site"] == "/booking"


def test_a_form_that_is_sent_inside_is_answered_in_words(visitor: Browser) -> None:
    page = visitor.open(f"{a_preview()}/feedback")

    answer = page.press("Send message", your_message="Hello", status=405)

    assert answer.heading == "You cannot send forms here"
    assert answer.response.headers["Allow"] == "GET, HEAD"
    assert "Hello" not in answer.source


def test_looking_at_a_form_does_not_sign_the_organiser_out(visitor: Browser) -> None:
    sign_in(visitor)
    held = visitor.cookies()

    visitor.open(f"{WHILE_OPEN}/register/name")

    assert visitor.cookies() == held


def test_nobody_s_own_answers_are_shown_inside(visitor: Browser) -> None:
    visitor.open("/register/name")
    visitor.press("Continue", given_names="Ada", family_name="Lovelace")
    preview = a_preview()

    page = visitor.open(f"{preview}/register")

    assert "Continue registering" not in page.links
    assert db.session.scalar(select(Delegate)) is None


def test_the_head_of_a_page_can_be_asked_for(visitor: Browser) -> None:
    answer = visitor.fetch("HEAD", f"{a_preview()}/programme")

    assert (answer.status_code, answer.get_data()) == (200, b"")


def test_a_page_that_is_not_there_says_so_inside(visitor: Browser) -> None:
    preview = a_preview()

    page = visitor.open(f"{preview}/nothing", status=404)

    assert page.heading == "Page not found"
    assert page.links["See the programme"] == f"{preview}/programme"
    assert visitor.open(f"{preview}/programme/").address == f"{preview}/programme"


def test_without_a_database_a_lens_shows_nothing_and_says_so(
    visitor: Browser, site: Flask, database: str
) -> None:
    preview = a_preview()

    with _away(site, database):
        page = visitor.open(f"{preview}/programme", status=503)

    assert page.heading == "Sorry, the service is unavailable"
    assert visitor.open(f"{preview}/programme").heading == "Programme"


def test_a_rehearsal_holds_up_no_writer(visitor: Browser, queries: list[str]) -> None:
    sign_in(visitor)
    queries.clear()

    visitor.open(f"{OPENING}/programme")

    assert [one for one in queries if not one.startswith("SELECT")] == []
