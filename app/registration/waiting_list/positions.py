"""Positions in the waiting lists: who is next, and how many are waiting.

Each query is one statement, however long a list is.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import and_, case, exists, func, literal, select, tuple_
from sqlalchemy.orm import aliased

from app.database import db
from app.delegates.models import CATEGORY_PREFIX, Delegate, SeatLimit
from app.registration.waiting_list.models import CONFERENCE_LIST, IN_QUEUE, WaitingListEntry
from app.registration.waiting_list.queries import IS_OPEN, THE_ORDER
from app.registration.waiting_list.turns import ORDER


@dataclass(frozen=True)
class QueuePosition:
    """The position of a person who waits for a place: 1 is next; 0 if they are not waiting."""

    overall: int = 0
    in_category: int = 0  # within the category, if it has its own limit

    @property
    def nearest(self) -> int:
        """The position in their shortest list, which people with a place are shown."""
        return self.in_category or self.overall


@dataclass(frozen=True)
class Wait:
    """What a person waits for, and how many are waiting."""

    entry: WaitingListEntry
    position: int  # 1 is next; 0 with an offer
    waiting: int


def get_position(entry: WaitingListEntry) -> int:
    """Return the position of a waiting person: 1 is next; 0 if they are not waiting."""
    return get_queue_position(entry).overall


def get_queue_position(entry: WaitingListEntry) -> QueuePosition:
    """Return the position of a waiting person, overall and in their category; one query."""
    if not entry.is_waiting:
        return QueuePosition()
    db.session.flush()
    before = (
        WaitingListEntry.state == IN_QUEUE,
        WaitingListEntry.scope == entry.scope,
        tuple_(*ORDER) <= tuple_(literal(entry.place_in_order), literal(entry.id)),
    )
    is_limited = exists().where(SeatLimit.name == f"{CATEGORY_PREFIX}{entry.category_id}")
    is_same = and_(WaitingListEntry.category_id == entry.category_id, is_limited)
    rows = select(func.count(WaitingListEntry.id), func.count(case((is_same, 1)))).where(*before)
    return QueuePosition(*db.session.execute(rows).one())


def map_positions(entries: Collection[WaitingListEntry]) -> Mapping[int, int]:
    """Return the positions in their lists of the waiting ones of some entries, by number.

    Only they and those before them are numbered, which are few on the first pages of a long list.
    """
    waiting = [entry for entry in entries if entry.is_waiting]
    if not waiting:
        return {}
    last = max(entry.place_in_order for entry in waiting)
    number = func.row_number().over(partition_by=WaitingListEntry.scope, order_by=ORDER)
    queued = select(WaitingListEntry.id, number.label("position")).where(
        WaitingListEntry.state == IN_QUEUE,
        WaitingListEntry.scope.in_({entry.scope for entry in waiting}),
        last >= THE_ORDER,
    )
    counted = queued.subquery()
    rows = select(counted).where(counted.c.id.in_([entry.id for entry in waiting]))
    return dict(db.session.execute(rows).tuples().all())


def map_waits(delegate: Delegate) -> Mapping[str, Wait]:
    """Return a delegate's waits for sessions, by the names of their limits."""
    other = aliased(WaitingListEntry)
    their_order = func.coalesce(other.queue_order, other.id)
    ahead = select(func.count(other.id)).where(
        other.state == IN_QUEUE,
        other.scope == WaitingListEntry.scope,
        tuple_(their_order, other.id) <= tuple_(*ORDER),
    )
    rows = db.session.execute(
        select(WaitingListEntry, ahead.scalar_subquery(), func.coalesce(SeatLimit.waiting, 0))
        .outerjoin(SeatLimit, SeatLimit.name == WaitingListEntry.scope)
        .where(
            IS_OPEN,
            WaitingListEntry.delegate_id == delegate.id,
            WaitingListEntry.scope != CONFERENCE_LIST,
        )
    )
    return {
        entry.scope: Wait(entry, position if entry.is_waiting else 0, waiting)
        for entry, position, waiting in rows
    }


def count_together(entry: WaitingListEntry) -> int:
    """Return the size of the waiting group that an entry stays with; 0 if it has none."""
    group_id = WaitingListEntry.together_group_id
    rows = select(func.count(WaitingListEntry.id)).where(
        group_id == entry.together_group_id, WaitingListEntry.state == IN_QUEUE
    )
    return 0 if entry.together_group_id is None else db.session.scalar(rows) or 0
