"""Whose turn it is, and for how long: the one rule by which waiting people get places.

A place goes to the person who has waited longest, of those who can use it. No one can whose
category is full; and a group that asked to stay together can only if there are enough places for
all of it. People who cannot use a place keep their turn, and the place goes to the next person.

People with a place in another category keep it until they accept, so the new one counts only
towards the category, and they can have it although the conference is full. But a free place of a
category is not for them while a person before them waits for it who cannot have it only because the
conference is full.

Offers, previews, the worker and newcomers all use this module. To act on its results, hold the lock
of the conference's limit, without which no place is taken.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, Select, func, or_, select

from app.delegates.models import CATEGORY_PREFIX, SeatLimit
from app.registration.waiting_list.models import CONFERENCE_LIST, IN_QUEUE, WaitingListEntry

OFFER_PERIOD = timedelta(hours=24)
MIN_OFFER_PERIOD = timedelta(hours=1)
SHARE_OF_TIME_LEFT = 4  # an offer lasts at most this fraction (a quarter) of the remaining time
SESSION_PREFIX = "session "  # of the names of sessions' limits
PAGE_SIZE = 200  # entries read at once
# the order of every list: by joining, except for those moved by organisers
ORDER = (func.coalesce(WaitingListEntry.queue_order, WaitingListEntry.id), WaitingListEntry.id)
LIMITS = select(SeatLimit.name, SeatLimit.seats, SeatLimit.taken).where(
    or_(SeatLimit.name == CONFERENCE_LIST, SeatLimit.name.startswith(CATEGORY_PREFIX))
)
KEEPS_PLACE = WaitingListEntry.delegate_id.is_not(None)  # of people who wait in this list
QUEUE = select(
    WaitingListEntry.id,
    WaitingListEntry.category_id,
    WaitingListEntry.together_group_id,
    KEEPS_PLACE,
).where(WaitingListEntry.state == IN_QUEUE, WaitingListEntry.scope == CONFERENCE_LIST)


@dataclass(frozen=True)
class Turn:
    """A person who waits for a place at the conference."""

    entry_id: int
    category_id: int | None
    group_id: int | None  # the group that stays together
    keeps_place: bool  # in another category, until they accept this one

    @property
    def limits(self) -> Sequence[str]:
        """The names of the limits that a place for them counts towards."""
        return list_limits(self.category_id, keeps_place=self.keeps_place)


def list_limits(category_id: int | None, *, keeps_place: bool = False) -> Sequence[str]:
    """Return the names of the limits that a waiting person's place counts towards."""
    whole = () if keeps_place else (CONFERENCE_LIST,)
    return whole if category_id is None else (*whole, f"{CATEGORY_PREFIX}{category_id}")


def get_offer_period(time_left: timedelta) -> timedelta:
    """Return how long an offer lasts: a day, or less as its day approaches."""
    return min(OFFER_PERIOD, max(MIN_OFFER_PERIOD, time_left / SHARE_OF_TIME_LEFT))


def has_next(connection: Connection, planned: Mapping[str, int] | None = None) -> bool:
    """Return True if a waiting person can have a place, with the planned limits if given."""
    return any(iter_next(connection, planned))


def list_next(
    connection: Connection, at_least: int, planned: Mapping[str, int] | None = None
) -> Sequence[Turn]:
    """List who can have a place, in order, up to a number; no group is split."""
    found: list[Turn] = []
    for people in iter_next(connection, planned):
        found += people
        if len(found) >= at_least:
            break
    return found


def iter_next(
    connection: Connection, planned: Mapping[str, int] | None = None
) -> Iterator[Sequence[Turn]]:
    """Yield who can have a place, in order: individuals, and groups that stay together.

    ``planned`` maps the names of limits to planned numbers of places; other limits stay unchanged.
    """
    free = {
        name: (planned or {}).get(name, seats) - taken
        for name, seats, taken in connection.execute(LIMITS)
    }
    groups: set[int] = set()
    can_end = not connection.scalar(select(QUEUE.where(KEEPS_PLACE).exists()))
    for turn in _iter_queue(connection, free):
        is_full = free.get(CONFERENCE_LIST, 0) <= 0
        if is_full and can_end:
            return
        if turn.group_id not in groups:
            people = _list_people(connection, turn)
            groups |= {person.group_id for person in people if person.group_id is not None}
            has_room = _has_room(free, people)
            if has_room or is_full:  # then what they wait for is not for people after them, either
                _count(free, people)
            if has_room:
                yield people


def _list_people(connection: Connection, turn: Turn) -> Sequence[Turn]:
    """List the people of a turn: one person, or the group that they stay with."""
    if turn.group_id is None:
        return [turn]
    of_group = QUEUE.where(WaitingListEntry.together_group_id == turn.group_id)
    return _read(connection, of_group.order_by(*ORDER))


def _has_room(free: Mapping[str, int], people: Sequence[Turn]) -> bool:
    wanted = Counter(name for person in people for name in person.limits)
    return all(free.get(name, number) >= number for name, number in wanted.items())


def _count(free: dict[str, int], people: Sequence[Turn]) -> None:
    """Count places for people, even beyond the limits."""
    for name in (name for person in people for name in person.limits):
        if name in free:
            free[name] -= 1


def count_waiting(connection: Connection, name: str) -> int:
    """Count the people who wait for a place in the category of this limit."""
    number = int(name.removeprefix(CATEGORY_PREFIX))
    rows = QUEUE.where(WaitingListEntry.category_id == number).subquery()
    return connection.scalars(select(func.count()).select_from(rows)).one()


def _iter_queue(connection: Connection, free: Mapping[str, int]) -> Iterator[Turn]:
    """Yield waiting people in order, except those whose category is full from the start."""
    full = [
        int(name.removeprefix(CATEGORY_PREFIX))
        for name, number in free.items()
        if name != CONFERENCE_LIST and number <= 0
    ]
    category, group = WaitingListEntry.category_id, WaitingListEntry.together_group_id
    possible = or_(category.is_(None), category.not_in(full), group.is_not(None))
    if free.get(CONFERENCE_LIST, 0) <= 0:  # then only categories with a free place matter
        free_names = [name for name, number in free.items() if number > 0]
        numbers = [int(name.removeprefix(CATEGORY_PREFIX)) for name in free_names]
        possible = or_(category.in_(numbers), group.is_not(None), KEEPS_PLACE)
    rows = QUEUE.where(possible).order_by(*ORDER).limit(PAGE_SIZE)
    offset = 0
    while page := _read(connection, rows.offset(offset)):
        yield from page
        offset += PAGE_SIZE


def _read(
    connection: Connection, rows: Select[tuple[int, int | None, int | None, bool]]
) -> list[Turn]:
    return [Turn(*row) for row in connection.execute(rows)]
