"""Seats of the conference and its categories: the only module that reserves and releases them.

The row with the limit is locked first, so that two people never take the last seat: on PostgreSQL
with ``SELECT … FOR UPDATE``, in order of arrival; on SQLite a transaction that may write has
already locked the database (``app.database``). The number of seats taken is in the same row; a
check constraint is the last defence. Public pages show whether places are left, so the cache
version is bumped whenever that changes.

People on the waiting list come before newcomers: while a waiting person can use a free seat, it is
not for others (``waiting_list.turns``). A seat that is on offer counts as taken.

A seat may count towards several limits: that of the conference, and that of a category within it.
Functions take the names of all of them, the conference's first, and lock them in one order: the
conference, then categories by number. A seat is taken in every limit or in none. A category without
its own limit has no row.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, select

from app.cache_version import bump_cache_version
from app.database import Base, db, queue_for
from app.delegates.models import CATEGORY_PREFIX, CONFERENCE, SeatLimit
from app.errors import NotFound, RuleViolation, require
from app.registration.waiting_list import turns

LOCKED_LIMIT = (
    select(SeatLimit)
    .where(SeatLimit.name == bindparam("of"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
UNLOCKED_LIMITS = (
    select(SeatLimit)
    .where(SeatLimit.name.in_(bindparam("names")))
    .execution_options(populate_existing=True)
)


AWAITED = "Other people are waiting for the free places in this category"


class SoldOut(RuleViolation):
    """Every seat is taken."""


class CategoryFull(SoldOut):
    """Every seat of a category is taken; the conference may have others."""


class CategoryAwaited(CategoryFull):
    """The free places of a category are reserved for its waiting list."""


class PlacesLeft(RuleViolation):
    """There is no need to wait, because there is a seat."""


def name_category_limit(category_id: int) -> str:
    """Return the name of the limit of a category."""
    return f"{CATEGORY_PREFIX}{category_id}"


def list_limits(category_id: int | None) -> Sequence[str]:
    """Return the names of the limits that a seat counts towards, in lock order."""
    return turns.list_limits(category_id)


def lock_limit(name: str) -> SeatLimit:
    """Lock a limit until the transaction ends; call it before locking anything else."""
    return require(find_for_update(name), NotFound("The number of places has not been set"))


def lock_limits(names: Sequence[str]) -> Sequence[SeatLimit]:
    """Lock limits until the transaction ends, in the global order; categories' may be unset."""
    locked = []
    for name in sorted(set(names), key=_get_lock_order):
        is_whole = not name.startswith(CATEGORY_PREFIX)
        limit = lock_limit(name) if is_whole else find_for_update(name)
        if limit is not None:
            locked.append(limit)
    return locked


def lock_if_set(*names: str) -> None:
    """Lock limits that may not be set yet, in the global order."""
    for name in sorted(set(names), key=_get_lock_order):
        find_for_update(name)


def check_availability(names: Sequence[str]) -> None:
    """Raise SoldOut if there seems to be no seat, without a lock; the lock decides later."""
    known = {one.name: one for one in db.session.scalars(UNLOCKED_LIMITS, {"names": names})}
    _refuse_full(known[name] for name in names if name in known and _is_full(known[name]))


def reserve(names: Sequence[str], row: Base) -> None:
    """Take a seat for a row and insert it; raise SoldOut if none is left."""
    limits = lock_limits(names)
    _refuse_full(limit for limit in limits if _is_full(limit))
    _take_and_insert(limits, row)


def reserve_before_queue(names: Sequence[str], row: Base) -> None:
    """Take a free seat for a row even if others are waiting; raise SoldOut if none is free."""
    limits = lock_limits(names)
    _refuse_full(limit for limit in limits if not limit.has_free_seat)
    _take_and_insert(limits, row)


def reserve_all_before_queue(names: Sequence[str], rows: Sequence[Base]) -> None:
    """Take a free seat for each of these rows; raise SoldOut if there are not enough."""
    limits = lock_limits(names)
    _refuse_full(limit for limit in limits if limit.taken + len(rows) > limit.seats)
    db.session.add_all(rows)
    _take(limits, len(rows))


