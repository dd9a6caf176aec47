"""Delegates see, change and cancel their own bookings."""

import re
from threading import Barrier
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import Engine, event, select, update

from app import clock
from app.database import db, transaction
from app.delegates import custom_answers, delegate_record
from app.delegates.models import CONFERENCE, Delegate
from app.delegates.requirement_models import RequirementCase
from app.errors import RuleViolation
from app.history import queries as history
from app.programme.queries import get_conference
from app.questions.definitions import REGISTRATIONS
from app.registration import conference_settings, links, queries, requirement_history, seats
from app.registration.bookings import operations, services
from app.registration.bookings.operations import StaleBooking
from app.registration.requirement_cases import services as requirement_cases
from tests.browser import Browser, Browsers
from tests.factories import (
    make_category,
    make_delegate,
    make_question,
    publish_programme,
    set_places,
)
from tests.lookups import booking_url, get_requirements, list_history
from tests.mail_server import MailServer
from tests.races import run_concurrently
from tests.registration_flow import (
    CHECK_PAGE_ANSWERS,
    CONSENT,
    DAYS,
    THURSDAY,
    WEDNESDAY,
    answer_questions,
)
from tests.sent_emails import (
    deliver_emails,
    find_link,
    get_last_email_to,
    list_emails_to,
    list_subjects_to,
)

COOKIE_MISSING = (
    "Your browser is blocking our cookie, so nothing has been saved. "
    "Allow cookies for this site in your browser settings, then try again"
)
OLD_PAGE = (
    "Your booking changed in another window after you opened this page. "
    "Check your answer, then save it again"
)


def test_the_booking_link_in_the_email_shows_all_answers(visitor: Browser) -> None:
    delegate = make_delegate(reference="BCDF2345", access="A ramp", dietary="No nuts")

    page = visitor.open(booking_url(delegate))

    assert page.heading == "Your booking"
    assert page.text_by_id("reference") == "BCDF2345"
    assert page.summary_list == {
        **CHECK_PAGE_ANSWERS,
        "Programme starts": "9:30am on Wednesday 10 June 2009",
        "Venue": "Whitby",
        "Booking reference": "BCDF2345",
        "Role": "Member",
        "Days": f"{WEDNESDAY}, {THURSDAY}",
        "Registered": "9:30am on Tuesday 12 May 2009",
    }
    assert page.headers["Cache-Control"] == "private, no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"] == "noindex"


def test_a_booking_shows_when_doors_open_on_its_days(visitor: Browser, frozen_time: Any) -> None:
    delegate = make_delegate(days="2009-06-11")
    with transaction():
        get_conference().doors_open = "08:00, 08:30"
    publish_programme()

    assert visitor.open(booking_url(delegate)).summary_list["Doors open"] == "8:30am"
    frozen_time.move_to("2009-06-12T00:00:00+01:00")
    assert "Doors open" not in visitor.open(booking_url(delegate)).summary_list


def test_a_delegate_registers_changes_and_cancels_a_booking(
    visitor: Browser, mailbox: MailServer
) -> None:
    set_places(1)
    answer_questions(visitor).press("Confirm registration")
    letter = get_last_email_to("ada@example.org")
    deliver_emails()

    page = visitor.open(find_link(letter, "/booking/"))
    assert "Accepted for delivery to ada@example.org at 9:30am on Tuesday 12 May 2009" in page.text
    page.follow("Change name on your badge")
    page = visitor.press("Save", {"Name on your badge (optional)": "The Countess"})
    assert page.summary_list["Name on your badge"] == "The Countess"
    page.follow("Cancel my booking")
    page = visitor.press("Cancel my booking")

    assert page.heading == "Your booking has been cancelled"
    assert queries.get_seat_counts().remaining == 1
    assert [letter.split(":")[0] for letter in list_subjects_to("ada@example.org")] == [
        "You are registered for Tides and Harbours",
        "Your booking has been changed",
        "Your booking has been cancelled",
    ]


