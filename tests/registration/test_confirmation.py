"""Someone confirms, once or more than once, and has one place."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.database import db, transaction
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import (
    CONFERENCE,
    ApplicationDraft,
    Confirmation,
    Delegate,
    Needs,
    SeatLimit,
)
from app.delegates.queries import count_attending
from app.errors import RuleViolation
from app.history import queries as history
from app.mail.models import Email
from app.registration import address_limits, create_booking, emails, queries, seats, services
from tests.browser import Browser, Browsers
from tests.factories import make_category, make_delegate, set_places
from tests.lookups import get_requirements
from tests.races import run_concurrently
from tests.refusals import TOO_MANY
from tests.registration.test_desk import make_complete_draft
from tests.registration_flow import (
    ACCESS_WORDS,
    CONSENT,
    DAYS,
    EMAIL,
    THURSDAY,
    WEDNESDAY,
    answer_questions,
    complete_registration,
)
from tests.sent_emails import find_link, get_last_email_to, list_emails_to, list_subjects_to

CHANGED_MEANWHILE = (
    "Your answers changed in another window after you opened this page, so you are not "
    "registered yet. Check your answers, then confirm"
)
WAIT = "Join the waiting list"
REFERENCE_CHARACTERS = set("23456789CDFGHJKMNPQRTVWXYZ")
PERSON = {
    "given_names": "Cy",
    "family_name": "Solo",
    "email": "cy@solo.example",
    "days": "2009-06-10",
    "country": "GB",
}


def delegates() -> list[Delegate]:
    """List everyone who has a place."""
    return list(db.session.scalars(select(Delegate)).all())


@pytest.mark.both_databases
def test_confirming_registration_takes_a_place_and_sends_an_email(visitor: Browser) -> None:
    set_places(10)

    page = complete_registration(visitor)

    (delegate,) = delegates()
    assert page.heading == "You are registered"
    assert page.text_by_id("reference") == delegate.reference
    assert "We are sending your confirmation to a…@example.org." in page.text
    assert queries.get_seat_counts() == queries.SeatCounts(limit=10, taken=1)
    (letter,) = list_emails_to("ada@example.org")
    assert letter.message["X-Booking-Reference"] == delegate.reference


def test_the_booking_stores_every_answer(visitor: Browser) -> None:
    complete_registration(visitor, email="ada@example.org")

    (delegate,) = delegates()
    assert delegate.full_name == "Ada Lovelace"
    assert delegate.badge_name == "Ada Lovelace"
    assert delegate.organisation == "Analytical Society"
    assert delegate.country == "GB"
    assert delegate.days == "2009-06-10"
    assert get_requirements(delegate) == ("A ramp", "No nuts")
    assert [entry.summary for entry in history.list_entries(f"booking {delegate.reference}")] == [
        "Registered"
    ]


def test_after_confirmation_the_draft_keeps_only_the_ticket(visitor: Browser) -> None:
    complete_registration(visitor)

    (answers,) = db.session.scalars(select(ApplicationDraft)).all()
    assert json.loads(answers.document) == {"badge_name": "Ada Lovelace", "days": "2009-06-10"}


def test_without_requirements_no_requirements_row_is_stored(visitor: Browser) -> None:
    answer_questions(visitor, until="access-needs").press("Continue").press("Continue")

    visitor.press("Confirm registration")

    assert db.session.scalars(select(Needs)).all() == []


def test_booking_references_are_random_and_unambiguous(site: Flask) -> None:
    references = {create_booking.generate_reference() for _ in range(500)}

    assert len(references) == 500
    assert {len(one) for one in references} == {8}
    assert set("".join(references)) == REFERENCE_CHARACTERS


def test_a_used_booking_reference_is_not_assigned_again(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_delegate(reference="BCDF2345", email="grace@example.org")
    drawn = iter(["BCDF2345", "BCDF2345", "GHJK6789"])
    monkeypatch.setattr(create_booking, "generate_reference", lambda: next(drawn))

    page = complete_registration(visitor)

    assert page.text_by_id("reference") == "GHJK6789"
    assert queries.get_seat_counts().taken == 2


def test_running_out_of_references_is_not_mistaken_for_an_existing_booking(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_delegate(reference="BCDF2345", email="grace@example.org")
    monkeypatch.setattr(create_booking, "generate_reference", lambda: "BCDF2345")

    with pytest.raises(RuntimeError, match="no reference is free"), transaction():
        create_booking.create_booking(PERSON, "en")

    assert [one.email for one in delegates()] == ["grace@example.org"]


@pytest.mark.both_databases
def test_another_integrity_error_is_not_mistaken_for_a_duplicate_reference(site: Flask) -> None:
    def fail(_: Delegate) -> None:
        db.session.execute(insert(Confirmation), {"key": "of nobody"})

    with pytest.raises(IntegrityError), transaction():
        create_booking.create_booking(PERSON, "en", announce=fail)

    assert delegates() == []


@pytest.mark.postgresql_only
def test_confirming_while_the_category_is_deleted_is_refused(site: Flask) -> None:
    category = make_category(name="Nurse")
    answers = {**PERSON, "category": str(category.id)}

    def delete_category(_: Delegate) -> None:
        with db.engine.begin() as somebody_else:
            somebody_else.execute(
                delete(RegistrationCategory).where(RegistrationCategory.name == "Nurse")
            )

    with pytest.raises(create_booking.CategoryGone), transaction():
        create_booking.create_booking(answers, "en", announce=delete_category)

    assert delegates() == []


def test_the_confirmation_page_can_be_bookmarked(
    visitor: Browser, new_browser: Browsers, frozen_time: Any
) -> None:
    page = complete_registration(visitor)
    frozen_time.shift(timedelta(days=20))

    again = new_browser().open(page.address)

    assert again.text_by_id("reference") == page.text_by_id("reference")
    assert visitor.open(page.address).heading == "You are registered"


def test_a_guessed_confirmation_url_is_not_found(visitor: Browser) -> None:
    address = complete_registration(visitor).address

    assert visitor.open("/register/confirmation/guess", status=404).heading == "Page not found"
    assert visitor.open(address[:-2], status=404).heading == "Page not found"


def test_an_expired_confirmation_page_says_so(visitor: Browser) -> None:
    address = complete_registration(visitor).address
    for row in (
        *db.session.scalars(select(ApplicationDraft)),
        *db.session.scalars(select(Confirmation)),
    ):
        db.session.delete(row)

    page = visitor.open(address, status=410)

    assert "This confirmation is no longer available" in page.text


def test_a_double_click_takes_one_place(visitor: Browser) -> None:
    page = answer_questions(visitor)

    first = page.press("Confirm registration")
    second = page.press("Confirm registration")

    assert second.text_by_id("reference") == first.text_by_id("reference")
    assert second.address == first.address
    assert len(delegates()) == 1
    assert len(list_emails_to("ada@example.org")) == 1


@pytest.mark.both_databases
def test_concurrent_requests_of_one_confirmation_take_one_place(
    visitor: Browser, site: Flask
) -> None:
    set_places(10)
    page = answer_questions(visitor)
    secret = visitor.cookies()["answers"]
    token = page.source.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    session = visitor.cookies()["session"]
    db.session.commit()

    def press(_: int) -> tuple[int, str]:
        client = site.test_client()
        client.set_cookie("answers", secret, domain="conference.example")
        client.set_cookie("session", session, domain="conference.example")
        response = client.post(
            "/register/confirm",
            base_url="https://conference.example",
            data={"csrf_token": token},
        )
        return response.status_code, response.headers.get("Location", "")

    with ThreadPoolExecutor(6) as people:
        answers = set(people.map(press, range(6)))

    assert len(answers) == 1
    assert next(iter(answers))[0] == 303
    assert len(delegates()) == 1
    assert queries.get_seat_counts().taken == 1
    assert len(list_emails_to("ada@example.org")) == 1


def press_twice(site: Flask) -> list[str]:
    """Confirm the same answers twice at once; return the kinds of the emails that follow."""
    set_places(10)
    secret = make_complete_draft()
    db.session.commit()

    def confirm() -> object:
        return services.submit(secret, "en")

    assert run_concurrently(site, [confirm, confirm]) == ["done", "done"]
    assert len(delegates()) == 1
    return sorted(db.session.scalars(select(Email.template)))


@pytest.mark.postgresql_only
def test_two_concurrent_confirmations_create_one_booking_and_one_email(site: Flask) -> None:
    assert press_twice(site) == ["registration_confirmed"]


@pytest.mark.postgresql_only
def test_without_the_draft_lock_the_second_confirmation_would_send_another_email(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the lock, the test above fails.

    There is still one booking, because of the unique index.
    """
    together = Barrier(2)

    def only_look(secret: str) -> queries.StoredDraft | None:
        found = queries.find_draft(secret)
        together.wait(20)  # both have looked before either writes
        return found

    monkeypatch.setattr(services, "get_draft_for_update", only_look)

    assert press_twice(site) == ["already_registered", "registration_confirmed"]


