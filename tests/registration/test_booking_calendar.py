"""The calendar entry of a booking, read back as calendars do."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar

from app import clock
from app.database import db, transaction
from app.delegates.models import Delegate
from app.programme.models import Conference
from app.registration import booking_calendar, links
from app.registration.bookings import services
from tests.browser import Browser
from tests.factories import make_delegate, publish_programme


def _entry(delegate: Delegate) -> Any:
    """Read the one entry of a delegate's calendar file."""
    [entry] = Calendar.from_ical(booking_calendar.render_ical(delegate)).walk("VEVENT")
    return entry


def test_the_calendar_entry_spans_the_days_of_the_booking(site: Flask) -> None:
    delegate = make_delegate(reference="BCDF2345")

    entry = _entry(delegate)

    assert entry["SUMMARY"] == "Tides and Harbours"
    assert entry["LOCATION"] == "Whitby"
    assert entry["URL"] == "https://conference.example/"
    assert entry["DTSTART"].dt == date(2009, 6, 10)
    assert entry["DTEND"].dt == date(2009, 6, 12)  # the day after the last
    assert entry["STATUS"] == "CONFIRMED"
    assert entry["UID"] == "booking-BCDF2345@conference.example"
    assert entry["SEQUENCE"] == 0
    assert entry["DTSTAMP"].dt == clock.now()
    assert entry["ORGANIZER"] == "mailto:tides@conference.example"
    assert entry["DESCRIPTION"].splitlines() == [
        "Booking reference: BCDF2345",
        "Your days:",
        "- Wednesday 10 June 2009",
        "- Thursday 11 June 2009",
        "Programme: https://conference.example/programme",
    ]


def test_the_calendar_entry_has_the_coordinates_of_the_venue(site: Flask) -> None:
    with transaction():
        db.session.get_one(Conference, 1).coordinates = "54.4885, -0.6152"
    publish_programme()

    assert _entry(make_delegate())["GEO"].to_ical() == "54.4885;-0.6152"


def test_the_calendar_entry_says_when_doors_open(site: Flask) -> None:
    with transaction():
        db.session.get_one(Conference, 1).doors_open = "08:00, 08:30"
    publish_programme()

    assert "Doors open: 8:30am" in _entry(make_delegate(days="2009-06-11"))["DESCRIPTION"]


def test_the_file_is_published_and_not_an_invitation(site: Flask) -> None:
    file = Calendar.from_ical(booking_calendar.render_ical(make_delegate()))

    assert file["METHOD"] == "PUBLISH"
    assert file["VERSION"] == "2.0"
    assert "PRODID" in file


def test_a_booking_of_one_day_is_a_one_day_calendar_entry(site: Flask) -> None:
    entry = _entry(make_delegate(days="2009-06-11"))
    assert (entry["DTSTART"].dt, entry["DTEND"].dt) == (date(2009, 6, 11), date(2009, 6, 12))


def test_every_change_increases_the_sequence_of_the_calendar_entry(site: Flask) -> None:
    delegate = make_delegate(version=3)
    before = _entry(delegate)
    with transaction():
        services.cancel(delegate)

    after = _entry(delegate)

    assert after["UID"] == before["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (3, 4)
    assert after["STATUS"] == "CANCELLED"
    assert "This booking has been cancelled." in after["DESCRIPTION"]


def test_the_calendar_entry_contains_no_secrets_or_personal_data(site: Flask) -> None:
    delegate = make_delegate(access="A ramp", dietary="No nuts")

    file = booking_calendar.render_ical(delegate).replace(b"\r\n ", b"").decode()

    for private in (links.booking_token(delegate), "ramp", "nuts", "ada@", "Ada"):
        assert private not in file


@pytest.mark.parametrize(
    "title",
    [
        "Tides\r\nATTENDEE:mailto:evil@example.org",
        "Tides\nEND:VEVENT\nBEGIN:VEVENT",
        'Tides" ;X-EVIL="1',
        "Tides, harbours; walls \\ and more",
        "潮と港 " * 40,
        "Ö" * 200,
    ],
)
def test_no_title_can_break_the_lines_of_a_calendar(site: Flask, title: str) -> None:
    with transaction():
        db.session.get_one(Conference, 1).title = title
    publish_programme()
    delegate = make_delegate()

    file = booking_calendar.render_ical(delegate)

    entry = _entry(delegate)
    assert entry["SUMMARY"] == " ".join(title.split())
    assert "ATTENDEE" not in entry
    assert entry["ORGANIZER"] == "mailto:tides@conference.example"
    assert set(entry["ORGANIZER"].params) == {"CN"}
    assert file.endswith(b"\r\n")
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    assert b"\n" not in file.replace(b"\r\n", b"")


def test_the_calendar_entry_can_be_downloaded_from_the_booking(visitor: Browser) -> None:
    delegate = make_delegate()

    answer = visitor.fetch("GET", f"/booking/{links.booking_token(delegate)}/calendar.ics")

    assert answer.mimetype == "text/calendar"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="conference.ics"'
    assert answer.data == booking_calendar.render_ical(delegate)
