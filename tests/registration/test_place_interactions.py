"""The ways to a place beside each other: none opens what another guards, or leaves its request."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.database import db, transaction
from app.delegates.answer_json import dump_answers
from app.delegates.categories import queries as categories
from app.delegates.categories.models import BY_CODE
from app.delegates.categories.queries import (
    CATEGORY,
    INVITATION,
    INVITED_CATEGORY,
    SPEAKER,
    SPEAKER_ADDRESS,
)
from app.delegates.delegate_record import identity_key
from app.delegates.models import CONFERENCE, Delegate
from app.errors import RuleViolation
from app.programme.models import BOOKABLE
from app.registration import integrity_check, links, seats, session_seats
from app.registration import services as registration
from app.registration.applications import queries as application_queries
from app.registration.applications.models import APPROVED, RegistrationApplication
from app.registration.ballots import scheduled_draws
from app.registration.ballots import services as ballots
from app.registration.ballots.models import Ballot
from app.registration.ballots.services import BallotDetails
from app.registration.desk import duplicates
from app.registration.desk import services as desk
from app.registration.session_bookings import services as session_bookings
from app.registration.session_bookings.models import SessionBooking
from app.registration.speaker_places import queries as speaker_places
from app.registration.speaker_places import services as speaker_links
from app.registration.transfers import services as transfers
from app.registration.waiting_list import offers
from app.registration.waiting_list import services as waiting_list
from app.registration.waiting_list.models import WaitingListEntry
from app.releases.current_release import get_programme
from tests.browser import Browser, Browsers
from tests.factories import (
    FIRST_MORNING,
    get_ada_marsh,
    make_application,
    make_category,
    make_delegate,
    make_invitation,
    make_place_transfer,
    make_session,
    make_waiting_list_entry,
    publish_programme,
    set_places,
)
from tests.registration.test_categories import QUESTION, get_seats_and_taken
from tests.registration.test_group_files import upload, write_csv
from tests.registration.test_groups import EMAIL, add, open_group
from tests.registration.test_groups import begin as begin_group
from tests.registration.test_place_transfers import ANSWERS, COLLEAGUE, answer, offer_place, take
from tests.sent_emails import find_link, get_last_email_to

GRACE = "grace@conference.example"
KNOTS, NETS = "knots", "nets"


def list_miscounts() -> list[str]:
    db.session.rollback()
    return [one for one in integrity_check.run_checks() if "email" not in one]


def make_press(**values: Any) -> int:
    return make_category(name="Press", **{"approvals_needed": 1, **values}).id


def apply_as(name: str, email: str, category_id: int) -> RegistrationApplication:
    """Save an approved application with a held place."""
    key = identity_key(name, email)
    return make_application(
        name=name, email=email, identity_key=key, category_id=category_id, is_held=True
    )


def is_closed(application: RegistrationApplication) -> bool:
    db.session.rollback()
    stored = db.session.get_one(RegistrationApplication, application.id, populate_existing=True)
    return (stored.state, stored.is_held, stored.document) == (APPROVED, False, "")


# Categories in which the organisers decide who comes


def test_a_booking_cannot_change_to_a_category_that_needs_approval(visitor: Browser) -> None:
    make_press()
    own = make_category(name="Delegate")
    make_category(name="Student")
    delegate = make_delegate(category=own, category_id=own.id)

    page = visitor.open(f"/booking/{links.booking_token(delegate)}").follow("Change category")

    assert "Press" not in page.text
    page.press("Save", {QUESTION: "Student"})


def test_a_group_cannot_choose_a_category_that_needs_approval(visitor: Browser) -> None:
    make_press()
    make_category(name="Delegate")
    make_category(name="Student")
    page = visitor.open("/register/group").follow("Start now")

    page = page.press("Continue", {"Your name": "Mary", "Your email address": "m@ward.example"})

    assert "Student" in page.text
    assert "Press" not in page.text


def test_a_group_cannot_be_registered_if_every_category_needs_approval(visitor: Browser) -> None:
    make_press()  # the only category, so it is not asked for
    add(begin_group(visitor), "Ada", "ada@ward.example")

    page = visitor.open("/register/group/check")

    assert page.heading == "People in your group"


def test_a_group_file_cannot_use_a_category_that_needs_approval(visitor: Browser) -> None:
    make_press()
    make_category(name="Delegate")
    make_category(name="Student")
    begin_group(visitor, **{"How will they attend?": "Student"})

    page = upload(visitor, write_csv(("Ann", "Nurse", "", "ann@ward.example", "Press", "")))

    assert "There is no category “Press”" in page.text


def test_a_speaker_needs_approval_only_for_categories_not_for_speakers(site: Flask) -> None:
    press = make_press()
    own = make_category(name="Speaker", access=BY_CODE, is_for_speakers=True, approvals_needed=1).id
    known = {SPEAKER_ADDRESS: "ada@example.org", "email": "ada@example.org"}
    speaker = {SPEAKER: "1", INVITED_CATEGORY: str(own), **known}

    assert not application_queries.needs_approval({**speaker, CATEGORY: str(own)})
    assert application_queries.needs_approval({**speaker, CATEGORY: str(press)})


def test_choosing_another_category_drops_the_invitation_of_a_speaker(site: Flask) -> None:
    """Otherwise the place that is kept for the code would be counted for another category."""
    guests, other = make_category(1, name="Guest", access=BY_CODE), make_category(5, name="Other")
    make_category(name="Delegate")
    invited = {INVITATION: make_invitation(guests, held=1).code, INVITED_CATEGORY: str(guests.id)}

    settled = categories.settle({SPEAKER: "1", **invited, CATEGORY: str(other.id)})

    assert settled == {SPEAKER: "1", CATEGORY: str(other.id)}


# Getting a place closes all other requests for one


@pytest.mark.both_databases
def test_accepting_an_offer_closes_an_open_application(visitor: Browser) -> None:
    set_places(3)
    press = make_press()
    application = apply_as("Bea Waite", COLLEAGUE, press)
    entry = make_waiting_list_entry(
        identity_key=identity_key("Bea Waite", COLLEAGUE),
        document=dump_answers(ANSWERS),
    )
    with transaction():
        offers.offer_places()
    with transaction():
        waiting_list.accept(db.session.get_one(WaitingListEntry, entry.id))

    assert is_closed(application)
    assert get_seats_and_taken(CONFERENCE) == (3, 1)
    assert list_miscounts() == []


@pytest.mark.both_databases
def test_registering_with_a_group_closes_an_open_application(visitor: Browser) -> None:
    press = make_press()
    make_category(name="Delegate")
    application = apply_as("Ada Nurse", "ada@ward.example", press)
    later = apply_as("Bea Nurse", "bea@ward.example", press)

    page = begin_group(visitor, **{"How will they attend?": "Delegate"})
    page = add(page, "Ada", "ada@ward.example").follow("Continue").press("Register the group")
    assert page.heading == "Your group is registered"
    answers = {"given_names": "Bea", "Family name": "Nurse", EMAIL: "bea@ward.example"}
    page = open_group(visitor).follow("Add a person").press("Add person", answers)
    assert "has a place" in page.text

    assert (is_closed(application), is_closed(later)) == (True, True)
    assert get_seats_and_taken(CONFERENCE)[1] == 2
    assert list_miscounts() == []


@pytest.mark.both_databases
def test_taking_over_a_place_closes_an_open_application(
    visitor: Browser, new_browser: Browsers
) -> None:
    application = apply_as("Bea Waite", COLLEAGUE, make_press())
    ada = make_delegate()
    offer_place(visitor, ada)

    assert take(new_browser()).heading == "You are registered"

    assert is_closed(application)
    assert get_seats_and_taken(CONFERENCE)[1] == 1
    assert list_miscounts() == []


def test_the_integrity_check_finds_a_delegate_who_still_waits_or_applies(site: Flask) -> None:
    press = make_press()
    ada = make_delegate(reference="BCDFGHJK")
    make_waiting_list_entry(identity_key=ada.identity_key)
    make_application(identity_key=ada.identity_key, category_id=press)

    assert list_miscounts() == [
        "Booking BCDFGHJK has a place, but is still waiting for one.",
        "Booking BCDFGHJK has a place, but an application to be decided.",
    ]


# Places that are passed on


@pytest.mark.both_databases
def test_a_withdrawn_place_transfer_cannot_join_the_waiting_list_of_its_category(
    site: Flask,
) -> None:
    guests = make_category(name="Guest", access=BY_CODE, allows_transfer=True)
    make_category(name="Delegate")
    set_places(1)
    ada = make_delegate(category=guests, category_id=guests.id)
    offer = make_place_transfer(ada)
    nothing = dict.fromkeys(("organisation", "role", "access", "dietary"), "")
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
        started = transfers.get_first_answers(db.session.merge(offer))
        secret = registration.create_draft({**nothing, **ANSWERS, **started})
    with transaction():
        assert transfers.withdraw(db.session.merge(ada), actor=GRACE)

    with pytest.raises(transfers.TransferEnded), transaction():
        registration.submit_to_waiting_list(secret, "en")

    assert db.session.scalars(select(WaitingListEntry)).all() == []


@pytest.mark.both_databases
def test_a_place_moved_to_another_category_cannot_be_taken_over(
    visitor: Browser, new_browser: Browsers
) -> None:
    own, press = make_category(name="Delegate"), make_press()
    other = make_category(name="Visitor", days="2009-06-11")
    for moved_to, days in ((press, "2009-06-10"), (other.id, "2009-06-11")):
        ada = make_delegate(
            category=own, category_id=own.id, days=days, email=f"a{moved_to}@example.org"
        )
        offer_place(visitor, ada)
        colleague = new_browser()
        page = colleague.open(find_link(get_last_email_to(COLLEAGUE), "/place/")).press("Start now")
        page = answer(page)
        db.session.rollback()
        with transaction():
            desk.move_to_category(db.session.merge(ada), moved_to, actor=GRACE)

        page.press("Confirm registration", status=409)

        db.session.rollback()
        assert db.session.get_one(Delegate, ada.id).is_attending
        assert list_miscounts() == []


# Ballots beside waiting lists


@pytest.fixture
def rooms(site: Flask) -> None:
    for hours, slug in enumerate((KNOTS, NETS)):
        start = FIRST_MORNING + timedelta(hours=2 * hours)
        make_session(key=slug, slug=slug, title=slug, booking=BOOKABLE, seats=1, starts_at=start)
    publish_programme()
    set_places(20)


def make_person(name: str) -> Delegate:
    return make_delegate(email=f"{name}@example.org", given_names=name)


def do(deed: Callable[..., Any], delegate: Delegate, slug: str = KNOTS) -> Any:
    with transaction():
        own = db.session.merge(delegate)
        return deed(own, get_programme().get_session(slug))


def give_back(delegate: Delegate) -> None:
    with transaction():
        session_bookings.cancel(db.session.merge(delegate), KNOTS)


def open_ballot(*keys: str) -> int:
    closes = FIRST_MORNING - timedelta(days=3)
    with transaction():
        details = BallotDetails("Workshops", closes, frozenset(keys))
        return ballots.create(details, actor=GRACE).id


def draw_now(ballot: int) -> None:
    with time_machine.travel(FIRST_MORNING - timedelta(days=2)), transaction():
        assert scheduled_draws.run_draw(ballot)


@pytest.mark.both_databases
def test_nobody_can_wait_for_a_seat_in_a_ballot(rooms: None) -> None:
    ada, bea = make_person("ada"), make_person("bea")
    do(session_bookings.book, ada)
    ballot = open_ballot(KNOTS)

    with pytest.raises(RuleViolation, match="allocated by ballot"):
        do(session_bookings.join_waiting_list, bea)
    db.session.rollback()
    with transaction():
        ballots.save_wishes(db.session.merge(bea), ballot, [KNOTS])
    give_back(ada)

    draw_now(ballot)

    rows = db.session.scalars(select(SessionBooking.delegate_id)).all()
    assert rows == [bea.id]
    assert list_miscounts() == []


def test_a_session_with_a_waiting_list_cannot_be_added_to_a_ballot(rooms: None) -> None:
    ada, bea = make_person("ada"), make_person("bea")
    do(session_bookings.book, ada)
    do(session_bookings.join_waiting_list, bea)
    number = open_ballot(NETS)
    db.session.rollback()

    ballot = db.session.get_one(Ballot, number)
    details = BallotDetails(ballot.title, ballot.closes_at, frozenset({KNOTS, NETS}))
    with pytest.raises(RuleViolation, match="People are already waiting"):
        ballots.save(ballot, details, expected_version=1, actor=GRACE)
    db.session.rollback()


@pytest.mark.both_databases
def test_a_seat_offered_before_a_ballot_can_still_be_accepted(
    visitor: Browser, rooms: None
) -> None:
    ada, bea = make_person("ada"), make_person("bea")
    do(session_bookings.book, ada)
    do(session_bookings.join_waiting_list, bea)
    give_back(ada)
    open_ballot(KNOTS)

    page = visitor.open(f"/booking/{links.booking_token(bea)}/sessions/knots")
    assert page.heading == "You have been offered a seat"
    page.press("Accept the seat")

    assert db.session.scalars(select(SessionBooking.delegate_id)).all() == [bea.id]
    assert list_miscounts() == []


@pytest.mark.both_databases
def test_winning_a_seat_in_a_ballot_closes_an_open_offer_of_it(rooms: None) -> None:
    ada, bea = make_person("ada"), make_person("bea")
    do(session_bookings.book, ada)
    do(session_bookings.join_waiting_list, bea)
    give_back(ada)
    ballot = open_ballot(KNOTS)
    with transaction():
        ballots.save_wishes(db.session.merge(bea), ballot, [KNOTS])
        limits = session_seats.lock_sessions([KNOTS])
        session_seats.set_session_seats(KNOTS, 2)  # the organisers found a larger room
        assert limits[KNOTS].taken == 1

    draw_now(ballot)

    assert db.session.scalars(select(SessionBooking.delegate_id)).all() == [bea.id]
    assert list_miscounts() == []


# Two bookings of one speaker


@pytest.mark.both_databases
def test_a_speaker_whose_bookings_are_merged_keeps_a_place(site: Flask) -> None:
    kept = make_delegate()
    other = make_delegate(given_names="Augusta")
    speaker = get_ada_marsh()
    with transaction():
        speaker_links.link(db.session.merge(speaker), db.session.merge(other), actor=GRACE)
    db.session.rollback()
    with transaction():
        one, two = db.session.merge(kept), db.session.merge(other)
        versions = {one.reference: one.version, two.reference: two.version}
        duplicates.merge(duplicates.MergeChoice(one, two, {}, versions), actor=GRACE)

    db.session.rollback()
    place = speaker_places.find_place(get_ada_marsh())
    assert place is not None
    assert place.id == kept.id
    assert list_miscounts() == []
