"""An invented conference of any size, to try things out: the same every time for the same numbers.

Nobody in it exists, nothing in it was ever said, and it says so wherever it can. No room and no
person is wanted twice at once: all parallel sessions of a day stand in the same ten slots.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from app.errors import Refused
from app.programme import invented_people, invented_words
from app.programme.reading.words import Slugs
from app.programme.reading.written import (
    WrittenAppearance,
    WrittenConference,
    WrittenProgramme,
    WrittenRoom,
    WrittenSession,
    WrittenSpeaker,
)

FIRST_DAY = date(2008, 11, 6)
MOST_SESSIONS, MOST_SPEAKERS = 5_000, 10_000
MOST_TOGETHER = 6  # people in one session
COMFORTABLE = 30  # rooms, before another day is added
SLOTS = ("9:50", "10:30", "11:25", "12:05", "13:30", "14:10", "14:50", "15:45", "16:25", "17:05")
TALK = timedelta(minutes=35)
COMMON = (  # what everybody shares, the most needed first: what, when, how many minutes
    ("opening", "9:00", 45),
    ("lunch", "12:40", 50),
    ("closing", "17:45", 30),
    ("coffee", "11:05", 20),
    ("tea", "15:25", 20),
    ("registration", "8:30", 30),
)
FEATURES = (
    ("step-free", "hearing-loop", "captions", "interpretation"),
    ("step-free", "hearing-loop"),
    ("step-free",),
    ("step-free", "captions"),
    ("step-free", "quiet"),
)
ROOM_NAMES = ("Main hall", "Lecture room", "North room", "South room", "Garden room", "Library")


@dataclass(frozen=True)
class InventedDelegate:
    """Someone who does not exist and would like to come."""

    given_names: str
    family_name: str
    badge_name: str
    email: str
    organisation: str
    role: str
    country: str
    days: tuple[date, ...]
    language: str


def invent(sessions: int, speakers: int) -> WrittenProgramme:
    """Invent a conference with this many sessions, breaks included, and this many speakers."""
    if not 1 <= sessions <= MOST_SESSIONS:
        raise Refused(f"An invented conference has between 1 and {MOST_SESSIONS:,} sessions")
    if not 0 <= speakers <= MOST_SPEAKERS:
        raise Refused(f"An invented conference has at most {MOST_SPEAKERS:,} speakers")
    days, rooms = _size(sessions)
    everybody = _speakers(speakers)
    common = list(islice(_common(days), max(1, min(sessions // 3, days * len(COMMON)))))
    parallel = list(_parallel(sessions - len(common), days, rooms))
    _give_people(parallel, everybody)
    return WrittenProgramme(
        conference=_conference(days, len(rooms)),
        themes=invented_words.THEMES,
        rooms=rooms,
        speakers=everybody,
        sessions=tuple(sorted((*common, *parallel), key=_order)),
    )


def invented_delegates(count: int) -> Iterator[InventedDelegate]:
    """Invent people who would like to come."""
    both = (FIRST_DAY, FIRST_DAY + timedelta(days=1))
    for number in range(count):
        person = invented_people.person(number)
        yield InventedDelegate(
            given_names=person.given_names,
            family_name=person.family_name,
            badge_name=person.name,
            email=f"delegate-{number + 1}@example.org",
            organisation=person.organisation,
            role=person.role,
            country=person.country_code,
            days=(both, both, both[:1], both[1:])[number % 4],
            language=person.language,
        )


def _conference(days: int, rooms: int) -> WrittenConference:
    """Say what this is, and that it is invented."""
    return WrittenConference(
        acronym="invented-2008",
        title="Invented conference on fair health",
        subtitle="Made up to try things out: nobody in it exists",
        starts_on=FIRST_DAY,
        ends_on=FIRST_DAY + timedelta(days=days - 1),
        time_zone="Europe/London",
        place="London",
        summary="This conference is invented. Its sessions, speakers and rooms do not exist.",
        contact_email="invented@example.org",
        places=max(500, 50 * rooms),
        registration_opens_at=datetime(2008, 9, 1, 8, tzinfo=UTC),
        registration_closes_at=datetime(2008, 11, 4, 17, tzinfo=UTC),
        invented=True,
    )


def _size(sessions: int) -> tuple[int, tuple[WrittenRoom, ...]]:
    """Choose how many days and rooms so many sessions need: two days while the rooms suffice."""
    for days in (2, 3, 4, 5):
        parallel = max(0, sessions - days * len(COMMON))
        rooms = -(-parallel // (days * len(SLOTS)))
        if rooms <= COMFORTABLE:
            break
    slugs = Slugs("room")
    return days, tuple(_room(number, slugs) for number in range(max(min(4, sessions), rooms)))


def _room(number: int, slugs: Slugs) -> WrittenRoom:
    """Invent a room."""
    name = ROOM_NAMES[number] if number < len(ROOM_NAMES) else f"Room {number + 1}"
    slug = slugs.take(name)
    return WrittenRoom(
        key=slug,
        name=name,
        slug=slug,
        capacity=500 if number == 0 else 180 - number % 10 * 15,
        description="An invented room.",
        features=FEATURES[number % len(FEATURES)],
        illustrative=True,
    )


def _speakers(count: int) -> tuple[WrittenSpeaker, ...]:
    """Invent speakers."""
    slugs = Slugs("speaker")
    return tuple(_speaker(number, slugs) for number in range(count))


def _speaker(number: int, slugs: Slugs) -> WrittenSpeaker:
    """Invent a speaker."""
    person = invented_people.person(number)
    slug = slugs.take(person.name, f"speaker-{number + 1}")
    thought = invented_words.OPENINGS[number % len(invented_words.OPENINGS)]
    return WrittenSpeaker(
        key=f"speaker-{number + 1}",
        name=person.name,
        slug=slug,
        role=person.role,
        organisation=person.organisation,
        country=person.country,
        biography=f"An invented person. {thought}",
    )


def _common(days: int) -> Iterator[WrittenSession]:
    """Invent what everybody shares, the most needed first."""
    for what, hour, minutes in COMMON:
        for day in range(days):
            is_break = what in invented_words.BREAKS
            name = invented_words.BREAKS.get(what) or f"{what.capitalize()} plenary"
            starts_at = _moment(day, hour)
            yield WrittenSession(
                key=f"{what}-{day + 1}",
                slug=f"{what}-{day + 1}",
                title=f"{name}, day {day + 1}",
                kind="break" if is_break else "plenary",
                room="main-hall",
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=minutes),
                abstract="" if is_break else invented_words.abstract(day),
                language="en",
                illustrative=True,
            )


def _parallel(count: int, days: int, rooms: tuple[WrittenRoom, ...]) -> Iterator[WrittenSession]:
    """Invent parallel sessions, spread evenly over the slots and the rooms."""
    places = days * len(SLOTS) * len(rooms)
    slugs = Slugs("session")
    for number in range(count):
        slot, room = divmod(number * places // count, len(rooms))
        day, hour = divmod(slot, len(SLOTS))
        starts_at = _moment(day, SLOTS[hour])
        title = invented_words.title(number)
        yield WrittenSession(
            key=f"parallel-{number + 1}",
            slug=slugs.take(title),
            title=title,
            kind="workshop" if number % 9 == 8 else "parallel",
            theme=invented_words.THEMES[number % len(invented_words.THEMES)].slug,
            room=rooms[room].key,
            starts_at=starts_at,
            ends_at=starts_at + TALK,
            abstract=invented_words.abstract(number),
            language="en",
            illustrative=True,
        )


def _give_people(sessions: list[WrittenSession], speakers: tuple[WrittenSpeaker, ...]) -> None:
    """Put speakers into sessions in turn, nobody twice in one slot, everybody if there is room."""
    together: dict[datetime | None, int] = {}
    for session in sessions:
        together[session.starts_at] = together.get(session.starts_at, 0) + 1
    enough = -(-len(speakers) // max(1, len(sessions)))
    turn = 0
    used: dict[datetime | None, int] = {}
    for number, session in enumerate(sessions):
        wanted = min(MOST_TOGETHER, max(1 + number % 3, enough))
        most = max(1, len(speakers) // together[session.starts_at])
        free = len(speakers) - used.get(session.starts_at, 0)
        people = [
            speakers[(turn + step) % len(speakers)] for step in range(min(wanted, most, free))
        ]
        turn += len(people)
        used[session.starts_at] = used.get(session.starts_at, 0) + len(people)
        sessions[number] = replace(session, appearances=tuple(_appearances(people)))


def _appearances(people: list[WrittenSpeaker]) -> Iterator[WrittenAppearance]:
    """Give each a part: from three on, the first is in the chair."""
    for number, speaker in enumerate(people):
        role = "chair" if number == 0 and len(people) > 2 else "speaker"
        yield WrittenAppearance(speaker.key, role)


def _moment(day: int, hour: str) -> datetime:
    """Give an hour of a day; London's clocks show UTC in November."""
    hours, minutes = hour.split(":")
    return datetime.combine(FIRST_DAY + timedelta(days=day), time(int(hours), int(minutes)), UTC)


def _order(session: WrittenSession) -> tuple[str, str]:
    """Put sessions in the order of the day."""
    return f"{session.starts_at}", session.room or ""
