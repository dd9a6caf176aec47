"""Parsing dates, times, durations and time zones in the many formats that files use."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MAX_LENGTH = 60  # characters; no time is longer
FIRST_YEAR, LAST_YEAR = 1900, 2199
MAX_DURATION = timedelta(hours=24)
DATE = re.compile(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
TIME_OF_DAY = re.compile(r"\s*(\d{1,2})[:.h](\d{2})(?::(\d{2})(?:\.\d+)?)?\s*$")
CLOCK_DURATION = re.compile(r"\s*(?:(\d{1,3}):)?(\d{1,3}):(\d{2})(?::(\d{2}))?\s*$")
MINUTES_DURATION = re.compile(
    r"\s*+(\d{1,5})(?:\.0+)?\s*+(?:m|min|mins|minutes?)?\.?\s*+$", re.IGNORECASE
)
SPELT_DURATION = re.compile(
    r"\s*+P?(?:(\d{1,3})\s*+D)?\s*+T?(?:(\d{1,3})\s*+h(?:ours?)?)?\s*+"
    r"(?:(\d{1,5})\s*+(?:m(?:in(?:utes?)?)?)?)?\s*+(?:(\d{1,6})\s*+S)?\s*+$",
    re.IGNORECASE,
)
HOST_DEPENDENT_ZONES = {"localtime", "posixrules", "Factory"}  # these depend on the machine
ZONE_NAME = re.compile(r"[A-Za-z]+(?:/[A-Za-z0-9_+-]+){0,2}$")


def parse_date(text: str) -> date | None:
    """Parse a date or the date of a datetime; return None if invalid or out of range."""
    match = DATE.match(text)
    if match is None:
        return None
    year, month, number = (int(part) for part in match.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, number)
    except ValueError:
        return None


def parse_time(text: str) -> time | None:
    """Parse a time of day: 9:30, 09.30, 09:30:00."""
    match = TIME_OF_DAY.match(text[:MAX_LENGTH])
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    return time(hours, minutes, seconds)


def parse_datetime(text: str, zone: ZoneInfo) -> datetime | None:
    """Parse a datetime and return it in UTC; without an offset, it is in the given zone."""
    try:
        parsed = datetime.fromisoformat(text.strip())
        if parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=zone)
        parsed = parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return parsed if FIRST_YEAR <= parsed.year <= LAST_YEAR else None


def parse_duration(text: str) -> timedelta | None:
    """Parse a duration: 01:30, 01:30:00, 90, 90 min, 1h30, PT1H30M."""
    text = text[:MAX_LENGTH]
    if match := CLOCK_DURATION.match(text):
        days, hours, minutes, seconds = _split_clock_duration(match)
    elif match := MINUTES_DURATION.match(text):
        days, hours, minutes, seconds = 0, 0, int(match[1]), 0
    elif text.strip() and (match := SPELT_DURATION.match(text)):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    else:
        return None
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _split_clock_duration(match: re.Match[str]) -> tuple[int, int, int, int]:
    """Distinguish 01:30 (hours, minutes), 01:30:00 and 1:01:30:00 (with days)."""
    first, *rest = (None if part is None else int(part) for part in match.groups())
    hours, minutes, seconds = rest
    if first is None:
        return 0, hours or 0, minutes or 0, 0
    if seconds is None:
        return 0, first, hours or 0, minutes or 0
    return first, hours or 0, minutes or 0, seconds


def find_zone(name: str) -> ZoneInfo | None:
    """Return the time zone with this name, or None."""
    if len(name) > MAX_LENGTH or not ZONE_NAME.match(name) or name in HOST_DEPENDENT_ZONES:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
