"""An invitation code registers its holder in its category with a reserved place."""

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
from tests.lookups import list_count_errors
from tests.races import run_concurrently
from tests.registration.races import find_without_lock_at_once
from tests.registration.test_categories import get_seats_and_taken
from tests.registration_flow import continue_to

GRACE = "grace@conference.example"
ENDED = "This invitation cannot be used"


def begin(visitor: Browser, invitation: InvitationCode) -> Page:
    return visitor.open(f"/register/invitation/{invitation.code}").press("Start now")


@pytest.mark.both_databases
def test_an_invitation_link_opens_a_category_by_code(visitor: Browser) -> None:
    press = make_category(5, name="Press", access=BY_CODE)
    make_category(name="Delegate")
    invitation = make_invitation(press)
    page = visitor.open(f"/register/invitation/{invitation.code}")
    assert page.heading == "You are invited"

    page = continue_to(page.press("Start now"))

    assert page.summary_list["Category"] == "Press"
    assert page.press("Confirm registration").heading == "You are registered"
    delegate = db.session.scalars(select(Delegate)).one()
    assert delegate.category_id == press.id
    assert get_seats_and_taken(seats.name_category_limit(press.id)) == (5, 1)
    page = visitor.open(f"/register/invitation/{invitation.code}", status=410)
    assert page.heading == ENDED
    assert "This invitation has been used." in page.text


def test_an_invitation_code_can_be_typed_in_any_case_with_spaces(visitor: Browser) -> None:
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
def test_a_place_kept_for_an_invitation_is_available_although_the_conference_is_full(
    visitor: Browser,
) -> None:
    set_places(2)
    press = make_category(name="Press", access=BY_CODE)
    make_category(name="Delegate")
    invitation = make_invitation(press, held=1)
    make_delegate(email="early@example.org")
    assert visitor.open("/register").heading == "The conference is full"

    page = continue_to(begin(visitor, invitation)).press("Confirm registration")

    assert page.heading == "You are registered"
    assert get_seats_and_taken(CONFERENCE) == (2, 2)
    assert list_count_errors() == []


@pytest.mark.both_databases
def test_kept_places_are_released_when_an_invitation_expires(site: Flask) -> None:
    press = make_category(3, name="Press", access=BY_CODE)
    make_invitation(press, uses=3, held=3)
    name = seats.name_category_limit(press.id)
    assert get_seats_and_taken(name) == (3, 3)
    assert list_count_errors() == []

    with time_machine.travel(clock.real_now() + timedelta(days=2), tick=False):
        with transaction():
            services.run_due()
        with transaction():
            services.run_due()

    assert get_seats_and_taken(name) == (3, 0)
    assert get_seats_and_taken(CONFERENCE)[1] == 0
    assert list_count_errors() == []


def test_the_invited_person_is_erased_a_month_after_the_code_expired(site: Flask) -> None:
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
def test_of_many_concurrent_uses_of_an_invitation_one_gets_the_place(site: Flask) -> None:
    press = make_category(name="Press", access=BY_CODE)
    invitation = make_invitation(press, held=1)
    code, number = invitation.code, press.id
    db.session.commit()

    ended = run_concurrently(site, [partial(_use, code, number, one) for one in range(8)])

    assert ended == ["This invitation has been used"] * 7 + ["done"]
    assert get_seats_and_taken(CONFERENCE)[1] == 1
    assert list_count_errors() == []


