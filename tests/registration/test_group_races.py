"""Groups and single people race for the last places: no place is promised twice."""

from collections.abc import Callable, Sequence
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import make_transient_to_detached

from app import clock
from app.database import db, read_only_connection, transaction
from app.delegates.models import Delegate, SeatLimit
from app.delegates.queries import ATTENDING
from app.registration import integrity_check, seats
from app.registration.bookings import erasure
from app.registration.create_booking import create_booking
from app.registration.emails import send_registration_confirmed
from app.registration.groups import queries, register_group
from app.registration.groups import services as groups
from app.registration.groups.draft import GroupDraft
from app.registration.groups.models import LEFT, GroupMember, RegistrationGroup
from tests.factories import make_category, make_delegate, make_group, set_places
from tests.races import run_concurrently, run_while_locked
from tests.registration.test_session_booking_races import refuse_on_deadlock

PLACES, SIZE, GROUPS, SINGLES = 10, 6, 2, 6


def make_group_draft(number: int, size: int = SIZE, category: str = "") -> GroupDraft:
    contact = {"contact_name": f"Mary{number}", "email": f"mary{number}@ward.example"}
    people = [
        {
            "given_names": f"Ann{number}-{one}",
            "family_name": "Nurse",
            "email": f"a{one}@ward.example",
        }
        for one in range(size)
    ]
    shared = {"days": "2009-06-10", "country": "GB"}
    return GroupDraft(contact, {**shared, **({"category": category} if category else {})}, people)


def register(
    site: Flask, number: int, *, is_all_or_none: bool, category: str = "", size: int = SIZE
) -> None:
    """Register a group, as its contact does."""
    with site.test_request_context("/"), transaction():
        prepared = register_group.prepare(make_group_draft(number, size, category), "en")
        register_group.register(prepared, is_all_or_none=is_all_or_none)


def register_alone(site: Flask, number: int, category: str = "") -> None:
    """Register one person."""
    answers = {
        "given_names": f"Cy{number}",
        "family_name": "Solo",
        "email": f"c{number}@solo.example",
        "days": "2009-06-10",
        "country": "GB",
        **({"category": category} if category else {}),
    }
    with site.test_request_context("/"), transaction():
        create_booking(answers, "en", announce=send_registration_confirmed)


def count() -> tuple[int, int]:
    """Count the people with a place, and the groups."""
    people = db.session.scalar(select(func.count(Delegate.id)).where(ATTENDING)) or 0
    groups = db.session.scalar(select(func.count(RegistrationGroup.id))) or 0
    db.session.rollback()
    return people, groups


def group_deeds(
    site: Flask, *, is_all_or_none: bool, category: str = ""
) -> list[Callable[[], None]]:
    return [
        lambda number=one: register(  # type: ignore[misc]
            site, number, is_all_or_none=is_all_or_none, category=category
        )
        for one in range(GROUPS)
    ]


def single_deeds(site: Flask, category: str = "") -> list[Callable[[], None]]:
    return [
        lambda number=one: register_alone(site, number, category)  # type: ignore[misc]
        for one in range(SINGLES)
    ]


@pytest.mark.both_databases
def test_of_two_concurrent_all_or_none_groups_one_gets_the_last_places(site: Flask) -> None:
    set_places(PLACES)

    ended = run_concurrently(site, group_deeds(site, is_all_or_none=True))

    assert ended == [register_group.NOT_ENOUGH, "done"]
    assert count() == (SIZE, 1)
    assert integrity_check.run_checks() == []


@pytest.mark.both_databases
def test_two_concurrent_groups_of_as_many_as_fit_take_every_place_and_no_more(site: Flask) -> None:
    set_places(PLACES)

    run_concurrently(site, group_deeds(site, is_all_or_none=False))

    assert count() == (PLACES, GROUPS)
    assert integrity_check.run_checks() == []


@pytest.mark.both_databases
def test_concurrent_groups_and_individuals_never_oversell_places(site: Flask) -> None:
    category = make_category(PLACES - 2, name="Press")
    make_category(name="Student")
    set_places(PLACES)
    number = str(category.id)

    run_concurrently(
        site,
        [
            *group_deeds(site, is_all_or_none=False, category=number),
            *single_deeds(site),
        ],
    )

    people, _ = count()
    limit = db.session.get_one(SeatLimit, seats.name_category_limit(category.id))
    assert people <= PLACES
    assert limit.taken <= PLACES - 2
    db.session.rollback()
    assert integrity_check.run_checks() == []


