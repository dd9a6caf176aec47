"""The lists of the conference and its categories against a model of a few lines, in any order.

The model knows the limits, who has a place, who has an offer until when, and who waits, in order,
each with a category and perhaps a group. The clock moves both ways, as when an hour is changed.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.errors import RuleViolation
from app.registration import conference_settings, integrity_check, seats
from app.registration.bookings import operations
from app.registration.categories import queries as categories
from app.registration.categories import services as category_services
from app.registration.categories.models import RegistrationCategory
from app.registration.create_booking import create_booking
from app.registration.groups.models import RegistrationGroup
from app.registration.models import Delegate, SeatLimit
from app.registration.waiting_list import by_hand, terms
from app.registration.waiting_list import services as waiting_list
from app.registration.waiting_list.models import IN_QUEUE, OFFERED, WaitingListEntry
from tests.factories import make_category, make_group, set_places
from tests.registration.test_waiting_list_model import (
    attending,
    build_answers,
    entries,
    find,
    number_of,
)

pytestmark = pytest.mark.both_databases
GRACE = "grace@conference.example"
WHOLE, STANDARD, PRESS = "whole", "Standard", "Press"


@dataclass
class Person:
    """Somebody with a place, with an offer, or in the queue."""

    number: int
    category: str
    group: int | None = None
    offer_ends_at: datetime | None = None


class CategoryListMachine(RuleBasedStateMachine):
    """People come for two ways to attend, of which one has a limit; some stay together."""

    traveller: Any

    def __init__(self) -> None:
        super().__init__()
        for model in (WaitingListEntry, Delegate, RegistrationGroup, SeatLimit):
            with transaction():
                for row in db.session.scalars(select(model)):
                    db.session.delete(row)
        with transaction():
            for category in categories.list_all():
                db.session.delete(category)
        set_places(2)
        with transaction():
            seats.set_waiting_list(seats.CONFERENCE, is_open=True)
        made = (make_category(name=STANDARD), make_category(1, name=PRESS))
        self.ids = {one.name: one.id for one in made}
        self.groups = [make_group().id, make_group().id]
        self.limits = {WHOLE: 2, PRESS: 1}
        self.placed: dict[int, Person] = {}
        self.offered: dict[int, Person] = {}
        self.queue: list[Person] = []
        self.people = 0

    def find_next(self) -> list[Person]:
        """Return the first who can have a place, alone or with their group."""
        seen = set[int]()
        for one in self.queue:
            if one.group is not None and one.group in seen:
                continue
            together = [one] if one.group is None else self.list_group(one.group)
            if one.group is not None:
                seen.add(one.group)
            if self.fits(together):
                return together
        return []

    def list_group(self, group: int) -> list[Person]:
        return [one for one in self.queue if one.group == group]

    def fits(self, people: list[Person]) -> bool:
        taken = [*self.placed.values(), *self.offered.values(), *people]
        counted = Counter(one.category for one in taken)
        return len(taken) <= self.limits[WHOLE] and counted[PRESS] <= self.limits[PRESS]

    def offer(self) -> None:
        while together := self.find_next():
            for one in together:
                self.queue.remove(one)
                one.offer_ends_at = waiting_list.get_offer_end(clock.now())
                self.offered[one.number] = one

    @rule(category=st.sampled_from([STANDARD, PRESS]), group=st.sampled_from([None, None, 0, 1]))
    def come(self, category: str, group: int | None) -> None:
        """Let somebody register where there is a place, and else join the list."""
        self.people += 1
        person = Person(self.people, category, None if group is None else self.groups[group])
        answers = {**build_answers(self.people), "category": str(self.ids[category])}
        must_wait = not self.fits([person]) or bool(self.find_next())
        try:
            with transaction():
                create_booking(answers, "en")
        except seats.SoldOut:
            assert must_wait
            with transaction():
                waiting_list.join(answers, "en", together_group_id=person.group)
            self.queue.append(person)
        else:
            assert not must_wait
            self.placed[person.number] = person

    @precondition(lambda self: self.placed)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.placed)))
        with transaction():
            operations.cancel(find(Delegate, number), actor=GRACE)
        del self.placed[number]
        self.offer()

    @precondition(lambda self: self.offered)
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        """Take a place that is offered, in time or too late."""
        number = data.draw(st.sampled_from(sorted(self.offered)))
        ends_at = self.offered[number].offer_ends_at
        is_late = ends_at is not None and clock.now() >= ends_at
        try:
            with transaction():
                waiting_list.accept(find(WaitingListEntry, number))
        except waiting_list.OfferEnded:
            assert is_late
        else:
            assert not is_late
            self.placed[number] = self.offered.pop(number)
            self.offer()

    @precondition(lambda self: self.offered or self.queue)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        everybody = {**self.offered, **{one.number: one for one in self.queue}}
        number = data.draw(st.sampled_from(sorted(everybody)))
        with transaction():
            waiting_list.leave(find(WaitingListEntry, number))
        self.queue = [one for one in self.queue if one.number != number]
        self.offered.pop(number, None)
        self.offer()

    @precondition(lambda self: self.queue)
    @rule(data=st.data(), category=st.sampled_from([STANDARD, PRESS]))
    def change_terms(self, data: st.DataObject, category: str) -> None:
        """Wait for the other category, at the same turn."""
        one = data.draw(st.sampled_from(self.queue))
        with transaction():
            wanted = {"category": str(self.ids[category]), "days": "2009-06-10"}
            has_changed = terms.change(find(WaitingListEntry, one.number), wanted)
        assert has_changed == (category != one.category)
        one.category = category
        if has_changed:
            self.offer()

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def move_to_top(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.queue))
        with transaction():
            by_hand.move_to_top(find(WaitingListEntry, one.number), reason="R", actor=GRACE)
        self.queue.remove(one)
        self.queue.insert(0, one)

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def offer_by_hand(self, data: st.DataObject) -> None:
        """Offer somebody a place before their turn; what is full gets one more."""
        one = data.draw(st.sampled_from(self.queue))
        with transaction():
            by_hand.offer_by_hand(
                find(WaitingListEntry, one.number), reason="R", actor=GRACE, adds_place=True
            )
        counted = [*self.placed.values(), *self.offered.values(), one]
        self.limits[WHOLE] = max(self.limits[WHOLE], len(counted))
        of_press = sum(person.category == PRESS for person in counted)
        self.limits[PRESS] = max(self.limits[PRESS], of_press)
        self.queue.remove(one)
        one.offer_ends_at = waiting_list.get_offer_end(clock.now())
        self.offered[one.number] = one

    @rule(hours=st.sampled_from([1, -1, 25]))
    def move_clock(self, hours: int) -> None:
        """Let time pass without a worker, or jump."""
        self.traveller.shift(timedelta(hours=hours))

    @rule()
    def work(self) -> None:
        """Let the worker end what is over and offer what is free."""
        with transaction():
            waiting_list.run_due()
        now = clock.now()
        self.offered = {
            number: one
            for number, one in self.offered.items()
            if one.offer_ends_at is not None and one.offer_ends_at > now
        }
        self.offer()

    @rule(limit=st.integers(0, 5), of=st.sampled_from([WHOLE, PRESS]))
    def set_limit(self, limit: int, of: str) -> None:
        """Raise or lower a limit; beforehand the preview says whom that lets in."""
        name = seats.CONFERENCE if of == WHOLE else seats.name_category_limit(self.ids[PRESS])
        preview = {number_of(one.email) for one in by_hand.preview_raise(name, limit)}
        db.session.rollback()
        before = set(self.offered)
        people = [*self.placed.values(), *self.offered.values()]
        taken = len(people) if of == WHOLE else sum(one.category == PRESS for one in people)
        try:
            with transaction():
                self.save_limit(limit, of)
        except RuleViolation:
            assert limit < taken
        else:
            assert limit >= taken
            has_changed = self.limits[of] != limit
            self.limits[of] = limit
            if has_changed:
                self.offer()
                assert set(self.offered) - before == preview

    def save_limit(self, limit: int, of: str) -> None:
        if of == WHOLE:
            expected = self.limits[WHOLE]
            conference_settings.change_limit(limit, expected_limit=expected, actor=GRACE)
            return
        category = db.session.get_one(RegistrationCategory, self.ids[PRESS])
        values = {**categories.build_values(category), "limit": limit}
        category_services.save(category, values, expected_version=category.version, actor=GRACE)

    @invariant()
    def is_as_the_model_says(self) -> None:
        """Compare who has a place, an offer and a turn, and the numbers in both limits."""
        placed = {number_of(one.email) for one in attending()}
        offered = {number_of(one.email): one.offer_ends_at for one in entries(OFFERED)}
        rows = entries(IN_QUEUE)
        order = sorted(rows, key=get_turn)
        waiting = [number_of(one.email) for one in order]
        faults = [one for one in integrity_check.run_checks() if "email" not in one]
        limit = db.session.get_one(SeatLimit, seats.CONFERENCE, populate_existing=True)
        counted = (limit.seats, limit.taken, limit.waiting)
        db.session.rollback()

        assert placed == set(self.placed)
        assert offered == {number: one.offer_ends_at for number, one in self.offered.items()}
        assert waiting == [one.number for one in self.queue]
        taken = len(self.placed) + len(self.offered)
        assert counted == (self.limits[WHOLE], taken, len(self.queue))
        assert faults == []


def get_turn(entry: WaitingListEntry) -> tuple[int, int]:
    return entry.id if entry.queue_order is None else entry.queue_order, entry.id


def test_whatever_happens_the_lists_of_categories_are_as_a_small_model_says(
    site: Flask, frozen_time: time_machine.Traveller
) -> None:
    class Machine(CategoryListMachine):
        traveller = frozen_time

        def __init__(self) -> None:
            frozen_time.move_to("2009-05-01T09:30:00+01:00")
            super().__init__()

    case: Any = Machine.TestCase
    case.settings = settings(
        max_examples=12, stateful_step_count=25, deadline=None, phases=[Phase.generate]
    )
    case().runTest()
