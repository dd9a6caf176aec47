"""People say that they would like to come, organisers select some, and the others are told."""

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
from tests.lookups import list_history, list_miscounts
from tests.races import cross
from tests.registration.test_categories import standing
from tests.registration_flow import answer_questions, go_on
from tests.sent_emails import emails_to, find_link, last_email_to, subjects_to

GRACE = "grace@conference.example"
RECEIVED = "We have received your expression of interest in Tides and Harbours"
INVITED = "You are invited to register for Tides and Harbours"
DECLINED = "We cannot invite you to Tides and Harbours this time"
LINK = "Express your interest: Summer school"
EXPIRES = "2009-06-01T12:00"


def make_school(places: int | None = None, **values: Any) -> RegistrationCategory:
    """Save a category for whose people the organisers choose, beside one for everybody."""
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


def own_page(visitor: Browser, name: str = "Ada") -> Page:
    letters = emails_to(f"{name.lower()}@example.org")
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
def test_somebody_who_would_like_to_come_is_selected_and_registers_with_what_is_known(
    visitor: Browser,
) -> None:
    why = make_question("Why would you like to come?", is_required=True)
    school = make_school(5, interest_questions=str(why.id))
    assert "Summer school" not in visitor.open("/register").follow("Start now").text.replace(
        LINK, ""
    )

    page = express(visitor, **{"Why would you like to come?": "For the tides"})

    assert page.heading == "Check your email"
    assert subjects_to("ada@example.org") == [RECEIVED]
    assert standing(seats.name_category_limit(school.id)) == (5, 0)
    page = own_page(visitor)
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
    assert standing(seats.name_category_limit(school.id)) == (5, 1)
    letter = last_email_to("ada@example.org")
    assert letter.subject == INVITED
    assert "Message from the organisers: Welcome." in letter.text
    assert "We are keeping a place for you until then." in letter.text
    page = own_page(visitor)
    assert page.heading == "You are invited"
    page = visitor.open(find_link(letter, "/register/invitation/")).press("Start now")
    page = go_on(page)
    assert page.summary_list["Name"] == "Ada Lovelace"
    assert page.summary_list["Why would you like to come?"] == "For the tides"
    assert page.press("Confirm registration").heading == "You are registered"

    delegate = db.session.scalars(select(Delegate)).one()
    assert (delegate.category_id, delegate.email) == (school.id, "ada@example.org")
    assert standing(seats.name_category_limit(school.id)) == (5, 1)
    interest = get_interest()
    assert (interest.state, interest.document) == ("registered", "")
    assert interest.delegate_id == delegate.id
    assert own_page(visitor).heading == "You have a place"
    assert "Expressed interest" in visitor.open(f"/organise/delegates/{delegate.reference}").text
    copy = data_export.export_delegate(db.session.get_one(Delegate, delegate.id))
    assert [one["state"] for one in copy["expressions_of_interest"]] == ["registered"]
    assert list_miscounts() == []
    with transaction():
        operations.cancel(db.session.get_one(Delegate, delegate.id), actor="grace@example.org")
    assert own_page(visitor).heading == "You no longer have a place"


def test_those_who_are_not_selected_are_told_once(visitor: Browser) -> None:
    make_school()
    express(visitor)
    express(visitor, "Bea")
    sign_in(visitor)
    page = visitor.open("/organise/interest?state=interested")
    assert page.text.count("@example.org") == 2

    page = page.press("Decline", {"Select Ada Lovelace": True})
    assert page.heading == "Decline 1 person?"
    page = page.press("Decline", {"Message to the person (optional)": "Next year."})

    letter = last_email_to("ada@example.org")
    assert letter.subject == DECLINED
    assert "Message from the organisers: Next year." in letter.text
    assert subjects_to("bea@example.org") == [RECEIVED]
    assert own_page(visitor).heading == "We cannot invite you this time"
    page = visitor.open("/organise/interest")
    page = page.press("Decline", {"Select Ada Lovelace": True})
    assert page.heading == "Nothing to do"
    assert subjects_to("ada@example.org").count(DECLINED) == 1
    with pytest.raises(AlreadyDecided):
        change(lambda one: services.decline_all([one], actor=GRACE))


