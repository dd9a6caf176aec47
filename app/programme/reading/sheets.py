"""Files of tables: CSV, and the workbooks of Excel and LibreOffice."""

import csv
import io
import json
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from app.errors import Unreadable
from app.programme.reading import columns, tables
from app.programme.reading.tables import Row, Sheet
from app.programme.reading.workbook import MOST_CELLS, MOST_ROWS, TOO_MUCH

WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how XLSX and ODS begin, and old XLS
SEPARATORS: Final = (",", ";", "\t")
READER: Final = Path(__file__).with_name("workbook.py")
LONGEST: Final = 30  # seconds that reading a workbook may take
LARGEST: Final = 96 * 1024 * 1024  # bytes of a workbook, unpacked
MOST_PARTS: Final = 2_000
BLOCK: Final = 256 * 1024
LONGEST_CELL: Final = 200_000  # characters
TOO_MANY_ROWS: Final = f"This file holds more than {MOST_ROWS:,} rows"
TOO_MUCH_FOR_ONE: Final = "This file holds too much to be a programme"
NO_WORKBOOK: Final = "This is no workbook that can be read: save it anew as .xlsx"


def of_words(words: str) -> Sequence[Sheet] | None:
    """Read words as CSV; None when no row of them has names of columns that we know."""
    found = max((_rows(words, one) for one in SEPARATORS), key=_columns_known)
    return [Sheet("", found)] if tables.looks_like_one(found) else None


def of_workbook(contents: bytes) -> Sequence[Sheet]:
    """Read every sheet of a workbook; raise Unreadable when it cannot be read."""
    if contents.startswith(WORKBOOKS[0]):
        _refuse_bombs(contents)
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-I", str(READER)],
            input=contents,
            capture_output=True,
            check=True,
            timeout=LONGEST,
        )
    except subprocess.CalledProcessError as fault:
        is_too_much = fault.returncode == TOO_MUCH or fault.returncode < 0  # it had to end
        raise Unreadable(TOO_MANY_ROWS if is_too_much else NO_WORKBOOK) from None
    except (OSError, subprocess.SubprocessError):
        raise Unreadable(NO_WORKBOOK) from None
    return [Sheet(name, rows) for name, rows in json.loads(done.stdout)]


def _rows(words: str, separator: str) -> list[Row]:
    """Part words into rows; what is broken at its end is read as far as it goes."""
    if words.count(separator) > MOST_CELLS:
        raise Unreadable(TOO_MUCH_FOR_ONE)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(words, newline=""), delimiter=separator)
    rows: list[Row] = []
    try:
        for row in reader:
            rows.append(row)
            if len(rows) > MOST_ROWS:
                raise Unreadable(TOO_MANY_ROWS)
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
                raise Unreadable(TOO_MUCH_FOR_ONE)
            for size in _sizes(archive):
                left -= size
                if left < 0:
                    raise Unreadable(TOO_MUCH_FOR_ONE)
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, ValueError, EOFError) as trouble:
        raise Unreadable("This workbook is broken or locked, so it cannot be read") from trouble


def _sizes(archive: zipfile.ZipFile) -> Iterator[int]:
    for part in archive.infolist():
        with archive.open(part) as unpacked:
            while block := unpacked.read(BLOCK):
                yield len(block)
