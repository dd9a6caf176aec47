"""Organisers reserve or hold seats, and the desk sees who has checked in."""

from datetime import timedelta
from functools import partial

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app import cache_version
from app.accounts.models import DESK
from app.database import db, transaction
from app.delegates.models import Delegate, SeatLimit
from app.errors import RuleViolation
from app.programme.models import OPEN_TO_ALL
from app.registration import integrity_check, links, session_seats
from app.registration.seats import SoldOut
from app.registration.session_bookings import check_in, holds, no_shows, queries
from app.registration.session_bookings.holds import HoldDetails
from app.registration.session_bookings.models import SeatHold
from app.registration.waiting_list import manual_changes
from app.registration.waiting_list.models import WaitingListEntry
from app.releases.current_release import get_programme
from tests.browser import Browser
from tests.factories import FIRST_MORNING, sign_in
from tests.races import run_concurrently
from tests.registration.races import find_without_lock
from tests.registration.test_session_clashes import publish
from tests.registration.test_session_waiting_list import (
    book,
    counts,
    get_states,
    join,
    list_booked,
    list_faults,
    make_bookable,
    make_person,
    path_of,
)
from tests.sent_emails import get_last_email_to

GRACE = "grace@conference.example"
SEATS = "/organise/session-seats/knots"
KEPT = "Some seats are kept for people who come to the door"


def hold(number: int, *, for_door: bool = False) -> int:
    """Reserve seats in Knots; return their number in the list."""
    details = HoldDetails(number, "Guests", is_for_door=for_door)
    with transaction():
        row = holds.add(get_programme().get_session("knots"), details, actor=GRACE)
        db.session.flush()
        return row.id


def hold_two() -> None:
    hold(2)


def held_back() -> int:
    limit = db.session.get_one(SeatLimit, "session knots", populate_existing=True)
    db.session.commit()
    return limit.held_back


def let_in(number: int) -> None:
    """Let a delegate into Knots at check-in."""
    with transaction():
        delegate = db.session.get_one(Delegate, number)
        check_in.let_in(delegate, get_programme().get_session("knots"), actor=GRACE)


def run_due() -> None:
    with transaction():
        holds.run_due()
        no_shows.run_due()


def test_held_seats_cannot_be_booked_and_are_released_to_the_waiting_list(
    visitor: Browser,
) -> None:
    make_bookable("knots", 3)
    eve, ada, bea, cleo = map(make_person, ("Eve", "Ada", "Bea", "Cleo"))
    book(eve, "knots")
    sign_in(visitor, role=DESK)

    page = visitor.open(SEATS).follow("Reserve seats")
    refused = page.press(
        "Reserve seats",
        {"Number of seats, or a share of them such as 10%": "3", "Reason": "Guests"},
        status=422,
    )
    assert refused.errors == ["2 seats are free, so 3 cannot be reserved"]
    page = refused.press(
        "Reserve seats", {"Number of seats, or a share of them such as 10%": "60%"}
    )
    assert "2 seats: Guests" in page.text

    assert (counts(), held_back(), list_faults()) == ((1, 1, 0), 2, [])
    with pytest.raises(SoldOut):
        book(ada, "knots")
    join(ada)
    join(bea)
    join(cleo)
    with transaction():
        entry = db.session.scalars(select(WaitingListEntry).filter_by(name="Bea Lovelace")).one()
        manual_changes.move_to_top(entry, reason="Speaks there", actor=GRACE)
    page = visitor.open(SEATS).follow("Release: Guests")
    assert page.heading == "Release 2 seats in “Knots”?"
    assert page.text.index("Bea Lovelace") < page.text.index("Ada Lovelace")
    assert "Cleo" not in page.text
    page.press("Release")
    assert get_states() == {"ada": "offered", "bea": "offered", "cleo": "waiting"}
    assert (counts(), held_back(), list_faults()) == ((3, 3, 1), 0, [])
    visitor.open(f"{SEATS}/holds/1/release", status=404)


@pytest.mark.both_databases
def test_held_seats_are_released_once_at_the_set_time(
    site: Flask, frozen_time: time_machine.Traveller
) -> None:
    make_bookable("knots", 3)
    number = hold(2)
    with transaction():
        queries.get_hold("knots", number).ends_at = FIRST_MORNING - timedelta(days=1)
    run_due()
    assert held_back() == 2
    frozen_time.move_to(FIRST_MORNING - timedelta(days=1))

    run_concurrently(site, [run_due] * 3)

    assert (counts(), held_back(), list_faults()) == ((3, 0, 0), 0, [])


