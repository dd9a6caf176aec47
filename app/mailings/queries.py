"""Read-only queries about mailings: recipients, the list, progress and the report."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select

from app.database import db, stream
from app.errors import NotFound, require
from app.mail.models import FAILED, SENT, Email
from app.mailings import audiences, recipient_selection, recipients
from app.mailings.audiences import PeopleQuery
from app.mailings.models import (
    LEFT_OUT,
    PENDING,
    QUEUED,
    SCHEDULED,
    SENDING,
    Mailing,
    MailingRecipient,
)
from app.mailings.recipient_selection import Selection

# The statuses of recipients in a report, in the order of its summary.
SENT_TO, RETRYING, REFUSED, BOUNCED = "sent", "retrying", "refused", "bounced"
WAITING_TO_GO, NOT_YET, NOT_SENT = "waiting", "pending", "left_out"
NO_SUCH_MAILING: Final = "There is no group email with that number"
STATUSES: Final = (SENT_TO, WAITING_TO_GO, NOT_YET, RETRYING, REFUSED, BOUNCED, NOT_SENT)

STATUS: Final[ColumnElement[str]] = case(
    (MailingRecipient.state == LEFT_OUT, literal(NOT_SENT)),
    (MailingRecipient.state == PENDING, literal(NOT_YET)),
    (Email.id.is_(None), func.coalesce(func.nullif(MailingRecipient.outcome, ""), SENT_TO)),
    (Email.state == SENT, literal(SENT_TO)),
    ((Email.state == FAILED) & Email.sent_at.is_not(None), literal(BOUNCED)),
    (Email.state == FAILED, literal(REFUSED)),
    (Email.last_error != "", literal(RETRYING)),  # an attempt alone may still be running
    else_=literal(WAITING_TO_GO),
)


@dataclass(frozen=True)
class ReportRow:
    """A recipient, the status of their email, and why it failed if it did."""

    name: str
    address: str
    person: str
    status: str
    reason: str
    sent_at: Any  # real time, or None
    email_id: int | None
    booking_reference: str


@dataclass(frozen=True)
class Report:
    """The number of recipients with each status."""

    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """The number of people who should get an email."""
        return sum(number for status, number in self.counts.items() if status != NOT_SENT)

    @property
    def finished(self) -> int:
        """The number of emails that were sent, or that will not be."""
        return sum(self.counts.get(one, 0) for one in (SENT_TO, REFUSED, BOUNCED))

    @property
    def is_moving(self) -> bool:
        """Whether emails are still to be sent."""
        return self.finished < self.total


def find_mailing(number: int) -> Mailing | None:
    """Return a mailing, or None."""
    return db.session.get(Mailing, number)


def get_mailing(number: int) -> Mailing:
    """Return a mailing; raise NotFound if there is none."""
    return require(find_mailing(number), NotFound(NO_SUCH_MAILING))


def list_mailings(
    states: Sequence[str], *, hidden: Collection[int] = (), offset: int, limit: int
) -> Sequence[tuple[Mailing, int]]:
    """List mailings with the number of people who get them, newest first, without hidden ones."""
    rows = select(Mailing, _recipient_count()).order_by(
        Mailing.changed_at.desc(), Mailing.id.desc()
    )
    rows = rows.where(*_list_state_conditions(states, hidden)).offset(offset).limit(limit)
    return db.session.execute(rows).tuples().all()


def _list_state_conditions(
    states: Sequence[str], hidden: Collection[int]
) -> list[ColumnElement[bool]]:
    in_state = [Mailing.state.in_(states)] if states else []
    return [*in_state, *([Mailing.id.not_in(hidden)] if hidden else [])]


def _recipient_count() -> ColumnElement[int]:
    return (
        select(func.count())
        .where(
            MailingRecipient.mailing_id == Mailing.id, MailingRecipient.state.in_([PENDING, QUEUED])
        )
        .correlate(Mailing)
        .scalar_subquery()
    )


def count_mailings(states: Sequence[str], *, hidden: Collection[int] = ()) -> int:
    """Count the mailings in some states, or all, without hidden ones."""
    statement = select(func.count(Mailing.id)).where(*_list_state_conditions(states, hidden))
    return db.session.scalar(statement) or 0


def select_people(mailing: Mailing) -> Selection:
    """Return who would get a mailing if it were scheduled now, or who does, once it has been."""
    audience = audiences.get_audience(mailing.audience)
    deselected = recipients.iter_deselected(mailing)
    if audience.find is None or (not mailing.is_draft and has_recipients(mailing)):
        return recipient_selection.of_stored(_find_stored(mailing), deselected)
    people = audience.find(mailing.query)
    return recipient_selection.choose(people, deselected, is_essential=mailing.is_essential)


def _find_stored(mailing: Mailing) -> PeopleQuery:
    return PeopleQuery(
        person=MailingRecipient.person,
        name=MailingRecipient.name,
        address=MailingRecipient.address,
        language=MailingRecipient.language,
        booking_reference=MailingRecipient.booking_reference,
        exclusion=MailingRecipient.reason,
        conditions=[MailingRecipient.mailing_id == mailing.id],
        order=[MailingRecipient.id],
        search=_search_stored,
    )


def _search_stored(search: str) -> Sequence[ColumnElement[bool]]:
    columns = (MailingRecipient.name, MailingRecipient.address, MailingRecipient.booking_reference)
    return [
        or_(*(one.icontains(word, autoescape=True) for one in columns)) for word in search.split()
    ]


def has_recipients(mailing: Mailing) -> bool:
    """Return True if the recipients have been decided."""
    return count_recipients(mailing, PENDING, QUEUED, LEFT_OUT) > 0


def count_recipients(mailing: Mailing, *states: str) -> int:
    """Count the recipients in some states."""
    return (
        db.session.scalar(
            select(func.count(MailingRecipient.id)).where(
                MailingRecipient.mailing_id == mailing.id, MailingRecipient.state.in_(states)
            )
        )
        or 0
    )


def get_own(mailing: Mailing, person: str) -> MailingRecipient | None:
    """Return the row of a person in a prepared mailing, or None."""
    if audiences.get_audience(mailing.audience).is_chosen:  # they are told nothing of their own
        return None
    return db.session.scalar(
        select(MailingRecipient).where(
            MailingRecipient.mailing_id == mailing.id, MailingRecipient.person == person
        )
    )


def get_own_values(mailing: Mailing, people: Collection[str]) -> Mapping[str, Mapping[str, str]]:
    """Return the prepared values of these recipients, by person."""
    rows = db.session.execute(
        select(MailingRecipient.person, MailingRecipient.own_values).where(
            MailingRecipient.mailing_id == mailing.id,
            MailingRecipient.person.in_(people),
            MailingRecipient.own_values != "",
        )
    )
    return {person: json.loads(values) for person, values in rows}


def find_next(hidden: Collection[int] = ()) -> tuple[Mailing, int] | None:
    """Return the mailing that is sent next, or is being sent, and its number of recipients."""
    visible = _list_state_conditions([SCHEDULED, SENDING], hidden)
    rows = select(Mailing, _recipient_count()).where(*visible)
    found = db.session.execute(rows.order_by(Mailing.send_at, Mailing.id).limit(1)).first()
    return (found[0], found[1]) if found else None


def get_report(mailing: Mailing) -> Report:
    """Count the recipients by the status of their emails."""
    statuses = (
        select(STATUS.label("status"))
        .select_from(MailingRecipient)
        .outerjoin(Email, Email.id == MailingRecipient.email_id)
        .where(MailingRecipient.mailing_id == mailing.id)
        .subquery()
    )
    rows = select(statuses.c.status, func.count()).group_by(statuses.c.status)
    found = dict(db.session.execute(rows).tuples().all())
    return Report({one: found[one] for one in STATUSES if one in found})


def count_by_language(mailing: Mailing) -> Mapping[str, int]:
    """Count the recipients of a scheduled or sent mailing by language."""
    rows = (
        select(MailingRecipient.language, func.count())
        .where(MailingRecipient.mailing_id == mailing.id, MailingRecipient.state != LEFT_OUT)
        .group_by(MailingRecipient.language)
    )
    return dict(db.session.execute(rows).tuples().all())


def list_reasons(mailing: Mailing) -> Sequence[tuple[str, int]]:
    """List the reasons why people were excluded, with their numbers, highest first."""
    return (
        db.session.execute(
            select(MailingRecipient.reason, func.count())
            .where(MailingRecipient.mailing_id == mailing.id, MailingRecipient.state == LEFT_OUT)
            .group_by(MailingRecipient.reason)
            .order_by(func.count().desc(), MailingRecipient.reason)
        )
        .tuples()
        .all()
    )


def list_report(
    mailing: Mailing, status: str, search: str, *, offset: int, limit: int
) -> Sequence[ReportRow]:
    """List recipients with a status, or all, by name."""
    found = _select_report(mailing, status, search).order_by(MailingRecipient.id)
    numbers = found.with_only_columns(MailingRecipient.id, maintain_column_froms=True)
    page = MailingRecipient.id.in_(numbers.offset(offset).limit(limit))
    rows = _select_report(mailing, "", "").where(page).order_by(MailingRecipient.id)
    return [ReportRow(*row) for row in db.session.execute(rows)]


def count_report(mailing: Mailing, status: str, search: str) -> int:
    """Count the recipients that ``list_report`` lists; reads emails only for a status."""
    rows = select(func.count()).select_from(MailingRecipient)
    if status:
        rows = rows.outerjoin(Email, Email.id == MailingRecipient.email_id)
    return db.session.scalar(rows.where(*_list_conditions(mailing, status, search))) or 0


def stream_report(mailing: Mailing, status: str, search: str) -> Iterator[ReportRow]:
    """Yield the recipients of ``list_report``, for a file sent after the request has ended."""
    rows = _select_report(mailing, status, search).order_by(MailingRecipient.id)
    return (ReportRow(*row) for row in stream(db.engine, rows))


def _select_report(mailing: Mailing, status: str, search: str) -> Select[Any]:
    reason = func.coalesce(func.nullif(MailingRecipient.reason, ""), Email.last_error, "")
    rows = select(
        MailingRecipient.name,
        func.coalesce(Email.recipient, MailingRecipient.address),
        MailingRecipient.person,
        STATUS,
        reason,
        Email.sent_at,
        MailingRecipient.email_id,
        MailingRecipient.booking_reference,
    ).outerjoin(Email, Email.id == MailingRecipient.email_id)
    return rows.where(*_list_conditions(mailing, status, search))


def _list_conditions(mailing: Mailing, status: str, search: str) -> list[ColumnElement[bool]]:
    is_of_mailing = MailingRecipient.mailing_id == mailing.id
    has_status = [STATUS.in_([status])] if status else []
    return [is_of_mailing, *has_status, *_search_stored(search)]
