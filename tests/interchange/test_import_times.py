"""Session times: many formats, some of them invalid."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.interchange.sample_schedules import (
    list_notes,
    make_event_xml,
    make_schedule_xml,
    parse_contents,
)


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("01:30", 90),
        ("01:30:00", 90),
        ("0:01:30:00", 90),
        ("90", 90),
        ("90.0", 90),
        ("90 min", 90),
        ("90 minutes", 90),
        ("1h30", 90),
        ("1h 30m", 90),
        ("2 hours", 120),
        ("PT1H30M", 90),
        ("PT45M", 45),
        ("P1D", 1440),
        ("24:00", 1440),
    ],
)
def test_a_duration_is_read_in_any_spelling(written: str, minutes: int, tmp_path: Path) -> None:
    reading = parse_contents(make_schedule_xml(make_event_xml(duration=written)), tmp_path)

    (session,) = reading.programme.sessions
    assert session.starts_at
    assert session.ends_at
    assert (session.ends_at - session.starts_at).total_seconds() == minutes * 60


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "It has no length, so we assumed 30 minutes"),
        ("00:00", "Its length is not valid (00:00), so we assumed 30 minutes"),
        ("soon", "Its length is not valid (soon), so we assumed 30 minutes"),
        ("-00:30", "Its length is not valid (-00:30), so we assumed 30 minutes"),
    ],
)
def test_a_session_without_a_valid_duration_gets_half_an_hour(
    written: str, reason: str, tmp_path: Path
) -> None:
    reading = parse_contents(make_schedule_xml(make_event_xml(duration=written)), tmp_path)

    assert reading.programme.sessions[0].ends_at == datetime(2009, 6, 10, 9, 30, tzinfo=UTC)
    assert list_notes(reading) == [("fixed", reason)]


def test_a_session_longer_than_a_day_is_shortened(tmp_path: Path) -> None:
    reading = parse_contents(make_schedule_xml(make_event_xml(duration="48:00")), tmp_path)

    assert reading.programme.sessions[0].ends_at == datetime(2009, 6, 11, 9, tzinfo=UTC)
    assert list_notes(reading) == [
        ("fixed", "It is longer than a day (2 days, 0:00:00); we shortened it to 24 hours")
    ]


@pytest.mark.parametrize("start", ["25:00", "10:75", "midday"])
def test_an_impossible_start_time_is_ignored(start: str, tmp_path: Path) -> None:
    reading = parse_contents(
        make_schedule_xml(make_event_xml(date="2009-06-10", start=start)), tmp_path
    )

    assert reading.programme.sessions[0].starts_at is None


@pytest.mark.parametrize("end", ["2009-02-30", "9999-06-11", "10 June"])
def test_an_impossible_last_day_is_ignored(end: str, tmp_path: Path) -> None:
    reading = parse_contents(make_schedule_xml(end=end), tmp_path)

    assert list_notes(reading) == [("fixed", f"“{end}” is not a date; we used 2009-06-10")]


@pytest.mark.parametrize("end", ["2009-06-10T11:15:00+01:00", "11:15"])
def test_an_end_takes_precedence_over_a_duration(end: str, tmp_path: Path) -> None:
    reading = parse_contents(make_schedule_xml(make_event_xml(end=end)), tmp_path)

    assert reading.programme.sessions[0].ends_at == datetime(2009, 6, 10, 10, 15, tzinfo=UTC)


def test_an_end_after_midnight_is_on_the_next_day(tmp_path: Path) -> None:
    late = make_event_xml(date="2009-06-10T23:30:00+01:00", start="23:30", end="00:30")

    reading = parse_contents(make_schedule_xml(late), tmp_path)

    assert reading.programme.sessions[0].ends_at == datetime(2009, 6, 10, 23, 30, tzinfo=UTC)


def test_a_session_without_a_valid_time_is_imported_without_one(tmp_path: Path) -> None:
    reading = parse_contents(make_schedule_xml(make_event_xml(date="", start="noonish")), tmp_path)

    assert reading.programme.sessions[0].starts_at is None
    assert list_notes(reading) == [
        ("fixed", "Its start time is not valid: “noonish”, so it was loaded without a time")
    ]


def test_an_invalid_date_is_replaced_by_day_and_start(tmp_path: Path) -> None:
    reading = parse_contents(make_schedule_xml(make_event_xml(date="2009-06-10T99:00")), tmp_path)

    assert reading.programme.sessions[0].starts_at == datetime(2009, 6, 10, 9, tzinfo=UTC)
    assert list_notes(reading)[1] == ("fixed", "Its date is not valid: 2009-06-10T99:00")


def test_a_date_takes_precedence_over_a_differing_start(tmp_path: Path) -> None:
    reading = parse_contents(make_schedule_xml(make_event_xml(start="11:00")), tmp_path)

    assert reading.programme.sessions[0].starts_at == datetime(2009, 6, 10, 9, tzinfo=UTC)
    assert list_notes(reading) == [
        ("fixed", "Its date says 10:00 and its start says 11:00; we used the date")
    ]


def test_a_utc_date_agrees_with_a_local_start(tmp_path: Path) -> None:
    reading = parse_contents(
        make_schedule_xml(make_event_xml(date="2009-06-10T09:00:00+00:00")), tmp_path
    )

    assert reading.programme.sessions[0].starts_at == datetime(2009, 6, 10, 9, tzinfo=UTC)
    assert reading.notes == ()


def test_a_date_without_offset_is_in_the_conference_time_zone(tmp_path: Path) -> None:
    reading = parse_contents(
        make_schedule_xml(make_event_xml(date="2009-06-10T10:00:00")), tmp_path
    )

    assert reading.programme.sessions[0].starts_at == datetime(2009, 6, 10, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "starts_at"),
    [
        (
            'date="2009-06-10" start="2009-06-10T05:00:00+01:00"',
            datetime(2009, 6, 11, 0, 30, tzinfo=UTC),
        ),
        ('date="2009-06-10"', datetime(2009, 6, 10, 0, 30, tzinfo=UTC)),
        ('start="2009-06-10T04:00:00"', datetime(2009, 6, 11, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_start_before_the_day_begins_belongs_to_the_following_night(
    day: str, starts_at: datetime, tmp_path: Path
) -> None:
    reading = parse_contents(
        make_schedule_xml(make_event_xml(date="", start="01:30"), day=day), tmp_path
    )

    assert reading.programme.sessions[0].starts_at == starts_at


@pytest.mark.parametrize(
    ("date_said", "named", "zone"),
    [
        ("2009-06-10T09:00:00+00:00", "", "Europe/London"),
        ("2009-06-10T10:00:00+02:00", "", "Etc/GMT-2"),
        ("2009-06-10T10:00:00+13:00", "", "Etc/GMT-13"),
        ("2009-06-10T04:30:00+00:00", "", "Asia/Kolkata"),
        ("2009-06-10T10:00:00-04:00", "", "Etc/GMT+4"),
        ("2009-06-10T10:00:00+02:00", "Middle Earth", "Etc/GMT-2"),
        ("2009-06-10T10:00:00+02:00", "../../etc/passwd", "Etc/GMT-2"),
        ("2009-06-10T10:00:00", "Europe", "Europe/London"),
    ],
)
def test_an_unnamed_time_zone_is_derived_from_the_utc_offset(
    date_said: str, named: str, zone: str, tmp_path: Path
) -> None:
    reading = parse_contents(
        make_schedule_xml(
            make_event_xml(date=date_said), day='date="2009-06-10"', time_zone_name=named
        ),
        tmp_path,
    )

    assert reading.programme.conference.time_zone == zone
    assert reading.notes[0].subject == "time zone"
    assert "Etc/" not in reading.notes[0].reason


def test_the_time_zone_can_be_derived_from_the_day_alone(tmp_path: Path) -> None:
    day = 'date="2009-06-10" start="2009-06-10T06:00:00+09:00"'
    reading = parse_contents(
        make_schedule_xml(make_event_xml(date=""), day=day, time_zone_name=""), tmp_path
    )

    assert reading.programme.conference.time_zone == "Etc/GMT-9"
    assert reading.programme.sessions[0].starts_at == datetime(2009, 6, 10, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end"), [("2009-06-11", "2009-06-10"), ("1999-06-10", "2009-06-10"), ("", "")]
)
def test_invalid_conference_dates_are_taken_from_the_days(
    start: str, end: str, tmp_path: Path
) -> None:
    conference = parse_contents(
        make_schedule_xml(start=start, end=end), tmp_path
    ).programme.conference

    assert (conference.starts_on, conference.ends_on) == (date(2009, 6, 10), date(2009, 6, 10))


def test_conference_dates_may_include_times(tmp_path: Path) -> None:
    reading = parse_contents(
        make_schedule_xml(start="2009-06-09T23:00:00+00:00", end="2009-06-11T17:00:00+01:00"),
        tmp_path,
    )

    conference = reading.programme.conference
    assert (conference.starts_on, conference.ends_on) == (date(2009, 6, 10), date(2009, 6, 11))
