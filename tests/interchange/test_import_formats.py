"""What an organiser finds in the programme after reading a file that is in order."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.interchange.importers.detect import read_file
from app.interchange.importers.parsed_programme import (
    ParsedAppearance,
    ParsedConference,
    ParsedRoom,
    ParsedSession,
    ParsedSpeaker,
    ParsedTheme,
)
from tests.interchange.sample_schedules import FILES, make_schedule_xml, parse_contents


def test_a_schedule_is_parsed_into_the_conference() -> None:
    reading = read_file(FILES / "closing-the-gap.xml")

    assert reading.programme.conference == ParsedConference(
        acronym="small-2009",
        title="A small conference",
        subtitle="",
        starts_on=date(2009, 6, 10),
        ends_on=date(2009, 6, 11),
        time_zone="Europe/London",
    )


def test_a_schedule_is_parsed_into_rooms_and_themes() -> None:
    programme = read_file(FILES / "closing-the-gap.xml").programme

    assert programme.rooms == (
        ParsedRoom("2f0b5f6e-8d3a-4c58-9d0e-1f6f0c1d2e3f", "Main hall", "main-hall"),
        ParsedRoom("name:library", "Library", "library"),
    )
    assert programme.themes == (
        ParsedTheme("daily-life", "Daily life", colour="#17683f"),
        ParsedTheme("measuring", "Measuring"),
    )


def test_a_schedule_is_parsed_into_speakers_in_any_script() -> None:
    programme = read_file(FILES / "closing-the-gap.xml").programme

    assert programme.speakers == (
        ParsedSpeaker("11", "Ada Ashdown", "ada-ashdown"),
        ParsedSpeaker("12", "أمينة الأسيوطي", "mynh-l-sywty"),
    )


def test_a_schedule_event_is_parsed_into_a_complete_session() -> None:
    opening, homes = read_file(FILES / "closing-the-gap.xml").programme.sessions

    assert opening == ParsedSession(
        key="0a6c5a0e-3f9b-4a77-8a6e-6b1f6f3f0001",
        slug="small-2009-1-opening",
        title="Opening",
        subtitle="Why we are here",
        kind="Plenary",
        theme="daily-life",
        room="2f0b5f6e-8d3a-4c58-9d0e-1f6f0c1d2e3f",
        starts_at=datetime(2009, 6, 10, 8, 30, tzinfo=UTC),
        ends_at=datetime(2009, 6, 10, 9, 30, tzinfo=UTC),
        abstract="<p>A welcome to <em>everyone</em>.</p>",
        description="Tea is served.",
        language="en",
        appearances=(ParsedAppearance("11"), ParsedAppearance("12")),
        links=(
            ("https://small.example/slides", "Slides"),
            ("https://small.example/2009/notes.pdf", "Notes"),
        ),
        licence="CC BY 4.0",
        recorded=True,
    )
    assert homes.slug == "warm-homes"
    assert not homes.recorded


def test_a_valid_file_gives_no_import_notes() -> None:
    assert read_file(FILES / "closing-the-gap.xml").notes == ()
    assert read_file(FILES / "closing-the-gap.json").notes == ()
    assert read_file(FILES / "own.json").notes == ()


def test_a_schedule_is_parsed_alike_from_xml_and_json() -> None:
    from_xml = read_file(FILES / "closing-the-gap.xml").programme
    from_json = read_file(FILES / "closing-the-gap.json").programme

    assert from_json == from_xml


def test_parsing_is_deterministic() -> None:
    assert read_file(FILES / "dirty.xml") == read_file(FILES / "dirty.xml")


def test_conference_json_holds_every_field_of_the_conference() -> None:
    programme = read_file(FILES / "own.json").programme

    assert programme.conference == ParsedConference(
        acronym="own-2009",
        title="Our own conference",
        subtitle="As we write it ourselves",
        starts_on=date(2009, 6, 10),
        ends_on=date(2009, 6, 11),
        time_zone="Europe/London",
        place="London",
        summary="Two days.",
        contact_email="hello@example.org",
        places=120,
        registration_opens_at=datetime(2009, 5, 1, 8, tzinfo=UTC),
        registration_closes_at=datetime(2009, 6, 8, 16, tzinfo=UTC),
        coordinates="51.5246, -0.134",
        doors_open="08:00, 08:30",
    )
    assert programme.themes == (ParsedTheme("measure", "Measure", "Count.", "M", "square", 3),)


def test_conference_json_holds_every_field_of_rooms_and_speakers() -> None:
    programme = read_file(FILES / "own.json").programme

    assert programme.rooms == (
        ParsedRoom(
            key="main-hall",
            name="Main hall",
            slug="main-hall",
            capacity=120,
            description="For everyone.",
            features=("step-free", "hearing-loop"),
            illustrative=True,
        ),
    )
    assert programme.speakers == (
        ParsedSpeaker(
            key="ada-ashdown",
            name="Ada Ashdown",
            slug="ada-ashdown",
            role="Midwife",
            organisation="Riverside Clinic",
            country="United Kingdom",
            biography="She counts.",
        ),
    )


def test_conference_json_holds_the_roles_of_appearances() -> None:
    counting, lunch = read_file(FILES / "own.json").programme.sessions

    assert counting.appearances == (ParsedAppearance("ada-ashdown", "chair"),)
    assert (counting.theme, counting.room, counting.illustrative) == ("measure", "main-hall", True)
    assert (lunch.theme, lunch.room, lunch.kind) == (None, None, "break")


def test_the_file_format_is_detected_by_content(tmp_path: Path) -> None:
    misnamed = tmp_path / "schedule.xml"
    misnamed.write_bytes((FILES / "own.json").read_bytes())

    assert read_file(misnamed).programme.conference.title == "Our own conference"


def test_a_declared_encoding_is_used(tmp_path: Path) -> None:
    words = '<?xml version="1.0" encoding="{}"?>' + make_schedule_xml(title="Santé pour tous")

    latin = parse_contents(words.format("iso-8859-1").encode("latin-1"), tmp_path)
    wide = parse_contents(words.format("utf-16").encode("utf-16"), tmp_path)
    marked = parse_contents(words.format("utf-8").encode("utf-8-sig"), tmp_path)

    titles = [reading.programme.conference.title for reading in (latin, wide, marked)]
    assert titles == ["Santé pour tous"] * 3


@pytest.mark.parametrize("claim", ["utf-16", "iso-8859-1", "US-ASCII"])
def test_an_ascii_file_is_read_whatever_encoding_it_declares(claim: str, tmp_path: Path) -> None:
    words = f'<?xml version="1.0" encoding="{claim}"?>{make_schedule_xml(title="Health for all")}'

    reading = parse_contents(words, tmp_path)

    assert reading.programme.conference.title == "Health for all"
    assert reading.notes == ()


def test_conference_json_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    contents = (FILES / "own.json").read_text(encoding="utf-8")

    reading = parse_contents(contents.encode("utf-8-sig"), tmp_path)

    assert len(reading.programme.sessions) == 2


def test_a_session_that_is_cancelled_says_so(tmp_path: Path) -> None:
    own = json.loads((FILES / "own.json").read_text(encoding="utf-8"))
    own["sessions"][0]["cancelled"] = True

    reading = parse_contents(json.dumps(own), tmp_path)

    assert [session.cancelled for session in reading.programme.sessions] == [True, False]


def test_elements_of_other_xml_namespaces_are_ignored(tmp_path: Path) -> None:
    foreign = '<p:title xmlns:p="urn:other">Something else</p:title><title>'
    plain = make_schedule_xml().replace("<title>", foreign)
    namespaced = plain.replace("<schedule>", '<schedule xmlns="urn:schedule">')

    for document in (plain, namespaced):
        programme = parse_contents(document, tmp_path).programme
        titles = [programme.conference.title, *(one.title for one in programme.sessions)]
        assert titles == ["A conference of faults", "Warm homes"]
