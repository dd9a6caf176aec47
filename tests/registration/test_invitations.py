"""Whoever has an invitation code registers in its category, with a place that is kept for them."""

from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.delegates.categories.models import BY_CODE
from app.delegates.models import CONFERENCE, Delegate, SeatLimit
from app.registration import seats
from app.registration.create_booking import create_booking
from app.registration.invitations import services
from app.registration.invitations.models import InvitationCode
from app.registration.waiting_list import offers
from app.registration.waiting_list import services as waiting_list
from app.registration.waiting_list.models import WaitingListEntry
from tests.browser import Browser, Browsers, Page
from tests.factories import make_category, make_delegate, make_invitation, set_places
from tests.lookups import list_miscounts
from tests.races import at_once
from tests.registration.races import look_together
from tests.registration.test_categories import standing
from tests.registration_flow import go_on

GRACE = "grace@conference.example"
ENDED = "This invitation cannot be used"


def begin(visitor: Browser, invitation: InvitationCode) -> Page:
    return visitor.open(f"/register/invitation/{invitation.code}").press("Start now")


@pytest.mark.both_databases
def test_a_link_opens_a_category_that_nobody_else_can_choose(visitor: Browser) -> None:
    press = make_category(5, name="Press", access=BY_CODE)
    make_category(name="Delegate")
    invitation = make_invitation(press)
    page = visitor.open(f"/register/invitation/{invitation.code}")
    assert page.heading == "You are invited"

    page = go_on(page.press("Start now"))

    assert page.summary_list["Category"] == "Press"
    assert page.press("Confirm registration").heading == "You are registered"
    delegate = db.session.scalars(select(Delegate)).one()
    assert delegate.category_id == press.id
    assert standing(seats.name_category_limit(press.id)) == (5, 1)
    page = visitor.open(f"/register/invitation/{invitation.code}", status=410)
    assert page.heading == ENDED
    assert "This invitation has been used." in page.text


def test_a_code_is_typed_by_hand_in_any_case_with_spaces(visitor: Browser) -> None:
    press = make_category(name="Press", access=BY_CODE)
    make_category(name="Delegate")
    invitation = make_invitation(press, code="BCDFGHJKMN")
    page = visitor.open("/register").follow("I have an invitation code")
    page = page.press("Continue", {"Invitation code": "wrong"}, status=422)
    assert page.errors == ["We cannot find this code. Check it and try again"]

    page = page.press("Continue", {"Invitation code": " bcdfg/hjkmn "})

    assert page.heading == "You are invited"
    assert invitation.code == "BCDFGHJKMN"


@pytest.mark.both_databases
def test_a_place_that_is_kept_is_there_although_the_conference_is_full(visitor: Browser) -> None:
    set_places(2)
    press = make_category(name="Press", access=BY_CODE)
    make_category(name="Delegate")
    invitation = make_invitation(press, held=1)
    make_delegate(email="early@example.org")
    assert visitor.open("/register").heading == "The conference is full"

    page = go_on(begin(visitor, invitation)).press("Confirm registration")

    assert page.heading == "You are registered"
    assert standing(CONFERENCE) == (2, 2)
    assert list_miscounts() == []


@pytest.mark.both_databases
def test_places_go_back_by_themselves_when_a_code_expires(site: Flask) -> None:
    press = make_category(3, name="Press", access=BY_CODE)
    make_invitation(press, uses=3, held=3)
    name = seats.name_category_limit(press.id)
    assert standing(name) == (3, 3)
    assert list_miscounts() == []

    with time_machine.travel(clock.real_now() + timedelta(days=2), tick=False):
        with transaction():
            services.run_due()
        with transaction():
            services.run_due()

    assert standing(name) == (3, 0)
    assert standing(CONFERENCE)[1] == 0
    assert list_miscounts() == []


