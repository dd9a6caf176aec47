"""Real programmes of other conferences, where somebody has them.

They hold the names of real people, so they are no part of this project: set REAL_SCHEDULES to a
folder of schedule.xml and schedule.json files to run these stories over each of them.
"""

import os
from datetime import UTC
from pathlib import Path

import pytest

from app.interchange.importers.detect import read_file

FOLDER = os.environ.get("REAL_SCHEDULES", "")
SCHEDULES = sorted(
    path for path in (Path(FOLDER).iterdir() if FOLDER else ()) if path.suffix in {".xml", ".json"}
)
BOTH = [
    path for path in SCHEDULES if path.suffix == ".xml" and path.with_suffix(".json") in SCHEDULES
]
REASON = "REAL_SCHEDULES does not name a folder of schedule.xml and schedule.json files"


def _name(path: object) -> str:
    return path.name if isinstance(path, Path) else "none"


@pytest.mark.skipif(not SCHEDULES, reason=REASON)
@pytest.mark.parametrize("path", SCHEDULES or [None], ids=_name)
def test_a_real_schedule_is_parsed_completely(path: Path) -> None:
    programme = read_file(path).programme

    keys = [session.key for session in programme.sessions]
    assert len(keys) == len(set(keys)) == _events_in(path)
    assert all(session.title and session.slug for session in programme.sessions)
    assert all(session.room for session in programme.sessions) or not programme.rooms
    assert all(session.starts_at < session.ends_at for session in programme.sessions)  # type: ignore[operator]
    assert {session.starts_at.tzinfo for session in programme.sessions if session.starts_at} == {
        UTC
    }


@pytest.mark.skipif(not SCHEDULES, reason=REASON)
@pytest.mark.parametrize("path", SCHEDULES or [None], ids=_name)
def test_every_reference_in_a_real_schedule_resolves(path: Path) -> None:
    programme = read_file(path).programme

    rooms: set[str | None] = {room.key for room in programme.rooms} or {None}
    themes = {theme.slug for theme in programme.themes}
    speakers = {speaker.key for speaker in programme.speakers}
    for session in programme.sessions:
        assert session.room in rooms
        assert session.theme in {*themes, None}
        assert {appearance.speaker for appearance in session.appearances} <= speakers


@pytest.mark.skipif(not BOTH, reason=REASON)
@pytest.mark.parametrize("path", BOTH or [None], ids=_name)
def test_a_real_schedule_is_parsed_alike_from_xml_and_json(path: Path) -> None:
    xml, other = read_file(path).programme, read_file(path.with_suffix(".json")).programme

    def told(programme: object) -> object:
        return {
            (session.key, session.title, session.starts_at, session.ends_at, session.room)
            for session in programme.sessions  # type: ignore[attr-defined]
        }

    assert told(xml) == told(other)
    assert {room.key for room in xml.rooms} == {room.key for room in other.rooms}
    assert {person.key: person.name for person in xml.speakers} == {
        person.key: person.name for person in other.speakers
    }


def _events_in(path: Path) -> int:
    """Count the events of a file without reading it."""
    words = path.read_text(encoding="utf-8")
    if path.suffix == ".xml":
        return words.count("<event ")
    return words.count('"isServiceSession":') or words.count('"duration":')


CALENDARS = [path for path in BOTH if path.with_suffix(".ics").exists()]


@pytest.mark.skipif(not CALENDARS, reason=REASON)
@pytest.mark.parametrize("path", CALENDARS or [None], ids=_name)
def test_a_real_schedule_and_its_calendar_agree(path: Path) -> None:
    def told(path: Path) -> object:
        programme = read_file(path).programme
        rooms = {room.key: room.name for room in programme.rooms}
        people = {person.key: person.name for person in programme.speakers}
        return sorted(
            (
                *(session.title, session.starts_at, session.ends_at, rooms[session.room or ""]),
                sorted(people[one.speaker] for one in session.appearances),
            )
            for session in programme.sessions
        )

    assert told(path) == told(path.with_suffix(".json")) == told(path.with_suffix(".ics"))
