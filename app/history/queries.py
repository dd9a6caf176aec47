"""Questions about what has been done. Nothing here changes anything."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, func, or_, select

from app.database import db, streamed
from app.errors import NotFound
from app.history.models import Entry, Particulars

Row = TypeVar("Row", bound=tuple[Any, ...])


@dataclass(frozen=True)
class Wanted:
    """Which entries someone looks for; an empty word asks for nothing."""

    words: str = ""  # somewhere in the sentence or in what changed
    who: str = ""
    kind: str = ""  # of the thing: session, speaker, booking, release…
    about: str = ""  # one thing: “session opening”


def entries(about: str) -> Sequence[Entry]:
    """List what happened to one thing, oldest first."""
    return db.session.scalars(select(Entry).where(Entry.about == about).order_by(Entry.id)).all()


def newest_about(about: str, most: int = 50) -> Sequence[Entry]:
    """List what happened to one thing, newest first."""
    newest = select(Entry).where(Entry.about == about).order_by(Entry.id.desc()).limit(most)
    return db.session.scalars(newest).all()


def latest(about: str) -> Entry | None:
    """Find the last thing that happened to something."""
    return db.session.scalar(
        select(Entry).where(Entry.about == about).order_by(Entry.id.desc()).limit(1)
    )


def entry(number: int) -> Entry:
    """Find one entry."""
    found = db.session.get(Entry, number)
    if found is None:
        raise NotFound("There is no entry with that number in the history")
    return found


def found(wanted: Wanted, *, offset: int, limit: int) -> Sequence[Entry]:
    """List the entries that someone looks for, newest first."""
    newest = Entry.id.desc()
    rows = _narrowed(select(Entry), wanted).order_by(newest).offset(offset).limit(limit)
    return db.session.scalars(rows).all()


def count(wanted: Wanted) -> int:
    """Count the entries that someone looks for."""
    return db.session.scalar(_narrowed(select(func.count(Entry.id)), wanted)) or 0


def people() -> Sequence[str]:
    """List everyone who has done something."""
    return db.session.scalars(select(Entry.who).distinct().order_by(Entry.who)).all()


def everything() -> Iterator[tuple[datetime, str, str, str, str]]:
    """Give moment, who, what about, sentence and changes of every entry, the oldest first.

    It reads from a connection of its own, so it may be read after the request has ended.
    """
    made = func.coalesce(Particulars.changes, Entry.changes)
    columns = select(Entry.happened_at, Entry.who, Entry.about, Entry.sentence, made)
    rows = columns.outerjoin(Particulars).order_by(Entry.id)
    return ((*row,) for row in streamed(db.engine, rows))


def _narrowed(statement: Select[Row], wanted: Wanted) -> Select[Row]:
    if wanted.words:
        places = (Entry.sentence, Entry.about, Entry.changes)
        holds = [place.icontains(wanted.words, autoescape=True) for place in places]
        apart = Particulars.changes.icontains(wanted.words, autoescape=True)
        statement = statement.where(or_(*holds, Entry.particulars.has(apart)))
    if wanted.who:
        statement = statement.where(Entry.who == wanted.who)
    if wanted.kind:
        of_kind = Entry.about.startswith(f"{wanted.kind} ", autoescape=True)
        statement = statement.where(of_kind | (Entry.about == wanted.kind))
    if wanted.about:
        statement = statement.where(Entry.about == wanted.about)
    return statement
