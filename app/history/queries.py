"""Read-only queries about the audit log."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
    case,
    collate,
    func,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from app.database import db, stream
from app.errors import NotFound, require
from app.history.models import HistoryEntry, PersonalDetails

RowT = TypeVar("RowT", bound=tuple[Any, ...])


ASCII_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


@dataclass(frozen=True)
class EntryPage:
    """One page of the list of entries, and the total number."""

    rows: Sequence[HistoryEntry]
    total: int


@dataclass(frozen=True)
class EntryFilter:
    """The filters of the list of entries; an empty value does not filter."""

    search: str = ""  # contained in the summary or in the changes
    actor: str = ""
    kind: str = ""  # subject type: session, speaker, booking, release…
    subject: str = ""  # one subject: “session opening”
    hidden: Sequence[ColumnElement[bool]] = ()  # entries that meet one of these are left out


class ExportedEntry(NamedTuple):
    """An entry as the export has it."""

    happened_at: datetime
    actor: str
    subject: str
    person: str  # whose it is; "" if nobody's, or deleted
    summary: str
    changes: str  # JSON, see Change


def list_entries(*subjects: str) -> Sequence[HistoryEntry]:
    """List the entries about a subject, or several, oldest first."""
    return db.session.scalars(
        select(HistoryEntry).where(HistoryEntry.subject.in_(subjects)).order_by(HistoryEntry.id)
    ).all()


def list_newest(
    subject: str, limit: int = 50, *, hidden: Sequence[ColumnElement[bool]] = ()
) -> Sequence[HistoryEntry]:
    """List the entries about a subject, newest first, without hidden ones."""
    newest = (
        select(HistoryEntry)
        .where(HistoryEntry.subject == subject, *map(not_, hidden))
        .order_by(HistoryEntry.id.desc())
        .limit(limit)
    )
    return db.session.scalars(newest).all()


def list_newest_about(
    subjects: Sequence[str],
    limit: int,
    *,
    also: Sequence[Select[tuple[str]]] = (),
    hidden: Sequence[ColumnElement[bool]] = (),
    **values: object,
) -> Sequence[HistoryEntry]:
    """List the entries about several subjects, newest first, without hidden ones.

    ``also`` selects more subjects; ``values`` are its parameters.
    """
    subject_params = {f"about_{number}": subject for number, subject in enumerate(subjects)}
    newest = _select_newest_about(tuple(subject_params), tuple(also), tuple(hidden))
    return db.session.scalars(newest, {**subject_params, **values, "number": limit}).all()


@lru_cache(maxsize=32)  # clauses are compared by identity
def _select_newest_about(
    names: tuple[str, ...],
    also: tuple[Select[tuple[str]], ...],
    hidden: tuple[ColumnElement[bool], ...],
) -> Select[tuple[HistoryEntry]]:
    """Select the entries about subjects, which are parameters with these names."""
    subject_selects = [select(bindparam(name, type_=String)) for name in names]
    return (
        select(HistoryEntry)
        .where(HistoryEntry.subject.in_(union_all(*subject_selects, *also)), *map(not_, hidden))
        .order_by(HistoryEntry.id.desc())
        .limit(bindparam("number", type_=Integer))
    )


def find_latest(subject: str) -> HistoryEntry | None:
    """Return the latest entry about a subject, or None."""
    return db.session.scalar(
        select(HistoryEntry)
        .where(HistoryEntry.subject == subject)
        .order_by(HistoryEntry.id.desc())
        .limit(1)
    )


def get_entry(number: int) -> HistoryEntry:
    """Return an entry; raise NotFound if there is none."""
    found = db.session.get(HistoryEntry, number)
    return require(found, NotFound("There is no entry with that number in the history"))


def list_page(filters: EntryFilter, *, offset: int, limit: int) -> EntryPage:
    """List the matching entries, newest first, and count all of them.

    A page that is not full is the last one, so the remaining entries are counted only if the page
    is full.
    """
    newest = _apply_filter(select(HistoryEntry.id), filters).order_by(HistoryEntry.id.desc())
    page = newest.offset(offset).limit(limit + 1).cte("page").prefix_with("MATERIALIZED")
    has_more = select(func.count()).select_from(page).correlate(None).scalar_subquery() > limit
    total = case((has_more, _select_count(filters).scalar_subquery()))
    found = db.session.execute(select(page.c.id, total).order_by(page.c.id.desc())).all()
    if not found:
        return EntryPage((), count(filters) if offset else 0)
    numbers = [number for number, _ in found[:limit]]
    of_page = select(HistoryEntry).where(HistoryEntry.id.in_(numbers))
    rows = db.session.scalars(of_page.order_by(HistoryEntry.id.desc())).all()
    return EntryPage(rows, found[0][1] or offset + len(numbers))


def count(filters: EntryFilter) -> int:
    """Count the matching entries."""
    return db.session.scalar(_select_count(filters)) or 0


def _select_count(filters: EntryFilter) -> Select[tuple[int]]:
    return _apply_filter(select(func.count()).select_from(HistoryEntry), filters)


def list_actors() -> Sequence[str]:
    """List all actors in the audit log."""
    return db.session.scalars(
        select(HistoryEntry.actor).distinct().order_by(HistoryEntry.actor)
    ).all()


def iter_all(
    people: Select[tuple[str, str]], hidden: Sequence[ColumnElement[bool]] = ()
) -> Iterator[ExportedEntry]:
    """Yield the visible entries, oldest first.

    ``people`` selects each subject once, with the name of its person. The query uses its own
    connection, so it can be consumed after the request has ended.
    """
    found = people.subquery()
    subject, person = found.c
    field_changes = func.coalesce(PersonalDetails.changes, HistoryEntry.changes)
    columns = select(
        HistoryEntry.happened_at,
        HistoryEntry.actor,
        HistoryEntry.subject,
        func.coalesce(person, ""),
        HistoryEntry.summary,
        field_changes,
    )
    visible = columns.where(*map(not_, hidden)).outerjoin(PersonalDetails)
    rows = visible.outerjoin(found, subject == HistoryEntry.subject).order_by(HistoryEntry.id)
    return (ExportedEntry(*row) for row in stream(db.engine, rows))


def _apply_filter(statement: Select[RowT], filters: EntryFilter) -> Select[RowT]:
    if filters.search:
        columns = (HistoryEntry.summary, HistoryEntry.subject, HistoryEntry.changes)
        personal = select(PersonalDetails.entry_id).where(
            _contains(PersonalDetails.changes, filters.search)
        )
        in_columns = [_contains(column, filters.search) for column in columns]
        statement = statement.where(or_(*in_columns, HistoryEntry.id.in_(personal)))
    if filters.hidden:
        statement = statement.where(*map(not_, filters.hidden))
    if filters.actor:
        statement = statement.where(HistoryEntry.actor == filters.actor)
    if filters.kind:
        of_kind = HistoryEntry.subject.startswith(f"{filters.kind} ", autoescape=True)
        statement = statement.where(of_kind | (HistoryEntry.subject == filters.kind))
    if filters.subject:
        statement = statement.where(HistoryEntry.subject == filters.subject)
    return statement


def _contains(column: InstrumentedAttribute[str], words: str) -> ColumnElement[bool]:
    """Return the condition that a column contains some words, ignoring case.

    On PostgreSQL the collation C makes this ten times as fast. Like SQLite, it ignores case only in
    ASCII, so words with other letters must match in their usual case.
    """
    is_postgresql = db.engine.dialect.name == "postgresql"
    lowered = func.lower(collate(column, "C") if is_postgresql else column)
    spellings = {words, words.lower(), words.title(), words.upper()}
    return or_(
        *(
            lowered.contains(one, autoescape=True)
            for one in sorted({spelling.translate(ASCII_LOWER) for spelling in spellings})
        )
    )
