"""Publishing, the page that tells what it would change, and the first request after it."""

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
from app.programme import services as programme
from app.programme.models import CANCELLED, PlannedRelease, Session
from app.programme.publishing import queries as publishing
from app.programme.publishing import services
from benchmarks.back_office import office, queries
from benchmarks.copies import Copy
from benchmarks.figures import Figure, at_most
from benchmarks.wire import Connection

MANY = 1_000  # sessions
TIMES, FEW_TIMES = 9, 3
PAGE = "/organise/publishing"
LOOKED_UP = 1.1  # seconds after which the web process looks for a new edition
BAR = at_most(150, 50, "ms")


def measure(folder: Path) -> Iterator[Figure]:
    """Measure what publishing costs whoever does it, and whoever reads first."""
    yield from _for_the_first_reader(folder)
    yield from _for_the_organiser(folder)


def _for_the_organiser(folder: Path) -> Iterator[Figure]:
    """Change every one of many sessions, look at that, and publish it."""
    copy = Copy(folder / "all", (MANY, MANY))
    organiser = office(copy)
    took, trivial, counts = [], [], []
    for number in range(FEW_TIMES):
        _change_all(copy, number)
        counts.append(queries(organiser, PAGE))
        with copy.at_work():
            with transaction():
                seal = publishing.outlook().seal
            trivial.append(_took(partial(_keep_a_row, number)))
            took.append(_took(partial(_publish_what_was_seen, seal)))
    ours, least = median(took), median(trivial)
    yield Figure(
        f"publishing {MANY:,} sessions, all changed, as a page does",
        f"{ours:.0f} ms",
        ours,
        at_most(2000, 1000, "ms"),
        f"one row of the same size {least:.1f} ms",
        ours / least,
    )
    yield Figure(
        f"what will change, {MANY:,} changed sessions: SQL queries",
        f"{max(counts)}",
        max(counts),
        at_most(8, 8),
    )


def _change_all(copy: Copy, number: int) -> None:
    with copy.at_work(), transaction():
        for session in db.session.scalars(select(Session)):
            session.title = f"Changed {number + 1} times: {session.key}"
            session.changed_at = clock.now()


def _publish_what_was_seen(seal: str) -> None:
    with transaction():
        made = services.publish("", overrule="It is tried out", seal=seal, who="a benchmark")
    assert made.is_new


def _keep_a_row(number: int) -> None:
    """Write one row as large as a release, and commit it."""
    with transaction():
        newest = programme_queries.newest_release()
        assert newest is not None
        row = PlannedRelease(
            publish_at=clock.now(),
            planned_at=clock.now(),
            who="a benchmark",
            state=CANCELLED,
            outcome=newest.document[:-1] + str(number),
        )
        db.session.add(row)


def _for_the_first_reader(folder: Path) -> Iterator[Figure]:
    """Publish several times, and each time see how long the first visitor waits."""
    copy = Copy(folder / "publishing")
    with (
        copy.server() as site,
        copy.control() as control,
        closing(Connection(site.port)) as visitor,
        closing(Connection(control.port)) as beside,
    ):
        size = len(visitor.get("/programme").body)
        beside.get(f"/body/{size}")
        firsts, trivial = [], []
        for number in range(TIMES):
            _publish(copy, number)
            time.sleep(LOOKED_UP)
            trivial.append(_took(lambda: beside.get(f"/body/{size}")))
            firsts.append(_took(lambda: visitor.get("/programme", Accept_Encoding="br")))
    first, least = median(firsts), median(trivial)
    yield Figure(
        f"first /programme after a publish, {size / 1000:.0f} kB",
        f"{first:.1f} ms",
        first,
        BAR,
        f"trivial page {least:.2f} ms",
        first / least,
    )


def _publish(copy: Copy, number: int) -> None:
    with copy.at_work(), transaction():
        session = db.session.scalars(select(Session).order_by(Session.id).limit(1)).one()
        session.subtitle = f"Changed {number + 1} times"
        programme.publish()


def _took(ask: Callable[[], object]) -> float:
    """Tell how many milliseconds something takes."""
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000
