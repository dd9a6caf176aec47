"""Calendars (iCalendar, RFC 5545): each event is a session.

A calendar has no word for most of what a programme knows, so what it does not say of a session
that is known stays as it is. pretalx writes the speakers behind the title; they are told apart.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.errors import Unreadable
from app.programme.reading import moments
from app.programme.reading.found import Found, FoundPerson, FoundRoom, FoundSession
from app.programme.reading.home import Home
from app.programme.reading.notebook import Notebook
from app.programme.reading.written import Says

if TYPE_CHECKING:
    from icalendar import Calendar, Component

BEGINS = "BEGIN:VCALENDAR"
SAYS = frozenset({"title", "starts_at", "ends_at", "room", "abstract", "cancelled"})
MOST = 20_000  # events
PRETALX = re.compile(r"pretalx-(.{1,60})-[A-Z0-9]{4,12}@")  # pretalx-<event>-<code>@<host>
MOST_ABOUT = 100  # parameters of a line, each of which is compared with all the others
FOLD = re.compile(r"\r?\n[ \t]")  # RFC 5545, 3.1
BEFORE_PEOPLE = " - "


def find(words: str, notebook: Notebook, home: Home) -> Found:
    """Find every event of a calendar."""
    calendar = _parsed(words)
    events = list(calendar.walk("VEVENT"))
    sessions = [_session(event, number, notebook) for number, event in enumerate(events, start=1)]
    says = SAYS
    if _is_pretalx(calendar):
        says = SAYS | {"appearances"}
        for session in sessions:
            _part_from_people(session)
    return Found(_facts(calendar, events, home), sessions=sessions, says=Says(says))


def _parsed(words: str) -> "Calendar":
    """Read a calendar, or refuse it with a sentence."""
    from icalendar import Calendar  # noqa: PLC0415 - the memory of a web worker: few ever need it

    if words.upper().count("BEGIN:VEVENT") > MOST:
        raise Unreadable(f"This file holds more than {MOST:,} sessions")
    if any(
        line.partition(":")[0].count(";") > MOST_ABOUT for line in FOLD.sub("", words).split("\n")
    ):
        raise Unreadable("This file holds too much to be a programme")
    try:
        return Calendar.from_ical(words)
    except (ValueError, IndexError, KeyError, RecursionError) as trouble:
        raise Unreadable("This calendar is not well-formed, so it cannot be read") from trouble


def _facts(calendar: "Calendar", events: list["Component"], home: Home) -> dict[str, str]:
    """Tell which conference this is: the one that the calendar names, or the one at home."""
    title = _words(calendar, "X-WR-CALNAME") or _words(calendar, "NAME")
    acronym = _acronym(events)
    is_at_home = acronym == home.acronym or not (acronym or title)
    facts = dict(home.facts) if is_at_home or title == home.facts.get("title") else {}
    if title:
        facts["title"] = title
    if acronym:
        facts["acronym"] = acronym
    facts["time_zone"] = _zone(calendar, events) or home.facts.get("time_zone", "")
    return facts


def _acronym(events: list["Component"]) -> str:
    """Give the short name that pretalx writes into every identity, where all agree."""
    named = {match[1] if (match := PRETALX.match(_words(one, "UID"))) else "" for one in events}
    return named.pop() if len(named) == 1 else ""


def _zone(calendar: "Calendar", events: list["Component"]) -> str:
    """Give the zone that the calendar names, or the one in which most of its events begin."""
    named = _words(calendar, "X-WR-TIMEZONE")
    if moments.zone(named):
        return named
    seen = Counter(
        str(event["DTSTART"].params.get("TZID", "")) for event in events if _has_start(event)
    )
    return next((name for name, _ in seen.most_common() if moments.zone(name)), "")


def _has_start(event: "Component") -> bool:
    return hasattr(event.get("DTSTART"), "params")


def _is_pretalx(calendar: "Calendar") -> bool:
    return "pretalx" in _words(calendar, "PRODID").lower()


def _session(event: "Component", number: int, notebook: Notebook) -> FoundSession:
    """Read an event."""
    title, identity = _words(event, "SUMMARY"), _words(event, "UID")
    where = f"event number {number} in the file"
    if "RRULE" in event or "RDATE" in event:
        notebook.mended(where, title, "It is repeated; only its first time was kept")
    for name, _ in event.errors:
        notebook.mended(where, title, f"Its {name} cannot be read; it was ignored")
    starts, ends = _moment(event, "DTSTART"), _moment(event, "DTEND")
    return FoundSession(
        where=where,
        title=title,
        guid=f"{identity} {_moment(event, 'RECURRENCE-ID')}".strip(),
        room=FoundRoom(name=_words(event, "LOCATION"), where=where),
        date=starts,
        end=ends,
        duration=_length(event),
        abstract=_words(event, "DESCRIPTION"),
        cancelled=_words(event, "STATUS").upper() == "CANCELLED",
        links=[(address, "") for address in _each(event, "URL")],
    )


def _part_from_people(session: FoundSession) -> None:
    """Tell a title from the speakers behind it: “Title - Ada Marsh [UCL], Bo Lund”."""
    place = _outside_brackets(session.title)
    if place < 0:
        return
    people = session.title[place + len(BEFORE_PEOPLE) :]
    session.title = session.title[:place]
    names = re.split(r",\s+(?![^\[]*\])", people)
    session.people = [FoundPerson(name, where=session.where) for name in names if name.strip()]


def _outside_brackets(title: str) -> int:
    """Find the last “ - ” that does not stand in brackets; -1 when there is none."""
    padded = f"{title} " if title.endswith(" -") else title
    place = padded.rfind(BEFORE_PEOPLE)
    while place >= 0 and padded.rfind("[", 0, place) > padded.rfind("]", 0, place):
        place = padded.rfind(BEFORE_PEOPLE, 0, place)
    return place


def _words(component: "Component", name: str) -> str:
    """Give what stands under a name as words; the first where it stands more than once."""
    return next(_each(component, name), "")


def _each(component: "Component", name: str) -> Iterator[str]:
    value = component.get(name, [])
    yield from (str(one).strip() for one in (value if isinstance(value, list) else [value]))


def _moment(event: "Component", name: str) -> str:
    """Give a moment as ISO 8601 writes it; a day where the event says no hour."""
    value = _value(event, name)
    return value.isoformat() if isinstance(value, (datetime, date)) else ""


def _length(event: "Component") -> str:
    value = _value(event, "DURATION")
    return f"{int(value.total_seconds()) // 60} min" if isinstance(value, timedelta) else ""


def _value(event: "Component", name: str) -> Any:
    """Give a moment, a day or a length; nothing where it cannot be read, which is told."""
    try:
        return getattr(event.get(name), "dt", None)
    except ValueError:
        return None
