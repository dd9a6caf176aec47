"""Publishing: nothing public moves until then, and then everything does; no visit asks for SQL."""

import gzip
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import brotli
import pytest
from flask import Flask
from sqlalchemy import select, text

from app import cache_version, clock
from app.database import db, transaction
from app.errors import NotFound, RuleViolation
from app.programme import queries as programme_queries
from app.programme import snapshot
from app.programme.models import Conference, Release, Session
from app.releases import current_release, scheduled_releases, services
from app.releases import queries as release_queries
from app.releases.models import WAITING
from tests.browser import Browser, Browsers
from tests.factories import make_clash, make_scheduled_release, make_session, publish_programme
from tests.postgres import PostgresServer
from tests.races import is_waiting_for_lock, run_in_threads
from tests.waiting import wait_until

GRACE = "grace@conference.example"
PAGES = (
    "/programme",
    "/programme/2009-06-10",
    "/sessions/opening",
    "/speakers",
    "/speakers/ada-marsh",
    "/themes/water",
    "/rooms/great-hall",
)
RARELY_CHANGING = pytest.mark.settings(EDITION_CHECK_SECONDS="3600")


def rename_opening(title: str) -> None:
    session = db.session.scalars(select(Session).where(Session.slug == "opening")).one()
    session.title = title
    db.session.commit()


@pytest.mark.both_databases
def test_changes_are_not_public_until_they_are_published(site: Flask, visitor: Browser) -> None:
    rename_opening("A grand opening")
    assert visitor.open("/sessions/opening").heading == "Opening"

    publish_programme()

    assert visitor.open("/sessions/opening").heading == "A grand opening"
    assert "A grand opening" in visitor.open("/programme").headings


@pytest.mark.both_databases
def test_publishing_increases_the_cache_version(site: Flask) -> None:
    rename_opening("A grand opening")
    before = cache_version.current()

    publish_programme()

    assert cache_version.current() == before + 1


@pytest.mark.both_databases
def test_publishing_without_changes_creates_no_release(site: Flask) -> None:
    before = cache_version.current()

    publish_programme()

    assert programme_queries.get_latest_release_number() == 1
    assert cache_version.current() == before


def test_publishing_does_not_change_earlier_releases(site: Flask) -> None:
    rename_opening("A grand opening")
    publish_programme()

    first, second = db.session.scalars(select(Release).order_by(Release.number))
    titles = [snapshot.load(release.snapshot).sessions[0].title for release in (first, second)]
    assert titles == ["Opening", "A grand opening"]


def test_the_content_of_an_earlier_release_can_be_published_as_a_new_one(site: Flask) -> None:
    rename_opening("A grand opening")
    publish_programme()
    db.session.get_one(Conference, 1).current_release = 1
    db.session.commit()

    publish_programme()

    assert programme_queries.get_latest_release_number() == 3
    assert db.session.get_one(Conference, 1).current_release == 3


@pytest.mark.empty
def test_without_a_conference_there_is_nothing_to_publish(site: Flask) -> None:
    with pytest.raises(NotFound, match="No conference has been loaded yet"), transaction():
        services.create_release()


@pytest.mark.both_databases
def test_concurrent_publishing_creates_one_release(site: Flask) -> None:
    rename_opening("A grand opening")

    def publish() -> int:
        with transaction():
            return services.create_release().number

    assert run_in_threads(site, [publish] * 5) == [2] * 5


def do_one_after_the_other(site: Flask, deed: Callable[[], Any]) -> list[Any]:
    """Let two do the same; the second begins while the first is at it. Give what came of each.

    On SQLite a transaction that may write waits before it has read anything, so nothing is shown.
    """
    outcomes: list[Any] = []

    def act() -> None:
        with site.app_context(), transaction():
            outcomes.append(deed())

    second = threading.Thread(target=act)
    with transaction():
        outcomes.append(deed())
        second.start()
        wait_until(is_waiting_for_lock, "the second waits", 60)
    second.join()
    return outcomes


@pytest.mark.postgresql_only
def test_publishing_waits_for_another_publisher_and_creates_no_duplicate(site: Flask) -> None:
    rename_opening("A grand opening")

    assert do_one_after_the_other(site, lambda: services.create_release().number) == [2, 2]


