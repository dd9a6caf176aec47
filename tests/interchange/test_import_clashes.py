"""Contradictory data is imported, and the organiser is warned."""

from pathlib import Path

from app.interchange.importers.parsed_programme import ImportNote
from tests.interchange.sample_schedules import (
    list_notes,
    make_event_xml,
    make_schedule_xml,
    parse_contents,
)


def test_an_imported_speaker_in_two_sessions_at_once_is_reported_as_a_clash(tmp_path: Path) -> None:
    ada = "<person id='1'>Ada Ashdown</person>"
    events = [
        make_event_xml(people=ada),
        make_event_xml(guid="two", room="Library", title="Decent work", people=ada),
    ]

    reading = parse_contents(make_schedule_xml(*events, room=""), tmp_path)

    assert len(reading.programme.sessions) == 2
    assert reading.notes == (
        ImportNote(
            "line 5", "Decent work", "clash", "Ada Ashdown is also in “Warm homes” at that time"
        ),
    )


def test_imported_sessions_in_one_room_at_once_are_reported_as_a_clash(tmp_path: Path) -> None:
    events = [
        make_event_xml(duration="03:00"),
        make_event_xml(guid="two", title="Short", date="2009-06-10T10:30:00+01:00", start="10:30"),
        make_event_xml(guid="three", title="Late", date="2009-06-10T12:30:00+01:00", start="12:30"),
        make_event_xml(guid="four", title="After", date="2009-06-10T13:00:00+01:00", start="13:00"),
    ]

    reading = parse_contents(make_schedule_xml(*events), tmp_path)

    assert [(note.subject, note.reason) for note in reading.notes] == [
        ("Short", "“Warm homes” is in Main hall at the same time"),
        ("Late", "“Warm homes” is in Main hall at the same time"),
    ]


def test_an_imported_session_outside_the_conference_days_is_reported_as_a_clash(
    tmp_path: Path,
) -> None:
    events = [
        make_event_xml(guid="night", date="2009-06-12T01:00:00+01:00", start="01:00"),
        make_event_xml(guid="after", date="2009-06-12T10:00:00+01:00"),
    ]

    reading = parse_contents(make_schedule_xml(*events), tmp_path)

    assert list_notes(reading) == [
        ("clash", "It starts on 2009-06-12, which is not a day of the conference")
    ]
