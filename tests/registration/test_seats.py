"""Seats are taken by one function, and never more than there are."""

import secrets
from threading import Barrier

import hypothesis
import pytest
from flask import Flask
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import make_transient_to_detached

from app import cache_version, clock
from app.database import db, read_only_connection, transaction, violated_constraint
from app.delegates.models import CONFERENCE, ApplicationDraft, SeatLimit
from app.errors import NotFound, RuleViolation
from app.registration import queries, seats
from tests.factories import set_places
from tests.races import run_concurrently
from tests.registration.races import find_without_lock

pytestmark = pytest.mark.both_databases
CHOIR = "choir"


def make_row() -> ApplicationDraft:
    """Make a row that is not yet saved: any will do, a seat asks nothing of it."""
    now = clock.real_now()
    return ApplicationDraft(secret_hash=secrets.token_hex(8), begun_at=now, changed_at=now)


def rows() -> int:
    """How many rows hold a seat."""
    count = len(db.session.scalars(select(ApplicationDraft)).all())
    db.session.rollback()
    return count


def get_seats_and_taken(name: str = CHOIR) -> tuple[int, int]:
    """Return seats and taken."""
    limit = db.session.get_one(SeatLimit, name, populate_existing=True)
    db.session.commit()
    return limit.seats, limit.taken


def create_limit(size: int) -> None:
    """Begin a new kind of seat."""
    with transaction():
        seats.set_limit(CHOIR, size)


def test_set_default_limit_applies_once_and_bumps_the_cache_version(site: Flask) -> None:
    before = cache_version.current()

    with transaction():
        seats.set_default_limit(CHOIR, 3)
    with transaction():
        seats.set_default_limit(CHOIR, 5)

    assert get_seats_and_taken() == (3, 0)
    assert cache_version.current() == before + 1


def test_a_seat_can_be_reserved_and_released(site: Flask) -> None:
    create_limit(2)

    with transaction():
        seats.reserve((CHOIR,), make_row())
    assert get_seats_and_taken() == (2, 1)

    with transaction():
        seats.release_seats((CHOIR,))
    assert get_seats_and_taken() == (2, 0)


def test_reserving_beyond_the_last_seat_is_refused(site: Flask) -> None:
    create_limit(1)
    with transaction():
        seats.reserve((CHOIR,), make_row())

    with pytest.raises(seats.SoldOut, match="All places are taken"), transaction():
        seats.reserve((CHOIR,), make_row())

    assert get_seats_and_taken() == (1, 1)
    assert rows() == 1


def test_a_failed_reservation_leaves_the_seat_free(site: Flask) -> None:
    create_limit(2)
    row = make_row()
    with transaction():
        seats.reserve((CHOIR,), row)

    with pytest.raises(IntegrityError) as clash, transaction():
        seats.reserve((CHOIR,), ApplicationDraft(**{**vars_of(row), "id": None}))

    assert violated_constraint(clash.value) == "uq_application_draft_secret_hash"
    assert get_seats_and_taken() == (2, 1)


def vars_of(row: ApplicationDraft) -> dict[str, object]:
    """Give what a row holds."""
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def test_a_limit_cannot_be_set_below_the_taken_seats(site: Flask) -> None:
    create_limit(3)
    for _ in range(2):
        with transaction():
            seats.reserve((CHOIR,), make_row())

    with pytest.raises(RuleViolation, match="2 places are taken already"), transaction():
        seats.set_limit(CHOIR, 1)
    with transaction():
        seats.set_limit(CHOIR, 2)

    assert get_seats_and_taken() == (2, 2)


def test_releasing_an_untaken_seat_violates_the_constraint(site: Flask) -> None:
    create_limit(3)

    with pytest.raises(IntegrityError) as clash, transaction():
        seats.release_seats((CHOIR,))

    assert violated_constraint(clash.value) == "ck_seat_limit_never_oversold"


def test_reserving_without_a_limit_is_not_found(site: Flask) -> None:
    with pytest.raises(NotFound), transaction():
        seats.reserve((CHOIR,), make_row())