@pytest.mark.postgresql_only
def test_a_publisher_with_a_stale_conference_row_creates_no_duplicate_release(
    site: Flask,
) -> None:
    rename_opening("A grand opening")

    def look_and_publish() -> tuple[int, int | None]:
        seen = db.session.get_one(Conference, 1)
        number = services.create_release().number
        return number, seen.current_release

    assert do_one_after_the_other(site, look_and_publish) == [(2, 2), (2, 2)]


@pytest.mark.postgresql_only
def test_a_scheduled_release_due_during_publishing_reverts_nothing(
    site: Flask,
) -> None:
    plan = make_scheduled_release(publish_at=clock.now())

    def publish_planned() -> None:
        with site.app_context(), transaction():
            scheduled_releases.publish_due()

    worker = threading.Thread(target=publish_planned)
    with transaction():
        db.session.scalars(select(Session).where(Session.slug == "opening")).one().title = "Grand"
        services.create_release()
        worker.start()
        wait_until(is_waiting_for_lock, "the worker waits", 60)
    worker.join()

    db.session.refresh(plan)
    assert plan.release_number == 2
    assert current_release.get_programme().get_session("opening").title == "Grand"


@pytest.mark.postgresql_only
def test_cancelling_a_scheduled_release_while_it_is_published_is_refused(site: Flask) -> None:
    rename_opening("A grand opening")
    number = make_scheduled_release(publish_at=clock.now()).id
    db.session.commit()
    told: list[str] = []

    def call_off() -> None:
        try:
            with site.app_context(), transaction():
                scheduled_releases.cancel(number, actor=GRACE)
        except RuleViolation as refusal:
            told.append(str(refusal))

    organiser = threading.Thread(target=call_off)
    with transaction():
        scheduled_releases.publish_due()
        organiser.start()
        wait_until(is_waiting_for_lock, "whoever calls it off waits", 60)
    organiser.join()

    assert told == ["This release has already been published or cancelled"]


@pytest.mark.postgresql_only
def test_publishing_what_was_just_published_reports_that_nothing_is_new(
    site: Flask,
) -> None:
    rename_opening("A grand opening")
    seen = release_queries.preview_release().fingerprint
    db.session.rollback()

    def publish() -> bool:
        return services.publish(
            "", override_reason="", expected_fingerprint=seen, actor=GRACE
        ).is_new

    assert do_one_after_the_other(site, publish) == [True, False]


@pytest.mark.postgresql_only
def test_of_two_concurrent_rollbacks_the_second_is_refused(site: Flask) -> None:
    rename_opening("A grand opening")
    publish_programme()

    def go_back() -> str:
        try:
            release = services.roll_back(1, "", expected_release=2, actor=GRACE)
        except RuleViolation as refusal:
            return str(refusal)
        return f"Readers see release {release.number} again"

    assert do_one_after_the_other(site, go_back) == [
        "Readers see release 1 again",
        "Release 1 is public now, so nothing has been done. Check the changes again",
    ]


def test_rolling_back_to_the_public_release_is_refused(site: Flask) -> None:
    with pytest.raises(RuleViolation, match="Release 1 is already public"), transaction():
        services.roll_back(1, "", expected_release=1, actor=GRACE)


def test_clashes_without_a_reason_are_not_published(site: Flask) -> None:
    make_clash()
    seen = release_queries.preview_release().fingerprint

    with pytest.raises(services.UnresolvedClashes), transaction():
        services.publish("", override_reason="", expected_fingerprint=seen, actor=GRACE)

    assert programme_queries.get_latest_release_number() == 1


def test_a_release_cannot_be_scheduled_in_the_past(site: Flask) -> None:
    with pytest.raises(RuleViolation, match="Enter a date and time in the future"), transaction():
        scheduled_releases.schedule(clock.now(), "", override_reason="", actor=GRACE)


def test_a_release_with_clashes_cannot_be_scheduled_without_a_reason(site: Flask) -> None:
    make_clash()
    in_an_hour = clock.now() + timedelta(hours=1)

    with pytest.raises(services.UnresolvedClashes), transaction():
        scheduled_releases.schedule(in_an_hour, "", override_reason="", actor=GRACE)


