"""The people an open notice concerns, stored when it is prepared and read by page.

The page of a notice loads no programme and only the people it shows. Counts are computed from
groups of people with the same changes.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from flask_babel import gettext, ngettext
from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from app import clock
from app.accounts.models import Person
from app.database import db
from app.delegates.delegate_record import search_key
from app.delegates.models import Delegate
from app.delegates.queries import ATTENDING
from app.mailings import notice_changes, notice_speakers
from app.mailings.notice_changes import NoticeChange
from app.mailings.notice_models import ChangeNotice, NoticePerson
from app.mailings.notice_recipients import NoticeRecipient
from app.registration.bookings import erasure
from app.web import languages


class NoticeSize(NamedTuple):
    """The number of people to notify, and the number of changes."""

    people: int
    changes: int

    def __str__(self) -> str:
        """Return a sentence: You can notify 12 people of 3 changes."""
        return str(
            gettext(
                "You can notify %(people)s of %(changes)s.",
                people=ngettext("%(num)s person", "%(num)s people", self.people),
                changes=ngettext("%(num)s change", "%(num)s changes", self.changes),
            )
        )


class PersonGroup(NamedTuple):
    """The number of people with the same changes."""

    changes: frozenset[str]
    day_changes: frozenset[str]  # only if everyone on the day is notified
    people: int


class PersonRow(NamedTuple):
    """A person and their changes."""

    reference: str  # of a booking; "" for a speaker or assistant without one
    name: str
    email: str
    language: str
    changes: Sequence[NoticeChange]


@dataclass(frozen=True)
class NoticeSummary:
    """An open notice with its changes and the number of people each concerns."""

    notice: ChangeNotice
    changes: tuple[NoticeChange, ...]
    excluded: frozenset[str]  # the ids of changes that an organiser excluded
    groups: Sequence[PersonGroup]

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """The number of people each change concerns, whatever is selected."""
        return _count_by_change((group.changes, group.people) for group in self.groups)

    @cached_property
    def day_counts(self) -> Mapping[str, int]:
        """The number of people each change concerns only by their days."""
        return _count_by_change((group.day_changes, group.people) for group in self.groups)

    @cached_property
    def chosen(self) -> Sequence[NoticeChange]:
        """The changes that are not excluded."""
        return [change for change in self.changes if change.id not in self.excluded]

    @property
    def size(self) -> NoticeSize:
        """The number of people and changes, as currently selected."""
        includes_days, found, people = self.notice.includes_days, set[str](), 0
        for group in self.groups:
            ids = group.changes | group.day_changes if includes_days else group.changes
            found |= ids - self.excluded
            people += group.people if ids - self.excluded else 0
        return NoticeSize(people, len(found))

    @property
    def day_people(self) -> int:
        """The number of people who are notified only if everyone on the day is."""
        return sum(
            group.people
            for group in self.groups
            if group.day_changes - self.excluded and not group.changes - self.excluded
        )


def _count_by_change(groups: Iterable[tuple[Collection[str], int]]) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for ids, people in groups:
        for number in ids:
            counts[number] = counts.get(number, 0) + people
    return counts


def store(
    notice: ChangeNotice, everybody: Iterable[NoticeRecipient], excluded: Collection[str]
) -> None:
    """Store the people an open notice concerns, replacing those stored before."""
    db.session.flush()
    delete_all()
    rows = [*_iter_rows(notice, everybody, frozenset(excluded))]
    delegates = (row for row in rows if row["delegate_id"] is not None)
    counts = Counter((row["changes"], row["day_changes"]) for row in delegates)
    notice.groups = json.dumps([[*ids, people] for ids, people in counts.items()])
    if rows:
        db.session.execute(insert(NoticePerson), rows)


def delete_all() -> None:
    """Delete the people of a notice, once it is decided; at most one is open."""
    db.session.execute(delete(NoticePerson))


def _iter_rows(
    notice: ChangeNotice, everybody: Iterable[NoticeRecipient], excluded: frozenset[str]
) -> Iterator[dict[str, Any]]:
    for recipient in everybody:
        session_changes = [number for number in recipient.ids if number not in recipient.by_day]
        counts = recipient.ids if notice.includes_days else session_changes
        yield {
            "notice_id": notice.id,
            "delegate_id": recipient.delegate_id,
            "person_id": recipient.person_id,
            "name": "" if recipient.person_id is None and not recipient.own else recipient.name,
            "changes": " ".join(session_changes),
            "day_changes": " ".join(
                number for number in recipient.ids if number in recipient.by_day
            ),
            "is_included": not excluded.issuperset(counts),
        }


_STILL_SPEAKS = and_(  # speakers have a name here, with a booking or without
    NoticePerson.name != "",
    NoticePerson.delegate_id.in_(
        select(Delegate.id).where(Delegate.email_key.in_(notice_speakers.EMAILS))
    ),
)


def has_cancelled_speaker(notice: ChangeNotice) -> bool:
    """Return True if a person with a cancelled booking is now to be notified only as a speaker."""
    cancelled = NoticePerson.delegate_id.in_(select(Delegate.id).where(~ATTENDING))
    statement = select(NoticePerson.id).where(
        NoticePerson.notice_id == notice.id, cancelled, _STILL_SPEAKS
    )
    return db.session.scalar(select(statement.exists())) or False


def get_summary(notice: ChangeNotice) -> NoticeSummary:
    """Return an open notice as prepared, without people who have cancelled since.

    Speakers are notified even without a booking.
    """
    cancelled = select(NoticePerson.changes, NoticePerson.day_changes, func.count()).where(
        NoticePerson.delegate_id.in_(select(Delegate.id).where(~ATTENDING)), ~_STILL_SPEAKS
    )
    cancelled = cancelled.where(NoticePerson.notice_id == notice.id)
    cancelled = cancelled.group_by(NoticePerson.changes, NoticePerson.day_changes)
    missing = {(one, other): number for one, other, number in db.session.execute(cancelled)}
    groups = [
        PersonGroup(_parse(one), _parse(other), people - missing.get((one, other), 0))
        for one, other, people in json.loads(notice.groups)
    ]
    groups += _group_speakers(notice)
    changes = notice_changes.load(notice.content)
    return NoticeSummary(
        notice,
        changes,
        frozenset(json.loads(notice.excluded_changes)) & {change.id for change in changes},
        [group for group in groups if group.people],
    )


def _group_speakers(notice: ChangeNotice) -> Iterator[PersonGroup]:
    """Count people without a booking who still have access to a speaker's pages."""
    rows = select(NoticePerson.changes, func.count()).where(
        NoticePerson.notice_id == notice.id, notice_speakers.has_access(NoticePerson.person_id)
    )
    for ids, people in db.session.execute(rows.group_by(NoticePerson.changes)):
        yield PersonGroup(_parse(ids), frozenset(), people)