def test_a_default_limit_does_not_replace_a_set_one(site: Flask) -> None:
    with transaction():
        seats.set_default_limit(CHOIR, 5)
    with transaction():
        seats.set_limit(CHOIR, 7)
    with transaction():
        seats.set_default_limit(CHOIR, 5)

    assert get_seats_and_taken() == (7, 0)


def test_taking_and_releasing_the_last_place_bumps_the_cache_version(site: Flask) -> None:
    set_places(2)
    told = [cache_version.current()]

    def tell() -> bool:
        told.append(cache_version.current())
        return told[-1] > told[-2]

    with transaction():
        seats.reserve((CONFERENCE,), make_row())
    assert not tell()
    with transaction():
        seats.reserve((CONFERENCE,), make_row())
    assert tell()
    assert queries.get_registration_status().state == "full"
    with transaction():
        seats.release_seats((CONFERENCE,))
    assert tell()
    assert queries.get_registration_status().state == "open"


DEEDS = st.lists(
    st.sampled_from(["take", "take", "take", "give back", "more", "fewer"]), max_size=14
)


@hypothesis.settings(
    max_examples=25,
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
    ],
)
@hypothesis.given(size=st.integers(1, 4), deeds=DEEDS)
def test_any_sequence_of_operations_keeps_the_seat_count_right(
    site: Flask, size: int, deeds: list[str]
) -> None:
    set_places(20)
    with transaction():
        db.session.execute(delete(SeatLimit).where(SeatLimit.name == CHOIR))
        seats.set_limit(CHOIR, size)
    limit, taken = size, 0

    for deed in deeds:
        wanted = {
            "take": (limit, taken + 1),
            "give back": (limit, taken - 1),
            "more": (limit + 1, taken),
            "fewer": (limit - 1, taken),
        }[deed]
        if _did(deed, limit):
            limit, taken = wanted
        assert get_seats_and_taken() == (limit, taken)
        assert 0 <= taken <= limit


def _did(deed: str, limit: int) -> bool:
    """Change the choir's seats and return whether it was allowed."""
    try:
        with transaction():
            if deed == "take":
                seats.reserve((CHOIR,), make_row())
            elif deed == "give back":
                seats.release_seats((CHOIR,))
            else:
                seats.set_limit(CHOIR, limit + (1 if deed == "more" else -1))
    except (RuleViolation, IntegrityError):
        return False
    return True


def test_concurrent_reservations_never_exceed_the_limit(site: Flask) -> None:
    create_limit(3)

    ended = run_concurrently(site, [lambda: seats.reserve((CHOIR,), make_row())] * 8)

    assert ended == ["All places are taken"] * 5 + ["done"] * 3
    assert get_seats_and_taken() == (3, 3)
    assert rows() == 3


