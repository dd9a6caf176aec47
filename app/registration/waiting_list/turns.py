"""Whose turn it is: the one rule by which places go to those who wait for one.

A place goes to the person who has waited longest, of those who can use it. Nobody can whose
category is full; and a group that asked to stay together can only if there are enough places for
all of it at once. Whoever cannot use a place keeps their turn, and the next can have it.

Offers, previews, the worker and newcomers all ask this module. Whoever acts on the answer holds the
lock of the conference's limit, without which no place is taken.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, func, or_, select

from app.registration.models import SeatLimit
from app.registration.waiting_list.models import CONFERENCE_LIST, IN_QUEUE, WaitingListEntry

CATEGORY_PREFIX = "category "  # of the name of a category's limit
SESSION_PREFIX = "session "  # of that of a session
PAGE_SIZE = 200  # entries that are read at once
# the order of every list: by joining, but for those whom the organisers have moved
ORDER = (func.coalesce(WaitingListEntry.queue_order, WaitingListEntry.id), WaitingListEntry.id)
LIMITS = select(SeatLimit.name, SeatLimit.seats, SeatLimit.taken).where(
    or_(SeatLimit.name == CONFERENCE_LIST, SeatLimit.name.startswith(CATEGORY_PREFIX))
)
QUEUE = select(
    WaitingListEntry.id, WaitingListEntry.category_id, WaitingListEntry.together_group_id
).where(WaitingListEntry.state == IN_QUEUE, WaitingListEntry.scope == CONFERENCE_LIST)


@dataclass(frozen=True)
class Turn:
    """Somebody who waits for a place at the conference."""

    entry_id: int
    category_id: int | None
    group_id: int | None  # with which they stay together

    @property
    def limits(self) -> Sequence[str]:
        """The names of the limits that a place for them counts towards."""
        own = () if self.category_id is None else (f"{CATEGORY_PREFIX}{self.category_id}",)
        return (CONFERENCE_LIST, *own)


def has_next(connection: Connection, planned: Mapping[str, int] | None = None) -> bool:
    """Return True if somebody who waits can have a place, with the planned limits if given."""
    return any(iter_next(connection, planned))


def list_next(
    connection: Connection, at_least: int, planned: Mapping[str, int] | None = None
) -> Sequence[Turn]:
    """List who can have a place, in order, and stop once there are so many; no group is split."""
    found: list[Turn] = []
    for people in iter_next(connection, planned):
        found += people
        if len(found) >= at_least:
            break
    return found


def iter_next(
    connection: Connection, planned: Mapping[str, int] | None = None
) -> Iterator[Sequence[Turn]]:
    """Yield who can have a place, in order: people alone, and groups that stay together.

    ``planned`` is how many places limits would have, by their names; the others stay as they are.
    """
    free = {
        name: (planned or {}).get(name, seats) - taken
        for name, seats, taken in connection.execute(LIMITS)
    }
    groups: set[int] = set()
    for turn in _iter_queue(connection, free):
        if free.get(CONFERENCE_LIST, 0) <= 0:
            return
        if turn.group_id in groups:
            continue
        people = [turn]
        if turn.group_id is not None:
            groups.add(turn.group_id)
            of_group = QUEUE.where(WaitingListEntry.together_group_id == turn.group_id)
            people = _read(connection, of_group.order_by(*ORDER))
        wanted = Counter(name for one in people for name in one.limits)
        if all(free.get(name, number) >= number for name, number in wanted.items()):
            free |= {name: free[name] - number for name, number in wanted.items() if name in free}
            yield people


def count_waiting(connection: Connection, name: str) -> int:
    """Count those who wait for a place in the category of this limit."""
    number = int(name.removeprefix(CATEGORY_PREFIX))
    rows = QUEUE.where(WaitingListEntry.category_id == number).subquery()
    return connection.scalar(select(func.count()).select_from(rows)) or 0


def _iter_queue(connection: Connection, free: Mapping[str, int]) -> Iterator[Turn]:
    """Yield those who wait, in order, as far as their category is not full from the start."""
    full = [
        int(name.removeprefix(CATEGORY_PREFIX))
        for name, number in free.items()
        if name != CONFERENCE_LIST and number <= 0
    ]
    category, group = WaitingListEntry.category_id, WaitingListEntry.together_group_id
    possible = or_(category.is_(None), category.not_in(full), group.is_not(None))
    rows = QUEUE.where(possible).order_by(*ORDER).limit(PAGE_SIZE)
    offset = 0
    while page := _read(connection, rows.offset(offset)):
        yield from page
        offset += PAGE_SIZE


def _read(connection: Connection, rows: Select[tuple[int, int | None, int | None]]) -> list[Turn]:
    return [Turn(*row) for row in connection.execute(rows)]
