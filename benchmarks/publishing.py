"""The first request after a publish: the large programme read, rendered and compressed anew."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from sqlalchemy import select

from app.database import db, transaction
from app.programme import services as programme
from app.programme.models import Session
from benchmarks.copies import Copy
from benchmarks.figures import Figure, at_most
from benchmarks.wire import Connection

TIMES = 9
LOOKED_UP = 1.1  # seconds after which the web process looks for a new edition
BAR = at_most(150, 50, "ms")


def measure(folder: Path) -> Iterator[Figure]:
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