@pytest.mark.both_databases
def test_somebody_withdraws_and_the_place_that_was_kept_is_free(visitor: Browser) -> None:
    school = make_school(3)
    express(visitor)
    invite(is_held=True)
    assert standing(seats.name_category_limit(school.id)) == (3, 1)
    link = find_link(last_email_to("ada@example.org"), "/register/invitation/")
    page = own_page(visitor).follow("Withdraw")

    page = page.press("Withdraw")

    assert page.heading == "You have withdrawn"
    assert standing(seats.name_category_limit(school.id)) == (3, 0)
    assert visitor.open(link, status=410).heading == "This invitation cannot be used"
    assert get_interest().document == ""
    assert list_miscounts() == []


def test_an_invitation_that_has_ended_can_be_sent_again(visitor: Browser) -> None:
    school = make_school(3)
    express(visitor)
    invite(is_held=True, days=1)
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        with transaction():
            invitations.run_due()
        assert own_page(visitor).heading == "Your invitation has ended"
        assert standing(seats.name_category_limit(school.id)) == (3, 0)

        invite(is_held=True)

        assert own_page(visitor).heading == "You are invited"
        assert standing(seats.name_category_limit(school.id)) == (3, 1)
    assert list_miscounts() == []


def test_nobody_is_invited_twice_at_once(visitor: Browser) -> None:
    make_school()
    express(visitor)
    invite()

    with pytest.raises(AlreadyDecided):
        invite()

    assert subjects_to("ada@example.org") == [RECEIVED, INVITED]


def test_a_stranger_learns_nothing_of_who_has_a_place_or_has_asked(visitor: Browser) -> None:
    make_school()
    new = express(visitor)
    again = express(visitor)
    make_delegate(given_names="Cleo", family_name="Lovelace", email="cleo@example.org")
    registered = express(visitor, "Cleo")

    assert new.text == again.text == registered.text
    assert subjects_to("ada@example.org") == [RECEIVED, RECEIVED]
    assert subjects_to("cleo@example.org")[0].startswith("You already have a place")
    assert len(db.session.scalars(select(ExpressionOfInterest)).all()) == 1


def test_whoever_gets_a_place_in_another_way_is_no_longer_on_the_list(visitor: Browser) -> None:
    school = make_school(3)
    express(visitor)
    invite(is_held=True)

    answer_questions(visitor).press("Confirm registration")

    assert get_interest().state == "registered"
    assert standing(seats.name_category_limit(school.id)) == (3, 0)
    assert own_page(visitor).links["See your booking"]
    assert list_miscounts() == []


def test_a_form_with_faults_keeps_what_was_typed(visitor: Browser) -> None:
    make_school()
    page = visitor.open("/register").follow(LINK)

    page = page.press("Send", {"Given names": "Ada"}, status=422)

    assert page.errors == ["Enter your email address"]
    assert page.value_of("Given names") == "Ada"
    typed = {"What is your email address?": "ada@gmial.com"}
    page = page.press("Send", typed, status=422)
    assert page.errors == ["Check your email address: did you mean ada@gmail.com?"]
    assert page.press("Send").heading == "Check your email"


def test_nobody_can_express_interest_once_it_is_too_late(visitor: Browser) -> None:
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


def test_one_address_is_not_sent_more_than_five_emails_a_day(visitor: Browser) -> None:
    make_school()
    for _ in range(5):
        express(visitor)

    page = visitor.open("/register").follow(LINK)
    typed = {"Given names": "Eve", "What is your email address?": "ADA@example.org"}
    page = page.press("Send", typed, status=429)

    assert page.value_of("Given names") == "Eve"
    assert len(subjects_to("ada@example.org")) == 5


def test_many_are_invited_or_nobody_if_there_are_too_few_places(visitor: Browser) -> None:
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
    assert standing(seats.name_category_limit(school.id)) == (1, 0)


def test_the_file_has_the_answers(visitor: Browser) -> None:
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


def test_a_category_that_people_would_like_to_come_in_is_not_deleted(visitor: Browser) -> None:
    school = make_school()
    express(visitor)

    with pytest.raises(CategoryInUse, match="1 person is"), transaction():
        categories.delete(db.session.merge(school), actor=GRACE)


@pytest.mark.both_databases
def test_it_is_deleted_a_month_after_it_ended_or_after_the_conference(visitor: Browser) -> None:
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
    assert standing(seats.name_category_limit(school.id)) == (3, 0)
    assert list_miscounts() == []