def test_changing_a_name_emails_the_old_and_new_values(visitor: Browser) -> None:
    delegate = make_delegate(badge_name="Ada")
    visitor.open(booking_url(delegate, "/name"))

    page = visitor.press(
        "Save", {"Family name": "King", "Name on your badge (optional)": "Ada King"}
    )

    assert page.heading == "Your booking"
    assert page.summary_list["Name"] == "Ada King"
    assert "Your changes have been saved" in page.text
    letter = get_last_email_to("ada@example.org")
    assert "Family name:\n\nBefore: Lovelace\nNow: King\n" in letter.text
    assert "Name on your badge:\n\nBefore: Ada\nNow: Ada King\n" in letter.text
    assert "Organisation" not in letter.text


def test_changing_days_updates_the_calendar_entry(visitor: Browser) -> None:
    delegate = make_delegate()
    form = visitor.open(booking_url(delegate, "/days"))
    assert WEDNESDAY in form.text
    assert THURSDAY in form.text
    assert "Friday 12 June" not in form.text

    page = visitor.press("Save", {"Which days will you attend?": ["Thursday 11 June 2009"]})

    assert page.summary_list["Days"] == "Thursday 11 June 2009"
    letter = get_last_email_to("ada@example.org")
    both = "Wednesday 10 June 2009, Thursday 11 June 2009"
    told = f"Days you will attend:\n\nBefore: {both}\nNow: Thursday 11 June 2009\n"
    assert letter.text.count(told) == 1
    assert "DTSTART;VALUE=DATE:20090611" in letter.calendar
    assert "SEQUENCE:1" in letter.calendar


def test_days_can_be_changed_on_the_booking_page(visitor: Browser) -> None:
    delegate = make_delegate()
    visitor.open(booking_url(delegate))

    page = visitor.press("Save days", {DAYS: [THURSDAY]})

    assert (page.heading, page.summary_list["Days"]) == ("Your booking", THURSDAY)
    assert "Your changes have been saved" in page.text
    assert visitor.press("Save days", {DAYS: [THURSDAY]}).summary_list["Days"] == THURSDAY
    assert list_subjects_to("ada@example.org") == [
        f"Your booking has been changed: {delegate.reference}"
    ]


def test_choosing_no_days_is_refused(visitor: Browser) -> None:
    delegate = make_delegate()
    visitor.open(booking_url(delegate))

    page = visitor.press("Save days", {DAYS: []}, status=422)

    assert (page.heading, page.errors) == (DAYS, ["Choose at least one day"])
    assert visitor.press("Save", {DAYS: [WEDNESDAY]}).summary_list["Days"] == WEDNESDAY


def test_a_stale_booking_page_does_not_overwrite_days(
    visitor: Browser, new_browser: Browsers
) -> None:
    delegate = make_delegate()
    visitor.open(booking_url(delegate))
    other = new_browser()
    other.open(booking_url(delegate))
    other.press("Save days", {DAYS: [WEDNESDAY]})

    page = visitor.press("Save days", {DAYS: [THURSDAY]}, status=422)

    assert page.errors == [OLD_PAGE]
    assert visitor.open(booking_url(delegate)).summary_list["Days"] == WEDNESDAY


def test_days_cannot_be_changed_where_only_one_can_be_chosen(visitor: Browser) -> None:
    with transaction():
        own = make_category(name="Day visitor", days="2009-06-11")
    delegate = make_delegate(category_id=own.id, days="2009-06-11")

    assert "Save days" not in visitor.open(booking_url(delegate)).buttons


def test_work_and_country_are_changed(visitor: Browser) -> None:
    delegate = make_delegate()
    visitor.open(booking_url(delegate, "/work"))

    page = visitor.press("Save", {"Your role (optional)": "", "Country": "France"})

    assert (page.summary_list["Role"], page.summary_list["Country"]) == ("Not given", "France")
    letter = get_last_email_to("ada@example.org")
    assert "Before: United Kingdom\nNow: France" in letter.text
    assert "Before: Member\nNow: Not given" in letter.text