def _parse(ids: str) -> frozenset[str]:
    return frozenset(ids.split())


def list_page(
    summary: NoticeSummary, search: str, change: str, *, offset: int, limit: int
) -> tuple[Sequence[PersonRow], int]:
    """List a page of the people to notify, by name, and count all that match."""
    matches = [*_iter_conditions(summary.notice, search, change)]
    people = (
        select(NoticePerson)
        .outerjoin(Delegate, Delegate.id == NoticePerson.delegate_id)
        .outerjoin(Person, Person.id == NoticePerson.person_id)
    )
    is_searched = bool(search or change)  # then count while reading, since all are read anyway
    rows = people.where(*matches).with_only_columns(
        func.count().over() if is_searched else literal(0),
        func.coalesce(Delegate.reference, ""),
        case(
            (Delegate.id.is_(None), NoticePerson.name),
            else_=Delegate.given_names + " " + Delegate.family_name,
        ),
        func.coalesce(Delegate.email, Person.email),
        func.coalesce(Delegate.language, languages.SOURCE_LANGUAGE),
        *(NoticePerson.changes, NoticePerson.day_changes),
    )
    rows = rows.order_by(NoticePerson.id).offset(offset).limit(limit)
    found = db.session.execute(rows).tuples().all()
    total: int | None = found[0][0] if found else 0
    if not is_searched:
        total = summary.size.people
    elif offset and not found:  # an empty page does not know the total
        total = db.session.scalar(people.where(*matches).with_only_columns(func.count()))
    return [_to_row(summary, *row) for _, *row in found], total or 0


def _to_row(summary: NoticeSummary, *row: str) -> PersonRow:
    reference, name, email, language, changes, day_changes = row
    ids = _parse(f"{changes} {day_changes}" if summary.notice.includes_days else changes)
    chosen_changes = [change for change in summary.chosen if change.id in ids]
    return PersonRow(reference, name.strip(), email, language, chosen_changes)


def _iter_conditions(
    notice: ChangeNotice, search: str, change: str
) -> Iterator[ColumnElement[bool]]:
    yield NoticePerson.notice_id == notice.id
    yield or_(
        and_(Delegate.id.is_not(None), or_(ATTENDING, _STILL_SPEAKS)),
        notice_speakers.has_access(NoticePerson.person_id),
    )
    yield NoticePerson.is_included.is_(True)
    for word in search_key(search).split():
        yield or_(
            Delegate.search_text.contains(word, autoescape=True),
            notice_speakers.matches(NoticePerson.person_id, word),
        )
    if change:
        columns = [NoticePerson.changes]
        columns += [NoticePerson.day_changes] if notice.includes_days else []
        yield or_(*(column.contains(change, autoescape=True) for column in columns))


def erase_delegate(delegate: Delegate) -> None:
    """Delete an erased delegate's data, and have the notice recounted."""
    own = NoticePerson.delegate_id == delegate.id
    concerned = select(NoticePerson.notice_id).where(own)
    stale = update(ChangeNotice).where(ChangeNotice.id.in_(concerned))
    db.session.execute(stale.values(stale_at=clock.now()))
    db.session.execute(delete(NoticePerson).where(own))


erasure.ERASED_ABOVE.append(erase_delegate)
