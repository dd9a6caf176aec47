"""Times of day, ranges and moments as people type them into one cell of a spreadsheet."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from app.interchange.importers import datetimes
from app.interchange.importers.spreadsheet_dates import DateReader, from_serial, split_serial

MAX_LENGTH: Final = 80  # characters; no time is longer
MINUTES_OF_DAY: Final = 24 * 60
UNDECIDED_WORDS: Final = (  # without spaces and punctuation
    "tbc tba tbd tbn nn na none unknown tobeconfirmed tobeannounced tobedecided tobedetermined "
    "nochoffen offen wirdnochbekanntgegeben keineangabe ka aconfirmer adeterminer adefinir "
    "aconfirmar adesignar porconfirmar pordefinir pordeterminar vacant vakant"
)
UNDECIDED: Final = frozenset(UNDECIDED_WORDS.split())
DASHES = re.compile("[\u2010-\u2015\u2212]")
MERIDIEM = r"[ap]\.?\s?m\b\.?"
HOUR_WORDS = r"noon|midday|midnight|midi|minuit|mittags?|mitternacht|mediodia|medianoche|meio-?dia"
CLOCK = (
    rf"\d{{1,2}}(?:[:.]|\s?h\s?)\d{{2}}(?::\d{{2}}(?:\.0+)?)?(?:\s*(?:{MERIDIEM}|uhr|h(?:rs?)?\b))?"
)
FULL_HOUR = rf"\d{{1,2}}\s*(?:{MERIDIEM}|uhr|h(?:rs?|ours?)?\b|o'?clock)"
EXACT = rf"(?:{CLOCK}|{FULL_HOUR}|(?:12\s*)?(?:{HOUR_WORDS}))"
ANY_HOUR = rf"(?:{EXACT}|\d{{4}}|\d{{1,2}})"
UNTIL = r"\s*(?:-|\bto\b|\buntil\b|\btill?\b|\bbis\b|\ba\b|\bas\b|\bate\b|\bhasta\b)\s*"
FROM = r"(?:\b(?:from|von|de|das|desde|ab|um|at|a las|a)\s+)?"
NOT_IN_A_DATE = r"(?<![\d:./-])"
RANGE = rf"{FROM}{NOT_IN_A_DATE}(?P<start>{ANY_HOUR}){UNTIL}(?P<end>{ANY_HOUR})"
SINGLE = rf"{FROM}{NOT_IN_A_DATE}(?P<start>{EXACT})(?P<end>)"
AT_THE_END = tuple(re.compile(rf"(?P<rest>.*?){one}$") for one in (RANGE, SINGLE))
AT_THE_START = tuple(re.compile(rf"{one}(?P<rest>[\s,;(].*)$") for one in (RANGE, SINGLE))
SURE_TIME = re.compile(EXACT)
FOUR_DIGITS = re.compile(r"([01]\d|2[0-4])([0-5]\d)$")
DAY_AND_MONTH = re.compile(r"\d{1,2}\.\d{1,2}$")
MINUTES = re.compile(r"(\d{1,4}) min$")  # a duration in a workbook
FRACTION = re.compile(r"0[.,]\d{1,20}$")
HOURS_AND_MINUTES = re.compile(r"(\d{1,2})(?:\D*?(\d{2}))?\D*(?:\d{2})?\D*$")


@dataclass(frozen=True)
class CellTime:
    """The contents of a cell: a datetime, or a date, a start and an end; "" for missing values."""

    moment: str = ""  # as written, with its offset
    date: str = ""
    start: str = ""
    end: str = ""


EMPTY: Final = CellTime()


@dataclass(frozen=True)
class RowTimes:
    """The day and times of a row in the form of other importers; unread cells unchanged."""

    day: str = ""
    date: str = ""  # may include a time of day
    start: str = ""
    end: str = ""
    unread: tuple[str, ...] = ()  # cells that could not be parsed
    is_stated: bool = False  # whether the row has a start, readable or not
    is_read: bool = False  # whether its start and day could be parsed


def read_row(day: str, start: str, end: str, dates: DateReader) -> RowTimes:
    """Parse the cells of a row; each may contain more than its column says."""
    cells = ((day, False), (start, True), (end, True))
    found = [parse_cell(cell, dates, is_time=is_time) for cell, is_time in cells]
    unread = tuple(cell for (cell, _), one in zip(cells[:2], found[:2], strict=True) if one is None)
    on, starts, ends = (one or EMPTY for one in found)
    date = starts.date or on.date
    start_time = starts.start or on.start
    has_moment = bool(starts.moment or (starts.date and starts.start))
    return RowTimes(
        day=date or (day if found[0] is None else dates.only_day),
        date=starts.moment or (f"{date}T{start_time}" if has_moment else ""),
        start=start_time if found[1] else start,
        end=_read_end(ends, starts.end or on.end) if found[2] else end,
        unread=unread,
        is_stated=not is_to_be_confirmed(start),
        is_read=bool(starts.moment or (start_time and (date or dates.only_day))) and not unread,
    )


def _read_end(ends: CellTime, end_of_range: str) -> str:
    if ends.date and ends.start:
        return f"{ends.date}T{ends.start}"
    return ends.moment or ends.start or end_of_range


def is_to_be_confirmed(cell: str) -> bool:
    """Return True for TBC, N.N., to be announced, and cells without letters or digits."""
    plain = unicodedata.normalize("NFKD", cell[:MAX_LENGTH].casefold())
    return "".join(character for character in plain if character.isalnum()) in {"", *UNDECIDED}


def has_time(cell: str) -> bool:
    """Return True if a cell of a day states a time of day as well."""
    text = _simplify(cell)
    serial = split_serial(cell)
    is_date = DAY_AND_MONTH.match(text) is not None
    return bool(serial and serial[1]) or (not is_date and _match(text, is_time=False) is not None)


def has_range(cell: str) -> bool:
    """Return True if a cell states a start and an end."""
    found = _match(_simplify(cell), is_time=True)
    return bool(found and found["end"])


def parse_cell(cell: str, dates: DateReader, *, is_time: bool) -> CellTime | None:
    """Parse a cell of a day or of a time; return None if it cannot be parsed."""
    if is_to_be_confirmed(cell):
        return EMPTY
    if len(cell) > MAX_LENGTH:
        return None
    if datetimes.parse_date(cell) and "T" in cell:
        return CellTime(moment=cell.strip())
    if found := _parse_number(cell, is_time=is_time):
        return found
    text = _simplify(cell)
    if not is_time and (date := dates.parse(text)):
        return CellTime(date=date)
    return _parse_time(text, dates, is_time=is_time) or _only_date(text, dates)


def _parse_number(cell: str, *, is_time: bool) -> CellTime | None:
    """Parse a spreadsheet's serial number of a day, with the fraction of the day."""
    if (serial := split_serial(cell)) is not None:
        day, fraction = serial
        return CellTime(date=from_serial(day), start=_from_fraction(fraction) if fraction else "")
    if is_time and (time := _split_fraction(cell)):
        return CellTime(start=time)
    if is_time and (minutes := MINUTES.match(cell)):
        return CellTime(start=_from_fraction(int(minutes[1]) / MINUTES_OF_DAY))
    return None


