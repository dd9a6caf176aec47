"""What cannot all be true is kept, and the organiser is told of it."""

from pathlib import Path

from app.programme.reading.written import Note
from tests.programme.schedules import a_schedule, an_event, notes_of, reading_of


def test_a_person_in_two_places_at_once_is_a_clash_and_both_are_kept(tmp_path: Path) -> None:
    ada = "<person id='1'>Ada Ashdown</person>"
    events = [
        an_event(people=ada),
        an_event(guid="two", room="Library", title="Decent work", people=ada),
    ]

    reading = reading_of(a_schedule(*events, room=""), tmp_path)

    assert len(reading.programme.sessions) == 2
    assert reading.notes == (
        Note("line 5", "Decent work", "clash", "Ada Ashdown is also in “Warm homes” at that time"),
    )


def test_two_sessions_in_one_room_at_once_are_a_clash(tmp_path: Path) -> None:
    events = [
        an_event(duration="03:00"),
        an_event(guid="two", title="Short", date="2009-06-10T10:30:00+01:00", start="10:30"),
        an_event(guid="three", title="Late", date="2009-06-10T12:30:00+01:00", start="12:30"),
        an_event(guid="four", title="After", date="2009-06-10T13:00:00+01:00", start="13:00"),
    ]

    reading = reading_of(a_schedule(*events), tmp_path)

    assert [(note.subject, note.reason) for note in reading.notes] == [
        ("Short", "“Warm homes” is in Main hall at the same time"),
        ("Late", "“Warm homes” is in Main hall at the same time"),
    ]


def test_a_session_on_no_day_of_the_conference_is_a_clash(tmp_path: Path) -> None:
    events = [
        an_event(guid="night", date="2009-06-12T01:00:00+01:00", start="01:00"),
        an_event(guid="after", date="2009-06-12T10:00:00+01:00"),
    ]

    reading = reading_of(a_schedule(*events), tmp_path)

    assert notes_of(reading) == [
        ("clash", "It starts on 2009-06-12, which is not a day of the conference")
    ]
