"""What cannot all be true: a person in two places, two sessions in one room, a day too many."""

from collections.abc import Callable, Iterator, Mapping, Sequence
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
    for key, other, session in _overlaps(timed, _room_of):
        reason = f"“{other.title}” is in {rooms[key]} at the same time"
        notebook.clash(where[session.key], session.title, reason)
    for key, other, session in _overlaps(timed, _people_of):
        reason = f"{names[key]} is also in “{other.title}” at that time"
        notebook.clash(where[session.key], session.title, reason)
    _note_other_days(programme.conference, timed, where, notebook)


def _start(session: WrittenSession) -> datetime:
    """Tell when a session starts; the sessions compared all have a time."""
    return session.starts_at or NEVER


def _room_of(session: WrittenSession) -> list[str]:
    """Give the room that a session needs."""
    return [session.room] if session.room else []


def _people_of(session: WrittenSession) -> list[str]:
    """Give the people that a session needs."""
    return [appearance.speaker for appearance in session.appearances]


def _overlaps(
    sessions: Sequence[WrittenSession], needs: Callable[[WrittenSession], list[str]]
) -> Iterator[tuple[str, WrittenSession, WrittenSession]]:
    """Pair each session, in order of time, with one that still needs what it needs."""
    latest: dict[str, WrittenSession] = {}
    for session in sessions:
        for key in needs(session):
            other = latest.get(key)
            if other and _end(other) > _start(session):
                yield key, other, session
            if other is None or _end(session) > _end(other):
                latest[key] = session


def _end(session: WrittenSession) -> datetime:
    """Tell when a session ends."""
    return session.ends_at or _start(session)


def _note_other_days(
    conference: WrittenConference,
    sessions: Sequence[WrittenSession],
    where: Mapping[str, str],
    notebook: Notebook,
) -> None:
    """Note what happens on no day of the conference; a night belongs to the day before it."""
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
