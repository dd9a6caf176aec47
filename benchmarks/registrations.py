"""Registrations under load, beside a trivial Flask route that inserts one row and commits."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from app.database import db
from app.mail.models import Email
from app.registration import queries
from app.registration.models import Delegate
from benchmarks import speed
from benchmarks.copies import LARGE_SIZE, SiteCopy
from benchmarks.crowd import run_concurrently
from benchmarks.figures import Figure, at_least, at_most
from benchmarks.people import FORMS, STEPS, RegisteringVisitor, register
from benchmarks.running import Server
from benchmarks.wire import Connection
from tests.postgres import PostgresServer

BAR = at_least(0.25, 0.5)
NO_FAULTS = at_most(0, 0)
PEOPLE = 64  # in each round
CONTROL_ROWS = 1_500  # in each round of the control
ROUNDS = 5
AMPLE_PLACES = 1_000_000  # places
SCARCE_PLACES, SCARCE_PEOPLE = 100, 160  # where there are fewer places than people
PROCESSES = 8


def measure(folder: Path) -> Iterator[Figure]:
    """Measure on SQLite and on PostgreSQL."""
    yield from _measure_on("SQLite", folder / "sqlite", itertools.repeat(""))
    with run_postgresql() as server:
        addresses = (server.url(server.create_database()) for _ in itertools.count())
        yield from _measure_on("PostgreSQL", folder / "postgresql", addresses)


@contextmanager
def run_postgresql() -> Iterator[PostgresServer]:
    """Run a PostgreSQL server for a while."""
    server = PostgresServer()
    try:
        yield server
    finally:
        server.shut_down()


def _measure_on(name: str, folder: Path, addresses: Iterator[str]) -> Iterator[Figure]:
    yield from _measure_rate(
        name, SiteCopy(folder / "enough", LARGE_SIZE, AMPLE_PLACES, DATABASE_URL=next(addresses))
    )
    yield from _measure_scarcity(
        name, SiteCopy(folder / "few", LARGE_SIZE, SCARCE_PLACES, DATABASE_URL=next(addresses))
    )


def _measure_rate(name: str, copy: SiteCopy) -> Iterator[Figure]:
    """Registrations per second, times the steps of each, beside W."""
    numbers = itertools.count()
    all_statuses: list[int] = []

    def ours(site: Server) -> float:
        jobs = [next(numbers) for _ in range(PEOPLE)]
        statuses, took = run_concurrently(register, jobs, site.port)
        all_statuses.extend(statuses)
        return len(jobs) / took

    with copy.start_server() as site, copy.start_control() as control:
        ours(site)  # the first request of each kind compiles its templates
        people, rows, _ = speed.alternate(
            lambda: ours(site), lambda: _measure_row_rate(control), ROUNDS
        )
    ratio = people * STEPS / rows
    yield Figure(
        f"registrations × {STEPS} steps, {name}, 32 clients",
        f"{people:.1f}/s × {STEPS} = {people * STEPS:.0f}/s",
        ratio,
        BAR,
        f"W {rows:,.0f}/s ({people * FORMS / rows:.2f} by its {FORMS} forms alone)",
        ratio,
    )
    yield from count_faults(f"{name}, 1 process", copy, all_statuses, AMPLE_PLACES)


def _measure_scarcity(name: str, copy: SiteCopy) -> Iterator[Figure]:
    """More people than places, everyone confirming twice, with eight processes."""
    with copy.start_server(PROCESSES) as site:
        statuses, _ = run_concurrently(register_twice, range(SCARCE_PEOPLE), site.port)
    yield from count_faults(f"{name}, {PROCESSES} processes", copy, statuses, SCARCE_PLACES)


def count_faults(
    name: str, copy: SiteCopy, statuses: Sequence[int], places: int
) -> Iterator[Figure]:
    """Count what must never be."""
    with copy.app_context():
        delegates = db.session.scalar(select(func.count()).select_from(Delegate)) or 0
        people = db.session.scalar(select(func.count(Delegate.email.distinct()))) or 0
        letters = db.session.scalar(select(func.count()).select_from(Email)) or 0
        counted = queries.get_seat_counts().taken
    wrong = sum(status not in {200, 409} for status in statuses)
    missing = len({delegates, counted, letters, statuses.count(200)}) - 1
    faults = (wrong, max(0, delegates - places), delegates - people, missing)
    yield Figure(
        f"errors, places too many, twice, miscounted: {name}",
        f"{', '.join(map(str, faults))} ({delegates} places, {len(statuses)} people)",
        sum(faults),
        NO_FAULTS,
    )


def _measure_row_rate(control: Server) -> float:
    """Let the same clients insert rows; tell how many a second."""
    statuses, duration = run_concurrently(insert_row, range(CONTROL_ROWS), control.port)
    assert set(statuses) == {200}, statuses
    return CONTROL_ROWS / duration


def insert_row(connection: Connection, number: int) -> int:
    """Insert a row through the control."""
    return connection.request("POST", "/row", {}, f"words=number-{number}".encode()).status


def register_twice(connection: Connection, number: int) -> int:
    """Register as one does who is in doubt whether the first click was taken."""
    person = RegisteringVisitor(connection, number)
    status = person.register()
    if status == 200:
        assert person.confirm() == status
    return status
