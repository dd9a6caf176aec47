"""How long people wait for one another: confirming at the same time, and a lock held for long."""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from app import clock
from app.database import transaction
from app.delegates import fields
from app.registration import cookie, services
from benchmarks.copies import SiteCopy
from benchmarks.crowd import run_concurrently
from benchmarks.figures import Figure, at_most
from benchmarks.people import ANSWERS, RegisteringVisitor
from benchmarks.registrations import AMPLE_PLACES, run_postgresql
from benchmarks.wire import Connection
from tests.registration_answers import build_answers

SIZE = (20, 25)  # sessions and speakers: enough, for no page of them is opened
CLIENTS = 64
PEOPLE = 640  # who confirm, in all
PROCESSES = 4
FAILED = -1  # instead of a time
WRITERS = 40  # who wait for the lock
LOCKED_SECONDS = 5.0
PAGE = "/programme"


def measure(folder: Path) -> Iterator[Figure]:
    """Measure on SQLite and on PostgreSQL."""
    copy = SiteCopy(folder / "waiting", SIZE, AMPLE_PLACES)
    yield measure_confirming("SQLite", copy)
    yield measure_locked(copy)
    with run_postgresql() as server:
        url = server.url(server.create_database())
        copy = SiteCopy(folder / "waiting-postgresql", SIZE, AMPLE_PLACES, DATABASE_URL=url)
        yield measure_confirming("PostgreSQL", copy)


def measure_confirming(name: str, copy: SiteCopy, people: int = PEOPLE) -> Figure:
    """Let 64 clients confirm, and compare those who wait longest with the middle."""
    secrets = store_drafts(copy, people)
    with copy.start_server(PROCESSES) as site:
        run_concurrently(partial(confirm, secrets), range(CLIENTS), site.port, CLIENTS)  # warm
        times, _ = run_concurrently(
            partial(confirm, secrets), range(CLIENTS, people), site.port, CLIENTS
        )
    refused = sum(one == FAILED for one in times)
    ratio = float("inf") if refused else _percentile_99(times) / median(times)
    return Figure(
        f"confirming, {name}, {CLIENTS} clients: p99 ÷ median",
        f"{_percentile_99(times):,.0f} ms ÷ {median(times):,.0f} ms, {refused} refused",
        ratio,
        at_most(6, 4),
    )


def measure_locked(copy: SiteCopy, seconds: float = LOCKED_SECONDS) -> Figure:
    """Hold SQLite's write lock while many want to confirm, and open a public page meanwhile."""
    secrets = store_drafts(copy, WRITERS)
    database = copy.folder / "conference.sqlite"
    connect = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    with copy.start_server() as site, closing(connect) as other:
        run_concurrently(open_page, [0] * WRITERS, site.port, WRITERS)
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(seconds, other.execute, ["ROLLBACK"])
        release.start()
        writers = threading.Thread(target=_send_together, args=(site.port, secrets), daemon=True)
        writers.start()
        times = list(_open_until(site.port, time.monotonic() + seconds))
        release.join()
        writers.join()
    return Figure(
        f"a public page while {WRITERS} people wait for a locked SQLite, at most",
        f"{max(times):,.0f} ms, of {len(times)}",
        max(times),
        at_most(2000, 1200, "ms"),
    )


def store_drafts(copy: SiteCopy, people: int) -> Sequence[str]:
    """Store the answers of people who have only to confirm; give the secrets in their cookies."""
    secrets = []
    with copy.app_context(), transaction():
        for number in range(people):
            unique = f"{number}-{time.monotonic_ns()}"
            answers = {name: text.format(unique) for name, text in ANSWERS.items()}
            consent = {fields.CONSENT: clock.now().isoformat()}
            secrets.append(services.create_draft(build_answers(**answers, **consent)))
    return secrets


def confirm(secrets: Sequence[str], connection: Connection, number: int) -> int:
    """Let one person confirm and return the milliseconds, or that it failed."""
    person = RegisteringVisitor(connection, number)
    person.cookies[cookie.ANSWERS.name] = secrets[number]
    page = person.open("/register/check")
    started_at = time.perf_counter()
    answer = person.submit("/register/confirm", page, {})
    return round((time.perf_counter() - started_at) * 1000) if answer.status == 303 else FAILED


def open_page(connection: Connection, _: int) -> int:
    """Open the public page."""
    return connection.get(PAGE).status


def _open_until(port: int, moment: float) -> Iterator[float]:
    """Open the public page again and again, at least once; yield how many milliseconds it took."""
    time.sleep(0.5)  # until the writers are there
    is_over = False
    while not is_over:
        started_at = time.perf_counter()
        with closing(Connection(port)) as connection:
            assert open_page(connection, 0) == 200
        yield (time.perf_counter() - started_at) * 1000
        time.sleep(0.05)
        is_over = time.monotonic() >= moment


def _send_together(port: int, secrets: Sequence[str]) -> None:
    run_concurrently(partial(confirm, secrets), range(WRITERS), port, WRITERS)


def _percentile_99(times: Sequence[float]) -> float:
    return quantiles(times, n=100)[98]
