"""Seats that are held or given before those who wait, and limits that come, change and go."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, update

from app import cache_version
from app.database import db, transaction
from app.delegates.models import CONFERENCE, SeatLimit
from app.errors import RuleViolation
from app.registration import seats, session_seats
from app.registration.waiting_list import services as waiting_list
from tests.factories import make_category, make_delegate, make_waiting_list_entry, set_places
from tests.registration.test_seats import (
    CHOIR,
    FIRST_CATEGORY,
    SECOND_CATEGORY,
    create_limit,
    create_two_categories,
    get_seats_and_taken,
    make_row,
    rows,
)

FIRST, SECOND = FIRST_CATEGORY[1], SECOND_CATEGORY[1]


def is_set(name: str) -> bool:
    found = db.session.get(SeatLimit, name, populate_existing=True)
    db.session.commit()
    return found is not None


def take(names: Sequence[str] = (CHOIR,)) -> None:
    with transaction():
        seats.reserve(names, make_row())


def test_reserve_before_queue_needs_a_free_seat(site: Flask) -> None:
    create_limit(1)

    with transaction():
        seats.reserve_before_queue((CHOIR,), make_row())
    with pytest.raises(seats.SoldOut), transaction():
        seats.reserve_before_queue((CHOIR,), make_row())

    assert get_seats_and_taken() == (1, 1)
    assert rows() == 1


def test_reserve_all_before_queue_reserves_all_seats_or_none(site: Flask) -> None:
    create_limit(3)

    def take_all(number: int) -> None:
        with transaction():
            seats.reserve_all_before_queue((CHOIR,), [make_row() for _ in range(number)])

    take_all(2)
    with pytest.raises(seats.SoldOut):
        take_all(2)
    assert get_seats_and_taken() == (3, 2)
    assert rows() == 2
    take_all(1)

    assert get_seats_and_taken() == (3, 3)
    assert rows() == 3


def test_hold_seats_holds_no_more_seats_than_are_free(site: Flask) -> None:
    create_limit(3)

    with transaction():
        seats.hold_seats((CHOIR,), 2)
    with pytest.raises(seats.SoldOut), transaction():
        seats.hold_seats((CHOIR,), 2)
    assert get_seats_and_taken() == (3, 2)
    with transaction():
        seats.require_free((CHOIR,), 1)
        seats.hold_seats((CHOIR,), 1)

    assert get_seats_and_taken() == (3, 3)


def test_reserve_held_does_not_count_the_seat_again(site: Flask) -> None:
    create_limit(1)
    with transaction():
        seats.hold_seats((CHOIR,), 1)

    with transaction():
        seats.reserve_held((CHOIR,), make_row())

    assert get_seats_and_taken() == (1, 1)
    assert rows() == 1


def test_moving_before_the_queue_stops_at_the_category_limit(
    site: Flask,
) -> None:
    create_two_categories(5, 5, 1)
    for _ in range(2):
        take(FIRST_CATEGORY)

    with transaction():
        seats.move(FIRST_CATEGORY, SECOND_CATEGORY, is_before_queue=True)
    with pytest.raises(seats.CategoryFull), transaction():
        seats.move(FIRST_CATEGORY, SECOND_CATEGORY, is_before_queue=True)

    assert [get_seats_and_taken(), get_seats_and_taken(FIRST), get_seats_and_taken(SECOND)] == [
        (5, 2),
        (5, 1),
        (1, 1),
    ]


def test_moving_respects_the_waiting_list_of_the_target_category(site: Flask) -> None:
    set_places(2)
    old, new = make_category(5, name="Visitor"), make_category(3, name="Student")
    for category in (old, new):
        make_delegate(category_id=category.id, email=f"{category.id}@example.org")
    first = make_waiting_list_entry(category_id=new.id, identity_key="first")
    make_waiting_list_entry(category_id=new.id, identity_key="second")

    def move() -> None:
        with transaction():
            seats.move(seats.list_limits(old.id), seats.list_limits(new.id))

    with pytest.raises(seats.CategoryAwaited):
        move()
    assert get_seats_and_taken(seats.name_category_limit(new.id)) == (3, 1)
    with transaction():
        waiting_list.leave(db.session.merge(first))
    move()

    assert get_seats_and_taken(seats.name_category_limit(new.id)) == (3, 2)


def test_unset_limit_needs_an_unused_limit_and_bumps_the_cache_version(site: Flask) -> None:
    create_limit(2)
    take()
    before = cache_version.current()

    with transaction():
        seats.unset_limit(CHOIR)
    assert get_seats_and_taken() == (2, 1)
    assert cache_version.current() == before
    with transaction():
        seats.release_seats((CHOIR,))
        seats.unset_limit(CHOIR)

    assert not is_set(CHOIR)
    assert cache_version.current() == before + 1


def test_unset_category_limit_removes_a_used_limit(site: Flask) -> None:
    create_two_categories(3, 2, 2)
    take(FIRST_CATEGORY)
    before = cache_version.current()

    for _ in range(2):  # the second time there is none
        with transaction():
            seats.unset_category_limit(9)

    assert not is_set(FIRST)
    assert is_set(SECOND)
    assert get_seats_and_taken() == (3, 1)
    assert cache_version.current() == before + 1


@pytest.mark.postgresql_only
def test_locking_a_limit_refreshes_its_row(site: Flask) -> None:
    create_limit(2)
    with transaction():
        known = db.session.get_one(SeatLimit, CHOIR)
        assert known.taken == 0
        with db.engine.begin() as somebody_else:
            somebody_else.execute(update(SeatLimit).values(taken=2).where(SeatLimit.name == CHOIR))

        with pytest.raises(seats.SoldOut):
            seats.check_availability((CHOIR,))
        db.session.expunge(known)
        known = db.session.get_one(SeatLimit, CHOIR)
        with db.engine.begin() as somebody_else:
            somebody_else.execute(update(SeatLimit).values(taken=1).where(SeatLimit.name == CHOIR))

        assert seats.lock_limit(CHOIR).taken == 1
        assert known.taken == 1


def list_locked(action: Callable[[], object]) -> list[str]:
    """List the limits that an action looks at in the database, in that order."""
    found: list[str] = []

    def note(*about: Any) -> None:
        statement, values = about[2:4]
        if statement.startswith("SELECT") and "seat_limit" in statement:
            named = values.values() if isinstance(values, dict) else values
            found.extend(one for one in named if str(one).startswith((CHOIR, "category")))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        with transaction():
            action()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return found


def test_limits_are_locked_in_order_of_their_ids(
    site: Flask,
) -> None:
    create_two_categories(3, 2, 2)
    with transaction():
        seats.hold_seats((CHOIR, FIRST), 1)
    named = (SECOND, CHOIR, FIRST)

    assert list_locked(lambda: seats.lock_limits(named)) == [CHOIR, FIRST, SECOND]
    assert list_locked(lambda: seats.lock_if_set(*named)) == [CHOIR, FIRST, SECOND]
    assert list_locked(lambda: seats.reserve_held((CHOIR, FIRST), make_row())) == [CHOIR, FIRST]


def test_enqueue_needs_an_open_waiting_list_and_no_free_seat(site: Flask) -> None:
    create_two_categories(1, 1, 1)

    def refusals() -> list[str]:
        found = []
        for enqueue in (seats.enqueue, seats.enqueue_for_move):
            with pytest.raises(RuleViolation) as refusal, transaction():
                enqueue(FIRST_CATEGORY, make_row())
            found.append(str(refusal.value))
        return found

    take(FIRST_CATEGORY)
    assert refusals() == ["There is no waiting list"] * 2
    with transaction():
        assert seats.set_waiting_list(CHOIR, is_open=True) is True
        seats.release_seats(FIRST_CATEGORY)
    assert refusals() == ["There are places left"] * 2
    take(FIRST_CATEGORY)
    with transaction():
        seats.enqueue(FIRST_CATEGORY, make_row())

    assert rows() == 3
    assert db.session.get_one(SeatLimit, CHOIR).waiting == 1


def test_hold_for_queue_needs_a_free_seat(site: Flask) -> None:
    set_places(1)
    make_delegate()
    make_waiting_list_entry()

    with pytest.raises(seats.SoldOut), transaction():
        seats.hold_for_queue((CONFERENCE,))

    assert get_seats_and_taken(CONFERENCE) == (1, 1)


def test_opening_a_waiting_list_bumps_the_cache_version_once(site: Flask) -> None:
    create_limit(2)
    before = cache_version.current()

    def open_list(name: str = CHOIR) -> bool:
        with transaction():
            return seats.set_waiting_list(name, is_open=True)

    assert [open_list(), open_list(), open_list("no such limit")] == [True, False, False]
    assert cache_version.current() == before + 1


def test_lowering_a_limit_too_far_reports_the_taken_places(site: Flask) -> None:
    with transaction():
        seats.set_limit(CHOIR, 3, taken=1)
    assert get_seats_and_taken() == (3, 1)

    def lower(seats_left: int) -> str:
        with pytest.raises(RuleViolation) as refusal, transaction():
            seats.set_limit(CHOIR, seats_left)
        return str(refusal.value)

    assert lower(0) == "1 place is taken already, so there cannot be only 0"
    take()
    assert lower(1) == "2 places are taken already, so there cannot be only 1"


def test_a_new_seat_is_reserved_for_the_waiting_list(
    site: Flask,
) -> None:
    set_places(1)
    make_delegate()
    make_waiting_list_entry()
    with transaction():
        seats.set_limit(CONFERENCE, 2)

    with pytest.raises(seats.SoldOut):
        take((CONFERENCE,))

    assert get_seats_and_taken(CONFERENCE) == (2, 1)


def test_the_first_and_last_waiting_person_bump_the_cache_version(
    site: Flask,
) -> None:
    create_limit(1)
    take()
    with transaction():
        seats.set_waiting_list(CHOIR, is_open=True)

    def tells(action: Callable[[], None]) -> bool:
        before = cache_version.current()
        with transaction():
            action()
        return cache_version.current() > before

    assert [tells(lambda: seats.enqueue((CHOIR,), make_row())) for _ in range(3)] == [
        True,
        False,
        False,
    ]
    assert [tells(lambda: seats.leave_queue(CHOIR)) for _ in range(3)] == [False, False, True]


def test_setting_session_seats_bumps_the_cache_version(site: Flask) -> None:
    before = cache_version.current()

    with transaction():
        session_seats.set_session_seats("loom", 4)

    limit = db.session.get_one(SeatLimit, session_seats.session_limit("loom"))
    assert (limit.seats, limit.nominal_seats, limit.taken, limit.held_back) == (4, 4, 0, 0)
    assert cache_version.current() == before + 1


@pytest.mark.parametrize(
    ("taken", "waiting", "wanted", "refusal"),
    [
        (1, 0, 3, "2 seats are free, so 3 cannot be reserved"),
        (1, 1, 2, "1 seat is free, so 2 cannot be reserved"),
        (1, 2, 1, "No seats are free, so 1 cannot be reserved"),
        (3, 1, 1, "No seats are free, so 1 cannot be reserved"),
    ],
)
def test_hold_back_refuses_seats_that_are_taken_or_waited_for(
    site: Flask, taken: int, waiting: int, wanted: int, refusal: str
) -> None:
    limit = SeatLimit(
        name="session loom", seats=3, nominal_seats=3, taken=taken, waiting=waiting, held_back=0
    )

    with pytest.raises(RuleViolation) as refused:
        session_seats.hold_back(limit, wanted)

    assert str(refused.value) == refusal


@pytest.mark.parametrize(
    ("size", "left", "waiting", "told"),
    [
        (500, 101, 0, session_seats.PLACES_LEFT),
        (500, 100, 0, session_seats.LIMITED),  # a fifth
        (10, 6, 0, session_seats.PLACES_LEFT),
        (10, 5, 0, session_seats.LIMITED),
        (10, 0, 0, session_seats.FULL),
        (10, 6, 1, session_seats.FULL),  # they are reserved for the waiting list
    ],
)
def test_the_availability_label_says_when_few_seats_are_left(
    size: int, left: int, waiting: int, told: str
) -> None:
    assert session_seats.get_availability(size, size - left, waiting) == told
