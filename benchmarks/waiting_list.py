"""A long waiting list: what one page of it asks, and how soon a free place is in the outbox."""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from sqlalchemy import Engine, event, func, insert, select

from app import clock
from app.database import db, transaction
from app.delegates.models import CONFERENCE, SeatLimit
from app.mail.models import Email
from app.registration import links, seats
from app.registration.waiting_list import positions
from app.registration.waiting_list.models import IN_QUEUE, WaitingListEntry
from benchmarks.copies import SiteCopy
from benchmarks.figures import Figure, at_most
from benchmarks.registrations import run_postgresql

SIZE = (20, 25)  # sessions and speakers: enough, for no page of them is opened
WAITING = 5_000
ROUNDS = 5
MAX_SECONDS = 30.0


def measure(folder: Path) -> Iterator[Figure]:
    """Measure on SQLite and on PostgreSQL."""
    yield from measure_on("SQLite", SiteCopy(folder / "list", SIZE, 1))
    with run_postgresql() as server:
        url = server.url(server.create_database())
        yield from measure_on(
            "PostgreSQL", SiteCopy(folder / "list-postgresql", SIZE, 1, DATABASE_URL=url)
        )


def measure_on(name: str, copy: SiteCopy, waiting: int = WAITING) -> Iterator[Figure]:
    """Let people wait; open the page of the last, and free places while the worker is idle."""
    fill_list(copy, waiting)
    statements, milliseconds, position = open_last_page(copy)
    assert position == waiting, position
    yield Figure(
        f"own page of number {waiting} on the waiting list, {name}: queries",
        f"{milliseconds:.0f} ms",
        statements,
        at_most(4, 3),
    )
    seconds = list(_free_places(copy))
    what = f"a free place to the outbox, {name}, {waiting} waiting, worker idle"
    each = ", ".join(f"{one:.2f}" for one in seconds)
    yield Figure(f"{what}, median", f"{each} s", median(seconds), at_most(2, 1, "s"))
    yield Figure(
        f"{what}, slowest of {ROUNDS}", f"{max(seconds):.2f} s", max(seconds), at_most(2, 1, "s")
    )


def fill_list(copy: SiteCopy, waiting: int) -> None:
    """Take all places, and let so many people wait."""
    now = clock.now()
    with copy.app_context(), transaction():
        limit = seats.lock_limit(CONFERENCE)
        limit.seats = limit.taken
        limit.has_waiting_list, limit.waiting = True, limit.waiting + waiting
        db.session.execute(
            insert(WaitingListEntry),
            [
                {
                    "access_key": f"key {number}",
                    "name": f"Person {number}",
                    "email": f"waiting{number}@example.org",
                    "identity_key": f"waiting {number}",
                    "search_text": f"person {number}",
                    "language": "en",
                    "document": "{}",
                    "state": IN_QUEUE,
                    "joined_at": now,
                }
                for number in range(waiting)
            ],
        )


def open_last_page(copy: SiteCopy) -> tuple[int, float, int]:
    """Open the page of whoever joined last; return its queries, its milliseconds, the position."""
    with copy.app_context() as app:
        last = db.session.scalars(
            select(WaitingListEntry).order_by(WaitingListEntry.id.desc()).limit(1)
        ).one()
        path = f"/waiting-list/{links.waiting_list_token(last)}"
        position = positions.get_position(last)
        db.session.rollback()
        client = app.test_client()
        assert client.get(path, base_url=copy.settings["SITE_URL"]).status_code == 200  # warm
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if "site_state" not in statement:  # whether something new was published
                seen.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        started_at = time.perf_counter()
        answer = client.get(path, base_url=copy.settings["SITE_URL"])
        took = (time.perf_counter() - started_at) * 1000
        event.remove(Engine, "before_cursor_execute", note)
        assert answer.status_code == 200
    return len(seen), took, position


def _free_places(copy: SiteCopy) -> Iterator[float]:
    """Free a place as a program from outside would, and wait until its offer is in the outbox."""
    with copy.start_worker():
        _free_and_wait(copy)  # once it has begun
        for _ in range(ROUNDS):
            yield _free_and_wait(copy)


def _free_and_wait(copy: SiteCopy) -> float:
    with copy.app_context():
        before = _count_offers()
        with transaction():
            limit = db.session.get_one(SeatLimit, CONFERENCE, with_for_update=True)
            limit.seats += 1
        started_at = time.perf_counter()
        while _count_offers() == before:
            assert time.perf_counter() - started_at < MAX_SECONDS, "no offer was made"
            time.sleep(0.01)
        return time.perf_counter() - started_at


def _count_offers() -> int:
    counted = select(func.count()).select_from(Email).where(Email.template == "waiting_list_offer")
    number = db.session.scalar(counted) or 0
    db.session.rollback()
    return number
