"""Parses one workbook: a separate program, run by ``spreadsheets``.

The parser allocates every cell between the first and the last before their number is known, and
aborts its process if memory runs out. So it runs in a process of its own, with as much memory as a
large programme needs. It imports nothing of the site.

    python -I parse_workbook.py LIMITS < programme.xlsx > sheets.json

The limits are those of ``Limits`` as JSON. Sheets beyond the limit are not read. It writes the
sheets as JSON, each with its name, its rows, and the cells that are merged down, as triples of the
column, the first and the last row. Its exit status is ``EXIT_TOO_LARGE`` if they contain too much.
"""

import json
import resource
import sys
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import singledispatch
from io import BytesIO
from itertools import islice
from typing import Any, Final, NamedTuple

from python_calamine import CalamineWorkbook

EXIT_TOO_LARGE: Final = 3  # the exit status


class Limits(NamedTuple):
    """How much of a workbook is read, and how much memory that may take."""

    sheets: int
    rows: int  # of each sheet
    cells: int  # of all sheets together
    characters: int  # likewise
    memory_bytes: int


Merged = list[tuple[int, int, int]]


def iter_sheets(contents: bytes, limits: Limits) -> Iterator[tuple[str, list[list[str]], Merged]]:
    """Yield the first sheets of a workbook; raise OverflowError if they contain too much."""
    book = CalamineWorkbook.from_filelike(BytesIO(contents))
    cells, characters = limits.cells, limits.characters
    for name in islice(book.sheet_names, limits.sheets):
        sheet = book.get_sheet_by_name(name)
        cells -= sheet.height * sheet.width
        if sheet.height > limits.rows or cells < 0:
            raise OverflowError
        rows = [list(map(_format_cell, row)) for row in sheet.to_python(skip_empty_area=False)]
        characters -= sum(len(cell) for row in rows for cell in row)
        if characters < 0:
            raise OverflowError
        yield name, rows, _list_merged_down(sheet, limits.rows)


def _list_merged_down(sheet: Any, most: int) -> Merged:
    """Return the column and rows of vertically merged cells; only Excel's files list them."""
    ranges = (sheet.merged_cell_ranges or ())[:most]
    return [(first[1], first[0], last[0]) for first, last in ranges if first[0] < last[0]]


@singledispatch
def _format_cell(cell: Any) -> str:
    """Return a cell as a person would type it."""
    return str(cell)


@_format_cell.register
def _(cell: datetime) -> str:
    return cell.date().isoformat() if cell.time() == time(0) else cell.isoformat(" ", "minutes")


@_format_cell.register
def _(cell: time) -> str:
    return cell.isoformat("minutes")


@_format_cell.register
def _(cell: timedelta) -> str:
    return f"{int(cell.total_seconds()) // 60} min"


@_format_cell.register
def _(cell: bool) -> str:  # noqa: FBT001 - the value of a cell, not an option
    return "yes" if cell else ""


@_format_cell.register
def _(cell: float) -> str:
    return str(int(cell)) if cell.is_integer() else str(cell)


def main() -> None:
    """Read a workbook from standard input and write its sheets to standard output."""
    limits = Limits(*json.loads(sys.argv[1]))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    try:
        json.dump(list(iter_sheets(sys.stdin.buffer.read(), limits)), sys.stdout)
    except (OverflowError, MemoryError):
        sys.exit(EXIT_TOO_LARGE)


if __name__ == "__main__":
    main()
