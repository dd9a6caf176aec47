"""Deleting a category while it is being chosen: the second transaction is refused."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app import clock
from app.database import db, transaction
from app.delegates.answer_json import dump_answers
from app.delegates.categories import queries as categories
from app.delegates.categories.models import BY_INTEREST, RegistrationCategory
from app.delegates.models import CONFERENCE, Delegate
from app.registration import category_services, seats
from app.registration.applications import services as applications
from app.registration.bookings import bulk_operations, category_waiting, operations
from app.registration.create_booking import CATEGORY_GONE, lock_category
from app.registration.groups import register_group
from app.registration.groups import services as groups
from app.registration.groups.models import RegistrationGroup
from app.registration.interest import services as interest
from app.registration.invitations import services as invitations
from app.registration.waiting_list import services as waiting_list
from app.registration.waiting_list import terms
from app.registration.waiting_list.models import WaitingListEntry
from tests.factories import (
    make_category,
    make_delegate,
    make_group,
    make_waiting_list_entry,
    set_places,
)
from tests.races import run_while_locked
from tests.registration.test_group_races import make_group_draft

GRACE, MARY = "grace@conference.example", "mary@conference.example"
DAYS = "2009-06-10"
PERSON = {
    "given_names": "Cy",
    "family_name": "Solo",
    "email": "cy@solo.example",
    "days": DAYS,
    "country": "GB",
}


def apply(number: int) -> None:
    applications.apply({**PERSON, "category": str(number)}, "en")


def join(number: int) -> None:
    waiting_list.join({**PERSON, "category": str(number)}, "en")


def express(number: int) -> None:
    interest.express(number, {**PERSON, "category": str(number)}, "en")


def register_group_of_three(number: int) -> None:
    prepared = register_group.prepare(make_group_draft(1, 3, str(number)), "en")
    register_group.register(prepared, is_all_or_none=True)


def add_to_group(number: int) -> None:
    [group] = db.session.scalars(select(RegistrationGroup))
    group.shared = dump_answers({"days": DAYS, "country": "GB", "category": str(number)})
    groups.add_person(
        group, {"given_names": "Eve", "family_name": "Nurse", "email": ""}, ip_address=None
    )


def invite(number: int) -> None:
    options = invitations.InvitationOptions(1, clock.now() + timedelta(days=3), is_held=False)
    category = db.session.get_one(RegistrationCategory, number)
    invitations.create(category, 1, options, actor=MARY)


def invite_with_places(number: int) -> None:
    options = invitations.InvitationOptions(1, clock.now() + timedelta(days=3), is_held=True)
    category = db.session.get_one(RegistrationCategory, number)
    invitations.create(category, 1, options, actor=MARY)


def change_booking(number: int) -> None:
    delegate = db.session.scalars(select(Delegate)).one()
    operations.update(
        delegate, {"category": str(number)}, expected_version=delegate.version, actor=MARY
    )


def move_in_bulk(number: int) -> None:
    db.session.get_one(RegistrationCategory, number)  # as the page has read it
    delegates = db.session.scalars(select(Delegate)).all()
    bulk_operations.move_to_category(delegates, number, actor=MARY)


def wait_for_another_category(number: int) -> None:
    categories.list_options()  # as the page has read them
    category_waiting.join(db.session.scalars(select(Delegate)).one(), number)


def change_wait(number: int) -> None:
    categories.list_options()
    [entry] = db.session.scalars(select(WaitingListEntry))
    terms.change(entry, {"category": str(number), "days": DAYS})


Choice = tuple[Callable[[int], None], dict[str, object]]
CHOICES: dict[str, Choice] = {
    "apply": (apply, {"approvals_needed": 1}),
    "join the waiting list": (join, {"seats": 0}),
    "express interest": (express, {"access": BY_INTEREST}),
    "register a group": (register_group_of_three, {}),
    "add a person to a group": (add_to_group, {}),
    "create a code": (invite, {}),
    "create a code with a place": (invite_with_places, {}),
    "change a booking": (change_booking, {}),
    "move bookings": (move_in_bulk, {}),
    "wait for another category": (wait_for_another_category, {"seats": 0}),
    "change what they wait for": (change_wait, {"seats": 0}),
}


@pytest.fixture
def conference(site: Flask) -> Flask:
    """A conference with places, a waiting list, a delegate and a group."""
    set_places(10)
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    other = make_category(name="Doctor")
    make_delegate(category_id=other.id)
    make_group()
    return site


@pytest.mark.postgresql_only
@pytest.mark.parametrize("what", CHOICES)
def test_choosing_a_category_while_it_is_deleted_is_refused(conference: Flask, what: str) -> None:
    act, values = CHOICES[what]
    if what == "change what they wait for":
        make_waiting_list_entry(document=f'{{"days": "{DAYS}"}}')
    number = make_category(name="Nurse", **values).id  # type: ignore[arg-type]
    db.session.rollback()

    def delete() -> None:
        category_services.delete(db.session.get_one(RegistrationCategory, number), actor=GRACE)
        db.session.flush()

    def choose() -> None:
        with conference.test_request_context("/"):
            act(number)

    ended = run_while_locked(conference, delete, lambda: None, choose)

    assert ended == sorted(["done", CATEGORY_GONE])
    db.session.rollback()
    assert db.session.scalars(select(RegistrationCategory.name)).all() == ["Doctor"]
    assert db.session.scalar(select(func.count(Delegate.id))) == 1


def describe(number: int) -> None:
    db.session.get_one(RegistrationCategory, number).description = "For nurses and midwives"
    db.session.flush()


@pytest.mark.postgresql_only
@pytest.mark.parametrize("act", [lock_category, describe], ids=["chooses it too", "describes it"])
def test_choosing_a_category_does_not_block_other_transactions(
    site: Flask, act: Callable[[int], None]
) -> None:
    number = make_category(name="Nurse").id
    db.session.rollback()

    def act_without_waiting() -> None:
        with site.app_context(), transaction():
            db.session.execute(text("SET LOCAL lock_timeout = '2s'"))
            act(number)

    with transaction(), ThreadPoolExecutor(1) as somebody_else:
        lock_category(number)
        somebody_else.submit(act_without_waiting).result()
