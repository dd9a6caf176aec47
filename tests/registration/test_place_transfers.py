"""A delegate passes their place to a colleague, and there is never a second one."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.database import db, transaction
from app.delegates.categories.models import BY_CODE
from app.delegates.models import CONFERENCE, Delegate
from app.registration import links, seats
from app.registration.bookings import operations
from app.registration.transfers import services
from app.registration.transfers.models import PlaceTransfer
from app.registration.transfers.services import Colleague
from app.registration.waiting_list.models import IN_QUEUE, LEFT, OFFERED
from tests.browser import Browser, Browsers, Page
from tests.factories import make_category, make_delegate, make_waiting_list_entry, set_places
from tests.lookups import list_count_errors
from tests.races import run_concurrently
from tests.registration.test_categories import get_seats_and_taken
from tests.registration.test_session_booking_races import book, list_bookings, make_rooms
from tests.registration_answers import build_answers
from tests.registration_flow import NO_REQUIREMENTS, continue_to
from tests.sent_emails import find_link, get_last_email_to, list_subjects_to

COLLEAGUE = "bea@example.org"
FORM = {"Your colleague’s name": "Bea Waite", "Your colleague’s email address": COLLEAGUE}
ANSWERS = build_answers(given_names="Bea", family_name="Waite", badge_name="Bea", email=COLLEAGUE)


def open_booking(visitor: Browser, delegate: Delegate) -> Page:
    return visitor.open(f"/booking/{links.booking_token(delegate)}")


def offer_place(visitor: Browser, delegate: Delegate) -> Page:
    page = open_booking(visitor, delegate).follow("Give your place to a colleague")
    return page.press("Offer my place", FORM)


def take(colleague: Browser) -> Page:
    page = colleague.open(find_link(get_last_email_to(COLLEAGUE), "/place/")).press("Start now")
    return answer(page).press("Confirm registration")


def answer(page: Page) -> Page:
    """Answer what is asked: not the email address, which is that of the offer."""
    return continue_to(page, name=("Bea", "Waite"), answers=NO_REQUIREMENTS)


def list_attending() -> list[str]:
    db.session.rollback()
    found = select(Delegate.given_names).where(Delegate.cancelled_at.is_(None))
    return sorted(db.session.scalars(found))


@pytest.mark.both_databases
def test_a_colleague_takes_over_a_place_and_both_are_emailed(
    visitor: Browser, new_browser: Browsers
) -> None:
    set_places(1)
    student = make_category(1, name="Student")
    ada = make_delegate(category_id=student.id, access="A ramp")

    page = offer_place(visitor, ada)

    assert "You have offered your place to Bea Waite" in page.text
    letter = get_last_email_to(COLLEAGUE)
    assert letter.subject == "Ada Lovelace has offered you their place at Tides and Harbours"
    assert "Days: Wednesday 10 to Thursday 11 June 2009\nVenue: Whitby" in letter.text
    page = take(new_browser())
    assert page.heading == "You are registered"
    assert list_attending() == ["Bea"]
    assert get_seats_and_taken(CONFERENCE) == (1, 1)
    assert get_seats_and_taken(seats.name_category_limit(student.id)) == (1, 1)
    bea = db.session.scalars(select(Delegate).where(Delegate.email == COLLEAGUE)).one()
    assert (bea.category_id, bea.needs) == (student.id, None)
    assert list_subjects_to(COLLEAGUE)[-1].startswith("You are registered for Tides and Harbours")
    assert get_last_email_to("ada@example.org").subject == (
        "Bea Waite now has your place at Tides and Harbours"
    )
    page = open_booking(visitor, ada)
    assert page.heading == "You gave your place to a colleague"
    db.session.rollback()
    assert db.session.get_one(Delegate, ada.id).needs is None
    again = new_browser().open(find_link(letter, "/place/"), status=410)
    assert "This place has already been taken." in again.text
    assert list_count_errors() == []


def test_transferring_a_place_passes_open_offers_to_the_next_in_the_waiting_list(
    visitor: Browser, new_browser: Callable[[], Browser]
) -> None:
    set_places(5)
    member, student = make_category(name="Member"), make_category(1, name="Student")
    early = make_delegate(category_id=student.id, email="early@example.org")
    ada = make_delegate(category_id=member.id)
    of_ada = make_waiting_list_entry(category_id=student.id, delegate_id=ada.id)
    cy = make_waiting_list_entry(category_id=student.id, email="cy@example.org")
    with transaction():
        operations.cancel(db.session.merge(early), actor="Olga")

    def states() -> list[str]:
        for one in (of_ada, cy):
            db.session.refresh(one)
        return [of_ada.state, cy.state]

    assert states() == [OFFERED, IN_QUEUE]
    offer_place(visitor, ada)
    take(new_browser())

    assert states() == [LEFT, OFFERED]
    assert list_count_errors() == []


@pytest.mark.both_databases
def test_seats_can_be_transferred_with_the_place(visitor: Browser, new_browser: Browsers) -> None:
    make_rooms(3)
    set_places(5)
    ada = make_delegate()
    book(ada.id, "knots")

    offer_place(visitor, ada)
    take(new_browser())

    bea = db.session.scalars(select(Delegate).where(Delegate.email == COLLEAGUE)).one()
    assert list_bookings() == {bea.id: ["knots"]}
    assert list_count_errors() == []


def test_seats_not_transferred_with_the_place_are_released(
    visitor: Browser, new_browser: Browsers
) -> None:
    make_rooms(3)
    ada = make_delegate()
    book(ada.id, "knots")
    page = open_booking(visitor, ada).follow("Give your place to a colleague")
    page.press("Offer my place", {**FORM, "Give them my seats in sessions too": False})

    take(new_browser())

    assert list_bookings() == {}
    assert list_count_errors() == []


def test_a_withdrawn_place_transfer_cannot_be_accepted(
    visitor: Browser, new_browser: Browsers
) -> None:
    ada = make_delegate()
    page = offer_place(visitor, ada)
    colleague = new_browser()
    begun = colleague.open(find_link(get_last_email_to(COLLEAGUE), "/place/")).press("Start now")
    check = answer(begun)

    page = page.press("Keep my place")

    assert "Your place is no longer offered to anyone." in page.text
    page = check.press("Confirm registration", status=409)
    assert page.heading == "This place is not available"
    assert list_attending() == ["Ada"]


def test_a_place_transfer_expires_after_seven_days(
    visitor: Browser, frozen_time: Any, new_browser: Browsers
) -> None:
    ada = make_delegate()
    offer_place(visitor, ada)
    frozen_time.move_to("2009-05-19T09:31:00+01:00")

    address = find_link(get_last_email_to(COLLEAGUE), "/place/")

    assert new_browser().open(address, status=410).heading == "This place is not available"
    assert "You have offered" not in open_booking(visitor, ada).text
    assert "You have offered your place" in offer_place(visitor, ada).text


def test_a_place_by_invitation_can_be_transferred_only_if_organisers_allow_it(
    visitor: Browser,
) -> None:
    press = make_category(name="Press", access=BY_CODE)
    ada = make_delegate(category_id=press.id)
    assert "Give your place to a colleague" not in open_booking(visitor, ada).links
    page = visitor.open(f"/booking/{links.booking_token(ada)}/pass-on")
    page = page.press("Offer my place", FORM, status=422)
    assert page.errors == [
        "You cannot give a place in your category to someone else. Contact the organisers"
    ]

    with transaction():
        db.session.merge(press).allows_transfer = True

    assert "You have offered your place" in offer_place(visitor, ada).text


def test_a_colleague_who_has_a_place_cannot_take_over_another(
    visitor: Browser, new_browser: Browsers
) -> None:
    ada = make_delegate()
    make_delegate(given_names="Bea", family_name="Waite", email=COLLEAGUE)
    offer_place(visitor, ada)
    page = new_browser().open(find_link(get_last_email_to(COLLEAGUE), "/place/")).press("Start now")

    page = answer(page).press("Confirm registration", status=409)

    assert "You already have a place, so this one stays with your colleague." in page.text
    assert list_attending() == ["Ada", "Bea"]


@pytest.mark.both_databases
def test_concurrent_accepting_cancelling_and_keeping_never_creates_a_second_place(
    site: Flask,
) -> None:
    set_places(4)
    offers = []
    for number in range(4):
        one = make_delegate(email=f"p{number}@example.org", given_names=f"P{number}")
        with transaction():
            delegate = db.session.merge(one)
            colleague = Colleague(f"C{number} X", f"c{number}@example.org")
            with site.test_request_context("/"):
                offers.append((one.id, services.offer(delegate, colleague, actor="x").access_key))

    def accept(key: str, number: int) -> None:
        answers = {**ANSWERS, "email": f"c{number}@example.org", "place_transfer": key}
        with transaction(), site.test_request_context("/"):
            services.accept(answers, "en")

    def cancel(number: int) -> None:
        with transaction():
            operations.cancel(db.session.get_one(Delegate, number), actor="delegate")

    deeds: list[Callable[[], None]] = []
    for position, (number, key) in enumerate(offers):
        deeds.append(lambda key=key, position=position: accept(key, position))  # type: ignore[misc]
        deeds.append(lambda number=number: cancel(number))  # type: ignore[misc]

    run_concurrently(site, deeds)

    taken = get_seats_and_taken(CONFERENCE)[1]
    assert len(list_attending()) == taken <= 4
    states = db.session.scalars(select(PlaceTransfer.state)).all()
    assert states.count("accepted") == taken
    assert list_count_errors() == []


def offer_one_place(site: Flask) -> str:
    """Offer a place to a colleague; return the key of the offer."""
    set_places(4)
    one = make_delegate(email="p@example.org", given_names="P")
    with transaction(), site.test_request_context("/"):
        colleague = Colleague("C X", "c0@example.org")
        return services.offer(db.session.merge(one), colleague, actor="x").access_key


def take_place(site: Flask, key: str, number: int) -> None:
    answers = {**ANSWERS, "email": f"c{number}@example.org", "place_transfer": key}
    with transaction(), site.test_request_context("/"):
        services.accept(answers, "en")


@pytest.mark.both_databases
def test_of_two_who_take_over_the_same_place_concurrently_one_gets_it(site: Flask) -> None:
    key = offer_one_place(site)

    ended = run_concurrently(
        site, [lambda: take_place(site, key, 0), lambda: take_place(site, key, 1)]
    )

    assert ended == ["This place has already been taken", "done"]
    assert len(list_attending()) == get_seats_and_taken(CONFERENCE)[1] == 1


@pytest.mark.postgresql_only
def test_without_the_transfer_lock_the_cancelled_booking_stops_the_second(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the lock, the test above fails."""
    key = offer_one_place(site)
    together = threading.Barrier(2)

    def only_look(key: str) -> tuple[PlaceTransfer, Delegate]:
        found = select(PlaceTransfer).where(PlaceTransfer.access_key == key)
        transfer = db.session.scalars(found).one()
        assert transfer.delegate.is_attending
        together.wait(20)  # both have looked before either writes
        return transfer, transfer.delegate

    monkeypatch.setattr(services, "_lock", only_look)

    ended = run_concurrently(
        site, [lambda: take_place(site, key, 0), lambda: take_place(site, key, 1)]
    )

    assert ended == ["This booking has already been cancelled", "done"]
    assert len(list_attending()) == get_seats_and_taken(CONFERENCE)[1] == 1
