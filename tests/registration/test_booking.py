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
from tests.lookups import address_of, get_needs, list_history
from tests.mail_server import MailServer
from tests.races import at_once
from tests.registration_flow import CONSENT, DAYS, SHOWN_BACK, THURSDAY, WEDNESDAY, answer_questions
from tests.sent_emails import deliver_emails, emails_to, find_link, last_email_to, subjects_to

COOKIE_MISSING = (
    "Your browser is blocking our cookie, so nothing has been saved. "
    "Allow cookies for this site in your browser settings, then try again"
)
OLD_PAGE = (
    "Your booking changed in another window after you opened this page. "
    "Check your answer, then save it again"
)


def test_the_letter_s_link_shows_all_that_was_told(visitor: Browser) -> None:
    delegate = make_delegate(reference="BCDF2345", access="A ramp", dietary="No nuts")

    page = visitor.open(address_of(delegate))

    assert page.heading == "Your booking"
    assert page.text_by_id("reference") == "BCDF2345"
    assert page.summary_list == {
        **SHOWN_BACK,
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


def test_a_ticket_says_when_doors_open_on_the_days_of_the_booking(
    visitor: Browser, frozen_time: Any
) -> None:
    delegate = make_delegate(days="2009-06-11")
    with transaction():
        get_conference().doors_open = "08:00, 08:30"
    publish_programme()

    assert visitor.open(address_of(delegate)).summary_list["Doors open"] == "8:30am"
    frozen_time.move_to("2009-06-12T00:00:00+01:00")
    assert "Doors open" not in visitor.open(address_of(delegate)).summary_list


def test_from_the_first_question_to_the_cancelled_place(
    visitor: Browser, mailbox: MailServer
) -> None:
    set_places(1)
    answer_questions(visitor).press("Confirm registration")
    letter = last_email_to("ada@example.org")
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
    assert [letter.split(":")[0] for letter in subjects_to("ada@example.org")] == [
        "You are registered for Tides and Harbours",
        "Your booking has been changed",
        "Your booking has been cancelled",
    ]


def test_names_are_changed_and_the_letter_tells_old_and_new(visitor: Browser) -> None:
    delegate = make_delegate(badge_name="Ada")
    visitor.open(address_of(delegate, "/name"))

    page = visitor.press(
        "Save", {"Family name": "King", "Name on your badge (optional)": "Ada King"}
    )

    assert page.heading == "Your booking"
    assert page.summary_list["Name"] == "Ada King"
    assert "Your changes have been saved" in page.text
    letter = last_email_to("ada@example.org")
    assert "Family name:\n\nBefore: Lovelace\nNow: King\n" in letter.text
    assert "Name on your badge:\n\nBefore: Ada\nNow: Ada King\n" in letter.text
    assert "Organisation" not in letter.text


def test_days_are_changed_and_the_calendar_entry_follows(visitor: Browser) -> None:
    delegate = make_delegate()
    form = visitor.open(address_of(delegate, "/days"))
    assert WEDNESDAY in form.text
    assert THURSDAY in form.text
    assert "Friday 12 June" not in form.text

    page = visitor.press("Save", {"Which days will you attend?": ["Thursday 11 June 2009"]})

    assert page.summary_list["Days"] == "Thursday 11 June 2009"
    letter = last_email_to("ada@example.org")
    both = "Wednesday 10 June 2009, Thursday 11 June 2009"
    told = f"Days you will attend:\n\nBefore: {both}\nNow: Thursday 11 June 2009\n"
    assert letter.text.count(told) == 1
    assert "DTSTART;VALUE=DATE:20090611" in letter.calendar
    assert "SEQUENCE:1" in letter.calendar


def test_days_are_changed_on_the_page_of_the_booking_itself(visitor: Browser) -> None:
    delegate = make_delegate()
    visitor.open(address_of(delegate))

    page = visitor.press("Save days", {DAYS: [THURSDAY]})

    assert (page.heading, page.summary_list["Days"]) == ("Your booking", THURSDAY)
    assert "Your changes have been saved" in page.text
    assert visitor.press("Save days", {DAYS: [THURSDAY]}).summary_list["Days"] == THURSDAY
    assert subjects_to("ada@example.org") == [
        f"Your booking has been changed: {delegate.reference}"
    ]


def test_no_day_at_all_is_refused_and_the_question_asked_again(visitor: Browser) -> None:
    delegate = make_delegate()
    visitor.open(address_of(delegate))

    page = visitor.press("Save days", {DAYS: []}, status=422)

    assert (page.heading, page.errors) == (DAYS, ["Choose at least one day"])
    assert visitor.press("Save", {DAYS: [WEDNESDAY]}).summary_list["Days"] == WEDNESDAY


def test_days_from_an_old_page_of_the_booking_overwrite_nothing(
    visitor: Browser, new_browser: Browsers
) -> None:
    delegate = make_delegate()
    visitor.open(address_of(delegate))
    other = new_browser()
    other.open(address_of(delegate))
    other.press("Save days", {DAYS: [WEDNESDAY]})

    page = visitor.press("Save days", {DAYS: [THURSDAY]}, status=422)

    assert page.errors == [OLD_PAGE]
    assert visitor.open(address_of(delegate)).summary_list["Days"] == WEDNESDAY


def test_days_are_not_asked_about_where_there_is_nothing_to_choose(visitor: Browser) -> None:
    with transaction():
        own = make_category(name="Day visitor", days="2009-06-11")
    delegate = make_delegate(category_id=own.id, days="2009-06-11")

    assert "Save days" not in visitor.open(address_of(delegate)).buttons


def test_work_and_country_are_changed(visitor: Browser) -> None:
    delegate = make_delegate()
    visitor.open(address_of(delegate, "/work"))

    page = visitor.press("Save", {"Your role (optional)": "", "Country": "France"})

    assert (page.summary_list["Role"], page.summary_list["Country"]) == ("Not given", "France")
    letter = last_email_to("ada@example.org")
    assert "Before: United Kingdom\nNow: France" in letter.text
    assert "Before: Member\nNow: Not given" in letter.text


@pytest.mark.parametrize(
    ("below", "question"),
    [
        ("access-needs", "Tell us more (optional)"),
        ("dietary-needs", "Tell us more (optional)"),
    ],
)
def test_needs_are_changed_but_in_no_letter(visitor: Browser, below: str, question: str) -> None:
    delegate = make_delegate(access="A ramp", dietary="No nuts")
    visitor.open(address_of(delegate, f"/{below}"))

    visitor.press("Save", {question: "A quiet seat"})

    letter = last_email_to("ada@example.org")
    for words in ("A quiet seat", "A ramp", "No nuts"):
        assert words.encode() not in letter.raw
    assert letter.subject == f"Your requirements have been changed: {delegate.reference}"
    assert "Your access or dietary requirements for Tides and Harbours have been" in letter.text
    [entry] = history.list_entries(requirement_history.get_subject(delegate))
    assert entry.summary == requirement_history.CHANGED


def test_needs_that_are_taken_back_are_gone(visitor: Browser) -> None:
    delegate = make_delegate(access="A ramp")
    visitor.open(address_of(delegate, "/access-needs"))

    page = visitor.press("Save", {"Tell us more (optional)": ""})

    assert page.summary_list["Access requirements"] == "None"
    assert delegate.needs is None


def test_saving_what_is_there_already_does_nothing(visitor: Browser) -> None:
    delegate = make_delegate()
    visitor.open(address_of(delegate, "/name"))

    page = visitor.press("Save")

    assert page.heading == "Your booking"
    assert "saved" not in page.text
    assert emails_to("ada@example.org") == []
    assert delegate.version == 0


def test_a_mistake_is_told_beside_the_question_and_nothing_changes(visitor: Browser) -> None:
    delegate = make_delegate()
    visitor.open(address_of(delegate, "/name"))

    page = visitor.press("Save", given_names="", family_name="King", status=422)

    assert page.errors == ["Enter your given names"]
    assert page.value_of("Family name") == "King"
    assert delegate.family_name == "Lovelace"


def test_an_old_tab_cannot_undo_a_newer_change_unseen(
    visitor: Browser, new_browser: Browsers
) -> None:
    delegate = make_delegate()
    other_tab = new_browser()
    visitor.open(address_of(delegate, "/name"))
    other_tab.open(address_of(delegate, "/name"))
    other_tab.press("Save", {"Family name": "King"})

    page = visitor.press("Save", {"Family name": "Byron"}, status=422)

    assert page.errors == [OLD_PAGE]
    assert page.value_of("Family name") == "Byron"
    assert delegate.family_name == "King"
    assert visitor.press("Save").summary_list["Name"] == "Ada Byron"


def test_nobody_becomes_somebody_who_has_a_booking_already(visitor: Browser) -> None:
    make_delegate(given_names="Charles", family_name="Babbage")
    delegate = make_delegate()
    visitor.open(address_of(delegate, "/name"))

    page = visitor.press("Save", given_names="Charles", family_name="Babbage", status=422)

    assert page.errors == ["There is already another booking with this name and email address"]
    assert delegate.given_names == "Ada"


def test_cancelling_asks_first(visitor: Browser) -> None:
    delegate = make_delegate()

    page = visitor.open(address_of(delegate, "/cancel"))

    assert page.heading == "Cancel your booking?"
    assert delegate.is_attending
    assert page.follow("Keep my booking").heading == "Your booking"


def test_a_cancelled_place_is_free_at_once(visitor: Browser) -> None:
    delegate = make_delegate()
    set_places(1)
    visitor.open(address_of(delegate, "/cancel"))

    page = visitor.press("Cancel my booking")

    assert page.heading == "Your booking has been cancelled"
    assert queries.get_seat_counts().remaining == 1
    assert page.links["Register again"] == "/register"
    assert "Cancel my booking" not in page.links
    letter = last_email_to("ada@example.org")
    assert "STATUS:CANCELLED" in letter.calendar
    assert "at 9:30am on Tuesday 12 May 2009" in page.text


def test_cancelling_twice_says_that_it_is_done(visitor: Browser, new_browser: Browsers) -> None:
    delegate = make_delegate()
    second = new_browser()
    visitor.open(address_of(delegate, "/cancel"))
    second.open(address_of(delegate, "/cancel"))
    visitor.press("Cancel my booking")

    page = second.press("Cancel my booking")

    assert "This booking was cancelled earlier. Nothing has changed." in page.text
    assert queries.get_seat_counts().taken == 0
    assert len(emails_to("ada@example.org")) == 1


def test_the_question_about_cancelling_is_not_asked_again(visitor: Browser) -> None:
    delegate = make_delegate(cancelled_at=clock.now())

    page = visitor.open(address_of(delegate, "/cancel"))

    assert page.heading == "Your booking has been cancelled"


def test_what_is_cancelled_meanwhile_is_not_changed(site: Flask) -> None:
    delegate = make_delegate(cancelled_at=clock.now())

    with pytest.raises(RuleViolation, match="has been cancelled"):
        services.update(delegate, delegate_record.to_answers(delegate), delegate.version)


def test_needs_can_be_told_later(visitor: Browser) -> None:
    delegate = make_delegate()
    visitor.open(address_of(delegate, "/access-needs"))

    answer = {"Tell us more (optional)": "A ramp"}
    page = visitor.press("Save", answer, status=422)
    assert page.errors == ["Tick the box if you agree, or delete what you have written"]
    page = page.press("Save", {CONSENT: True})

    assert page.summary_list["Access requirements"] == "A ramp"


def test_a_cancelled_booking_cannot_be_changed(visitor: Browser) -> None:
    delegate = make_delegate()
    form = visitor.open(address_of(delegate, "/name"))
    with transaction():
        services.cancel(delegate)

    visitor.open(address_of(delegate, "/name"), status=409)
    page = form.press("Save", {"Family name": "King"}, status=409)

    assert "This booking has been cancelled, so it cannot be changed" in page.text
    assert visitor.open(address_of(delegate)).summary_list["Name"] == "Ada Lovelace"


def test_who_cancelled_may_register_again(visitor: Browser) -> None:
    delegate = make_delegate()
    with transaction():
        services.cancel(delegate)

    again = make_delegate()

    assert again.is_attending


@pytest.mark.both_databases
def test_two_who_cancel_at_once_give_one_place_back(site: Flask) -> None:
    make_delegate(given_names="Grace")
    delegate = make_delegate()
    number = delegate.id

    ended = at_once(site, [lambda: services.cancel(db.session.get_one(Delegate, number))] * 2)

    assert ended == ["This booking has already been cancelled", "done"]
    assert queries.get_seat_counts().taken == 1


@pytest.mark.postgresql_only
def test_without_the_locks_the_race_above_is_seen(site: Flask) -> None:
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

    assert at_once(site, [cancel_carelessly] * 2) == ["done", "done"]
    assert queries.get_seat_counts().taken == 0


def test_opening_any_page_of_a_booking_changes_nothing(visitor: Browser) -> None:
    delegate = make_delegate(access="A ramp")
    sent: list[str] = []

    def note(*about: object) -> None:
        sent.append(str(about[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        for below in ("", "/name", "/work", "/days", "/address", "/cancel", "/erase"):
            visitor.open(address_of(delegate, below))
        for below in ("/copy.json", "/calendar.ics"):
            visitor.fetch("GET", address_of(delegate, below))
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    assert not [one for one in sent if re.match("INSERT|UPDATE|DELETE", one)]


@pytest.mark.parametrize("below", ["", "/name", "/address", "/cancel", "/erase", "/copy.json"])
def test_a_link_that_is_not_quite_right_opens_nothing(visitor: Browser, below: str) -> None:
    token = links.booking_token(make_delegate())
    swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
    for wrong in (token[:-1], swapped, token + "A", token.upper(), "x", token.replace(".", "")):
        page = visitor.open(f"/booking/{wrong}{below}", status=404)
        assert page.heading == "This link does not open a booking"
        assert "Lovelace" not in page.source
        assert "Ada" not in page.text


@pytest.mark.parametrize("odd", ["%00", "%ff%fe", "%0d%0aSet-Cookie:x", "%E2%80%AE", "." * 3000])
def test_an_oddly_written_link_opens_nothing(visitor: Browser, odd: str) -> None:
    visitor.open(f"/booking/{odd}", status=404)


def test_the_same_link_written_in_percent_codes_is_the_same_link(visitor: Browser) -> None:
    token = links.booking_token(make_delegate())
    assert visitor.open(f"/booking/{quote(token, safe='').replace('.', '%2E')}").status == 200


def test_a_link_for_one_thing_opens_nothing_else(visitor: Browser) -> None:
    delegate = make_delegate(pending_email="new@example.org", pending_email_key="link 1")
    delegate.access_key = "link 1"

    visitor.open(f"/booking/{links.email_change_token(delegate)}", status=404)
    visitor.open(f"/booking/new-address/{links.booking_token(delegate)}", status=404)


def test_a_link_signed_with_an_older_key_still_works(visitor: Browser, site: Flask) -> None:
    delegate = make_delegate()
    today = site.config["SECRET_KEY"]
    site.config["SECRET_KEY"] = "the key of last year, still known"
    address = address_of(delegate)
    site.config["SECRET_KEY"] = today
    site.config["SECRET_KEY_FALLBACKS"] = ["the key of last year, still known"]

    assert visitor.open(address).heading == "Your booking"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(visitor: Browser, method: str) -> None:
    visitor.send(method, address_of(make_delegate()), status=405)


def test_one_delegate_s_link_shows_nothing_of_another(visitor: Browser) -> None:
    make_delegate(given_names="Grace", email="grace@example.org", organisation="Navy")
    delegate = make_delegate()

    for below in ("", "/name", "/work", "/copy.json", "/calendar.ics"):
        answer = visitor.fetch("GET", address_of(delegate, below))
        for words in (b"Grace", b"grace@", b"Navy"):
            assert words not in answer.data


def test_the_booking_page_says_what_became_of_each_letter(
    visitor: Browser, mailbox: MailServer
) -> None:
    delegate = make_delegate()
    form = visitor.open(address_of(delegate, "/name"))
    page = form.press("Save", {"Family name": "King"})
    assert "Waiting to be sent to ada@example.org" in page.text

    deliver_emails()

    page = visitor.open(address_of(delegate))
    assert "Accepted for delivery to ada@example.org at 9:30am on Tuesday 12 May 2009" in page.text


def test_a_letter_that_cannot_be_delivered_says_so(visitor: Browser, mailbox: MailServer) -> None:
    delegate = make_delegate()
    visitor.open(address_of(delegate, "/name")).press("Save", {"Family name": "King"})
    mailbox.refuse(550, "No such mailbox")

    deliver_emails()

    page = visitor.open(address_of(delegate))
    assert "Could not be delivered to ada@example.org" in page.text
    assert "If the email address is wrong, change it above." in page.text
    assert "No such mailbox" not in page.text


def test_full_house_opens_when_somebody_cancels(visitor: Browser) -> None:
    delegate = make_delegate()
    set_places(1)
    assert queries.get_registration_status().state == "full"
    with transaction():
        services.cancel(delegate)

    assert queries.get_registration_status().state == "open"


def test_a_change_from_a_page_open_for_too_long_is_kept_to_be_sent_again(
    visitor: Browser,
) -> None:
    delegate = make_delegate()
    page = visitor.open(address_of(delegate, "/name"))
    visitor.delete_cookie("session")

    again = page.press("Save", {"Given names": "Augusta"}, status=422)

    assert again.errors == [COOKIE_MISSING]
    assert again.value_of("Given names") == "Augusta"
    assert visitor.open(address_of(delegate)).summary_list["Name"] == "Ada Lovelace"
    assert again.press("Save").summary_list["Name"] == "Augusta Lovelace"


def test_a_place_is_not_given_up_from_a_page_open_for_too_long(visitor: Browser) -> None:
    delegate = make_delegate()
    page = visitor.open(address_of(delegate, "/cancel"))
    visitor.delete_cookie("session")

    again = page.press("Cancel my booking", status=422)

    assert again.errors == [COOKIE_MISSING]
    assert visitor.open(address_of(delegate)).heading == "Your booking"
    assert again.press("Cancel my booking").heading == "Your booking has been cancelled"


def test_the_address_typed_to_get_a_link_again_is_kept(visitor: Browser) -> None:
    page = visitor.open("/booking")
    visitor.delete_cookie("session")

    again = page.press("Email me the link", {"Email address": "ada@example.org"}, status=422)

    assert again.errors == [COOKIE_MISSING]
    assert again.value_of("Email address") == "ada@example.org"


def test_whoever_comes_too_late_is_told_the_version_to_expect(site: Flask) -> None:
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
def test_several_bookings_are_locked_in_one_order_as_they_are_now_and_no_other(
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


def test_what_a_delegate_needs_is_deleted_with_a_line_in_the_history_and_once(site: Flask) -> None:
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

    assert get_needs(db.session.merge(needing)) == ("", "")
    assert db.session.scalars(select(RequirementCase)).all() == []
    assert list_history(requirement_history.get_subject(needing)) == ["Needs deleted"]


def test_answers_that_only_few_may_read_are_deleted_of_whoever_needs_nothing_else(
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
