"""What the worker deletes after the conference, while people change what it is about to delete."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

from app.database import db, transaction
from app.delegates.models import Delegate
from app.registration import retention, session_seats
from app.registration.bookings import operations
from app.registration.groups import queries
from app.registration.groups import services as groups
from app.registration.groups.models import GroupMember, RegistrationGroup
from app.registration.session_bookings import release
from tests.browser import Browser
from tests.factories import make_delegate, make_group, set_places, sign_in
from tests.races import run_while_locked
from tests.registration.test_session_booking_races import (
    book,
    make_people,
    make_rooms,
    refuse_on_deadlock,
)
from tests.registration.test_standard_questions import change
from tests.sent_emails import deliver_emails

A_YEAR_LATER = "2010-06-13T12:00:00+01:00"


def run_retention() -> None:
    """Delete what is due, as the worker does."""
    for task in retention.TASKS:
        with transaction():
            task()


def run_retention_at_once() -> None:
    """Delete what is due, but all of it in one transaction."""
    with transaction():
        for task in retention.TASKS:
            task()


def leave_while_details_are_deleted(
    site: Flask, organiser: Browser, frozen_time: Any, purge: Callable[[], None]
) -> tuple[int, list[str]]:
    """Leave a group while answers and details are purged; return both outcomes."""
    change(organiser, "Role", {"When are the answers deleted?": "30 days after the conference"})
    set_places(2)
    delegate = make_delegate(role="Treasurer")
    number, member = delegate.id, make_group(delegate).members[0].id
    frozen_time.move_to(A_YEAR_LATER)

    def leave() -> None:
        own = db.session.get_one(Delegate, number)
        groups.leave(own, db.session.get_one(GroupMember, member))

    return number, run_while_locked(
        site,
        lambda: db.session.get_one(GroupMember, member, with_for_update=True),
        refuse_on_deadlock(leave),
        refuse_on_deadlock(purge),
    )


@pytest.mark.postgresql_only
def test_leaving_a_group_during_retention_does_not_deadlock(
    site: Flask, visitor: Browser, frozen_time: Any
) -> None:
    number, ended = leave_while_details_are_deleted(
        site, sign_in(visitor), frozen_time, run_retention
    )

    assert ended == ["done", "done"]
    db.session.expire_all()
    assert db.session.get_one(Delegate, number).role == ""
    db.session.rollback()


@pytest.mark.postgresql_only
def test_retention_in_one_transaction_would_deadlock_with_leaving_a_group(
    site: Flask, visitor: Browser, frozen_time: Any
) -> None:
    """Control: without the lock order, the test above deadlocks."""
    _, ended = leave_while_details_are_deleted(
        site, sign_in(visitor), frozen_time, run_retention_at_once
    )

    assert ended == ["deadlock", "done"]


def change_seats_while_details_are_deleted(site: Flask, frozen_time: Any) -> tuple[int, list[str]]:
    """Lock a session and then a booking while the worker erases the details."""
    make_rooms(1)
    [number] = [one.id for one in make_people(1)]
    book(number, "knots")
    deliver_emails()
    frozen_time.move_to(A_YEAR_LATER)
    return number, run_while_locked(
        site,
        lambda: session_seats.lock_sessions(["knots"]),
        refuse_on_deadlock(lambda: operations.lock(db.session.get_one(Delegate, number))),
        refuse_on_deadlock(run_retention),
    )


@pytest.mark.postgresql_only
def test_retention_locks_sessions_before_bookings(site: Flask, frozen_time: Any) -> None:
    number, ended = change_seats_while_details_are_deleted(site, frozen_time)

    assert ended == ["done", "done"]
    db.session.expire_all()
    assert db.session.get_one(Delegate, number).is_erased
    db.session.rollback()


@pytest.mark.postgresql_only
def test_retention_that_locks_bookings_first_would_deadlock(
    site: Flask, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the lock order, the test above deadlocks."""
    monkeypatch.setattr(release, "lock_bookings", operations.lock_in_order)

    _, ended = change_seats_while_details_are_deleted(site, frozen_time)

    assert ended == ["deadlock", "done"]


def change_group_while_all_are_deleted(site: Flask, frozen_time: Any) -> list[str]:
    """Lock a group and then its members while the worker deletes all groups."""
    set_places(2)
    group = make_group(make_delegate())
    number, member = group.id, group.members[0].id
    frozen_time.move_to(A_YEAR_LATER)

    def delete_groups() -> None:
        with transaction():
            retention.delete_groups()

    return run_while_locked(
        site,
        lambda: db.session.get_one(RegistrationGroup, number, with_for_update=True),
        refuse_on_deadlock(lambda: db.session.get_one(GroupMember, member, with_for_update=True)),
        refuse_on_deadlock(delete_groups),
    )


@pytest.mark.postgresql_only
def test_retention_locks_groups_before_their_members(site: Flask, frozen_time: Any) -> None:
    assert change_group_while_all_are_deleted(site, frozen_time) == ["done", "done"]


@pytest.mark.postgresql_only
def test_deleting_members_before_groups_would_deadlock(
    site: Flask, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the lock order, the test above deadlocks."""

    def delete_people_first() -> None:
        for model in (GroupMember, RegistrationGroup):
            db.session.execute(delete(model))

    monkeypatch.setattr(queries, "delete_all", delete_people_first)

    assert change_group_while_all_are_deleted(site, frozen_time) == ["deadlock", "done"]
