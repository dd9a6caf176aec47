"""The waiting list against a model of a few lines: whatever happens, in whatever order.

The model knows a number of places, who has one, who has an offer, and who waits, in order.
"""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.errors import RuleViolation
from app.registration import conference_settings, seats
from app.registration.bookings import operations
from app.registration.create_booking import create_booking
from app.registration.models import Delegate, SeatLimit
from app.registration.waiting_list import services as waiting_list
from app.registration.waiting_list.models import IN_QUEUE, OFFERED, WaitingListEntry
from tests.factories import set_places

pytestmark = pytest.mark.both_databases
GRACE = "grace@conference.example"


def build_answers(number: int) -> dict[str, str]:
    """Return the answers of a person who exists nowhere else."""
    name = {"given_names": f"Person {number}", "family_name": "X", "badge_name": f"P {number}"}
    return {**name, "email": f"p{number}@example.org", "country": "GB", "days": "2009-06-10"}


class WaitingListMachine(RuleBasedStateMachine):
    """People come, wait, take what is offered, leave; the clock moves and the limit changes."""

    traveller: Any

    def __init__(self) -> None:
        super().__init__()
        for model in (WaitingListEntry, Delegate, SeatLimit):
            with transaction():
                for row in db.session.scalars(select(model)):
                    db.session.delete(row)
        set_places(2)
        with transaction():
            seats.set_waiting_list(seats.CONFERENCE, is_open=True)
        self.limit, self.people = 2, 0
        self.placed: set[int] = set()
        self.offered: dict[int, Any] = {}  # until when
        self.queue: list[int] = []

    def offer(self) -> None:
        """Offer every free place to the next, as the rule says."""
        while self.queue and len(self.placed) + len(self.offered) < self.limit:
            self.offered[self.queue.pop(0)] = waiting_list.get_offer_end(clock.now())

    @property
    def is_full(self) -> bool:
        return bool(self.queue) or len(self.placed) + len(self.offered) >= self.limit

    @rule(people=st.integers(1, 4))
    def come(self, people: int) -> None:
        """Let people register where there is a place, and else join the list."""
        for _ in range(people):
            self.come_alone()

    def come_alone(self) -> None:
        self.people += 1
        answers = build_answers(self.people)
        try:
            with transaction():
                create_booking(answers, "en")
        except seats.SoldOut:
            assert self.is_full
            with transaction():
                waiting_list.join(answers, "en")
            self.queue.append(self.people)
        else:
            assert not self.is_full
            self.placed.add(self.people)

    @precondition(lambda self: self.placed)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Cancel a booking."""
        number = data.draw(st.sampled_from(sorted(self.placed)))
        with transaction():
            operations.cancel(find(Delegate, number), actor=GRACE)
        self.placed.remove(number)
        self.offer()

    @precondition(lambda self: self.offered)
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        """Take a place that is offered, in time or too late."""
        number = data.draw(st.sampled_from(sorted(self.offered)))
        is_late = clock.now() >= self.offered[number]
        try:
            with transaction():
                waiting_list.accept(find(WaitingListEntry, number))
        except waiting_list.OfferEnded:
            assert is_late
        else:
            assert not is_late
            del self.offered[number]
            self.placed.add(number)

    @precondition(lambda self: self.offered or self.queue)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        """Leave the list, with an offer or without."""
        number = data.draw(st.sampled_from(sorted([*self.offered, *self.queue])))
        with transaction():
            waiting_list.leave(find(WaitingListEntry, number))
        if number in self.queue:
            self.queue.remove(number)
        self.offered.pop(number, None)
        self.offer()

    @rule(hours=st.sampled_from([1, 25]))
    def wait(self, hours: int) -> None:
        """Let time pass without a worker."""
        self.traveller.shift(timedelta(hours=hours))

    @rule()
    def work(self) -> None:
        """Let the worker end what is over and offer what is free."""
        with transaction():
            waiting_list.run_due()
        now = clock.now()
        self.offered = {number: end for number, end in self.offered.items() if end > now}
        self.offer()

    @rule(limit=st.integers(0, 5))
    def set_limit(self, limit: int) -> None:
        """Raise or lower the number of places."""
        try:
            with transaction():
                conference_settings.change_limit(limit, expected_limit=self.limit, actor=GRACE)
        except RuleViolation:
            assert limit < len(self.placed) + len(self.offered)
        else:
            self.limit = limit
            self.offer()

    @invariant()
    def is_as_the_model_says(self) -> None:
        """Compare who has a place, an offer and a position, and the numbers in the limit."""
        placed = {number_of(one.email) for one in attending()}
        waiting = [number_of(one.email) for one in entries(IN_QUEUE)]
        offered = {number_of(one.email): one.offer_ends_at for one in entries(OFFERED)}
        limit = db.session.get_one(SeatLimit, seats.CONFERENCE, populate_existing=True)
        counted = (limit.seats, limit.taken, limit.waiting)
        db.session.rollback()

        assert (placed, offered, waiting) == (self.placed, self.offered, self.queue)
        taken = len(self.placed) + len(self.offered)
        assert counted == (self.limit, taken, len(self.queue))


def number_of(email: str) -> int:
    return int(email[1:].partition("@")[0])


def attending() -> list[Delegate]:
    found = select(Delegate).where(Delegate.cancelled_at.is_(None))
    return list(db.session.scalars(found))


def entries(state: str) -> list[WaitingListEntry]:
    found = select(WaitingListEntry).where(WaitingListEntry.state == state)
    return list(db.session.scalars(found.order_by(WaitingListEntry.id)))


def find(model: Any, number: int) -> Any:
    """Return the row of a person that is not over."""
    over = model.cancelled_at if model is Delegate else model.ended_at
    return db.session.scalars(
        select(model).where(model.email == f"p{number}@example.org", over.is_(None))
    ).one()


def test_whatever_happens_the_list_is_as_a_small_model_says(
    site: Flask, frozen_time: time_machine.Traveller
) -> None:
    class Machine(WaitingListMachine):
        traveller = frozen_time

        def __init__(self) -> None:
            frozen_time.move_to("2009-05-01T09:30:00+01:00")
            super().__init__()

    Machine.TestCase.settings = settings(max_examples=12, stateful_step_count=30, deadline=None)
    Machine.TestCase().runTest()
