"""Dates, moments, lengths and zones, in the many ways in which files write them."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONG = 60  # characters: no time is written with more
FIRST_YEAR, LAST_YEAR = 1900, 2199
LONGEST = timedelta(hours=24)
DAY = re.compile(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
HOUR = re.compile(r"\s*(\d{1,2})[:.h](\d{2})(?::(\d{2})(?:\.\d+)?)?\s*$")
CLOCKED = re.compile(r"\s*(?:(\d{1,3}):)?(\d{1,3}):(\d{2})(?::(\d{2}))?\s*$")
MINUTES = re.compile(r"\s*(\d{1,5})(?:\.0+)?\s*(?:m|min|mins|minutes?)?\.?\s*$", re.IGNORECASE)
SPELT = re.compile(
    r"\s*P?(?:(\d{1,3})\s*D)?\s*T?(?:(\d{1,3})\s*h(?:ours?)?)?\s*(?:(\d{1,5})\s*(?:m(?:in(?:utes?)?)?)?)?\s*"
    r"(?:(\d{1,6})\s*S)?\s*$",
    re.IGNORECASE,
)
HOST_ZONES = {"localtime", "posixrules", "Factory"}  # what the machine makes of them
ZONE = re.compile(r"[A-Za-z]+(?:/[A-Za-z0-9_+-]+){0,2}$")


def day(words: str) -> date | None:
    """Read a date, or the date of a moment; None if there is none in the years that count."""
    match = DAY.match(words)
    if match is None:
        return None
    year, month, number = (int(part) for part in match.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, number)
    except ValueError:
        return None


def hour(words: str) -> time | None:
    """Read an hour of the day: 9:30, 09.30, 09:30:00."""
    match = HOUR.match(words[:LONG])
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    return time(hours, minutes, seconds)


def moment(words: str, zone: ZoneInfo) -> datetime | None:
    """Read a moment, in UTC. One without an offset is told by the conference's own clocks."""
    try:
        found = datetime.fromisoformat(words.strip())
        if found.tzinfo is None:
            found = found.replace(tzinfo=zone)
        found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def length(words: str) -> timedelta | None:
    """Read how long something lasts: 01:30, 01:30:00, 90, 90 min, 1h30, PT1H30M."""
    words = words[:LONG]
    if match := CLOCKED.match(words):
        days, hours, minutes, seconds = _clocked(match)
    elif match := MINUTES.match(words):
        days, hours, minutes, seconds = 0, 0, int(match[1]), 0
    elif words.strip() and (match := SPELT.match(words)):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    else:
        return None
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _clocked(match: re.Match[str]) -> tuple[int, int, int, int]:
    """Tell 01:30 (hours, minutes) from 01:30:00 and from 1:01:30:00 (with days)."""
    first, *rest = (None if part is None else int(part) for part in match.groups())
    hours, minutes, seconds = rest
    if first is None:
        return 0, hours or 0, minutes or 0, 0
    if seconds is None:
        return 0, first, hours or 0, minutes or 0
    return first, hours or 0, minutes or 0, seconds


def zone(name: str) -> ZoneInfo | None:
    """Find a time zone by its name."""
    if len(name) > LONG or not ZONE.match(name) or name in HOST_ZONES:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
