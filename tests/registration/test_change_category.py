"""A delegate changes their category on the page of the booking, within its places and days."""

from functools import partial

import pytest
from flask import Flask

from app.database import db, transaction
from app.delegates.categories.models import BY_CODE
from app.delegates.categories.queries import CATEGORY
from app.delegates.models import CONFERENCE, Delegate
from app.registration import links, seats
from app.registration.bookings import services
from tests.browser import Browser, Page
from tests.factories import make_category, make_delegate, make_waiting_list_entry, set_places
from tests.lookups import list_count_errors
from tests.races import run_concurrently
from tests.registration.test_categories import QUESTION, get_seats_and_taken
from tests.sent_emails import get_last_email_to

THURSDAY = "2009-06-11"


def open_booking(visitor: Browser, delegate: Delegate) -> Page:
    return visitor.open(f"/booking/{links.booking_token(delegate)}")


@pytest.mark.both_databases
def test_changing_the_category_moves_the_place_and_is_emailed(visitor: Browser) -> None:
    student, full = make_category(2, name="Student"), make_category(3, name="Delegate")
    delegate = make_delegate(category=full, category_id=full.id, email="ada@example.org")
    page = open_booking(visitor, delegate).follow("Change category")
    assert page.heading == QUESTION

    page = page.press("Save", {QUESTION: "Student"})

    assert page.summary_list["Category"] == "Student"
    assert get_seats_and_taken(seats.name_category_limit(student.id)) == (2, 1)
    assert get_seats_and_taken(seats.name_category_limit(full.id)) == (3, 0)
    assert get_seats_and_taken(CONFERENCE)[1] == 1
    email = get_last_email_to("ada@example.org")
    assert "Category" in email.text
    assert "Student" in email.text
    assert list_count_errors() == []


def test_a_full_category_and_one_by_code_cannot_be_chosen(visitor: Browser) -> None:
    own, full = make_category(name="Delegate"), make_category(1, name="Student")
    make_category(name="Press", access=BY_CODE)
    make_category(name="Day visitor")
    make_delegate(category=full, category_id=full.id, email="early@example.org")
    delegate = make_delegate(category=own, category_id=own.id)

    page = open_booking(visitor, delegate).follow("Change category")

    assert "Press" not in page.text
    assert "Student All places are taken." in page.text
    page = page.press("Save", {QUESTION: "Day visitor"})
    assert page.summary_list["Category"] == "Day visitor"


def test_a_category_that_has_just_become_full_is_refused(visitor: Browser) -> None:
    own, student = make_category(name="Delegate"), make_category(1, name="Student")
    delegate = make_delegate(category=own, category_id=own.id)
    page = open_booking(visitor, delegate).follow("Change category")
    make_delegate(category=student, category_id=student.id, email="early@example.org")

    page = page.press("Save", {QUESTION: "Student"}, status=422)

    assert page.errors == ["“Student” is not available now. Choose another category"]


def test_a_category_for_other_days_is_refused_with_the_reason(visitor: Browser) -> None:
    own, other = make_category(name="Delegate"), make_category(name="Visitor", days=THURSDAY)
    delegate = make_delegate(category=own, category_id=own.id, days="2009-06-10")
    page = open_booking(visitor, delegate).follow("Change category")

    page = page.press("Save", {QUESTION: "Visitor"}, status=422)

    assert page.errors == ["The category “Visitor” does not include all of these days"]
    db.session.refresh(delegate)
    assert delegate.category_id == own.id
    assert other.id != own.id


def test_without_another_category_no_change_is_offered(visitor: Browser) -> None:
    own = make_category(name="Delegate")
    delegate = make_delegate(category=own, category_id=own.id)

    page = open_booking(visitor, delegate)

    assert "Change category" not in page.links
    page = visitor.open(f"/booking/{links.booking_token(delegate)}/category")
    assert page.heading != QUESTION


@pytest.mark.both_databases
def test_of_many_concurrent_changes_one_gets_the_last_place_of_a_category(
    site: Flask,
) -> None:
    own, last = make_category(8, name="Delegate"), make_category(1, name="Student")
    made = [
        make_delegate(category=own, category_id=own.id, email=f"p{number}@example.org")
        for number in range(6)
    ]
    people, number, names = [one.id for one in made], last.id, (own.id, last.id)
    db.session.commit()

    def change(person: int) -> None:
        with transaction():
            delegate = db.session.get_one(Delegate, person)
            services.update(delegate, {CATEGORY: str(number)}, delegate.version)

    ended = run_concurrently(site, [partial(change, one) for one in people])

    assert ended == ["All places in this category are taken"] * 5 + ["done"]
    assert get_seats_and_taken(seats.name_category_limit(names[0])) == (8, 5)
    assert get_seats_and_taken(seats.name_category_limit(names[1])) == (1, 1)
    assert list_count_errors() == []


@pytest.mark.both_databases
@pytest.mark.parametrize("has_rule", [True, False])
def test_free_places_are_reserved_for_the_waiting_list_when_categories_change(
    site: Flask, monkeypatch: pytest.MonkeyPatch, has_rule: bool
) -> None:
    own, wanted = make_category(8, name="Delegate"), make_category(2, name="Student")
    made = [
        make_delegate(category=own, category_id=own.id, email=f"p{number}@example.org")
        for number in range(4)
    ]
    set_places(4)  # so who waits for the category cannot have its places yet
    make_waiting_list_entry(category_id=wanted.id)
    people, number = [one.id for one in made], wanted.id
    db.session.commit()
    if not has_rule:
        monkeypatch.setattr(seats, "_refuse_awaited", lambda *_: None)

    def change(person: int) -> None:
        with transaction():
            delegate = db.session.get_one(Delegate, person)
            services.update(delegate, {CATEGORY: str(number)}, delegate.version)

    ended = run_concurrently(site, [partial(change, one) for one in people])

    won = 1 if has_rule else 2
    refusal = seats.AWAITED if has_rule else "All places in this category are taken"
    assert sorted(ended) == sorted([refusal] * (4 - won) + ["done"] * won)
    assert get_seats_and_taken(seats.name_category_limit(number)) == (2, won)
    assert list_count_errors() == []
