"""From the raw model to a programme: normalises each part, then notes clashes."""

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from app.errors import InvalidFile
from app.interchange.importers import conference as importers_conference
from app.interchange.importers import session_times
from app.interchange.importers.parsed import ImportLog, ParsedProgramme, ParsedSession
from app.interchange.importers.raw import RawProgramme
from app.interchange.importers.rooms_and_themes import RoomBuilder, ThemeBuilder
from app.interchange.importers.session_times import ConferenceTimes, NoTimes, TimeSource
from app.interchange.importers.sessions import SessionBuilder
from app.interchange.importers.speakers import SpeakerBuilder
from app.programme import clashes
from app.programme.scheduled_sessions import (
    Participant,
    RoomInfo,
    ScheduledSession,
    SchedulingRules,
    merge_participants,
)

MAX_SESSIONS = 20_000


def normalise(raw: RawProgramme, log: ImportLog) -> ParsedProgramme:
    """Return the programme, and note every fix."""
    _check_session_count(raw, len(raw.sessions))
    zone = session_times.choose_zone(raw, log)
    themes, rooms, speakers = ThemeBuilder(log), RoomBuilder(log), SpeakerBuilder(log)
    for theme in raw.themes:
        themes.add(theme)
    for room in raw.rooms:
        rooms.add(room)
    for person in raw.people:
        speakers.add(person)
    sessions = SessionBuilder(themes, rooms, speakers, _choose_time_source(raw, zone, log), log)
    base = raw.conference.get("base_url", "")
    for session in raw.sessions:
        sessions.add(session, base)
    _check_session_count(raw, len(sessions.all))
    facts = importers_conference.parse_conference(raw, zone, sessions.all, log)
    programme = ParsedProgramme(
        facts, themes.all, rooms.all, speakers.all, sessions.all, raw.coverage
    )
    note_clashes(programme, sessions.where, log)
    return programme


def _choose_time_source(raw: RawProgramme, zone: ZoneInfo, log: ImportLog) -> TimeSource:
    """Return the source of session times: the conference's time zone, or none."""
    if raw.coverage is not None and "starts_at" not in raw.coverage.session_fields:
        return NoTimes()
    return ConferenceTimes(zone, raw.conference.get("day_change", ""), log)


def _check_session_count(raw: RawProgramme, count: int) -> None:
    """Reject a programme without sessions, or with more than any conference has."""
    has_only_people = raw.coverage is not None and not raw.coverage.session_fields
    if not count and not (has_only_people and raw.people):
        raise InvalidFile("There are no valid sessions in this file")
    if count > MAX_SESSIONS:
        raise InvalidFile(f"This file has more than {MAX_SESSIONS:,} sessions")


def note_clashes(programme: ParsedProgramme, where: Mapping[str, str], log: ImportLog) -> None:
    """Note what each session clashes with; if there are several, the longest session.

    All sessions are kept: an organiser decides which to move.
    """
    sessions = {f"{number:09}": session for number, session in enumerate(programme.sessions)}
    conference = programme.conference
    frame = SchedulingRules(
        conference.starts_on, conference.ends_on, ZoneInfo(conference.time_zone)
    )
    noted: set[tuple[str, str]] = set()
    for clash in clashes.find_clashes(_list_scheduled(programme, sessions), frame):
        if clash.contested_key and (clash.session, clash.contested_key) in noted:
            continue
        noted.add((clash.session, clash.contested_key))
        session = sessions[clash.session]
        log.add_clash(where[session.key], session.title, clash.text.as_text(str))


def _list_scheduled(
    programme: ParsedProgramme, sessions: Mapping[str, ParsedSession]
) -> Iterator[ScheduledSession]:
    """Yield the sessions with a time; their keys sort in the order of the file."""
    names = {speaker.key: speaker.name for speaker in programme.speakers}
    rooms = {room.key: RoomInfo(room.key, room.name, room.capacity) for room in programme.rooms}
    for key, session in sessions.items():
        if session.starts_at and not session.cancelled:
            yield ScheduledSession(
                key=key,
                title=session.title,
                starts_at=session.starts_at,
                ends_at=session.ends_at or session.starts_at,
                room=rooms[session.room] if session.room else None,
                participants=_list_participants(session, names),
            )


def _list_participants(session: ParsedSession, names: Mapping[str, str]) -> tuple[Participant, ...]:
    return merge_participants(
        (one.speaker, names[one.speaker], one.role) for one in session.appearances
    )