@pytest.mark.both_databases
def test_concurrent_holds_and_bookings_never_oversell_seats(site: Flask) -> None:
    make_bookable("knots", 3)
    get_programme()  # so that no thread begins with the release before
    people = [make_person(name).id for name in ("Ada", "Bea", "Cleo")]

    def book_one(number: int) -> None:
        book(db.session.get_one(Delegate, number), "knots")

    deeds = [partial(book_one, one) for one in people]
    run_concurrently(site, [*deeds, hold_two, hold_two])

    seats_now, taken, _ = counts()
    assert taken <= seats_now
    assert taken + held_back() <= 3
    assert list_faults() == []


def test_lowering_the_seats_of_a_session_keeps_its_holds(site: Flask) -> None:
    make_bookable("knots", 5)
    hold(2)
    book(make_person("Ada"), "knots")

    publish("knots", seats=3)

    assert (counts(), held_back()) == ((1, 1, 0), 2)
    publish("knots", booking="open", seats=None)
    assert list_faults() == []


def test_the_desk_checks_in_undoes_it_and_lets_in_people_without_a_seat(visitor: Browser) -> None:
    make_bookable("knots", 2)
    make_bookable("nets", 2)
    ada, bea, cleo = make_person("Ada"), make_person("Bea"), make_person("Cleo")
    book(ada, "knots")
    book(bea, "nets")
    hold(1, for_door=True)
    assert KEPT in visitor.open(path_of(cleo, "knots")).text
    sign_in(visitor, role=DESK)

    page = visitor.open(SEATS).follow("Check people in at the door")
    assert page.heading == "Check-in for “Knots”"
    page = page.press("Check in: Ada Lovelace")
    assert "1 of 1 people with a seat are checked in." in page.text
    page = page.press("Undo: Ada Lovelace")
    assert "0 of 1 people with a seat are checked in." in page.text
    page = page.press("Let in someone without a seat", {"Booking reference": bea.reference.lower()})
    assert "They have a seat, and are checked in." in page.source
    assert (list_booked(bea), counts("nets")) == (["knots"], (2, 0, 0))
    refused = page.press(
        "Let in someone without a seat", {"Booking reference": cleo.reference}, status=422
    )
    assert refused.errors == ["All seats have been booked"]
    page = visitor.open(f"{SEATS}/door").press("Undo: Bea Lovelace")
    assert "1 seat is kept for people at the door." in page.text
    page = page.press("Let in someone without a seat", {"Booking reference": cleo.reference})
    assert list_booked(cleo) == ["knots"]
    assert (counts(), held_back(), list_faults()) == ((2, 2, 0), 0, [])
    assert KEPT not in visitor.open(path_of(bea, "knots")).text


@pytest.mark.both_databases
def test_unclaimed_seats_are_freed_for_the_door_in_time(
    visitor: Browser, frozen_time: time_machine.Traveller
) -> None:
    make_bookable("knots", 2)
    sign_in(visitor, role=DESK)
    visitor.open(SEATS).follow("Unclaimed seats").press(
        "Save", {"Minutes before the start (optional)": "10"}
    )
    ada, bea, cleo = make_person("Ada"), make_person("Bea"), make_person("Cleo")
    book(ada, "knots")
    book(bea, "knots")
    told = "Be at the door by 9:20am. After that, seats go to people who wait there."
    email = get_last_email_to("ada@example.org")
    assert told in email.text
    assert "DESCRIPTION:Be at the door by 9:20am. After that" in email.calendar
    feed = visitor.fetch("GET", f"/booking/calendar/{links.session_feed_token(ada)}.ics")
    assert "DESCRIPTION:Be at the door by 9:20am. After that" in feed.get_data(as_text=True)
    assert told in visitor.open(path_of(ada)).text
    join(cleo)
    assert KEPT not in visitor.open(path_of(cleo, "knots")).text
    frozen_time.move_to(FIRST_MORNING - timedelta(minutes=10))
    run_due()
    assert counts() == (2, 2, 1), "nobody is at the door, so nobody loses a seat"
    with transaction():
        check_in.check_in(db.session.merge(ada), get_programme().get_session("knots"), actor=GRACE)

    run_due()
    run_due()

    assert (list_booked(ada), list_booked(bea)) == (["knots"], [])
    email = get_last_email_to("bea@example.org")
    assert email.subject == "You no longer have a seat in “Knots”"
    assert "You were not checked in to “Knots” in time" in email.text
    assert (counts(), held_back(), get_states()) == ((1, 1, 1), 1, {"cleo": "waiting"})
    assert KEPT in visitor.open(path_of(cleo, "knots")).text
    with transaction():
        check_in.let_in(db.session.merge(cleo), get_programme().get_session("knots"), actor=GRACE)
    assert list_booked(cleo) == ["knots"]
    assert (counts(), held_back(), list_faults()) == ((2, 2, 0), 0, [])