def test_a_scheduled_release_stays_scheduled_after_an_earlier_publication(site: Flask) -> None:
    plan = make_scheduled_release(publish_at=clock.now() + timedelta(days=1))
    rename_opening("A grand opening")
    seen = release_queries.preview_release().fingerprint

    with transaction():
        services.publish("", override_reason="", expected_fingerprint=seen, actor=GRACE)

    assert plan.state == WAITING


@pytest.mark.postgresql_only
def test_of_two_plans_that_are_due_the_one_for_the_earlier_moment_is_published(site: Flask) -> None:
    rename_opening("A grand opening")
    make_scheduled_release(publish_at=clock.now(), note="For the noon news")
    make_scheduled_release(publish_at=clock.now() - timedelta(hours=1), note="For the morning news")
    with transaction():  # as a server does by itself: it no longer reads so few by their index
        db.session.execute(text("ANALYZE scheduled_release"))

    with transaction():
        scheduled_releases.publish_due()

    assert db.session.get_one(Release, 2).note == "For the morning news"
    assert programme_queries.get_latest_release_number() == 2


@pytest.mark.both_databases
def test_a_reader_during_publishing_sees_a_consistent_programme(
    site: Flask, new_browser: Browsers
) -> None:
    reader = site.test_client()
    seen: list[tuple[int, bool]] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            answer = reader.get("/programme", base_url="https://conference.example")
            words = answer.get_data(as_text=True)
            first, second = ("Opening part" in words, "Farewell part" in words)
            seen.append((answer.status_code, first == second))

    reading = threading.Thread(target=read)
    reading.start()
    for number in range(6):
        for slug, title in (("opening", "Opening"), ("farewell", "Farewell")):
            session = db.session.scalars(select(Session).where(Session.slug == slug)).one()
            session.title = f"{title} part" if number % 2 else title
        db.session.commit()
        publish_programme()
    stop.set()
    reading.join(30)

    assert seen
    assert set(seen) == {(200, True)}


# What is remembered


@RARELY_CHANGING
@pytest.mark.both_databases
def test_a_cached_page_needs_no_queries(visitor: Browser, queries: list[str]) -> None:
    for address in PAGES:
        visitor.open(address)
    queries.clear()

    for address in PAGES:
        visitor.open(address)

    assert queries == []


@RARELY_CHANGING
@pytest.mark.both_databases
def test_an_uncached_page_of_a_cached_release_needs_no_queries(
    visitor: Browser, queries: list[str]
) -> None:
    visitor.open("/programme")
    queries.clear()

    for address in PAGES[1:]:
        visitor.open(address)

    assert queries == []


def test_the_first_page_of_a_release_loads_its_snapshot_once(
    visitor: Browser, queries: list[str]
) -> None:
    visitor.open("/programme")

    assert len([statement for statement in queries if "FROM release" in statement]) == 1
    assert not [statement for statement in queries if "FROM session" in statement]


def _varies(address: str) -> str:
    """Return the ETag and related headers of a page; programme and sessions also as plain text."""
    as_text = address.startswith(("/programme", "/sessions/"))
    return "Accept, Accept-Encoding" if as_text else "Accept-Encoding"


@pytest.mark.parametrize("address", PAGES)
def test_public_pages_have_caching_headers_and_set_no_cookie(
    visitor: Browser, address: str
) -> None:
    first, second = visitor.open(address), visitor.open(address)

    for page in (first, second):
        assert page.headers["Cache-Control"].startswith("public, max-age=")
        assert page.headers["Vary"] == _varies(address)
        assert "Set-Cookie" not in page.headers
        assert page.headers["Content-Security-Policy"]
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.source == second.source
    assert visitor.cookies() == {}


@pytest.mark.both_databases
def test_an_unchanged_page_answers_304_and_a_changed_page_200(visitor: Browser) -> None:
    mark = visitor.open("/sessions/opening").headers["ETag"]

    unchanged = visitor.fetch("GET", "/sessions/opening", {"If-None-Match": mark})
    rename_opening("A grand opening")
    publish_programme()
    changed = visitor.fetch("GET", "/sessions/opening", {"If-None-Match": mark})

    assert (unchanged.status_code, unchanged.get_data()) == (304, b"")
    assert unchanged.headers["ETag"] == mark
    assert changed.status_code == 200
    assert changed.headers["ETag"] != mark


