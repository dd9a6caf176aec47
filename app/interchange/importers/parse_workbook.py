"""Parses one workbook: a separate program, run by ``spreadsheets``.

The parser allocates every cell between the first and the last before their number is known, and
aborts its process if memory runs out. So it runs in a process of its own, with as much memory as
a large programme needs. It imports nothing of the site.

    python -I parse_workbook.py < programme.xlsx > sheets.json

It writes the sheets as JSON, each with its name, its rows, and the cells that are merged down, as
triples of the column, the first and the last row. Its exit status is ``EXIT_TOO_LARGE`` if
they contain too much.
"""

import json
import resource
import sys
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import singledispatch
from io import BytesIO
from typing import Any, Final

from python_calamine import CalamineWorkbook

MAX_ROWS: Final = 20_000
MAX_CELLS: Final = 2_000_000
MAX_CHARACTERS: Final = 64 * 1024 * 1024
MAX_MEMORY_BYTES: Final = 1024 * 1024 * 1024  # bytes
EXIT_TOO_LARGE: Final = 3  # the exit status


Merged = list[tuple[int, int, int]]


def iter_sheets(contents: bytes) -> Iterator[tuple[str, list[list[str]], Merged]]:
    """Yield the sheets of a workbook; raise OverflowError if they contain too much."""
    book = CalamineWorkbook.from_filelike(BytesIO(contents))
    remaining = MAX_CHARACTERS
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        rows = _read_rows(sheet)
        remaining -= sum(len(cell) for row in rows for cell in row)
        if remaining < 0:
            raise OverflowError
        yield name, rows, _list_merged_down(sheet)


def _list_merged_down(sheet: Any) -> Merged:
    """Return the column and rows of cells merged over several rows; only Excel's files say so."""
    ranges = (sheet.merged_cell_ranges or ())[:MAX_ROWS]
    return [(first[1], first[0], last[0]) for first, last in ranges if first[0] < last[0]]


def _read_rows(sheet: Any) -> list[list[str]]:
    if sheet.height > MAX_ROWS or sheet.height * sheet.width > MAX_CELLS:
        raise OverflowError
    return [[_format_cell(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]


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
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    try:
        json.dump(list(iter_sheets(sys.stdin.buffer.read())), sys.stdout)
    except (OverflowError, MemoryError):
        sys.exit(EXIT_TOO_LARGE)


if __name__ == "__main__":
    main()
