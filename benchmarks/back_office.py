"""The pages of the back office with many rows, beside the same pages with 20."""

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
from sqlalchemy import event, insert

from app import clock
from app.accounts import guards
from app.accounts import services as accounts
from app.accounts.models import Device
from app.accounts.queries import hashed
from app.database import db, transaction
from app.mail.models import SENT, Letter
from app.programme.invented import invented_delegates
from app.registration import invented
from benchmarks.copies import Copy
from benchmarks.figures import Figure, at_most
from benchmarks.running import HOST

MANY, FEW = 5_000, 20
ORGANISER = "organiser@example.org"
ROUNDS = 60
BOOKKEEPING = ("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT")
ONCE_A_SECOND = ("SELECT edition.number",)  # by each process, whatever page is opened


@dataclass(frozen=True)
class Office:
    """A copy of the site, and an organiser who is signed in there."""

    app: Flask
    organiser: FlaskClient
    address: str


@dataclass(frozen=True)
class Page:
    """A page that is measured: what it is called, where it is, and what grows on it."""

    name: str
    path: str
    rows: str
    many: int
    office: Callable[[Path, int], Office]


def measure(folder: Path) -> Iterator[Figure]:
    """Count the questions to the database, and compare the times."""
    for page in PAGES:
        yield from _measured(page, folder)


def _measured(page: Page, folder: Path) -> Iterator[Figure]:
    counts = {number: queries(page.office(folder, number), page.path) for number in (1, 3)}
    few, many = page.office(folder, FEW), page.office(folder, page.many)
    counts[page.many] = queries(many, page.path)
    most = max(counts.values())
    same = "the same" if len(set(counts.values())) == 1 else f"not the same: {counts}"
    yield Figure(
        f"{page.name}, {page.many:,} {page.rows}: SQL queries",
        f"{most}, {same} for 1 and 3",
        most if same == "the same" else float("inf"),
        at_most(8, 5),
    )
    pairs = [(_took(many, page.path), _took(few, page.path)) for _ in range(ROUNDS)]
    ours, theirs = (median(pair[side] for pair in pairs) for side in (0, 1))
    ratio = median(one / other for one, other in pairs)
    yield Figure(
        f"{page.name}, {page.many:,} {page.rows} ÷ {FEW}: time",
        f"{ours:.1f} ms",
        ratio,
        at_most(2, 1.2),
        f"with {FEW}: {theirs:.1f} ms",
        ratio,
    )


@cache
def _with_delegates(folder: Path, delegates: int) -> Office:
    """Make a site with so many delegates and a letter to each."""
    copy = Copy(folder / f"delegates-{delegates}", (20, 25), 2 * MANY)
    with copy.at_work(), transaction():
        come(delegates)
    return office(copy)


@cache
def _with_programme(folder: Path, things: int) -> Office:
    """Make a site with so many sessions and so many speakers."""
    return office(Copy(folder / f"programme-{things}", (things, things)))


def office(copy: Copy) -> Office:
    """Sign an organiser in, second step and all."""
    organiser = copy.app.test_client()
    now, secret = clock.real_now(), "the device of a benchmark"
    with copy.at_work(), transaction():
        device = Device(
            person=accounts.add_organiser(ORGANISER),
            secret_hash=hashed(secret),
            signed_in_at=now,
            seen_at=now,
            passed_at=now,
            expires_at=now + accounts.DEVICE_LASTS,
        )
        db.session.add(device)
    signer = SecureCookieSessionInterface().get_signing_serializer(copy.app)
    assert signer
    organiser.set_cookie("session", str(signer.dumps({guards.DEVICE: secret})), domain=HOST)
    return Office(copy.app, organiser, copy.settings["SITE_URL"])


PAGES = (
    Page("back office home", "/organise", "delegates", MANY, _with_delegates),
    Page("list of delegates", "/organise/delegates", "delegates", MANY, _with_delegates),
    Page(
        "search for delegates", "/organise/delegates?q=example", "delegates", MANY, _with_delegates
    ),
    Page("list of letters", "/organise/letters", "letters", MANY, _with_delegates),
    Page("list of speakers", "/organise/speakers", "speakers", 1_000, _with_programme),
    Page("list of sessions", "/organise/sessions", "sessions", 1_000, _with_programme),
    Page("search for sessions", "/organise/sessions?q=e", "sessions", 1_000, _with_programme),
)


def come(delegates: int) -> None:
    """Let delegates come, each with the letter that they got."""
    invented.come(invented_delegates(delegates))
    now = clock.real_now()
    db.session.execute(
        insert(Letter),
        [
            {
                "name": "registration_confirmed",
                "message_id": f"<{number}@example.org>",
                "recipient": f"delegate-{number}@example.org",
                "subject": "You are registered",
                "message": b"",
                "is_secret": True,
                "state": SENT,
                "written_at": now,
                "due_at": now,
            }
            for number in range(delegates)
        ],
    )


def queries(office: Office, path: str) -> int:
    """Count the questions that the page asks of the database."""
    _took(office, path)
    with _statements(office) as statements:
        _took(office, path)
    return len(statements)


@contextmanager
def _statements(office: Office) -> Iterator[list[str]]:
    found: list[str] = []

    def note(*about: object) -> None:
        statement = str(about[2])
        if not statement.startswith(BOOKKEEPING + ONCE_A_SECOND):
            found.append(statement)

    with office.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _took(office: Office, path: str) -> float:
    """Open the page; tell how many milliseconds it took."""
    began = time.perf_counter()
    page = office.organiser.get(f"{office.address}{path}")
    took = (time.perf_counter() - began) * 1000
    assert page.status_code == 200, page.text
    return took
