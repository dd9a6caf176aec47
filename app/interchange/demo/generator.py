"""A generator of an invented conference of any size; the same arguments give the same result.

All of it is fictional, and says so where it can. No room and no speaker has two sessions at once:
the parallel sessions of a day are in the same ten slots.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from app.errors import RuleViolation
from app.interchange.demo import people as demo_people
from app.interchange.demo import texts
from app.interchange.importers.parsed_programme import (
    ParsedAppearance,
    ParsedConference,
    ParsedProgramme,
    ParsedRoom,
    ParsedSession,
    ParsedSpeaker,
)
from app.interchange.importers.text import SlugAllocator

FIRST_DAY = date(2008, 11, 6)
MAX_SESSIONS, MAX_SPEAKERS = 5_000, 10_000
MAX_SPEAKERS_PER_SESSION = 6
MAX_ROOMS_BEFORE_NEXT_DAY = 30  # rooms before another day is added
SLOT_STARTS = (
    "9:50",
    "10:30",
    "11:25",
    "12:05",
    "13:30",
    "14:10",
    "14:50",
    "15:45",
    "16:25",
    "17:05",
)
SLOT_LENGTH = timedelta(minutes=35)
SHARED_SESSIONS = (  # most important first: type, start, minutes
    ("opening", "9:00", 45),
    ("lunch", "12:40", 50),
    ("closing", "17:45", 30),
    ("coffee", "11:05", 20),
    ("tea", "15:25", 20),
    ("registration", "8:30", 30),
)
ROOM_FEATURES = (
    ("step-free", "hearing-loop", "captions", "interpretation"),
    ("step-free", "hearing-loop"),
    ("step-free",),
    ("step-free", "captions"),
    ("step-free", "quiet"),
)
ROOM_NAMES = ("Main hall", "Lecture room", "North room", "South room", "Garden room", "Library")


@dataclass(frozen=True)
class DemoDelegate:
    """An invented delegate."""

    given_names: str
    family_name: str
    badge_name: str
    email: str
    organisation: str
    role: str
    country: str
    days: tuple[date, ...]
    language: str


def generate(sessions: int, speakers: int) -> ParsedProgramme:
    """Generate a conference with this many sessions (including breaks) and speakers."""
    if not 1 <= sessions <= MAX_SESSIONS:
        raise RuleViolation(f"An invented conference has between 1 and {MAX_SESSIONS:,} sessions")
    if not 0 <= speakers <= MAX_SPEAKERS:
        raise RuleViolation(f"An invented conference has at most {MAX_SPEAKERS:,} speakers")
    days, rooms = _choose_size(sessions)
    all_speakers = _generate_speakers(speakers)
    shared = list(
        islice(
            _generate_shared_sessions(days), max(1, min(sessions // 3, days * len(SHARED_SESSIONS)))
        )
    )
    parallel = list(_generate_parallel_sessions(sessions - len(shared), days, rooms))
    _assign_speakers(parallel, all_speakers)
    return ParsedProgramme(
        conference=_generate_conference(days, len(rooms)),
        themes=texts.THEMES,
        rooms=rooms,
        speakers=all_speakers,
        sessions=tuple(sorted((*shared, *parallel), key=_sort_key)),
    )


def generate_delegates(count: int) -> Iterator[DemoDelegate]:
    """Yield invented delegates."""
    both = (FIRST_DAY, FIRST_DAY + timedelta(days=1))
    for number in range(count):
        person = demo_people.generate_person(number)
        yield DemoDelegate(
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


def _generate_conference(days: int, rooms: int) -> ParsedConference:
    """Return the conference, described as invented."""
    return ParsedConference(
        acronym="invented-2008",
        title="Invented conference on fair health",
        subtitle="Made up for testing: nobody in it exists",
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


def _choose_size(sessions: int) -> tuple[int, tuple[ParsedRoom, ...]]:
    """Return the number of days and the rooms: two days as long as the rooms suffice."""
    for days in (2, 3, 4, 5):
        parallel = max(0, sessions - days * len(SHARED_SESSIONS))
        rooms = -(-parallel // (days * len(SLOT_STARTS)))
        if rooms <= MAX_ROOMS_BEFORE_NEXT_DAY:
            break
    slugs = SlugAllocator("room")
    return days, tuple(
        _generate_room(number, slugs) for number in range(max(min(4, sessions), rooms))
    )


def _generate_room(number: int, slugs: SlugAllocator) -> ParsedRoom:
    name = ROOM_NAMES[number] if number < len(ROOM_NAMES) else f"Room {number + 1}"
    slug = slugs.allocate(name)
    return ParsedRoom(
        key=slug,
        name=name,
        slug=slug,
        capacity=500 if number == 0 else 180 - number % 10 * 15,
        description="An invented room.",
        features=ROOM_FEATURES[number % len(ROOM_FEATURES)],
        illustrative=True,
    )


def _generate_speakers(count: int) -> tuple[ParsedSpeaker, ...]:
    slugs = SlugAllocator("speaker")
    return tuple(_generate_speaker(number, slugs) for number in range(count))


def _generate_speaker(number: int, slugs: SlugAllocator) -> ParsedSpeaker:
    person = demo_people.generate_person(number)
    slug = slugs.allocate(person.name, f"speaker-{number + 1}")
    sentence = texts.OPENINGS[number % len(texts.OPENINGS)]
    return ParsedSpeaker(
        key=f"speaker-{number + 1}",
        name=person.name,
        slug=slug,
        role=person.role,
        organisation=person.organisation,
        country=person.country,
        biography=f"An invented person. {sentence}",
    )


def _generate_shared_sessions(days: int) -> Iterator[ParsedSession]:
    """Yield the sessions for everyone, the most important ones first."""
    for key_prefix, hour, minutes in SHARED_SESSIONS:
        for day in range(days):
            is_break = key_prefix in texts.BREAKS
            name = texts.BREAKS.get(key_prefix) or f"{key_prefix.capitalize()} plenary"
            starts_at = _slot_time(day, hour)
            yield ParsedSession(
                key=f"{key_prefix}-{day + 1}",
                slug=f"{key_prefix}-{day + 1}",
                title=f"{name}, day {day + 1}",
                kind="break" if is_break else "plenary",
                room="main-hall",
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=minutes),
                abstract="" if is_break else texts.generate_abstract(day),
                language="en",
                illustrative=True,
            )


def _generate_parallel_sessions(
    count: int, days: int, rooms: tuple[ParsedRoom, ...]
) -> Iterator[ParsedSession]:
    """Yield parallel sessions, spread evenly over slots and rooms."""
    places = days * len(SLOT_STARTS) * len(rooms)
    slugs = SlugAllocator("session")
    for number in range(count):
        slot, room = divmod(number * places // count, len(rooms))
        day, hour = divmod(slot, len(SLOT_STARTS))
        starts_at = _slot_time(day, SLOT_STARTS[hour])
        title = texts.generate_title(number)
        yield ParsedSession(
            key=f"parallel-{number + 1}",
            slug=slugs.allocate(title),
            title=title,
            kind="workshop" if number % 9 == 8 else "parallel",
            theme=texts.THEMES[number % len(texts.THEMES)].slug,
            room=rooms[room].key,
            starts_at=starts_at,
            ends_at=starts_at + SLOT_LENGTH,
            abstract=texts.generate_abstract(number),
            language="en",
            illustrative=True,
        )


def _assign_speakers(sessions: list[ParsedSession], speakers: tuple[ParsedSpeaker, ...]) -> None:
    """Assign speakers in turn, at most once per slot, and all of them if possible."""
    sessions_at: dict[datetime | None, int] = {}
    for session in sessions:
        sessions_at[session.starts_at] = sessions_at.get(session.starts_at, 0) + 1
    speakers_per_session = -(-len(speakers) // max(1, len(sessions)))
    next_speaker = 0
    busy_at: dict[datetime | None, int] = {}
    for number, session in enumerate(sessions):
        wanted = min(MAX_SPEAKERS_PER_SESSION, max(1 + number % 3, speakers_per_session))
        share = max(1, len(speakers) // sessions_at[session.starts_at])
        free = len(speakers) - busy_at.get(session.starts_at, 0)
        people = [
            speakers[(next_speaker + step) % len(speakers)]
            for step in range(min(wanted, share, free))
        ]
        next_speaker += len(people)
        busy_at[session.starts_at] = busy_at.get(session.starts_at, 0) + len(people)
        sessions[number] = replace(session, appearances=tuple(_generate_appearances(people)))


def _generate_appearances(people: list[ParsedSpeaker]) -> Iterator[ParsedAppearance]:
    """Yield the appearances; in a session of three or more, the first is the chair."""
    for number, speaker in enumerate(people):
        role = "chair" if number == 0 and len(people) > 2 else "speaker"
        yield ParsedAppearance(speaker.key, role)


def _slot_time(day: int, hour: str) -> datetime:
    """Return a time of a day in UTC, which is London time in November."""
    hours, minutes = hour.split(":")
    return datetime.combine(FIRST_DAY + timedelta(days=day), time(int(hours), int(minutes)), UTC)


def _sort_key(session: ParsedSession) -> tuple[str, str]:
    """Sort sessions by time."""
    return f"{session.starts_at}", session.room or ""