@pytest.mark.both_databases
def test_concurrent_admissions_at_the_door_never_exceed_the_seats(site: Flask) -> None:
    make_bookable("knots", 2)
    hold(2, for_door=True)
    people = [make_person(name).id for name in ("Ada", "Bea", "Cleo", "Dora")]

    ended = run_concurrently(site, [partial(let_in, one) for one in people])

    assert ended == ["All seats have been booked"] * 2 + ["done"] * 2
    assert (counts(), held_back(), list_faults()) == ((2, 2, 0), 0, [])


@pytest.mark.postgresql_only
def test_without_the_lock_holds_would_exceed_the_free_seats(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control of the test of concurrent holds: without the lock it fails."""
    make_bookable("knots", 3)
    get_programme()
    monkeypatch.setattr(session_seats, "find_for_update", find_without_lock(2))

    ended = run_concurrently(site, [hold_two] * 2)

    assert ended == ["done", "done"]
    reserved = sum(db.session.scalars(select(SeatHold.seats)))
    assert reserved == 4, "one more than there are seats"
    assert integrity_check.run_checks()


@pytest.mark.postgresql_only
def test_without_the_lock_admissions_would_exceed_the_seats(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control of the test of concurrent check-ins: without the lock it fails."""
    make_bookable("knots", 2)
    hold(2, for_door=True)
    people = [make_person(name).id for name in ("Ada", "Bea", "Cleo")]
    monkeypatch.setattr(session_seats, "find_for_update", find_without_lock(3))

    ended = run_concurrently(site, [partial(let_in, one) for one in people])

    assert ended == ["done"] * 3
    assert queries.count_of_session("knots") == 3, "one more than there are seats"
    assert list_faults()


def test_releasing_a_hold_of_a_session_open_to_all_is_refused_with_a_message(
    visitor: Browser,
) -> None:
    make_bookable("knots", 3)
    number = hold(2)
    hold_row = db.session.get_one(SeatHold, number)
    db.session.expunge(hold_row)  # as another organiser’s page has read it
    db.session.commit()
    publish("knots", booking=OPEN_TO_ALL, seats=None)

    with (
        pytest.raises(RuleViolation, match="These seats have already been released"),
        transaction(),
    ):
        holds.release(hold_row, actor=GRACE)


def test_a_hold_named_unclaimed_by_organisers_is_not_an_automatic_one(visitor: Browser) -> None:
    make_bookable("knots", 3)
    ada = make_person("Ada")
    with transaction():
        details = HoldDetails(1, holds.UNCLAIMED, is_for_door=True)
        holds.add(get_programme().get_session("knots"), details, actor=GRACE)
    let_in(ada.id)  # with the seat of the organisers
    with transaction():
        holds.add(get_programme().get_session("knots"), details, actor=GRACE)
        own = db.session.get_one(Delegate, ada.id)
        check_in.undo(own, get_programme().get_session("knots"), actor=GRACE)

    found = [(one.seats, one.is_unclaimed) for one in queries.list_holds("knots")]
    assert found == [(1, False), (1, True)]
    assert held_back() == 2


def test_holds_for_the_door_bump_the_cache_version_only_when_pages_change(site: Flask) -> None:
    make_bookable("knots", 20)
    before = cache_version.current()

    first, second = hold(1, for_door=True), hold(1, for_door=True)
    assert cache_version.current() == before + 1

    for number in (first, second):
        assert cache_version.current() == before + 1
        with transaction():
            holds.release(queries.get_hold("knots", number), actor=GRACE)
    assert cache_version.current() == before + 2
