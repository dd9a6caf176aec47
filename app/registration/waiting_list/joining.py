"""Creating waiting list entries, for one person or for many at once.

The entries and emails of many people are prepared first, without locks. An email includes the
position: if others have joined in between, it is rendered again.
"""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from app import clock
from app.database import db
from app.delegates import custom_questions, delegate_record, private_answers
from app.delegates.answer_json import Answers, dump_answers, full_name
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import CATEGORY, INVITATION
from app.delegates.fields import BY_NAME, CONSENT, EMAIL, PRIVATE_NAMES
from app.delegates.models import SeatLimit
from app.history import queries as history_queries
from app.history import services as history
from app.mail.models import Email
from app.registration import emails, seats
from app.registration.waiting_list.models import CONFERENCE_LIST, IN_QUEUE, WaitingListEntry
from app.registration.waiting_list.positions import QueuePosition

ADDED_FROM_SPREADSHEET: Final = "Added to the waiting list from a spreadsheet"


@dataclass(frozen=True)
class PreparedEntry:
    """An entry that is not on the waiting list yet, and the email with its position."""

    entry: WaitingListEntry
    position: QueuePosition
    email: Email


def build_entry(answers: Answers, language: str, identity_key: str) -> WaitingListEntry:
    """Return the unsaved entry of a person who waits for a place."""
    names = (*BY_NAME, CONSENT, CATEGORY, INVITATION, *custom_questions.get_by_name())
    stored_answers = {name: answers[name] for name in names if name in answers}
    access_key = secrets.token_urlsafe(16)
    place = private_answers.place_in_waiting_list(access_key)
    stored = private_answers.encrypt_answers(stored_answers, PRIVATE_NAMES, place)
    return WaitingListEntry(
        access_key=access_key,
        scope=CONFERENCE_LIST,
        name=full_name(answers),
        email=answers[EMAIL],
        search_text=delegate_record.search_key(full_name(answers), answers[EMAIL]),
        identity_key=identity_key,
        language=language,
        document=dump_answers(stored),
        state=IN_QUEUE,
        joined_at=clock.now(),
        category_id=categories.read_id(answers),
    )


def prepare_all(people: Sequence[Answers], language: str) -> Sequence[PreparedEntry]:
    """Prepare the entries and emails of people; nothing is stored or locked."""
    entries = [
        build_entry(
            person, language, delegate_record.identity_key(full_name(person), person[EMAIL])
        )
        for person in people
    ]
    return [
        _prepare(entry, position)
        for entry, position in zip(entries, _predict_positions(entries), strict=True)
    ]


def join_all(prepared: Sequence[PreparedEntry], *, actor: str) -> None:
    """Put the people of a spreadsheet on the waiting list, in its order.

    The caller must hold the locks of the limits, and ensure that none of them is waiting or has a
    place. Raise PlacesLeft if there is a place for one of them.
    """
    positions = _predict_positions([prepared_entry.entry for prepared_entry in prepared])
    seats.enqueue_all(
        [
            (seats.list_limits(prepared_entry.entry.category_id), prepared_entry.entry)
            for prepared_entry in prepared
        ]
    )
    db.session.add_all(
        one.email if one.position == position else _prepare(one.entry, position).email
        for one, position in zip(prepared, positions, strict=True)
    )
    history.record_personal_for_all(
        ADDED_FROM_SPREADSHEET,
        subjects=[prepared_entry.entry.history_subject for prepared_entry in prepared],
        actor=actor,
        field_changes=(),
    )


def was_added_by_team(entry: WaitingListEntry) -> bool:
    """Return True if someone else put the person on the waiting list."""
    recorded = history_queries.list_entries(entry.history_subject)
    return any(one.summary == ADDED_FROM_SPREADSHEET for one in recorded)


def _prepare(entry: WaitingListEntry, position: QueuePosition) -> PreparedEntry:
    email = emails.send_waiting_list_entry(entry, position, is_added_by_team=True)
    db.session.expunge(email)  # until they are on the list
    return PreparedEntry(entry, position, email)


def _predict_positions(entries: Sequence[WaitingListEntry]) -> Sequence[QueuePosition]:
    """Return the positions that these people would get now, in this order."""
    waiting = (
        select(WaitingListEntry.category_id, func.count())
        .where(WaitingListEntry.state == IN_QUEUE, WaitingListEntry.scope == CONFERENCE_LIST)
        .group_by(WaitingListEntry.category_id)
    )
    counts = Counter(dict(db.session.execute(waiting).tuples().all()))
    limited = set(db.session.scalars(select(SeatLimit.name)))
    positions = []
    for overall, entry in enumerate(entries, start=counts.total() + 1):
        counts[entry.category_id] += 1
        *_, limit = seats.list_limits(entry.category_id)
        is_limited = entry.category_id is not None and limit in limited
        in_category = counts[entry.category_id] if is_limited else 0
        positions.append(QueuePosition(overall, in_category))
    return positions
