"""Tables as files for a spreadsheet: CSV (RFC 4180) and XLSX, sent while they are being made.

    return sheets.attachment(sheets.csv_lines(head, rows), "sessions.csv", sheets.CSV)
    return sheets.attachment(sheets.xlsx(title, head, rows), "sessions.xlsx", sheets.XLSX)

Nothing is held but a few rows: the first bytes leave before the last row has been asked for. So
whatever gives the rows must not need the request, its database session or its languages, for
all of those have ended by then. Words are put into the right language beforehand.

A spreadsheet takes a cell that begins with ``=`` for a formula and carries it out. In a CSV file
such a cell gets an apostrophe in front, also where a program with another separator would see a
cell begin: after a semicolon, a tab or the end of a line. In an XLSX file a text says that it is
one, and stays as it was typed.
"""

import csv
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import quote

from flask import Response

from app.web import workbook
from app.web.workbook import XLSX, Cell, Rows

__all__ = ["CSV", "XLSX", "Cell", "Rows", "attachment", "csv_lines", "xlsx"]

CSV = "text/csv"
BOM = "\ufeff"  # without it Excel takes the letters for those of another alphabet
BLOCK = 16_384  # characters of a table that are sent together
BEGINS_A_FORMULA = re.compile(
    r"""(^|[;\t\r\n\v\f\u2028\u2029])  # where a program may see a cell begin
        ([ \xa0\u1680\u2000-\u200f\u202f\u205f-\u2064\u3000\ufeff"']*)  # left out there
        (?=[=+\-@\uff1d\uff0b\uff0d\uff20])  # the signs, and the same as wide letters""",
    re.VERBOSE,
)
BEGINS_BADLY = ("\t", "\r", "\n")
IN_NO_FILE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0, 2.2


def csv_lines(head: Sequence[str], rows: Rows) -> Iterator[bytes]:
    """Write a table as CSV, its heading at once and the rest as the rows come."""
    taken: list[str] = []
    write = csv.writer(_Taker(taken.append), quoting=csv.QUOTE_ALL).writerow
    write([_harmless(name) for name in head])
    yield (BOM + _emptied(taken)).encode()
    waiting = 0
    for row in rows:
        write([_harmless(cell) for cell in row])
        waiting += len(taken[-1])
        if waiting > BLOCK:
            yield _emptied(taken).encode()
            waiting = 0
    yield _emptied(taken).encode()


def xlsx(title: str, head: Sequence[str], rows: Rows) -> Iterator[bytes]:
    """Write a table as a workbook of one sheet."""
    return workbook.written(title, head, ([_plain(cell) for cell in row] for row in rows))


def attachment(body: Iterable[bytes], name: str, mimetype: str) -> Response:
    """Answer with a file that is to be kept under this name, sent as it is made."""
    safe = "".join(c if c.isprintable() and c not in '/\\"' else "_" for c in name)
    simple = unicodedata.normalize("NFKD", safe).encode("ascii", "ignore").decode()
    answer = Response(body, mimetype=mimetype)
    answer.headers["Content-Disposition"] = (
        f"attachment; filename=\"{simple}\"; filename*=UTF-8''{quote(safe, safe='')}"
    )
    return answer


class _Taker:
    """A file that hands on each text written to it."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self.write = take


def _emptied(taken: list[str]) -> str:
    together = "".join(taken)
    taken.clear()
    return together


def _harmless(cell: Cell) -> Cell:
    """Give a cell of a CSV file that no spreadsheet takes for a formula."""
    if not isinstance(cell, str):
        return cell
    tamed = BEGINS_A_FORMULA.sub(r"\1'\2", IN_NO_FILE.sub("", cell))
    return f"'{tamed}" if tamed.startswith(BEGINS_BADLY) else tamed


def _plain(cell: Cell) -> Cell:
    """Give a cell that holds nothing that no file may hold, such as half a letter."""
    return IN_NO_FILE.sub("", cell) if isinstance(cell, str) else cell
