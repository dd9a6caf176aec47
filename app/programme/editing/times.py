"""Stretches of time in words, by the conference's own clocks, as the history keeps them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.web.words import on_the_clock


def stretch(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    """Say a stretch of a day: Thursday 6 November 2008, 9:30am to midday."""
    starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
    day = f"{starts:%A} {starts.day} {starts:%B %Y}"
    if is_whole_day(starts_at, ends_at, zone):
        return f"{day}, all day"
    return f"{day}, {on_the_clock(starts)} to {on_the_clock(ends)}"


def is_whole_day(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> bool:
    """Whether a stretch begins at one midnight and ends at the next."""
    starts = starts_at.astimezone(zone).replace(tzinfo=None)
    ends = ends_at.astimezone(zone).replace(tzinfo=None)
    return (starts.hour, starts.minute) == (0, 0) and ends - starts == timedelta(days=1)
