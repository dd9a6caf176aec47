"""People say how they will attend, and each category has places of its own within the whole."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import cache_version, clock
from app.database import db, transaction
from app.delegates.categories.models import BY_CODE
from app.delegates.models import CONFERENCE, Delegate, SeatLimit
from app.registration import conference_settings, integrity_check, seats
from app.registration.bookings import data_export
from app.registration.bookings import services as bookings
from app.registration.waiting_list import offers
from app.registration.waiting_list.models import WaitingListEntry
from tests.browser import Browser, Browsers, Page
from tests.factories import make_category, make_delegate, set_places
from tests.registration_flow import answer_questions
from tests.sent_emails import find_link, get_last_email_to, list_subjects_to

QUESTION = "How will you attend?"
THURSDAY = "2009-06-11"


def begin(visitor: Browser, category: str) -> Page:
    """Choose a category, and answer what comes next until the check of all answers."""
    return answer_questions(visitor, answers={QUESTION: category})


def get_seats_and_taken(name: str) -> tuple[int, int]:
    limit = db.session.get_one(SeatLimit, name, populate_existing=True)
    db.session.commit()
    return limit.seats, limit.taken


def get_delegate() -> Delegate:
    db.session.rollback()
    return db.session.scalars(select(Delegate)).one()


@pytest.mark.both_databases
def test_the_chosen_category_is_shown_on_booking_email_ticket_and_export(
    visitor: Browser,
) -> None:
    said = "Bring your **student card**. See [the venue](/venue)."
    student = make_category(2, name="Student", confirmation_text=said)
    make_category(name="Delegate")

    page = begin(visitor, "Student")

    assert page.heading == "Check your answers"
    assert page.summary_list["Category"] == "Student"
    page = page.press("Confirm registration")
    assert page.heading == "You are registered"
    assert page.text.count("Bring your student card. See the venue.") == 1
    email = get_last_email_to("ada@example.org")
    assert "Category: Student" in email.text
    venue = "https://conference.example/venue"
    assert f"\n\nBring your student card. See the venue ({venue}).\n\n" in email.text
    booking = visitor.open(find_link(email, "/booking/"))
    assert booking.summary_list["Category"] == "Student"
    delegate = get_delegate()
    assert delegate.category_id == student.id
    assert data_export.export_delegate(delegate)["booking"]["category"] == "Student"
    assert get_seats_and_taken(seats.name_category_limit(student.id)) == (2, 1)
    assert get_seats_and_taken(CONFERENCE)[1] == 1


def test_a_single_category_is_assigned_without_asking(visitor: Browser) -> None:
    only = make_category(name="Delegate")

    page = answer_questions(visitor)
    page.press("Confirm registration")

    assert page.summary_list["Category"] == "Delegate"
    assert get_delegate().category_id == only.id


def test_full_closed_and_not_yet_open_categories_cannot_be_chosen(
    visitor: Browser,
) -> None:
    now = clock.now()
    make_category(0, name="Student", description="With a student card.")
    make_category(name="Early", closes_at=now - timedelta(hours=1), description="Until May")
    make_category(name="Late", opens_at=now + timedelta(days=1))
    make_category(name="Delegate")
    make_category(name="Crew", access=BY_CODE)

    page = visitor.open("/register").follow("Start now")

    assert page.heading == QUESTION
    assert "With a student card. All places are taken." in page.text
    assert "Until May. Closed." in page.text
    assert "Opens at" in page.text
    assert "Crew" not in page.text
    page = page.press("Continue", status=422)
    assert page.errors == ["Choose how you will attend"]


@pytest.mark.both_databases
def test_of_two_people_one_gets_the_last_place_of_a_category(
    visitor: Browser, new_browser: Browsers
) -> None:
    make_category(1, name="Student")
    make_category(name="Delegate")
    first = begin(visitor, "Student")
    second = answer_questions(
        new_browser(), name=("Bea", "Late"), email="bea@example.org", answers={QUESTION: "Student"}
    )

    first.press("Confirm registration")
    page = second.press("Confirm registration")

    if page.heading == "Check your answers":  # this process has not seen yet that it is full
        page = page.follow("Change category")
    assert page.heading == QUESTION
    assert "All places are taken." in page.text
    page = page.press("Continue", {QUESTION: "Delegate"})
    assert page.heading == "Check your answers"
    assert page.press("Confirm registration").heading == "You are registered"
    assert list_subjects_to("bea@example.org") != []


def test_a_category_for_some_days_offers_only_those_days(visitor: Browser) -> None:
    make_category(name="Day visitor", days=THURSDAY)
    make_category(name="Delegate")

    page = answer_questions(visitor, until="days", answers={QUESTION: "Day visitor"})

    assert [one for one in page.labels if one.endswith("2009")] == ["Thursday 11 June 2009"]
    page = page.press("Continue", status=422)
    assert page.errors == ["Choose at least one day"]


@pytest.mark.both_databases
def test_a_cancelled_place_returns_to_its_category(site: Flask) -> None:
    student = make_category(1, name="Student")
    delegate = make_delegate(category_id=student.id)
    name = seats.name_category_limit(student.id)
    assert get_seats_and_taken(name) == (1, 1)

    with transaction():
        bookings.cancel(db.session.merge(delegate))

    assert get_seats_and_taken(name) == (1, 0)
    assert get_seats_and_taken(CONFERENCE)[1] == 0


@pytest.mark.both_databases
def test_people_can_join_the_waiting_list_for_a_full_category(visitor: Browser) -> None:
    set_places(1)
    student = make_category(1, name="Student")
    make_category(name="Delegate")
    first = make_delegate(category_id=student.id, email="one@example.org")
    with transaction():
        conference_settings.change_waiting_list(is_open=True, actor="olga@conference.example")
    page = answer_questions(visitor, start="Join the waiting list", answers={QUESTION: "Student"})
    page.press("Join the waiting list")

    with transaction():
        bookings.cancel(db.session.merge(first))
    offer = get_last_email_to("ada@example.org")
    page = visitor.open(find_link(offer, "/waiting-list/")).press("Accept the place")

    assert page.summary_list["Category"] == "Student"
    assert get_seats_and_taken(seats.name_category_limit(student.id)) == (1, 1)
    assert get_seats_and_taken(CONFERENCE) == (1, 1)


@pytest.mark.both_databases
def test_waiting_people_are_skipped_until_their_category_has_a_place(
    site: Flask,
) -> None:
    set_places(2)
    student = make_category(1, name="Student")
    first = make_delegate(category_id=student.id, email="one@example.org")
    second = make_delegate(email="two@example.org")
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
        limit = seats.lock_limit(CONFERENCE)
        for number, category_id in enumerate((student.id, None)):
            limit.waiting += 1
            db.session.add(
                WaitingListEntry(
                    access_key=f"w{number}",
                    name=f"W{number}",
                    email=f"w{number}@example.org",
                    identity_key=f"w{number}",
                    search_text="",
                    language="en",
                    document="{}",
                    joined_at=clock.now(),
                    category_id=category_id,
                )
            )

    with transaction():
        bookings.cancel(db.session.merge(second))
    states = list(db.session.scalars(select(WaitingListEntry.state).order_by(WaitingListEntry.id)))
    assert states == ["waiting", "offered"]
    with transaction():
        bookings.cancel(db.session.merge(first))

    states = list(db.session.scalars(select(WaitingListEntry.state).order_by(WaitingListEntry.id)))
    assert states == ["offered", "offered"]
    assert get_seats_and_taken(seats.name_category_limit(student.id)) == (1, 1)
    with transaction():
        offers.run_due()


def test_the_category_page_shows_immediately_that_a_category_is_full(
    visitor: Browser, site: Flask
) -> None:
    student = make_category(1, name="Student")
    make_category(name="Delegate")
    page = visitor.open("/register").follow("Start now")
    assert "All places are taken." not in page.text

    make_delegate(category_id=student.id)
    cache_version.recheck()

    assert "All places are taken." in visitor.open("/register/category").text


def test_the_integrity_check_finds_a_miscounted_category(site: Flask) -> None:
    student = make_category(3, name="Student")
    make_delegate(category_id=student.id)
    assert [one for one in integrity_check.run_checks() if "places" in one] == []

    with transaction():
        seats.lock_limit(seats.name_category_limit(student.id)).taken = 3

    assert [one for one in integrity_check.run_checks() if "places" in one] == [
        "3 places of the category “Student” are counted as taken, but 1 is."
    ]
