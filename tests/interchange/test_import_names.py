"""Matching of sessions, rooms, themes and people by name."""

import json
from pathlib import Path

from app.interchange.importers.detect import read_bytes
from app.interchange.importers.parsed_programme import ParsedAppearance
from tests.interchange.sample_schedules import (
    CONFERENCE,
    EVENT,
    FILES,
    list_notes,
    make_event_xml,
    make_schedule_xml,
    parse_contents,
)

LATE = {"date": "2009-06-10T15:00:00+01:00", "start": "15:00"}


def test_a_duplicate_session_is_imported_once(tmp_path: Path) -> None:
    reading = parse_contents(make_schedule_xml(make_event_xml(), make_event_xml()), tmp_path)

    assert len(reading.programme.sessions) == 1
    assert list_notes(reading) == [("left out", "It is in the file twice")]


def test_two_sessions_with_one_guid_get_separate_keys(tmp_path: Path) -> None:
    events = [
        make_event_xml(),
        make_event_xml(title="Decent work", **LATE),
        make_event_xml(title="Lunch", **LATE),
    ]

    reading = parse_contents(make_schedule_xml(*events, room="Main hall"), tmp_path)

    assert [session.key for session in reading.programme.sessions] == ["one", "one-2", "one-3"]
    assert list_notes(reading)[0] == (
        "fixed",
        "“Warm homes” is known as one too, so this one became one-2",
    )


def test_a_session_without_guid_or_id_is_keyed_by_its_title(tmp_path: Path) -> None:
    reading = parse_contents(make_schedule_xml(make_event_xml(guid="", number="")), tmp_path)

    assert reading.programme.sessions[0].key == "name:warm homes"
    assert list_notes(reading) == [("fixed", "A session has no guid or number; we used its title")]


def test_parsed_sessions_of_one_title_get_unique_slugs(tmp_path: Path) -> None:
    events = [make_event_xml(guid=guid, room=guid) for guid in ("one", "two", "three")]

    reading = parse_contents(make_schedule_xml(*events, room=""), tmp_path)

    slugs = [session.slug for session in reading.programme.sessions]
    assert slugs == ["warm-homes", "warm-homes-2", "warm-homes-3"]


def test_a_title_without_letters_gets_a_numbered_slug(tmp_path: Path) -> None:
    reading = parse_contents(make_schedule_xml(make_event_xml(title="…?!")), tmp_path)

    assert reading.programme.sessions[0].slug == "session-1"


def test_a_very_long_guid_is_shortened(tmp_path: Path) -> None:
    reading = parse_contents(make_schedule_xml(make_event_xml(guid="x" * 5000)), tmp_path)

    assert len(reading.programme.sessions[0].key) == 64


def test_a_session_without_a_room_is_imported(tmp_path: Path) -> None:
    reading = parse_contents(make_schedule_xml(make_event_xml(room=""), room=""), tmp_path)

    assert reading.programme.sessions[0].room is None
    assert list_notes(reading) == [
        ("fixed", "It has no room name, so it was loaded without a room")
    ]


def test_a_speaker_listed_twice_in_a_session_appears_once(tmp_path: Path) -> None:
    people = "<person id='1'>Ada Ashdown</person><person id='1'>ADA  Ashdown</person>"

    reading = parse_contents(make_schedule_xml(make_event_xml(people=people)), tmp_path)

    assert reading.programme.sessions[0].appearances == (ParsedAppearance("1"),)
    assert list_notes(reading) == [
        ("fixed", "This is the speaker “Ada Ashdown”, with a different spelling"),
        ("fixed", "It names ADA Ashdown twice"),
    ]


def test_people_without_ids_are_keyed_by_their_names(tmp_path: Path) -> None:
    events = [
        make_event_xml(guid="one", people="<person>Ada Ashdown</person>"),
        make_event_xml(guid="two", people="<person id='9'>ada ashdown</person>", **LATE),
        make_event_xml(guid="three", people="<person>Ada Ashdown </person>", room="Library"),
    ]

    reading = parse_contents(make_schedule_xml(*events), tmp_path)

    assert [person.key for person in reading.programme.speakers] == ["name:ada ashdown"]


def test_two_rooms_with_one_guid_stay_separate() -> None:
    rooms = [{"name": name, "guid": "6f"} for name in ("Grey room", "Tan room", "grey  ROOM")]
    schedule = {
        "conference": {
            **CONFERENCE,
            "rooms": rooms,
            "days": [
                {
                    "date": "2009-06-10",
                    "rooms": {
                        name: [{**EVENT, "title": name, "id": name}]
                        for name in ("Grey room", "Tan room")
                    },
                }
            ],
        }
    }

    reading = read_bytes(json.dumps({"schedule": schedule}).encode())

    programme = reading.programme
    assert [(room.key, room.name) for room in programme.rooms] == [
        ("6f", "Grey room"),
        ("name:tan room", "Tan room"),
    ]
    assert [session.room for session in programme.sessions] == ["6f", "name:tan room"]
    assert list_notes(reading)[1:] == [
        ("fixed", "The room “Grey room” also has the number 6f; they are loaded as separate rooms"),
        ("fixed", "This is a different spelling of the room “Grey room”"),
    ]


