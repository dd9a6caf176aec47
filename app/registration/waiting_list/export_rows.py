"""The waiting list as rows of a file, and delegates' waits as a column of theirs."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import String, case, cast, exists, func, literal, select

from app.database import db, stream
from app.delegates.models import CATEGORY_PREFIX, Delegate, SeatLimit
from app.history import services as history
from app.registration.waiting_list.models import CONFERENCE_LIST, IN_QUEUE, WaitingListEntry
from app.registration.waiting_list.queries import IS_OPEN, list_conditions
from app.registration.waiting_list.turns import ORDER

POSITIONS = (
    select(
        WaitingListEntry.id,
        func.row_number()
        .over(partition_by=WaitingListEntry.scope, order_by=ORDER)
        .label("position"),
        func.row_number()
        .over(partition_by=(WaitingListEntry.scope, WaitingListEntry.category_id), order_by=ORDER)
        .label("in_category"),
    )
    .where(WaitingListEntry.state == IN_QUEUE)
    .subquery()
)
IS_LIMITED = exists().where(
    SeatLimit.name == literal(CATEGORY_PREFIX) + cast(WaitingListEntry.category_id, String)
)


class WaitingRow(NamedTuple):
    """A row of the file: a waiting person, what they wait for, and their state."""

    scope: str
    title: str
    category_id: int | None
    position: int | None  # None with an offer
    in_category: int | None  # if the category has its own limit
    name: str
    email: str
    state: str
    joined_at: datetime
    offered_at: datetime | None
    offer_ends_at: datetime | None
    ended_at: datetime | None
    reference: str | None


class DelegateWait(NamedTuple):
    """A delegate's wait: a position in a list, or an offer."""

    scope: str
    title: str
    category_id: int | None
    position: int | None
    offer_ends_at: datetime | None


def iter_rows(search: str, state: str, which: str, category: str) -> Iterator[WaitingRow]:
    """Yield the entries of a list, in its order, while they are read."""
    columns = (
        *(WaitingListEntry.scope, WaitingListEntry.title, WaitingListEntry.category_id),
        *(POSITIONS.c.position, case((IS_LIMITED, POSITIONS.c.in_category))),
        *(WaitingListEntry.name, WaitingListEntry.email, WaitingListEntry.state),
        *(WaitingListEntry.joined_at, WaitingListEntry.offered_at),
        *(WaitingListEntry.offer_ends_at, WaitingListEntry.ended_at, Delegate.reference),
    )
    rows = (
        select(*columns)
        .outerjoin(POSITIONS, POSITIONS.c.id == WaitingListEntry.id)
        .outerjoin(Delegate, Delegate.id == WaitingListEntry.delegate_id)
        .where(*list_conditions(search, state, which, category))
        .order_by(WaitingListEntry.state == IN_QUEUE, *ORDER)
    )
    return (WaitingRow(*row) for row in stream(db.engine, rows))


def map_waits() -> Mapping[int, list[DelegateWait]]:
    """Return the waits and offers of all delegates, by booking number."""
    rows = (
        select(
            *(WaitingListEntry.delegate_id, WaitingListEntry.scope, WaitingListEntry.title),
            *(WaitingListEntry.category_id, POSITIONS.c.position, WaitingListEntry.offer_ends_at),
        )
        .outerjoin(POSITIONS, POSITIONS.c.id == WaitingListEntry.id)
        .where(IS_OPEN, WaitingListEntry.delegate_id.is_not(None))
        .order_by(WaitingListEntry.id)
    )
    found = defaultdict[int, list[DelegateWait]](list)
    for number, *wait in db.session.execute(rows):
        found[number].append(DelegateWait(*wait))
    return found


def record_export(count: int, *, actor: str) -> None:
    """Record that the waiting list was exported."""
    summary = f"Exported the waiting list ({count})"
    history.record(summary, subject=CONFERENCE_LIST, actor=actor)
