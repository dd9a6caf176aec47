"""Importing calendars (iCalendar, RFC 5545): each event is a session.

Calendars contain few fields; the other fields of existing sessions stay unchanged. pretalx
appends the speakers to the title; they are split off.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from icalendar import Calendar, Component
from icalendar.prop import vUnknown

from app.errors import InvalidFile
from app.interchange.ical_writer import ICAL_KEY, ICAL_PREFACE, ICAL_ROOM
from app.interchange.importers import datetimes
from app.interchange.importers.parsed_programme import FieldCoverage, ImportLog
from app.interchange.importers.raw import (
    RawPerson,
    RawProgramme,
    RawRoom,
    RawSession,
    TargetConference,
)

ICAL_PREFIX = "BEGIN:VCALENDAR"
COVERED_FIELDS = frozenset({"title", "starts_at", "ends_at", "room", "abstract", "cancelled"})
MAX_EVENTS = 20_000
PRETALX_UID = re.compile(r"pretalx-(.{1,60})-[A-Z0-9]{4,12}@")  # pretalx-<event>-<code>@<host>
MAX_PARAMETERS = 100  # parameters per line: checking them takes quadratic time
FOLD = re.compile(r"\r?\n[ \t]")  # RFC 5545, section 3.1
FOLD_IN_CHARACTER = re.compile(rb"(?<=[\x80-\xff])\r?\n[ \t](?=[\x80-\xbf])")  # of UTF-8
ESCAPE = re.compile(r"\\([\\;,nN])")  # in a TEXT; the library leaves them in unknown properties
BEFORE_TEXT = codecs.BOM_UTF8 + b" \t\r\n"
SPEAKERS_SEPARATOR = " - "
BRACKETS = ("[", "]")
SEPARATOR_OR_BRACKET = re.compile(r"[\[\]]| (?=- )")
COMMA_OR_BRACKET = re.compile(r"[\[\]]|,\s+")


def join_split_characters(contents: bytes) -> bytes:
    """Join the characters of a calendar that folding splits, as RFC 5545 allows."""
    begins = contents.lstrip(BEFORE_TEXT)[: len(ICAL_PREFIX)].upper()
    return FOLD_IN_CHARACTER.sub(b"", contents) if begins == ICAL_PREFIX.encode() else contents


def parse(text: str, log: ImportLog, target: TargetConference) -> RawProgramme:
    """Parse the events of a calendar."""
    calendar = _parse_calendar(text)
    events = _select_current(list(calendar.walk("VEVENT")))
    sessions = [_parse_event(event, number, log) for number, event in enumerate(events, start=1)]
    fields = COVERED_FIELDS
    if _is_pretalx(calendar):
        fields = COVERED_FIELDS | {"appearances"}
        for session in sessions:
            _split_speakers_from_title(session)
    title, acronym = _find_name(calendar), _find_acronym(events)
    facts = _named_facts(title, acronym, target) if title or acronym else target.facts_for(sessions)
    facts["time_zone"] = _find_zone(calendar, events) or target.facts.get("time_zone", "")
    return RawProgramme(
        facts,
        sessions=sessions,
        coverage=FieldCoverage(fields, has_unscheduled=False),
        names_conference=bool(title or acronym),
    )


def _parse_calendar(text: str) -> Calendar:
    """Parse the file; raise InvalidFile if it is not a calendar."""
    if text.upper().count("BEGIN:VEVENT") > MAX_EVENTS:
        raise InvalidFile(f"This file has more than {MAX_EVENTS:,} sessions")
    if any(
        line.partition(":")[0].count(";") > MAX_PARAMETERS
        for line in FOLD.sub("", text).split("\n")
    ):
        raise InvalidFile("This file is too large to be a programme")
    try:
        return Calendar.from_ical(text)
    except (ValueError, IndexError, KeyError, RecursionError) as error:
        raise InvalidFile("This calendar is not well formed, so we cannot read it") from error


def _select_current(events: list[Component]) -> list[Component]:
    """Leave out entries of the site's own calendar that are no longer in the programme."""
    return [event for event in events if ICAL_KEY in event] or events


def _find_name(calendar: Calendar) -> str:
    return _get_text(calendar, "X-WR-CALNAME") or _get_text(calendar, "NAME")


def _named_facts(title: str, acronym: str, target: TargetConference) -> dict[str, str]:
    """Return the conference data in the calendar, or all existing data if it is the same one."""
    is_target = acronym == target.acronym or title == target.facts.get("title")
    facts = dict(target.facts) if is_target else {}
    if title:
        facts["title"] = title
    if acronym:
        facts["acronym"] = acronym
    return facts


