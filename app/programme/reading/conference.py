"""The facts about the conference itself, and its dates when the file gives none to use."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.errors import Unreadable
from app.programme.reading import moments, words
from app.programme.reading.found import Found
from app.programme.reading.notebook import THE_FILE, Notebook
from app.programme.reading.written import WrittenConference, WrittenSession

LONGEST = 366
MOST_PLACES = 1_000_000
ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[^@\s<>,;:\"()\[\]\\]{1,250}$")


def written(
    found: Found, zone: ZoneInfo, sessions: Sequence[WrittenSession], notebook: Notebook
) -> WrittenConference:
    """Gather the facts about the conference."""
    facts = _Facts(found.conference, zone, notebook)
    title = facts.line("title")
    if not title:
        title = "Untitled conference"
        notebook.mended(THE_FILE, "title", "The conference has no title")
    starts_on, ends_on = _dates(found, zone, sessions, notebook)
    return WrittenConference(
        acronym=facts.line("acronym") or words.plain_slug(title) or "conference",
        title=title,
        subtitle=facts.line("subtitle"),
        starts_on=starts_on,
        ends_on=ends_on,
        time_zone=zone.key,
        place=facts.line("place"),
        summary=words.text(found.conference.get("summary", ""), "summary", THE_FILE, notebook),
        contact_email=facts.address("contact_email"),
        places=facts.number("places"),
        registration_opens_at=facts.moment("registration_opens_at"),
        registration_closes_at=facts.moment("registration_closes_at"),
        invented=bool(found.conference.get("invented")),
    )


class _Facts:
    """What the file says of the conference, each fact read as what it should be."""

    def __init__(self, facts: dict[str, str], zone: ZoneInfo, notebook: Notebook) -> None:
        self._facts = facts
        self._zone = zone
        self._notebook = notebook

    def line(self, name: str) -> str:
        return words.line(self._facts.get(name, ""), THE_FILE, self._notebook)

    def address(self, name: str) -> str:
        said = self.line(name)
        if said and not ADDRESS.match(said):
            self._ignore(name, said)
            return ""
        return said

    def number(self, name: str) -> int | None:
        said = self.line(name)
        number = words.number(said, MOST_PLACES)
        if said and number is None:
            self._ignore(name, said)
        return number

    def moment(self, name: str) -> datetime | None:
        said = self.line(name)
        moment = moments.moment(said, self._zone)
        if said and moment is None:
            self._ignore(name, said)
        return moment

    def _ignore(self, name: str, said: str) -> None:
        self._notebook.left_out(THE_FILE, name, f"This cannot be read: {said[:60]}")


def _dates(
    found: Found, zone: ZoneInfo, sessions: Sequence[WrittenSession], notebook: Notebook
) -> tuple[date, date]:
    """Decide on which days the conference begins and ends."""
    said = [_day(found.conference.get(name, ""), zone) for name in ("starts_on", "ends_on")]
    days = sorted(_days(found, zone, sessions) or filter(None, said))
    if not days:
        raise Unreadable("There is no date in this file that can be read")
    for name, day, instead in zip(("starts_on", "ends_on"), said, (days[0], days[-1]), strict=True):
        if day is None:
            reason = f"“{found.conference.get(name, '')[:40]}” is not a date; {instead} was used"
            notebook.mended(THE_FILE, "first day" if name == "starts_on" else "last day", reason)
    starts_on, ends_on = said[0] or days[0], said[1] or days[-1]
    if not 0 <= (ends_on - starts_on).days <= LONGEST:
        notebook.mended(
            THE_FILE,
            "dates",
            f"{starts_on} to {ends_on} cannot be right; {days[0]} to {days[-1]} was used",
        )
        return days[0], days[-1]
    return starts_on, ends_on


def _days(found: Found, zone: ZoneInfo, sessions: Sequence[WrittenSession]) -> set[date]:
    """Gather the days that the file names, or else those on which something happens."""
    named = {_day(day.date, zone) or _day(day.starts, zone) for day in found.days}
    days = {day for day in named if day is not None}
    if days:
        return days
    return {session.starts_at.astimezone(zone).date() for session in sessions if session.starts_at}


def _day(said: str, zone: ZoneInfo) -> date | None:
    """Read a day of the conference, which may be written as a moment of it."""
    moment = moments.moment(said, zone) if "T" in said else None
    return moments.day(said) if moment is None else moment.astimezone(zone).date()
