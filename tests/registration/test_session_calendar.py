"""Calendars that have imported seats drop those that are given back, whatever the reason."""

import re

import pytest
import time_machine
from flask import Flask

from app.database import db, transaction
from app.delegates.models import Delegate
from app.registration import links
from app.registration.bookings import agenda_links, data_export, erasure, operations
from app.registration.desk import duplicates
from app.registration.desk.duplicates import MergeChoice
from app.registration.session_bookings import check_in, released_seats, services
from app.releases.current_release import get_programme
from tests.browser import Browser
from tests.factories import make_agenda, make_delegate
from tests.registration.test_session_bookings import book, make_bookable
from tests.registration.test_session_waiting_list import join, run_due
from tests.sent_emails import get_last_email_to

Entry = tuple[str, int, str]


def read(calendar: str) -> dict[str, Entry]:
    """Return the status, SEQUENCE and DTSTAMP of each entry, by its title."""
    found: dict[str, Entry] = {}
    for part in calendar.split("BEGIN:VEVENT")[1:]:
        said = dict(re.findall(r"^(\w+):(.*?)\r?$", part, re.MULTILINE))
        found[said["SUMMARY"]] = (said["STATUS"], int(said["SEQUENCE"]), said["DTSTAMP"])
    return found


def calendar_of(visitor: Browser, delegate: Delegate) -> dict[str, Entry]:
    token = links.session_feed_token(delegate)
    return read(visitor.fetch("GET", f"/booking/calendar/{token}.ics").get_data(as_text=True))


def give_back(delegate: Delegate, slug: str = "knots") -> None:
    with transaction():
        services.cancel(db.session.merge(delegate), slug)


def is_newer(entry: Entry, than: Entry) -> bool:
    """Return True if a calendar replaces the one by the other, whichever rule it follows."""
    return entry[1] > than[1] and entry[2] > than[2]


@pytest.mark.both_databases
def test_releasing_and_rebooking_a_seat_increase_the_calendar_sequence(
    visitor: Browser, frozen_time: time_machine.Traveller
) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    frozen_time.shift(60)
    book(ada, "knots")
    first = calendar_of(visitor, ada)["Knots"]
    assert first[0] == "CONFIRMED"

    frozen_time.shift(60)
    give_back(ada)
    second = calendar_of(visitor, ada)["Knots"]
    assert second[0] == "CANCELLED"
    assert is_newer(second, first)
    assert read(get_last_email_to("ada@example.org").calendar)["Knots"][:2] == second[:2]

    frozen_time.shift(60)
    book(ada, "knots")
    third = calendar_of(visitor, ada)["Knots"]
    assert third[0] == "CONFIRMED"
    assert is_newer(third, second)
    assert read(get_last_email_to("ada@example.org").calendar)["Knots"][:2] == third[:2]


def test_a_swap_cancels_the_old_seat_in_email_and_calendar_alike(visitor: Browser) -> None:
    make_bookable("Knots")
    make_bookable("Ropes")
    ada = make_delegate()
    book(ada, "knots")

    book(ada, "ropes", in_place_of=["knots"])

    entries = calendar_of(visitor, ada)
    assert {title: one[0] for title, one in entries.items()} == {
        "Knots": "CANCELLED",
        "Ropes": "CONFIRMED",
    }
    sent = read(get_last_email_to("ada@example.org").calendar)
    assert {title: one[:2] for title, one in sent.items()} == {
        title: one[:2] for title, one in entries.items()
    }


def test_seats_of_a_cancelled_booking_stay_cancelled_in_its_calendar(
    visitor: Browser, frozen_time: time_machine.Traveller
) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    book(ada, "knots")
    agenda = make_agenda("farewell")
    with transaction():
        agenda_links.link_agenda(db.session.merge(ada), db.session.merge(agenda))
        operations.cancel(db.session.merge(ada), actor="delegate")

    assert [(title, one[0]) for title, one in calendar_of(visitor, ada).items()] == [
        ("Knots", "CANCELLED")
    ]
    frozen_time.move_to("2009-06-12T09:00:00+01:00")
    assert calendar_of(visitor, ada) == {}


def test_a_starred_session_stays_in_the_calendar_after_releasing_its_seat(visitor: Browser) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    book(ada, "knots")
    agenda = make_agenda("knots")
    with transaction():
        agenda_links.link_agenda(db.session.merge(ada), db.session.merge(agenda))
    give_back(ada)

    assert calendar_of(visitor, ada)["Knots"][0] == "CONFIRMED"


def test_an_expired_offer_increases_the_calendar_sequence(
    visitor: Browser, frozen_time: time_machine.Traveller
) -> None:
    make_bookable("knots", 1)
    ada, bea = make_delegate(), make_delegate(email="bea@example.org", given_names="Bea")
    book(bea, "knots")
    join(ada)
    give_back(bea)
    offered = calendar_of(visitor, ada)["knots"]
    frozen_time.move_to("2009-05-13T09:31:00+01:00")
    over = calendar_of(visitor, ada)["knots"]
    run_due()
    assert calendar_of(visitor, ada)["knots"][:2] == over[:2]
    book(ada, "knots")

    assert [offered[0], over[0]] == ["TENTATIVE", "CANCELLED"]
    assert is_newer(over, offered)
    assert calendar_of(visitor, ada)["knots"][:2] == ("CONFIRMED", over[1] + 1)


def test_undoing_a_check_in_cancels_the_seat_in_the_calendar(visitor: Browser) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    for step in (check_in.let_in, check_in.undo):
        with transaction():
            own = db.session.merge(ada)
            step(own, get_programme().get_session("knots"), actor="grace@conference.example")

    assert calendar_of(visitor, ada)["Knots"][0] == "CANCELLED"


def test_a_seat_of_merged_bookings_can_still_be_cancelled_in_the_calendar(
    visitor: Browser, frozen_time: time_machine.Traveller
) -> None:
    make_bookable("Knots")
    ada, same = make_delegate(), make_delegate(email="ada@home.example")
    book(ada, "knots")
    give_back(ada)
    book(ada, "knots")
    before = calendar_of(visitor, ada)["Knots"]

    frozen_time.shift(60)
    with transaction():
        pair = [db.session.merge(one) for one in (same, ada)]
        versions = {one.reference: one.version for one in pair}
        duplicates.merge(MergeChoice(pair[0], pair[1], {}, versions), actor="Olga")
    assert "Knots" not in calendar_of(visitor, ada)
    merged = calendar_of(visitor, same)["Knots"]
    frozen_time.shift(60)
    give_back(same)

    assert merged[:2] == before[:2]
    assert is_newer(calendar_of(visitor, same)["Knots"], before)


def test_the_data_export_has_released_seats_and_erasing_deletes_them(site: Flask) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    book(ada, "knots")
    give_back(ada)

    copy = data_export.export_delegate(db.session.merge(ada))
    assert [one["session"] for one in copy["seats_given_back"]] == ["Knots"]
    with transaction():
        operations.cancel(db.session.merge(ada), actor="delegate")
        erasure.erase(db.session.merge(ada))

    assert released_seats.list_of_delegate(db.session.merge(ada)) == []
