"""Errors in a file are corrected, and the organiser is told where and how."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.interchange.importers.detect import read_file
from app.interchange.importers.parsed_programme import ImportNote
from tests.interchange.sample_schedules import (
    FILES,
    list_notes,
    make_event_xml,
    make_schedule_xml,
    parse_contents,
)


def test_a_dirty_file_is_parsed_with_a_report() -> None:
    reading = read_file(FILES / "dirty.xml")

    assert reading.notes == (
        ImportNote(
            "the file",
            "the whole file",
            "fixed",
            "3 sessions are not inside a room; we used the rooms that they name",
        ),
        ImportNote(
            "the file",
            "the whole file",
            "fixed",
            "2 sessions have no date; we used their day and start time",
        ),
        ImportNote(
            "the file",
            "the whole file",
            "fixed",
            "2 sessions have no guid; we used their numbers",
        ),
        ImportNote(
            "the file",
            "time zone",
            "fixed",
            "There is no time zone; we used Europe/London, because the file does not suggest "
            "another",
        ),
        ImportNote(
            "line 13",
            "Food & income",
            "fixed",
            "Its special characters were encoded twice",
        ),
        ImportNote("line 13", "Food & income", "fixed", "Its text was encoded twice"),
        ImportNote(
            "line 22",
            "Night watch",
            "fixed",
            "It starts at 01:30, after midnight, so we moved it to 2008-11-07",
        ),
        ImportNote(
            "line 27",
            "Daily Life",
            "fixed",
            "This is a different spelling of the theme “Daily life”",
        ),
        ImportNote(
            "line 22",
            "MAIN hall",
            "fixed",
            "This is a different spelling of the room “Main hall”",
        ),
        ImportNote("line 32", "a session", "left out", "It has no title"),
        ImportNote(
            "the file",
            "last day",
            "fixed",
            "“20008-11-07” is not a date; we used 2008-11-07",
        ),
    )


def test_a_dirty_file_gives_a_clean_programme() -> None:
    programme = read_file(FILES / "dirty.xml").programme

    assert programme.conference.acronym == "an-old-conference"
    assert programme.conference.place == "Town hall, London"
    assert programme.conference.ends_on == date(2008, 11, 7)
    assert [room.name for room in programme.rooms] == ["Main hall"]
    assert [session.key for session in programme.sessions] == ["1", "2"]
    assert programme.sessions[0].abstract == "<p>Bread.</p>"
    assert programme.sessions[1].starts_at == datetime(2008, 11, 7, 1, 30, tzinfo=UTC)


def test_hidden_characters_are_removed_from_names(tmp_path: Path) -> None:
    person = "<person id='1'>Ada\u202e Ash\u200bdown</person>"

    reading = parse_contents(
        make_schedule_xml(make_event_xml(people=person, title="Warm\x0c\u2066 homes")), tmp_path
    )

    assert reading.programme.speakers[0].name == "Ada Ashdown"
    assert reading.programme.sessions[0].title == "Warm homes"
    assert list_notes(reading) == [
        ("fixed", "1 control character was removed, since XML does not allow them"),
        ("fixed", "It had hidden characters; we removed them"),
        ("fixed", "It had hidden characters; we removed them"),
    ]


def test_control_characters_written_as_entities_are_removed(tmp_path: Path) -> None:
    words = make_schedule_xml(make_event_xml(title="Warm homes")).replace(
        "Warm", "&#x0B;W&#1;arm&#x1f;"
    )

    reading = parse_contents(words, tmp_path)

    assert reading.programme.sessions[0].title == "Warm homes"
    assert list_notes(reading) == [
        ("fixed", "3 control characters were removed, since XML does not allow them")
    ]


def test_overlong_texts_are_shortened(tmp_path: Path) -> None:
    reading = parse_contents(
        make_schedule_xml(make_event_xml(title="a" * 400, abstract="b" * 60_000)), tmp_path
    )

    (session,) = reading.programme.sessions
    assert (len(session.title), len(session.abstract)) == (300, 50_000)
    assert list_notes(reading) == [
        ("fixed", "We shortened it to 300 characters; it had 400"),
        ("fixed", "We shortened it to 50,000 characters; it had 60,000"),
    ]


def test_unescaped_markup_is_kept_as_markup(tmp_path: Path) -> None:
    words = make_schedule_xml(make_event_xml(abstract="ABSTRACT")).replace(
        "ABSTRACT", '<p class="x">Bread &amp; <a href="https://x.example/?a&amp;b">tea</a></p>'
    )

    reading = parse_contents(words, tmp_path)

    assert reading.programme.sessions[0].abstract == (
        '<p>Bread &amp; <a href="https://x.example/?a&amp;b">tea</a></p>'
    )


def test_a_wrong_encoding_declaration_is_detected(tmp_path: Path) -> None:
    words = '<?xml version="1.0" encoding="iso-8859-1"?>' + make_schedule_xml(title="Santé")

    reading = parse_contents(words, tmp_path)

    assert reading.programme.conference.title == "Santé"
    assert list_notes(reading) == [("fixed", "It says it is in iso-8859-1, but it is in UTF-8")]


@pytest.mark.parametrize(
    ("said", "code"),
    [("en", "en"), ("English", "en"), ("pt_BR", "pt-BR"), ("", ""), ("Klingon!", "")],
)
def test_a_language_name_becomes_a_code_or_is_dropped(said: str, code: str, tmp_path: Path) -> None:
    reading = parse_contents(make_schedule_xml(make_event_xml(language=said)), tmp_path)

    assert reading.programme.sessions[0].language == code


def test_unsafe_and_duplicate_links_are_skipped(tmp_path: Path) -> None:
    links = (
        "<link href='https://a.example/x'>A</link><link href='https://a.example/x'>again</link>"
        "<link href='https://b.example/'/><link href='javascript:alert(1)'>C</link>"
        "<link href='notes.pdf'>D</link><link href='http://['>E</link>"
    )

    reading = parse_contents(make_schedule_xml(make_event_xml(links=links)), tmp_path)

    assert reading.programme.sessions[0].links == (
        ("https://a.example/x", "A"),
        ("https://b.example/", "b.example"),
    )
    assert [note.kind for note in reading.notes] == ["left out"] * 3


def test_an_undeclared_xml_prefix_is_harmless(tmp_path: Path) -> None:
    abstract = "<abstract>One <o:p>two</o:p> three</abstract>"
    event = make_event_xml().replace("<persons>", f"{abstract}<persons>")

    [session] = parse_contents(make_schedule_xml(event), tmp_path).programme.sessions

    assert session.abstract == "One <o:p>two</o:p> three"
