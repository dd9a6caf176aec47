"""What cannot all be true at once: a person in two places, two sessions in one room, a day too many."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.programme.reading.notebook import Notebook
from app.programme.reading.written import WrittenConference, WrittenProgramme, WrittenSession

NIGHT_ENDS = time(6)
NEVER = datetime.max.replace(tzinfo=UTC)


def find(programme: WrittenProgramme, where: Mapping[str, str], notebook: Notebook) -> None:
    """Note every clash. All sessions are kept: an organiser decides what gives way."""
    timed = sorted(
        (session for session in programme.sessions if session.starts_at and not session.cancelled),
        key=_start,
    )
    names = {speaker.key: speaker.name for speaker in programme.speakers}
    rooms = {room.key: room.name for room in programme.rooms}
    in_rooms: dict[str, list[WrittenSession]] = defaultdict(list)
    of_people: dict[str, list[WrittenSession]] = defaultdict(list)
    for session in timed:
        if session.room:
            in_rooms[session.room].append(session)
        for appearance in session.appearances:
            of_people[appearance.speaker].append(session)
    for key, sessions in in_rooms.items():
        for other, session in _overlaps(sessions):
            notebook.clash(where[session.key], session.title, f"“{other.title}” is in {rooms[key]} at the same time")
    for key, sessions in of_people.items():
        for other, session in _overlaps(sessions):
            notebook.clash(where[session.key], session.title, f"{names[key]} is also in “{other.title}” at that time")
    _note_other_days(programme.conference, timed, where, notebook)


def _start(session: WrittenSession) -> datetime:
    """Tell when a session starts; the sessions compared all have a time."""
    return session.starts_at or NEVER


def _overlaps(sessions: Sequence[WrittenSession]) -> list[tuple[WrittenSession, WrittenSession]]:
    """Pair each session, in order of time, with an earlier one that has not ended when it starts."""
    pairs = []
    longest: WrittenSession | None = None
    for session in sessions:
        if longest and longest.ends_at and longest.ends_at > _start(session):
            pairs.append((longest, session))
        if longest is None or _end(session) > _end(longest):
            longest = session
    return pairs


def _end(session: WrittenSession) -> datetime:
    """Tell when a session ends."""
    return session.ends_at or _start(session)


def _note_other_days(
    conference: WrittenConference,
    sessions: Sequence[WrittenSession],
    where: Mapping[str, str],
    notebook: Notebook,
) -> None:
    """Note what happens on a day that the conference does not have; a night belongs to the day before."""
    zone = ZoneInfo(conference.time_zone)
    for session in sessions:
        local = _start(session).astimezone(zone)
        latest = conference.ends_on
        if local.time() < NIGHT_ENDS:
            latest += timedelta(days=1)
        if not conference.starts_on <= local.date() <= latest:
            notebook.clash(
                where[session.key],
                session.title,
                f"It starts on {local:%Y-%m-%d}, which is not a day of the conference",
            )
