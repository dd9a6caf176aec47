"""Expressions of interest: organisers invite some people and email the others."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread, current_thread, main_thread
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, event, select
from sqlalchemy.orm import Session

from app import clock
from app.database import db, transaction
from app.delegates.answer_json import dump_answers
from app.delegates.categories.models import BY_INTEREST, RegistrationCategory
from app.delegates.categories.queries import INVITATION
from app.delegates.models import CONFERENCE, Delegate
from app.registration import category_services as categories
from app.registration import seats
from app.registration.bookings import data_export, erasure, operations
from app.registration.category_services import CategoryInUse
from app.registration.create_booking import CATEGORY_GONE
from app.registration.interest import services
from app.registration.interest.models import ExpressionOfInterest
from app.registration.interest.services import AlreadyDecided, Invitation
from app.registration.invitations import services as invitations
from app.registration.invitations.models import InvitationCode
from app.registration.invitations.services import InvitationEnded
from app.registration.question_promises import is_answered
from app.registration.waiting_list import services as waiting_list
from tests.browser import Browser, Page
from tests.factories import (
    make_category,
    make_delegate,
    make_interest,
    make_question,
    make_waiting_list_entry,
    sign_in,
)
from tests.lookups import list_count_errors, list_history
from tests.races import run_while_locked
from tests.registration.test_categories import get_seats_and_taken
from tests.registration_flow import answer_questions, continue_to
from tests.sent_emails import find_link, get_last_email_to, list_emails_to, list_subjects_to

GRACE = "grace@conference.example"
RECEIVED = "We have received your expression of interest in Tides and Harbours"
INVITED = "You are invited to register for Tides and Harbours"
DECLINED = "We cannot invite you to Tides and Harbours this time"
LINK = "Express your interest: Summer school"
EXPIRES = "2009-06-01T12:00"


def make_school(places: int | None = None, **values: Any) -> RegistrationCategory:
    """Save a category by selection, beside an open one."""
    values = {"name": "Summer school", "access": BY_INTEREST, **values}
    school = make_category(places, **values)
    make_category(name="Delegate")
    return school


def express(visitor: Browser, name: str = "Ada", **answers: Any) -> Page:
    page = visitor.open("/register").follow(LINK)
    typed = {
        "Given names": name,
        "Family name": "Lovelace",
        "What is your email address?": f"{name.lower()}@example.org",
    }
    return page.press("Send", {**typed, **answers})


def open_own_interest(visitor: Browser, name: str = "Ada") -> Page:
    letters = list_emails_to(f"{name.lower()}@example.org")
    letter = next(one for one in reversed(letters) if "/interest/" in one.text)
    return visitor.open(find_link(letter, "/interest/"))


def get_interest() -> ExpressionOfInterest:
    db.session.rollback()
    found = select(ExpressionOfInterest).order_by(ExpressionOfInterest.id)
    return db.session.scalars(found).first()  # type: ignore[return-value]


def invite(*, is_held: bool = False, days: int = 7) -> None:
    with transaction():
        invitation = Invitation(clock.now() + timedelta(days=days), is_held, "Bring a laptop.")
        services.invite_all([db.session.merge(get_interest())], invitation, actor=GRACE)


def change(action: Callable[..., None], *values: Any, **named: Any) -> None:
    with transaction():
        action(db.session.merge(get_interest()), *values, **named)


@pytest.mark.both_databases
def test_an_interested_person_is_invited_and_registers_with_known_answers(
    visitor: Browser,
) -> None:
    why = make_question("Why would you like to come?", is_required=True)
    school = make_school(5, interest_questions=str(why.id))
    assert "Summer school" not in visitor.open("/register").follow("Start now").text.replace(
        LINK, ""
    )

    page = express(visitor, **{"Why would you like to come?": "For the tides"})

    assert page.heading == "Check your email"
    assert list_subjects_to("ada@example.org") == [RECEIVED]
    assert get_seats_and_taken(seats.name_category_limit(school.id)) == (5, 0)
    page = open_own_interest(visitor)
    assert page.heading == "We have received your expression of interest"
    assert page.summary_list["Why would you like to come?"] == "For the tides"

    sign_in(visitor)
    page = visitor.open("/organise").follow("1 expression of interest to decide")
    page = page.follow("Ada Lovelace")
    assert page.summary_list["Why would you like to come?"] == "For the tides"
    page = page.press("Invite")
    assert page.heading == "Invite 1 person?"
    page = page.press(
        "Invite",
        {
            "Expires": EXPIRES,
            "Keep places for these people": True,
            "Message to the person (optional)": "Welcome.",
        },
    )

    assert page.summary_list["State"] == "Invited"
    assert get_seats_and_taken(seats.name_category_limit(school.id)) == (5, 1)
    letter = get_last_email_to("ada@example.org")
    assert letter.subject == INVITED
    assert "Message from the organisers: Welcome." in letter.text
    assert "We are keeping a place for you until then." in letter.text
    page = open_own_interest(visitor)
    assert page.heading == "You are invited"
    page = visitor.open(find_link(letter, "/register/invitation/")).press("Start now")
    page = continue_to(page)
    assert page.summary_list["Name"] == "Ada Lovelace"
    assert page.summary_list["Why would you like to come?"] == "For the tides"
    assert page.press("Confirm registration").heading == "You are registered"

    delegate = db.session.scalars(select(Delegate)).one()
    assert (delegate.category_id, delegate.email) == (school.id, "ada@example.org")
    assert get_seats_and_taken(seats.name_category_limit(school.id)) == (5, 1)
    interest = get_interest()
    assert (interest.state, interest.document) == ("registered", "")
    assert interest.delegate_id == delegate.id
    assert open_own_interest(visitor).heading == "You have a place"
    assert "Expressed interest" in visitor.open(f"/organise/delegates/{delegate.reference}").text
    copy = data_export.export_delegate(db.session.get_one(Delegate, delegate.id))
    assert [one["state"] for one in copy["expressions_of_interest"]] == ["registered"]
    assert list_count_errors() == []
    with transaction():
        operations.cancel(db.session.get_one(Delegate, delegate.id), actor="grace@example.org")
    assert open_own_interest(visitor).heading == "You no longer have a place"


def test_declined_expressions_of_interest_are_emailed_once(visitor: Browser) -> None:
    make_school()
    express(visitor)
    express(visitor, "Bea")
    sign_in(visitor)
    page = visitor.open("/organise/interest?state=interested")
    assert page.text.count("@example.org") == 2

    page = page.press("Decline", {"Select Ada Lovelace": True})
    assert page.heading == "Decline 1 person?"
    page = page.press("Decline", {"Message to the person (optional)": "Next year."})

    letter = get_last_email_to("ada@example.org")
    assert letter.subject == DECLINED
    assert "Message from the organisers: Next year." in letter.text
    assert list_subjects_to("bea@example.org") == [RECEIVED]
    assert open_own_interest(visitor).heading == "We cannot invite you this time"
    page = visitor.open("/organise/interest")
    page = page.press("Decline", {"Select Ada Lovelace": True})
    assert page.heading == "Nothing to do"
    assert list_subjects_to("ada@example.org").count(DECLINED) == 1
    with pytest.raises(AlreadyDecided):
        change(lambda one: services.decline_all([one], actor=GRACE))


@pytest.mark.both_databases
def test_withdrawing_an_interest_frees_the_kept_place(visitor: Browser) -> None:
    school = make_school(3)
    express(visitor)
    invite(is_held=True)
    assert get_seats_and_taken(seats.name_category_limit(school.id)) == (3, 1)
    link = find_link(get_last_email_to("ada@example.org"), "/register/invitation/")
    page = open_own_interest(visitor).follow("Withdraw")

    page = page.press("Withdraw")

    assert page.heading == "You have withdrawn"
    assert get_seats_and_taken(seats.name_category_limit(school.id)) == (3, 0)
    assert visitor.open(link, status=410).heading == "This invitation cannot be used"
    assert get_interest().document == ""
    assert list_count_errors() == []


def test_an_invitation_that_has_ended_can_be_sent_again(visitor: Browser) -> None:
    school = make_school(3)
    express(visitor)
    invite(is_held=True, days=1)
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        with transaction():
            invitations.run_due()
        assert open_own_interest(visitor).heading == "Your invitation has ended"
        assert get_seats_and_taken(seats.name_category_limit(school.id)) == (3, 0)

        invite(is_held=True)

        assert open_own_interest(visitor).heading == "You are invited"
        assert get_seats_and_taken(seats.name_category_limit(school.id)) == (3, 1)
    assert list_count_errors() == []


def test_an_interested_person_is_not_invited_twice(visitor: Browser) -> None:
    make_school()
    express(visitor)
    invite()

    with pytest.raises(AlreadyDecided):
        invite()

    assert list_subjects_to("ada@example.org") == [RECEIVED, INVITED]


def test_expressing_interest_does_not_reveal_existing_places_or_interests(visitor: Browser) -> None:
    make_school()
    new = express(visitor)
    again = express(visitor)
    make_delegate(given_names="Cleo", family_name="Lovelace", email="cleo@example.org")
    registered = express(visitor, "Cleo")

    assert new.text == again.text == registered.text
    assert list_subjects_to("ada@example.org") == [RECEIVED, RECEIVED]
    assert list_subjects_to("cleo@example.org")[0].startswith("You already have a place")
    assert len(db.session.scalars(select(ExpressionOfInterest)).all()) == 1


def test_getting_a_place_otherwise_closes_the_expression_of_interest(visitor: Browser) -> None:
    school = make_school(3)
    express(visitor)
    invite(is_held=True)

    answer_questions(visitor).press("Confirm registration")

    assert get_interest().state == "registered"
    assert get_seats_and_taken(seats.name_category_limit(school.id)) == (3, 0)
    assert open_own_interest(visitor).links["See your booking"]
    assert list_count_errors() == []


def test_an_invalid_interest_form_keeps_typed_values(visitor: Browser) -> None:
    make_school()
    page = visitor.open("/register").follow(LINK)

    page = page.press("Send", {"Given names": "Ada"}, status=422)

    assert page.errors == ["Enter your email address"]
    assert page.value_of("Given names") == "Ada"
    typed = {"What is your email address?": "ada@gmial.com"}
    page = page.press("Send", typed, status=422)
    assert page.errors == ["Check your email address: did you mean ada@gmail.com?"]
    assert page.press("Send").heading == "Check your email"


def test_interest_cannot_be_expressed_after_its_closing_date(visitor: Browser) -> None:
    school = make_school(interest_closes_at=clock.now() + timedelta(days=1))
    page = visitor.open(f"/register/interest/{school.id}")
    assert LINK in visitor.open("/register").links
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        page = page.press("Send", {"Given names": "Ada"}, status=409)

        assert page.heading == "Expressions of interest have closed"
        assert LINK not in visitor.open("/register").links
    assert get_interest() is None
    other = make_category(name="Crew")
    visitor.open(f"/register/interest/{other.id}", status=404)


def test_interest_emails_to_one_address_are_limited_to_five_a_day(visitor: Browser) -> None:
    make_school()
    for _ in range(5):
        express(visitor)

    page = visitor.open("/register").follow(LINK)
    typed = {"Given names": "Eve", "What is your email address?": "ADA@example.org"}
    page = page.press("Send", typed, status=429)

    assert page.value_of("Given names") == "Eve"
    assert len(list_subjects_to("ada@example.org")) == 5


def test_bulk_invitations_that_keep_places_are_all_or_none(visitor: Browser) -> None:
    school = make_school(1)
    for name in ("Ada", "Bea"):
        make_interest(name=name, category_id=school.id)
    sign_in(visitor)
    page = visitor.open("/organise/interest")
    page = page.press("Invite", {"Select Ada": True, "Select Bea": True})

    page = page.press(
        "Invite", {"Expires": EXPIRES, "Keep places for these people": True}, status=422
    )

    assert page.errors == ["All places in this category are taken"]
    assert page.value_of("Expires") == EXPIRES
    assert get_interest().state == "interested"
    page = page.press("Invite", {"Keep places for these people": False})
    assert {row["State"].split()[0] for row in page.rows} == {"Invited"}
    assert get_seats_and_taken(seats.name_category_limit(school.id)) == (1, 0)


def test_the_interest_export_has_the_answers(visitor: Browser) -> None:
    why = make_question("Why?")
    school = make_school(interest_questions=str(why.id))
    document = f'{{"question_{why.id}": "For the tides"}}'
    make_interest(category_id=school.id, document=document)
    sign_in(visitor)

    page = visitor.open("/organise/interest").press("Download as CSV")

    assert "For the tides" in page.source
    assert "Bea Waite" in page.source
    assert list_history(services.HISTORY_SUBJECT) == ["Exported 1 expression of interest"]
    assert is_answered(why.id)


def test_a_category_with_expressions_of_interest_cannot_be_deleted(visitor: Browser) -> None:
    school = make_school()
    express(visitor)

    with pytest.raises(CategoryInUse, match="1 person is"), transaction():
        categories.delete(db.session.merge(school), actor=GRACE)


@pytest.mark.both_databases
def test_expressions_of_interest_are_deleted_a_month_after_they_end(visitor: Browser) -> None:
    school = make_school(3)
    express(visitor)
    express(visitor, "Bea")
    invite(is_held=True, days=365)
    change(services.withdraw)
    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        with transaction():
            services.purge_expired()
        assert get_interest().name == "Bea Lovelace"
    invite(is_held=True, days=365)
    with time_machine.travel(clock.now() + timedelta(days=200), tick=False):
        with transaction():
            services.purge_expired()
        assert get_interest() is None
    assert get_seats_and_taken(seats.name_category_limit(school.id)) == (3, 0)
    assert list_count_errors() == []


def test_erasing_a_booking_erases_its_expression_of_interest(visitor: Browser) -> None:
    make_school()
    express(visitor)
    answer_questions(visitor).press("Confirm registration")
    delegate = db.session.scalars(select(Delegate)).one()

    with transaction():
        erasure.erase(db.session.merge(delegate))

    assert get_interest() is None


def test_erasing_a_booking_erases_the_recipient_of_its_invitation_code(visitor: Browser) -> None:
    make_school()
    express(visitor)
    invite(days=200)
    delegate = make_delegate(email="Ada@example.org", given_names="Ada")

    with transaction():
        erasure.erase(db.session.merge(delegate))

    code = db.session.scalars(select(InvitationCode)).one()
    assert (code.email, code.note) == ("", "")


def test_the_team_can_create_a_category_by_interest_and_see_its_link(visitor: Browser) -> None:
    make_question("Why?")
    sign_in(visitor)
    page = visitor.open("/organise/categories/_add")
    chosen = "People you choose from those who express an interest"
    page = page.press(
        "Add this category",
        {
            "Name": "Summer school",
            "Who can choose it?": chosen,
            "Questions to ask people who would like to come (optional)": ["Why?"],
        },
    )

    assert page.summary_list["Who can choose it"] == chosen
    assert "/register/interest/" in page.text
    assert "Expressions of interest" in page.links
    page = visitor.open(f"/register/interest/{page.address.rpartition('/')[2]}")
    assert "Why? (optional)" in page.labels


@pytest.mark.both_databases
def test_a_code_used_to_join_the_waiting_list_ends_with_withdrawal(visitor: Browser) -> None:
    school = make_school(1)
    make_delegate(category_id=school.id, email="first@example.org")
    express(visitor)
    invite()
    invitation = get_interest().invitation
    assert invitation is not None
    code = invitation.code
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    document = dump_answers({INVITATION: code})
    entry = make_waiting_list_entry(category_id=school.id, document=document)
    with transaction():
        seats.lock_limit(CONFERENCE)
        invitations.spend(code)

    change(services.withdraw)
    with transaction():
        waiting_list.leave(db.session.merge(entry))

    with pytest.raises(InvitationEnded, match="withdrawn this invitation"):
        invitations.accept(code)
    assert list_count_errors() == []


def press_invite(organiser: Browser, *names: str, status: int = 200, **answers: Any) -> Page:
    ticked = {f"Select {name}": True for name in names}
    organiser.open("/organise/interest").press("Invite", ticked)
    return organiser.press("Invite", {"Expires": EXPIRES, **answers}, status=status)


NAMES = ("Ada", "Bea", "Cy", "Dee", "Eve")


def make_five(places: int) -> None:
    school = make_school(places)
    for name in NAMES:
        make_interest(category_id=school.id, name=name, email=f"{name.lower()}@example.org")


@pytest.mark.both_databases
def test_bulk_invitations_are_sent_in_batches_and_to_nobody_twice(
    visitor: Browser, site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_five(10)
    monkeypatch.setattr(services, "BATCH_SIZE", 2)
    organiser = sign_in(visitor)

    def decline_cy() -> None:
        with site.app_context(), transaction():
            cy = db.session.scalars(select(ExpressionOfInterest).filter_by(name="Cy")).one()
            if cy.state == "interested" and list_subjects_to("bea@example.org"):
                services.decline_all([cy], actor=GRACE)

    def come_between(_: Session) -> None:
        """Let another organiser decide about Cy after the first two have been invited."""
        if current_thread() is main_thread():
            colleague = Thread(target=decline_cy)
            colleague.start()
            colleague.join(60)

    event.listen(db.session, "after_commit", come_between)
    try:
        page = press_invite(organiser, *NAMES, status=422)
    finally:
        event.remove(db.session, "after_commit", come_between)

    assert page.errors == [
        "2 people have been invited, but not the others: Cy can no longer be invited"
    ]
    assert [len(list_emails_to(f"{name.lower()}@example.org")) for name in NAMES] == [1, 1, 1, 0, 0]
    press_invite(organiser, *NAMES)
    subjects = [list_subjects_to(f"{name.lower()}@example.org") for name in NAMES]
    assert subjects == [[INVITED], [INVITED], [DECLINED], [INVITED], [INVITED]]
    codes = select(InvitationCode.email).order_by(InvitationCode.email)
    assert len(db.session.scalars(codes).all()) == 4


@pytest.mark.both_databases
@pytest.mark.parametrize("gone", ["Cy", "Eve"])
def test_people_deleted_during_bulk_invitations_are_skipped_by_name(
    visitor: Browser, site: Flask, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    make_five(10)
    monkeypatch.setattr(services, "BATCH_SIZE", 2)
    organiser = sign_in(visitor)

    def delete_one() -> None:
        with site.app_context(), transaction():
            if list_subjects_to("bea@example.org"):
                db.session.execute(delete(ExpressionOfInterest).filter_by(name=gone))

    def come_between(_: Session) -> None:
        """Let the worker delete what one has asked for after the first two have been invited."""
        if current_thread() is main_thread():
            worker = Thread(target=delete_one)
            worker.start()
            worker.join(60)

    event.listen(db.session, "after_commit", come_between)
    try:
        page = press_invite(organiser, *NAMES)
    finally:
        event.remove(db.session, "after_commit", come_between)

    assert page.heading == "Done, except for what is no longer there"
    assert (
        f"1 of those you selected is no longer in the list, so it is skipped. {gone}" in page.text
    )
    subjects = {name: list_subjects_to(f"{name.lower()}@example.org") for name in NAMES}
    assert subjects == {name: [] if name == gone else [INVITED] for name in NAMES}


@pytest.mark.postgresql_only
def test_people_deleted_during_bulk_declines_are_skipped_by_name(
    visitor: Browser, site: Flask
) -> None:
    make_five(10)
    organiser = sign_in(visitor)
    organiser.open("/organise/interest")
    form = organiser.press("Decline", {f"Select {name}": True for name in NAMES})

    run_while_locked(
        site,
        lambda: db.session.execute(delete(ExpressionOfInterest).filter_by(name="Dee")),
        lambda: None,
        lambda: form.press("Decline"),
    )

    assert organiser.page.heading == "Done, except for what is no longer there"
    assert "“Decline” was done for the rest." in organiser.page.text
    assert "so it is skipped. Dee" in organiser.page.text
    subjects = [list_subjects_to(f"{name.lower()}@example.org") for name in NAMES]
    assert subjects == [[DECLINED], [DECLINED], [DECLINED], [], [DECLINED]]


def test_bulk_invitations_without_enough_places_invite_nobody(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_five(4)
    monkeypatch.setattr(services, "BATCH_SIZE", 2)
    organiser = sign_in(visitor)

    page = press_invite(organiser, *NAMES, status=422, **{"Keep places for these people": True})

    assert page.errors == ["All places in this category are taken"]
    assert [list_emails_to(f"{name.lower()}@example.org") for name in NAMES] == [[]] * 5
    assert list_count_errors() == []


def test_typed_values_are_kept_if_the_category_was_deleted_meanwhile(visitor: Browser) -> None:
    make_school(5)
    form = visitor.open("/register").follow(LINK)
    with transaction():  # in another process, so that this one does not know yet
        db.session.execute(delete(RegistrationCategory))

    typed = {
        "Given names": "Ada",
        "Family name": "Lovelace",
        "What is your email address?": "ada@example.org",
    }
    page = form.press("Send", typed, status=422)

    assert page.errors == [CATEGORY_GONE]
    assert page.value_of("Given names") == "Ada"
    assert list_emails_to("ada@example.org") == []
