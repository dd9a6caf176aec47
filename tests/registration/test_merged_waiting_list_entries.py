"""Two bookings of one person wait in lists: the one that stays keeps what they waited for."""

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.database import db, transaction
from app.delegates.models import Delegate
from app.registration import integrity_check, seats
from app.registration.bookings import category_waiting
from app.registration.waiting_list import entry_history, queries
from app.registration.waiting_list.models import WaitingListEntry
from app.registration.waiting_list.positions import get_position
from tests.browser import Browser, Page
from tests.factories import FIRST_MORNING, make_category, make_delegate, set_places, sign_in
from tests.registration.test_category_waiting_list import open_list
from tests.registration.test_session_waiting_list import (
    book,
    counts,
    join,
    make_bookable,
    release_seat,
)
from tests.registration.test_waiting_list import cancel
from tests.sent_emails import get_last_email_to, list_subjects_to

KEEP = "Which booking do you want to keep?"
MOMENT = "9:30am on Tuesday 12 May 2009"
ADA = "ada@example.org"
BOTH_DAYS = "Wednesday 10 June 2009, Thursday 11 June 2009"


@pytest.fixture(autouse=True)
def _check_counts(site: Flask) -> Iterator[None]:
    yield
    db.session.rollback()
    assert [one for one in integrity_check.run_checks() if "email" not in one] == []


def make_pair() -> tuple[Delegate, Delegate, Delegate]:
    """Let Eve have the only seat in Knots, and Ada two bookings."""
    make_bookable("knots", 1)
    eve = make_delegate(email="eve@example.org", given_names="Eve", family_name="Early")
    book(eve, "knots")
    return eve, make_delegate(), make_delegate(email="ADA@example.org", given_names="Augusta")


def open_merge(visitor: Browser) -> Page:
    sign_in(visitor)
    page = visitor.open("/organise/delegates/_duplicates")
    return page.follow("Ada Lovelace and Augusta Lovelace")


def merge(page: Page, kept: Delegate, **answers: str) -> Page:
    return page.press("Merge bookings", {KEEP: f"{kept.reference}, registered {MOMENT}", **answers})


def waits_of(delegate: Delegate) -> dict[str, tuple[str, int]]:
    """Return the state and the position of what a booking waits for, by its title."""
    db.session.rollback()
    found = select(WaitingListEntry).where(
        WaitingListEntry.delegate_id == delegate.id, WaitingListEntry.ended_at.is_(None)
    )
    return {one.title: (one.state, get_position(one)) for one in db.session.scalars(found)}


def wait_for(delegate: Delegate, name: str, days: str = "") -> None:
    """Put a person on the waiting list of a full category, perhaps only for some days."""
    category = make_category(0, name=name, days=days)
    with transaction():
        category_waiting.join(db.session.merge(delegate), category.id)


@pytest.mark.both_databases
def test_merging_bookings_moves_waiting_list_entries_to_the_kept_one(
    site: Flask, visitor: Browser
) -> None:
    set_places(10)
    open_list()
    eve, first, second = make_pair()
    join(second)
    join(make_delegate(email="bea@example.org", given_names="Bea", family_name="Waite"))
    wait_for(second, "Press")
    page = open_merge(visitor)
    assert "Waiting for: the category “Press”, Knots" in page.text

    page = merge(page, first)

    assert waits_of(first) == {"Knots": ("waiting", 1), "": ("waiting", 1)}
    assert waits_of(second) == {}
    moved = "Waiting lists moved: the category “Press”, Knots"
    assert f"Booking {second.reference} was merged into this one. {moved}" in page.text
    assert (
        "Waiting lists moved to it: the category “Press”, Knots"
        in get_last_email_to("ADA@example.org").text
    )
    release_seat(eve)
    assert waits_of(first)["Knots"] == ("offered", 0)
    assert get_last_email_to(ADA).subject.startswith("Accept your seat by ")
    entry = queries.find_open_of_delegate(first.id, "session knots")
    assert entry
    with site.test_request_context():
        labels = [one.label for one in entry_history.list_steps(entry)]
    assert labels[1] == "The organisers merged your two bookings, and you kept your position"


