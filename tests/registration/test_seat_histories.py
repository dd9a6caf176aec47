"""Eight processes and the same few seats: every step of theirs is one that a small model takes."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.database import db, transaction
from app.delegates.models import CONFERENCE, Delegate
from app.programme.models import BOOKABLE
from app.registration import seats
from app.registration.bookings import operations
from app.registration.create_booking import create_booking
from app.registration.session_bookings import queries
from app.registration.session_bookings import services as session_bookings
from app.registration.session_bookings.models import SessionBooking
from app.registration.waiting_list import services as waiting_list
from app.registration.waiting_list.models import IN_QUEUE, OFFERED, WaitingListEntry
from app.releases.current_release import get_programme
from tests.factories import make_delegate, make_session, publish_programme, set_places
from tests.lookups import list_count_errors
from tests.registration.seat_histories import (
    DONE,
    PEOPLE_OF_EACH,
    PROCESSES,
    REFUSED,
    Event,
    check,
    make_model,
    record,
)
from tests.registration.seat_machine import build_answers, number_of

SEATS = 3


def list_waiting(state: str) -> list[int]:
    rows = select(WaitingListEntry.email).where(WaitingListEntry.state == state)
    return [number_of(one) for one in db.session.scalars(rows.order_by(WaitingListEntry.id))]


@pytest.mark.both_databases
def test_concurrent_steps_on_session_seats_match_the_model(site: Flask) -> None:
    make_session(key="knots", slug="knots", title="Knots", booking=BOOKABLE, seats=SEATS)
    publish_programme()
    people = [
        make_delegate(email=f"p{one}@example.org", given_names=f"P{one}").id
        for one in range(PROCESSES * PEOPLE_OF_EACH)
    ]

    def act(action: str, person: int) -> bool:
        delegate = db.session.get_one(Delegate, people[person])
        if action == "take":
            return session_bookings.book(delegate, get_programme().get_session("knots"))
        if action == "give_back":
            return session_bookings.cancel(delegate, "knots")
        if action == "leave":
            return session_bookings.leave_waiting_list(delegate, "knots")
        if queries.list_of_delegate(delegate):
            return False
        return session_bookings.join_waiting_list(delegate, get_programme().get_session("knots"))

    history, model = record(site, act), make_model(SEATS)

    assert check(history, model) == []
    assert len([one for one in history if one.outcome == DONE]) > PROCESSES
    held = {people.index(one) for one in db.session.scalars(select(SessionBooking.delegate_id))}
    found = (held, set(list_waiting(OFFERED)), list_waiting(IN_QUEUE))
    assert found == (set(model.held), set(model.offered), list(model.queue))
    assert list_count_errors() == []


def act_at_conference(action: str, person: int) -> bool:
    """Register, wait, take an offer, cancel or leave the list."""
    email = f"p{person}@example.org"
    is_attending = Delegate.email == email, Delegate.cancelled_at.is_(None)
    delegate = db.session.scalar(select(Delegate).where(*is_attending))
    is_open = WaitingListEntry.email == email, WaitingListEntry.ended_at.is_(None)
    entry = db.session.scalar(select(WaitingListEntry).where(*is_open))
    if delegate is None and action == "take":
        _take_place(person, entry)
    elif delegate is None and entry is None and action == "join":
        waiting_list.join(build_answers(person), "en")
    elif delegate is not None and action == "give_back":
        operations.cancel(delegate, actor="grace@conference.example")
    elif entry is not None and action == "leave":
        waiting_list.leave(entry)
    else:
        return False
    return True


def _take_place(person: int, entry: WaitingListEntry | None) -> None:
    if entry is not None and entry.is_offered:
        waiting_list.accept(entry)
    else:
        assert create_booking(build_answers(person), "en") is not None


@pytest.mark.both_databases
def test_concurrent_steps_on_conference_places_match_the_model(site: Flask) -> None:
    set_places(SEATS)
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)

    history, model = record(site, act_at_conference), make_model(SEATS)

    assert check(history, model) == []
    assert len([one for one in history if one.outcome == DONE]) > PROCESSES
    attending = select(Delegate.email).where(Delegate.cancelled_at.is_(None))
    held = {number_of(one) for one in db.session.scalars(attending)}
    found = (held, set(list_waiting(OFFERED)), list_waiting(IN_QUEUE))
    assert found == (set(model.held), set(model.offered), list(model.queue))
    assert list_count_errors() == []


def test_the_model_detects_a_seat_given_twice() -> None:
    """Control: the tests above detect what they look for."""
    twice = [Event("take", 1, DONE, 0, 1), Event("take", 2, DONE, 0, 2)]
    overtaken = [
        Event("take", 1, DONE, 0, 1),
        Event("join", 2, DONE, 1, 2),
        Event("give_back", 1, DONE, 2, 3),
        Event("take", 3, DONE, 3, 4),
    ]
    refused_for_nothing = [Event("take", 1, REFUSED, 0, 0)]
    late = [Event("take", 1, DONE, 0, 1), Event("take", 2, REFUSED, 0, 1)]

    assert check(twice, make_model(1)) == [f"{twice[1]} must not have been done"]
    assert check(overtaken, make_model(1)) == [f"{overtaken[3]} must not have been done"]
    assert check(refused_for_nothing, make_model(1)) == [
        f"{refused_for_nothing[0]} must have been done"
    ]
    assert check(late, make_model(1)) == []
