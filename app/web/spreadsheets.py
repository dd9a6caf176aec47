"""Tables as CSV (RFC 4180) and XLSX files, streamed.

    body = spreadsheets.stream_csv(head, rows)
    return spreadsheets.make_attachment(body, "sessions.csv", spreadsheets.CSV)

Only a few rows are in memory at a time: the first bytes are sent before the last row has been read.
The rows must therefore not need the request, its database session or its language, which have ended
by then. Translate texts beforehand.

Spreadsheets run a cell that begins with ``=`` as a formula. In CSV such a cell is prefixed with an
apostrophe, also after a semicolon, tab or line break, where a program with another separator would
begin a new cell. In XLSX, cells are marked as text and stay unchanged.
"""

import csv
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from urllib.parse import quote

from flask import Response

from app.web import xlsx
from app.web.xlsx import Cell, Rows

CSV = "text/csv"
BOM = "\ufeff"  # without it Excel assumes another encoding
CHUNK_CHARACTERS = 16_384  # characters per chunk
FORMULA_START = re.compile(
    r"""(^|[;\t\r\n\v\f\u2028\u2029])  # where a program may see a cell begin
        ([ \xa0\u1680\u2000-\u200f\u202f\u205f-\u2064\u3000\ufeff"']*)  # left out there
        (?=[=+\-@\uff1d\uff0b\uff0d\uff20])  # the signs, and the same as wide letters""",
    re.VERBOSE,
)
UNSAFE_STARTS = ("\t", "\r", "\n")
INVALID_XML_CHARACTERS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
)  # XML 1.0, 2.2


def stream_csv(head: Sequence[str], rows: Rows) -> Iterator[bytes]:
    """Yield a table as CSV; the header row first, the rest as the rows arrive."""
    buffer: list[str] = []
    write = csv.writer(_WriteTo(buffer.append), quoting=csv.QUOTE_ALL).writerow
    write([_escape_formula(name) for name in head])
    yield (BOM + _drain(buffer)).encode()
    buffered = 0
    for row in rows:
        write([_escape_formula(cell) for cell in row])
        buffered += len(buffer[-1])
        if buffered > CHUNK_CHARACTERS:
            yield _drain(buffer).encode()
            buffered = 0
    yield _drain(buffer).encode()


def stream_xlsx(title: str, head: Sequence[str], rows: Rows) -> Iterator[bytes]:
    """Yield a table as an XLSX workbook with one sheet."""
    return xlsx.stream_workbook(
        title, head, ([_strip_invalid(cell) for cell in row] for row in rows)
    )


def make_attachment(body: Iterable[bytes], name: str, mimetype: str) -> Response:
    """Return a streamed response that browsers save as a file of this name (RFC 6266)."""
    safe = "".join(c if c.isprintable() and c not in '/\\"' else "_" for c in name)
    simple = unicodedata.normalize("NFKD", safe).encode("ascii", "ignore").decode()
    response = Response(body, mimetype=mimetype)
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{simple}\"; filename*=UTF-8''{quote(safe, safe='')}"
    )
    return response


def dated_name(name: str, suffix: str, day: date) -> str:
    """Return the name of a file of that day: delegates-2008-10-01.csv."""
    return f"{name}-{day.isoformat()}.{suffix}"


class _WriteTo:
    """A file-like object that passes each text written to a function."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self.write = write


def _drain(buffer: list[str]) -> str:
    together = "".join(buffer)
    buffer.clear()
    return together


def _escape_formula(cell: Cell) -> Cell:
    """Return a CSV cell that no spreadsheet runs as a formula."""
    if not isinstance(cell, str):
        return cell
    escaped = FORMULA_START.sub(r"\1'\2", INVALID_XML_CHARACTERS.sub("", cell))
    return f"'{escaped}" if escaped.startswith(UNSAFE_STARTS) else escaped


def _strip_invalid(cell: Cell) -> Cell:
    """Return a cell without characters that XML forbids, such as lone surrogates."""
    return INVALID_XML_CHARACTERS.sub("", cell) if isinstance(cell, str) else cell
