"""What is wrong in a file is put right, and the organiser is told where and how."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.programme.reading import read
from app.programme.reading.written import Note, WrittenAppearance
from tests.programme.schedules import FILES, a_schedule, an_event, notes_of, reading_of

LATE = {"date": "2009-06-10T15:00:00+01:00", "start": "15:00"}


def test_an_old_and_dirty_file_loads_with_a_report() -> None:
    reading = read(FILES / "dirty.xml")

    assert reading.notes == (
        Note(
            "the file",
            "the whole file",
            "mended",
            "3 sessions stand outside any room; their own word for the room was used",
        ),
        Note(
            "the file",
            "the whole file",
            "mended",
            "2 sessions have no date of their own; their day and their start were used",
        ),
        Note(
            "the file",
            "the whole file",
            "mended",
            "2 sessions have no guid; their numbers were used",
        ),
        Note(
            "the file",
            "time zone",
            "mended",
            "No time zone is named; Europe/London was used, "
            "since nothing in the file points to another",
        ),
        Note(
            "line 13",
            "Food & income",
            "mended",
            "Its characters were written as codes twice over",
        ),
        Note("line 13", "Food & income", "mended", "Its text was written as codes twice over"),
        Note(
            "line 22",
            "Night watch",
            "mended",
            "It starts at 01:30, after midnight, so it was put on 2008-11-07",
        ),
        Note(
            "line 27",
            "Daily Life",
            "mended",
            "This is the theme “Daily life”, spelt in another way",
        ),
        Note(
            "line 22",
            "MAIN hall",
            "mended",
            "This is the room “Main hall”, spelt in another way",
        ),
        Note("line 32", "a session", "left out", "It has no title"),
        Note(
            "the file",
            "last day",
            "mended",
            "“20008-11-07” is not a date; 2008-11-07 was used",
        ),
    )


def test_an_old_and_dirty_file_gives_a_clean_programme() -> None:
    programme = read(FILES / "dirty.xml").programme

    assert programme.conference.acronym == "an-old-conference"
    assert programme.conference.place == "Town hall, London"
    assert programme.conference.ends_on == date(2008, 11, 7)
    assert [room.name for room in programme.rooms] == ["Main hall"]
    assert [session.key for session in programme.sessions] == ["1", "2"]
    assert programme.sessions[0].abstract == "<p>Bread.</p>"
    assert programme.sessions[1].starts_at == datetime(2008, 11, 7, 1, 30, tzinfo=UTC)


# When


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
def test_a_length_is_read_however_it_is_written(written: str, minutes: int, tmp_path: Path) -> None:
    reading = reading_of(a_schedule(an_event(duration=written)), tmp_path)

    (session,) = reading.programme.sessions
    assert session.starts_at
    assert session.ends_at
    assert (session.ends_at - session.starts_at).total_seconds() == minutes * 60


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "Nothing says how long it is, so 30 minutes was assumed"),
        ("00:00", "Its length cannot be used (00:00), so 30 minutes was assumed"),
        ("soon", "Its length cannot be used (soon), so 30 minutes was assumed"),
        ("-00:30", "Its length cannot be used (-00:30), so 30 minutes was assumed"),
    ],
)
def test_a_session_without_a_usable_length_gets_half_an_hour(
    written: str, reason: str, tmp_path: Path
) -> None:
    reading = reading_of(a_schedule(an_event(duration=written)), tmp_path)

    assert reading.programme.sessions[0].ends_at == datetime(2009, 6, 10, 9, 30, tzinfo=UTC)
    assert notes_of(reading) == [("mended", reason)]


def test_a_session_that_never_ends_is_cut_to_a_day(tmp_path: Path) -> None:
    reading = reading_of(a_schedule(an_event(duration="48:00")), tmp_path)

    assert reading.programme.sessions[0].ends_at == datetime(2009, 6, 11, 9, tzinfo=UTC)
    assert notes_of(reading) == [
        ("mended", "It lasts longer than a day (2 days, 0:00:00); it was cut to 24 hours")
    ]


@pytest.mark.parametrize("end", ["2009-06-10T11:15:00+01:00", "11:15"])
def test_an_end_counts_more_than_a_length(end: str, tmp_path: Path) -> None:
    reading = reading_of(a_schedule(an_event(end=end)), tmp_path)

    assert reading.programme.sessions[0].ends_at == datetime(2009, 6, 10, 10, 15, tzinfo=UTC)


def test_an_end_after_midnight_is_on_the_next_day(tmp_path: Path) -> None:
    late = an_event(date="2009-06-10T23:30:00+01:00", start="23:30", end="00:30")

    reading = reading_of(a_schedule(late), tmp_path)

    assert reading.programme.sessions[0].ends_at == datetime(2009, 6, 10, 23, 30, tzinfo=UTC)


def test_a_session_without_a_time_is_kept_without_one(tmp_path: Path) -> None:
    reading = reading_of(a_schedule(an_event(date="", start="noonish")), tmp_path)

    assert reading.programme.sessions[0].starts_at is None
    assert notes_of(reading) == [
        ("mended", "Nothing says when it starts, so it is kept without a time")
    ]


def test_a_date_that_cannot_be_read_gives_way_to_the_day_and_the_start(tmp_path: Path) -> None:
    reading = reading_of(a_schedule(an_event(date="2009-06-10T99:00")), tmp_path)

    assert reading.programme.sessions[0].starts_at == datetime(2009, 6, 10, 9, tzinfo=UTC)
    assert notes_of(reading)[1] == ("mended", "Its date cannot be read: 2009-06-10T99:00")


def test_a_date_counts_more_than_a_start_that_differs(tmp_path: Path) -> None:
    reading = reading_of(a_schedule(an_event(start="11:00")), tmp_path)

    assert reading.programme.sessions[0].starts_at == datetime(2009, 6, 10, 9, tzinfo=UTC)
    assert notes_of(reading) == [
        ("mended", "Its date says 10:00 and its start says 11:00; the date was used")
    ]


def test_a_date_in_utc_may_stand_beside_a_local_start(tmp_path: Path) -> None:
    reading = reading_of(a_schedule(an_event(date="2009-06-10T09:00:00+00:00")), tmp_path)

    assert reading.programme.sessions[0].starts_at == datetime(2009, 6, 10, 9, tzinfo=UTC)
    assert reading.notes == ()


def test_a_moment_without_an_offset_is_told_by_the_conference_s_clocks(tmp_path: Path) -> None:
    reading = reading_of(a_schedule(an_event(date="2009-06-10T10:00:00")), tmp_path)

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
def test_an_hour_before_the_day_begins_belongs_to_the_night_after(
    day: str, starts_at: datetime, tmp_path: Path
) -> None:
    reading = reading_of(a_schedule(an_event(date="", start="01:30"), day=day), tmp_path)

    assert reading.programme.sessions[0].starts_at == starts_at


@pytest.mark.parametrize(
    ("date_said", "named", "zone"),
    [
        ("2009-06-10T09:00:00+00:00", "", "Europe/London"),
        ("2009-06-10T10:00:00+02:00", "", "Etc/GMT-2"),
        ("2009-06-10T04:30:00+00:00", "", "Asia/Kolkata"),
        ("2009-06-10T10:00:00-04:00", "", "Etc/GMT+4"),
        ("2009-06-10T10:00:00+02:00", "Middle Earth", "Etc/GMT-2"),
        ("2009-06-10T10:00:00+02:00", "../../etc/passwd", "Etc/GMT-2"),
        ("2009-06-10T10:00:00", "Europe", "Europe/London"),
    ],
)
def test_a_zone_without_a_name_is_known_by_its_distance_from_utc(
    date_said: str, named: str, zone: str, tmp_path: Path
) -> None:
    reading = reading_of(
        a_schedule(an_event(date=date_said), day='date="2009-06-10"', time_zone_name=named),
        tmp_path,
    )

    assert reading.programme.conference.time_zone == zone
    assert reading.notes[0].subject == "time zone"


def test_a_zone_may_be_told_by_the_day_alone(tmp_path: Path) -> None:
    day = 'date="2009-06-10" start="2009-06-10T06:00:00+09:00"'
    reading = reading_of(a_schedule(an_event(date=""), day=day, time_zone_name=""), tmp_path)

    assert reading.programme.conference.time_zone == "Etc/GMT-9"
    assert reading.programme.sessions[0].starts_at == datetime(2009, 6, 10, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end"), [("2009-06-11", "2009-06-10"), ("1999-06-10", "2009-06-10"), ("", "")]
)
def test_dates_that_cannot_be_right_are_taken_from_the_days(
    start: str, end: str, tmp_path: Path
) -> None:
    conference = reading_of(a_schedule(start=start, end=end), tmp_path).programme.conference

    assert (conference.starts_on, conference.ends_on) == (date(2009, 6, 10), date(2009, 6, 10))


def test_dates_may_be_written_as_moments(tmp_path: Path) -> None:
    reading = reading_of(
        a_schedule(start="2009-06-09T23:00:00+00:00", end="2009-06-11T17:00:00+01:00"), tmp_path
    )

    conference = reading.programme.conference
    assert (conference.starts_on, conference.ends_on) == (date(2009, 6, 10), date(2009, 6, 11))


# Which


def test_a_session_that_stands_in_the_file_twice_is_kept_once(tmp_path: Path) -> None:
    reading = reading_of(a_schedule(an_event(), an_event()), tmp_path)

    assert len(reading.programme.sessions) == 1
    assert notes_of(reading) == [("left out", "It stands in the file twice")]


def test_two_sessions_with_one_identity_are_told_apart(tmp_path: Path) -> None:
    events = [an_event(), an_event(title="Decent work", **LATE), an_event(title="Lunch", **LATE)]

    reading = reading_of(a_schedule(*events, room="Main hall"), tmp_path)

    assert [session.key for session in reading.programme.sessions] == ["one", "one-2", "one-3"]
    assert notes_of(reading)[0] == (
        "mended",
        "“Warm homes” is known as one too, so this one became one-2",
    )


def test_a_session_without_guid_or_number_is_known_by_its_title(tmp_path: Path) -> None:
    reading = reading_of(a_schedule(an_event(guid="", number="")), tmp_path)

    assert reading.programme.sessions[0].key == "name:warm homes"
    assert notes_of(reading) == [
        ("mended", "A session has neither guid nor number; it is known by its title")
    ]


def test_sessions_of_one_title_get_addresses_of_their_own(tmp_path: Path) -> None:
    events = [an_event(guid=guid, room=guid) for guid in ("one", "two", "three")]

    reading = reading_of(a_schedule(*events, room=""), tmp_path)

    slugs = [session.slug for session in reading.programme.sessions]
    assert slugs == ["warm-homes", "warm-homes-2", "warm-homes-3"]


def test_a_title_that_no_address_can_spell_is_numbered(tmp_path: Path) -> None:
    reading = reading_of(a_schedule(an_event(title="健康公平")), tmp_path)

    assert reading.programme.sessions[0].slug == "session-1"


def test_a_very_long_identity_is_made_short(tmp_path: Path) -> None:
    reading = reading_of(a_schedule(an_event(guid="x" * 5000)), tmp_path)

    assert len(reading.programme.sessions[0].key) == 64


# Words


def test_characters_that_play_tricks_are_taken_out_of_names(tmp_path: Path) -> None:
    person = "<person id='1'>Ada\u202e Ash\u200bdown</person>"

    reading = reading_of(
        a_schedule(an_event(people=person, title="Warm\x0c\u2066 homes")), tmp_path
    )

    assert reading.programme.speakers[0].name == "Ada Ashdown"
    assert reading.programme.sessions[0].title == "Warm homes"
    assert notes_of(reading) == [
        ("mended", "1 control character was removed, since XML does not allow them"),
        ("mended", "It held characters that cannot be seen; they were removed"),
        ("mended", "It held characters that cannot be seen; they were removed"),
    ]


def test_control_characters_written_as_codes_are_taken_out(tmp_path: Path) -> None:
    words = a_schedule(an_event(title="Warm homes")).replace("Warm", "&#x0B;W&#1;arm&#x1f;")

    reading = reading_of(words, tmp_path)

    assert reading.programme.sessions[0].title == "Warm homes"
    assert notes_of(reading) == [
        ("mended", "3 control characters were removed, since XML does not allow them")
    ]


def test_absurdly_long_words_are_cut(tmp_path: Path) -> None:
    reading = reading_of(a_schedule(an_event(title="a" * 400, abstract="b" * 60_000)), tmp_path)

    (session,) = reading.programme.sessions
    assert (len(session.title), len(session.abstract)) == (300, 50_000)
    assert notes_of(reading) == [
        ("mended", "It was cut to 300 characters; it had 400"),
        ("mended", "It was cut to 50,000 characters; it had 60,000"),
    ]


def test_markup_that_was_never_escaped_stays_markup(tmp_path: Path) -> None:
    words = a_schedule(an_event(abstract="ABSTRACT")).replace(
        "ABSTRACT", '<p class="x">Bread &amp; <a href="https://x.example/?a&amp;b">tea</a></p>'
    )

    reading = reading_of(words, tmp_path)

    assert reading.programme.sessions[0].abstract == (
        '<p>Bread &amp; <a href="https://x.example/?a&amp;b">tea</a></p>'
    )


def test_a_wrong_word_for_the_encoding_is_seen_through(tmp_path: Path) -> None:
    words = '<?xml version="1.0" encoding="iso-8859-1"?>' + a_schedule(title="Santé")

    reading = reading_of(words, tmp_path)

    assert reading.programme.conference.title == "Santé"
    assert notes_of(reading) == [("mended", "It says iso-8859-1, but it is written in UTF-8")]


@pytest.mark.parametrize(
    ("said", "code"),
    [("en", "en"), ("English", "en"), ("pt_BR", "pt-BR"), ("", ""), ("Klingon!", "")],
)
def test_a_language_becomes_a_code_or_nothing(said: str, code: str, tmp_path: Path) -> None:
    reading = reading_of(a_schedule(an_event(language=said)), tmp_path)

    assert reading.programme.sessions[0].language == code


def test_links_that_lead_nowhere_safe_are_left_out(tmp_path: Path) -> None:
    links = (
        "<link href='https://a.example/x'>A</link><link href='https://a.example/x'>again</link>"
        "<link href='https://b.example/'/><link href='javascript:alert(1)'>C</link>"
        "<link href='notes.pdf'>D</link><link href='http://['>E</link>"
    )

    reading = reading_of(a_schedule(an_event(links=links)), tmp_path)

    assert reading.programme.sessions[0].links == (
        ("https://a.example/x", "A"),
        ("https://b.example/", "b.example"),
    )
    assert [note.kind for note in reading.notes] == ["left out"] * 3


# Where and who


def test_a_session_without_a_room_is_kept(tmp_path: Path) -> None:
    reading = reading_of(a_schedule(an_event(room=""), room=""), tmp_path)

    assert reading.programme.sessions[0].room is None
    assert notes_of(reading) == [("mended", "No room is named, so it is kept without one")]


def test_a_person_named_twice_in_a_session_appears_once(tmp_path: Path) -> None:
    people = "<person id='1'>Ada Ashdown</person><person id='1'>ADA  Ashdown</person>"

    reading = reading_of(a_schedule(an_event(people=people)), tmp_path)

    assert reading.programme.sessions[0].appearances == (WrittenAppearance("1"),)
    assert notes_of(reading) == [("mended", "It names ADA Ashdown twice")]


def test_people_without_numbers_are_known_by_their_names(tmp_path: Path) -> None:
    events = [
        an_event(guid="one", people="<person>Ada Ashdown</person>"),
        an_event(guid="two", people="<person id='9'>ada ashdown</person>", **LATE),
        an_event(guid="three", people="<person>Ada Ashdown </person>", room="Library"),
    ]

    reading = reading_of(a_schedule(*events), tmp_path)

    assert [person.key for person in reading.programme.speakers] == ["name:ada ashdown"]


def test_two_people_with_one_number_are_kept_apart(tmp_path: Path) -> None:
    people = "<person id='1'>Ada Ashdown</person><person id='1'>Jago Hollins</person>"

    reading = reading_of(a_schedule(an_event(people=people)), tmp_path)

    assert [person.key for person in reading.programme.speakers] == ["1", "name:jago hollins"]
    assert notes_of(reading) == [
        ("mended", "The number 1 is that of Ada Ashdown too; they are kept apart")
    ]


def test_namesakes_get_addresses_of_their_own(tmp_path: Path) -> None:
    people = "<person id='1'>Ada Ashdown</person><person id='2'>Ada Ashdown</person>"

    reading = reading_of(a_schedule(an_event(people=people)), tmp_path)

    slugs = [person.slug for person in reading.programme.speakers]
    assert slugs == ["ada-ashdown", "ada-ashdown-2"]


def test_a_person_without_a_name_is_left_out(tmp_path: Path) -> None:
    reading = reading_of(a_schedule(an_event(people="<person id='1'> </person>")), tmp_path)

    assert reading.programme.speakers == ()
    assert notes_of(reading) == [("left out", "One of its people has no name")]


def test_a_list_of_people_brings_their_lives(tmp_path: Path) -> None:
    listed = (
        "<persons><person id='1'><name>Ada Ashdown</name><slug>ada_a</slug>"
        "<biography>Short.</biography><extended_biography>Rather longer.</extended_biography>"
        "</person></persons><day"
    )
    words = a_schedule(an_event(people="<person id='1'>Ada Ashdown</person>"))

    reading = reading_of(words.replace("<day", listed, 1), tmp_path)

    (person,) = reading.programme.speakers
    assert (person.slug, person.biography) == ("ada-a", "Rather longer.")


def test_a_track_without_a_session_is_left_out(tmp_path: Path) -> None:
    tracks = (
        "<tracks><track slug='life'>Daily life</track><track slug='none'>Nothing</track>"
        "<track color='red'>Nobody</track></tracks><day"
    )

    reading = reading_of(a_schedule().replace("<day", tracks, 1), tmp_path)

    assert [theme.slug for theme in reading.programme.themes] == ["life"]
    assert notes_of(reading) == [("left out", "This theme has no session")] * 2


def test_a_colour_that_is_none_is_left_out(tmp_path: Path) -> None:
    tracks = "<tracks><track color='red'>Daily life</track></tracks><day"

    reading = reading_of(a_schedule().replace("<day", tracks, 1), tmp_path)

    assert reading.programme.themes[0].colour == ""
    assert notes_of(reading) == [("left out", "Its colour is not one: red")]


# Clashes


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


# JSON


def own(**changes: object) -> str:
    """Write the conference in our own format, with some of it changed."""
    return json.dumps({**json.loads((FILES / "own.json").read_text(encoding="utf-8")), **changes})


def test_a_name_that_nothing_bears_is_left_out(tmp_path: Path) -> None:
    reading = reading_of(own(rooms=[], themes=None, speakers=[]), tmp_path)

    assert notes_of(reading) == [
        ("left out", "It names a theme that the file does not hold: measure"),
        ("left out", "It names a room that the file does not hold: main-hall"),
        ("left out", "It names a speaker that the file does not hold: ada-ashdown"),
    ]


def test_things_that_share_a_slug_or_have_none_are_left_out(tmp_path: Path) -> None:
    rooms = [{"slug": "main-hall", "name": "Main hall"}, {"slug": "main-hall", "name": "B"}, {}, 7]

    reading = reading_of(own(rooms=rooms), tmp_path)

    assert [room.name for room in reading.programme.rooms] == ["Main hall"]
    assert notes_of(reading) == [
        ("left out", "It is not a record, so it could not be read"),
        ("left out", "Its slug is taken by another"),
        ("left out", "It has neither slug nor name"),
    ]


def test_facts_that_cannot_be_are_left_out(tmp_path: Path) -> None:
    conference = {
        "title": "",
        "starts_on": "2009-06-10",
        "ends_on": "2009-06-10",
        "time_zone": "Europe/London",
        "contact_email": "nobody at home",
        "places": -5,
        "registration_opens_at": "in May",
    }

    reading = reading_of(own(conference=conference), tmp_path)

    facts = reading.programme.conference
    assert (facts.contact_email, facts.places, facts.registration_opens_at) == ("", None, None)
    assert facts.title == "Untitled conference"
    assert [(note.kind, note.subject) for note in reading.notes] == [
        ("mended", "title"),
        ("left out", "contact_email"),
        ("left out", "places"),
        ("left out", "registration_opens_at"),
    ]


def test_numbers_that_cannot_be_are_left_out(tmp_path: Path) -> None:
    rooms = [{"slug": "main-hall", "name": "Main hall", "capacity": "many"}]
    themes = [{"slug": "measure", "name": "Measure", "palette": 13}]

    reading = reading_of(own(rooms=rooms, themes=themes), tmp_path)

    assert reading.programme.rooms[0].capacity is None
    assert reading.programme.themes[0].palette is None
    assert notes_of(reading) == [
        ("left out", "There is no colour 13 in the palette"),
        ("left out", "Its capacity is not a number of seats: many"),
    ]


def test_a_value_that_stands_twice_counts_once(tmp_path: Path) -> None:
    words = own().replace('"title": "Lunch"', '"title": "Lunch", "title": "Dinner"')

    reading = reading_of(words, tmp_path)

    assert reading.programme.sessions[1].title == "Lunch"
    assert notes_of(reading) == [
        ("mended", "A value stands twice under one name; the first was used")
    ]


def test_a_number_that_is_none_counts_as_nothing(tmp_path: Path) -> None:
    reading = reading_of(own().replace('"capacity": 120', '"capacity": NaN'), tmp_path)

    assert reading.programme.rooms[0].capacity is None
    assert notes_of(reading) == [("mended", "It says NaN where a number should be; it was ignored")]


def test_a_schedule_in_json_says_which_event_is_meant(tmp_path: Path) -> None:
    schedule = json.loads((FILES / "closing-the-gap.json").read_text(encoding="utf-8"))
    rooms = schedule["schedule"]["conference"]["days"][0]["rooms"]
    rooms["Library"].append({"id": 35, "title": None})
    rooms["Library"].append({})
    schedule["schedule"]["conference"]["days"].append({"rooms": ["Library"]})

    reading = reading_of(json.dumps(schedule), tmp_path)

    assert reading.notes == (
        Note("days", "a day", "left out", "Its rooms are not named, so they could not be read"),
        Note("event 35", "a session", "left out", "It has no title"),
        Note("event number 4 in the file", "a session", "left out", "It has no title"),
    )
