"""Registrations under load, beside a trivial Flask route that inserts one row and commits."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from app.database import db
from app.mail.models import Letter
from app.registration import queries
from app.registration.models import Delegate
from benchmarks import speed
from benchmarks.copies import LARGE, Copy
from benchmarks.crowd import all_do
from benchmarks.figures import Figure, at_least, at_most
from benchmarks.people import FORMS, STEPS, Person, register
from benchmarks.running import Server
from benchmarks.wire import Connection
from tests.postgres import Postgres

BAR = at_least(0.25, 0.5)
NONE = at_most(0, 0)
PEOPLE = 64  # in each round
ROWS = 1_500  # in each round of the control
ROUNDS = 5
ENOUGH = 1_000_000  # places
PLACES, WISHING = 100, 160  # where there are fewer places than people
PROCESSES = 8


def measure(folder: Path) -> Iterator[Figure]:
    """Measure on SQLite and on PostgreSQL."""
    yield from _on("SQLite", folder / "sqlite", itertools.repeat(""))
    with postgresql() as server:
        addresses = (server.url(server.make()) for _ in itertools.count())
        yield from _on("PostgreSQL", folder / "postgresql", addresses)


@contextmanager
def postgresql() -> Iterator[Postgres]:
    """Run a PostgreSQL server for a while."""
    server = Postgres()
    try:
        yield server
    finally:
        server.end()


def _on(name: str, folder: Path, addresses: Iterator[str]) -> Iterator[Figure]:
    yield from _speed(name, Copy(folder / "enough", LARGE, ENOUGH, DATABASE_URL=next(addresses)))
    yield from _scarce(name, Copy(folder / "few", LARGE, PLACES, DATABASE_URL=next(addresses)))


def _speed(name: str, copy: Copy) -> Iterator[Figure]:
    """Registrations per second, times the steps of each, beside W."""
    numbers = itertools.count()
    ended: list[int] = []

    def ours(site: Server) -> float:
        jobs = [next(numbers) for _ in range(PEOPLE)]
        statuses, took = all_do(register, jobs, site.port)
        ended.extend(statuses)
        return len(jobs) / took

    with copy.server() as site, copy.control() as control:
        ours(site)  # the first request of each kind compiles its templates
        people, rows, _ = speed.in_turns(lambda: ours(site), lambda: _rows(control), ROUNDS)
    ratio = people * STEPS / rows
    yield Figure(
        f"registrations × {STEPS} steps, {name}, 32 clients",
        f"{people:.1f}/s × {STEPS} = {people * STEPS:.0f}/s",
        ratio,
        BAR,
        f"W {rows:,.0f}/s ({people * FORMS / rows:.2f} by its {FORMS} forms alone)",
        ratio,
    )
    yield from _faults(f"{name}, 1 process", copy, ended, ENOUGH)


def _scarce(name: str, copy: Copy) -> Iterator[Figure]:
    """More people than places, everyone confirming twice, with eight processes."""
    with copy.server(PROCESSES) as site:
        ended, _ = all_do(_register_twice, range(WISHING), site.port)
    yield from _faults(f"{name}, {PROCESSES} processes", copy, ended, PLACES)


def _faults(name: str, copy: Copy, ended: Sequence[int], places: int) -> Iterator[Figure]:
    """Count what must never be."""
    with copy.at_work():
        delegates = db.session.scalar(select(func.count()).select_from(Delegate)) or 0
        people = db.session.scalar(select(func.count(Delegate.email.distinct()))) or 0
        letters = db.session.scalar(select(func.count()).select_from(Letter)) or 0
        counted = queries.places().taken
    wrong = sum(status not in {200, 409} for status in ended)
    missing = len({delegates, counted, letters, ended.count(200)}) - 1
    faults = (wrong, max(0, delegates - places), delegates - people, missing)
    yield Figure(
        f"errors, places too many, twice, miscounted: {name}",
        f"{', '.join(map(str, faults))} ({delegates} places, {len(ended)} people)",
        sum(faults),
        NONE,
    )


def _rows(control: Server) -> float:
    """Let the same clients insert rows; tell how many a second."""
    statuses, took = all_do(_row, range(ROWS), control.port)
    assert set(statuses) == {200}, statuses
    return ROWS / took


def _row(connection: Connection, number: int) -> int:
    return connection.ask("POST", "/row", {}, f"words=number-{number}".encode()).status


def _register_twice(connection: Connection, number: int) -> int:
    """Register as one does who is in doubt whether the first click was taken."""
    person = Person(connection, number)
    ended = person.register()
    if ended == 200:
        assert person.confirm() == ended
    return ended
