"""Tables as files: nothing in them is carried out, nothing is lost, and nothing is held."""

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET

import pytest

from app.web import spreadsheets
from app.web.spreadsheets import Cell

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
MUCH = 2_000_000  # bytes


def in_csv(*cells: Cell) -> list[str]:
    """Write one row as CSV and read it back as a program does."""
    text = b"".join(spreadsheets.stream_csv(["Head"], [cells])).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))[1]


def book(head: list[str], rows: Iterable[list[Cell]], title: str = "Delegates") -> zipfile.ZipFile:
    found = zipfile.ZipFile(io.BytesIO(b"".join(spreadsheets.stream_xlsx(title, head, rows))))
    assert found.testzip() is None
    return found


def in_xlsx(*cells: Cell) -> list[tuple[str, str]]:
    """Write one row as XLSX and read it back: the type of each cell, and what it holds."""
    sheet = ET.fromstring(book(["Head"], [list(cells)]).read("xl/worksheets/sheet1.xml"))  # noqa: S314 – our own
    row = list(sheet.iter(f"{MAIN}row"))[1]
    return [(cell.get("t") or "n", "".join(cell.itertext())) for cell in row]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+44 20 7946 0000", "'+44 20 7946 0000"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1+1", "'\t'=1+1"),
        ("\r=1+1", "'\r'=1+1"),
        ("\tAda", "'\tAda"),
        ("  =1+1", "'  =1+1"),
        ("\u00a0=1+1", "'\u00a0=1+1"),
        ('"=1+1', "'\"=1+1"),
        ("'=1+1", "''=1+1"),
        (" \" ' @x", "' \" ' @x"),
        ("\u200f=1+1", "'\u200f=1+1"),
        ("\ufeff=1+1", "'\ufeff=1+1"),
        ("\x00=1+1", "'=1+1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("x;=1+1", "x;'=1+1"),
        ('x; "=1+1', "x;' \"=1+1"),
        ("nuts\n- eggs", "nuts\n'- eggs"),
    ],
)
def test_csv_cells_are_escaped_against_formula_injection(typed: str, written: str) -> None:
    assert in_csv(typed) == [written]


@pytest.mark.parametrize(
    "typed",
    [
        "Ada Lovelace",
        "O’Brien-Smith = Smith",
        "ada@example.org",
        "00123456789012345678901234567890",
        "two\r\nlines",
        'a, "b"; c',
        "שרה לוי",
        "مريم ٣ =",
        "👩🏽\u200d🔬",
        "_x0041_",
        "1e5",
        "2008-11-06",
        "",
    ],
)
def test_harmless_cells_are_kept_unchanged(typed: str) -> None:
    assert in_csv(typed) == [typed]
    ((_, text),) = in_xlsx(typed)
    assert text.replace("_x000D_", "\r").replace("_x005F_", "_") == typed


@pytest.mark.parametrize(
    "typed", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", '"=1', "0012345678901234567", "1e5", "TRUE"]
)
def test_workbook_texts_are_stored_as_inline_strings(typed: str) -> None:
    assert in_xlsx(typed) == [("inlineStr", typed)]


def test_a_workbook_stores_whole_numbers_and_empty_cells_as_numbers() -> None:
    assert in_xlsx(42, -7, None, "") == [("n", "42"), ("n", "-7"), ("n", ""), ("n", "")]
    assert in_csv(42, -7, None, "") == ["42", "-7", "", ""]


def test_invalid_xml_characters_are_removed_and_overlong_cells_shortened() -> None:
    ((_, text),) = in_xlsx("a\x00b\x1f\ud800c\uffff <&> ]]>")
    assert text == "abc <&> ]]>"
    ((_, text),) = in_xlsx("🜁" * 20_000)
    assert text == "🜁" * 16_383
    ((_, text),) = in_xlsx("x" * 40_000)
    assert len(text) == 32_767


def test_text_that_looks_like_an_xlsx_escape_is_escaped() -> None:
    ((_, text),) = in_xlsx("_x0041_ \r")

    assert text == "_x005F_x0041_ _x000D_"


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("Delegates", "Delegates"),
        ("'a/b[c]:*?\\'", "a b c"),
        ("x" * 40, "x" * 31),
        ("", "1"),
        ('R&D "<1>"', 'R&D "<1>"'),
    ],
)
def test_a_sheet_title_is_made_valid(title: str, written: str) -> None:
    root = ET.fromstring(book(["A"], [], title).read("xl/workbook.xml"))  # noqa: S314 – our own

    (sheet,) = root.iter(f"{MAIN}sheet")
    assert sheet.get("name") == written


def test_a_workbook_has_a_frozen_header_and_column_filters() -> None:
    head = [f"Column {number}" for number in range(28)]
    root = ET.fromstring(book(head, [["x"] * 28] * 3).read("xl/worksheets/sheet1.xml"))  # noqa: S314 – our own

    (pane,) = root.iter(f"{MAIN}pane")
    (filtered,) = root.iter(f"{MAIN}autoFilter")
    assert pane.get("state") == "frozen"
    assert filtered.get("ref") == "A1:AB4"
    assert len(list(root.iter(f"{MAIN}col"))) == 28


def test_a_csv_file_has_a_byte_order_mark_and_crlf_line_ends() -> None:
    body = b"".join(spreadsheets.stream_csv(["=A", "Name"], [["1", 'Zoë "Z"']]))

    assert body == '\ufeff"\'=A","Name"\r\n"1","Zoë ""Z"""\r\n'.encode()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_spreadsheets_are_streamed_with_little_memory(kind: str) -> None:
    # threads of earlier tests may allocate meanwhile, but not each time
    assert any(_peak_of_large_file(kind) < MUCH for _ in range(3))


def _peak_of_large_file(kind: str) -> int:
    """Write a file of 50,000 rows; return the bytes that were held at most."""
    asked = 0

    def rows() -> Iterator[list[Cell]]:
        nonlocal asked
        for number in range(50_000):
            asked = number
            yield [f"Name {number}", f"name-{number}@example.org", "x" * 100]

    head = ["Name", "Address", "About"]
    made = (
        spreadsheets.stream_csv(head, rows())
        if kind == "csv"
        else spreadsheets.stream_xlsx("T", head, rows())
    )

    tracemalloc.start()
    assert next(made)
    assert asked == 0
    size = sum(map(len, made))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert asked == 49_999
    assert size > 200_000
    return peak


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("delegates.csv", "attachment; filename=\"delegates.csv\"; filename*=UTF-8''delegates.csv"),
        ('a"b/../c\r\nX: 1.csv', "a_b_.._c__X: 1.csv"),
        ("Gäste.csv", "filename=\"Gaste.csv\"; filename*=UTF-8''G%C3%A4ste.csv"),
    ],
)
def test_a_file_name_cannot_inject_headers(name: str, header: str) -> None:
    answer = spreadsheets.make_attachment([b"x"], name, spreadsheets.CSV)

    assert header in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
