"""The conference that the demo command invents: any size, always the same, never a clash."""

from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import RuleViolation
from app.interchange.demo.generator import generate, generate_delegates
from app.interchange.importers.parsed_programme import ParsedProgramme, ParsedSession

SIZES = [(1, 0), (2, 1), (7, 3), (20, 20), (200, 250), (613, 40), (2_000, 2_500)]


def overlap(one: ParsedSession, other: ParsedSession) -> bool:
    """Whether two sessions go on at the same time."""
    assert one.starts_at
    assert one.ends_at
    assert other.starts_at
    assert other.ends_at
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def wants(session: ParsedSession) -> set[str]:
    """Give the room and the people that a session needs."""
    return {f"room {session.room}", *(appearance.speaker for appearance in session.appearances)}


def clashes(programme: ParsedProgramme) -> list[tuple[str, str]]:
    """Give the pairs of sessions that cannot both take place."""
    return [
        (one.title, other.title)
        for one, other in combinations(programme.sessions, 2)
        if overlap(one, other) and wants(one) & wants(other)
    ]


@pytest.mark.parametrize(("sessions", "speakers"), SIZES)
def test_a_demo_conference_has_the_requested_size(sessions: int, speakers: int) -> None:
    programme = generate(sessions, speakers)

    assert len({session.key for session in programme.sessions}) == sessions
    assert len({session.slug for session in programme.sessions}) == sessions
    assert len({speaker.key for speaker in programme.speakers}) == speakers
    assert len({speaker.slug for speaker in programme.speakers}) == speakers


def test_generating_a_demo_is_deterministic() -> None:
    assert generate(200, 250) == generate(200, 250)


def test_the_large_demo_has_ten_rooms_two_days_and_no_idle_speaker() -> None:
    programme = generate(200, 250)

    assert len(programme.rooms) == 10
    assert programme.conference.starts_on == date(2008, 11, 6)
    assert programme.conference.ends_on == date(2008, 11, 7)
    assert {session.kind for session in programme.sessions} == {
        "plenary",
        "parallel",
        "workshop",
        "break",
    }
    busy = {who.speaker for session in programme.sessions for who in session.appearances}
    assert busy == {speaker.key for speaker in programme.speakers}


def test_a_demo_with_very_many_sessions_gets_more_days() -> None:
    conference = generate(5_000, 10).conference

    assert (conference.ends_on, conference.places) == (date(2008, 11, 10), 5_000)


@settings(max_examples=40)
@given(sessions=st.integers(1, 300), speakers=st.integers(0, 400))
def test_a_demo_has_no_clashes(sessions: int, speakers: int) -> None:
    assert clashes(generate(sessions, speakers)) == []


def test_every_part_of_a_demo_is_marked_as_invented() -> None:
    programme = generate(200, 250)

    assert programme.conference.title.startswith("Invented conference")
    assert "invented" in programme.conference.summary
    assert all(session.illustrative for session in programme.sessions)
    assert all(room.illustrative for room in programme.rooms)
    assert all("invented" in speaker.biography for speaker in programme.speakers)
    assert all(
        "invented" in session.abstract for session in programme.sessions if session.kind != "break"
    )


def test_demo_abstracts_have_realistic_lengths() -> None:
    lengths = {
        len(session.abstract.split())
        for session in generate(2_000, 0).sessions
        if session.kind != "break"
    }

    assert min(lengths) >= 60
    assert max(lengths) <= 150


def test_demo_names_are_in_many_scripts_and_some_are_long() -> None:
    names = [speaker.name for speaker in generate(200, 250).speakers]

    assert {"Ada Ashdown", "أمينة الأسيوطي"} <= set(names)
    assert len(set(names)) == 250
    assert max(map(len, names)) > 40


@pytest.mark.parametrize(("sessions", "speakers"), [(0, 0), (5_001, 0), (1, -1), (1, 10_001)])
def test_invalid_demo_sizes_are_refused(sessions: int, speakers: int) -> None:
    with pytest.raises(RuleViolation, match=r"^An invented conference has"):
        generate(sessions, speakers)


def test_demo_delegates_are_deterministic_and_unique() -> None:
    delegates = list(generate_delegates(1_000))

    assert delegates == list(generate_delegates(1_000))
    assert len({delegate.email for delegate in delegates}) == 1_000
    assert len({delegate.badge_name for delegate in delegates}) == 1_000


def test_demo_delegates_attend_one_day_or_both() -> None:
    first, second = date(2008, 11, 6), date(2008, 11, 7)

    days = {delegate.days for delegate in generate_delegates(20)}

    assert days == {(first, second), (first,), (second,)}


def test_demo_delegates_have_country_language_and_email_address() -> None:
    (ada, *_, amina) = generate_delegates(5)

    assert (ada.email, ada.country, ada.language) == ("delegate-1@example.org", "GB", "en")
    assert (amina.given_names, amina.country, amina.language) == ("أمينة", "EG", "ar")