@pytest.mark.parametrize("is_first_kept", [True, False])
def test_merging_bookings_keeps_the_earlier_waiting_list_position(
    visitor: Browser, *, is_first_kept: bool
) -> None:
    _, first, second = make_pair()
    kept, other = (first, second) if is_first_kept else (second, first)
    join(second)
    bea = make_delegate(email="bea@example.org", given_names="Bea", family_name="Waite")
    join(bea)
    join(first)

    merge(open_merge(visitor), kept)

    assert waits_of(kept) == {"Knots": ("waiting", 1)}
    assert waits_of(bea) == {"Knots": ("waiting", 2)}
    assert waits_of(other) == {}
    assert counts() == (1, 1, 2)


@pytest.mark.both_databases
@pytest.mark.parametrize("both_wait", [True, False])
def test_merging_bookings_keeps_an_open_seat_offer(visitor: Browser, *, both_wait: bool) -> None:
    eve, first, second = make_pair()
    join(second)
    if both_wait:
        join(first)
    release_seat(eve)

    merge(open_merge(visitor), first, **{"Given names": "Ada"})

    assert waits_of(first) == {"Knots": ("offered", 0)}
    assert counts() == (1, 1, 0)
    assert get_last_email_to(ADA).subject.startswith("Accept your seat by ")


def test_merging_bookings_does_not_resend_an_expired_offer(
    visitor: Browser, frozen_time: time_machine.Traveller
) -> None:
    eve, first, second = make_pair()
    join(second)
    release_seat(eve)
    frozen_time.move_to("2009-05-13T09:31:00+01:00")  # the worker has not come yet
    told = len(list_subjects_to(ADA))

    merge(open_merge(visitor), first)

    assert waits_of(first) == {"Knots": ("offered", 0)}
    assert [one for one in list_subjects_to(ADA)[told:] if one.startswith("A seat for you")] == []


def test_merging_bookings_keeps_a_category_offer_and_can_skip_the_email(
    visitor: Browser,
) -> None:
    set_places(10)
    open_list()
    _, first, second = make_pair()
    student = make_category(1, name="Student")
    early = make_delegate(email="s@example.org", family_name="S", category_id=student.id)
    with transaction():
        category_waiting.join(db.session.merge(second), student.id)
    cancel(early)
    told = len(list_subjects_to(ADA))

    merge(open_merge(visitor), first, **{"Email the person?": "No"})

    assert waits_of(first) == {"": ("offered", 0)}
    assert len(list_subjects_to(ADA)) == told
    assert seats.lock_limit(seats.name_category_limit(student.id)).taken == 1


def test_waiting_lists_left_by_merging_are_listed_in_history_and_email(visitor: Browser) -> None:
    set_places(10)
    open_list()
    _, first, second = make_pair()
    make_bookable("nets", 1, starts_at=FIRST_MORNING.replace(day=11))
    book(make_delegate(email="bo@example.org", family_name="Bo"), "nets")
    join(second, "nets")
    with transaction():
        db.session.merge(first).days = "2009-06-10"
    wait_for(first, "Press")
    wait_for(second, "Crew")

    page = merge(open_merge(visitor), first, Days="Wednesday 10 June 2009")

    assert waits_of(first) == {"": ("waiting", 1)}
    lost = "the category “Crew”, Nets"
    assert f"was merged into this one. Waiting lists left: {lost}" in page.text
    assert f"You are no longer waiting for: {lost}" in get_last_email_to("ADA@example.org").text


def test_merging_bookings_drops_a_wait_for_a_seat_already_booked(
    visitor: Browser,
) -> None:
    eve, first, second = make_pair()
    release_seat(eve)
    book(first, "knots")
    join(second)

    page = merge(open_merge(visitor), first)

    assert "was merged into this one" in page.text
    assert "Waiting lists" not in page.text
    assert waits_of(first) == waits_of(second) == {}
    assert counts() == (1, 1, 0)


def test_merging_bookings_drops_a_wait_for_a_category_without_their_days(visitor: Browser) -> None:
    set_places(10)
    open_list()
    _, first, second = make_pair()
    with transaction():
        db.session.merge(second).days = "2009-06-10"
    wait_for(second, "Press", "2009-06-10")

    page = merge(open_merge(visitor), first, Days=BOTH_DAYS)

    assert waits_of(first) == waits_of(second) == {}
    assert "Waiting lists left: the category “Press”" in page.text