def enqueue(names: Sequence[str], row: Base) -> None:
    """Add a row to the queue for a seat and insert it; raise PlacesLeft if there is a seat.

    All waiting people share one order, that of the conference, including those for a full category.
    """
    enqueue_all([(names, row)])


def enqueue_all(waiting: Sequence[tuple[Sequence[str], Base]]) -> None:
    """Add rows, each with the names of its limits, to the queue in this order, and insert them.

    Raise PlacesLeft if there is a seat for one of them.
    """
    names = dict.fromkeys(name for one, _ in waiting for name in one)
    limits = lock_limits(list(names))
    whole = limits[0]
    if not whole.has_waiting_list:
        raise RuleViolation("There is no waiting list")
    full = {limit.name for limit in limits if _is_full(limit)}
    if any(full.isdisjoint(one) for one, _ in waiting):
        raise PlacesLeft("There are places left")
    db.session.add_all(row for _, row in waiting)
    _store(whole, taken=whole.taken, seats=whole.seats, waiting=whole.waiting + len(waiting))


def enqueue_for_move(names: Sequence[str], row: Base) -> None:
    """Add a row to the queue for a category; the person keeps a seat in another.

    Raise PlacesLeft if they can move there now.
    """
    whole, *gained = lock_limits(names)
    if not whole.has_waiting_list:
        raise RuleViolation("There is no waiting list")
    try:
        _refuse_move(gained, 1)
    except CategoryFull:
        db.session.add(row)
        _store(whole, taken=whole.taken, seats=whole.seats, waiting=whole.waiting + 1)
    else:
        raise PlacesLeft("There are places left")


def leave_queue(name: str) -> None:
    """Remove a person from the queue who no longer waits for a seat."""
    limit = lock_limit(name)
    _store(limit, taken=limit.taken, seats=limit.seats, waiting=limit.waiting - 1)


def hold_for_queue(names: Sequence[str]) -> None:
    """Hold a seat for a person in the queue; raise SoldOut if there is none.

    Without the conference's limit among the names, they already have a seat there.
    """
    limits = lock_limits(names)
    _refuse_full(limit for limit in limits if not limit.has_free_seat)
    _take(limits)
    leave_queue(CONFERENCE)


def hold_seats(names: Sequence[str], count: int) -> None:
    """Hold seats without assigning them to people; raise SoldOut if fewer are free."""
    require_free(names, count)
    _take(lock_limits(names), count)


def require_free(names: Sequence[str], count: int) -> None:
    """Lock limits, and raise SoldOut if fewer seats are free."""
    _refuse_full(limit for limit in lock_limits(names) if limit.taken + count > limit.seats)


def reserve_held(names: Sequence[str], row: Base) -> None:
    """Assign a held seat to a row, and insert it."""
    lock_limits(names)
    db.session.add(row)
    db.session.flush()


def release_seats(names: Sequence[str], count: int = 1) -> None:
    """Release seats; they are free for others at once."""
    for limit in lock_limits(names):
        _store(limit, taken=limit.taken - count, seats=limit.seats)


def move(
    old: Sequence[str],
    new: Sequence[str],
    count: int = 1,
    *,
    held: int = 0,
    is_before_queue: bool = False,
) -> None:
    """Move seats to other limits; raise SoldOut if one of those has too few left.

    ``held`` of them are already held there for these people, by offers.

    Free seats are reserved for as many waiting people, even while the conference is full and they
    cannot have them yet, so delegates have to wait, too. Raise CategoryAwaited if too few others
    are left, unless organisers give someone precedence over the waiting list.
    """
    limits = {limit.name: limit for limit in lock_limits((*old, *new[1:]))}
    gained = [limit for name, limit in limits.items() if name in new and name not in old]
    wanted = count - held
    if is_before_queue:
        _refuse_full(one for one in gained if one.taken + wanted > one.seats)
    elif wanted:
        _refuse_move(gained, wanted)
    _take(gained, wanted)
    for name, limit in limits.items():
        if name in old and name not in new:
            _store(limit, taken=limit.taken - count, seats=limit.seats)


