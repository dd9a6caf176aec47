"""When doors open: one time for all days of the conference, or one for each day in order."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from flask_babel import gettext

from app.programme.snapshot import Conference
from app.web.formatting import day_and_month, format_time

SEPARATOR = re.compile(r"[,;]|\band\b", re.IGNORECASE)
TIME_OF_DAY = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?\s*(?P<half>am|pm)?", re.ASCII | re.IGNORECASE
)


def parse_opening_times(text: str) -> str:
    """Parse times of day into their stored form, “08:00, 08:30”, or raise ValueError.

    People write 8am, 8.30 am or 08:30; a number alone could be a mistake.
    """
    return ", ".join(f"{_parse_time(one.strip()):%H:%M}" for one in SEPARATOR.split(text))


def _parse_time(text: str) -> time:
    found = TIME_OF_DAY.fullmatch(text)
    if found is None or not (found["minute"] or found["half"]):
        raise ValueError(text)
    hour, half = int(found["hour"]), (found["half"] or "").lower()
    if half and not 1 <= hour <= 12:
        raise ValueError(text)
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, int(found["minute"] or 0))


def count_times(stored: str) -> int:
    """Return the number of stored times of day."""
    return len(_split(stored))


def format_opening_times(stored: str) -> str:
    """Return the stored times for people: 8am, 8:30am."""
    return ", ".join(_format(time.fromisoformat(one)) for one in _split(stored))


def describe(conference: Conference, days: Sequence[date] = ()) -> list[str]:
    """Describe when doors open on some days, by default all; once if the time is the same.

    The list is empty if the times are unknown.
    """
    known = [
        (day, opens) for day in days or list_days(conference) if (opens := find(conference, day))
    ]
    times = {opens for _, opens in known}
    if len(known) == 1:
        return [_format(known[0][1])]
    if len(times) == 1:
        return [str(gettext("%(time)s each day", time=_format(known[0][1])))]
    return [
        str(gettext("%(time)s on %(day)s", time=_format(opens), day=day_and_month(day)))
        for day, opens in known
    ]


def find(conference: Conference, day: date) -> time | None:
    """Return when doors open on a day, or None if that is unknown."""
    times = _split(conference.doors_open)
    number = 0 if len(times) == 1 else (day - conference.starts_on).days
    return time.fromisoformat(times[number]) if 0 <= number < len(times) else None


def list_days(conference: Conference) -> list[date]:
    """List the days of the conference."""
    count = (conference.ends_on - conference.starts_on).days + 1
    return [conference.starts_on + timedelta(days=number) for number in range(count)]


def _split(stored: str) -> list[str]:
    return stored.split(", ") if stored else []


def _format(opens: time) -> str:
    return format_time(datetime.combine(date.min, opens))
