"""Seats in sessions against a model of a few lines: whatever happens, in whatever order.

The model knows for each session how many seats are published, and who has one.
"""

from typing import Any

import pytest
from flask import Flask
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import delete, select

from app.database import db, transaction
from app.programme.models import BOOKABLE, Session
from app.registration import integrity_check, seats
from app.registration.bookings import operations
from app.registration.models import Delegate, SeatLimit, SessionBooking
from app.registration.session_bookings import services
from app.releases.current_release import get_programme
from tests.factories import (
    FIRST_MORNING,
    make_delegate,
    make_session,
    publish_programme,
    set_places,
)

pytestmark = pytest.mark.both_databases
HOURS = {"knots": 0, "nets": 0, "sails": 0, "ropes": 2}  # three at the same time, and a later one
PEOPLE = range(4)
GRACE = "grace@conference.example"
A_SESSION, A_PERSON = st.sampled_from(sorted(HOURS)), st.sampled_from(PEOPLE)


class SeatsMachine(RuleBasedStateMachine):
    """People book, swap, give back and cancel; organisers change limits and let people in."""

    def __init__(self) -> None:
        super().__init__()
        with transaction():
            for model in (SessionBooking, Delegate, SeatLimit):
                db.session.execute(delete(model))
            for session in db.session.scalars(select(Session).where(Session.key.in_(HOURS))):
                session.seats = 2
        set_places(20)
        publish_programme()
        with transaction():  # the release may be the same as before, and the limits are gone
            services.follow_release(get_programme().snapshot)
        people = [
            make_delegate(email=f"p{one}@example.org", given_names=f"P{one}") for one in PEOPLE
        ]
        self.ids = [one.id for one in people]
        db.session.rollback()
        self.attending = set(PEOPLE)
        self.limits = dict.fromkeys(HOURS, 2)
        self.held: dict[str, set[int]] = {key: set() for key in HOURS}

    def clashes(self, person: int, key: str) -> set[str]:
        same = {one for one in HOURS if HOURS[one] == HOURS[key]} - {key}
        return {one for one in same if person in self.held[one]}

    def attempt(self, person: int, key: str, in_place_of: set[str], reason: str = "") -> None:
        """Book, and let the model say how that must end."""
        has_it = person in self.held[key]
        is_full = len(self.held[key]) >= self.limits[key] and not reason
        clashes = self.clashes(person, key)
        allowed = person in self.attending and clashes <= in_place_of and not is_full
        try:
            with transaction():
                delegate = db.session.get_one(Delegate, self.ids[person])
                session = get_programme().get_session(key)
                options: dict[str, Any] = {"override_reason": reason, "actor": GRACE}
                is_new = services.book(delegate, session, in_place_of=in_place_of, **options)
        except (services.NotBookable, services.SessionClash, seats.SoldOut):
            assert not has_it
            assert not allowed
        else:
            assert is_new is not has_it
            assert has_it or allowed
            if is_new:
                for other in clashes:
                    self.held[other].remove(person)
                self.held[key].add(person)

    @rule(person=A_PERSON, key=A_SESSION)
    def book(self, person: int, key: str) -> None:
        self.attempt(person, key, set())

    @rule(person=A_PERSON, key=A_SESSION)
    def swap(self, person: int, key: str) -> None:
        self.attempt(person, key, self.clashes(person, key))

    @rule(person=A_PERSON, key=A_SESSION)
    def add(self, person: int, key: str) -> None:
        """Give somebody a seat beyond the limit, with a reason."""
        self.attempt(person, key, self.clashes(person, key), "They speak there")

    @rule(person=A_PERSON, key=A_SESSION)
    def give_back(self, person: int, key: str) -> None:
        with transaction():
            done = services.cancel(db.session.get_one(Delegate, self.ids[person]), key)
        assert done is (person in self.held[key])
        self.held[key].discard(person)

    @rule(person=A_PERSON)
    def cancel(self, person: int) -> None:
        """Cancel a whole booking, which frees its seats, or restore it without them."""
        with transaction():
            delegate = db.session.get_one(Delegate, self.ids[person])
            change = operations.cancel if person in self.attending else operations.restore
            change(delegate, actor=GRACE)
        self.attending ^= {person}
        for keys in self.held.values():
            keys.discard(person)

    @rule(key=A_SESSION, number=st.integers(1, 4))
    def publish(self, key: str, number: int) -> None:
        """Raise or lower the limit of a session, also below what is taken."""
        with transaction():
            db.session.scalars(select(Session).where(Session.key == key)).one().seats = number
        publish_programme()
        self.limits[key] = number

    @invariant()
    def is_as_the_model_says(self) -> None:
        rows = db.session.execute(select(SessionBooking.session_key, SessionBooking.delegate_id))
        held: dict[str, set[int]] = {key: set() for key in HOURS}
        for key, number in rows:
            held[key].add(self.ids.index(number))
        limits = {
            key: db.session.get_one(SeatLimit, f"session {key}", populate_existing=True)
            for key in HOURS
        }
        counted = {key: (one.seats, one.taken) for key, one in limits.items()}
        faults = [one for one in integrity_check.run_checks() if "email" not in one]
        db.session.rollback()

        assert held == self.held
        assert counted == {
            key: (max(self.limits[key], len(people)), len(people)) for key, people in held.items()
        }
        assert faults == []


def test_whatever_happens_seats_are_as_a_small_model_says(site: Flask) -> None:
    for key, hours in HOURS.items():
        at = FIRST_MORNING.replace(hour=FIRST_MORNING.hour + hours)
        make_session(key=key, slug=key, title=key, starts_at=at, booking=BOOKABLE, seats=2)

    SeatsMachine.TestCase.settings = settings(
        max_examples=10, stateful_step_count=25, deadline=None
    )
    SeatsMachine.TestCase().runTest()
