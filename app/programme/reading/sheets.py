"""Files of tables: CSV, and the workbooks of Excel and LibreOffice."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from functools import singledispatch
from typing import Any, Final

from app.errors import Unreadable
from app.programme.reading import columns, tables
from app.programme.reading.tables import Row, Sheet

WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how XLSX and ODS begin, and old XLS
SEPARATORS: Final = (",", ";", "\t")
MOST_ROWS: Final = 20_000
MOST_CELLS: Final = 2_000_000
LARGEST: Final = 96 * 1024 * 1024  # bytes of a workbook, unpacked
MOST_PARTS: Final = 2_000
BLOCK: Final = 256 * 1024
LONGEST_CELL: Final = 200_000  # characters


def of_words(words: str) -> Sequence[Sheet] | None:
    """Read words as CSV; None when no row of them has names of columns that we know."""
    found = max((_rows(words, one) for one in SEPARATORS), key=_columns_known)
    return [Sheet("", found)] if tables.looks_like_one(found) else None


def of_workbook(contents: bytes) -> Sequence[Sheet]:
    """Read every sheet of a workbook; raise Unreadable when it cannot be read."""
    from python_calamine import (  # noqa: PLC0415 - the memory of a web worker: few ever need it
        CalamineError,
        CalamineWorkbook,
    )

    if contents.startswith(WORKBOOKS[0]):
        _refuse_bombs(contents)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(contents))
        return [_sheet(book, name) for name in book.sheet_names]
    except (CalamineError, OSError, ValueError) as trouble:
        raise Unreadable("This is no workbook that can be read: save it anew as .xlsx") from trouble


def _rows(words: str, separator: str) -> list[Row]:
    """Part words into rows; what is broken at its end is read as far as it goes."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(words, newline=""), delimiter=separator)
    rows: list[Row] = []
    try:
        for row in reader:
            rows.append(row)
            if len(rows) > MOST_ROWS:
                raise Unreadable(f"This file holds more than {MOST_ROWS:,} rows")
    except csv.Error as trouble:
        raise Unreadable(f"This table cannot be read beyond row {len(rows)}") from trouble
    return rows


def _columns_known(rows: Sequence[Row]) -> int:
    return max((len(columns.of(row).places) for row in rows[: tables.LOOKED_AT]), default=0)


def _refuse_bombs(contents: bytes) -> None:
    """Unpack a workbook once, piece by piece, so that nothing too large is ever held."""
    left = LARGEST
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            if len(archive.infolist()) > MOST_PARTS:
                raise Unreadable("This file holds too much to be a programme")
            for size in _sizes(archive):
                left -= size
                if left < 0:
                    raise Unreadable("This file holds too much to be a programme")
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, ValueError, EOFError) as trouble:
        raise Unreadable("This workbook is broken or locked, so it cannot be read") from trouble


def _sizes(archive: zipfile.ZipFile) -> Iterator[int]:
    for part in archive.infolist():
        with archive.open(part) as unpacked:
            while block := unpacked.read(BLOCK):
                yield len(block)


def _sheet(book: Any, name: str) -> Sheet:
    sheet = book.get_sheet_by_name(name)
    if sheet.height > MOST_ROWS or sheet.height * sheet.width > MOST_CELLS:
        raise Unreadable(f"This file holds more than {MOST_ROWS:,} rows")
    rows = sheet.to_python(skip_empty_area=False)
    return Sheet(name, [[_words(cell) for cell in row] for row in rows])


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