@pytest.mark.parametrize(
    ("below", "question"),
    [
        ("access-needs", "Tell us more (optional)"),
        ("dietary-needs", "Tell us more (optional)"),
    ],
)
def test_changed_requirements_are_not_shown_in_the_email(
    visitor: Browser, below: str, question: str
) -> None:
    delegate = make_delegate(access="A ramp", dietary="No nuts")
    visitor.open(booking_url(delegate, f"/{below}"))

    visitor.press("Save", {question: "A quiet seat"})

    letter = get_last_email_to("ada@example.org")
    for words in ("A quiet seat", "A ramp", "No nuts"):
        assert words.encode() not in letter.raw
    assert letter.subject == f"Your requirements have been changed: {delegate.reference}"
    assert "Your access or dietary requirements for Tides and Harbours have been" in letter.text
    [entry] = history.list_entries(requirement_history.get_subject(delegate))
    assert entry.summary == requirement_history.CHANGED


def test_removed_requirements_are_deleted(visitor: Browser) -> None:
    delegate = make_delegate(access="A ramp")
    visitor.open(booking_url(delegate, "/access-needs"))

    page = visitor.press("Save", {"Tell us more (optional)": ""})

    assert page.summary_list["Access requirements"] == "None"
    assert delegate.needs is None


def test_saving_unchanged_answers_does_nothing(visitor: Browser) -> None:
    delegate = make_delegate()
    visitor.open(booking_url(delegate, "/name"))

    page = visitor.press("Save")

    assert page.heading == "Your booking"
    assert "saved" not in page.text
    assert list_emails_to("ada@example.org") == []
    assert delegate.version == 0


def test_an_invalid_answer_is_reported_beside_the_field_and_changes_nothing(
    visitor: Browser,
) -> None:
    delegate = make_delegate()
    visitor.open(booking_url(delegate, "/name"))

    page = visitor.press("Save", given_names="", family_name="King", status=422)

    assert page.errors == ["Enter your given names"]
    assert page.value_of("Family name") == "King"
    assert delegate.family_name == "Lovelace"


def test_a_stale_edit_of_a_booking_is_refused(visitor: Browser, new_browser: Browsers) -> None:
    delegate = make_delegate()
    other_tab = new_browser()
    visitor.open(booking_url(delegate, "/name"))
    other_tab.open(booking_url(delegate, "/name"))
    other_tab.press("Save", {"Family name": "King"})

    page = visitor.press("Save", {"Family name": "Byron"}, status=422)

    assert page.errors == [OLD_PAGE]
    assert page.value_of("Family name") == "Byron"
    assert delegate.family_name == "King"
    assert visitor.press("Save").summary_list["Name"] == "Ada Byron"


def test_a_booking_cannot_be_renamed_to_another_booked_person(visitor: Browser) -> None:
    make_delegate(given_names="Charles", family_name="Babbage")
    delegate = make_delegate()
    visitor.open(booking_url(delegate, "/name"))

    page = visitor.press("Save", given_names="Charles", family_name="Babbage", status=422)

    assert page.errors == ["There is already another booking with this name and email address"]
    assert delegate.given_names == "Ada"


def test_cancelling_a_booking_asks_for_confirmation(visitor: Browser) -> None:
    delegate = make_delegate()

    page = visitor.open(booking_url(delegate, "/cancel"))

    assert page.heading == "Cancel your booking?"
    assert delegate.is_attending
    assert page.follow("Keep my booking").heading == "Your booking"


def test_a_cancelled_place_is_free_immediately(visitor: Browser) -> None:
    delegate = make_delegate()
    set_places(1)
    visitor.open(booking_url(delegate, "/cancel"))

    page = visitor.press("Cancel my booking")

    assert page.heading == "Your booking has been cancelled"
    assert queries.get_seat_counts().remaining == 1
    assert page.links["Register again"] == "/register"
    assert "Cancel my booking" not in page.links
    letter = get_last_email_to("ada@example.org")
    assert "STATUS:CANCELLED" in letter.calendar
    assert "at 9:30am on Tuesday 12 May 2009" in page.text


