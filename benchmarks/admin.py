"""The pages of admin with many rows, beside the same pages with 20."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from sqlalchemy import event

from app import clock
from app.accounts import guards
from app.accounts import services as accounts
from app.accounts.models import LoginSession
from app.accounts.queries import hash_secret
from app.database import db, transaction
from app.interchange.demo.generator import generate_delegates
from app.mail.models import SENT, Email
from app.registration import demo
from app.releases import services as releases
from benchmarks.admin_rows import (
    BOOKED_SESSION,
    add_answers,
    add_rows_of_delegates,
    add_rows_of_speakers,
    open_all_sessions,
    rename_sessions,
)
from benchmarks.copies import SiteCopy
from benchmarks.figures import Figure, at_most
from tests.waiting import HOST

MANY, FEW = 5_000, 20
ORGANISER = "organiser@example.org"
ROUNDS = 20
FIRST_REFERENCE = "X4PV5Y2J"  # of the first invented delegate
IGNORED_STATEMENTS = ("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT")
PERIODIC_STATEMENTS = (
    "SELECT site_state.cache_version",
)  # by each process, whatever page is opened


@dataclass(frozen=True)
class SignedInSite:
    """A copy of the site, and an organiser who is signed in there."""

    app: Flask
    client: FlaskClient
    address: str


@dataclass(frozen=True)
class MeasuredPage:
    """A measured page: its name, its URL and the rows that grow on it."""

    name: str
    path: str
    rows: str
    row_count: int
    create_site: Callable[[Path, int], SignedInSite]


def measure(folder: Path, words: str = "") -> Iterator[Figure]:
    """Count the questions to the database, and compare the times, of pages with such a name."""
    for page in PAGES:
        if words in page.name:
            yield from _measure_page(page, folder)


def _measure_page(page: MeasuredPage, folder: Path) -> Iterator[Figure]:
    counts = {
        number: count_queries(page.create_site(folder, number), page.path) for number in (1, 3)
    }
    few, many = page.create_site(folder, FEW), page.create_site(folder, page.row_count)
    counts[page.row_count] = count_queries(many, page.path)
    most = max(counts.values())
    same = "the same" if len(set(counts.values())) == 1 else f"not the same: {counts}"
    yield Figure(
        f"{page.name}, {page.row_count:,} {page.rows}: SQL queries",
        f"{most}, {same} for 1 and 3",
        most if same == "the same" else float("inf"),
        at_most(8, 5),
    )
    pairs = [(time_request(many, page.path), time_request(few, page.path)) for _ in range(ROUNDS)]
    ours, theirs = (median(pair[side] for pair in pairs) for side in (0, 1))
    ratio = median(one / other for one, other in pairs)
    yield Figure(
        f"{page.name}, {page.row_count:,} {page.rows} ÷ {FEW}: time",
        f"{ours:.1f} ms",
        ratio,
        at_most(2, 1.2),
        f"with {FEW}: {theirs:.1f} ms",
        ratio,
    )


@cache
def _site_with_delegates(folder: Path, delegates: int) -> SignedInSite:
    """Make a site with so many delegates, an email to each, and as many rows of other lists."""
    copy = SiteCopy(folder / f"delegates-{delegates}", (20, 25), 2 * MANY)
    with copy.app_context(), transaction():
        add_delegates(delegates)
        add_rows_of_delegates()
    return sign_in_organiser(copy)


@cache
def _site_with_answers(folder: Path, delegates: int) -> SignedInSite:
    """Make a site with so many delegates, each of whom has answered six questions."""
    copy = SiteCopy(folder / f"answers-{delegates}", (20, 25), 2 * MANY)
    with copy.app_context(), transaction():
        add_delegates(delegates)
        add_answers()
    return sign_in_organiser(copy)


@cache
def _site_with_programme(folder: Path, count: int) -> SignedInSite:
    """Make a site with so many sessions and so many speakers, two releases and a delegate."""
    copy = SiteCopy(folder / f"programme-{count}", (count, count))
    with copy.app_context(), transaction():
        add_delegates(1)
        add_rows_of_speakers()
        rename_sessions()
        releases.create_release()
        rename_sessions()
    return sign_in_organiser(copy)


@cache
def _site_with_seats(folder: Path, count: int) -> SignedInSite:
    """Make a site with so many sessions in which people book seats."""
    copy = SiteCopy(folder / f"seats-{count}", (count, 25))
    with copy.app_context(), transaction():
        open_all_sessions()
    return sign_in_organiser(copy)


def sign_in_organiser(copy: SiteCopy) -> SignedInSite:
    """Sign an organiser in, second step and all."""
    client = copy.app.test_client()
    now, secret = clock.real_now(), "the device of a benchmark"
    with copy.app_context(), transaction():
        device = LoginSession(
            person=accounts.add_organiser(ORGANISER),
            secret_hash=hash_secret(secret),
            signed_in_at=now,
            last_used_at=now,
            verified_at=now,
            expires_at=now + accounts.LOGIN_SESSION_LIFETIME,
        )
        db.session.add(device)
    signer = SecureCookieSessionInterface().get_signing_serializer(copy.app)
    assert signer
    client.set_cookie("session", str(signer.dumps({guards.COOKIE_KEY: secret})), domain=HOST)
    return SignedInSite(copy.app, client, copy.settings["SITE_URL"])


DELEGATE_PAGES = {
    "dashboard": "/organise",
    "list of delegates": "/organise/delegates",
    "search for delegates": "/organise/delegates?q=example",
    "likely duplicates": "/organise/delegates/_duplicates",
    "groups": "/organise/groups",
    "applications": "/organise/applications?q=bea",
    "expressions of interest": "/organise/interest",
    "search for expressions of interest": "/organise/interest?q=bea",
    "waiting list": "/organise/waiting-list",
    "search for the waiting list": "/organise/waiting-list?q=bea",
    "invitation codes": "/organise/invitations?q=BCDF",
    "who has a seat": f"/organise/session-seats/{BOOKED_SESSION}",
    "search for who has a seat": f"/organise/session-seats/{BOOKED_SESSION}?q=example",
    "list of emails": "/organise/letters",
    "search for emails": "/organise/letters?q=example",
    "replies": "/organise/letters/replies",
    "addresses without group emails": "/organise/letters/suppression?q=wrong",
    "group email: filters": "/organise/mailings/1/filters",
    "group email: people": "/organise/mailings/1/people",
    "group email: search for people": "/organise/mailings/1/people?q=example",
    "group email: preview": "/organise/mailings/1/preview",
    "group email: report": "/organise/mailings/2/recipients?q=example",
    "history": "/organise/history",
    "search for history": "/organise/history?q=something",
}
ANSWER_PAGES = {
    "list of delegates with six columns of answers": "/organise/delegates?hide=none",
}
SPEAKER_PAGES = {
    "list of speakers": "/organise/speakers",
    "search for speakers": "/organise/speakers?q=a",
    "invitations of speakers": "/organise/speaking/invitations",
    "emails to invite speakers": "/organise/speaking/letters/invitation",
    "emails to remind speakers": "/organise/speaking/letters/reminder",
    "automatic reminders": "/organise/speaking/reminders",
    "changes by speakers": "/organise/proposals",
    "group email to speakers: people": "/organise/mailings/1/people",
    "group email to speakers: preview": "/organise/mailings/1/preview",
    "speaker of a booking": f"/organise/delegates/{FIRST_REFERENCE}/speaker",
}
SESSION_PAGES = {
    "list of sessions": "/organise/sessions",
    "search for sessions": "/organise/sessions?q=e",
    "rooms": "/organise/rooms",
    "themes": "/organise/themes",
    "opening a ballot": "/organise/ballots/_add",
    "unpublished changes": "/organise/publishing",
    "publishing": "/organise/publishing/publish",
    "releases": "/organise/publishing/releases",
    "comparison of releases": "/organise/publishing/compare",
    "restoring a release": "/organise/publishing/releases/1/back",
    "search everything": "/organise/search?q=a",
    "suggestions of the search": "/organise/search/suggestions?q=a",
}
SEAT_PAGES = {
    "seats in sessions": "/organise/session-seats",
    "search for seats in sessions": "/organise/session-seats?q=e",
}
PAGES = tuple(
    MeasuredPage(name, path, rows, count, create_site)
    for pages, rows, count, create_site in (
        (DELEGATE_PAGES, "delegates", MANY, _site_with_delegates),
        (ANSWER_PAGES, "delegates", MANY, _site_with_answers),
        (SPEAKER_PAGES, "speakers", 1_000, _site_with_programme),
        (SESSION_PAGES, "sessions", 1_000, _site_with_programme),
        (SEAT_PAGES, "sessions", 1_000, _site_with_seats),
    )
    for name, path in pages.items()
)


def add_delegates(count: int) -> None:
    """Add delegates, each with the email that they got."""
    demo.create(generate_delegates(count))
    now = clock.real_now()
    db.session.add_all(
        Email(
            template="registration_confirmed",
            message_id=f"<{number}@example.org>",
            recipient=f"delegate-{number}@example.org",
            subject="You are registered",
            message=b"",
            is_secret=True,
            state=SENT,
            created_at=now,
            due_at=now,
        )
        for number in range(count)
    )


def count_queries(site: SignedInSite, path: str) -> int:
    """Count the questions that the page asks of the database."""
    time_request(site, path)
    with _record_statements(site) as statements:
        time_request(site, path)
    return len(statements)


@contextmanager
def _record_statements(site: SignedInSite) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*about: object) -> None:
        statement = str(about[2])
        if not statement.startswith(IGNORED_STATEMENTS + PERIODIC_STATEMENTS):
            statements.append(statement)

    with site.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def time_request(site: SignedInSite, path: str) -> float:
    """Open the page and return the milliseconds it took."""
    started_at = time.perf_counter()
    page = site.client.get(f"{site.address}{path}")
    duration = (time.perf_counter() - started_at) * 1000
    assert page.status_code == 200, page.text
    return duration
