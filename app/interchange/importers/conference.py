"""The data of the conference in a file, with dates derived from its sessions if necessary."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.errors import InvalidFile
from app.interchange.importers import datetimes, text
from app.interchange.importers.parsed import THE_FILE, ImportLog, ParsedConference, ParsedSession
from app.interchange.importers.raw import RawProgramme
from app.programme import slugs

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
