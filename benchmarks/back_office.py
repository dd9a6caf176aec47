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
from benchmarks.copies import SiteCopy
from benchmarks.figures import Figure, at_most
from tests.waiting import HOST

MANY, FEW = 5_000, 20
ORGANISER = "organiser@example.org"
ROUNDS = 60
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
    """A page that is measured: what it is called, where it is, and what grows on it."""

    name: str
    path: str
    rows: str
    row_count: int
    create_site: Callable[[Path, int], SignedInSite]


def measure(folder: Path) -> Iterator[Figure]:
    """Count the questions to the database, and compare the times."""
    for page in PAGES:
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
    pairs = [(_time_request(many, page.path), _time_request(few, page.path)) for _ in range(ROUNDS)]
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
    """Make a site with so many delegates and an email to each."""
    copy = SiteCopy(folder / f"delegates-{delegates}", (20, 25), 2 * MANY)
    with copy.app_context(), transaction():
        add_delegates(delegates)
    return sign_in_organiser(copy)


@cache
def _site_with_programme(folder: Path, count: int) -> SignedInSite:
    """Make a site with so many sessions and so many speakers."""
    return sign_in_organiser(SiteCopy(folder / f"programme-{count}", (count, count)))


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


PAGES = (
    MeasuredPage("dashboard", "/organise", "delegates", MANY, _site_with_delegates),
    MeasuredPage(
        "list of delegates", "/organise/delegates", "delegates", MANY, _site_with_delegates
    ),
    MeasuredPage(
        "search for delegates",
        "/organise/delegates?q=example",
        "delegates",
        MANY,
        _site_with_delegates,
    ),
    MeasuredPage("list of emails", "/organise/letters", "emails", MANY, _site_with_delegates),
    MeasuredPage("list of speakers", "/organise/speakers", "speakers", 1_000, _site_with_programme),
    MeasuredPage("list of sessions", "/organise/sessions", "sessions", 1_000, _site_with_programme),
    MeasuredPage(
        "search for sessions", "/organise/sessions?q=e", "sessions", 1_000, _site_with_programme
    ),
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
    _time_request(site, path)
    with _record_statements(site) as statements:
        _time_request(site, path)
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


def _time_request(site: SignedInSite, path: str) -> float:
    """Open the page; tell how many milliseconds it took."""
    started_at = time.perf_counter()
    page = site.client.get(f"{site.address}{path}")
    duration = (time.perf_counter() - started_at) * 1000
    assert page.status_code == 200, page.text
    return duration
