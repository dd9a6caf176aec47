"""Dates and times as people type them into a spreadsheet."""

import re
from dataclasses import dataclass
from datetime import date

from app.interchange.importers import datetimes
from app.interchange.importers.raw import TargetConference

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAY_MONTH_YEAR = re.compile(
    r"(?:[^\W\d]+,?\s+)?(\d{1,2})(?:st|nd|rd|th)?\.?\s+([^\W\d]{3,12})\.?,?\s+(\d{4})"
)
MONTH_DAY_YEAR = re.compile(
    r"(?:[^\W\d]+,?\s+)?([^\W\d]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})"
)
NUMERIC_DATE = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})$")
TWELVE_HOUR_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*([ap])\.?\s*m\.?$", re.IGNORECASE)
FOUR_DIGIT_TIME = re.compile(r"([01]\d|2[0-3])([0-5]\d)$")
DATE_AND_TIME = re.compile(
    r"(\S.*?)(?:T|,?(?<!\s)\s++)(\d{1,2}(?::\d{2}(?::\d{2})?)?\s*(?:[ap]\.?m\.?)?)$", re.IGNORECASE
)


@dataclass(frozen=True)
class ParsedTime:
    """A date and time, or only a time of day; missing values are empty."""

    date_and_time: str = ""
    time_of_day: str = ""


def parse_day_and_times(
    day: str, start: str, end: str, target: TargetConference
) -> tuple[str, ParsedTime, ParsedTime]:
    """Return day, start and end in the formats that the other importers use."""
    return _normalise_date(day, target) or day, _parse_time(start, target), _parse_time(end, target)


def _parse_time(text: str, target: TargetConference) -> ParsedTime:
    """Parse a time of day, or a date with a time."""
    if hour := _normalise_time(text):
        return ParsedTime(time_of_day=hour)
    if datetimes.parse_date(text) and "T" in text:
        return ParsedTime(date_and_time=text)
    match = DATE_AND_TIME.match(text)
    day, hour = (
        (_normalise_date(match[1], target), _normalise_time(match[2])) if match else ("", "")
    )
    if day and hour:
        return ParsedTime(date_and_time=f"{day}T{hour}")
    return ParsedTime(time_of_day=text)


def _normalise_time(text: str) -> str:
    """Return HH:MM for 9:30, 9.30, 9h30, 9:30am, 9am, 0930; an empty string if it is no time."""
    plain = text.strip()
    if match := TWELVE_HOUR_TIME.match(plain):
        hours = int(match[1]) % 12 + (12 if match[3].lower() == "p" else 0)
        return f"{hours:02}:{match[2] or '00'}" if 1 <= int(match[1]) <= 12 else ""
    if match := FOUR_DIGIT_TIME.match(plain):
        return f"{match[1]}:{match[2]}"
    parsed = datetimes.parse_time(plain)
    return parsed.isoformat() if parsed else ""


def _normalise_date(text: str, target: TargetConference) -> str:
    """Return an ISO date for 2008-11-06, 6 November 2008, November 6, 2008, 06/11/2008."""
    plain = text.strip()
    if datetimes.parse_date(plain):
        return plain
    if match := DAY_MONTH_YEAR.match(plain):
        return _from_month_name(match[1], match[2], match[3])
    if match := MONTH_DAY_YEAR.match(plain):
        return _from_month_name(match[2], match[1], match[3])
    if match := NUMERIC_DATE.match(plain):
        return _resolve_numeric_date(int(match[1]), int(match[2]), int(match[3]), target)
    return ""


def _from_month_name(day: str, month: str, year: str) -> str:
    short = month[:3].casefold()
    return _iso_date(int(year), MONTHS.index(short) + 1, int(day)) if short in MONTHS else ""


def _resolve_numeric_date(one: int, other: int, year: int, target: TargetConference) -> str:
    """Read 06/11/2008 as a day of the conference if possible, else with the day first."""
    readings = [_iso_date(year, other, one), _iso_date(year, one, other)]
    matching = [way for way in readings if way and target.has_day(date.fromisoformat(way))]
    return next(iter([*matching, *filter(None, readings)]), "")


def _iso_date(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""
