"""Workbooks as spreadsheet programs save them, small enough to be written by hand."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELS = "application/vnd.openxmlformats-package.relationships+xml"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
DAY, HOUR = "1", "2"  # styles: 14 is a date, 20 an hour (ECMA-376, 18.8.30)
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/>'
    '<xf numFmtId="20" applyNumberFormat="1"/></cellXfs></styleSheet>'
)
Cell = str | tuple[float, str]  # words, or a number with its style


def make_workbook(
    sheets: Mapping[str, Sequence[Sequence[Cell]]],
    merged: Mapping[str, Sequence[str]] | None = None,
) -> bytes:
    """Save sheets of rows as an XLSX file; ranges such as B2:B4 are merged."""
    numbered = list(enumerate(sheets.items(), start=1))
    parts = {
        "[Content_Types].xml": _content_types_xml(len(numbered)),
        "_rels/.rels": _relationships_xml(("r0", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        + "".join(
            f'<sheet name="{escape(name)}" sheetId="{number}" r:id="r{number}"/>'
            for number, (name, _) in numbered
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relationships_xml(
            ("r0", "styles", "styles.xml"),
            *((f"r{n}", "worksheet", f"worksheets/sheet{n}.xml") for n, _ in numbered),
        ),
        "xl/styles.xml": STYLES,
        **{
            f"xl/worksheets/sheet{n}.xml": _sheet_xml(rows, (merged or {}).get(name, ()))
            for n, (name, rows) in numbered
        },
    }
    return make_zip({name: words.encode() for name, words in parts.items()})


def make_zip(parts: Mapping[str, bytes]) -> bytes:
    """Pack files into one."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return packed.getvalue()


def _content_types_xml(sheets: int) -> str:
    parts = {"workbook": "sheet.main", "styles": "styles"}
    parts |= {f"worksheets/sheet{number}": "worksheet" for number in range(1, sheets + 1)}
    overrides = "".join(
        f'<Override PartName="/xl/{name}.xml" ContentType="{KIND}.{kind}+xml"/>'
        for name, kind in parts.items()
    )
    default = f'<Default Extension="rels" ContentType="{RELS}"/>'
    return f'<Types xmlns="{TYPES}">{default}{overrides}</Types>'


def _relationships_xml(*relations: tuple[str, str, str]) -> str:
    rendered = "".join(
        f'<Relationship Id="{one}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for one, kind, target in relations
    )
    return f'<Relationships xmlns="{RELATIONS}">{rendered}</Relationships>'


def _sheet_xml(rows: Sequence[Sequence[Cell]], merged: Sequence[str]) -> str:
    rows_xml = "".join(
        f'<row r="{number}">'
        + "".join(_cell_xml(cell, f"{chr(65 + place)}{number}") for place, cell in enumerate(row))
        + "</row>"
        for number, row in enumerate(rows, start=1)
    )
    ranges = "".join(f'<mergeCell ref="{one}"/>' for one in merged)
    merged_xml = f"<mergeCells>{ranges}</mergeCells>" if ranges else ""
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows_xml}</sheetData>{merged_xml}</worksheet>'


def _cell_xml(cell: Cell, reference: str) -> str:
    if isinstance(cell, str):
        return f'<c r="{reference}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
    return f'<c r="{reference}" s="{cell[1]}"><v>{cell[0]}</v></c>'
