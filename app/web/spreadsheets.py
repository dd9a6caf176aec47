"""Tables as CSV (RFC 4180) and XLSX files, streamed.

    return spreadsheets.send_csv("sessions", head, rows)

Only a few rows are in memory at a time: the first bytes are sent before the last row has been read.
The rows must therefore not need the request, its database session or its language, which have ended
by then. Translate texts beforehand.

Spreadsheets run a cell that starts with ``=`` as a formula. In CSV such a cell is prefixed with an
apostrophe, also after a semicolon, tab or line break, where a program with another separator would
start a new cell. In XLSX, cells are marked as text and stay unchanged.
"""

import csv
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from urllib.parse import quote

from flask import Response

from app import clock
from app.web.formatting import local_day

Cell = str | int | None
Rows = Iterable[Sequence[Cell]]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_CELL_LENGTH = 32_767  # UTF-16 code units, the limit of spreadsheet programs
MAX_TITLE_LENGTH = 31
INVALID_TITLE_CHARACTERS = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
ESCAPE_LOOKALIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # 22.9.2.19
CR = "\r"
MIN_COLUMN_WIDTH = 14  # characters
PLAIN, HEADING, TEXT = 0, 1, 2  # indexes of the cell formats in STYLES

MAIN_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE_NAMESPACE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE_NAMESPACE = "http://schemas.openxmlformats.org/package/2006"
XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SHEET_PATH = "xl/worksheets/sheet1.xml"
CONTENT_TYPES = f"""{XML_DECLARATION}<Types xmlns="{PACKAGE_NAMESPACE}/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Override PartName="/xl/workbook.xml" ContentType="{XLSX}.main+xml"/>\
<Override PartName="/xl/styles.xml" ContentType="{XLSX.replace(".sheet", ".styles")}+xml"/>\
<Override PartName="/{SHEET_PATH}" ContentType="{XLSX.replace(".sheet", ".worksheet")}+xml"/>\
</Types>"""
ROOT_RELATIONSHIPS = f"""{XML_DECLARATION}<Relationships xmlns="{PACKAGE_NAMESPACE}/relationships">\
<Relationship Id="rId1" Type="{OFFICE_NAMESPACE}/officeDocument" Target="xl/workbook.xml"/>\
</Relationships>"""
WORKBOOK_RELATIONSHIPS = f"""\
{XML_DECLARATION}<Relationships xmlns="{PACKAGE_NAMESPACE}/relationships">\
<Relationship Id="rId1" Type="{OFFICE_NAMESPACE}/worksheet" Target="worksheets/sheet1.xml"/>\
<Relationship Id="rId2" Type="{OFFICE_NAMESPACE}/styles" Target="styles.xml"/>\
</Relationships>"""
STYLES = f"""{XML_DECLARATION}<styleSheet xmlns="{MAIN_NAMESPACE}">\
<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>\
<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>\
<fills count="2"><fill><patternFill patternType="none"/></fill>\
<fill><patternFill patternType="gray125"/></fill></fills>\
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>\
<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" \
applyFont="1"/>\
<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>\
</styleSheet>"""