def _find_acronym(events: list[Component]) -> str:
    """Return the event name in the UIDs of pretalx, if it is the same in all."""
    named = {
        match[1] if (match := PRETALX_UID.match(_get_text(event, "UID"))) else ""
        for event in events
    }
    return named.pop() if len(named) == 1 else ""


def _find_zone(calendar: Calendar, events: list[Component]) -> str:
    """Return the calendar's time zone, or that of most of its events."""
    named = _get_text(calendar, "X-WR-TIMEZONE")
    if datetimes.find_zone(named):
        return named
    counts = Counter(
        str(event["DTSTART"].params.get("TZID", "")) for event in events if _has_start(event)
    )
    return next((name for name, _ in counts.most_common() if datetimes.find_zone(name)), "")


def _has_start(event: Component) -> bool:
    return hasattr(event.get("DTSTART"), "params")


def _is_pretalx(calendar: Calendar) -> bool:
    return "pretalx" in _get_text(calendar, "PRODID").lower()


def _parse_event(event: Component, number: int, log: ImportLog) -> RawSession:
    title = _get_text(event, "SUMMARY")
    identity = f"{_get_text(event, 'UID')} {_get_iso_time(event, 'RECURRENCE-ID')}".strip()
    where = f"event number {number} in the file"
    if "RRULE" in event or "RDATE" in event:
        log.add_fix(where, title, "It repeats; we kept only the first time")
    for name, _ in event.errors:
        log.add_fix(where, title, f"Its {name} is not valid; we ignored it")
    start, end = _get_iso_time(event, "DTSTART"), _get_iso_time(event, "DTEND")
    return RawSession(
        where=where,
        title=title,
        guid=_get_text(event, ICAL_KEY) or identity,
        room=_parse_room(event, where),
        date=start,
        end=end,
        duration=_get_duration(event),
        cancelled=_get_text(event, "STATUS").upper() == "CANCELLED",
        values={
            "abstract": _get_text(event, "DESCRIPTION")
            .removeprefix(_get_text(event, ICAL_PREFACE))
            .strip(),
            "links": [(address, "") for address in _get_texts(event, "URL")],
        },
    )


def _parse_room(event: Component, where: str) -> RawRoom | None:
    """Return the room; in the site's own calendars the location includes the venue."""
    if ICAL_KEY in event and ICAL_ROOM not in event:
        return None
    return RawRoom(_get_text(event, ICAL_ROOM) or _get_text(event, "LOCATION"), where=where)


def _split_speakers_from_title(session: RawSession) -> None:
    """Split “Title - Ada Marsh [UCL], Bo Lund” into title and speakers."""
    index = _find_separator(session.title)
    if index < 0:
        return
    people = session.title[index + len(SPEAKERS_SEPARATOR) :]
    session.title = session.title[:index]
    names = _split_outside_brackets(people)
    session.people = [RawPerson(name, where=session.where) for name in names if name.strip()]


def _split_outside_brackets(people: str) -> list[str]:
    """Split at commas that are not followed by “]” before any “[”."""
    names, end, is_inside = [], len(people), False
    for found in reversed(list(COMMA_OR_BRACKET.finditer(people))):
        if found[0] in BRACKETS:
            is_inside = found[0] == "]"
        elif not is_inside:
            names.append(people[found.end() : end])
            end = found.start()
    return [people[:end], *reversed(names)]


def _find_separator(title: str) -> int:
    """Return the index of the last “ - ” outside brackets, or -1."""
    padded = f"{title} " if title.endswith(" -") else title
    index, is_inside = -1, False
    for found in SEPARATOR_OR_BRACKET.finditer(padded):
        if found[0] in BRACKETS:
            is_inside = found[0] == "["
        elif not is_inside:
            index = found.start()
    return index


def _get_text(component: Component, name: str) -> str:
    """Return a property as text; if there are several, the first."""
    return next(_get_texts(component, name), "")


def _get_texts(component: Component, name: str) -> Iterator[str]:
    value = component.get(name, [])
    for one in value if isinstance(value, list) else [value]:
        text = str(one)
        yield (ESCAPE.sub(_unescape, text) if isinstance(one, vUnknown) else text).strip()


def _unescape(match: re.Match[str]) -> str:
    return "\n" if match[1] in "nN" else match[1]


def _get_iso_time(event: Component, name: str) -> str:
    """Return a time in ISO 8601; only a date if the event has no time of day."""
    value = _get_value(event, name)
    return value.isoformat() if isinstance(value, (datetime, date)) else ""


def _get_duration(event: Component) -> str:
    value = _get_value(event, "DURATION")
    return f"{int(value.total_seconds()) // 60} min" if isinstance(value, timedelta) else ""


def _get_value(event: Component, name: str) -> Any:
    """Return a datetime, a date or a duration; note it and return None if it is invalid."""
    try:
        return getattr(event.get(name), "dt", None)
    except ValueError:
        return None