def test_who_was_invited_is_forgotten_a_month_after_the_code_expired(site: Flask) -> None:
    press = make_category(name="Press", access=BY_CODE)
    invitation = make_invitation(press, email="eve@example.org", note="For Eve")

    known = []
    for days in (30, 32):
        with time_machine.travel(clock.real_now() + timedelta(days=days), tick=False):
            with transaction():
                services.purge_expired()
            db.session.refresh(invitation)
            known.append((invitation.email, invitation.note))
            db.session.rollback()

    assert known == [("eve@example.org", "For Eve"), ("", "")]


@pytest.mark.both_databases
def test_of_two_who_use_a_code_in_the_same_second_one_gets_the_place(site: Flask) -> None:
    press = make_category(name="Press", access=BY_CODE)
    invitation = make_invitation(press, held=1)
    code, number = invitation.code, press.id
    db.session.commit()

    ended = at_once(site, [partial(_use, code, number, one) for one in range(8)])

    assert ended == ["This invitation has been used"] * 7 + ["done"]
    assert standing(CONFERENCE)[1] == 1
    assert list_miscounts() == []


def _use_without_limits(site: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let two people use a code for one while nobody locks a limit; return how it ended.

    Both have looked at the limit before either uses the code.
    """
    press = make_category(name="Press", access=BY_CODE)
    invitation = make_invitation(press, held=1)
    code, number = invitation.code, press.id
    db.session.commit()
    monkeypatch.setattr(seats, "find_for_update", look_together(2))
    return at_once(site, [partial(_use, code, number, one) for one in range(2)])


@pytest.mark.postgresql_only
def test_the_lock_of_the_code_alone_lets_it_be_used_once(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = _use_without_limits(site, monkeypatch)

    assert ended == ["This invitation has been used", "done"]
    assert list_miscounts() == []


@pytest.mark.postgresql_only
def test_without_its_lock_a_code_for_one_would_be_used_by_two(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it shows that the story above can see the race."""
    together = Barrier(2)

    def only_look(code: str) -> InvitationCode:
        is_it = InvitationCode.code == code
        found = db.session.scalars(select(InvitationCode).where(is_it)).one()
        together.wait(20)  # both have looked before either writes
        return found

    monkeypatch.setattr(services, "_lock_open", only_look)

    assert _use_without_limits(site, monkeypatch) == ["done", "done"]
    assert list_miscounts() == ["1 place is counted as taken, but 2 delegates are attending."]


def _use(code: str, category_id: int, person: int) -> None:
    name = {"given_names": f"Person {person}", "family_name": "X", "badge_name": f"P {person}"}
    answers = {
        **name,
        "email": f"p{person}@example.org",
        "country": "GB",
        "days": "2009-06-10",
        "category": str(category_id),
    }
    create_booking(answers, "en", take_seat=lambda names, row: services.reserve(code, names, row))


def test_whoever_comes_too_late_with_a_code_is_told_and_keeps_their_answers(
    visitor: Browser,
) -> None:
    press = make_category(name="Press", access=BY_CODE)
    make_category(name="Delegate")
    invitation = make_invitation(press)
    page = go_on(begin(visitor, invitation))
    with transaction():
        services.revoke(db.session.merge(invitation), actor=GRACE)

    page = page.press("Confirm registration", status=422)

    assert page.errors == ["The organisers have withdrawn this invitation"]
    assert page.summary_list["Name"] == "Ada Lovelace"


@pytest.fixture
def full_press(site: Flask) -> InvitationCode:
    """Return a code for one person, whose category has places though the conference has none."""
    set_places(1)
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    press = make_category(5, name="Press", access=BY_CODE)
    make_category(name="Delegate")
    make_delegate(email="early@example.org")
    return make_invitation(press)


def count_used(invitation: InvitationCode) -> int:
    used = db.session.get_one(InvitationCode, invitation.id, populate_existing=True).used
    db.session.commit()
    return used


@pytest.mark.both_databases
def test_a_code_for_one_puts_one_person_on_the_waiting_list(
    full_press: InvitationCode, visitor: Browser, new_browser: Browsers
) -> None:
    second = go_on(begin(new_browser(), full_press), name=("Bea", "Waite"), email="bea@example.org")
    page = go_on(begin(visitor, full_press)).press("Join the waiting list")
    assert page.heading == "Check your email"
    assert count_used(full_press) == 1

    page = second.press("Join the waiting list", status=422)

    assert page.errors == ["This invitation has been used"]
    assert db.session.scalars(select(WaitingListEntry.name)).all() == ["Ada Lovelace"]
    page = visitor.open(f"/register/invitation/{full_press.code}", status=410)
    assert page.heading == ENDED


@pytest.mark.both_databases
def test_nobody_waits_for_a_place_with_a_code_that_was_withdrawn(
    full_press: InvitationCode, visitor: Browser
) -> None:
    page = go_on(begin(visitor, full_press))
    with transaction():
        services.revoke(db.session.merge(full_press), actor=GRACE)

    page = page.press("Join the waiting list", status=422)

    assert page.errors == ["The organisers have withdrawn this invitation"]
    assert db.session.scalars(select(WaitingListEntry.name)).all() == []


@pytest.mark.both_databases
def test_whoever_leaves_the_waiting_list_can_use_their_code_again(
    full_press: InvitationCode, visitor: Browser
) -> None:
    go_on(begin(visitor, full_press)).press("Join the waiting list")

    with transaction():
        waiting_list.leave(db.session.scalars(select(WaitingListEntry)).one())

    assert count_used(full_press) == 0


@pytest.mark.both_databases
def test_whoever_waited_with_a_code_gets_the_place_and_the_code_stays_used(
    full_press: InvitationCode, visitor: Browser
) -> None:
    go_on(begin(visitor, full_press)).press("Join the waiting list")
    set_places(2)
    with transaction():
        offers.offer_places()

    with transaction():
        delegate = waiting_list.accept(db.session.scalars(select(WaitingListEntry)).one())
        category = delegate.category_id

    assert category == full_press.category_id
    assert count_used(full_press) == 1
    assert list_miscounts() == []


def test_another_category_can_be_chosen_and_the_invitation_stays_unused(visitor: Browser) -> None:
    press = make_category(name="Press", access=BY_CODE)
    make_category(name="Delegate")
    make_category(name="Student")
    invitation = make_invitation(press)
    page = go_on(begin(visitor, invitation)).follow("Change category")
    assert [one for one in page.labels if one in {"Press", "Delegate", "Student"}] == [
        "Press",
        "Delegate",
        "Student",
    ]

    page = page.press("Continue", {"How will you attend?": "Student"})
    page.press("Confirm registration")

    db.session.expire_all()
    assert db.session.get_one(InvitationCode, invitation.id).used == 0
    assert db.session.get(SeatLimit, seats.name_category_limit(press.id)) is None


@pytest.mark.both_databases
def test_wrong_links_are_refused_after_thirty_an_hour_and_then_right_ones_too(
    visitor: Browser,
) -> None:
    invitation = make_invitation(make_category(name="Press", access=BY_CODE))
    right = f"/register/invitation/{invitation.code}"
    for number in range(30):
        visitor.open(f"/register/invitation/WRONG{number:05}", status=404)

    wrong = visitor.open("/register/invitation/WRONGAGAIN", status=429)

    refused = visitor.open(right, status=429)
    same = [
        one.text.rpartition("this reference: ")[0] for one in (wrong, refused)
    ]  # each has its own
    assert same[0] == same[1] != ""
    assert (wrong.heading, "Retry-After" in wrong.headers) == ("Too many requests", True)
    with time_machine.travel(clock.real_now() + timedelta(hours=1, seconds=1), tick=False):
        assert visitor.open(right).heading == "You are invited"


def test_a_right_link_is_not_counted(visitor: Browser) -> None:
    invitation = make_invitation(make_category(name="Press", access=BY_CODE))

    for _ in range(35):
        page = visitor.open(f"/register/invitation/{invitation.code}")

    assert page.heading == "You are invited"
