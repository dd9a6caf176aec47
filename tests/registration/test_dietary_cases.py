"""Dietary requirements are arranged, answered and counted for each meal."""

import csv
import io
from datetime import timedelta
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import select, text

from app.database import db, transaction
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import Delegate
from app.delegates.requirement_models import RequirementCase
from app.registration.bookings import data_export
from app.registration.requirement_cases import queries
from config import ROOT
from tests.browser import Browser, Page
from tests.factories import (
    FIRST_MORNING,
    make_category,
    make_delegate,
    make_room,
    make_session,
    publish_programme,
    sign_in,
)
from tests.lookups import booking_url
from tests.registration.test_access_cases import (
    ANSWER,
    DORA,
    EMAIL_DELEGATE,
    GRACE,
    OWNER,
    STATE,
    SUBJECT,
    open_case,
    run_periodic,
)
from tests.registration.test_encryption import read_stored
from tests.registration.test_session_bookings import book, make_bookable
from tests.registration_flow import ACCESS, CONSENT, DIET, DIET_WORDS, answer_questions
from tests.sent_emails import find_link, get_last_email_to

CATERER = "/organise/delegates/_requirements/dietary"
LUNCH = "Lunch, 10 June 2009, 9:30am"
HALAL = "Halal (Grace Hopper)"


def register_grace(visitor: Browser) -> Delegate:
    """Register a person with large print, halal food and a text as requirements."""
    page = answer_questions(visitor, until="access-needs", name=("Grace", "Hopper"), email=GRACE)
    page = page.press("Continue", {ACCESS: ["Large print"], CONSENT: True})
    page = page.press("Continue", {DIET: ["Halal"], DIET_WORDS: "No celery", CONSENT: True})
    page.press("Confirm registration")
    return db.session.query(Delegate).one()


def open_dietary(desk: Browser) -> Page:
    page = desk.open("/organise/dietary")
    button = "Show dietary requirements"
    return page.press(button) if button in page.buttons else page


def names(page: Page) -> list[str]:
    return [row["Requirement"].partition(" (")[0] for row in page.rows]


def counts(page: Page, requirement: str) -> list[str]:
    (row,) = (list(row.values()) for row in page.rows if row["Requirement"] == requirement)
    return row[1:]


@pytest.mark.both_databases
def test_a_dietary_requirement_case_is_arranged_answered_and_replied_to(
    visitor: Browser, new_browser: Any
) -> None:
    register_grace(visitor)
    desk = sign_in(new_browser(), DORA)
    assert "2 dietary requirements to arrange" in desk.open("/organise").links

    page = open_dietary(desk).follow(HALAL)
    assert page.heading == "Halal: Grace Hopper"
    assert page.summary_list["In their own words"] == "No celery"
    answer = "The meat is halal on both days."
    page.press("Save", {STATE: "Arranged", OWNER: DORA, ANSWER: answer, EMAIL_DELEGATE: True})

    email = get_last_email_to(GRACE)
    assert email.subject.startswith(SUBJECT)
    assert [word for word in ("halal", "diet", "meat") if word in email.text.lower()] == []
    own = visitor.open(find_link(email, "/booking/"))
    assert f"Halal Arranged Our answer: {answer}" in own.text
    page = own.follow("Reply: Halal (Dietary requirements)")
    assert page.heading == "Reply about your dietary requirements: Halal"
    page = page.press("Send reply", {"Your reply": "And the gravy?"})
    assert "Your dietary requirements" in page.headings
    assert "Your reply: And the gravy?" in page.text

    page = desk.open("/organise").follow("1 reply about a dietary requirement")
    assert names(page) == ["Halal"]
    assert "Their replies And the gravy?" in page.follow(HALAL).text
    stored = read_stored("requirement_case", "history_entry", "history_personal_details")
    assert [word for word in ("halal", "celery", "the gravy") if word in stored] == []


def test_each_type_of_requirement_has_its_own_list(visitor: Browser, new_browser: Any) -> None:
    delegate = register_grace(visitor)
    desk = sign_in(new_browser(), DORA)
    key = queries.map_of_delegate(delegate)["dietary"][0].row.key

    assert names(open_dietary(desk)) == ["Halal", "In their own words"]
    page = desk.open("/organise/access")  # which they have not pressed for
    assert page.buttons.count("Show access requirements") == 1
    assert names(page.press("Show access requirements")) == ["Large print"]
    desk.open(f"/organise/access/{key}", 404)
    visitor.open(booking_url(delegate, f"/access/{key}"), 404)


