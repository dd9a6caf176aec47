"""Seats in sessions against a model of a few lines: whatever happens, in whatever order.

The model knows for each session how many seats are published, who has one, who has the offer of one
and until when, and who waits, in order.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import delete, select
from time_machine import Traveller

from app import clock
from app.database import db, transaction
from app.errors import RuleViolation
from app.programme.models import BOOKABLE, Session
from app.registration import integrity_check, seats
from app.registration.bookings import operations
from app.registration.models import Delegate, SeatLimit
from app.registration.session_bookings import offers, services
from app.registration.session_bookings.models import SessionBooking
from app.registration.waiting_list.models import IN_QUEUE, OFFERED, WaitingListEntry
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
PEOPLE = range(5)
SPRING = datetime.fromisoformat("2009-05-12T09:30:00+01:00")
GRACE = "grace@conference.example"
A_SESSION, A_PERSON = st.sampled_from(sorted(HOURS)), st.sampled_from(PEOPLE)


class SeatsMachine(RuleBasedStateMachine):
    """People book, swap, wait, take offers, give back and cancel; organisers change limits."""

    traveller: Traveller

    def __init__(self) -> None:
        super().__init__()
        self.traveller.move_to(SPRING)
        with transaction():
            for model in (WaitingListEntry, SessionBooking, Delegate, SeatLimit):
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
        self.offered: dict[str, dict[int, datetime]] = {key: {} for key in HOURS}
        self.queue: dict[str, list[int]] = {key: [] for key in HOURS}

    def taken(self, key: str) -> int:
        return len(self.held[key]) + len(self.offered[key])

    def offer(self, key: str) -> None:
        """Offer every free seat to the next, as the rule says."""
        end = offers.get_offer_end(get_programme().get_session(key), clock.now())
        while self.queue[key] and self.taken(key) < self.limits[key]:
            self.offered[key][self.queue[key].pop(0)] = end

    def forget(self, person: int, key: str) -> None:
        """Let somebody neither wait for a session nor have the offer of a seat."""
        self.offered[key].pop(person, None)
        if person in self.queue[key]:
            self.queue[key].remove(person)

    def can_take(self, person: int, key: str) -> bool:
        """Tell if there is a seat for somebody: a free one, or theirs."""
        if person in self.offered[key]:
            return clock.now() < self.offered[key][person]
        return not self.queue[key] and self.taken(key) < self.limits[key]

    def clashes(self, person: int, key: str) -> set[str]:
        same = {one for one in HOURS if HOURS[one] == HOURS[key]} - {key}
        return {one for one in same if person in self.held[one]}

    def attempt(self, person: int, key: str, in_place_of: set[str], reason: str = "") -> None:
        """Book, and let the model say how that must end."""
        has_it = person in self.held[key]
        clashes = self.clashes(person, key)
        has_room = bool(reason) or self.can_take(person, key)
        allowed = person in self.attending and clashes <= in_place_of and has_room
        try:
            with transaction():
                delegate = db.session.get_one(Delegate, self.ids[person])
                session = get_programme().get_session(key)
                options: dict[str, Any] = {"override_reason": reason, "actor": GRACE}
                is_new = services.book(delegate, session, in_place_of=in_place_of, **options)
        except (
            *(services.NotBookable, services.SessionClash),
            *(seats.SoldOut, offers.SeatOfferEnded),
        ):
            assert not has_it
            assert not allowed
        else:
            assert is_new is not has_it
            assert has_it or allowed
            if is_new:
                self.forget(person, key)
                self.held[key].add(person)
                for other in clashes:
                    self.held[other].remove(person)
                    self.offer(other)

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
        if done:
            self.held[key].discard(person)
            self.offer(key)

    @rule(person=A_PERSON, key=A_SESSION)
    def join(self, person: int, key: str) -> None:
        """Join the list of a session that is full."""
        waits = person in self.offered[key] or person in self.queue[key]
        is_free = not self.queue[key] and self.taken(key) < self.limits[key]
        has_it = person in self.held[key] or person not in self.attending
        try:
            with transaction():
                delegate = db.session.get_one(Delegate, self.ids[person])
                is_new = services.join_waiting_list(delegate, get_programme().get_session(key))
        except RuleViolation:
            assert has_it or is_free
        else:
            assert not has_it
            assert is_new is not waits
            if is_new:
                assert not is_free
                self.queue[key].append(person)

    @rule(person=A_PERSON, key=A_SESSION)
    def leave(self, person: int, key: str) -> None:
        """Leave the list, or decline an offer."""
        waits = person in self.offered[key] or person in self.queue[key]
        with transaction():
            delegate = db.session.get_one(Delegate, self.ids[person])
            assert services.leave_waiting_list(delegate, key) is waits
        if waits:
            self.forget(person, key)
            self.offer(key)

    @rule(hours=st.sampled_from([1, -1, 25]))
    def wait(self, hours: int) -> None:
        """Let time pass without a worker; the clock may also jump back."""
        self.traveller.shift(timedelta(hours=hours))

    @rule()
    def work(self) -> None:
        """Let the worker end what is over and offer what is free."""
        with transaction():
            offers.run_due()
        for key in HOURS:
            for person, end in list(self.offered[key].items()):
                if end <= clock.now():
                    self.forget(person, key)
            self.offer(key)

    @rule(person=A_PERSON)
    def cancel(self, person: int) -> None:
        """Cancel a whole booking, which frees its seats, or restore it without them."""
        with transaction():
            delegate = db.session.get_one(Delegate, self.ids[person])
            change = operations.cancel if person in self.attending else operations.restore
            change(delegate, actor=GRACE)
        self.attending ^= {person}
        for key in HOURS:
            waits = person in self.offered[key] or person in self.queue[key]
            if person in self.held[key] or waits:
                self.held[key].discard(person)
                self.forget(person, key)
                self.offer(key)

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
        counted = {key: (one.seats, one.taken, one.waiting) for key, one in limits.items()}
        queue: dict[str, list[int]] = {key: [] for key in HOURS}
        offered: dict[str, dict[int, datetime]] = {key: {} for key in HOURS}
        for one in db.session.scalars(select(WaitingListEntry).order_by(WaitingListEntry.id)):
            key, person = one.scope.removeprefix("session "), self.ids.index(one.delegate_id or 0)
            if one.state == IN_QUEUE:
                queue[key].append(person)
            elif one.state == OFFERED and one.offer_ends_at is not None:
                offered[key][person] = one.offer_ends_at
        faults = [one for one in integrity_check.run_checks() if "email" not in one]
        db.session.rollback()

        assert held == self.held
        assert counted == {
            key: (max(self.limits[key], self.taken(key)), self.taken(key), len(self.queue[key]))
            for key in HOURS
        }
        assert (queue, offered) == (self.queue, self.offered)
        assert faults == []


def test_whatever_happens_seats_are_as_a_small_model_says(
    site: Flask, frozen_time: Traveller
) -> None:
    SeatsMachine.traveller = frozen_time
    for key, hours in HOURS.items():
        at = FIRST_MORNING.replace(hour=FIRST_MORNING.hour + hours)
        make_session(key=key, slug=key, title=key, starts_at=at, booking=BOOKABLE, seats=2)

    SeatsMachine.TestCase.settings = settings(
        max_examples=10, stateful_step_count=25, deadline=None
    )
    SeatsMachine.TestCase().runTest()
