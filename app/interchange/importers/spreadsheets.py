"""Reading CSV files and the workbooks of Excel and LibreOffice."""

import csv
import io
import json
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.errors import InvalidFile
from app.interchange.importers import table_columns
from app.interchange.importers.parse_workbook import EXIT_TOO_LARGE, Limits
from app.interchange.importers.table_choices import NO_COLUMN_CHOICES, ColumnChoices
from app.interchange.importers.table_columns import SheetRow
from app.interchange.importers.tables import Sheet

WORKBOOK_SIGNATURES: Final = (
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
)  # first bytes of XLSX and ODS, and of old XLS
SEPARATORS: Final = (",", ";", "\t")
PARSE_SCRIPT: Final = Path(__file__).with_name("parse_workbook.py")
MEGABYTE: Final = 1024 * 1024
MAX_ARCHIVE_MEMBERS: Final = 2_000
BLOCK_BYTES: Final = 256 * 1024
MIN_WIDTH: Final = 3  # columns of a table in which no column is known
MAX_CELL_LENGTH: Final = 200_000  # characters
UNREADABLE_WORKBOOK: Final = "We cannot read this workbook. Save it again as .xlsx"


@dataclass(frozen=True)
class TableRules:
    """Limits for reading a table, and the error messages if it exceeds them."""

    limits: Limits
    unpacked_bytes: int  # of a workbook
    seconds: int  # of parsing a workbook
    too_large: str
    too_many: str  # rows or cells


PROGRAMME: Final = TableRules(
    Limits(
        sheets=200,
        rows=20_000,
        cells=2_000_000,
        characters=64 * MEGABYTE,
        memory_bytes=1024 * MEGABYTE,
    ),
    unpacked_bytes=96 * MEGABYTE,
    seconds=30,
    too_large="This file is too large to be a programme",
    too_many="This file has more than 20,000 rows",
)


def read_csv(text: str, choices: ColumnChoices = NO_COLUMN_CHOICES) -> Sequence[Sheet] | None:
    """Return the rows of a CSV text, or None if it is not a table."""
    found = [parse_csv(text, separator) for separator in SEPARATORS]
    rows = max(found, key=lambda one: _count_known_columns(one, choices))
    if table_columns.find_header(rows, choices):
        return [Sheet("", rows)]
    regular = next(filter(_is_regular, found), None)
    return [Sheet("", regular)] if regular else None


def read_workbook(contents: bytes, rules: TableRules = PROGRAMME) -> Sequence[Sheet]:
    """Return the sheets of a workbook; raise InvalidFile if it cannot be read."""
    if contents.startswith(WORKBOOK_SIGNATURES[0]):
        _refuse_zip_bomb(contents, rules)
    try:
        result = subprocess.run(  # noqa: S603 - the site's own program
            [sys.executable, "-I", str(PARSE_SCRIPT), json.dumps(rules.limits)],
            input=contents,
            capture_output=True,
            check=True,
            timeout=rules.seconds,
        )
    except subprocess.CalledProcessError as error:
        is_too_much = error.returncode == EXIT_TOO_LARGE or error.returncode < 0  # negative: killed
        raise InvalidFile(rules.too_many if is_too_much else UNREADABLE_WORKBOOK) from None
    except (OSError, subprocess.SubprocessError):
        raise InvalidFile(UNREADABLE_WORKBOOK) from None
    return [Sheet(*one) for one in json.loads(result.stdout)]


def parse_csv(text: str, separator: str, rules: TableRules = PROGRAMME) -> list[SheetRow]:
    """Split a text into rows; a broken end is read as far as possible."""
    if text.count(separator) > rules.limits.cells:
        raise InvalidFile(rules.too_large)
    csv.field_size_limit(MAX_CELL_LENGTH)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows: list[SheetRow] = []
    try:
        for row in reader:
            rows.append(row)
            if len(rows) > rules.limits.rows:
                raise InvalidFile(rules.too_many)
    except csv.Error as error:
        raise InvalidFile(f"We could not read this table beyond row {len(rows)}") from error
    return rows


def _count_known_columns(rows: Sequence[SheetRow], choices: ColumnChoices) -> int:
    first = rows[: table_columns.HEADER_SEARCH_ROWS]
    return max(
        (len(table_columns.match_columns(row, (), choices).positions) for row in first), default=0
    )


def _is_regular(rows: Sequence[SheetRow]) -> bool:
    """Return True if the rows look like a table, whatever its columns are called."""
    widths = {len(row) for row in rows if any(row)}
    return len(rows) > 1 and len(widths) == 1 and widths.pop() >= MIN_WIDTH


def _refuse_zip_bomb(contents: bytes, rules: TableRules) -> None:
    """Check the unpacked size in small pieces, before the workbook is parsed."""
    remaining = rules.unpacked_bytes
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            if len(archive.infolist()) > MAX_ARCHIVE_MEMBERS:
                raise InvalidFile(rules.too_large)
            for size in _iter_block_sizes(archive):
                remaining -= size
                if remaining < 0:
                    raise InvalidFile(rules.too_large)
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, ValueError, EOFError) as error:
        raise InvalidFile(
            "This workbook is damaged or has a password, so we cannot read it"
        ) from error


def _iter_block_sizes(archive: zipfile.ZipFile) -> Iterator[int]:
    for part in archive.infolist():
        with archive.open(part) as unpacked:
            while block := unpacked.read(BLOCK_BYTES):
                yield len(block)