def test_after_confirmation_form_pages_redirect_to_it(visitor: Browser) -> None:
    page = complete_registration(visitor)

    for step in ("name", "days", "check"):
        assert visitor.open(f"/register/{step}").address == page.address


def test_a_stale_tab_cannot_change_a_confirmed_registration(visitor: Browser) -> None:
    old_tab = answer_questions(visitor).follow("Change days")
    confirmation = visitor.open("/register/check").press("Confirm registration")

    page = old_tab.press("Continue", {DAYS: ["Thursday 11 June 2009"]})

    assert page.address == confirmation.address
    assert delegates()[0].days == "2009-06-10"


@pytest.mark.both_databases
def test_answers_changed_after_the_check_page_must_be_confirmed_again(visitor: Browser) -> None:
    check = answer_questions(visitor)
    visitor.open("/register/days").press("Continue", {DAYS: [THURSDAY]})
    visitor.open("/register/access-needs").press(
        "Continue", {ACCESS_WORDS: "Large print", CONSENT: True}
    )

    page = check.press("Confirm registration", status=422)

    assert delegates() == []
    assert page.errors == [CHANGED_MEANWHILE]
    assert (
        "Days On the page you confirmed: Wednesday 10 June 2009 Saved now: Thursday 11 June 2009 "
        "Access requirements On the page you confirmed: A ramp Saved now: Large print "
        "All your answers"
    ) in page.text
    page.press("Confirm registration")
    (delegate,) = delegates()
    assert delegate.days == "2009-06-11"
    assert get_requirements(delegate) == ("Large print", "No nuts")


