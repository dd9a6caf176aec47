"""Publishing, the page of unpublished changes, and the first request after publishing."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median

from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.programme import queries as programme_queries
from app.programme.models import CANCELLED, Session
from app.releases import queries, services
from app.releases.models import ScheduledRelease
from benchmarks.admin import count_queries, sign_in_organiser
from benchmarks.copies import SiteCopy
from benchmarks.figures import Figure, at_most
from benchmarks.wire import Connection

MANY_SESSIONS = 1_000  # sessions
PUBLISH_ROUNDS, ORGANISER_ROUNDS = 9, 3
PAGE = "/organise/publishing"
RECHECK_SECONDS = 1.1  # seconds after which the web process looks for a new cache version
BAR = at_most(150, 50, "ms")


def measure(folder: Path) -> Iterator[Figure]:
    """Measure what publishing costs the editor, and the first visitor."""
    yield from _measure_first_reader(folder)
    yield from _measure_organiser(folder)


def _measure_organiser(folder: Path) -> Iterator[Figure]:
    """Change every one of many sessions, look at that, and publish it."""
    copy = SiteCopy(folder / "all", (MANY_SESSIONS, MANY_SESSIONS))
    organiser = sign_in_organiser(copy)
    durations, trivial, counts = [], [], []
    for number in range(ORGANISER_ROUNDS):
        change_all(copy, number)
        counts.append(count_queries(organiser, PAGE))
        with copy.app_context():
            with transaction():
                fingerprint = queries.preview_release().fingerprint
            trivial.append(_time_call(partial(insert_row, number)))
            durations.append(_time_call(partial(publish_reviewed, fingerprint)))
    ours, least = median(durations), median(trivial)
    yield Figure(
        f"publishing {MANY_SESSIONS:,} sessions, all changed, as a page does",
        f"{ours:.0f} ms",
        ours,
        at_most(2000, 1000, "ms"),
        f"one row of the same size {least:.1f} ms",
        ours / least,
    )
    yield Figure(
        f"what will change, {MANY_SESSIONS:,} changed sessions: SQL queries",
        f"{max(counts)}",
        max(counts),
        at_most(8, 8),
    )


def change_all(copy: SiteCopy, number: int) -> None:
    """Change the title of every session."""
    with copy.app_context(), transaction():
        for session in db.session.scalars(select(Session)):
            session.title = f"Changed {number + 1} times: {session.key}"
            session.changed_at = clock.now()


def publish_reviewed(fingerprint: str) -> None:
    """Publish what the page about it showed."""
    with transaction():
        result = services.publish(
            "",
            override_reason="It is tried out",
            expected_fingerprint=fingerprint,
            actor="a benchmark",
        )
    assert result.is_new


def insert_row(number: int) -> None:
    """Write one row as large as a release, and commit it."""
    with transaction():
        newest = programme_queries.get_latest_release()
        assert newest is not None
        row = ScheduledRelease(
            publish_at=clock.now(),
            created_at=clock.now(),
            scheduled_by="a benchmark",
            state=CANCELLED,
            outcome=newest.snapshot[:-1] + str(number),
        )
        db.session.add(row)


def _measure_first_reader(folder: Path) -> Iterator[Figure]:
    """Publish several times, and each time see how long the first visitor waits."""
    copy = SiteCopy(folder / "publishing")
    with (
        copy.start_server() as site,
        copy.start_control() as control,
        closing(Connection(site.port)) as visitor,
        closing(Connection(control.port)) as beside,
    ):
        size = len(visitor.get("/programme").body)
        beside.get(f"/body/{size}")
        firsts, trivial = [], []
        for number in range(PUBLISH_ROUNDS):
            _publish(copy, number)
            time.sleep(RECHECK_SECONDS)
            trivial.append(_time_call(lambda: beside.get(f"/body/{size}")))
            firsts.append(_time_call(lambda: visitor.get("/programme", Accept_Encoding="br")))
    first, least = median(firsts), median(trivial)
    yield Figure(
        f"first /programme after a publish, {size / 1000:.0f} kB",
        f"{first:.1f} ms",
        first,
        BAR,
        f"trivial page {least:.2f} ms",
        first / least,
    )


def _publish(copy: SiteCopy, number: int) -> None:
    with copy.app_context(), transaction():
        session = db.session.scalars(select(Session).order_by(Session.id).limit(1)).one()
        session.subtitle = f"Changed {number + 1} times"
        services.create_release()


def _time_call(function: Callable[[], object]) -> float:
    """Return the milliseconds that a call takes."""
    started_at = time.perf_counter()
    function()
    return (time.perf_counter() - started_at) * 1000
