"""A release puts two of a person's seats at the same time: they are asked, and choose."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app import cache_version, clock
from app.database import db, transaction
from app.delegates.models import Delegate
from app.programme.models import Session as WorkingSession
from app.registration import session_seats
from app.registration.bookings import data_export, operations
from app.registration.session_bookings import clash_choices, overlaps, services
from app.releases import services as releases
from app.releases.current_release import get_programme
from tests.browser import Browser
from tests.factories import FIRST_MORNING, publish_programme
from tests.races import run_concurrently, run_while_locked
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
from tests.sent_emails import get_last_email_to, list_subjects_to

LATER = FIRST_MORNING + timedelta(hours=3)
ASKED = (
    "Two of your sessions are now at the same time: choose one by 9:31am on Wednesday 13 May 2009"
)


def publish(slug: str, **values: Any) -> None:
    """Publish a session with something else about it."""
    with transaction():
        session = db.session.scalars(select(WorkingSession).where(WorkingSession.key == slug)).one()
        for name, value in values.items():
            setattr(session, name, value)
    publish_programme()


def run_due() -> None:
    with transaction():
        clash_choices.run_due()


def move_nets_over_knots(number: int = 1, *others: str) -> Delegate:
    """Let Ada and others have seats in Knots and Nets; then publish Nets at the time of Knots."""
    make_bookable("knots", number)
    make_bookable("nets", number, starts_at=LATER)
    ada, *people = (make_person(name) for name in ("Ada", *others))
    for one in (ada, *people):
        for slug in ("knots", "nets"):
            book(one, slug)
    publish("nets", starts_at=FIRST_MORNING)
    return ada


@pytest.mark.both_databases
def test_a_reinstated_session_that_clashes_asks_which_seat_to_keep(
    visitor: Browser,
) -> None:
    make_bookable("knots", 1)
    make_bookable("nets", 1)
    ada, bea = make_person("Ada"), make_person("Bea")
    book(ada, "nets")
    publish("nets", cancelled_at=clock.now())
    book(ada, "knots")

    publish("nets", cancelled_at=None)

    assert (list_booked(ada), list_faults()) == (["nets", "knots"], [])
    email = get_last_email_to("ada@example.org")
    assert email.subject == ASKED
    assert "we will give back your seat in “Nets”" in email.text
    join(bea, "knots")
    page = visitor.open(path_of(ada))
    assert page.text.count("Choose one by 9:31am on Wednesday 13 May 2009.") == 2
    page = page.follow("Choose which seat to keep: Nets")
    assert page.heading == "Which seat do you want to keep?"
    page = visitor.press("Keep this seat, give back the other")
    assert "You keep the seat, and have given back the other." in page.text
    assert list_booked(ada) == ["nets"]
    assert get_last_email_to("ada@example.org").subject == "You no longer have a seat in “Knots”"
    assert get_states() == {"bea": "offered"}
    assert visitor.open(path_of(ada, "nets")).heading == "Give back your seat?"
    assert list_faults() == []


@pytest.mark.both_databases
def test_without_a_choice_the_seat_in_the_moved_session_is_released(
    site: Flask, frozen_time: time_machine.Traveller
) -> None:
    ada, bea = move_nets_over_knots(), make_person("Bea")
    join(bea, "nets")
    run_due()
    assert list_booked(ada) == ["knots", "nets"]
    frozen_time.move_to("2009-05-13T09:31:00+01:00")

    run_concurrently(site, [run_due] * 4)

    assert list_booked(ada) == ["knots"]
    assert list_subjects_to("ada@example.org")[-2:] == [
        ASKED,
        "You no longer have a seat in “Nets”",
    ]
    email = get_last_email_to("ada@example.org")
    assert "did not choose one by the deadline" in email.text
    assert "You keep your seat in: Knots" in email.text
    assert "STATUS:CANCELLED" in email.calendar
    assert get_states() == {"bea": "offered"}
    assert (counts("nets"), list_faults()) == ((1, 1, 0), [])


@pytest.mark.parametrize(
    "change",
    [
        {"starts_at": LATER, "ends_at": LATER + timedelta(hours=1)},
        {"cancelled_at": FIRST_MORNING - timedelta(days=20)},
    ],
)
def test_the_choice_disappears_if_the_sessions_no_longer_clash(
    visitor: Browser, frozen_time: time_machine.Traveller, change: dict[str, Any]
) -> None:
    ada = move_nets_over_knots()

    publish("nets", **change)

    assert "Choose one by" not in visitor.open(path_of(ada)).text
    frozen_time.move_to("2009-05-14T09:31:00+01:00")
    run_due()
    assert (list_booked(ada), list_faults()) == (["knots", "nets"], [])


def test_releasing_a_seat_resolves_the_clash(
    visitor: Browser, frozen_time: time_machine.Traveller
) -> None:
    ada = move_nets_over_knots()
    page = visitor.open(path_of(ada)).follow("Choose which seat to keep: Knots")
    assert "If you do not choose, we will give back your seat in “Nets”." in page.text

    visitor.press("Give back this seat")

    frozen_time.move_to("2009-05-14T09:31:00+01:00")
    run_due()
    assert (list_booked(ada), list_faults()) == (["nets"], [])


def test_of_three_clashing_seats_one_is_kept(
    site: Flask, frozen_time: time_machine.Traveller
) -> None:
    for number, slug in enumerate(("knots", "nets", "sails")):
        make_bookable(slug, 1, starts_at=FIRST_MORNING + timedelta(hours=number * 2))
    ada = make_person("Ada")
    for slug in ("knots", "nets", "sails"):
        book(ada, slug)
    with transaction():
        db.session.query(WorkingSession).update({"starts_at": FIRST_MORNING, "ends_at": LATER})
    publish_programme()
    assert list_subjects_to("ada@example.org").count(ASKED) == 2

    with transaction():
        own, knots = db.session.merge(ada), get_programme().get_session("knots")
        services.cancel(own, knots.key)
    assert list_faults() == []
    frozen_time.move_to("2009-05-14T09:31:00+01:00")
    run_due()

    assert (list_booked(ada), list_faults()) == (["nets"], [])


def test_the_deadline_to_choose_is_earlier_for_a_session_that_starts_soon(
    site: Flask, frozen_time: time_machine.Traveller
) -> None:
    make_bookable("knots", 1)
    make_bookable("nets", 1, starts_at=LATER)
    ada = make_person("Ada")
    for slug in ("knots", "nets"):
        book(ada, slug)
    frozen_time.move_to(FIRST_MORNING - timedelta(minutes=30))

    publish("nets", starts_at=FIRST_MORNING + timedelta(minutes=10))

    assert get_last_email_to("ada@example.org").subject.endswith(
        "by 9:30am on Wednesday 10 June 2009"
    )
    frozen_time.move_to(FIRST_MORNING)
    run_due()
    assert list_booked(ada) == ["knots"]


def test_a_rollback_that_causes_a_clash_asks_which_seat_to_keep(site: Flask) -> None:
    make_bookable("knots", 1)
    make_bookable("nets", 1)
    number = get_programme().number
    publish("nets", starts_at=LATER, ends_at=LATER + timedelta(hours=1))
    ada = make_person("Ada")
    for slug in ("knots", "nets"):
        book(ada, slug)

    with transaction():
        current = get_programme().number
        releases.roll_back(number, "", expected_release=current, actor="olga@conference.example")

    assert get_last_email_to("ada@example.org").subject == ASKED
    assert list_faults() == []


def test_the_data_export_has_the_deadline_to_choose(site: Flask) -> None:
    ada = move_nets_over_knots()

    copy = data_export.export_delegate(db.session.merge(ada))

    chosen = [one["choose_by"] for one in copy["seats_in_sessions"]]
    db.session.rollback()
    assert chosen == [None, "2009-05-13T08:31:00+00:00"]


def test_the_integrity_check_finds_clashing_seats_without_a_choice(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releases, "ACTIVATION_HOOKS", [services.follow_release])

    ada = move_nets_over_knots()

    assert list_faults() == [
        f"Booking {ada.reference} has seats in “Nets” and at the same time in “Knots”."
    ]


def book_during_release(site: Flask, in_place_of: Sequence[str] = ()) -> tuple[Delegate, list[str]]:
    """Let Ada, who has a seat in Knots, book one in Nets while that is moved over Knots.

    Return her booking, and how both ended.
    """
    make_bookable("knots", 1)
    make_bookable("nets", 1, starts_at=LATER)
    ada = make_person("Ada")
    book(ada, "knots")
    with transaction():
        nets = db.session.scalars(select(WorkingSession).where(WorkingSession.key == "nets")).one()
        nets.starts_at = FIRST_MORNING
    number = ada.id

    def book_nets() -> None:
        with transaction():
            delegate = db.session.get_one(Delegate, number)
            nets = get_programme().get_session("nets")
            services.book(delegate, nets, in_place_of=in_place_of)

    ended = run_while_locked(
        site,
        lambda: session_seats.lock_sessions(["knots", "nets"]),
        publish_in_transaction,
        book_nets,
    )
    cache_version.recheck()
    return ada, ended


def publish_in_transaction() -> None:
    releases.create_release()


@pytest.mark.postgresql_only
def test_booking_while_a_release_moves_the_session_gives_no_clashing_seat(site: Flask) -> None:
    ada, _ = book_during_release(site)

    assert (list_booked(ada), list_faults()) == (["knots"], [])


@pytest.mark.postgresql_only
def test_a_swap_that_meets_a_new_clash_is_asked_again(site: Flask) -> None:
    ada, ended = book_during_release(site, in_place_of=["knots"])

    assert ended == ["A seat is already booked at the same time in “Knots”", "done"]
    assert (list_booked(ada), list_faults()) == (["knots"], [])


@pytest.mark.postgresql_only
def test_without_rereading_the_session_a_clashing_seat_would_be_booked(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the lock, the test above fails."""
    monkeypatch.setattr(services, "get_current", lambda session: session)

    ada, _ = book_during_release(site)

    assert list_booked(ada) == ["knots", "nets"]
    assert len(list_faults()) == 1
    assert overlaps.overlaps(*(get_programme().get_session(one) for one in ("knots", "nets")))


@pytest.mark.postgresql_only
def test_booking_the_last_seat_and_the_worker_do_not_deadlock(
    site: Flask, frozen_time: time_machine.Traveller
) -> None:
    """Each seat that is given back changes a label, and the cache version is locked last."""
    ada = move_nets_over_knots(2, "Bea")
    make_bookable("whales", 1, starts_at=LATER + timedelta(hours=3))
    bea = db.session.scalars(select(Delegate).where(Delegate.given_names == "Bea")).one()
    number = bea.id
    frozen_time.move_to("2009-05-13T09:31:00+01:00")

    ended = run_while_locked(
        site,
        lambda: operations.lock(db.session.get_one(Delegate, number)),
        lambda: services.book(
            db.session.get_one(Delegate, number), get_programme().get_session("whales")
        ),
        run_due,
    )
    run_due()

    assert ended == ["done", "done"]
    assert (list_booked(ada), list_booked(bea)) == (["knots"], ["knots", "whales"])
    assert list_faults() == []
