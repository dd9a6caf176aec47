"""What an organiser finds in the programme after reading a calendar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidFile
from app.interchange.importers.detect import read_bytes
from app.interchange.importers.parsed_programme import ParsedSession, ParseResult
from app.interchange.importers.raw import TargetConference
from tests.interchange.sample_schedules import list_notes

TIDES = TargetConference(
    {
        "acronym": "tides-2009",
        "title": "Tides and Harbours",
        "starts_on": "2009-06-10",
        "ends_on": "2009-06-11",
        "time_zone": "Europe/London",
    }
)
PRETALX = "-//pretalx//cfp.example//"
EVENT = {
    "UID": "one@example.org",
    "DTSTART": ":20090610T090000Z",
    "DTEND": ":20090610T103000Z",
    "SUMMARY": "Warm homes",
    "LOCATION": "Main hall",
}


def make_event(**about: str) -> str:
    """Write an event; what is set to nothing is left out."""
    said = {**EVENT, **{name.replace("_", "-"): value for name, value in about.items()}}
    lines = (
        f"{name}{value if value[0] in ':;' else f':{value}'}"
        for name, value in said.items()
        if value
    )
    return "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"])


def make_calendar(*events: str, **about: str) -> bytes:
    facts = {"VERSION": "2.0", "PRODID": "-//example//", **about}
    lines = [f"{name.replace('_', '-')}:{value}" for name, value in facts.items()]
    whole = ["BEGIN:VCALENDAR", *lines, *(events or (make_event(),)), "END:VCALENDAR", ""]
    return "\r\n".join(whole).encode()


def parse_single_session(
    *events: str, home: TargetConference = TIDES, **about: str
) -> ParsedSession:
    (session,) = read_bytes(make_calendar(*events, **about), home).programme.sessions
    return session


def format_local_times(session: ParsedSession) -> tuple[str, str]:
    assert session.starts_at is not None
    assert session.ends_at is not None
    return f"{session.starts_at:%d %H:%M}", f"{session.ends_at:%d %H:%M}"


def test_a_calendar_event_becomes_a_session_with_time_room_and_text() -> None:
    reading = read_bytes(
        make_calendar(
            make_event(DESCRIPTION="Why\\, and for whom.\\nCome early.", URL="https://a.example/1")
        ),
        TIDES,
    )

    (session,) = reading.programme.sessions
    (room,) = reading.programme.rooms
    assert session.title == "Warm homes"
    assert format_local_times(session) == ("10 09:00", "10 10:30")
    assert (session.room, room.name) == (room.key, "Main hall")
    assert session.abstract == "Why, and for whom.\nCome early."
    assert session.links == (("https://a.example/1", "a.example"),)
    assert reading.notes == ()


def test_a_calendar_without_a_name_belongs_to_the_current_conference() -> None:
    conference = read_bytes(make_calendar(), TIDES).programme.conference

    assert (conference.acronym, conference.title) == ("tides-2009", "Tides and Harbours")
    assert conference.time_zone == "Europe/London"


def test_a_calendar_without_a_name_on_other_days_is_another_conference() -> None:
    later = make_event(DTSTART=":20090612T090000Z", DTEND=":20090612T103000Z")

    reading = read_bytes(make_calendar(later), TIDES)
    on_one_day_of_ours = read_bytes(make_calendar(make_event(), later), TIDES)

    assert reading.is_nameless
    assert reading.programme.conference.acronym == "untitled-conference"
    assert list_notes(reading)[-1] == (
        "fixed",
        (
            "It does not name a conference, and none of its sessions are on a day of “Tides "
            "and Harbours”, so it was read as a different one"
        ),
    )
    assert not on_one_day_of_ours.is_nameless
    assert on_one_day_of_ours.programme.conference.acronym == "tides-2009"


def test_calendar_days_are_compared_in_the_conference_time_zone() -> None:
    at_night = make_event(DTSTART=":20090609T230000Z", DTEND=":20090609T233000Z")

    assert not read_bytes(make_calendar(at_night), TIDES).is_nameless


def test_a_line_folded_inside_a_character_is_unfolded() -> None:
    calendar = make_calendar(make_event(SUMMARY="Café Zürich", DESCRIPTION="Naïve 市民"))
    for whole in ("é", "ü", "ï", "市"):
        split = whole.encode()[:1] + b"\r\n " + whole.encode()[1:]
        calendar = calendar.replace(whole.encode(), split)

    [session] = read_bytes(calendar, TIDES).programme.sessions

    assert (session.title, session.abstract) == ("Café Zürich", "Naïve 市民")


def test_a_calendar_name_with_escaped_characters_matches_the_conference() -> None:
    home = TargetConference({**TIDES.facts, "title": "Tides, harbours; walls"})

    reading = read_bytes(make_calendar(X_WR_CALNAME="Tides\\, harbours\\; walls"), home)

    assert reading.programme.conference.acronym == "tides-2009"
    assert reading.programme.conference.title == "Tides, harbours; walls"


def test_a_calendar_with_another_name_is_another_conference() -> None:
    calendar = make_calendar(X_WR_CALNAME="Winds", X_WR_TIMEZONE="America/Lima")

    conference = read_bytes(calendar, TIDES).programme.conference

    assert (conference.acronym, conference.title) == ("winds", "Winds")
    assert conference.time_zone == "America/Lima"


def test_calendar_times_are_read_in_their_time_zones() -> None:
    in_lima = parse_single_session(
        make_event(DTSTART=";TZID=America/Lima:20090610T090000", DTEND="")
    )
    by_no_zone = parse_single_session(
        make_event(DTSTART=":20090610T090000", DTEND="", DURATION="PT45M")
    )

    assert format_local_times(in_lima) == ("10 14:00", "10 14:30")
    assert format_local_times(by_no_zone) == (
        "10 08:00",
        "10 08:45",
    )  # by the clocks at home, in summer


def test_the_most_frequent_time_zone_is_that_of_the_conference() -> None:
    lima = make_event(DTSTART=";TZID=America/Lima:20090610T090000", DTEND="")
    paris = [
        make_event(UID=str(number), DTSTART=f";TZID=Europe/Paris:2009061{number}T090000", DTEND="")
        for number in (0, 1)
    ]

    conference = read_bytes(make_calendar(lima, *paris, X_WR_CALNAME="Winds")).programme.conference

    assert conference.time_zone == "Europe/Paris"


def test_a_session_across_midnight_ends_on_the_next_day() -> None:
    session = parse_single_session(
        make_event(DTSTART=":20090610T220000Z", DTEND=":20090611T013000Z")
    )

    assert format_local_times(session) == ("10 22:00", "11 01:30")


def test_an_all_day_event_becomes_a_session_without_time() -> None:
    reading = read_bytes(make_calendar(make_event(DTSTART=";VALUE=DATE:20090610", DTEND="")), TIDES)

    assert reading.programme.sessions[0].starts_at is None
    assert list_notes(reading) == [
        ("fixed", "It has no start time, so it was loaded without a time")
    ]


def test_an_event_without_a_room_is_kept_without_one() -> None:
    reading = read_bytes(make_calendar(make_event(LOCATION="")), TIDES)

    assert reading.programme.sessions[0].room is None
    assert list_notes(reading) == [
        ("fixed", "It has no room name, so it was loaded without a room")
    ]


def test_rooms_whose_names_differ_only_by_case_are_one() -> None:
    reading = read_bytes(
        make_calendar(make_event(), make_event(UID="two", LOCATION="MAIN HALL")), TIDES
    )

    assert [room.name for room in reading.programme.rooms] == ["Main hall"]
    assert ("fixed", "This is a different spelling of the room “Main hall”") in list_notes(reading)


def test_two_events_with_one_uid_stay_separate_sessions() -> None:
    other = make_event(SUMMARY="Cold homes", DTSTART=":20090611T090000Z", DTEND=":20090611T100000Z")

    reading = read_bytes(make_calendar(make_event(), other), TIDES)

    assert [one.key for one in reading.programme.sessions] == [
        "one@example.org",
        "one@example.org-2",
    ]
    assert list_notes(reading)[0][0] == "fixed"


def test_a_cancelled_event_is_a_cancelled_session() -> None:
    assert parse_single_session(make_event(STATUS="CANCELLED")).cancelled
    assert not parse_single_session(make_event(STATUS="CONFIRMED")).cancelled


def test_only_the_first_occurrence_of_a_recurring_event_is_imported() -> None:
    reading = read_bytes(make_calendar(make_event(RRULE="FREQ=DAILY;COUNT=1000000")), TIDES)

    assert len(reading.programme.sessions) == 1
    assert list_notes(reading) == [("fixed", "It repeats; we kept only the first time")]


def test_an_invalid_event_property_is_reported() -> None:
    reading = read_bytes(make_calendar(make_event(DTSTART=":soon", DTEND="")), TIDES)

    assert ("fixed", "Its DTSTART is not valid; we ignored it") in list_notes(reading)


@pytest.mark.parametrize(
    ("summary", "title", "people"),
    [
        ("Homes - Ada Marsh\\, Bo Lund", "Homes", ["Ada Marsh", "Bo Lund"]),
        ("Homes - warm - Ada Marsh", "Homes - warm", ["Ada Marsh"]),
        ("Homes - Ada [UCL - Health\\, London]", "Homes", ["Ada [UCL - Health, London]"]),
        ("Homes - warm - ", "Homes - warm", []),
        ("Homes", "Homes", []),
    ],
)
def test_speakers_are_split_from_pretalx_event_titles(
    summary: str, title: str, people: list[str]
) -> None:
    event = make_event(UID="pretalx-tides-2009-ABCDEF@cfp.example", SUMMARY=summary)

    programme = read_bytes(make_calendar(event, PRODID=PRETALX), TIDES).programme

    assert programme.conference.acronym == "tides-2009"
    assert programme.sessions[0].title == title
    assert [person.name for person in programme.speakers] == people
    assert len(programme.sessions[0].appearances) == len(people)


def test_a_dash_in_other_event_titles_is_kept() -> None:
    assert parse_single_session(make_event(SUMMARY="Homes - warm")).title == "Homes - warm"


@pytest.mark.parametrize("contents", [b"BEGIN:VCALENDAR", b"BEGIN:VCALENDAR\nBEGIN:VEVENT"])
def test_a_truncated_calendar_is_refused_with_a_message(contents: bytes) -> None:
    with pytest.raises(InvalidFile, match="This calendar is not well formed"):
        read_bytes(contents, TIDES)


def test_a_line_with_a_thousand_parameters_is_refused() -> None:
    about = "".join(f";A{number}=b" for number in range(1000))
    contents = f"BEGIN:VCALENDAR\r\nX-WR-CALNAME{about}:Tides\r\nEND:VCALENDAR\r\n"

    with pytest.raises(InvalidFile, match="too large"):
        read_bytes(contents.encode(), TIDES)


@pytest.mark.parametrize("begins", ["BEGIN:VEVENT", "begin:vevent"])
def test_a_calendar_with_too_many_events_is_refused(begins: str) -> None:
    with pytest.raises(InvalidFile, match="more than 20,000 sessions"):
        read_bytes(make_calendar(f"{begins}\r\n" * 20_001), TIDES)


@given(st.text(max_size=200), st.text(max_size=40))
def test_any_calendar_is_parsed_or_refused(words: str, name: str) -> None:
    calendar = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{name}:{words}\r\nSUMMARY:{words}\r\nEND:VEVENT"

    try:
        reading = read_bytes(f"{calendar}\r\nEND:VCALENDAR".encode("utf-8", "replace"), TIDES)
    except InvalidFile:
        return
    assert isinstance(reading, ParseResult)
