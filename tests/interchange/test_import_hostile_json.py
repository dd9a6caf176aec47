"""Fields of both JSON formats hold something else than they should: none breaks the import."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.errors import InvalidFile
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import MOMENT
from tests.interchange.sample_schedules import parse_contents

MISSING = ...
ADDRESS = "https://conference.example/paper"
CONFERENCE = {
    "acronym": "odd",
    "title": "A conference of odd values",
    "subtitle": "Of all kinds",
    "starts_on": "2009-06-10",
    "ends_on": "2009-06-11",
    "time_zone": "Europe/London",
    "place": "London",
    "summary": "Two days.",
    "contact_email": "hello@example.org",
    "places": 120,
    "registration_opens_at": "2009-05-01T09:00:00+01:00",
    "registration_closes_at": "2009-06-08T17:00:00+01:00",
    "invented": True,
}
SPEAKER = {
    **{one.file_name: "A few words" for one in SPEAKER_FIELDS.in_files},
    "key": "ada-key",
    "slug": "ada",
    "name": "Ada Ashdown",
    "biographies": {"fr": "Elle compte."},
    "links": [{"address": ADDRESS, "label": "Paper"}],
}
SESSION = {
    **{one.file_name: "A few words" for one in SESSION_FIELDS.in_files if one.kind is not MOMENT},
    "key": "counting-key",
    "slug": "counting",
    "title": "Counting",
    "theme": "measure",
    "room": "hall",
    "starts_at": "2009-06-10T09:30:00+01:00",
    "ends_at": "2009-06-10T10:30:00+01:00",
    "language": "en",
    "illustrative": True,
    "recorded": True,
    "cancelled": False,
    "draft": False,
    "links": [{"address": ADDRESS, "label": "Paper"}],
    "keywords": ["tax"],
    "appearances": [{"speaker": "ada", "role": "chair"}],
}
THEME = {"slug": "measure", "name": "Measure", "summary": "Count.", "letter": "M"}
THEME |= {"shape": "square", "palette": "3", "colour": "#abc"}
ROOM = {"key": "hall-key", "slug": "hall", "name": "Hall", "capacity": 120, "description": "Big."}
OWN = {
    "format": "conference/1",
    "conference": CONFERENCE,
    "themes": [THEME],
    "rooms": [{**ROOM, "features": ["step-free"], "illustrative": True}],
    "speakers": [SPEAKER],
    "sessions": [SESSION],
}
EVENT = {
    "id": 1,
    "code": "ONE",
    "guid": "counting-guid",
    "slug": "counting",
    "title": "Counting",
    "subtitle": "One",
    "type": "lecture",
    "track": {"name": "Measure", "slug": "measure", "color": "#aabbcc", "description": "Count."},
    "room": "Hall",
    "date": "2009-06-10T09:30:00+01:00",
    "start": "09:30",
    "duration": "01:00",
    "end": "2009-06-10T10:30:00+01:00",
    "status": "confirmed",
    "abstract": "Made up. How to count.",
    "description": "More.",
    "language": "en",
    "recording_license": "CC BY 4.0",
    "do_not_record": False,
    "persons": [
        {"guid": "ada-guid", "id": 3, "slug": "ada", "name": "Ada Ashdown", "biography": "Counts."}
    ],
    "links": [{"url": ADDRESS, "title": "Paper"}],
    "attachments": [{"url": ADDRESS, "title": "Paper"}],
}
SCHEDULE = {
    "schedule": {
        "base_url": "https://conference.example",
        "conference": {
            "acronym": "odd",
            "title": "A conference of odd values",
            "subtitle": "Of all kinds",
            "description": "Two days.",
            "venue": "Town hall",
            "city": "London",
            "start": "2009-06-10",
            "end": "2009-06-11",
            "day_change": "06:00",
            "time_zone_name": "Europe/London",
            "tracks": [{"name": "Measure", "slug": "measure", "color": "#aabbcc"}],
            "rooms": [{"guid": "hall-guid", "name": "Hall", "slug": "hall", "capacity": 120}],
            "days": [
                {
                    "date": "2009-06-10",
                    "day_start": "2009-06-10T06:00:00+01:00",
                    "rooms": {"Hall": [EVENT]},
                }
            ],
            "meta": {
                "conference": CONFERENCE,
                "known_as": {
                    "counting-guid": {"key": "counting-key", "slug": "counting"},
                    "hall-guid": {"key": "hall-key", "slug": "hall"},
                    "ada-guid": {"key": "ada-key", "slug": "ada"},
                },
                "illustrative": "Made up. ",
                "rest": {name: OWN[name] for name in ("themes", "rooms", "speakers", "sessions")},
            },
        },
    }
}
ODD_VALUES = [
    5,
    -1.5,
    10**30,
    1e300,
    True,
    False,
    None,
    MISSING,
    "",
    "http://[",
    ["en"],
    [5, None],
    [["en"]],
    {"en": "en"},
    {"en": 5},
    [{"address": "http://[", "url": "http://[", "name": 5, "slug": ["en"]}],
]


def list_places(document: Any, *place: Any) -> Iterator[tuple[Any, ...]]:
    """Give the way to each value in a document."""
    parts = document.items() if isinstance(document, dict) else enumerate(document)
    for name, value in parts:
        yield (*place, name)
        if isinstance(value, dict | list):
            yield from list_places(value, *place, name)


def write_changed(document: Any, place: tuple[Any, ...], value: Any) -> str:
    """Write a document in which one value is another, or is missing."""
    changed = copy.deepcopy(document)
    holder = changed
    for name in place[:-1]:
        holder = holder[name]
    if value is MISSING:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    return json.dumps(changed)


def read_or_describe_fault(document: str, folder: Path) -> str:
    """Give what a reading failed with, other than that the file is refused."""
    try:
        parse_contents(document, folder)
    except InvalidFile:
        return ""
    except Exception as fault:  # noqa: BLE001 - whichever it is
        return repr(fault)
    return ""


@pytest.mark.parametrize("value", ODD_VALUES, ids=repr)
@pytest.mark.parametrize("document", [OWN, SCHEDULE], ids=["own", "schedule"])
def test_an_unexpected_json_value_is_read_skipped_or_refused(
    document: dict[str, Any], value: object, tmp_path: Path
) -> None:
    faults = {
        place: fault
        for place in list_places(document)
        if (fault := read_or_describe_fault(write_changed(document, place, value), tmp_path))
    }

    assert faults == {}


@pytest.mark.parametrize(
    ("language", "read"),
    [("de", "de"), ({"en": "en"}, "en"), (5, ""), (["en"], ""), (True, ""), (None, "")],
)
def test_a_non_text_event_language_is_dropped(language: object, read: str, tmp_path: Path) -> None:
    way = ("schedule", "conference", "days", 0, "rooms", "Hall", 0, "language")

    reading = parse_contents(write_changed(SCHEDULE, way, language), tmp_path)

    assert [one.language for one in reading.programme.sessions] == [read]
