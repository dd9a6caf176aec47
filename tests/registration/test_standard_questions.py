"""The questions that every site asks, as organisers change, move and hide them."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import select

from app.content.views import get_content_folder
from app.database import db, transaction
from app.delegates.fields import FIELDS, STEPS
from app.delegates.models import Delegate
from app.history import queries as history
from app.onboarding import services as onboarding
from app.onboarding.services import NewConference
from app.questions import queries, services
from app.questions.models import REGISTRATION, Question
from app.registration import integrity_check, retention
from app.registration.bookings import operations
from config import ROOT
from tests.browser import Browser, Browsers, Page
from tests.factories import make_category, make_delegate, make_question, sign_in
from tests.races import run_while_locked
from tests.registration.test_groups import add, begin
from tests.registration.test_session_booking_races import refuse_on_deadlock
from tests.registration_flow import ACCESS, EMAIL, PAGES, THURSDAY, answer_questions, continue_to
from tests.sent_emails import find_link, get_last_email_to

NAMES = ("Given names", "Family name", "Name on your badge", "Pronouns")
STANDARD = tuple(one for one in FIELDS if not one.continues)
WORK = next(step for step in STEPS if step.name == "work")


def get_standard(key: str) -> Question:
    return db.session.scalars(select(Question).where(Question.key == key)).one()


def list_labels(page: Page) -> list[str]:
    """List the questions of the list, without their tags."""
    cells = (row["Question"] for row in page.rows)
    return [cell.removesuffix(" Standard").removesuffix(" Standard Hidden") for cell in cells]


def change(organiser: Browser, label: str, typed: dict[str, Any]) -> Page:
    """Change a question in its form."""
    page = organiser.open("/organise/questions").follow(label).follow("Change")
    return page.press("Save", typed)


def hide(organiser: Browser, label: str) -> Page:
    return organiser.open("/organise/questions").follow(label).press("Hide")


@pytest.mark.both_databases
def test_organisers_can_rename_a_standard_question_and_make_it_required(
    visitor: Browser, new_browser: Browsers
) -> None:
    organiser = sign_in(new_browser())
    assert tuple(list_labels(organiser.open("/organise/questions"))) == tuple(
        str(one.label) for one in STANDARD
    )
    page = change(
        organiser,
        "Organisation",
        {
            "Question": "Institution",
            "Help (optional)": "The one that sends you",
            "People must answer this question": True,
            "Why do you ask?": "To know who is represented",
        },
    )
    assert page.summary_list["Must be answered"] == "Yes"

    page = answer_questions(visitor, until="work")
    assert "Your badge shows your organisation" not in page.text
    assert "The one that sends you" in page.text
    assert "Why we ask: To know who is represented." in page.text
    page = page.press("Continue", {"country": "United Kingdom"}, status=422)
    assert page.errors == ["Answer the question: Institution"]
    page = page.press("Continue", {"Institution": "Analytical Society"})
    page = continue_to(page)
    assert page.summary_list["Institution"] == "Analytical Society"
    page.press("Confirm registration")
    letter = get_last_email_to("ada@example.org")
    booking = visitor.open(find_link(letter, "/booking/"))
    booking.follow("Change institution").press("Save", {"Institution": "Royal Society"})

    reference = db.session.query(Delegate).one().reference
    assert "Institution" in get_last_email_to("ada@example.org").text
    page = organiser.open(f"/organise/delegates/{reference}")
    assert page.summary_list["Institution"] == "Royal Society"
    page = page.follow("Change booking")
    assert page.value_of("Institution") == "Royal Society"
    file = organiser.open("/organise/delegates").press("Download as CSV").source
    assert "Institution" in file.splitlines()[0]
    assert "To know who is represented" in visitor.open("/privacy").text


def test_hiding_a_standard_question_keeps_its_answers(
    visitor: Browser, new_browser: Browsers
) -> None:
    delegate = make_delegate(email="grace@example.org", role="Admiral")
    organiser = sign_in(new_browser())
    for label in ("Role", "Pronouns", "Name on your badge"):
        page = hide(organiser, label)
        assert "Earlier answers stay in the bookings." in page.source

    form = answer_questions(visitor, until="work")
    assert {"Organisation (optional)", "Country"} <= {*form.labels}
    assert "Your role (optional)" not in form.labels
    assert "Pronouns (optional)" not in visitor.open("/register/name").labels
    check = answer_questions(new_browser(), email="b@example.org")
    assert {"Role", "Pronouns", "Name on your badge"}.isdisjoint(check.summary_list)
    check.press("Confirm registration")
    booked = db.session.query(Delegate).filter_by(email="b@example.org").one()
    assert booked.badge_name == "Ada Lovelace"

    page = organiser.open(f"/organise/delegates/{delegate.reference}")
    assert page.summary_list["Role"] == "Admiral"
    assert "Role (optional)" not in page.follow("Change booking").labels
    organiser.open("/organise/questions").follow("Role").press("Ask it again")
    assert "Your role (optional)" in visitor.open("/register/work").labels


def test_hiding_every_question_of_a_page_removes_the_page(
    visitor: Browser, new_browser: Browsers
) -> None:
    delegate = make_delegate(dietary="No nuts", email="grace@example.org")
    hide(sign_in(new_browser()), "Dietary requirements")

    check = answer_questions(visitor, until="access-needs").press("Continue")

    assert check.heading == "Check your answers"
    assert f"Step {PAGES} of {PAGES}" in check.text
    assert visitor.open("/register/dietary-needs").heading == "Check your answers"
    check.press("Confirm registration")
    booking = visitor.open(find_link(get_last_email_to("ada@example.org"), "/booking/"))
    visitor.open(f"{booking.address}/dietary-needs", status=404)
    assert delegate.needs is not None


def test_names_email_address_and_days_are_always_asked(visitor: Browser) -> None:
    organiser = sign_in(visitor)
    for label in ("Given names", "Family name", "Email address", "Days"):
        shown = organiser.open("/organise/questions").follow(label)
        assert "Hide" not in shown.buttons
        fields = shown.follow("Change").labels
        assert "When to ask it" not in fields
        assert "People must answer this question" not in fields
    email = get_standard("email")
    page = organiser.open(f"/organise/questions/{email.id}")

    token = page.tree.find_by_id("csrf_token")
    assert token is not None
    typed = {"csrf_token": token.get("value")}
    answer = organiser.fetch("POST", f"/organise/questions/{email.id}/retire", data=typed)

    assert answer.status_code == 422
    assert "Everyone has to be asked this question" in answer.text
    assert get_standard("email").retired_at is None


@pytest.mark.both_databases
def test_custom_questions_can_be_placed_between_standard_pages(
    visitor: Browser, new_browser: Browsers
) -> None:
    title = make_question("What is your title?")
    make_question("How will you travel?")
    with transaction():
        services.move(title, "2", actor="Olga")
    organiser = sign_in(new_browser())
    shown = list_labels(organiser.open("/organise/questions"))
    assert shown[:2] == ["What is your title?", "Given names"]  # those of a page stay together
    with transaction():
        services.move(title, "down", actor="Olga")

    page = visitor.open("/register").follow("Start now")
    page = page.press("Continue", {"given_names": "Ada"})
    assert (page.heading, page.address) == (
        "What is your title? (optional)",
        f"/register/more-{title.id}",
    )
    page = page.press("Continue", {"What is your title? (optional)": "Countess"})
    assert page.heading == EMAIL
    page = continue_to(page, until="more")
    assert page.address == "/register/more"
    check = page.press("Continue")
    labels = list(check.summary_list)
    assert labels[labels.index("Email address") - 1] == "What is your title?"
    assert labels[-1] == "How will you travel?"
    page = check.follow("Change What is your title?")
    check = page.press("Continue", {"What is your title? (optional)": "Lady"})
    assert check.summary_list["What is your title?"] == "Lady"


def test_a_standard_question_can_depend_on_an_answer_or_category(
    visitor: Browser, new_browser: Browsers
) -> None:
    press, student = make_category(name="Press"), make_category(name="Student")
    lunch = make_question("Will you eat with us?", kind="yes_no", is_required=True)
    organiser = sign_in(new_browser())
    page = organiser.open("/organise/questions").follow("Dietary requirements").follow("Change")
    assert "If “Will you eat with us?” is “Yes”" not in page.source  # it comes later
    with transaction():
        services.move(lunch, "1", actor="Olga")
    change(
        organiser,
        "Dietary requirements",
        {"When to ask it": "If “Will you eat with us?” is “Yes”"},
    )
    change(organiser, "Role", {"Press": True})

    def go(somebody: Browser, category: str, lunch: str) -> Page:
        chosen = {"How will you attend?": category, "Will you eat with us?": lunch}
        page = answer_questions(somebody, until="work", answers=chosen)
        assert ("Your role (optional)" in page.labels) is (category == "Press")
        return continue_to(page)

    check = go(visitor, "Student", "No")
    assert "Dietary requirements" not in check.summary_list
    check = go(new_browser(), "Press", "Yes")
    assert check.summary_list["Dietary requirements"] == "No nuts"
    assert {press.name, student.name} == {"Press", "Student"}


def test_the_country_question_can_be_made_optional(visitor: Browser) -> None:
    change(sign_in(visitor), "Country", {"People must answer this question": False})

    page = answer_questions(visitor, until="work")
    assert "Country (optional)" in page.labels
    page = page.press("Continue", {"Organisation (optional)": "WHO"})
    page = continue_to(page)

    assert page.summary_list["Country"] == "Not given"
    page.press("Confirm registration")
    assert db.session.query(Delegate).one().country == ""


def test_the_group_form_follows_the_settings_of_standard_questions(
    visitor: Browser, new_browser: Browsers
) -> None:
    organiser = sign_in(new_browser())
    change(organiser, "Organisation", {"People must answer this question": True})
    change(organiser, "Country", {"People must answer this question": False})
    page = visitor.open("/register/group").follow("Start now")
    contact = {"Your name": "Mary Ward", "Your email address": "mary@ward.example"}
    page = page.press("Continue", contact, status=422)
    assert page.errors == ["Answer the question: Organisation"]
    page = page.press("Continue", Organisation="St Elsewhere")
    assert "Country (optional)" in page.labels

    page = page.press("Continue", {"Which days will they attend?": [THURSDAY]})
    page = add(page, "Ada", "ada@ward.example").follow("Continue")

    assert page.summary_list["Country"] == "Not given"
    hide(organiser, "Country")
    page = visitor.open("/register/group/answers")
    assert "Country (optional)" not in page.labels
    page = page.press("Continue").follow("Continue")
    assert "Country" not in page.summary_list
    page.press("Register the group")
    assert db.session.query(Delegate).one().country == ""


def test_group_members_are_asked_for_a_required_role_later(
    visitor: Browser, new_browser: Browsers
) -> None:
    change(sign_in(new_browser()), "Role", {"People must answer this question": True})
    page = add(begin(visitor), "Ada", "ada@ward.example").follow("Continue")
    page.press("Register the group")

    email = get_last_email_to("ada@ward.example")
    assert "We still need your answer to 1 question. Answer it on your booking page." in email.text
    booking = visitor.open(find_link(email, "/booking/"))
    page = booking.follow("Role").press("Save", {"Role": "Nurse"})

    assert page.summary_list["Role"] == "Nurse"
    assert "Answer 1 question" not in page.text


def test_group_members_are_not_asked_hidden_questions(
    visitor: Browser, new_browser: Browsers
) -> None:
    badge = "Name on the badge (optional)"
    page = begin(visitor)
    assert badge in page.follow("Add a person").labels
    organiser = sign_in(new_browser())
    hide(organiser, "Name on your badge")

    assert badge not in visitor.open("/register/group/people/add").labels
    template = visitor.fetch("GET", "/register/group/upload/template.csv")
    assert "badge" not in template.get_data(as_text=True)
    page = add(visitor.open("/register/group/people"), "Ada", "ada@ward.example")
    page.follow("Continue").press("Register the group")
    page = visitor.open(find_link(get_last_email_to("mary@ward.example"), "/group/"))
    page = page.follow("Change name: Ada Nurse")
    assert badge not in page.labels
    page.press("Save", {"given_names": "Adele"})

    assert db.session.query(Delegate).one().badge_name == "Adele Nurse"


def test_the_privacy_page_lists_hidden_questions(visitor: Browser) -> None:
    assert "What we do not ask" not in visitor.open("/privacy").text
    hide(sign_in(visitor), "Dietary requirements")

    text = visitor.open("/privacy").text

    assert "we do not ask for when you register: Dietary requirements" in text


def test_a_condition_on_a_later_question_is_refused(
    visitor: Browser, new_browser: Browsers
) -> None:
    early = make_question("What is your title?")
    organiser = sign_in(visitor)
    with transaction():
        services.move(early, "1", actor="Olga")
    page = organiser.open("/organise/questions").follow("What is your title?").follow("Change")

    page = page.press("Save", {"Thursday 11 June 2009": True}, status=422)

    sentence = "A question for some days must come after the question about days"
    assert sentence in page.errors[0]
    page = organiser.open("/organise/questions").follow("Role").follow("Change")
    page = page.press("Save", {"When to ask it": "If “Organisation” has an answer"}, status=422)
    assert page.errors == ["This question can depend only on a question of an earlier page"]
    assert ACCESS.removesuffix(" (optional)") not in page.source


def test_each_page_says_when_its_answers_are_deleted(
    visitor: Browser, new_browser: Browsers
) -> None:
    once = "We delete this after 11 June 2010."
    for step in ("name", "email", "work", "days"):
        assert answer_questions(new_browser(), until=step).text.count(once) == 1
    page = answer_questions(new_browser(), until="access-needs")
    assert once not in page.text
    assert "We delete it 30 days after the conference." in page.text

    change(
        sign_in(new_browser()),
        "Organisation",
        {"When are the answers deleted?": "30 days after the conference"},
    )

    page = answer_questions(visitor, until="work")
    assert once not in page.text
    assert page.text.count("We delete it after 11 July 2009.") == 1
    assert page.text.count("We delete it after 11 June 2010.") == len(WORK.fields) - 1


@pytest.mark.both_databases
def test_answers_to_a_standard_question_are_deleted_on_its_own_date(
    visitor: Browser, new_browser: Browsers, frozen_time: Any
) -> None:
    change(
        sign_in(new_browser()),
        "Organisation",
        {"When are the answers deleted?": "30 days after the conference"},
    )
    page = answer_questions(visitor, until="work")
    assert "We delete it after 11 July 2009." in page.text
    answer_questions(new_browser()).press("Confirm registration")
    booking = visitor.open(find_link(get_last_email_to("ada@example.org"), "/booking/"))
    booking.follow("Change organisation").press("Save", {"Organisation (optional)": "The Mint"})
    delegate = db.session.query(Delegate).one()
    assert "mint" in delegate.search_text

    frozen_time.move_to("2009-07-12T00:30:00+01:00")
    with transaction():
        retention.erase_answers()

    db.session.refresh(delegate)
    told = str([one.field_changes for one in history.list_entries(delegate.history_subject)])
    assert (delegate.organisation, delegate.organisation_sort_key) == ("", "")
    assert "mint" not in delegate.search_text
    assert "Mint" not in told
    assert delegate.country == "GB"


def erase_while_both_are_changed(
    site: Flask, organiser: Browser, frozen_time: Any
) -> tuple[list[Delegate], list[str]]:
    """Delete answers of two people while somebody changes both bookings, the first one first.

    Return the people, and how both ended.
    """
    for label in ("Organisation", "Role"):
        change(organiser, label, {"When are the answers deleted?": "30 days after the conference"})
    people = [
        make_delegate(organisation="", role="Treasurer"),
        make_delegate(email="bea@example.org", organisation="The Mint", role=""),
    ]
    first, second = people[0].id, people[1].id
    frozen_time.move_to("2009-07-12T00:30:00+01:00")

    def purge() -> None:
        with transaction():
            retention.erase_answers()

    ended = run_while_locked(
        site,
        lambda: operations.lock(db.session.get_one(Delegate, first)),
        refuse_on_deadlock(lambda: operations.lock(db.session.get_one(Delegate, second))),
        refuse_on_deadlock(purge),
    )
    return people, ended


@pytest.mark.postgresql_only
def test_bulk_changes_while_answers_are_deleted_do_not_deadlock(
    site: Flask, visitor: Browser, frozen_time: Any
) -> None:
    """The second has an answer to the earlier question, but people are locked in the one order."""
    people, ended = erase_while_both_are_changed(site, sign_in(visitor), frozen_time)

    assert ended == ["done", "done"]
    for one in people:
        db.session.refresh(one)
    assert [(one.organisation, one.role) for one in people] == [("", ""), ("", "")]


@pytest.mark.postgresql_only
def test_with_another_lock_order_deleting_answers_would_deadlock(
    site: Flask, visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the lock order, the test above deadlocks."""

    def lock_backwards(numbers: Collection[int]) -> Sequence[Delegate]:
        people = [db.session.get_one(Delegate, one) for one in sorted(numbers, reverse=True)]
        for one in people:
            operations.lock(one)
        return people

    monkeypatch.setattr(operations, "lock_in_order", lock_backwards)

    _, ended = erase_while_both_are_changed(site, sign_in(visitor), frozen_time)

    assert ended == ["deadlock", "done"]