def set_limit(name: str, seats: int, *, taken: int = 0) -> None:
    """Set the number of seats; raise RuleViolation if more are taken.

    ``taken`` is the number of seats already taken while there was no limit.
    """
    limit = find_for_update(name)
    taken = taken if limit is None else limit.taken
    if seats < taken:
        are_taken = "1 place is taken" if taken == 1 else f"{taken} places are taken"
        raise RuleViolation(f"{are_taken} already, so there cannot be only {seats}")
    if limit is None:
        db.session.add(SeatLimit(name=name, seats=seats, taken=taken))
        bump_cache_version()
    else:
        _store(limit, taken=limit.taken, seats=seats)


def unset_limit(name: str) -> None:
    """Delete a limit without taken seats."""
    limit = find_for_update(name)
    if limit is not None and not limit.taken and not limit.waiting:
        db.session.delete(limit)
        bump_cache_version()


def unset_category_limit(category_id: int) -> None:
    """Delete the limit of a category, even with taken seats; the conference's limit remains."""
    limit = find_for_update(name_category_limit(category_id))
    if limit is not None:
        db.session.delete(limit)
        bump_cache_version()


def set_default_limit(name: str, seats: int) -> None:
    """Set the number of seats, unless it has been set before."""
    if find_for_update(name) is None:
        set_limit(name, seats)


def set_waiting_list(name: str, *, is_open: bool) -> bool:
    """Open or close the waiting list; return True if that changed."""
    limit = find_for_update(name)
    if limit is None or limit.has_waiting_list == is_open:
        return False
    limit.has_waiting_list = is_open
    db.session.flush()
    bump_cache_version()
    return True


def _get_lock_order(name: str) -> int:
    return int(name.removeprefix(CATEGORY_PREFIX)) if name.startswith(CATEGORY_PREFIX) else -1


def _is_full(limit: SeatLimit) -> bool:
    """Return True if newcomers get no seat: none is free, or waiting people come first."""
    if not limit.has_free_seat:
        return True
    return limit.waiting > 0 and turns.has_next(db.session.connection())


def _refuse_full(full: Iterable[SeatLimit]) -> None:
    """Raise SoldOut for the first of these limits that is full, if any."""
    for limit in full:
        if limit.name.startswith(CATEGORY_PREFIX):
            raise CategoryFull("All places in this category are taken")
        raise SoldOut("All places are taken")


def _refuse_move(gained: Sequence[SeatLimit], count: int) -> None:
    """Raise CategoryFull if too few seats are left, or others wait for them."""
    _refuse_full(limit for limit in gained if limit.taken + count > limit.seats)
    _refuse_awaited(gained, count)


def _refuse_awaited(gained: Iterable[SeatLimit], count: int) -> None:
    """Raise CategoryAwaited if the seats are reserved for waiting people."""
    for limit in gained:
        waiting = turns.count_waiting(db.session.connection(), limit.name)
        if limit.taken + count + waiting > limit.seats:
            raise CategoryAwaited(AWAITED)


def _take_and_insert(limits: Iterable[SeatLimit], row: Base) -> None:
    db.session.add(row)
    _take(limits)


def _take(limits: Iterable[SeatLimit], count: int = 1) -> None:
    for limit in limits:
        _store(limit, taken=limit.taken + count, seats=limit.seats)


def _store(limit: SeatLimit, *, taken: int, seats: int, waiting: int | None = None) -> None:
    """Store the numbers, and bump the cache version if the limit was reached or freed."""
    before = limit.has_free_seat, limit.waiting > 0
    limit.taken, limit.seats = taken, seats
    limit.waiting = limit.waiting if waiting is None else waiting
    db.session.flush()
    if (limit.has_free_seat, limit.waiting > 0) != before:
        bump_cache_version()


def find_for_update(name: str) -> SeatLimit | None:
    """Return a limit and lock its row until the transaction ends, or None."""
    queue_for(f"seats of {name}")
    return db.session.scalar(LOCKED_LIMIT, {"of": name})
