"""Candidates for reminders, as SQL.

Planning reads these few values of a thousand speakers in one statement. Only those whose reminder
is shown or sent are loaded as recipients.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Date, case, func, literal, null, select

from app.database import db
from app.programme.models import Speaker
from app.speakers import queries, recipients
from app.speakers.checklist import TEXTS
from app.speakers.checklist_conditions import CONDITIONS
from app.speakers.models import RecipientKey, SpeakerMailing
from app.speakers.recipients import OwnerRecipient, Recipient

_LAST_SENT_AT: Final = (
    select(func.max(SpeakerMailing.sent_at))
    .where(SpeakerMailing.speaker_id == Speaker.id)
    .correlate(Speaker)
    .scalar_subquery()
)


class Candidate(NamedTuple):
    """A person with an open task that has a deadline."""

    key: RecipientKey
    name: str
    due_on: date  # the first deadline of an open task
    last_sent_at: datetime | None  # when any email to speakers or owners was last sent to them


def list_candidates(
    deadlines: Mapping[str, date], owners: Sequence[OwnerRecipient]
) -> Sequence[Candidate]:
    """List everyone with an open task that has a deadline: speakers by name, then owners."""
    return [*_list_speakers(deadlines), *_list_owners(deadlines, owners)]


def _list_speakers(deadlines: Mapping[str, date]) -> Sequence[Candidate]:
    names = sorted(CONDITIONS.keys() & deadlines.keys(), key=list(CONDITIONS).index)
    if not names:
        return []
    # the first open task ends the search; of several due on one day, the cheapest is checked first
    first: ColumnElement[Any] = case(
        *(
            (CONDITIONS[name].is_open, literal(deadlines[name], Date))
            for name in sorted(names, key=lambda name: deadlines[name])
        ),
        else_=null(),
    )
    rows = select(Speaker.id, Speaker.name, first, _LAST_SENT_AT).where(
        queries.is_for_email("reminder")
    )
    found = db.session.execute(rows.order_by(Speaker.name_sort_key, Speaker.id)).tuples()
    return [
        Candidate((number, None), name, due_on, last_sent_at)
        for number, name, due_on, last_sent_at in found
        if due_on is not None
    ]


def _list_owners(
    deadlines: Mapping[str, date], owners: Sequence[OwnerRecipient]
) -> Sequence[Candidate]:
    days = [
        [deadlines[name] for name in who.open_item_names if name in deadlines] for who in owners
    ]
    return [
        Candidate(who.key, who.name, min(own), max(who.last_sent_at.values(), default=None))
        for who, own in zip(owners, days, strict=True)
        if own
    ]


def load_owners(deadlines: Mapping[str, date]) -> Sequence[OwnerRecipient]:
    """Load all owners who do not speak, if their only task has a deadline."""
    return recipients.load_owners() if TEXTS in deadlines else ()


def load_recipients(
    keys: Collection[RecipientKey],
    deadlines: Mapping[str, date],
    owners: Sequence[OwnerRecipient],
) -> Mapping[RecipientKey, Recipient]:
    """Load the recipients with these keys, in a fixed number of queries."""
    numbers = [speaker for speaker, _ in keys if speaker is not None]
    speakers = recipients.load_speakers(queries.list_by_id(numbers), deadlines) if numbers else ()
    return {one.key: one for one in (*speakers, *owners) if one.key in keys}