def test_cancelling_twice_says_that_the_booking_was_cancelled_earlier(
    visitor: Browser, new_browser: Browsers
) -> None:
    delegate = make_delegate()
    second = new_browser()
    visitor.open(booking_url(delegate, "/cancel"))
    second.open(booking_url(delegate, "/cancel"))
    visitor.press("Cancel my booking")

    page = second.press("Cancel my booking")

    assert "This booking was cancelled earlier. Nothing has changed." in page.text
    assert queries.get_seat_counts().taken == 0
    assert len(list_emails_to("ada@example.org")) == 1


def test_a_cancelled_booking_does_not_ask_to_cancel_again(visitor: Browser) -> None:
    delegate = make_delegate(cancelled_at=clock.now())

    page = visitor.open(booking_url(delegate, "/cancel"))

    assert page.heading == "Your booking has been cancelled"


def test_a_booking_cancelled_meanwhile_cannot_be_updated(site: Flask) -> None:
    delegate = make_delegate(cancelled_at=clock.now())

    with pytest.raises(RuleViolation, match="has been cancelled"):
        services.update(delegate, delegate_record.to_answers(delegate), delegate.version)


def test_requirements_can_be_added_later(visitor: Browser) -> None:
    delegate = make_delegate()
    visitor.open(booking_url(delegate, "/access-needs"))

    answer = {"Tell us more (optional)": "A ramp"}
    page = visitor.press("Save", answer, status=422)
    assert page.errors == ["Tick the box if you agree, or delete what you have written"]
    page = page.press("Save", {CONSENT: True})

    assert page.summary_list["Access requirements"] == "A ramp"


def test_a_change_to_a_cancelled_booking_is_refused_with_a_message(visitor: Browser) -> None:
    delegate = make_delegate()
    form = visitor.open(booking_url(delegate, "/name"))
    with transaction():
        services.cancel(delegate)

    visitor.open(booking_url(delegate, "/name"), status=409)
    page = form.press("Save", {"Family name": "King"}, status=409)

    assert "This booking has been cancelled, so it cannot be changed" in page.text
    assert visitor.open(booking_url(delegate)).summary_list["Name"] == "Ada Lovelace"


def test_a_person_who_cancelled_can_register_again(visitor: Browser) -> None:
    delegate = make_delegate()
    with transaction():
        services.cancel(delegate)

    again = make_delegate()

    assert again.is_attending


@pytest.mark.both_databases
def test_two_concurrent_cancellations_release_one_place(site: Flask) -> None:
    make_delegate(given_names="Grace")
    delegate = make_delegate()
    number = delegate.id

    ended = run_concurrently(
        site, [lambda: services.cancel(db.session.get_one(Delegate, number))] * 2
    )

    assert ended == ["This booking has already been cancelled", "done"]
    assert queries.get_seat_counts().taken == 1


@pytest.mark.postgresql_only
def test_without_the_locks_two_cancellations_would_release_two_places(site: Flask) -> None:
    make_delegate(given_names="Grace")
    delegate = make_delegate()
    number = delegate.id
    db.session.commit()
    both_have_looked = Barrier(2)

    def cancel_carelessly() -> None:
        careless = db.session.get_one(Delegate, number)
        both_have_looked.wait()
        careless.cancel(clock.now())
        seats.release_seats((CONFERENCE,))

    assert run_concurrently(site, [cancel_carelessly] * 2) == ["done", "done"]
    assert queries.get_seat_counts().taken == 0