def _use_without_limits(site: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let two people use a single-use code without locking a limit; return the outcomes.

    Both read the limit before either uses the code.
    """
    press = make_category(name="Press", access=BY_CODE)
    invitation = make_invitation(press, held=1)
    code, number = invitation.code, press.id
    db.session.commit()
    monkeypatch.setattr(seats, "find_for_update", find_without_lock_at_once(2))
    return run_concurrently(site, [partial(_use, code, number, one) for one in range(2)])


@pytest.mark.postgresql_only
def test_the_invitation_lock_alone_prevents_a_second_use(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = _use_without_limits(site, monkeypatch)

    assert ended == ["This invitation has been used", "done"]
    assert list_count_errors() == []


@pytest.mark.postgresql_only
def test_without_the_lock_an_invitation_for_one_would_be_used_twice(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the lock, the test above fails."""
    together = Barrier(2)

    def only_look(code: str) -> InvitationCode:
        is_it = InvitationCode.code == code
        found = db.session.scalars(select(InvitationCode).where(is_it)).one()
        together.wait(20)  # both have looked before either writes
        return found

    monkeypatch.setattr(services, "_lock_open", only_look)

    assert _use_without_limits(site, monkeypatch) == ["done", "done"]
    assert list_count_errors() == ["1 place is counted as taken, but 2 delegates are attending."]


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


def test_confirming_with_a_withdrawn_invitation_is_refused_and_keeps_the_answers(
    visitor: Browser,
) -> None:
    press = make_category(name="Press", access=BY_CODE)
    make_category(name="Delegate")
    invitation = make_invitation(press)
    page = continue_to(begin(visitor, invitation))
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
def test_an_invitation_for_one_puts_one_person_on_the_waiting_list(
    full_press: InvitationCode, visitor: Browser, new_browser: Browsers
) -> None:
    second = continue_to(
        begin(new_browser(), full_press), name=("Bea", "Waite"), email="bea@example.org"
    )
    page = continue_to(begin(visitor, full_press)).press("Join the waiting list")
    assert page.heading == "Check your email"
    assert count_used(full_press) == 1

    page = second.press("Join the waiting list", status=422)

    assert page.errors == ["This invitation has been used"]
    assert db.session.scalars(select(WaitingListEntry.name)).all() == ["Ada Lovelace"]
    page = visitor.open(f"/register/invitation/{full_press.code}", status=410)
    assert page.heading == ENDED


@pytest.mark.both_databases
def test_joining_the_waiting_list_with_a_withdrawn_invitation_is_refused(
    full_press: InvitationCode, visitor: Browser
) -> None:
    page = continue_to(begin(visitor, full_press))
    with transaction():
        services.revoke(db.session.merge(full_press), actor=GRACE)

    page = page.press("Join the waiting list", status=422)

    assert page.errors == ["The organisers have withdrawn this invitation"]
    assert db.session.scalars(select(WaitingListEntry.name)).all() == []


@pytest.mark.both_databases
def test_leaving_the_waiting_list_makes_the_invitation_usable_again(
    full_press: InvitationCode, visitor: Browser
) -> None:
    continue_to(begin(visitor, full_press)).press("Join the waiting list")

    with transaction():
        waiting_list.leave(db.session.scalars(select(WaitingListEntry)).one())

    assert count_used(full_press) == 0


@pytest.mark.both_databases
def test_accepting_an_offer_keeps_the_invitation_used(
    full_press: InvitationCode, visitor: Browser
) -> None:
    continue_to(begin(visitor, full_press)).press("Join the waiting list")
    set_places(2)
    with transaction():
        offers.offer_places()

    with transaction():
        delegate = waiting_list.accept(db.session.scalars(select(WaitingListEntry)).one())
        category = delegate.category_id

    assert category == full_press.category_id
    assert count_used(full_press) == 1
    assert list_count_errors() == []


def test_another_category_can_be_chosen_and_the_invitation_stays_unused(visitor: Browser) -> None:
    press = make_category(name="Press", access=BY_CODE)
    make_category(name="Delegate")
    make_category(name="Student")
    invitation = make_invitation(press)
    page = continue_to(begin(visitor, invitation)).follow("Change category")
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
def test_wrong_invitation_links_are_rate_limited(
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


def test_valid_invitation_links_are_not_rate_limited(visitor: Browser) -> None:
    invitation = make_invitation(make_category(name="Press", access=BY_CODE))

    for _ in range(35):
        page = visitor.open(f"/register/invitation/{invitation.code}")

    assert page.heading == "You are invited"
