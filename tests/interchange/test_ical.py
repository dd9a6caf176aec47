"""Calendars that others subscribe to, read back as calendars read them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from app import cache_version, clock
from app.database import db, transaction
from app.interchange import ical_lines
from app.programme.models import Session
from app.releases import services
from app.releases.models import Revision
from tests.browser import Browser
from tests.factories import FIRST_MORNING, make_room, make_session, make_speaker, publish_programme
from tests.lookups import get_session

ADDRESS = "/programme.ics"


def fetch_calendar(visitor: Browser, address: str = ADDRESS) -> Any:
    return Calendar.from_ical(visitor.fetch("GET", address).data)


def entries(visitor: Browser, address: str = ADDRESS) -> dict[str, Any]:
    """Give the entries of a calendar by the ends of their addresses."""
    found = fetch_calendar(visitor, address).walk("VEVENT")
    return {entry["URL"].rpartition("/")[2]: entry for entry in found}


def sequences(visitor: Browser) -> dict[str, tuple[int, str]]:
    return {slug: (entry["SEQUENCE"], entry["STATUS"]) for slug, entry in entries(visitor).items()}


def test_a_calendar_event_has_time_place_categories_and_description(visitor: Browser) -> None:
    make_session(
        slug="walls",
        title="Harbour walls; past, and to come",
        subtitle="A walk",
        abstract="Why they *stand*.",
        room=make_room(name="Pier"),
        speakers=(make_speaker(name="João Mare"),),
        is_illustrative=True,
    )
    publish_programme()

    entry = entries(visitor)["walls"]

    assert entry["SUMMARY"] == "Harbour walls; past, and to come"
    assert entry["DTSTART"].dt == datetime(2009, 6, 10, 8, 30, tzinfo=UTC)
    assert entry["DTEND"].dt == datetime(2009, 6, 10, 9, 30, tzinfo=UTC)
    assert entry["LOCATION"] == "Pier, Whitby"
    assert entry["URL"] == "https://conference.example/sessions/walls"
    assert entry["STATUS"] == "CONFIRMED"
    assert entry["CATEGORIES"].cats == ["Parallel session", "Illustrative"]
    assert entry["DESCRIPTION"].split("\n\n") == [
        "This session is illustrative. It is not on record.",
        "A walk",
        "João Mare",
        "Why they stand.",
    ]
    assert entry["DTSTAMP"].dt == entry["LAST-MODIFIED"].dt == clock.now()


def test_a_calendar_has_name_source_and_refresh_interval(visitor: Browser) -> None:
    answer = visitor.fetch("GET", ADDRESS)

    calendar: Any = Calendar.from_ical(answer.data)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "Content-Disposition" not in answer.headers
    assert calendar["VERSION"] == "2.0"
    assert calendar["X-WR-CALNAME"] == calendar["NAME"] == "Tides and Harbours"
    assert calendar["SOURCE"] == "https://conference.example/programme.ics"
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=1)


def test_unscheduled_sessions_are_left_out_of_the_calendar_and_counted(visitor: Browser) -> None:
    make_session(slug="some-day", starts_at=None, ends_at=None)
    publish_programme()

    calendar = fetch_calendar(visitor)

    assert "some-day" not in entries(visitor)
    assert calendar["DESCRIPTION"] == "One session has no time yet, so it is not in this calendar."
    page = visitor.open("/sessions/some-day.ics", status=404)
    assert "This session has no time yet, so there is nothing for a calendar" in page.text


def test_a_session_has_its_own_calendar_file(visitor: Browser) -> None:
    calendar = fetch_calendar(visitor, "/sessions/opening.ics")

    [entry] = calendar.walk("VEVENT")
    assert entry["UID"] == entries(visitor)["opening"]["UID"]
    assert calendar["NAME"] == entry["SUMMARY"]
    assert visitor.open("/sessions/nothing.ics", status=404).heading


def test_breaks_are_transparent_in_calendars(visitor: Browser) -> None:
    make_session(slug="tea", kind="tea")
    make_session(slug="talk", kind="talk")
    publish_programme()

    found = entries(visitor)

    assert found["tea"]["TRANSP"] == "TRANSPARENT"
    assert "TRANSP" not in found["talk"]


@pytest.mark.both_databases
def test_each_published_change_increases_the_calendar_sequence(
    site: Flask, visitor: Browser, frozen_time: Any
) -> None:
    make_session(slug="moved", title="Moved")
    publish_programme()
    before = entries(visitor)["moved"]
    frozen_time.shift(timedelta(hours=1))
    with transaction():
        get_session("moved").starts_at = FIRST_MORNING + timedelta(minutes=30)

    assert entries(visitor)["moved"]["SEQUENCE"] == 0  # nobody was notified
    publish_programme()
    after = entries(visitor)["moved"]

    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert after["UID"] == before["UID"]
    assert after["LAST-MODIFIED"].dt - before["LAST-MODIFIED"].dt == timedelta(hours=1)
    assert entries(visitor)["opening"]["SEQUENCE"] == 0


@pytest.mark.both_databases
def test_cancelled_and_withdrawn_sessions_stay_in_the_calendar_as_cancelled(
    site: Flask, visitor: Browser
) -> None:
    make_session(slug="cancelled")
    make_session(slug="withdrawn")
    make_session(slug="back-to-a-draft")
    make_session(slug="without-a-time")
    publish_programme()
    with transaction():
        get_session("cancelled").cancelled_at = clock.now()
        get_session("withdrawn").withdrawn_at = clock.now()
        get_session("back-to-a-draft").is_draft = True
        get_session("without-a-time").starts_at = get_session("without-a-time").ends_at = None

    publish_programme()
    found = sequences(visitor)

    for slug in ("cancelled", "withdrawn", "back-to-a-draft", "without-a-time"):
        assert found[slug] == (1, "CANCELLED")
        assert entries(visitor)[slug]["DTSTART"].dt == datetime(2009, 6, 10, 8, 30, tzinfo=UTC)
        [alone] = fetch_calendar(visitor, f"/sessions/{slug}.ics").walk("VEVENT")
        assert alone["STATUS"] == "CANCELLED"


@pytest.mark.both_databases
def test_a_rollback_increases_the_calendar_sequence(site: Flask, visitor: Browser) -> None:
    make_session(slug="kept")
    make_session(slug="changed", title="First")
    publish_programme()  # 2
    with transaction():
        get_session("changed").title = "Second"
        get_session("kept").withdrawn_at = clock.now()
    make_session(slug="added")
    publish_programme()  # 3
    assert sequences(visitor) | {"opening": (0, "CONFIRMED")} == sequences(visitor)

    for back, seen, expected in (
        (2, 3, {"kept": (2, "CONFIRMED"), "changed": (2, "CONFIRMED"), "added": (1, "CANCELLED")}),
        (3, 2, {"kept": (3, "CANCELLED"), "changed": (3, "CONFIRMED"), "added": (2, "CONFIRMED")}),
    ):
        with transaction():
            services.roll_back(back, "", expected_release=seen, actor="grace@conference.example")
        found = sequences(visitor)

        assert {slug: found[slug] for slug in expected} == expected
        assert found["opening"] == (0, "CONFIRMED")


def test_a_site_without_revisions_starts_counting_at_the_next_release(
    visitor: Browser,
) -> None:
    with transaction():
        db.session.query(Revision).delete()
        get_session("opening").title = "Another opening"
    assert {number for number, _ in sequences(visitor).values()} == {0}

    publish_programme()

    assert entries(visitor)["opening"]["SEQUENCE"] == 1
    assert db.session.query(Revision).count() == db.session.query(Session).count()


def test_the_same_release_gives_the_same_calendar_bytes(visitor: Browser, frozen_time: Any) -> None:
    before = visitor.fetch("GET", ADDRESS)
    frozen_time.shift(timedelta(days=1))
    with transaction():
        cache_version.bump_cache_version()

    after = visitor.fetch("GET", ADDRESS)

    assert after.data == before.data
    assert after.headers["ETag"] == before.headers["ETag"]


# Lines


@given(st.text())
@example("潮と港 " * 40)
@example("Ö" * 200)
@example("Tides\r\nATTENDEE:mailto:evil@example.org")
@example("Tides\nEND:VEVENT\nBEGIN:VEVENT")
@example("a\u2028b\u0085c\x0bd\x00e\x7f")
@example("\\n \\, ; : \" '")
def test_no_text_can_break_the_lines_of_a_calendar(words: str) -> None:
    summary = ical_lines.property_line("SUMMARY", ical_lines.escape_text(words))

    file = ical_lines.fold(["BEGIN:VEVENT", summary, "END:VEVENT"])

    assert file.endswith(b"\r\n")
    assert b"\n" not in file.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    assert all(line.decode() for line in file.split(b"\r\n")[:-1])
    entry: Any = Event.from_ical(file)
    assert set(entry) == {"SUMMARY"}
    assert str(entry["SUMMARY"]) == ical_lines.FORBIDDEN_CHARACTERS.sub(
        "", ical_lines.LINE_BREAK.sub("\n", words)
    )


@given(st.text())
@example('Tides" ;X-EVIL="1')
def test_no_text_can_break_out_of_a_calendar_parameter(words: str) -> None:
    organiser = ical_lines.property_line(
        "ORGANIZER", "mailto:a@b.example", CN=ical_lines.quote_parameter(words)
    )

    entry: Any = Event.from_ical(ical_lines.fold(["BEGIN:VEVENT", organiser, "END:VEVENT"]))

    assert set(entry) == {"ORGANIZER"}
    assert set(entry["ORGANIZER"].params) == {"CN"}
    assert entry["ORGANIZER"] == "mailto:a@b.example"