def stream_workbook(title: str, head: Sequence[str], rows: Rows) -> Iterator[bytes]:
    """Yield a workbook; its start at once, the rest as the rows arrive."""
    buffer: list[bytes] = []
    with zipfile.ZipFile(_Sink(buffer.append), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, part in _package_parts(title).items():
            book.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
        yield _take_written(buffer)
        with book.open(SHEET_PATH, "w") as sheet:
            for fragment in _stream_sheet(head, rows):
                sheet.write(fragment.encode())
                if buffer:
                    yield _take_written(buffer)
    yield _take_written(buffer)


class _Sink:
    """A write-only, unseekable file object that passes bytes to a function."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write

    def write(self, data: bytes, /) -> int:
        """Pass the bytes on and return their number."""
        self._write(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""

    def close(self) -> None:
        """Do nothing: nothing is open."""


def _take_written(buffer: list[bytes]) -> bytes:
    together = b"".join(buffer)
    buffer.clear()
    return together


def _package_parts(title: str) -> dict[str, str]:
    """Return the files of the package that come before the sheet."""
    name = INVALID_TITLE_CHARACTERS.sub(" ", title)[:MAX_TITLE_LENGTH].strip("' ") or "1"
    book = (
        f'{XML_DECLARATION}<workbook xmlns="{MAIN_NAMESPACE}" xmlns:r="{OFFICE_NAMESPACE}"><sheets>'
        f'<sheet name="{escape(name)}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    return {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": ROOT_RELATIONSHIPS,
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": WORKBOOK_RELATIONSHIPS,
        "xl/styles.xml": STYLES,
    }


def _stream_sheet(head: Sequence[str], rows: Rows) -> Iterator[str]:
    widths = "".join(
        f'<col min="{number}" max="{number}" width="{max(MIN_COLUMN_WIDTH, len(name) + 4)}"'
        ' customWidth="1"/>'
        for number, name in enumerate(head, 1)
    )
    yield (
        f'{XML_DECLARATION}<worksheet xmlns="{MAIN_NAMESPACE}"><sheetViews>'
        '<sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f"</sheetView></sheetViews><cols>{widths}</cols><sheetData>{_render_row(head, HEADING)}"
    )
    count = 1
    for row in rows:
        count += 1
        yield _render_row(row, TEXT)
    yield f'</sheetData><autoFilter ref="A1:{_column_letters(len(head))}{count}"/></worksheet>'


def _render_row(cells: Sequence[Cell], style: int) -> str:
    return f"<row>{''.join(_render_cell(cell, style) for cell in cells)}</row>"


def _render_cell(cell: Cell, style: int) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, int):
        return f'<c s="{PLAIN}"><v>{cell}</v></c>'
    text = ESCAPE_LOOKALIKE.sub("_x005F_", _truncate(cell))
    return (
        f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">'
        f"{escape(text, quote=False).replace(CR, '_x000D_')}</t></is></c>"
    )


def _truncate(text: str) -> str:
    """Cut text to MAX_CELL_LENGTH, never inside a surrogate pair."""
    if len(text) <= MAX_CELL_LENGTH // 2:
        return text
    return text.encode("utf-16-le")[: 2 * MAX_CELL_LENGTH].decode("utf-16-le", "ignore")


def _column_letters(number: int) -> str:
    """Return the letters of a column number: 1 is A, 28 is AB."""
    name = ""
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


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
    return stream_workbook(title, head, ([_strip_invalid(cell) for cell in row] for row in rows))


def make_attachment(body: Iterable[bytes], name: str, mimetype: str) -> Response:
    """Return a streamed response that browsers save as a file of this name (RFC 6266)."""
    safe = "".join(c if c.isprintable() and c not in '/\\"' else "_" for c in name)
    simple = unicodedata.normalize("NFKD", safe).encode("ascii", "ignore").decode()
    response = Response(body, mimetype=mimetype)
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{simple}\"; filename*=UTF-8''{quote(safe, safe='')}"
    )
    return response


def send_csv(name: str, head: Sequence[str], rows: Rows) -> Response:
    """Return a table as a CSV file with today's date: delegates-2008-10-01.csv."""
    return send_table(dated_name(name), "csv", name, head, rows)


def send_table(stem: str, suffix: str, title: str, head: Sequence[str], rows: Rows) -> Response:
    """Return a table as a file, "csv" or "xlsx", whose sheet has the title."""
    if suffix == "xlsx":
        return make_attachment(stream_xlsx(title, head, rows), f"{stem}.xlsx", XLSX)
    return make_attachment(stream_csv(head, rows), f"{stem}.csv", CSV)


def dated_name(name: str) -> str:
    """Return the name, without extension, of a file with today's date: delegates-2008-10-01."""
    return f"{name}-{local_day(clock.now()).isoformat()}"


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
