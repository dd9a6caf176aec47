"""A workbook of one sheet (XLSX, ECMA-376), written as it is sent.

Of all that the format can say, this says what a table needs: texts that are texts, also when
somebody edits them, whole numbers, a heading that stays in view, and columns that can be
filtered. A library would hold the whole book until its last row is there.
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape

Cell = str | int | None
Rows = Iterable[Sequence[Cell]]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_CELL = 32_767  # UTF-16 units that a cell of a spreadsheet holds
LONGEST_TITLE = 31
NOT_IN_A_TITLE = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
LIKE_AN_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # 22.9.2.19
CR = "\r"
NARROWEST = 14  # characters of a column
PLAIN, HEADING, TEXT = 0, 1, 2  # the formats of STYLES, in their order

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SHEET = "xl/worksheets/sheet1.xml"
TYPES = f"""{DECLARED}<Types xmlns="{PACKAGE}/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Override PartName="/xl/workbook.xml" ContentType="{XLSX}.main+xml"/>\
<Override PartName="/xl/styles.xml" ContentType="{XLSX.replace(".sheet", ".styles")}+xml"/>\
<Override PartName="/{SHEET}" ContentType="{XLSX.replace(".sheet", ".worksheet")}+xml"/>\
</Types>"""
ROOT = f"""{DECLARED}<Relationships xmlns="{PACKAGE}/relationships">\
<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>\
</Relationships>"""
LINKED = f"""{DECLARED}<Relationships xmlns="{PACKAGE}/relationships">\
<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>\
<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/>\
</Relationships>"""
STYLES = f"""{DECLARED}<styleSheet xmlns="{MAIN}">\
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


def written(title: str, head: Sequence[str], rows: Rows) -> Iterator[bytes]:
    """Write a workbook, its beginning at once and the rest as the rows come."""
    made: list[bytes] = []
    with zipfile.ZipFile(_Sink(made.append), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, part in _parts(title).items():
            book.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
        yield _emptied(made)
        with book.open(SHEET, "w") as sheet:
            for piece in _sheet(head, rows):
                sheet.write(piece.encode())
                if made:
                    yield _emptied(made)
    yield _emptied(made)


class _Sink:
    """A file that hands on whatever is written to it, and cannot go back."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    def write(self, some: bytes, /) -> int:
        """Hand some bytes on."""
        self._take(bytes(some))
        return len(some)

    def flush(self) -> None:
        """Nothing is held."""

    def close(self) -> None:
        """Nothing is open."""


def _emptied(made: list[bytes]) -> bytes:
    together = b"".join(made)
    made.clear()
    return together


def _parts(title: str) -> dict[str, str]:
    """Give the parts of a workbook that stand before its sheet."""
    name = NOT_IN_A_TITLE.sub(" ", title)[:LONGEST_TITLE].strip("' ") or "1"
    book = (
        f'{DECLARED}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        f'<sheet name="{escape(name)}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    return {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": ROOT,
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": LINKED,
        "xl/styles.xml": STYLES,
    }


def _sheet(head: Sequence[str], rows: Rows) -> Iterator[str]:
    widths = "".join(
        f'<col min="{number}" max="{number}" width="{max(NARROWEST, len(name) + 4)}"'
        ' customWidth="1"/>'
        for number, name in enumerate(head, 1)
    )
    yield (
        f'{DECLARED}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f"</sheetView></sheetViews><cols>{widths}</cols><sheetData>{_row(head, HEADING)}"
    )
    count = 1
    for row in rows:
        count += 1
        yield _row(row, TEXT)
    yield f'</sheetData><autoFilter ref="A1:{_letters(len(head))}{count}"/></worksheet>'


def _row(cells: Sequence[Cell], look: int) -> str:
    return f"<row>{''.join(_cell(cell, look) for cell in cells)}</row>"


def _cell(cell: Cell, look: int) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, int):
        return f'<c s="{PLAIN}"><v>{cell}</v></c>'
    text = LIKE_AN_ESCAPE.sub("_x005F_", _cut(cell))
    return (
        f'<c s="{look}" t="inlineStr"><is><t xml:space="preserve">'
        f"{escape(text, quote=False).replace(CR, '_x000D_')}</t></is></c>"
    )


def _cut(text: str) -> str:
    """Cut off what no cell can hold, between two letters."""
    if len(text) <= LONGEST_CELL // 2:
        return text
    return text.encode("utf-16-le")[: 2 * LONGEST_CELL].decode("utf-16-le", "ignore")


def _letters(number: int) -> str:
    """Name a column by its number: 1 is A, 28 is AB."""
    name = ""
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(ord("A") + letter) + name
    return name
