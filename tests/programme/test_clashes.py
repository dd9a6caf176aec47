"""What cannot all be true of the working programme is found, once, and said in words."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from time import thread_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app import clock
from app.database import db
from app.programme import clashes
from app.programme.clashes import Clash, find_clashes, find_in_working_programme, group_by_session
from app.programme.models import Absence, Appearance, Conference
from app.programme.scheduled_sessions import (
    Participant,
    RoomInfo,
    ScheduledSession,
    SchedulingRules,
)
from tests.factories import FIRST_MORNING, make_room, make_session, make_speaker, save

LONDON = ZoneInfo("Europe/London")
WALKING = timedelta(minutes=10)
AT_TEN = datetime(2009, 6, 10, 9, 0, tzinfo=UTC)
AWAY = {"P0": ((AT_TEN, AT_TEN + timedelta(hours=1)),)}
FRAME = SchedulingRules(date(2009, 6, 10), date(2009, 6, 11), LONDON, WALKING, AWAY)
ROOMS = [
    RoomInfo("R0", "Great hall", 20),
    RoomInfo("R1", "Boat house", 8),
    RoomInfo("R2", "Anywhere"),
]

needed = st.builds(Participant, st.sampled_from(["P0", "P1", "P2"]), st.just("Ada"), st.booleans())
lengths = st.sampled_from([0, 5, 15, 30, 60, 180])


@st.composite
def sessions(draw: Callable[[Any], Any]) -> ScheduledSession:
    day = draw(st.sampled_from([0, 0, 0, 0, 0, -1, 1, 2]))
    starts_at = AT_TEN + timedelta(days=day, minutes=5 * draw(st.integers(-110, 48)))
    people = {one.key: one for one in draw(st.lists(needed, max_size=3))}
    return ScheduledSession(
        key=draw(st.uuids()).hex,
        title="A title",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=draw(lengths)),
        room=draw(st.none() | st.sampled_from(ROOMS)),
        participants=tuple(people.values()),
        seats=draw(st.none() | st.integers(1, 30)),
    )


programmes = st.lists(sessions(), max_size=14, unique_by=lambda one: one.key)


def describe_clashes(found: Sequence[Clash]) -> list[tuple[str, frozenset[str], str]]:
    """Give clashes so that they can be compared, whichever of the two sessions they begin with."""
    return sorted(
        (
            (one.kind, frozenset({one.session, one.other_session} - {""}), one.contested_key)
            for one in found
        ),
        key=lambda one: (one[0], sorted(one[1]), one[2]),
    )


def find_pairwise(programme: Sequence[ScheduledSession]) -> list[tuple[str, frozenset[str], str]]:
    """Find the same by comparing every session with every other, as the rules are written."""
    found = [one for pair in combinations(programme, 2) for one in of_two(*pair)]
    found += [(kind, frozenset({one.key}), "") for one in programme for kind in of_one(one)]
    return sorted(found, key=lambda one: (one[0], sorted(one[1]), one[2]))


def of_two(one: ScheduledSession, other: ScheduledSession) -> list[tuple[str, frozenset[str], str]]:
    both = frozenset({one.key, other.key})
    at_once = overlap(one, other)
    found = []
    if at_once and one.room and one.room == other.room:
        found.append((clashes.ROOM, both, one.room.key))
    there = {person.key: person.is_leader for person in other.participants}
    for person in one.participants:
        if person.key in there and at_once:
            leads = person.is_leader or there[person.key]
            found.append((clashes.LEADER if leads else clashes.PERSON, both, person.key))
        elif person.key in there and far_apart(one, other) and pause(one, other) < WALKING:
            found.append((clashes.WALK, both, person.key))
    return found


def far_apart(one: ScheduledSession, other: ScheduledSession) -> bool:
    return None not in {one.room, other.room} and one.room != other.room


def pause(one: ScheduledSession, other: ScheduledSession) -> timedelta:
    return max(one.starts_at - other.ends_at, other.starts_at - one.ends_at)


def overlap(one: ScheduledSession, other: ScheduledSession) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def of_one(session: ScheduledSession) -> list[str]:
    away = "P0" in {person.key for person in session.participants} and overlap(
        session, ScheduledSession("", "", *AWAY["P0"][0])
    )
    local = session.starts_at.astimezone(LONDON)
    night = local.hour < 6 and date(2009, 6, 10) < local.date() <= date(2009, 6, 12)
    elsewhen = local.date() not in {date(2009, 6, 10), date(2009, 6, 11)} and not night
    holds = (session.room and session.room.capacity) or 99
    small = holds < (session.seats or 0)
    kinds = {clashes.AWAY: away, clashes.SMALL: small, clashes.DAY: elsewhen}
    return [kind for kind, is_so in kinds.items() if is_so]


@given(programmes)
def test_find_clashes_agrees_with_a_pairwise_comparison(
    programme: list[ScheduledSession],
) -> None:
    assert describe_clashes(find_clashes(programme, FRAME)) == find_pairwise(programme)


@given(programmes, st.randoms())
def test_find_clashes_does_not_depend_on_session_order(
    programme: list[ScheduledSession], chance: Any
) -> None:
    shuffled = list(programme)
    chance.shuffle(shuffled)

    assert find_clashes(shuffled, FRAME) == find_clashes(programme, FRAME)


@given(programmes)
def test_a_clash_is_reported_for_both_sessions(programme: list[ScheduledSession]) -> None:
    found = find_clashes(programme, FRAME)

    sides = group_by_session(found)

    assert all(clash in sides[clash.session] for clash in found)
    assert all(
        clash.from_other_side() in sides[clash.other_session]
        for clash in found
        if clash.other_session
    )
    assert all(
        clash.from_other_side().from_other_side() == clash for clash in found if clash.other_session
    )


@given(programmes.filter(bool))
def test_a_session_moved_away_from_all_others_has_no_clash_with_them(
    programme: list[ScheduledSession],
) -> None:
    first, *others = programme
    empty = RoomInfo("R9", "Chapel", 1_000)
    later = datetime(2009, 6, 13, 12, 0, tzinfo=UTC)
    moved = replace(first, room=empty, starts_at=later, ends_at=later + timedelta(minutes=5))

    found = find_clashes([moved, *others], FRAME)

    assert [one.kind for one in group_by_session(found)[moved.key]] == [clashes.DAY]
    assert describe_clashes([one for one in found if one.session != moved.key]) == find_pairwise(
        others
    )


def test_finding_clashes_of_a_thousand_sessions_is_fast() -> None:
    programme = [
        ScheduledSession(
            key=f"{number}",
            title="A title",
            starts_at=AT_TEN + timedelta(minutes=30 * (number // 20)),
            ends_at=AT_TEN + timedelta(minutes=30 * (number // 20) + 45),
            room=RoomInfo(f"R{number % 20}", "Hall", 20),
            participants=(
                Participant(f"P{number % 700}", "Ada"),
                Participant(f"P{number % 900}", "João"),
            ),
        )
        for number in range(1_000)
    ]

    control = min(measure_seconds(lambda: sum(range(2_000_000))) for _ in range(3))
    taken = min(measure_seconds(lambda: find_clashes(programme, FRAME)) for _ in range(3))

    assert len(find_clashes(programme, FRAME)) > 900
    assert taken < 2 * control  # which is some 25 ms


def measure_seconds(deed: Callable[[], object]) -> float:
    began = thread_time()
    deed()
    return thread_time() - began


# The working programme, and the reason in words


def reasons(key: str) -> list[str]:
    return [clash.reason for clash in group_by_session(find_in_working_programme()).get(key, ())]


def at(minutes: int) -> dict[str, Any]:
    starts_at = FIRST_MORNING + timedelta(minutes=minutes)
    return {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1)}


def test_the_small_conference_has_no_clash(site: Flask) -> None:
    assert find_in_working_programme() == ()


@pytest.mark.empty
def test_there_are_no_clashes_without_a_conference(site: Flask) -> None:
    assert find_in_working_programme() == ()


def test_two_sessions_in_one_room_clash(site: Flask) -> None:
    hall = make_room(name="Long room")
    make_session(key="one", title="One", room=hall)
    make_session(key="two", title="Two", room=hall, **at(30))
    make_session(key="three", title="Three", room=hall, **at(90))

    assert reasons("one") == ["“Two” is in Long room at the same time"]
    assert reasons("two") == ["“One” is in Long room at the same time"]
    assert reasons("three") == []


def test_a_speaker_in_two_sessions_at_once_is_a_clash(site: Flask) -> None:
    lin = make_speaker(name="Lin")
    make_session(key="one", title="One", speakers=(lin,))
    make_session(key="two", title="Two", speakers=(lin,), **at(30))

    assert reasons("one") == ["Lin is also in “Two” at that time"]
    assert reasons("two") == ["Lin is also in “One” at that time"]


def test_a_chair_in_two_sessions_at_once_is_described_as_chairing(site: Flask) -> None:
    lin = make_speaker(name="Lin")
    make_session(key="one", title="One", speakers=(lin,))
    led = make_session(key="two", title="Two", **at(30))
    led.appearances = [
        Appearance(speaker=lin, role="speaker"),
        Appearance(speaker=lin, role="Moderator", position=1),
    ]
    db.session.commit()

    assert [clash.kind for clash in find_in_working_programme()] == [clashes.LEADER]
    assert reasons("one") == ["Lin is chairing “Two” at that time"]
    assert reasons("two") == ["Lin is chairing this session, and is also in “One” at that time"]


def test_a_session_during_an_absence_of_its_speaker_is_a_clash(site: Flask) -> None:
    lin = make_speaker(name="Lin")
    make_session(key="one", speakers=(lin,))
    make_session(key="two", speakers=(lin,), **at(120))
    hour = timedelta(hours=1)
    save(Absence(speaker_id=lin.id, starts_at=FIRST_MORNING - hour, ends_at=FIRST_MORNING + hour))

    assert reasons("one") == ["Lin is not available at that time"]
    assert reasons("two") == []


def test_a_session_with_more_seats_than_its_room_holds_is_a_clash(site: Flask) -> None:
    make_session(key="one", room=make_room(name="Loft", capacity=8), seats=9)
    make_session(key="two", room=make_room(capacity=8), seats=8)
    make_session(key="three", room=make_room(), seats=900)

    assert [clash.reason for clash in find_in_working_programme()] == [
        "Loft has space for 8 people, but this session has 9 seats"
    ]


def test_too_little_walking_time_between_rooms_is_a_clash(site: Flask) -> None:
    lin = make_speaker(name="Lin")
    make_session(key="one", title="One", room=make_room(name="Loft"), speakers=(lin,))
    make_session(key="two", title="Two", room=make_room(name="Cellar"), speakers=(lin,), **at(64))

    assert reasons("one") == [
        "Lin does not have enough time to get to “Two” in Cellar, which starts at 10:34am"
    ]
    assert reasons("two") == [
        "Lin does not have enough time to get here from “One” in Loft, which ends at 10:30am"
    ]


def test_walking_time_is_a_setting_of_the_conference(site: Flask) -> None:
    lin = make_speaker()
    make_session(room=make_room(), speakers=(lin,))
    make_session(room=make_room(), speakers=(lin,), **at(64))
    conference = db.session.get_one(Conference, 1)

    conference.walking_minutes = 4
    db.session.commit()

    assert find_in_working_programme() == ()


def test_a_session_outside_the_conference_days_is_a_clash(site: Flask) -> None:
    make_session(key="one", **at(60 * 48))

    assert reasons("one") == [
        "It starts on Friday 12 June 2009, which is not a day of the conference"
    ]


def test_cancelled_withdrawn_and_unscheduled_sessions_have_no_clashes(site: Flask) -> None:
    hall, lin, gone = make_room(), make_speaker(), make_speaker(withdrawn_at=clock.now())
    make_session(room=hall, speakers=(lin, gone))
    make_session(room=hall, speakers=(lin,), cancelled_at=clock.now())
    make_session(room=hall, speakers=(lin,), withdrawn_at=clock.now())
    make_session(room=hall, speakers=(lin,), starts_at=None)
    make_session(speakers=(gone,))

    assert find_in_working_programme() == ()


def test_a_clash_with_a_draft_is_marked_as_draft(site: Flask) -> None:
    hall = make_room()
    make_session(room=hall)
    make_session(room=hall, is_draft=True)

    assert [clash.is_draft for clash in find_in_working_programme()] == [True]


def test_a_session_without_end_clashes_with_sessions_at_its_start(site: Flask) -> None:
    hall = make_room()
    make_session(key="one", room=hall, ends_at=None, starts_at=FIRST_MORNING + timedelta(minutes=5))
    make_session(title="Two", room=hall)

    assert len(reasons("one")) == 1


@pytest.mark.both_databases
@pytest.mark.parametrize("count", [1, 3])
def test_the_working_programme_is_read_in_three_queries(
    site: Flask, count: int, queries: list[str]
) -> None:
    hall = make_room()
    for _ in range(count):
        make_session(room=hall, speakers=(make_speaker(),))
    db.session.expire_all()

    with site.test_request_context():
        found = find_in_working_programme()

    assert len(found) == count * (count - 1) / 2
    assert len(queries) == 3
