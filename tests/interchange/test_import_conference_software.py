"""What an organiser finds in the programme after reading what Sessionize or Indico gave them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.database import transaction
from app.errors import InvalidFile
from app.interchange import services
from app.interchange.importers.detect import read_bytes
from app.interchange.importers.parsed_programme import ParseResult
from tests.browser import Browser
from tests.factories import publish_programme
from tests.interchange.sample_schedules import FILES, list_notes
from tests.interchange.test_import_ical import TIDES

SESSIONIZE, INDICO = FILES / "sessionize.json", FILES / "indico.json"


def sessionize(**changes: Any) -> bytes:
    return json.dumps(json.loads(SESSIONIZE.read_text(encoding="utf-8")) | changes).encode()


def indico(**changes: Any) -> bytes:
    """Give the example with some facts of its event changed."""
    document = json.loads(INDICO.read_text(encoding="utf-8"))
    document["results"][0] |= changes
    return json.dumps(document).encode()


def test_a_sessionize_file_is_imported_with_times_rooms_speakers_and_texts() -> None:
    reading = read_bytes(SESSIONIZE.read_bytes(), TIDES)

    walls, tea = reading.programme.sessions
    people = {one.key: one for one in reading.programme.speakers}
    assert reading.programme.conference.acronym == "tides-2009"
    assert (walls.key, walls.title, walls.kind) == ("1001", "Walls that last", "Talk")
    assert [f"{one:%d %H:%M}" for one in (walls.starts_at, walls.ends_at) if one] == [
        "10 08:00",  # by the clocks of the conference, in summer
        "10 08:45",
    ]
    assert (walls.room, walls.theme, walls.language) == ("71", "stone", "fr")
    assert walls.abstract == "Why they *stand*."
    assert walls.keywords == ("Beginner",)
    assert walls.links == (("https://video.example/walls", "Recording"),)
    [marsh] = [people[one.speaker] for one in walls.appearances]
    assert (marsh.name, marsh.role, marsh.biography) == ("Ada Marsh", "Engineer", "Builds walls.")
    assert marsh.profile is not None
    assert marsh.profile.links == (("https://ada.example/", "Blog"),)
    assert (tea.kind, tea.room, tea.appearances) == ("break", "72", ())
    assert [room.name for room in reading.programme.rooms] == ["Pier", "Quay"]
    assert list_notes(reading) == [
        ("left out", "Answers to the organisers’ questions are not loaded")
    ]


def test_a_sessionize_session_not_yet_accepted_becomes_a_draft() -> None:
    sessions = json.loads(SESSIONIZE.read_text(encoding="utf-8"))["sessions"]
    sessions[0]["status"] = "Nominated"

    walls, tea = read_bytes(sessionize(sessions=sessions)).programme.sessions

    assert (walls.draft, tea.draft) == (True, None)


def test_an_indico_file_is_imported_with_times_rooms_speakers_and_texts() -> None:
    reading = read_bytes(INDICO.read_bytes())

    conference = reading.programme.conference
    walls, floods, dinner = reading.programme.sessions
    people = {one.key: one for one in reading.programme.speakers}
    assert (conference.title, conference.time_zone) == ("Harbours of Europe", "Europe/Warsaw")
    assert (f"{conference.starts_on}", f"{conference.ends_on}") == ("2009-06-10", "2009-06-11")
    assert (walls.key, walls.title, walls.kind) == ("31", "Walls that last", "Talk")
    assert [f"{one:%d %H:%M}" for one in (walls.starts_at, walls.ends_at) if one] == [
        "10 09:00",
        "10 09:20",
    ]
    assert (walls.theme, walls.keywords) == ("stone", ("walls",))
    assert walls.abstract == "<p>Why they <em>stand</em>.</p>"
    assert walls.links == (("https://files.example/walls.pdf", "Slides"),)
    assert [(people[one.speaker].name, one.role) for one in walls.appearances] == [
        ("Ada Marsh", "speaker")
    ]
    assert people["7"].organisation == "Harbour trust"
    assert [(people[one.speaker].name, one.role) for one in floods.appearances] == [
        ("Bo Lund", "speaker")
    ]
    assert (floods.starts_at, floods.theme) == (None, "main-track")
    assert (dinner.room, dinner.appearances) == (None, ())
    assert [room.name for room in reading.programme.rooms] == ["Pier"]
    assert list_notes(reading) == [
        ("fixed", "A contribution has no speakers; we used its main authors"),
        ("fixed", "It has no start time, so it was loaded without a time"),
    ]


def test_indico_contributions_within_sessions_are_imported() -> None:
    contributions = json.loads(INDICO.read_text(encoding="utf-8"))["results"][0]["contributions"]
    for one in contributions:
        del one["session"]
    session = {"title": "Main track", "contributions": contributions[1:]}
    alone = {"title": "Round table", "id": "5", "startDate": contributions[0]["startDate"]}

    reading = read_bytes(indico(contributions=contributions[:1], sessions=[session, alone]))

    assert [one.title for one in reading.programme.sessions] == [
        *("Walls that last", "Floods", "Dinner", "Round table"),
    ]
    assert [one.theme for one in reading.programme.sessions] == [
        *("stone", "main-track", "main-track", None),
    ]


def test_an_indico_file_with_several_events_is_refused() -> None:
    document = json.loads(INDICO.read_text(encoding="utf-8"))

    with pytest.raises(InvalidFile, match=r"has 2 events. Export one of them"):
        read_bytes(json.dumps({"results": document["results"] * 2}).encode())


@pytest.mark.empty
@pytest.mark.parametrize("path", [SESSIONIZE, INDICO], ids=lambda path: path.name)
def test_an_imported_file_renders_and_importing_it_again_changes_nothing(
    path: Path, visitor: Browser
) -> None:
    with transaction():
        services.load_file(path)
    publish_programme()

    for address in ("/programme", "/sessions/walls-that-last", "/speakers/ada-marsh"):
        visitor.open(address)
    with transaction():
        assert str(services.load_file(path).changes) == "Nothing changed"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "title", "name", "speakers", "date"]), inner)
    ),
    max_leaves=12,
)
NAMES = [
    *("id", "title", "startsAt", "roomId", "speakers", "categoryItems", "startDate", "duration"),
    *("track", "primaryauthors", "folders", "keywords"),
]
RECORDS = st.lists(st.dictionaries(st.sampled_from(NAMES), ANYTHING) | ANYTHING, max_size=3)


@given(RECORDS, ANYTHING)
def test_any_sessionize_or_indico_json_is_parsed_or_refused(records: Any, other: Any) -> None:
    for document in (
        {"sessions": records, "speakers": other, "rooms": other, "categories": other},
        {"results": [{"contributions": records, "startDate": other, "sessions": other}]},
    ):
        try:
            reading = read_bytes(json.dumps(document).encode(), TIDES)
        except InvalidFile:
            continue
        assert isinstance(reading, ParseResult)
