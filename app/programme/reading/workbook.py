"""Reads one workbook: a small program of its own, run by ``sheets``.

What reads workbooks makes room for every cell between the first and the last before it tells how
many these are, and where there is no such room it ends its whole process. So it is given a process
that may end, with as much memory as a large programme needs. It knows nothing of the site.

    python -I workbook.py < programme.xlsx > sheets.json

Out come the sheets, each with its name and its rows, as JSON. It ends with ``TOO_MUCH`` where they
hold more than is read.
"""

import json
import resource
import sys
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import singledispatch
from io import BytesIO
from typing import Any, Final

MOST_ROWS: Final = 20_000
MOST_CELLS: Final = 2_000_000
MOST_CHARACTERS: Final = 64 * 1024 * 1024
MOST_MEMORY: Final = 1024 * 1024 * 1024  # bytes
TOO_MUCH: Final = 3  # the exit status


def sheets(contents: bytes) -> Iterator[tuple[str, list[list[str]]]]:
    """Give every sheet of a workbook; raise OverflowError where there is too much."""
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - the site imports the limits

    book = CalamineWorkbook.from_filelike(BytesIO(contents))
    left = MOST_CHARACTERS
    for name in book.sheet_names:
        rows = _rows(book.get_sheet_by_name(name))
        left -= sum(len(cell) for row in rows for cell in row)
        if left < 0:
            raise OverflowError
        yield name, rows


def _rows(sheet: Any) -> list[list[str]]:
    if sheet.height > MOST_ROWS or sheet.height * sheet.width > MOST_CELLS:
        raise OverflowError
    return [[_words(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]


@singledispatch
def _words(cell: Any) -> str:
    """Write a cell as a person would type it."""
    return str(cell)


@_words.register
def _(cell: datetime) -> str:
    return cell.date().isoformat() if cell.time() == time(0) else cell.isoformat(" ", "minutes")


@_words.register
def _(cell: time) -> str:
    return cell.isoformat("minutes")


@_words.register
def _(cell: timedelta) -> str:
    return f"{int(cell.total_seconds()) // 60} min"


@_words.register
def _(cell: bool) -> str:  # noqa: FBT001 - a cell, not a choice
    return "yes" if cell else ""


@_words.register
def _(cell: float) -> str:
    return str(int(cell)) if cell.is_integer() else str(cell)


def main() -> None:
    """Read a workbook, and write its sheets."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    try:
        json.dump(list(sheets(sys.stdin.buffer.read())), sys.stdout)
    except (OverflowError, MemoryError):
        sys.exit(TOO_MUCH)


if __name__ == "__main__":
    main()