def test_a_check_page_of_one_person_does_not_confirm_another(visitor: Browser) -> None:
    of_ada = answer_questions(visitor)
    visitor.open("/register").press("Delete and start again")
    answer_questions(visitor, name=("Grace", "Hopper"), email="grace@example.org")

    page = of_ada.press("Confirm registration", status=422)

    assert delegates() == []
    told = "On the page you confirmed: Ada Lovelace Saved now: Grace Hopper"
    assert told in page.text
    page.press("Confirm registration")
    assert [one.full_name for one in delegates()] == ["Grace Hopper"]


def test_answers_that_were_changed_and_changed_back_are_confirmed(visitor: Browser) -> None:
    check = answer_questions(visitor)
    visitor.open("/register/days").press("Continue", {DAYS: [THURSDAY]})
    visitor.open("/register/days").press("Continue", {DAYS: [WEDNESDAY]})

    assert check.press("Confirm registration").heading == "You are registered"


@pytest.mark.parametrize("displayed", ["[", '{"days": "any"}', "é", "[" * 40_000])
def test_a_forged_fingerprint_of_the_check_page_is_refused(
    visitor: Browser, displayed: str
) -> None:
    page = answer_questions(visitor)
    token = page.source.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]

    sent = {"csrf_token": token, "displayed": displayed}
    visitor.send("POST", "/register/confirm", 422, data=sent)

    assert delegates() == []


