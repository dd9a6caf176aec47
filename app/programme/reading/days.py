"""Days and hours as people type them into a spreadsheet."""

import re
from dataclasses import dataclass
from datetime import date

from app.programme.reading import moments
from app.programme.reading.home import Home

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
BY_NAME = re.compile(
    r"(?:[^\W\d]+,?\s+)?(\d{1,2})(?:st|nd|rd|th)?\.?\s+([^\W\d]{3,12})\.?,?\s+(\d{4})"
)
BY_NAME_FIRST = re.compile(
    r"(?:[^\W\d]+,?\s+)?([^\W\d]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})"
)
IN_FIGURES = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})$")
HALF_DAY = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*([ap])\.?\s*m\.?$", re.IGNORECASE)
FOUR_FIGURES = re.compile(r"([01]\d|2[0-3])([0-5]\d)$")
MOMENT = re.compile(
    r"(\S.*?)(?:T|,?\s+)(\d{1,2}(?::\d{2}(?::\d{2})?)?\s*(?:[ap]\.?m\.?)?)$", re.IGNORECASE
)


@dataclass(frozen=True)
class Told:
    """A moment, or only an hour of the day; what is not told is empty."""

    moment: str = ""
    hour: str = ""


def told(day: str, start: str, end: str, home: Home) -> tuple[str, Told, Told]:
    """Spell a day, and when something starts and ends, as the rest of the reading takes them."""
    return _day(day, home) or day, _moment(start, home), _moment(end, home)


def _moment(words: str, home: Home) -> Told:
    """Spell what is an hour, or a day with an hour."""
    if hour := _hour(words):
        return Told(hour=hour)
    if moments.day(words) and "T" in words:
        return Told(moment=words)
    parted = MOMENT.match(words)
    day, hour = (_day(parted[1], home), _hour(parted[2])) if parted else ("", "")
    if day and hour:
        return Told(moment=f"{day}T{hour}")
    return Told(hour=words)


def _hour(words: str) -> str:
    """Spell an hour: 9:30, 9.30, 9h30, 9:30am, 9am, 0930; nothing for what is none."""
    plain = words.strip()
    if known := HALF_DAY.match(plain):
        hours = int(known[1]) % 12 + (12 if known[3].lower() == "p" else 0)
        return f"{hours:02}:{known[2] or '00'}" if 1 <= int(known[1]) <= 12 else ""
    if known := FOUR_FIGURES.match(plain):
        return f"{known[1]}:{known[2]}"
    found = moments.hour(plain)
    return found.isoformat() if found else ""


def _day(words: str, home: Home) -> str:
    """Spell a day: 2008-11-06, 6 November 2008, November 6, 2008, 06/11/2008."""
    plain = words.strip()
    if moments.day(plain):
        return plain
    if known := BY_NAME.match(plain):
        return _named(known[1], known[2], known[3])
    if known := BY_NAME_FIRST.match(plain):
        return _named(known[2], known[1], known[3])
    if known := IN_FIGURES.match(plain):
        return _of_the_conference(int(known[1]), int(known[2]), int(known[3]), home)
    return ""


def _named(day: str, month: str, year: str) -> str:
    short = month[:3].casefold()
    return _written(int(year), MONTHS.index(short) + 1, int(day)) if short in MONTHS else ""


def _of_the_conference(one: int, other: int, year: int, home: Home) -> str:
    """Read 06/11/2008 as the day of the conference that it can be; else the day stands first."""
    ways = [_written(year, other, one), _written(year, one, other)]
    held = [way for way in ways if way and home.has_day(date.fromisoformat(way))]
    return next(iter([*held, *filter(None, ways)]), "")


def _written(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""
