"""The integrity check reports inconsistencies to organisers."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from app.database import db, transaction
from app.delegates.models import CONFERENCE, SeatLimit
from app.mail.models import Email
from app.materials.models import MaterialChunk
from app.registration import emails, integrity_check, retention, seats
from app.registration.bookings import services as bookings
from app.registration.desk import services as desk
from app.registration.groups.models import PLACED, UNPLACED, GroupMember
from app.registration.waiting_list import manual_changes
from app.registration.waiting_list.models import OFFERED, WaitingListEntry
from app.registration.waiting_list.queries import find_open_of_delegate
from tests.factories import (
    make_delegate,
    make_group,
    make_material,
    make_organiser,
    make_session,
    make_waiting_list_entry,
)
from tests.registration.test_session_waiting_list import (
    fill,
    get_states,
    join,
    list_faults,
    release_seat,
)
from tests.sent_emails import deliver_emails

CHECKED = (
    "Checked: the number of places taken matches the number of delegates\nChecked: the seats "
    "taken in each session match those booked\nChecked: nobody is waiting for a seat that they "
    "have or cannot have\n"
    "Checked: seats of sessions are offered to those who have waited longest\n"
    "Checked: nobody with a place is asking for one\n"
    "Checked: no cancelled booking has a seat in a session\n"
    "Checked: everyone with seats at the same time has been asked to choose\nChecked: every "
    "booking has a confirmation email\nChecked: no group is too large, and its people are "
    "listed as they are\nChecked: there are no references to missing rows\n"
    "Checked: all session files are complete\n"
    "Checked: all files that delegates have sent are complete\n"
    "Checked: no standard question of registration is missing\n"
)


@pytest.mark.both_databases
def test_the_audit_of_a_healthy_site_lists_what_was_checked(site: Flask) -> None:
    make_material(make_session(), bytes(600_000))
    make_material(make_session(), kind="link", address="https://example.org/slides")

    result = site.test_cli_runner().invoke(args=["audit"])

    assert (result.output, result.exit_code) == (f"{CHECKED}No problems found\n", 0)


def test_the_audit_finds_miscounted_places(site: Flask) -> None:
    with transaction():
        db.session.execute(update(SeatLimit).values(taken=3))

    result = site.test_cli_runner().invoke(args=["audit"])

    assert (
        result.output == f"{CHECKED}3 places are counted as taken, but 0 delegates are attending.\n"
    )
    assert result.exit_code == 1


@pytest.mark.both_databases
def test_the_audit_finds_an_incomplete_file(site: Flask) -> None:
    make_material(make_session(), bytes(600_000), title="Walls")
    with transaction():
        db.session.execute(delete(MaterialChunk).where(MaterialChunk.number == 1))

    assert integrity_check.run_checks() == ["The file “Walls” of a session is incomplete."]


def test_the_audit_uses_the_singular_for_one_person_or_place(site: Flask) -> None:
    delegate = make_delegate()
    make_waiting_list_entry(state=OFFERED)
    with transaction():
        emails.send_registration_confirmed(delegate)
        limit = seats.lock_limit(CONFERENCE)
        limit.seats, limit.taken, limit.waiting = 5, 1, 1

    assert integrity_check.run_checks() == [
        "1 place is counted as taken, but 1 delegate is attending and 1 place is on offer.",
        "1 person is counted as waiting, but 0 are on the list.",
    ]


@pytest.mark.both_databases
def test_the_audit_accepts_delegates_erased_by_retention(site: Flask, frozen_time: Any) -> None:
    delegate = make_delegate()
    with transaction():
        emails.send_registration_confirmed(delegate)
    deliver_emails()

    frozen_time.move_to("2010-06-13T09:00:00+01:00")
    with transaction():
        retention.erase_delegates()

    assert delegate.is_erased
    assert integrity_check.run_checks() == []


def test_the_audit_finds_a_dangling_foreign_key(site: Flask, database: str) -> None:
    number = make_material(make_session(slug="tides")).session_id
    db.session.commit()
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as connection:
        connection.execute("DELETE FROM session WHERE id = ?", [number])  # it checks no keys
        connection.commit()

    assert integrity_check.run_checks() == ["Row 1 of material refers to a missing row of session."]


def test_the_audit_accepts_a_restored_booking(site: Flask) -> None:
    delegate = make_delegate()  # as one of a group, for whom its contact got the confirmation
    with transaction():
        bookings.cancel(db.session.merge(delegate))
    with transaction():
        desk.restore(db.session.merge(delegate), actor="grace@conference.example")

    assert integrity_check.run_checks() == []


def test_the_audit_finds_a_booking_without_confirmation_email_except_demo_ones(site: Flask) -> None:
    make_delegate(reference="BCDFGHJK")
    make_delegate(reference="MNPQRTVW", given_names="Grace", is_demo=True)

    assert integrity_check.run_checks() == [
        "No confirmation email was created for booking BCDFGHJK."
    ]


def test_organisers_get_one_email_a_day_about_audit_problems(site: Flask, frozen_time: Any) -> None:
    make_organiser("grace@conference.example")
    make_delegate(reference="BCDFGHJK")

    for _ in range(2):
        with transaction():
            integrity_check.run_daily()
    frozen_time.shift(timedelta(days=1))
    with transaction():
        integrity_check.run_daily()

    written = db.session.scalars(select(Email).where(Email.template == "audit_found")).all()
    assert [letter.recipient for letter in written] == ["grace@conference.example"] * 2


def test_without_audit_problems_no_email_is_sent(site: Flask) -> None:
    make_organiser("grace@conference.example")

    with transaction():
        integrity_check.run_daily()

    assert db.session.scalars(select(Email)).all() == []


def test_the_audit_finds_a_group_that_is_too_large_or_inconsistent(site: Flask) -> None:
    group = make_group(make_delegate())
    group.members[0].state = UNPLACED
    group.members += [GroupMember(name=f"Ann{n}", state=PLACED) for n in range(31)]
    db.session.commit()

    found = [one for one in integrity_check.run_checks() if "roup" in one]

    assert found == [
        "Group 1 has more than 30 people.",
        "A person in group 1 has a booking, but is listed as without a place.",
    ]


@pytest.mark.both_databases
def test_the_audit_finds_a_seat_offered_out_of_turn(site: Flask) -> None:
    eve, ada, bea = fill()
    join(ada)
    join(bea)
    release_seat(eve)
    assert (get_states(), list_faults()) == ({"ada": "offered", "bea": "waiting"}, [])

    with transaction():
        for one, state in ((ada, "waiting"), (bea, "offered")):
            is_theirs = WaitingListEntry.delegate_id == one.id
            db.session.execute(update(WaitingListEntry).where(is_theirs).values(state=state))

    assert list_faults() == [
        "A seat in “Knots” is on offer, but someone who joined the list earlier is waiting."
    ]


@pytest.mark.both_databases
def test_the_audit_accepts_a_seat_offered_by_organisers_out_of_turn(site: Flask) -> None:
    _, ada, bea = fill()
    join(ada)
    join(bea)

    with transaction():
        entry = find_open_of_delegate(bea.id, "session knots")
        assert entry is not None
        manual_changes.offer_out_of_turn(
            entry, reason="A guest", actor="olga@example.org", adds_place=True
        )

    assert (get_states(), list_faults()) == ({"ada": "waiting", "bea": "offered"}, [])