def test_replies_on_access_and_dietary_requirements_stay_separate(
    visitor: Browser,
) -> None:
    delegate = make_delegate(access="A ramp", dietary="No nuts")
    number, address = delegate.id, booking_url(delegate)
    run_periodic()

    words = "What you wrote in your own words"
    page = visitor.open(address).follow(f"Reply: {words} (Access requirements)")
    assert page.heading == f"Reply about your access requirements: {words}"
    page.press("Send reply", {"Your reply": "And a rail"})
    page = visitor.open(address).follow(f"Reply: {words} (Dietary requirements)")
    assert page.heading == f"Reply about your dietary requirements: {words}"
    page.press("Send reply", {"Your reply": "And no seeds"})

    db.session.rollback()
    cases = queries.map_of_delegate(db.session.get_one(Delegate, number))
    assert {name: [one.reply for one in of] for name, of in cases.items()} == {
        "access": ["And a rail"],
        "dietary": ["And no seeds"],
    }


@pytest.mark.both_databases
def test_requirement_cases_follow_the_answers_of_their_own_type(
    visitor: Browser, new_browser: Any
) -> None:
    delegate = register_grace(visitor)
    open_case(sign_in(new_browser(), DORA), "Large print (Grace Hopper)").press(
        "Save", {STATE: "Arranged"}
    )

    page = visitor.open(booking_url(delegate, "/dietary-needs"))
    page = page.press("Save", {DIET: ["Vegan", "Something else"], DIET_WORDS: "No nuts"})

    assert "Vegan Received" in page.text
    assert "Halal" not in page.text
    assert "Large print Arranged" in page.text
    page = visitor.open(booking_url(delegate, "/dietary-needs"))
    page = page.press("Save", {DIET: [], DIET_WORDS: ""})
    assert "Your dietary requirements" not in page.headings
    assert [one.type for one in db.session.query(RequirementCase)] == ["access"]


@pytest.mark.both_databases
def test_the_worker_creates_missing_dietary_cases_of_existing_bookings(site: Flask) -> None:
    both = make_delegate(access="A ramp", dietary="No nuts")
    diner = make_delegate(email="other@example.org", dietary="Vegan")
    run_periodic()
    with transaction():  # as before there were cases of dietary requirements
        db.session.query(RequirementCase).filter_by(type="dietary").delete()

    run_periodic()
    run_periodic()

    made = [(one.delegate_id, one.type) for one in db.session.query(RequirementCase)]
    assert sorted(made) == sorted(
        [(both.id, "access"), (both.id, "dietary"), (diner.id, "dietary")]
    )


def test_the_data_export_lists_requirement_cases_by_type(visitor: Browser) -> None:
    exported = data_export.export_delegate(register_grace(visitor))

    assert [one["requirement"] for one in exported["access_requirements"]] == ["Large print"]
    assert [one["requirement"] for one in exported["dietary_requirements"]] == [
        "Halal",
        "What you wrote in your own words",
    ]


@pytest.mark.both_databases
def test_requirement_cases_survive_migrating_down_and_up(site: Flask) -> None:
    migrations = str(ROOT / "migrations")
    number = make_delegate(access="A ramp", dietary="No nuts").id
    run_periodic()
    db.session.query(RequirementCase).filter_by(type="access").one().state = "arranged"
    db.session.commit()
    db.session.remove()

    flask_migrate.downgrade(directory=migrations, revision="0076")
    with db.engine.connect() as connection:
        below = connection.execute(text("SELECT state FROM access_case")).all()
    flask_migrate.upgrade(directory=migrations)
    run_periodic()

    assert [*map(tuple, below)] == [("arranged",)]
    cases = queries.map_of_delegate(db.session.get_one(Delegate, number))
    assert {name: [(one.kind, one.row.state) for one in of] for name, of in cases.items()} == {
        "access": [("words", "arranged")],
        "dietary": [("words", "open")],
    }


def test_the_privacy_page_says_what_is_stored_about_requirements(visitor: Browser) -> None:
    rows = [row for row in visitor.open("/privacy").rows if "Information" in row]

    told = [row for row in rows if "has been arranged" in row["Information"]]

    assert [list(row.values()) for row in told] == [
        [
            (
                "Your access and dietary requirements, and when you agreed to let us keep them; "
                "whether each requirement has been arranged, our answer and your replies"
            ),
            "To arrange access and meals",
            "30 days after the conference, or until you remove them",
        ]
    ]


# For the caterer


