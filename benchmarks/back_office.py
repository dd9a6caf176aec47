"""The organisers' home page with 5,000 delegates, beside the same page with 20."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert

from app import clock
from app.accounts import services as accounts
from app.database import db, transaction
from app.mail.models import SENT, Letter
from app.programme.invented import invented_delegates
from app.registration import invented
from benchmarks.copies import Copy
from benchmarks.figures import Figure, at_most

MANY, FEW = 5_000, 20
ORGANISER = "organiser@example.org"
ROUNDS = 60
BOOKKEEPING = ("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT")


@dataclass(frozen=True)
class Office:
    """A copy of the site, and an organiser who is signed in there."""

    app: Flask
    organiser: FlaskClient
    address: str


def measure(folder: Path) -> Iterator[Figure]:
    """Count the questions to the database, and compare the times."""
    counts = {number: _queries(_office(folder, number)) for number in (1, 3)}
    few, many = _office(folder, FEW), _office(folder, MANY)
    counts[MANY] = _queries(many)
    most = max(counts.values())
    same = "the same" if len(set(counts.values())) == 1 else f"not the same: {counts}"
    yield Figure(
        f"back office home, {MANY:,} delegates: SQL queries",
        f"{most}, {same} for 1 and 3",
        most if same == "the same" else float("inf"),
        at_most(8, 5),
    )
    pairs = [(_took(many), _took(few)) for _ in range(ROUNDS)]
    ours, theirs = (median(pair[side] for pair in pairs) for side in (0, 1))
    ratio = median(one / other for one, other in pairs)
    yield Figure(
        f"back office home, {MANY:,} delegates ÷ {FEW}: time",
        f"{ours:.1f} ms",
        ratio,
        at_most(2, 1.2),
        f"with {FEW}: {theirs:.1f} ms",
        ratio,
    )


def _office(folder: Path, delegates: int) -> Office:
    """Make a site with so many delegates and a letter to each; sign an organiser in."""
    copy = Copy(folder / f"office-{delegates}", (20, 25), 2 * MANY)
    with copy.at_work(), transaction():
        _come(delegates)
        accounts.add_organiser(ORGANISER)
        secret = accounts.make_sign_in_link(ORGANISER)
    office = Office(copy.app, copy.app.test_client(), copy.settings["SITE_URL"])
    link = f"{office.address}/sign-in/{secret}"
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', office.organiser.get(link).text)
    assert token
    assert office.organiser.post(link, data={"csrf_token": token[1]}).status_code == 303
    return office


def _come(delegates: int) -> None:
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


def _queries(office: Office) -> int:
    """Count the questions that the page asks of the database."""
    _took(office)
    with _statements(office) as statements:
        _took(office)
    return len(statements)


@contextmanager
def _statements(office: Office) -> Iterator[list[str]]:
    found: list[str] = []

    def note(*about: object) -> None:
        statement = str(about[2])
        if not statement.startswith(BOOKKEEPING):
            found.append(statement)

    with office.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _took(office: Office) -> float:
    """Open the page; tell how many milliseconds it took."""
    began = time.perf_counter()
    page = office.organiser.get(f"{office.address}/organise")
    took = (time.perf_counter() - began) * 1000
    assert page.status_code == 200, page.text
    return took
