"""Words searched in a long history, on both databases."""

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from sqlalchemy import insert

from app import clock
from app.database import db, transaction
from app.history import queries
from app.history.models import HistoryEntry, PersonalDetails
from app.history.queries import EntryFilter
from benchmarks.copies import SiteCopy
from benchmarks.figures import Figure, at_most
from benchmarks.registrations import run_postgresql

ENTRIES = 20_000
SIZE = (4, 5)  # sessions and speakers: no page of them is opened
WORDS = "health equity gap policy evidence finance water city school work age power action"
QUESTIONS = ("zeppelin", "Water city", "WORK", "école")
ROUNDS = 5


def measure(folder: Path) -> Iterator[Figure]:
    """Ask on either database, warm."""
    yield measure_database("SQLite", SiteCopy(folder / "history", SIZE))
    with run_postgresql() as server:
        url = server.url(server.create_database())
        copy = SiteCopy(folder / "history-postgresql", SIZE, DATABASE_URL=url)
        yield measure_database("PostgreSQL", copy)


def measure_database(name: str, copy: SiteCopy, entries: int = ENTRIES) -> Figure:
    """Search for words that are there, and for one that is not."""
    with copy.app_context():
        add_entries(entries)
        times = [_time_search(one) for _ in range(ROUNDS) for one in QUESTIONS]
    return Figure(
        f"words in a history of {entries:,} entries, {name}: p50",
        f"{median(times):.0f} ms, at most {max(times):.0f} ms",
        median(times),
        at_most(100, 50, "ms"),
    )


def add_entries(entries: int) -> None:
    """Add entries such as edits of texts leave, a quarter of them about delegates."""
    source = random.Random(1)
    rows, personal = [], []
    for number in range(entries):
        identity, is_personal = 1_000 + number, number % 4 == 0
        changes = json.dumps([_invent_change(source)])
        rows.append(
            {
                "id": identity,
                "happened_at": clock.now(),
                "actor": "grace@conference.example",
                "subject": f"session {number % 300}",
                "summary": _invent_words(source, 12),
                "changes": "" if is_personal else changes,
            }
        )
        if is_personal:
            personal.append({"entry_id": identity, "changes": changes})
    with transaction():
        db.session.execute(insert(HistoryEntry), rows)
        db.session.execute(insert(PersonalDetails), personal)


def _invent_change(source: random.Random) -> dict[str, str]:
    before, after = (_invent_words(source, source.choice((3, 10, 60))) for _ in range(2))
    return {
        "field": "abstract",
        "before": before,
        "after": after,
        "label": "Abstract",
        "old": before,
        "new": after,
    }


def _invent_words(source: random.Random, number: int) -> str:
    return " ".join(source.choices(WORDS.split(), k=number))


def _time_search(words: str) -> float:
    started_at = time.perf_counter()
    queries.list_page(EntryFilter(search=words), offset=0, limit=50)
    db.session.rollback()
    return (time.perf_counter() - started_at) * 1000
