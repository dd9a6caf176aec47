"""Keep the index of what readers can find, in the transaction that shows it to them.

The table is each database's own: FTS5 on SQLite, words under a GIN index on PostgreSQL.
"""

from sqlalchemy import text

from app.database import db, hold
from app.programme import document, queries
from app.programme.document import Document
from app.programme.finding import queries as finding
from app.programme.finding.things import things
from app.programme.finding.words import tokens
from app.programme.models import Conference, Release

AT_ONCE = 500  # rows
ADD = {
    "sqlite": text("INSERT INTO finding (rowid, release, words) VALUES (:place, :release, :words)"),
    "postgresql": text(
        "INSERT INTO finding (place, release, words)"
        " VALUES (:place, :release, CAST(:words AS tsvector))"
    ),
}


def write(number: int, shown: Document) -> None:
    """Let what a release holds be found, and nothing else."""
    db.session.execute(text("DELETE FROM finding"))
    add = ADD[db.engine.dialect.name]
    rows = [
        {"place": place, "release": number, "words": tokens(thing.all_words)}
        for place, thing in enumerate(things(shown))
    ]
    for place in range(0, len(rows), AT_ONCE):
        db.session.execute(add, rows[place : place + AT_ONCE])


def catch_up() -> None:
    """Write the index where it is not that of the release which readers see."""
    if not queries.has_conference():
        return
    number = queries.conference().current_release
    if number is None or finding.indexed(db.session.connection()) == number:
        return
    hold(Conference)
    write(number, document.read(db.session.get_one(Release, number).document))