def test_opening_any_page_of_a_booking_changes_nothing(visitor: Browser) -> None:
    delegate = make_delegate(access="A ramp")
    sent: list[str] = []

    def note(*about: object) -> None:
        sent.append(str(about[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        for below in ("", "/name", "/work", "/days", "/address", "/cancel", "/erase"):
            visitor.open(booking_url(delegate, below))
        for below in ("/copy.json", "/calendar.ics"):
            visitor.fetch("GET", booking_url(delegate, below))
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    assert not [one for one in sent if re.match("INSERT|UPDATE|DELETE", one)]


@pytest.mark.parametrize("below", ["", "/name", "/address", "/cancel", "/erase", "/copy.json"])
def test_an_altered_booking_link_opens_nothing(visitor: Browser, below: str) -> None:
    token = links.booking_token(make_delegate())
    swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
    for wrong in (token[:-1], swapped, token + "A", token.upper(), "x", token.replace(".", "")):
        page = visitor.open(f"/booking/{wrong}{below}", status=404)
        assert page.heading == "This link does not open a booking"
        assert "Lovelace" not in page.source
        assert "Ada" not in page.text


@pytest.mark.parametrize("odd", ["%00", "%ff%fe", "%0d%0aSet-Cookie:x", "%E2%80%AE", "." * 3000])
def test_a_malformed_booking_link_opens_nothing(visitor: Browser, odd: str) -> None:
    visitor.open(f"/booking/{odd}", status=404)


def test_a_percent_encoded_booking_link_works(visitor: Browser) -> None:
    token = links.booking_token(make_delegate())
    assert visitor.open(f"/booking/{quote(token, safe='').replace('.', '%2E')}").status == 200


def test_booking_links_and_email_change_links_are_not_interchangeable(visitor: Browser) -> None:
    delegate = make_delegate(pending_email="new@example.org", pending_email_key="link 1")
    delegate.access_key = "link 1"

    visitor.open(f"/booking/{links.email_change_token(delegate)}", status=404)
    visitor.open(f"/booking/new-address/{links.booking_token(delegate)}", status=404)


def test_a_booking_link_signed_with_a_fallback_key_works(visitor: Browser, site: Flask) -> None:
    delegate = make_delegate()
    today = site.config["SECRET_KEY"]
    site.config["SECRET_KEY"] = "the key of last year, still known"
    address = booking_url(delegate)
    site.config["SECRET_KEY"] = today
    site.config["SECRET_KEY_FALLBACKS"] = ["the key of last year, still known"]

    assert visitor.open(address).heading == "Your booking"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_booking_pages_refuse_other_methods(visitor: Browser, method: str) -> None:
    visitor.send(method, booking_url(make_delegate()), status=405)


def test_a_booking_link_shows_nothing_of_other_delegates(visitor: Browser) -> None:
    make_delegate(given_names="Grace", email="grace@example.org", organisation="Navy")
    delegate = make_delegate()

    for below in ("", "/name", "/work", "/copy.json", "/calendar.ics"):
        answer = visitor.fetch("GET", booking_url(delegate, below))
        for words in (b"Grace", b"grace@", b"Navy"):
            assert words not in answer.data


def test_the_booking_page_shows_the_delivery_state_of_each_email(
    visitor: Browser, mailbox: MailServer
) -> None:
    delegate = make_delegate()
    form = visitor.open(booking_url(delegate, "/name"))
    page = form.press("Save", {"Family name": "King"})
    assert "Waiting to be sent to ada@example.org" in page.text

    deliver_emails()

    page = visitor.open(booking_url(delegate))
    assert "Accepted for delivery to ada@example.org at 9:30am on Tuesday 12 May 2009" in page.text


def test_the_booking_page_reports_an_undelivered_email(
    visitor: Browser, mailbox: MailServer
) -> None:
    delegate = make_delegate()
    visitor.open(booking_url(delegate, "/name")).press("Save", {"Family name": "King"})
    mailbox.refuse(550, "No such mailbox")

    deliver_emails()

    page = visitor.open(booking_url(delegate))
    assert "Could not be delivered to ada@example.org" in page.text
    assert "If the email address is wrong, change it above." in page.text
    assert "No such mailbox" not in page.text


def test_registration_reopens_when_someone_cancels(visitor: Browser) -> None:
    delegate = make_delegate()
    set_places(1)
    assert queries.get_registration_status().state == "full"
    with transaction():
        services.cancel(delegate)

    assert queries.get_registration_status().state == "open"


def test_a_booking_form_without_session_cookie_keeps_typed_values(
    visitor: Browser,
) -> None:
    delegate = make_delegate()
    page = visitor.open(booking_url(delegate, "/name"))
    visitor.delete_cookie("session")

    again = page.press("Save", {"Given names": "Augusta"}, status=422)

    assert again.errors == [COOKIE_MISSING]
    assert again.value_of("Given names") == "Augusta"
    assert visitor.open(booking_url(delegate)).summary_list["Name"] == "Ada Lovelace"
    assert again.press("Save").summary_list["Name"] == "Augusta Lovelace"


def test_a_cancellation_without_session_cookie_must_be_confirmed_again(visitor: Browser) -> None:
    delegate = make_delegate()
    page = visitor.open(booking_url(delegate, "/cancel"))
    visitor.delete_cookie("session")

    again = page.press("Cancel my booking", status=422)

    assert again.errors == [COOKIE_MISSING]
    assert visitor.open(booking_url(delegate)).heading == "Your booking"
    assert again.press("Cancel my booking").heading == "Your booking has been cancelled"


def test_the_booking_link_form_keeps_the_typed_email_address(visitor: Browser) -> None:
    page = visitor.open("/booking")
    visitor.delete_cookie("session")

    again = page.press("Email me the link", {"Email address": "ada@example.org"}, status=422)

    assert again.errors == [COOKIE_MISSING]
    assert again.value_of("Email address") == "ada@example.org"


def test_stale_errors_carry_the_current_version(site: Flask) -> None:
    set_places(40)
    delegate = make_delegate()
    opened = delegate.version
    with transaction():
        services.update(delegate, {"role": "Clerk"}, opened)

    with pytest.raises(StaleBooking) as late, transaction():
        services.update(delegate, {"role": "Poet"}, opened)
    with pytest.raises(conference_settings.StaleLimit) as full, transaction():
        conference_settings.change_limit(50, expected_limit=30, actor="Olga")

    assert (late.value.version, full.value.version) == (opened + 1, 40)


@pytest.mark.both_databases
def test_lock_in_order_locks_and_refreshes_only_the_given_bookings(
    site: Flask,
) -> None:
    first, second, _ = [make_delegate(email=f"{number}@example.org") for number in range(3)]

    with transaction():  # on PostgreSQL the row that was written last is read last
        own, other = db.session.merge(first), db.session.merge(second)
        of_second = update(Delegate).where(Delegate.id == other.id).values(badge_name="Bea")
        db.session.execute(of_second, execution_options={"synchronize_session": False})
        own.badge_name = "Ada"

        locked = operations.lock_in_order([other.id, own.id])

        assert locked == [own, other]
        assert [one.badge_name for one in locked] == ["Ada", "Bea"]


def test_removing_requirements_is_idempotent_and_recorded_in_the_history(site: Flask) -> None:
    needing = make_delegate(access="A ramp", dietary="No nuts")
    with transaction():
        requirement_cases.create_missing()

    def remove() -> tuple[bool, int]:
        with transaction():
            own = db.session.merge(needing)
            return operations.remove_needs(own, "Needs deleted", actor="Olga"), own.version

    version = needing.version
    assert remove() == (True, version + 1)
    assert remove() == (False, version + 1)

    assert get_requirements(db.session.merge(needing)) == ("", "")
    assert db.session.scalars(select(RequirementCase)).all() == []
    assert list_history(requirement_history.get_subject(needing)) == ["Needs deleted"]


def test_removing_requirements_deletes_private_custom_answers(
    site: Flask,
) -> None:
    question = make_question("Do you need a hearing loop?", readers=REGISTRATIONS)
    delegate = make_delegate()
    with transaction():
        own = db.session.merge(delegate)
        operations.apply_locked(own, {f"question_{question.id}": "Yes"}, actor="Olga")

    with transaction():
        assert operations.remove_needs(db.session.merge(delegate), "Needs deleted", actor="Olga")

    assert custom_answers.to_answers(db.session.merge(delegate)) == {}