@pytest.mark.both_databases
def test_the_caterer_page_has_dietary_counts_for_each_meal(
    visitor: Browser, new_browser: Any
) -> None:
    grace = register_grace(visitor)  # on Wednesday
    ada = make_delegate(dietary="Only cooked fish")
    make_delegate(email="other@example.org", days="2009-06-11")
    tomorrow: dict[str, Any] = {"starts_at": FIRST_MORNING + timedelta(days=1)}
    make_session(title="Lunch", kind="Lunch", serves_food=True)
    make_session(title="Breakfast", kind="break", serves_food=True, **tomorrow)
    make_session(title="Talk")
    evening: dict[str, Any] = {"starts_at": FIRST_MORNING + timedelta(hours=9)}
    evening["ends_at"] = evening["starts_at"] + timedelta(hours=2)
    make_bookable("Dinner", room=make_room(name="Hall"), serves_food=True, **evening)
    book(ada, "dinner")
    desk = sign_in(new_browser(), DORA)

    page = open_dietary(desk).follow("What the caterer needs to know").press("Show requirements")

    meals = [LUNCH, "Dinner, 10 June 2009, 6:30pm", "Breakfast, 11 June 2009, 9:30am"]
    assert [*page.rows[0]] == ["Requirement", *meals]
    assert counts(page, "All delegates") == ["2", "1", "2"]
    assert counts(page, "Halal") == ["1", "0", "0"]
    assert counts(page, "No celery") == ["Yes", "No", "No"]
    assert counts(page, "Only cooked fish") == ["Yes", "Yes", "Yes"]
    assert [one for one in ("Grace", "Hopper", "Lovelace") if one in page.text] == []
    with transaction():
        db.session.merge(grace).days = "2009-06-11"
    page = desk.open(CATERER).press("Download as CSV")
    rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(page.source.lstrip("\ufeff")))}
    assert rows["Halal"] == ["0", "0", "1"]


@pytest.mark.both_databases
def test_remote_delegates_are_counted_only_for_meals_they_have_booked(visitor: Browser) -> None:
    organiser = sign_in(visitor)
    page = organiser.open("/organise/categories/_add")
    page = page.press("Add this category", {"Name": "Remote", "Delegates attend in person": False})
    assert page.summary_list["Attends"] == "Remotely"
    number = db.session.scalars(select(RegistrationCategory.id)).one()
    remote = make_delegate(dietary="Only cooked fish", category_id=number)
    make_delegate(email="other@example.org", dietary="No nuts")
    make_session(title="Lunch", serves_food=True)
    evening: dict[str, Any] = {"starts_at": FIRST_MORNING + timedelta(hours=9)}
    evening["ends_at"] = evening["starts_at"] + timedelta(hours=2)
    make_bookable("Dinner", room=make_room(name="Hall"), serves_food=True, **evening)

    page = organiser.open(CATERER).press("Show requirements")

    assert counts(page, "All delegates") == ["1", "0"]
    assert [*counts(page, "No nuts")] == ["Yes", "No"]
    assert "Only cooked fish" not in page.text
    book(remote, "dinner")
    page = organiser.open(CATERER).press("Show requirements")
    assert counts(page, "All delegates") == ["1", "1"]
    assert counts(page, "Only cooked fish") == ["No", "Yes"]


def test_remote_delegates_are_not_counted_for_days(visitor: Browser, new_browser: Any) -> None:
    remote = make_category(name="Remote", is_in_person=False)
    grace = register_grace(visitor)
    with transaction():
        db.session.merge(grace).category_id = remote.id
    make_delegate(dietary="No nuts")
    desk = sign_in(new_browser(), DORA)

    page = desk.open(CATERER).press("Show requirements")

    assert counts(page, "All delegates") == ["1", "1"]
    assert counts(page, "Halal") == ["0", "0"]
    page = desk.open("/organise/delegates/_requirements/access").press("Show requirements")
    assert counts(page, "Large print") == ["1", "0"]  # whether they come or not


def test_a_cancelled_meal_is_not_counted(visitor: Browser) -> None:
    make_delegate(dietary="Vegan")
    lunch = make_session(title="Lunch", serves_food=True)
    publish_programme()
    with transaction():
        db.session.merge(lunch).cancelled_at = FIRST_MORNING
    publish_programme()

    page = sign_in(visitor, DORA).open(CATERER).press("Show requirements")

    assert [*page.rows[0]] == ["Requirement", "10 June 2009", "11 June 2009"]
    assert "tick “Food is served” in the sessions that are meals" in page.text


def test_requirements_of_delegates_without_a_seat_at_a_meal_are_not_listed(
    visitor: Browser,
) -> None:
    make_delegate(dietary="Only cooked fish")
    make_bookable("Dinner", serves_food=True)

    page = sign_in(visitor, DORA).open(CATERER).press("Show requirements")

    assert counts(page, "All delegates") == ["0"]
    assert "Only cooked fish" not in page.text


def test_organisers_can_mark_sessions_in_which_food_is_served(
    visitor: Browser, new_browser: Any
) -> None:
    organiser = sign_in(visitor)
    session = make_session(title="Lunch")
    box = "Food is served (not public). The caterer gets the number of people"

    page = organiser.open(f"/organise/sessions/{session.slug}").follow("Change")
    page = page.press("Save", {box: True})

    assert page.summary_list["Food is served"] == "Yes"
    publish_programme()
    page = sign_in(new_browser(), DORA).open(CATERER).press("Show requirements")
    assert [*page.rows[0]] == ["Requirement", LUNCH]
