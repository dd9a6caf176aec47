"""Whatever goes wrong, the answer has the right status and says in plain words what to do."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page as Window
from sqlalchemy import text, update

from app import cache_version, errors
from app.accounts import team
from app.accounts.rate_limits import FEEDBACK
from app.database import db, transaction
from app.programme.models import Release
from app.registration import links
from tests.browser import Browser, Page
from tests.chromium import expect_heading
from tests.factories import make_delegate, make_organiser, sign_in
from tests.live_site import LiveSites

NOTHING_LOST = "Anything you have already sent is safe."
MAYBE_UNSAVED = (
    "What you just sent may not have been saved. Wait a few minutes, then go back and send it "
    "again. Anything you sent before is safe."
)
WAYS_ON = {
    "Go to the home page",
    "See the programme",
    "Search this site",
    "See all pages in the site map",
    "Get help",
    "Contact us",
}


@contextmanager
def _database_unavailable(site: Flask, database: str) -> Iterator[None]:
    """Take the database away, and bring it back."""
    db.session.remove()
    db.engine.dispose()
    path = Path(database.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    aside = path.rename(path.with_suffix(".aside"))
    path.mkdir()
    yield
    db.session.remove()
    db.engine.dispose()
    path.rmdir()
    aside.rename(path)


def _corrupt_row() -> None:
    """Break what the public reads."""
    with transaction():
        db.session.execute(update(Release).values(snapshot='{"conference": 5}'))
        cache_version.bump_cache_version()


def _is_plain(page: Page, heading: str) -> bool:
    """Whether an answer says what happened, how to go on, and how to ask about it."""
    assert page.heading == heading
    assert page.title.startswith(heading)
    assert set(page.links) >= WAYS_ON
    assert page.headers["X-Request-ID"] in page.text
    assert page.headers["Cache-Control"] == "private, no-store"
    return True


def test_an_unknown_url_is_404(visitor: Browser) -> None:
    assert _is_plain(visitor.open("/nowhere", 404), "Page not found")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("/sessions/none", "There is no session at that web address."),
        ("/speakers/none", "There is no speaker at that web address."),
        ("/themes/none", "There is no theme at that web address."),
        ("/rooms/none", "There is no room at that web address."),
        ("/programme/2009-06-12", "There is nothing in the programme on that day."),
    ],
)
def test_an_unknown_part_of_the_programme_is_404_and_says_what(
    visitor: Browser, address: str, reason: str
) -> None:
    assert reason in visitor.open(address, 404).text


def test_an_unsupported_method_is_405_with_allow_header(visitor: Browser) -> None:
    page = visitor.send("DELETE", "/feedback", 405)

    assert _is_plain(page, "You cannot do that on this page")
    assert set(page.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_another_host_name_is_400(visitor: Browser) -> None:
    for host in ("evil.example", "conference.example.evil.example", "conference.example:8000"):
        page = visitor.send("GET", "/", 400, {"Host": host})
        assert _is_plain(page, "We could not understand that request")
        assert "This site is not available at that web address." in page.text
        assert host not in page.source


@pytest.mark.parametrize("host", ["CONFERENCE.Example", "conference.example:443"])
def test_the_own_host_name_is_accepted_in_any_spelling(visitor: Browser, host: str) -> None:
    assert visitor.fetch("GET", "/programme", {"Host": host}).status_code == 200


def test_health_checks_accept_any_host_name(visitor: Browser) -> None:
    for address in ("/healthz", "/readyz"):
        assert visitor.fetch("GET", address, {"Host": "10.0.0.7:8000"}).status_code == 200


def test_a_cross_origin_form_is_refused(visitor: Browser) -> None:
    page = visitor.send("POST", "/sign-in", 400, {"Origin": "https://evil.example"}, data={})

    assert "This form was sent from another site, so nothing was changed." in page.text


def test_a_button_without_csrf_token_is_400(visitor: Browser) -> None:
    visitor.open("/register/name")
    page = visitor.send("POST", "/register/again", 400)

    assert "This page was open for too long. Go back, reload it and try again" in page.text


def test_a_button_without_session_cookie_explains_what_to_do(visitor: Browser) -> None:
    page = visitor.send("POST", "/register/again", 400)

    assert "Allow cookies for this site in your browser’s settings. Then go back" in page.text


def test_a_removed_organiser_gets_403(visitor: Browser) -> None:
    sign_in(visitor, "grace@conference.example")
    make_organiser("colleague@conference.example")
    with transaction():
        team.remove_organiser("grace@conference.example")

    page = visitor.open("/organise", 403)
    assert page.links["Sign in"] == "/sign-in"

    assert _is_plain(page, "You do not have access to this page")


def test_a_too_large_form_is_413(visitor: Browser) -> None:
    page = visitor.send("POST", "/sign-in", 413, data={"email": "a" * 10 * 1024 * 1024})

    assert _is_plain(page, "Too much data")


def test_a_rate_limit_is_429_with_retry_after(visitor: Browser) -> None:
    statuses = []
    for _ in range(FEEDBACK.windows[0].times + 1):
        form = visitor.open("/feedback")
        token = next(one for one in form.tree.find_all("input") if one.get("name") == "csrf_token")
        data = {"csrf_token": token.get("value"), "message": "Hello"}
        answer = visitor.fetch("POST", "/feedback", data=data)
        statuses.append(answer.status_code)

    assert statuses == [303] * FEEDBACK.windows[0].times + [429]
    assert answer.headers["Retry-After"] == "3600"


def test_a_corrupt_row_is_500_and_logged_with_the_request_id(
    capsys: pytest.CaptureFixture[str], visitor: Browser
) -> None:
    token = links.booking_token(make_delegate(days="some day"))

    page = visitor.open(f"/booking/{token}", 500)

    assert _is_plain(page, "Sorry, there is a problem with the service")
    assert "Something went wrong on our side." in page.text
    assert "Traceback" not in page.source
    (line,) = (one for one in capsys.readouterr().err.splitlines() if '"failed"' in one)
    assert page.headers["X-Request-ID"] in line
    assert '"route": "/booking/<secret>"' in line


def test_a_repaired_release_is_shown_after_an_error(visitor: Browser) -> None:
    with closing(sqlite3.connect(str(db.engine.url.database))) as connection:
        (sound,) = connection.execute("SELECT snapshot FROM release").fetchone()
    _corrupt_row()
    visitor.open("/", 503)

    with transaction():
        db.session.execute(update(Release).values(snapshot=sound))
        cache_version.bump_cache_version()

    assert visitor.open("/").heading == "Tides and Harbours"


def test_cached_public_pages_are_served_without_the_database(
    visitor: Browser, site: Flask, database: str
) -> None:
    visitor.open("/")

    with _database_unavailable(site, database):
        assert visitor.open("/").heading == "Tides and Harbours"
        assert visitor.open("/programme").heading == "Programme"
        assert visitor.open("/sessions/opening").heading == "Opening"
        assert visitor.open("/search?q=tide").heading.endswith("results for “tide”")
        assert visitor.open("/nowhere", 404).heading == "Page not found"
        assert visitor.fetch("GET", "/healthz").status_code == 200
        answer = visitor.fetch("GET", "/readyz")
        assert (answer.status_code, json.loads(answer.data)["database"]) == (200, "away")


@pytest.mark.both_databases
def test_readyz_reports_a_database_with_missing_tables(visitor: Browser, site: Flask) -> None:
    with transaction():
        db.session.execute(text("DROP TABLE site_look"))
        db.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    answer = visitor.fetch("GET", "/readyz")

    assert (answer.status_code, json.loads(answer.data)["database"]) == (200, "not up to date")


def test_without_the_database_a_form_is_503_and_says_to_send_it_again(
    visitor: Browser, site: Flask, database: str
) -> None:
    form = visitor.open("/feedback")

    with _database_unavailable(site, database):
        page = form.press("Send message", your_message="Hello", status=503)

        assert _is_plain(page, "Sorry, the service is unavailable")
        assert MAYBE_UNSAVED in page.text
        assert page.headers["Retry-After"] == "60"

    assert form.press("Send message", your_message="Hello").status == 200


def test_a_private_page_is_503_while_the_database_is_unavailable(
    visitor: Browser, site: Flask, database: str
) -> None:
    make_delegate()
    visitor.open("/")

    with _database_unavailable(site, database):
        assert NOTHING_LOST in visitor.open("/sign-in/some-secret", 503).text


def test_a_site_that_never_reached_its_database_is_503(
    visitor: Browser, site: Flask, database: str
) -> None:
    with _database_unavailable(site, database):
        page = visitor.open("/", 503)

    assert page.heading == "Sorry, the service is unavailable"
    assert visitor.open("/").heading == "Tides and Harbours"


@pytest.mark.own_site
@pytest.mark.parametrize(
    ("error", "status", "heading"),
    [
        (errors.NotFound("It sank"), 404, "Page not found"),
        (errors.PermissionDenied("It sank"), 403, "You do not have access to this page"),
        (errors.RuleViolation("It sank"), 409, "You cannot do that now"),
        (errors.InvalidFile("It sank"), 409, "You cannot do that now"),
        (errors.Gone("It sank"), 410, "This page is no longer available"),
        (errors.RateLimitExceeded("It sank"), 429, "Too many requests"),
    ],
)
def test_each_rule_violation_has_its_status_and_message(
    site: Flask, visitor: Browser, error: Exception, status: int, heading: str
) -> None:
    def sink() -> str:
        raise error

    site.add_url_rule("/sink", view_func=sink)

    page = visitor.open("/sink", status)

    assert _is_plain(page, heading)
    assert "It sank." in page.text


@pytest.mark.own_site
@pytest.mark.parametrize(
    "code", [400, 403, 404, 405, 408, 409, 410, 411, 413, 415, 418, 422, 429, 503]
)
def test_every_other_error_status_has_a_page(site: Flask, visitor: Browser, code: int) -> None:
    site.add_url_rule("/answer", view_func=lambda: __import__("flask").abort(code))

    page = visitor.open("/answer", code)

    assert page.heading
    assert len(page.text) > 100


@pytest.mark.own_site
def test_an_unexpected_error_is_500_and_rolled_back(site: Flask, visitor: Browser) -> None:
    def fail() -> str:
        make_delegate(email="secret@example.org")
        raise ZeroDivisionError("secret@example.org")

    site.add_url_rule("/fail", view_func=fail, methods=["GET"])

    page = visitor.open("/fail", 500)

    assert _is_plain(page, "Sorry, there is a problem with the service")
    assert "secret@example.org" not in page.source


def test_an_error_page_is_in_the_language_of_its_url(visitor: Browser) -> None:
    assert visitor.open("/nowhere", 404).language == "en"


def test_a_running_site_refuses_a_too_large_form_with_a_page(
    live_site: LiveSites, window: Window
) -> None:
    home = live_site().address
    window.goto(f"{home}/feedback")
    window.get_by_label("Your message").fill("a" * 2_000_000)

    window.get_by_role("button", name="Send message").click()

    expect_heading(window, "Too much data")
