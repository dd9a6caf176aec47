"""Check-in while a release has put two seats at the same time and no one has chosen yet."""

from collections.abc import Collection, Sequence
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from app.database import db, transaction
from app.delegates.models import Delegate
from app.registration import session_seats
from app.registration.bookings import operations
from app.registration.session_bookings import check_in, clash_choices, no_shows
from app.releases.current_release import get_programme
from tests.factories import FIRST_MORNING
from tests.races import run_while_locked
from tests.registration.test_session_booking_races import refuse_on_deadlock
from tests.registration.test_session_clashes import LATER, publish
from tests.registration.test_session_holds import GRACE
from tests.registration.test_session_waiting_list import (
    book,
    counts,
    list_booked,
    list_faults,
    make_bookable,
    make_person,
)
from tests.sent_emails import get_last_email_to

MINUTES = timedelta(minutes=1)


def set_no_show_minutes(slug: str, minutes: int | None) -> None:
    with transaction():
        no_shows.set_minutes(get_programme().get_session(slug), minutes, actor=GRACE)


def arrive(delegate: Delegate, slug: str) -> None:
    with transaction():
        session = get_programme().get_session(slug)
        check_in.check_in(db.session.merge(delegate), session, actor=GRACE)


def run_due() -> None:
    with transaction():
        no_shows.run_due()
    with transaction():
        clash_choices.run_due()


@pytest.fixture
def ada(site: object, frozen_time: time_machine.Traveller) -> Delegate:
    """Ada has seats in Knots and in Nets, which was moved over it 70 minutes before the start.

    She can choose until 9 minutes before the start, or the seat in Nets is given back.
    """
    make_bookable("knots", 3)
    make_bookable("nets", 3, starts_at=LATER)
    ada = make_person("Ada")
    for slug in ("knots", "nets"):
        book(ada, slug)
    frozen_time.move_to(FIRST_MORNING - 70 * MINUTES)
    publish("nets", starts_at=FIRST_MORNING)
    assert "choose one by 9:21am" in get_last_email_to("ada@example.org").subject
    return ada


@pytest.mark.both_databases
def test_a_seat_freed_as_no_show_no_longer_clashes_with_another_seat(
    ada: Delegate, frozen_time: time_machine.Traveller
) -> None:
    set_no_show_minutes("knots", 30)
    bea = make_person("Bea")
    book(bea, "knots")
    arrive(bea, "knots")
    frozen_time.move_to(FIRST_MORNING - 30 * MINUTES)
    run_due()
    assert list_booked(ada) == ["nets"]

    frozen_time.move_to(FIRST_MORNING - 5 * MINUTES)
    run_due()

    assert (list_booked(ada), list_faults()) == (["nets"], [])


@pytest.mark.both_databases
def test_checking_in_to_one_of_two_clashing_seats_releases_the_other(
    ada: Delegate, frozen_time: time_machine.Traveller
) -> None:
    frozen_time.move_to(FIRST_MORNING - 15 * MINUTES)

    arrive(ada, "nets")

    assert list_booked(ada) == ["nets"]
    assert get_last_email_to("ada@example.org").subject == "You no longer have a seat in “Knots”"
    frozen_time.move_to(FIRST_MORNING - 5 * MINUTES)
    run_due()
    assert (list_booked(ada), counts("knots"), list_faults()) == (["nets"], (3, 0, 0), [])


@pytest.mark.both_databases
def test_no_show_seats_are_freed_by_the_current_session_times(
    ada: Delegate, frozen_time: time_machine.Traveller
) -> None:
    """The worker looks, a release moves the session, and then the worker has its lock."""
    set_no_show_minutes("knots", 30)
    bea = make_person("Bea")
    book(bea, "knots")
    arrive(bea, "knots")
    frozen_time.move_to(FIRST_MORNING - 30 * MINUTES)
    due = no_shows.list_due()
    assert due == ["knots"]
    publish("knots", starts_at=LATER, ends_at=LATER + 60 * MINUTES)

    with transaction():
        no_shows.free_no_shows(due)

    assert list_booked(ada) == ["knots", "nets"]


@pytest.mark.postgresql_only
def test_booking_while_no_show_seats_are_freed_does_not_deadlock(
    ada: Delegate, site: Flask, frozen_time: time_machine.Traveller
) -> None:
    make_bookable("whales", 3, starts_at=FIRST_MORNING + 90 * MINUTES)
    bea, cleo = make_person("Bea"), make_person("Cleo")
    for slug in ("knots", "whales"):
        set_no_show_minutes(slug, 120)
        book(bea, slug)
        arrive(bea, slug)
    book(cleo, "whales")
    frozen_time.move_to(FIRST_MORNING - 30 * MINUTES)

    ended = run_while_locked(
        site,
        lambda: session_seats.lock_sessions(["whales"]),
        lambda: operations.lock(db.session.get_one(Delegate, ada.id)),
        run_due,
    )

    assert ended == ["done", "done"]
    assert (list_booked(ada), list_booked(cleo), list_faults()) == (["nets"], [], [])


def free_while_both_are_changed(
    site: Flask, frozen_time: time_machine.Traveller
) -> tuple[Delegate, Delegate, list[str]]:
    """Free a seat of Cleo in the first session and of Bea in the second.

    Meanwhile somebody changes both bookings, that of Bea first. Return them, and how both ended.
    """
    make_bookable("knots", 3)
    make_bookable("whales", 3, starts_at=FIRST_MORNING + 90 * MINUTES)
    bea, cleo, dora = make_person("Bea"), make_person("Cleo"), make_person("Dora")
    first, second = bea.id, cleo.id
    for slug, missing in (("knots", cleo), ("whales", bea)):
        set_no_show_minutes(slug, 120)
        book(missing, slug)
        book(dora, slug)
        arrive(dora, slug)
    frozen_time.move_to(FIRST_MORNING - 30 * MINUTES)
    ended = run_while_locked(
        site,
        lambda: operations.lock(db.session.get_one(Delegate, first)),
        refuse_on_deadlock(lambda: operations.lock(db.session.get_one(Delegate, second))),
        refuse_on_deadlock(run_due),
    )
    return bea, cleo, ended


@pytest.mark.postgresql_only
def test_bulk_changes_while_no_show_seats_are_freed_do_not_deadlock(
    site: Flask, frozen_time: time_machine.Traveller
) -> None:
    """Seats are freed session by session, but people are locked before, in the one order."""
    bea, cleo, ended = free_while_both_are_changed(site, frozen_time)

    assert ended == ["done", "done"]
    assert (list_booked(bea), list_booked(cleo), list_faults()) == ([], [], [])


@pytest.mark.postgresql_only
def test_with_another_lock_order_freeing_seats_would_deadlock(
    site: Flask, frozen_time: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the lock order, the test above deadlocks."""

    def lock_backwards(numbers: Collection[int]) -> Sequence[Delegate]:
        people = [db.session.get_one(Delegate, one) for one in sorted(numbers, reverse=True)]
        for one in people:
            operations.lock(one)
        return people

    monkeypatch.setattr(operations, "lock_in_order", lock_backwards)

    _, _, ended = free_while_both_are_changed(site, frozen_time)

    assert ended == ["deadlock", "done"]