def test_a_new_conference_starts_with_default_standard_questions(site: Flask) -> None:
    make_question()
    before = [one.name for one in queries.read_definitions(REGISTRATION)][: len(STANDARD)]
    with transaction():
        services.retire(get_standard("role"), actor="Olga")
        day = date(2009, 6, 10)
        wanted = NewConference(title="Tides", starts_on=day, ends_on=day, time_zone="UTC")
        onboarding.start(get_content_folder(), wanted, expected_fingerprint=None, actor="Olga")

    with transaction():
        services.add_standard(REGISTRATION)  # nothing is missing
    rows = queries.read_definitions(REGISTRATION)
    assert [one.name for one in rows] == before
    assert not any(one.is_retired for one in rows)
    assert {one.purpose for one in rows if one.name == "days"} == {"To plan each day"}


def test_the_integrity_check_finds_a_missing_standard_question(site: Flask) -> None:
    with transaction():
        db.session.delete(get_standard("country"))

    assert integrity_check.run_checks() == ["The question “Country” is missing from registration."]


@pytest.mark.both_databases
def test_standard_questions_survive_migrating_down_and_up(site: Flask) -> None:
    lunch = make_question("Where?", condition=f"{get_standard('role').id} answered")
    number = lunch.id
    db.session.remove()

    flask_migrate.downgrade(directory=str(ROOT / "migrations"), revision="0063")
    flask_migrate.upgrade(directory=str(ROOT / "migrations"))

    rows = queries.read_definitions(REGISTRATION)
    assert [one.name for one in rows][-1] == f"question_{number}"
    assert rows[-1].condition is None
    assert len(rows) == len(STANDARD) + 1