def test_without_the_lock_concurrent_reservations_would_exceed_the_limit(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it shows that the test above can see the race."""
    create_limit(3)
    monkeypatch.setattr(seats, "find_for_update", find_without_lock(4))

    ended = run_concurrently(site, [lambda: seats.reserve((CHOIR,), make_row())] * 4)

    assert ended == ["done"] * 4
    assert rows() == 4, "one more than there are seats"


FIRST_CATEGORY, SECOND_CATEGORY = (CHOIR, "category 9"), (CHOIR, "category 10")


def create_two_categories(whole: int, first: int, second: int) -> None:
    """Begin two kinds of seat within the choir's."""
    with transaction():
        seats.set_limit(CHOIR, whole)
        seats.set_limit(FIRST_CATEGORY[1], first)
        seats.set_limit(SECOND_CATEGORY[1], second)


def test_a_category_seat_counts_in_both_limits_or_in_none(site: Flask) -> None:
    create_two_categories(3, 1, 5)
    with transaction():
        seats.reserve(FIRST_CATEGORY, make_row())

    with pytest.raises(seats.CategoryFull), transaction():
        seats.reserve(FIRST_CATEGORY, make_row())
    assert get_seats_and_taken() == (3, 1)
    for _ in range(2):
        with transaction():
            seats.reserve(SECOND_CATEGORY, make_row())
    with pytest.raises(seats.SoldOut) as refusal, transaction():
        seats.reserve(SECOND_CATEGORY, make_row())

    assert not isinstance(refusal.value, seats.CategoryFull)
    assert [
        get_seats_and_taken(),
        get_seats_and_taken("category 9"),
        get_seats_and_taken("category 10"),
    ] == [
        (3, 3),
        (1, 1),
        (5, 2),
    ]


def test_moving_a_seat_between_categories_keeps_the_overall_count(site: Flask) -> None:
    create_two_categories(3, 1, 1)
    with transaction():
        seats.reserve(FIRST_CATEGORY, make_row())

    with transaction():
        seats.move(FIRST_CATEGORY, SECOND_CATEGORY)
    assert [
        get_seats_and_taken(),
        get_seats_and_taken("category 9"),
        get_seats_and_taken("category 10"),
    ] == [
        (3, 1),
        (1, 0),
        (1, 1),
    ]
    with transaction():
        seats.reserve(FIRST_CATEGORY, make_row())
    with pytest.raises(seats.CategoryFull, match="All places in this category"), transaction():
        seats.move(FIRST_CATEGORY, SECOND_CATEGORY)

    assert [get_seats_and_taken("category 9"), get_seats_and_taken("category 10")] == [
        (1, 1),
        (1, 1),
    ]


def test_concurrent_reservations_never_exceed_any_category_limit(site: Flask) -> None:
    create_two_categories(5, 3, 8)
    kinds = iter([FIRST_CATEGORY, SECOND_CATEGORY] * 4)

    ended = run_concurrently(site, [lambda: seats.reserve(next(kinds), make_row())] * 8)

    taken = [
        get_seats_and_taken()[1],
        get_seats_and_taken("category 9")[1],
        get_seats_and_taken("category 10")[1],
    ]
    assert ended.count("done") == taken[0] == taken[1] + taken[2] == rows() == 5
    assert taken[1] <= 3


def test_concurrent_moves_in_both_directions_do_not_deadlock(site: Flask) -> None:
    create_two_categories(8, 8, 8)
    for _ in range(4):
        with transaction():
            seats.reserve(FIRST_CATEGORY, make_row())
        with transaction():
            seats.reserve(SECOND_CATEGORY, make_row())
    moves = iter([(FIRST_CATEGORY, SECOND_CATEGORY), (SECOND_CATEGORY, FIRST_CATEGORY)] * 4)

    ended = run_concurrently(site, [lambda: seats.move(*next(moves))] * 8)

    assert ended == ["done"] * 8
    assert [
        get_seats_and_taken(),
        get_seats_and_taken("category 9"),
        get_seats_and_taken("category 10"),
    ] == [
        (8, 8),
        (8, 4),
        (8, 4),
    ]


def test_without_the_lock_a_category_limit_would_be_exceeded(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the category: the whole has seats enough, and only the category is short."""
    create_two_categories(8, 3, 8)
    together = Barrier(4)
    look = seats.find_for_update

    def only_look(name: str) -> SeatLimit | None:
        with read_only_connection(db.engine) as connection:
            limit = connection.execute(select(SeatLimit).where(SeatLimit.name == name)).one()
        if name == CHOIR:
            return SeatLimit(name=name, seats=limit.seats, taken=limit.taken, waiting=0)
        together.wait(20)  # everyone has looked before anyone writes
        found = SeatLimit(name=name, seats=limit.seats, taken=limit.taken)
        make_transient_to_detached(found)
        db.session.add(found)
        return found

    monkeypatch.setattr(seats, "find_for_update", only_look)
    ended = run_concurrently(site, [lambda: seats.reserve(FIRST_CATEGORY, make_row())] * 4)
    monkeypatch.setattr(seats, "find_for_update", look)

    assert ended == ["done"] * 4
    assert rows() == 4, "one more than the category has"
