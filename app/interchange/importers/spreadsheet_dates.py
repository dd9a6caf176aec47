"""Dates as people type them into a spreadsheet: with or without a year, in five languages."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from app.interchange.importers import datetimes
from app.interchange.importers.raw import TargetConference

DAY_FIRST, MONTH_FIRST = "day-first", "month-first"
FIRST_SERIAL: Final = date(1899, 12, 30)  # spreadsheets count days from it
SERIAL = re.compile(r"(\d{5})(?:[.,](\d{1,20}))?$")
SERIALS: Final = range(20_000, 80_000)  # 1954 to 2119
MAX_LENGTH: Final = 80  # characters
YEAR_FIRST = re.compile(r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})(?!\d)")
NUMERIC = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})(?:\2(\d{4}|\d{2}))?(?!\d)")
WORD = re.compile(r"\d+|[^\W\d]+")
MONTHS: Final = {
    word: number
    for number, words in enumerate(
        (
            "january jan janvier janv enero ene januar janner janeiro",
            "february feb fevrier fevr fev febrero februar fevereiro",
            "march mar mars marzo marz maerz mrz marco",
            "april apr avril avr abril abr",
            "may mai mayo maio",
            "june jun juin junio juni junho",
            "july jul juillet juil julio juli julho",
            "august aug aout agosto ago",
            "september sept sep septembre septiembre setembro set",
            "october oct octobre octubre oktober okt outubro out",
            "november nov novembre noviembre novembro",
            "december dec decembre diciembre dic dezember dez dezembro",
        ),
        start=1,
    )
    for word in words.split()
}
WEEKDAYS: Final = {
    word: number
    for number, words in enumerate(
        (
            "monday mon lundi lun lunes montag mo segunda",
            "tuesday tue tues mardi martes dienstag di terca",
            "wednesday wed weds mercredi mer miercoles mie mittwoch mi quarta",
            "thursday thu thur thurs jeudi jeu jueves jue donnerstag do quinta",
            "friday fri vendredi ven viernes vie freitag fr sexta",
            "saturday sat samedi sam sabado sab samstag sonnabend sa",
            "sunday sun dimanche dim domingo dom sonntag so",
        )
    )
    for word in words.split()
}
DAY_WORD: Final = r"(?:day|tag|jour|journee|dia|jornada)\b"
COUNTED_DAY = re.compile(
    rf"\b{DAY_WORD}\s*(\d{{1,3}})\b|\b(\d{{1,3}})(?:\.|st|nd|rd|th|er|e)?\s*{DAY_WORD}"
)
FILLER_WORDS: Final = (
    "the of on de del den dem le la el am do feira st nd rd th er ere e o a te ter no n"
)
KNOWN_WORDS: Final = frozenset({*MONTHS, *WEEKDAYS, *FILLER_WORDS.split()})


@dataclass(frozen=True)
class _Parts:
    """The words of a date, sorted."""

    weekday: int | None = None
    month: int | None = None
    counted_day: int | None = None  # from “Day 2”
    numbers: tuple[int, ...] = ()
    before_month: int = 0  # numbers before the month


@dataclass(frozen=True)
class DateReader:
    """Reads dates, and days such as “Thursday” and “Day 2”, as days of a conference."""

    target: TargetConference
    order: str = DAY_FIRST  # of ambiguous dates such as 6/11/08
    numbers_are_days: bool = True  # “6” is a day of the month; else the sixth day

    def parse(self, text: str) -> str:
        """Return an ISO date, or an empty string; the text is in lower case without accents."""
        plain = text[:MAX_LENGTH].strip()
        if match := YEAR_FIRST.match(plain):
            return _iso_date(int(match[1]), int(match[2]), int(match[3]))
        found = NUMERIC.search(plain)
        rest = f"{plain[: found.start()]} {plain[found.end() :]}" if found else plain
        parts = _sort_words(rest)
        if parts is None:
            return ""
        return self._from_numeric(found, parts) if found else self._from_parts(parts)

    @property
    def only_day(self) -> str:
        """The day of a conference of one day, else an empty string."""
        days = list(iterate_days(self.target))
        return days[0].isoformat() if len(days) == 1 else ""

    def _from_numeric(self, found: re.Match[str], parts: _Parts) -> str:
        if parts.month or parts.numbers or (found[2] == "-" and not found[4]):
            return ""
        first, second = int(found[1]), int(found[3])
        readings = {DAY_FIRST: (second, first), MONTH_FIRST: (first, second)}
        other = MONTH_FIRST if self.order == DAY_FIRST else DAY_FIRST
        orders = (DAY_FIRST,) if found[2] == "." else (self.order, other)
        for month, day in (readings[order] for order in orders):
            if date_text := _iso_date(self._full_year(found[4] or "", month, day), month, day):
                return date_text
        return ""

    def _from_parts(self, parts: _Parts) -> str:
        if parts.month is not None:
            is_range = parts.before_month > 1  # such as 6-7 November
            return "" if is_range else self._from_month(parts.month, parts.numbers)
        days = list(self._conference_days())
        if parts.counted_day is not None:
            return _nth(days, parts.counted_day)
        if len(parts.numbers) == 1:
            return self._from_number(parts.numbers[0], days)
        on = [day for day in days if day.weekday() == parts.weekday and not parts.numbers]
        return on[0].isoformat() if len(on) == 1 else ""

    def _from_month(self, month: int, numbers: tuple[int, ...]) -> str:
        if not 1 <= len(numbers) <= 2:
            return ""
        day, *years = sorted(numbers, key=lambda number: number > 31)
        return _iso_date(self._full_year(str(years[0]) if years else "", month, day), month, day)

    def _from_number(self, number: int, days: list[date]) -> str:
        """Return the day of the conference with this number, of the month or counted."""
        if not self.numbers_are_days:
            return _nth(days, number)
        on = [day for day in days if day.day == number]
        return on[0].isoformat() if len(on) == 1 else ""

    def _full_year(self, year: str, month: int, day: int) -> int:
        """Return the year with its century, or that of the conference."""
        days = list(self._conference_days()) or [date(2000, 1, 1)]
        if not year:
            same = [one.year for one in days if (one.month, one.day) == (month, day)]
            return (same or [days[0].year])[0]
        centuries = (1900, 2000, 2100)
        full = [int(year)] if len(year) > 2 else [century + int(year) for century in centuries]
        return min(full, key=lambda one: abs(one - days[0].year))

    def _conference_days(self) -> Iterator[date]:
        return iterate_days(self.target)


def iterate_days(target: TargetConference) -> Iterator[date]:
    """Yield the days of the conference, up to a year of them."""
    first = datetimes.parse_date(target.facts.get("starts_on", ""))
    last = datetimes.parse_date(target.facts.get("ends_on", ""))
    if first is not None and last is not None:
        yield from (first + timedelta(days=one) for one in range(min((last - first).days, 366) + 1))


def build_reader(
    cells: Collection[str], target: TargetConference, order: str = ""
) -> tuple[DateReader, tuple[str, ...]]:
    """Return a reader for these cells, and the ambiguous cells."""
    found = {cell: one for cell in cells if (one := _find_numeric(cell))}
    unclear = tuple(cell for cell, one in found.items() if not _order_of(one))
    decided = order or _order_of_others(found.values()) or _order_by_days(unclear, target)
    numbers = {int(cell) for cell in map(str.strip, cells) if cell.isdecimal() and len(cell) < 3}
    days = {day.day for day in iterate_days(target)}
    reader = DateReader(target, decided or DAY_FIRST, not numbers or numbers <= days)
    return reader, () if decided else unclear


def _find_numeric(text: str) -> re.Match[str] | None:
    """Find a date such as 6/11/08, 6/11 or 6.11.2008; without a year, 6.11 may be a time."""
    if YEAR_FIRST.match(text.strip()):
        return None
    found = NUMERIC.finditer(text[:MAX_LENGTH])
    return next((one for one in found if one[2] == "/" or one[4]), None)


def _order_of(found: re.Match[str]) -> str:
    """Return the order of a date, or an empty string if it can be read in both."""
    first, second = int(found[1]), int(found[3])
    if second > 12:
        return MONTH_FIRST
    return DAY_FIRST if first > 12 or first == second or found[2] == "." else ""


def _order_of_others(dates: Iterable[re.Match[str]]) -> str:
    """Return the order of the unambiguous dates, if they agree."""
    orders = {_order_of(one) for one in dates if one[1] != one[3]} - {""}
    return orders.pop() if len(orders) == 1 else ""


def _order_by_days(cells: Iterable[str], target: TargetConference) -> str:
    """Return the order in which more cells are days of the conference."""
    count = dict.fromkeys((DAY_FIRST, MONTH_FIRST), 0)
    for order in count:
        reader = DateReader(target, order)
        parts = filter(None, map(_find_numeric, cells))
        days = [datetimes.parse_date(reader.parse(part[0])) for part in parts]
        count[order] = sum(1 for day in days if day and target.has_day(day))
    best = max(count, key=lambda order: count[order])
    return best if count[DAY_FIRST] != count[MONTH_FIRST] else ""


def split_serial(cell: str) -> tuple[int, float] | None:
    """Split a spreadsheet's serial number into day and fraction; return None for other text."""
    match = SERIAL.match(cell.strip())
    if match is None or int(match[1]) not in SERIALS:
        return None
    return int(match[1]), float(f"0.{match[2]}") if match[2] else 0.0


def from_serial(number: int) -> str:
    """Return the ISO date of a spreadsheet's serial number."""
    return (FIRST_SERIAL + timedelta(days=number)).isoformat()


def _sort_words(text: str) -> _Parts | None:
    """Sort the words of a date; return None if one does not belong in a date."""
    counted = COUNTED_DAY.search(text)
    words = WORD.findall(COUNTED_DAY.sub(" ", text))
    if any(not word.isdecimal() and word not in KNOWN_WORDS for word in words):
        return None
    months = [number for number, word in enumerate(words) if word in MONTHS]
    return _Parts(
        weekday=next((WEEKDAYS[word] for word in words if word in WEEKDAYS), None),
        month=MONTHS[words[months[0]]] if months else None,
        counted_day=int(counted[1] or counted[2]) if counted else None,
        numbers=tuple(int(word[:4]) for word in words if word.isdecimal()),
        before_month=sum(word.isdecimal() for word in words[: months[0]]) if months else 0,
    )


def _nth(days: list[date], number: int) -> str:
    return days[number - 1].isoformat() if 1 <= number <= len(days) else ""


def _iso_date(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""
