"""An integrity check: no one is offered a seat before a person who joined the list earlier.

It covers the lists of sessions, in which everyone waits for the same. In the conference's list
people may be skipped because their category is full, or their group needs more places than are
free. People who were moved or offered a seat manually, or got the offer of their other, merged
booking, are left out: the history records these.
"""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Select, String, cast, exists, literal, or_, select
from sqlalchemy.orm import aliased

from app.database import db
from app.history.models import HistoryEntry
from app.registration.waiting_list.entries import MERGED
from app.registration.waiting_list.manual_changes import OFFERED_BY_HAND
from app.registration.waiting_list.models import (
    CONFERENCE_LIST,
    IN_QUEUE,
    OFFERED,
    WaitingListEntry,
)
from app.registration.waiting_list.queries import SUBJECT_PREFIX


def list_faults() -> Sequence[str]:
    """List the sessions in which a seat was offered out of turn."""
    return [
        f"A seat in “{title}” is on offer, but someone who joined the list earlier is waiting."
        for title in db.session.scalars(_select_offers_out_of_turn())
    ]


@cache
def _select_offers_out_of_turn() -> Select[tuple[str]]:
    offered, waiting = WaitingListEntry, aliased(WaitingListEntry)
    was_before = exists().where(
        waiting.scope == offered.scope,
        waiting.state == IN_QUEUE,
        waiting.queue_order.is_(None),
        waiting.id < offered.id,
    )
    is_out_of_turn = exists().where(
        HistoryEntry.subject == literal(SUBJECT_PREFIX) + cast(offered.id, String),
        or_(
            HistoryEntry.summary.startswith(OFFERED_BY_HAND),
            HistoryEntry.summary == MERGED,
        ),
    )
    is_session_offer = offered.state == OFFERED, offered.scope != CONFERENCE_LIST
    in_turn = offered.queue_order.is_(None), ~is_out_of_turn
    titles = select(offered.title).where(*is_session_offer, *in_turn, was_before).distinct()
    return titles.order_by(offered.title)