def test_erasing_a_booking_erases_what_was_expressed_before(visitor: Browser) -> None:
    make_school()
    express(visitor)
    answer_questions(visitor).press("Confirm registration")
    delegate = db.session.scalars(select(Delegate)).one()

    with transaction():
        erasure.erase(db.session.merge(delegate))

    assert get_interest() is None


def test_erasing_a_booking_erases_whom_a_code_was_sent_to(visitor: Browser) -> None:
    make_school()
    express(visitor)
    invite(days=200)
    delegate = make_delegate(email="Ada@example.org", given_names="Ada")

    with transaction():
        erasure.erase(db.session.merge(delegate))

    code = db.session.scalars(select(InvitationCode)).one()
    assert (code.email, code.note) == ("", "")


def test_the_team_makes_such_a_category_and_sees_its_link(visitor: Browser) -> None:
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
def test_a_code_that_was_used_to_wait_is_worth_nothing_after_withdrawing(visitor: Browser) -> None:
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
    assert list_miscounts() == []


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
def test_many_are_invited_in_short_transactions_and_nobody_twice(
    visitor: Browser, site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_five(10)
    monkeypatch.setattr(services, "BATCH_SIZE", 2)
    organiser = sign_in(visitor)

    def decline_cy() -> None:
        with site.app_context(), transaction():
            cy = db.session.scalars(select(ExpressionOfInterest).filter_by(name="Cy")).one()
            if cy.state == "interested" and subjects_to("bea@example.org"):
                services.decline_all([cy], actor=GRACE)

    def come_between(_: Session) -> None:
        """Let somebody else decide about Cy after the first two have been invited."""
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
    assert [len(emails_to(f"{name.lower()}@example.org")) for name in NAMES] == [1, 1, 1, 0, 0]
    press_invite(organiser, *NAMES)
    subjects = [subjects_to(f"{name.lower()}@example.org") for name in NAMES]
    assert subjects == [[INVITED], [INVITED], [DECLINED], [INVITED], [INVITED]]
    codes = select(InvitationCode.email).order_by(InvitationCode.email)
    assert len(db.session.scalars(codes).all()) == 4


@pytest.mark.both_databases
@pytest.mark.parametrize("gone", ["Cy", "Eve"])
def test_whoever_is_deleted_while_many_are_invited_is_left_out_by_name(
    visitor: Browser, site: Flask, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    make_five(10)
    monkeypatch.setattr(services, "BATCH_SIZE", 2)
    organiser = sign_in(visitor)

    def delete_one() -> None:
        with site.app_context(), transaction():
            if subjects_to("bea@example.org"):
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
    subjects = {name: subjects_to(f"{name.lower()}@example.org") for name in NAMES}
    assert subjects == {name: [] if name == gone else [INVITED] for name in NAMES}


@pytest.mark.postgresql_only
def test_whoever_is_deleted_while_many_are_declined_is_left_out_by_name(
    visitor: Browser, site: Flask
) -> None:
    make_five(10)
    organiser = sign_in(visitor)
    organiser.open("/organise/interest")
    form = organiser.press("Decline", {f"Select {name}": True for name in NAMES})

    cross(
        site,
        lambda: db.session.execute(delete(ExpressionOfInterest).filter_by(name="Dee")),
        lambda: None,
        lambda: form.press("Decline"),
    )

    assert organiser.page.heading == "Done, except for what is no longer there"
    assert "“Decline” was done for the rest." in organiser.page.text
    assert "so it is skipped. Dee" in organiser.page.text
    subjects = [subjects_to(f"{name.lower()}@example.org") for name in NAMES]
    assert subjects == [[DECLINED], [DECLINED], [DECLINED], [], [DECLINED]]


def test_places_are_kept_for_all_who_are_invited_or_nobody_is(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_five(4)
    monkeypatch.setattr(services, "BATCH_SIZE", 2)
    organiser = sign_in(visitor)

    page = press_invite(organiser, *NAMES, status=422, **{"Keep places for these people": True})

    assert page.errors == ["All places in this category are taken"]
    assert [emails_to(f"{name.lower()}@example.org") for name in NAMES] == [[]] * 5
    assert list_miscounts() == []


def test_what_was_typed_is_not_lost_if_the_category_has_just_been_deleted(visitor: Browser) -> None:
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
    assert emails_to("ada@example.org") == []
