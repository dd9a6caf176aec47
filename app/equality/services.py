"""Counting answers, choosing what is asked, and what organisers see.

An answer only increments a count: it has no row, and nothing else is stored with it, neither in the
history nor in the log. A person's answers to several questions are counted separately.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from app import cache_version, clock
from app.database import db, lock_table, read_only_connection, wait_for_table
from app.equality import disclosure, queries
from app.equality.models import EqualityCount, EqualityQuestion, SpentToken
from app.equality.questions import EqualityItem
from app.equality.wordings import SUBJECT
from app.history import services as history
from app.questions.definitions import one_year_after
from app.releases import current_release


@dataclass(frozen=True)
class PublishedQuestion:
    """What organisers see of a wording: counts that do not identify anyone."""

    item: EqualityItem
    is_current: bool  # False: the question has another wording now
    is_asked: bool
    answered: int  # rounded down
    counts: Mapping[str, int]  # by choice, rounded down; 0 is for fewer than five


def list_active() -> Sequence[EqualityItem]:
    """List the questions that are asked now; cached, for public pages."""
    keys = cache_version.cached("equality questions", _read_active_keys)
    every = [one.current for one in queries.list_questions()]
    return [one for one in every if one.key in keys]


def _read_active_keys() -> Collection[str]:
    asked = select(EqualityQuestion.key).where(EqualityQuestion.is_asked)
    with read_only_connection(db.engine) as connection:
        return frozenset(connection.scalars(asked))


def list_published() -> Sequence[PublishedQuestion]:
    """List all questions with the counts that organisers see, separately for each wording."""
    rows = {one.key: one for one in db.session.scalars(select(EqualityQuestion))}
    counts = {(one.question_key, one.choice): one.published for one in _list_counts()}
    return [
        PublishedQuestion(
            item,
            item is question_items[0],
            item.key in rows and rows[item.key].is_asked,
            disclosure.round_down(rows[item.key].published) if item.key in rows else 0,
            {choice: counts.get((item.key, choice), 0) for choice in item.choices},
        )
        for question in queries.read_questions()
        for question_items in [(question.current, *question.earlier)]
        for item in question_items
    ]


def set_active(keys: Collection[str], *, actor: str) -> bool:
    """Ask exactly these questions; return True if that changed anything."""
    lock_table(EqualityQuestion)
    rows = {one.key: one for one in db.session.scalars(select(EqualityQuestion))}
    before = {key for key, row in rows.items() if row.is_asked}
    if before == set(keys):
        return False
    items = [one.current for one in queries.read_questions()]
    for item in items:
        row = rows.get(item.key) or EqualityQuestion(key=item.key, answered=0, published=0)
        row.is_asked = item.key in keys
        db.session.add(row)
    names = ", ".join(str(one.name).lower() for one in items if one.key in keys)
    history.record(f"Equality monitoring asks: {names or 'nothing'}", subject=SUBJECT, actor=actor)
    cache_version.bump_cache_version()
    return True


def count_answers(answers: Mapping[str, str]) -> None:
    """Count one person's answers, by question; questions that are not asked are ignored."""
    items = {one.key: one for one in list_active()}
    wait_for_table(EqualityQuestion)
    for key in sorted(answers):  # rows are locked in one order
        item = items.get(key)
        if item is not None and answers[key] in item.choices:
            _count(item, answers[key])


def _count(item: EqualityItem, choice: str) -> None:
    row = db.session.scalar(
        select(EqualityQuestion)
        .where(EqualityQuestion.key == item.key, EqualityQuestion.is_asked)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        return
    counts = {one.choice: one for one in _list_counts(item.key)}
    for name in item.choices:
        if name not in counts:
            counts[name] = EqualityCount(question_key=item.key, choice=name, number=0, published=0)
            db.session.add(counts[name])
    counts[choice].number += 1
    row.answered += 1
    _publish(row, counts)


def _publish(row: EqualityQuestion, counts: Mapping[str, EqualityCount]) -> None:
    """Publish newer counts to organisers, if these do not identify anyone."""
    before = {name: one.published for name, one in counts.items()}
    numbers = {name: one.number for name, one in counts.items()}
    new = disclosure.choose_published(numbers, before, row.answered - row.published)
    if new is not before:
        row.published = row.answered
        for name, one in counts.items():
            one.published = new[name]


def _list_counts(key: str = "") -> Sequence[EqualityCount]:
    counts = select(EqualityCount).execution_options(populate_existing=True)
    if key:
        counts = counts.where(EqualityCount.question_key == key)
    return db.session.scalars(counts).all()


def purge_expired() -> None:
    """Delete all counts a year after the conference, as the privacy page says; a worker task."""
    programme = current_release.get_programme()
    if not cache_version.is_clock_in_sync() or not programme.is_published:
        return
    conference = programme.conference
    last = one_year_after(conference.ends_on)
    if clock.now() > datetime.combine(last, time.max, ZoneInfo(conference.time_zone)):
        db.session.execute(delete(SpentToken))
        db.session.execute(delete(EqualityCount))
        db.session.execute(delete(EqualityQuestion))
