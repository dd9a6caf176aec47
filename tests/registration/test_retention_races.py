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
from tests.races import cross
from tests.registration.test_session_booking_races import (
    book,
    make_people,
    make_rooms,
    naming_deadlocks,
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
    """Let somebody leave a group while answers and details are deleted; return how both ended."""
    change(organiser, "Role", {"When are the answers deleted?": "30 days after the conference"})
    set_places(2)
    delegate = make_delegate(role="Treasurer")
    number, member = delegate.id, make_group(delegate).members[0].id
    frozen_time.move_to(A_YEAR_LATER)

    def leave() -> None:
        own = db.session.get_one(Delegate, number)
        groups.leave(own, db.session.get_one(GroupMember, member))

    return number, cross(
        site,
        lambda: db.session.get_one(GroupMember, member, with_for_update=True),
        naming_deadlocks(leave),
        naming_deadlocks(purge),
    )


@pytest.mark.postgresql_only
def test_whoever_leaves_a_group_while_details_are_deleted_is_not_in_the_way(
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
def test_in_one_transaction_the_worker_would_have_the_booking_before_the_group(
    site: Flask, visitor: Browser, frozen_time: Any
) -> None:
    """The control: it shows that the story above can see the deadlock."""
    _, ended = leave_while_details_are_deleted(
        site, sign_in(visitor), frozen_time, run_retention_at_once
    )

    assert ended == ["deadlock", "done"]


def change_seats_while_details_are_deleted(site: Flask, frozen_time: Any) -> tuple[int, list[str]]:
    """Let somebody lock a session and then a booking while the worker deletes the details."""
    make_rooms(1)
    [number] = [one.id for one in make_people(1)]
    book(number, "knots")
    deliver_emails()
    frozen_time.move_to(A_YEAR_LATER)
    return number, cross(
        site,
        lambda: session_seats.lock_sessions(["knots"]),
        naming_deadlocks(lambda: operations.lock(db.session.get_one(Delegate, number))),
        naming_deadlocks(run_retention),
    )


@pytest.mark.postgresql_only
def test_details_are_deleted_after_the_sessions_of_their_seats_are_locked(
    site: Flask, frozen_time: Any
) -> None:
    number, ended = change_seats_while_details_are_deleted(site, frozen_time)

    assert ended == ["done", "done"]
    db.session.expire_all()
    assert db.session.get_one(Delegate, number).is_erased
    db.session.rollback()


@pytest.mark.postgresql_only
def test_if_their_bookings_were_locked_first_they_would_wait_for_each_other(
    site: Flask, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it shows that the story above can see the deadlock."""
    monkeypatch.setattr(release, "lock_bookings", operations.lock_in_order)

    _, ended = change_seats_while_details_are_deleted(site, frozen_time)

    assert ended == ["deadlock", "done"]


def change_group_while_all_are_deleted(site: Flask, frozen_time: Any) -> list[str]:
    """Let somebody lock a group and then its people while the worker deletes all groups."""
    set_places(2)
    group = make_group(make_delegate())
    number, member = group.id, group.members[0].id
    frozen_time.move_to(A_YEAR_LATER)

    def delete_groups() -> None:
        with transaction():
            retention.delete_groups()

    return cross(
        site,
        lambda: db.session.get_one(RegistrationGroup, number, with_for_update=True),
        naming_deadlocks(lambda: db.session.get_one(GroupMember, member, with_for_update=True)),
        naming_deadlocks(delete_groups),
    )


@pytest.mark.postgresql_only
def test_all_groups_are_locked_before_their_people(site: Flask, frozen_time: Any) -> None:
    assert change_group_while_all_are_deleted(site, frozen_time) == ["done", "done"]


@pytest.mark.postgresql_only
def test_people_who_are_deleted_before_their_groups_would_be_in_the_way(
    site: Flask, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it shows that the story above can see the deadlock."""

    def delete_people_first() -> None:
        for model in (GroupMember, RegistrationGroup):
            db.session.execute(delete(model))

    monkeypatch.setattr(queries, "delete_all", delete_people_first)

    assert change_group_while_all_are_deleted(site, frozen_time) == ["deadlock", "done"]