@pytest.mark.both_databases
def test_a_check_page_left_open_overnight_and_sent_twice_makes_one_booking(
    visitor: Browser, frozen_time: Any
) -> None:
    page = answer_questions(visitor)
    frozen_time.shift(timedelta(hours=14))

    by_enter = page.press("Confirm registration")
    by_button = page.press("Confirm registration")

    assert by_enter.heading == by_button.heading == "You are registered"
    assert by_enter.address == by_button.address
    assert len(delegates()) == len(list_emails_to("ada@example.org")) == 1


def test_the_start_page_links_to_an_existing_confirmation(visitor: Browser) -> None:
    confirmation = complete_registration(visitor)

    page = visitor.open("/register")

    assert page.heading == "You have already registered"
    assert page.follow("See your confirmation").address == confirmation.address


def test_someone_else_can_be_registered_in_the_same_browser(visitor: Browser) -> None:
    first = complete_registration(visitor).text_by_id("reference")

    page = visitor.open("/register").press("Register someone else")
    assert page.value_of("Given names") == ""
    second = complete_registration(visitor, name=("Grace", "Hopper")).text_by_id("reference")

    assert first != second
    assert len(delegates()) == 2
    assert len(list_emails_to("ada@example.org")) == 2


@pytest.mark.both_databases
def test_registering_the_same_person_again_takes_no_second_place(
    visitor: Browser, new_browser: Browsers
) -> None:
    set_places(10)
    first = complete_registration(visitor)

    again = complete_registration(
        new_browser(), name=(" ADA", "lovelace "), email="Ada@Example.ORG"
    )

    assert (
        again.text.replace("ADA lovelace", "Ada Lovelace").replace("A…@example", "a…@example")
        == first.text
    )
    assert len(delegates()) == 1
    assert queries.get_seat_counts().taken == 1
    assert len(list_subjects_to("ada@example.org")) == 2
    assert list_subjects_to("ada@example.org")[0] != list_subjects_to("ada@example.org")[1]


@pytest.mark.both_databases
def test_a_cancelled_delegate_can_register_again(visitor: Browser) -> None:
    complete_registration(visitor)
    (delegate,) = delegates()
    delegate.cancel(delegate.registered_at)
    seats.release_seats((CONFERENCE,))
    db.session.commit()

    page = visitor.open("/register").press("Register someone else")
    page = complete_registration(visitor)

    assert page.text_by_id("reference") != delegate.reference
    assert count_attending() == 1


def test_registrations_are_limited_for_each_email_address(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address_limits, "MAX_REGISTRATIONS_PER_DAY", 2)
    for number in range(2):
        complete_registration(visitor, name=("Ada", f"Number {number}"))
        visitor.open("/register").press("Register someone else")

    page = answer_questions(visitor, name=("Ada", "Once More"))
    page = page.press("Confirm registration", status=429)

    assert page.errors == [TOO_MANY.replace("60 minutes", "24 hours")]
    assert page.summary_list["Name"] == "Ada Once More"
    assert len(delegates()) == 2
    assert visitor.open("/register/check").summary_list["Name"] == "Ada Once More"


def test_one_address_cannot_be_flooded_from_the_waiting_list(
    visitor: Browser, new_browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address_limits, "MAX_REGISTRATIONS_PER_DAY", 1)
    _fill_with_a_waiting_list()
    answer_questions(visitor, name=("Ada", "Number 0"), start=WAIT).press(WAIT)

    page = answer_questions(new_browser(), name=("Ada", "Once More"), start=WAIT)
    page = page.press(WAIT, status=429)

    assert page.errors == [TOO_MANY.replace("60 minutes", "24 hours")]


