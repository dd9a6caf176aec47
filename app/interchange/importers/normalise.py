"""From the raw model to a programme: normalises each part, then notes clashes."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.errors import InvalidFile
from app.interchange.importers import datetimes, session_times, text
from app.interchange.importers.parsed_programme import (
    THE_FILE,
    ImportLog,
    ParsedConference,
    ParsedProgramme,
    ParsedSession,
)
from app.interchange.importers.raw import RawProgramme
from app.interchange.importers.rooms_and_themes import RoomBuilder, ThemeBuilder
from app.interchange.importers.session_times import ConferenceTimes, NoTimes, TimeSource
from app.interchange.importers.sessions import SessionBuilder
from app.interchange.importers.speakers import SpeakerBuilder
from app.programme import clashes, slugs
from app.programme.fields.conference import parse_coordinates
from app.programme.opening_times import parse_opening_times
from app.programme.scheduled_sessions import (
    Participant,
    RoomInfo,
    ScheduledSession,
    SchedulingRules,
    merge_participants,
)

MAX_DAYS = 366
MAX_PLACES = 1_000_000
EMAIL_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[^@\s<>,;:\"()\[\]\\]{1,250}$")


def parse_conference(
    raw: RawProgramme, zone: ZoneInfo, sessions: Sequence[ParsedSession], log: ImportLog
) -> ParsedConference:
    """Return the conference."""
    facts = _FactReader(raw.conference, zone, log)
    title = facts.get_line("title")
    if not title:
        title = "Untitled conference"
        log.add_fix(THE_FILE, "title", "The conference has no title")
    starts_on, ends_on = _choose_dates(raw, zone, sessions, log)
    return ParsedConference(
        acronym=facts.get_line("acronym") or slugs.make_code(title) or "conference",
        title=title,
        subtitle=facts.get_line("subtitle"),
        starts_on=starts_on,
        ends_on=ends_on,
        time_zone=zone.key,
        place=facts.get_line("place"),
        summary=text.clean_text(raw.conference.get("summary", ""), "summary", THE_FILE, log),
        contact_email=facts.get_email("contact_email"),
        places=facts.get_number("places"),
        registration_opens_at=facts.get_datetime("registration_opens_at"),
        registration_closes_at=facts.get_datetime("registration_closes_at"),
        invented=bool(raw.conference.get("invented")),
        coordinates=facts.get_parsed("coordinates", parse_coordinates),
        doors_open=facts.get_parsed("doors_open", parse_opening_times),
    )


class _FactReader:
    """Reads each value from the file with its proper type."""

    def __init__(self, facts: dict[str, str], zone: ZoneInfo, log: ImportLog) -> None:
        self._facts = facts
        self._zone = zone
        self._log = log

    def get_line(self, name: str) -> str:
        return text.clean_line(self._facts.get(name, ""), THE_FILE, self._log)

    def get_email(self, name: str) -> str:
        value = self.get_line(name)
        if value and not EMAIL_ADDRESS.match(value):
            self._skip(name, value)
            return ""
        return value

    def get_parsed(self, name: str, parse: Callable[[str], str]) -> str:
        value = self.get_line(name)
        try:
            return parse(value) if value else ""
        except ValueError:
            self._skip(name, value)
            return ""

    def get_number(self, name: str) -> int | None:
        value = self.get_line(name)
        number = text.parse_number(value, MAX_PLACES)
        if value and number is None:
            self._skip(name, value)
        return number

    def get_datetime(self, name: str) -> datetime | None:
        value = self.get_line(name)
        moment = datetimes.parse_datetime(value, self._zone)
        if value and moment is None:
            self._skip(name, value)
        return moment

    def _skip(self, name: str, value: str) -> None:
        self._log.add_skipped(THE_FILE, name, f"This value is not valid: {value[:60]}")


def _choose_dates(
    raw: RawProgramme, zone: ZoneInfo, sessions: Sequence[ParsedSession], log: ImportLog
) -> tuple[date, date]:
    """Return the first and the last day of the conference."""
    stated = [_parse_day(raw.conference.get(name, ""), zone) for name in ("starts_on", "ends_on")]
    days = sorted(_collect_days(raw, zone, sessions) or filter(None, stated))
    if not days:
        raise InvalidFile("There are no valid dates in this file")
    for name, day, replacement in zip(
        ("starts_on", "ends_on"), stated, (days[0], days[-1]), strict=True
    ):
        if day is None:
            reason = f"“{raw.conference.get(name, '')[:40]}” is not a date; we used {replacement}"
            log.add_fix(THE_FILE, "first day" if name == "starts_on" else "last day", reason)
    starts_on, ends_on = stated[0] or days[0], stated[1] or days[-1]
    if not 0 <= (ends_on - starts_on).days <= MAX_DAYS:
        log.add_fix(
            THE_FILE,
            "dates",
            f"{starts_on} to {ends_on} is not valid; we used {days[0]} to {days[-1]}",
        )
        return days[0], days[-1]
    return starts_on, ends_on


def _collect_days(
    raw: RawProgramme, zone: ZoneInfo, sessions: Sequence[ParsedSession]
) -> set[date]:
    """Return the days that the file lists, or else the days with sessions."""
    named = {_parse_day(day.date, zone) or _parse_day(day.starts, zone) for day in raw.days}
    days = {day for day in named if day is not None}
    if days:
        return days
    return {session.starts_at.astimezone(zone).date() for session in sessions if session.starts_at}


def _parse_day(value: str, zone: ZoneInfo) -> date | None:
    """Parse a date or the date of a datetime, or return None."""
    moment = datetimes.parse_datetime(value, zone) if "T" in value else None
    return datetimes.parse_date(value) if moment is None else moment.astimezone(zone).date()


MAX_SESSIONS = 20_000


def normalise(
    raw: RawProgramme, log: ImportLog, contact_addresses: Mapping[str, str]
) -> ParsedProgramme:
    """Return the programme, and note every fix.

    ``contact_addresses`` are those of the speakers that the site has already, with their names.
    """
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
    speakers.note_shared_addresses(contact_addresses)
    _check_session_count(raw, len(sessions.all))
    facts = parse_conference(raw, zone, sessions.all, log)
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
        (appearance.speaker, names[appearance.speaker], appearance.role)
        for appearance in session.appearances
    )