def test_two_people_with_one_id_stay_separate(tmp_path: Path) -> None:
    people = "<person id='1'>Ada Ashdown</person><person id='1'>Jago Hollins</person>"

    reading = parse_contents(make_schedule_xml(make_event_xml(people=people)), tmp_path)

    assert [person.key for person in reading.programme.speakers] == ["1", "name:jago hollins"]
    assert list_notes(reading) == [
        ("fixed", "Ada Ashdown also has the number 1; they are loaded as separate people")
    ]


def test_speakers_of_one_name_get_unique_slugs(tmp_path: Path) -> None:
    people = "<person id='1'>Ada Ashdown</person><person id='2'>Ada Ashdown</person>"

    reading = parse_contents(make_schedule_xml(make_event_xml(people=people)), tmp_path)

    slugs = [person.slug for person in reading.programme.speakers]
    assert slugs == ["ada-ashdown", "ada-ashdown-2"]


def test_a_person_without_a_name_is_skipped(tmp_path: Path) -> None:
    reading = parse_contents(
        make_schedule_xml(make_event_xml(people="<person id='1'> </person>")), tmp_path
    )

    assert reading.programme.speakers == ()
    assert list_notes(reading) == [("left out", "One of its people has no name")]


def test_biographies_are_read_from_the_list_of_persons(tmp_path: Path) -> None:
    listed = (
        "<persons><person id='1'><name>Ada Ashdown</name><slug>ada_a</slug>"
        "<biography>Short.</biography><extended_biography>Rather longer.</extended_biography>"
        "</person></persons><day"
    )
    words = make_schedule_xml(make_event_xml(people="<person id='1'>Ada Ashdown</person>"))

    reading = parse_contents(words.replace("<day", listed, 1), tmp_path)

    (person,) = reading.programme.speakers
    assert (person.slug, person.biography) == ("ada-a", "Rather longer.")


def test_a_biography_given_in_a_later_event_is_used(tmp_path: Path) -> None:
    schedule = json.loads((FILES / "closing-the-gap.json").read_text(encoding="utf-8"))
    rooms = schedule["schedule"]["conference"]["days"][0]["rooms"]
    rooms["Library"][0]["persons"] = [{"id": 11, "name": "Ada Ashdown", "biography": "A midwife."}]

    reading = parse_contents(json.dumps(schedule), tmp_path)

    assert reading.programme.speakers[0].biography == "A midwife."


def test_a_theme_gets_its_colour_from_a_later_track_in_another_spelling(tmp_path: Path) -> None:
    words = make_schedule_xml(make_event_xml()).replace(
        "<track>Daily life</track>", "<track slug='life' color='#17683F'>Living</track>"
    )
    tracks = "<tracks><track slug='life'>Daily life</track></tracks><day"

    reading = parse_contents(words.replace("<day", tracks, 1), tmp_path)

    (theme,) = reading.programme.themes
    assert (theme.slug, theme.name, theme.colour) == ("life", "Daily life", "#17683f")
    assert list_notes(reading) == [
        ("fixed", "This is a different spelling of the theme “Daily life”")
    ]


def test_a_session_may_have_no_theme(tmp_path: Path) -> None:
    reading = parse_contents(make_schedule_xml(make_event_xml(track="")), tmp_path)

    assert reading.programme.sessions[0].theme is None
    assert reading.notes == ()


def test_hidden_characters_are_removed_from_texts(tmp_path: Path) -> None:
    reading = parse_contents(make_schedule_xml(make_event_xml(abstract="a\u200bb\u202e")), tmp_path)

    assert reading.programme.sessions[0].abstract == "ab"
    assert list_notes(reading) == [("fixed", "Its text had hidden characters; we removed them")]


def test_a_track_without_sessions_is_skipped(tmp_path: Path) -> None:
    tracks = (
        "<tracks><track slug='life'>Daily life</track><track slug='none'>Nothing</track>"
        "<track color='red'>Nobody</track></tracks><day"
    )

    reading = parse_contents(make_schedule_xml().replace("<day", tracks, 1), tmp_path)

    assert [theme.slug for theme in reading.programme.themes] == ["life"]
    assert list_notes(reading) == [("left out", "This theme has no sessions")] * 2


def test_an_invalid_colour_is_skipped(tmp_path: Path) -> None:
    tracks = "<tracks><track color='red'>Daily life</track></tracks><day"

    reading = parse_contents(make_schedule_xml().replace("<day", tracks, 1), tmp_path)

    assert reading.programme.themes[0].colour == ""
    assert list_notes(reading) == [("left out", "Its colour is not valid: red")]