def test_a_page_unaffected_by_a_release_keeps_its_etag(visitor: Browser) -> None:
    mark = visitor.open("/speakers").headers["ETag"]
    rename_opening("A grand opening")
    publish_programme()

    assert visitor.open("/speakers").headers["ETag"] == mark


@pytest.mark.parametrize("address", PAGES)
def test_every_content_encoding_carries_the_same_page(visitor: Browser, address: str) -> None:
    plain = visitor.fetch("GET", address)
    small = visitor.fetch("GET", address, {"Accept-Encoding": "gzip"})
    smaller = visitor.fetch("GET", address, {"Accept-Encoding": "gzip, deflate, br"})

    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert smaller.headers["Content-Encoding"] == "br"
    assert gzip.decompress(small.get_data()) == plain.get_data()
    assert brotli.decompress(smaller.get_data()) == plain.get_data()
    assert len({answer.headers["ETag"] for answer in (plain, small, smaller)}) == 3


@pytest.mark.parametrize("address", PAGES)
def test_a_head_request_gives_only_the_headers(visitor: Browser, address: str) -> None:
    for _ in ("rendered", "remembered"):
        head = visitor.fetch("HEAD", address)
        whole = visitor.fetch("GET", address)

        assert head.status_code == 200
        assert head.get_data() == b""
        assert head.headers["ETag"] == whole.headers["ETag"]
        assert head.headers["Content-Length"] == str(len(whole.get_data()))


def test_a_request_for_another_host_is_not_served_from_the_cache(
    visitor: Browser, site: Flask
) -> None:
    visitor.open("/programme")

    answer = site.test_client().get("/programme", base_url="https://elsewhere.example")

    assert answer.status_code == 400


# When the database is away


class _DatabaseOutage:
    """Take a database away, and bring it back."""

    def __init__(self, request: pytest.FixtureRequest, address: str) -> None:
        self._postgres: PostgresServer | None = (
            request.getfixturevalue("postgres") if "postgresql" in address else None
        )
        self._file = Path(address.removeprefix("sqlite:///"))
        self._kept = self._file.with_suffix(".kept")

    def __enter__(self) -> None:
        db.session.remove()
        if self._postgres is not None:
            self._postgres.crash()
            return
        db.engine.dispose()
        self._file.rename(self._kept)
        self._file.mkdir()  # what can be neither opened nor created again

    def __exit__(self, *_: object) -> None:
        if self._postgres is not None:
            self._postgres.restart()
            return
        db.engine.dispose()
        self._file.rmdir()
        self._kept.rename(self._file)


@pytest.fixture
def database_outage(request: pytest.FixtureRequest, site: Flask, database: str) -> _DatabaseOutage:
    """The database, which the test makes unavailable."""
    return _DatabaseOutage(request, database)


@pytest.mark.both_databases
def test_public_pages_are_served_while_the_database_is_unavailable(
    visitor: Browser, database_outage: _DatabaseOutage, site: Flask
) -> None:
    client: Any = site.test_client()
    visitor.open("/programme")

    with database_outage:
        answers = [client.get(page, base_url="https://conference.example") for page in PAGES]

    assert [answer.status_code for answer in answers] == [200] * len(PAGES)
    assert visitor.open("/sessions/opening").heading == "Opening"


@pytest.mark.both_databases
def test_a_page_rendered_without_the_database_is_not_cached(
    database_outage: _DatabaseOutage, site: Flask
) -> None:
    client = site.test_client()
    ask: dict[str, Any] = {"path": "/terms", "base_url": "https://conference.example"}
    cache_version.current()

    with database_outage:
        without = client.get(**ask)
    with_it = client.get(**ask)

    assert without.status_code == 200
    assert "Tides and Harbours" not in without.get_data(as_text=True)
    assert "Tides and Harbours" in with_it.get_data(as_text=True)


@pytest.mark.both_databases
def test_a_release_published_after_an_outage_is_shown(
    visitor: Browser, database_outage: _DatabaseOutage, site: Flask
) -> None:
    visitor.open("/programme")
    with database_outage:
        site.test_client().get("/programme", base_url="https://conference.example")

    make_session(title="After the storm", slug="after-the-storm")
    publish_programme()

    assert visitor.open("/sessions/after-the-storm").heading == "After the storm"