@pytest.mark.postgresql_only
def test_without_the_lock_two_groups_take_the_same_places(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the lock, the tests above fail."""
    set_places(SIZE)
    looked = Barrier(GROUPS)

    def only_look(name: str) -> SeatLimit:
        with read_only_connection(db.engine) as connection:
            row = connection.execute(select(SeatLimit).where(SeatLimit.name == name)).mappings()
            found = SeatLimit(**row.one())
        make_transient_to_detached(found)
        return db.session.merge(found, load=False)

    def lock_nothing(names: Sequence[str]) -> Sequence[SeatLimit]:
        limits = [only_look(name) for name in names]
        if not db.session.info.get("looked"):
            db.session.info["looked"] = True
            looked.wait(20)  # both have looked before either writes
        return limits

    monkeypatch.setattr(seats, "lock_limits", lock_nothing)

    ended = run_concurrently(site, group_deeds(site, is_all_or_none=True))

    assert ended == ["done"] * GROUPS
    assert count() == (SIZE * GROUPS, GROUPS), "twice as many as there are places"


def leave_while_erased(site: Flask) -> tuple[int, list[str]]:
    """Leave a group while the details are being erased; return the person and the outcomes.

    Leaving locks the group, then the booking.
    """
    set_places(2)
    delegate = make_delegate(cancelled_at=clock.now())
    group = make_group(delegate)
    number, member = delegate.id, group.members[0].id

    def leave() -> None:
        own = db.session.get_one(Delegate, number)
        groups.leave(own, db.session.get_one(GroupMember, member))

    return number, run_while_locked(
        site,
        lambda: db.session.get_one(GroupMember, member, with_for_update=True),
        refuse_on_deadlock(leave),
        refuse_on_deadlock(lambda: erase(number)),
    )


@pytest.mark.postgresql_only
def test_leaving_a_group_and_being_erased_do_not_deadlock(site: Flask) -> None:
    number, ended = leave_while_erased(site)

    assert ended == ["done", "done"]
    db.session.expire_all()
    assert db.session.get_one(Delegate, number).is_erased
    db.session.rollback()


@pytest.mark.postgresql_only
def test_without_locking_the_group_first_leaving_and_erasing_would_deadlock(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the lock order, the test above deadlocks."""
    monkeypatch.setattr(queries, "lock_of_delegates", lambda _delegates: None)

    _, ended = leave_while_erased(site)

    assert ended == ["deadlock", "done"]


@pytest.mark.postgresql_only
def test_leaving_a_group_after_being_erased_is_refused_with_a_message(site: Flask) -> None:
    set_places(2)
    delegate = make_delegate(cancelled_at=clock.now())
    group = make_group(delegate)
    number, member = delegate.id, group.members[0].id

    def leave() -> None:
        with transaction():
            found = db.session.get_one(GroupMember, member)
            groups.leave(db.session.get_one(Delegate, number), found)

    ended = run_while_locked(
        site,
        lambda: erasure.erase_cancelled(db.session.get_one(Delegate, number), actor="delegate"),
        lambda: None,
        leave,
    )

    assert ended == ["This person no longer belongs to the group", "done"]


@pytest.mark.postgresql_only
def test_erasing_a_contact_and_dissolving_their_group_do_not_deadlock(site: Flask) -> None:
    set_places(2)
    contact = make_delegate(email="mary@ward.example", cancelled_at=clock.now())
    group = make_group(contact)
    number, of_group = contact.id, group.id
    group.members[0].state = LEFT
    db.session.commit()

    ended = run_while_locked(
        site,
        lambda: db.session.get_one(RegistrationGroup, of_group, with_for_update=True),
        lambda: groups.dissolve(db.session.get_one(RegistrationGroup, of_group), actor="delegate"),
        lambda: erase(number),
    )

    assert ended == ["done", "done"]
    assert count() == (0, 0)


def erase(number: int) -> None:
    """Delete the details of a delegate at their request."""
    with transaction():
        erasure.erase_cancelled(db.session.get_one(Delegate, number), actor="delegate")


@pytest.mark.both_databases
def test_of_three_concurrent_groups_of_ten_two_get_the_twenty_places(
    site: Flask,
) -> None:
    set_places(20)
    deeds = [
        lambda number=one: register(site, number, is_all_or_none=True, size=10) for one in range(3)
    ]

    ended = run_concurrently(site, deeds)

    assert ended.count("done") == 2
    assert count() == (20, 2)
    assert integrity_check.run_checks() == []
