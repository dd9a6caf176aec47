"""Organisers make categories, set limits and times, and the desk moves people between them."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app import clock
from app.database import db
from app.delegates.categories.models import BY_CODE, RegistrationCategory
from app.delegates.models import Delegate, SeatLimit
from app.history.models import HistoryEntry
from app.registration import seats
from tests.browser import Browser
from tests.factories import (
    make_application,
    make_category,
    make_delegate,
    make_interest,
    make_question,
    make_waiting_list_entry,
    set_places,
)
from tests.sent_emails import get_last_email_to, list_emails_to

LIST = "/organise/categories"
THURSDAY = "Thursday 11 June 2009"


def get_taken(category: RegistrationCategory) -> int | None:
    db.session.rollback()
    limit = db.session.get(SeatLimit, seats.name_category_limit(category.id))
    return limit.taken if limit else None


def list_summaries(subject: str) -> list[str]:
    db.session.rollback()
    found = select(HistoryEntry.summary).where(HistoryEntry.subject == subject)
    return list(db.session.scalars(found.order_by(HistoryEntry.id)))


@pytest.mark.both_databases
def test_an_organiser_can_add_and_change_a_category(organiser: Browser) -> None:
    page = organiser.open(LIST).follow("Add a category")

    page = page.press(
        "Add this category",
        {
            "Name": "Student",
            "Description (optional)": "With a student card",
            "Number of places (optional)": "20",
            "Days (optional)": [THURSDAY],
            "Closes (optional)": "2009-06-01T12:00",
        },
    )
    assert page.heading == "Student"
    assert page.summary_list["Places taken"] == "0 of 20"
    assert page.summary_list["Days"] == THURSDAY
    assert page.summary_list["Closes"] == "midday on Monday 1 June 2009"
    page = page.follow("Change").press("Save", {"Number of places (optional)": "30"})

    assert page.summary_list["Places taken"] == "0 of 30"
    category = db.session.scalars(select(RegistrationCategory)).one()
    assert list_summaries(category.history_subject) == [
        "Student was added to the categories",
        "Student was changed: number of places",
    ]


def test_a_category_limit_below_the_taken_places_is_refused(organiser: Browser) -> None:
    category = make_category(name="Student")
    for number in range(3):
        make_delegate(category_id=category.id, email=f"{number}@example.org")
    form = organiser.open(f"{LIST}/{category.id}/change")

    page = form.press("Save", {"Number of places (optional)": "2"}, status=422)
    assert page.errors == ["3 places are taken already, so there cannot be only 2"]
    page = page.press("Save", {"Number of places (optional)": "3"})

    assert page.summary_list["Places taken"] == "3 of 3 See these delegates"
    assert get_taken(category) == 3
    page = page.follow("Change").press("Save", {"Number of places (optional)": ""})
    assert page.summary_list["Places taken"] == "3, no separate limit See these delegates"
    assert get_taken(category) is None


def test_a_stale_edit_of_a_category_shows_both_versions(organiser: Browser) -> None:
    category = make_category(name="Student")
    first, second = (organiser.open(f"{LIST}/{category.id}/change") for _ in range(2))
    first.press("Save", {"Name": "Students"})

    page = second.press("Save", {"Name": "Young people"}, status=409)

    assert page.rows == [{"": "Name", "Saved now": "Students", "Yours": "Young people"}]
    assert page.press("Save").heading == "Young people"


def test_invalid_category_values_are_reported_beside_their_fields(organiser: Browser) -> None:
    make_category(name="Student")
    page = organiser.open(f"{LIST}/_add").press(
        "Add this category",
        {
            "Name": "",
            "Number of places (optional)": "-1",
            "Opens (optional)": "2009-06-02T12:00",
            "Closes (optional)": "2009-06-01T12:00",
        },
        status=422,
    )
    assert page.errors == [
        "Enter the category’s name",
        "Enter a number from 0 to 1,000,000",
        "Enter a closing time that is after the opening time",
    ]
    form = organiser.open(f"{LIST}/_add")

    page = form.press("Add this category", {"Name": "Student"}, status=422)

    assert page.errors == ["There is already a category with this name"]


def test_categories_can_be_reordered_and_unused_ones_deleted(
    organiser: Browser,
) -> None:
    first, second = make_category(name="Student"), make_category(5, name="Press")
    make_delegate(category_id=first.id)
    name = seats.name_category_limit(second.id)
    page = organiser.open(LIST)
    assert [row["Name"] for row in page.rows] == ["Student", "Press"]

    page = page.press("Move Press up")
    assert [row["Name"] for row in page.rows] == ["Press", "Student"]
    page = page.follow("Press").follow("Delete").press("Delete")

    assert [row["Name"] for row in page.rows] == ["Student"]
    assert db.session.get(SeatLimit, name) is None
    page = organiser.open(f"{LIST}/{first.id}/delete")
    assert "Delete" not in page.buttons
    assert "1 person is in this category. Move or remove them first." in page.text


def test_a_category_in_use_links_to_everyone_who_is_in_it(
    organiser: Browser,
) -> None:
    student = make_category(name="Student")
    make_delegate(category_id=student.id)
    for name in ("Bea", "Chidi"):
        make_waiting_list_entry(category_id=student.id, name=name)
    make_application(category_id=student.id)
    make_interest(category_id=student.id)

    page = organiser.open(f"{LIST}/{student.id}/delete")

    assert "Delete" not in page.buttons
    assert "5 people are in this category. Move or remove them first." in page.text
    people = ("1 delegate", "2 people on the waiting list")
    requests = ("1 application", "1 expression of interest")
    lists = [page.follow(one) for one in (*people, *requests)]
    assert [(one.heading, len(one.rows)) for one in lists] == [
        ("Delegates", 1),
        ("Waiting list", 2),
        ("Applications", 1),
        ("Expressions of interest", 1),
    ]


@pytest.mark.both_databases
def test_the_desk_can_move_delegates_within_the_category_limit(desk: Browser) -> None:
    student, press = make_category(1, name="Student"), make_category(name="Press")
    for number, name in enumerate(("Ada", "Bea")):
        make_delegate(given_names=name, email=f"{number}@example.org", category_id=press.id)
    ticked = {"Select Ada Lovelace": True, "Select Bea Lovelace": True}

    page = desk.open("/organise/delegates?category=" + str(press.id))
    assert [row["Category"] for row in page.rows] == ["Press", "Press"]
    page = page.press("Move to a category", ticked)
    warning = "Answers to questions that are not asked in the new category are deleted."
    assert warning not in page.text
    make_question("Which paper do you write for?", categories=(str(press.id),))
    page = desk.open("/organise/delegates?category=" + str(press.id))
    page = page.press("Move to a category", ticked)
    assert warning in page.text
    page = page.press("Move", {"Category": "Student"}, status=422)
    assert page.errors == ["All places in this category are taken"]
    assert get_taken(student) == 0
    page = desk.open("/organise/delegates").press(
        "Move to a category", {"Select Ada Lovelace": True}
    )
    page.press("Move", {"Category": "Student"})

    assert get_taken(student) == 1
    assert "Category: Student" in get_last_email_to("0@example.org").text
    assert list_emails_to("1@example.org") == []
    page = desk.open(f"/organise/delegates?category={student.id}")
    assert [row["Category"] for row in page.rows] == ["Student"]
    assert "Ada Lovelace" in page.links


def test_moving_delegates_before_the_waiting_list_needs_a_reason(desk: Browser) -> None:
    student, press = make_category(1, name="Student"), make_category(name="Press")
    ada = make_delegate(category_id=press.id)
    set_places(1)
    make_waiting_list_entry(category_id=student.id)
    desk.open("/organise/delegates").press("Move to a category", {"Select Ada Lovelace": True})

    page = desk.press("Move", {"Category": "Student"}, status=422)

    assert page.errors == [
        f"{seats.AWAITED}. Enter a reason if these delegates are to have them first"
    ]
    assert get_taken(student) == 0
    reason = "Reason to move them before people on the waiting list (optional)"
    desk.press("Move", {"Category": "Student", reason: "Promised in May"})
    assert get_taken(student) == 1
    page = desk.open(f"/organise/delegates/{db.session.merge(ada).reference}")
    assert "Moved before those who wait" in page.text
    assert "Promised in May" in page.text


def test_the_desk_can_add_a_delegate_in_a_category_and_change_it(desk: Browser) -> None:
    crew, day = (
        make_category(2, name="Crew", access=BY_CODE),
        make_category(name="Day visitor", days="2009-06-11"),
    )
    values: dict[str, Any] = {
        "Given names": "Ada",
        "Family name": "Lovelace",
        "Email address": "ada@example.org",
        "Country": "United Kingdom",
        "Days": ["Wednesday 10 June 2009"],
        "Category": "Crew",
    }
    page = desk.open("/organise/delegates").follow("Add a delegate").press("Add", values)

    assert page.summary_list["Category"] == "Crew"
    assert get_taken(crew) == 1
    form = page.follow("Change booking")
    page = form.press("Save", {"Category": "Day visitor"}, status=422)
    assert page.errors == ["The category “Day visitor” does not include all of these days"]
    page = page.press("Save", {"Category": "Day visitor", "Days": [THURSDAY]})

    assert page.summary_list["Category"] == "Day visitor"
    assert get_taken(crew) == 0
    delegate = db.session.scalars(select(Delegate)).one()
    assert delegate.category_id == day.id


def test_a_cancelled_booking_is_not_restored_into_a_full_category(desk: Browser) -> None:
    student = make_category(1, name="Student")
    delegate = make_delegate(category_id=student.id)
    page = desk.open(f"/organise/delegates/{delegate.reference}/cancel")
    page.press("Cancel booking")
    make_delegate(category_id=student.id, email="other@example.org")

    page = desk.open(f"/organise/delegates/{delegate.reference}/restore")
    page = page.press("Restore booking", status=422)

    assert page.errors == [
        (
            "All places in this category are taken, so the booking cannot be restored. Cancel "
            "another booking in it first, or ask an organiser to increase the number of places in "
            "the category"
        )
    ]


def test_the_delegates_export_has_their_category(desk: Browser) -> None:
    student = make_category(name="Student")
    make_delegate(category_id=student.id)
    make_delegate(email="other@example.org")

    file = desk.open("/organise/delegates").press("Download as CSV")

    last = [line.rsplit(",", 1)[1] for line in file.source.strip().splitlines()]
    assert last == ['"Category"', '"Student"', '""']


def test_the_list_shows_which_categories_are_not_open(organiser: Browser) -> None:
    now, day = clock.now(), timedelta(days=1)
    make_category(name="Press", opens_at=now - 2 * day, closes_at=now - day)
    make_category(name="Student", opens_at=now + day)
    make_category(name="Speaker", opens_at=now - day, closes_at=now + day)

    rows = {row["Name"]: row["Who can choose it"] for row in organiser.open(LIST).rows}

    assert rows == {
        "Press": "Everyone Closed",
        "Student": "Everyone Not open yet",
        "Speaker": "Everyone",
    }