def test_a_double_click_joins_the_waiting_list_once(site: Flask) -> None:
    _fill_with_a_waiting_list()
    secret = make_complete_draft()

    for _ in ("first", "second"):
        with transaction():
            services.submit_to_waiting_list(secret, "en")

    assert len(db.session.scalars(select(Email.template)).all()) == 1


def _fill_with_a_waiting_list() -> None:
    set_places(1)
    make_delegate(email="early@example.org")
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)


def test_confirming_an_incomplete_draft_leads_to_the_missing_question(visitor: Browser) -> None:
    page = answer_questions(visitor)
    (answers,) = db.session.scalars(select(ApplicationDraft)).all()
    answers.document = '{"name": {"given_names": "Ada", "family_name": "", "badge_name": ""}}'

    page = page.press("Confirm registration")

    assert page.heading == EMAIL
    assert delegates() == []


def test_confirming_an_expired_draft_says_so(visitor: Browser, frozen_time: Any) -> None:
    page = answer_questions(visitor)
    frozen_time.shift(timedelta(days=8))

    page = page.press("Confirm registration", status=410)

    assert page.heading == "Your answers have been deleted"
    assert delegates() == []


def test_a_removed_conference_day_is_asked_about_again(
    visitor: Browser,
) -> None:
    page = answer_questions(visitor)
    (answers,) = db.session.scalars(select(ApplicationDraft)).all()
    answers.document = answers.document.replace("2009-06-10", "2009-06-09")

    page = page.press("Confirm registration")

    assert page.heading == DAYS
    assert page.value_of(DAYS) == ""
    assert page.press("Continue", {DAYS: [WEDNESDAY]}).heading == "Check your answers"


def test_an_unexpected_error_while_confirming_is_rolled_back(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = answer_questions(visitor)

    def fails(*about: object) -> None:
        raise RuleViolation("The printer is on fire")

    monkeypatch.setattr(emails, "send_registration_confirmed", fails)
    page.press("Confirm registration", status=409)

    assert delegates() == []
    assert queries.get_seat_counts().taken == 0
    assert list_emails_to("ada@example.org") == []


def test_the_confirmation_page_of_a_cancelled_booking_offers_to_register_again(
    visitor: Browser,
) -> None:
    set_places(1)
    confirmation = complete_registration(visitor).address
    visitor.open(find_link(get_last_email_to("ada@example.org"), "/booking/")).follow(
        "Cancel my booking"
    )
    visitor.press("Cancel my booking")

    page = visitor.open(confirmation)
    again = page.follow("Register again")
    second = answer_questions(visitor).press("Confirm registration")

    assert page.heading == "This booking has been cancelled"
    assert again.heading == "Register for the conference"
    assert second.heading == "You are registered"
    assert second.text_by_id("reference") != page.text_by_id("reference")


def test_a_released_place_is_available_immediately(visitor: Browser, new_browser: Browsers) -> None:
    set_places(1)
    complete_registration(visitor)
    someone_else = new_browser()
    someone_else.open("/register/name", status=409)
    visitor.open(find_link(get_last_email_to("ada@example.org"), "/booking/")).follow(
        "Cancel my booking"
    )
    visitor.press("Cancel my booking")

    assert someone_else.open("/register/name").heading == "What is your name?"


@pytest.mark.postgresql_only
def test_places_are_read_again_after_locking(site: Flask) -> None:
    set_places(1)
    read = db.session.get_one(SeatLimit, CONFERENCE)
    assert read.taken == 0
    with db.engine.begin() as somebody_else:
        somebody_else.execute(update(SeatLimit).values(taken=1))

    with pytest.raises(seats.SoldOut):
        seats.reserve((CONFERENCE,), ApplicationDraft())
