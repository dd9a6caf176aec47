"""Spreadsheets with a person in each row: their cells, and what all of them have in common."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from app.delegates.categories import queries as categories
from app.delegates.categories.queries import CategoryOption
from app.delegates.delegate_record import fold
from app.interchange.importers import detect, spreadsheets
from app.interchange.importers.parse_workbook import Limits
from app.interchange.importers.spreadsheets import MEGABYTE, WORKBOOK_SIGNATURES, TableRules
from app.interchange.importers.table_columns import SheetRow
from app.text import shorten, strip_hidden
from app.web.formatting import local_date

HEADER_ROWS: Final = 10  # rows searched for the column names
MAX_QUOTED: Final = 60  # characters of a cell quoted in a message
MAX_UNUSED: Final = 30  # columns that are listed by name
MAX_PARTS: Final = 60  # of a line in a cell
TOO_LARGE: Final = (
    "This spreadsheet has too many rows, columns or pictures. Copy the people into the template"
)
RULES: Final = TableRules(  # for files that anyone may upload to register a group
    Limits(
        sheets=1,
        rows=20_000,
        cells=100_000,
        characters=4 * MEGABYTE,
        memory_bytes=384 * MEGABYTE,
    ),
    unpacked_bytes=16 * MEGABYTE,
    seconds=10,
    too_large=TOO_LARGE,
    too_many=TOO_LARGE,
)

NumberedRow = tuple[int, SheetRow]  # with its number in the spreadsheet, from 1


def read_cells(contents: bytes) -> Sequence[SheetRow]:
    """Return the rows of a table, or of the first sheet of a workbook; raise InvalidFile."""
    if contents.startswith(WORKBOOK_SIGNATURES):
        sheets = spreadsheets.read_workbook(contents, RULES)
        return sheets[0].rows if sheets else ()
    text = detect.decode_table(contents)
    first = text.partition("\n")[0]
    separator = max(spreadsheets.SEPARATORS, key=first.count)
    return spreadsheets.parse_csv(text, separator, RULES)


def find_header(
    rows: Sequence[SheetRow], is_header: Callable[[Sequence[str]], bool]
) -> tuple[int, Sequence[str]] | None:
    """Return the index of the header row, and its names in a plain form."""
    for index, row in enumerate(rows[:HEADER_ROWS]):
        names = [normalise_name(cell) for cell in row]
        if is_header(names):
            return index, names
    return None


def normalise_name(name: str) -> str:
    """Return the name of a column without differences of case, spacing and hyphens."""
    return fold(strip_hidden(name)).replace("-", "")


def list_unused(header: SheetRow, used: Collection[int]) -> Sequence[str]:
    """List the names of unused columns, given the indexes of the used ones."""
    unused = [cell for index, cell in enumerate(header) if cell.strip() and index not in used]
    more = ["…"] if len(unused) > MAX_UNUSED else []
    return [*map(quote, unused[:MAX_UNUSED]), *more]


def list_filled(rows: Sequence[SheetRow], start: int) -> Sequence[NumberedRow]:
    """List the rows from an index on that are not empty."""
    return [
        (number, row)
        for number, row in enumerate(rows[start:], start=start + 1)
        if any(cell.strip() for cell in row)
    ]


def find_category(name: str, options: Iterable[CategoryOption]) -> CategoryOption | None:
    """Return the category with this name in any language, or None."""
    return next((option for option in options if fold(name) in map(fold, option.names)), None)


def read_days(typed: str) -> tuple[Sequence[str], Sequence[str]]:
    """Return the days that a cell names, and the parts that name none."""
    days = categories.list_days("")
    known = {day.isoformat(): day.isoformat() for day in days}
    known |= {fold(local_date(day)): day.isoformat() for day in days}
    if all(word in known for word in typed.split()):
        typed = ",".join(typed.split())
    return match_parts(typed, known)


def match_parts(typed: str, known: Mapping[str, str]) -> tuple[Sequence[str], Sequence[str]]:
    """Return the values of the parts of a cell, and the parts without a value.

    Parts are separated by semicolons and line breaks, and by commas unless a name contains one.
    """
    lines = typed.replace(";", "\n").splitlines()
    longest = max((name.count(",") for name in known), default=0) + 1
    parts = [part for line in lines for part in _split_at_commas(line, known, longest)]
    found = [known[fold(part)] for part in parts if fold(part) in known]
    unknown = [quote(part) for part in parts if part.strip() and fold(part) not in known]
    return found, unknown


def _split_at_commas(line: str, known: Collection[str], longest: int) -> Iterator[str]:
    """Split a line at commas: yield the longest known names, and every other piece separately.

    No name has more than ``longest`` pieces, so longer combinations are not tried.
    """
    pieces = line.split(",")[:MAX_PARTS]
    while pieces:
        ends = range(min(len(pieces), longest), 0, -1)
        end = next((one for one in ends if fold(",".join(pieces[:one])) in known), 1)
        yield ",".join(pieces[:end])
        pieces = pieces[end:]


def quote(cell: str) -> str:
    """Return the start of a cell, short enough to quote in a sentence."""
    return shorten(strip_hidden(cell), MAX_QUOTED)