def _parse_time(text: str, dates: DateReader, *, is_time: bool) -> CellTime | None:
    """Parse a time or a range, with or without a date before or after it."""
    found = _match(text, is_time=is_time)
    if found is None:
        return None
    rest = found["rest"].strip(" ,;:|@()-")
    start, end = _normalise_range(found["start"], found["end"])
    date = dates.parse(rest) if rest else ""
    if not start or (found["end"] and not end) or (rest and not date):
        return None
    return CellTime(date=date, start=start, end=end)


def _only_date(text: str, dates: DateReader) -> CellTime | None:
    date = dates.parse(text)
    return CellTime(date=date) if date else None


def _match(text: str, *, is_time: bool) -> re.Match[str] | None:
    """Find a time or a range; bare full hours count only in cells of times."""
    if is_time and (
        found := re.match(rf"(?P<rest>)(?P<start>{FOUR_DIGITS.pattern})(?P<end>)", text)
    ):
        return found
    for pattern in (*AT_THE_END, *AT_THE_START):
        found = pattern.match(text)
        if found and (_is_sure(found) or (is_time and not found["rest"].strip())):
            return found
    return None


def _is_sure(found: re.Match[str]) -> bool:
    """Return True if one of two times is unambiguous."""
    return bool(SURE_TIME.fullmatch(found["start"]) or SURE_TIME.fullmatch(found["end"]))


def _normalise_range(start: str, end: str) -> tuple[str, str]:
    """Return both times as HH:MM; “9-10.30am” says am for both."""
    half = _meridiem(end)
    if end and half and not _meridiem(start):
        begins = _normalise(f"{start} {half}m")
        ends = _normalise(end)
        earlier = _normalise(f"{start} am") if half == "p" else ""
        return (earlier if earlier and begins >= ends else begins), ends
    return _normalise(start), _normalise(end)


def _meridiem(text: str) -> str:
    found = re.search(MERIDIEM, text)
    return found[0][0] if found else ""


def _normalise(text: str) -> str:
    """Return HH:MM, or an empty string if there is no such time."""
    plain = text.strip()
    if re.search(HOUR_WORDS, plain):
        return "00:00" if re.search("midn|minuit|mittern|mediano", plain) else "12:00"
    if match := FOUR_DIGITS.match(plain):
        return _format(int(match[1]), int(match[2]))
    match = HOURS_AND_MINUTES.match(plain)
    if match is None:
        return ""
    hours, minutes = int(match[1]), int(match[2] or 0)
    half = _meridiem(plain)
    if half and not 1 <= hours <= 12:
        return ""
    return _format(hours % 12 + (12 if half == "p" else 0) if half else hours, minutes)


def _format(hours: int, minutes: int) -> str:
    if hours > 24 or minutes > 59 or (hours == 24 and minutes):
        return ""
    return f"{hours % 24:02}:{minutes:02}"


def _split_fraction(cell: str) -> str:
    """Return the time of a fraction of a day such as 0.4375, or an empty string."""
    plain = cell.strip()
    return _from_fraction(float(plain.replace(",", "."))) if FRACTION.match(plain) else ""


def _from_fraction(fraction: float) -> str:
    minutes = round(fraction * MINUTES_OF_DAY) % MINUTES_OF_DAY
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _simplify(cell: str) -> str:
    """Return a cell in lower case without accents, with simple dashes and spaces."""
    plain = unicodedata.normalize("NFKD", DASHES.sub("-", cell[:MAX_LENGTH]).casefold())
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(letters.replace("’", "'").split())
