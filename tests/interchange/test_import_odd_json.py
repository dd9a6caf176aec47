"""Odd values in JSON, in our own format and in schedules."""

import json
from pathlib import Path

from app.interchange.importers.parsed_programme import ImportNote
from tests.interchange.sample_schedules import FILES, list_notes, parse_contents


def own(**changes: object) -> str:
    """Write the conference in our own format, with some of it changed."""
    return json.dumps({**json.loads((FILES / "own.json").read_text(encoding="utf-8")), **changes})


def test_references_to_missing_records_are_skipped(tmp_path: Path) -> None:
    reading = parse_contents(own(rooms=[], themes=None, speakers=[]), tmp_path)

    assert list_notes(reading) == [
        ("left out", "It refers to a theme that is not in the file: measure"),
        ("left out", "It refers to a room that is not in the file: main-hall"),
        ("left out", "It refers to a speaker that is not in the file: ada-ashdown"),
    ]


def test_records_with_a_duplicate_or_missing_slug_are_skipped(tmp_path: Path) -> None:
    rooms = [{"slug": "main-hall", "name": "Main hall"}, {"slug": "main-hall", "name": "B"}, {}, 7]

    reading = parse_contents(own(rooms=rooms), tmp_path)

    assert [room.name for room in reading.programme.rooms] == ["Main hall"]
    assert list_notes(reading) == [
        ("left out", "It is not a record, so we could not read it"),
        ("left out", "Its slug is already used"),
        ("left out", "It has no slug or name"),
    ]


def test_invalid_conference_fields_are_skipped(tmp_path: Path) -> None:
    conference = {
        "title": "",
        "starts_on": "2009-06-10",
        "ends_on": "2009-06-10",
        "time_zone": "Europe/London",
        "contact_email": "nobody at home",
        "places": -5,
        "registration_opens_at": "in May",
        "coordinates": "by the sea",
        "doors_open": "at dawn",
    }

    reading = parse_contents(own(conference=conference), tmp_path)

    facts = reading.programme.conference
    assert (facts.contact_email, facts.places, facts.registration_opens_at) == ("", None, None)
    assert (facts.coordinates, facts.doors_open) == ("", "")
    assert facts.title == "Untitled conference"
    assert [(note.kind, note.subject) for note in reading.notes] == [
        ("fixed", "title"),
        ("left out", "contact_email"),
        ("left out", "places"),
        ("left out", "registration_opens_at"),
        ("left out", "coordinates"),
        ("left out", "doors_open"),
    ]


def test_invalid_numbers_are_skipped(tmp_path: Path) -> None:
    rooms = [{"slug": "main-hall", "name": "Main hall", "capacity": "many"}]
    themes = [{"slug": "measure", "name": "Measure", "palette": 13}]

    reading = parse_contents(own(rooms=rooms, themes=themes), tmp_path)

    assert reading.programme.rooms[0].capacity is None
    assert reading.programme.themes[0].palette is None
    assert list_notes(reading) == [
        ("left out", "The palette has no colour 13"),
        ("left out", "Its capacity is not a number: many"),
    ]


def test_of_a_duplicate_json_key_the_first_value_is_used(tmp_path: Path) -> None:
    words = own().replace('"title": "Lunch"', '"title": "Lunch", "title": "Dinner"')

    reading = parse_contents(words, tmp_path)

    assert reading.programme.sessions[1].title == "Lunch"
    assert list_notes(reading) == [
        ("fixed", "A record has two values with the same name; we used the first")
    ]


def test_nan_in_json_is_ignored(tmp_path: Path) -> None:
    reading = parse_contents(own().replace('"capacity": 120', '"capacity": NaN'), tmp_path)

    assert reading.programme.rooms[0].capacity is None
    assert list_notes(reading) == [("fixed", "It has NaN instead of a number; we ignored it")]


def test_notes_on_a_json_schedule_name_the_event(tmp_path: Path) -> None:
    schedule = json.loads((FILES / "closing-the-gap.json").read_text(encoding="utf-8"))
    rooms = schedule["schedule"]["conference"]["days"][0]["rooms"]
    rooms["Library"].append({"id": 35, "title": None})
    rooms["Library"].append({})
    schedule["schedule"]["conference"]["days"].append({"rooms": ["Library"]})

    reading = parse_contents(json.dumps(schedule), tmp_path)

    assert reading.notes == (
        ImportNote(
            "days", "a day", "left out", "Its rooms have no names, so we could not read them"
        ),
        ImportNote("event 35", "a session", "left out", "It has no title"),
        ImportNote("event number 4 in the file", "a session", "left out", "It has no title"),
    )
