"""Opening a file of unknown make: how large, which encoding, which format."""

import codecs
import re
from pathlib import Path

from app.errors import Unreadable
from app.programme.reading import calendars, json_text, programme, schedule_xml, sheets, tables
from app.programme.reading.found import Found
from app.programme.reading.home import NOWHERE, Home
from app.programme.reading.notebook import THE_FILE, Notebook
from app.programme.reading.written import Reading

LARGEST = 32 * 1024 * 1024
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
    (b"{\x00", "utf-16-le"),
    (b"\x00{", "utf-16-be"),
)
DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
ONE_BYTE = re.compile(r"(?:iso-?8859-\d{1,2}|latin-?1|windows-125\d|cp125\d)$")
MARKUP = (b"<", b"{", b"[", b"BEGIN:")  # UTF-8 unless they say otherwise
NOT_A_PROGRAMME = (
    "This is no programme: we read XML, JSON, calendars, and tables with a column called "
    "“Title” or “Name”"
)
WEB_PAGE = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def read(path: Path, home: Home = NOWHERE) -> Reading:
    """Read a conference from a file, or refuse with a sentence that says why it cannot be read."""
    return understood(_contents(path), home)


def understood(contents: bytes, home: Home = NOWHERE) -> Reading:
    """Read a conference from what a file holds, or refuse in the same way."""
    if not contents.strip():
        raise Unreadable("This file is empty")
    notebook = Notebook()
    if contents.startswith(sheets.WORKBOOKS):
        found = tables.find(sheets.of_workbook(contents), notebook, home)
    else:
        found = _found(_decoded(contents, notebook), notebook, home)
    return Reading(programme.written(found, notebook), notebook.notes())


def _found(words: str, notebook: Notebook, home: Home) -> Found:
    """Find what a text holds, whatever its format."""
    if words.startswith("<") and WEB_PAGE.search(words[:2000].partition("<schedule")[0]):
        raise Unreadable(
            "This is a web page, not a programme; save the schedule itself and try again"
        )
    if words.startswith("<"):
        return schedule_xml.find(words, notebook)
    if words.startswith(("{", "[")):
        return json_text.find(words, notebook)
    if words[: len(calendars.BEGINS)].upper() == calendars.BEGINS:
        return calendars.find(words, notebook, home)
    rows = sheets.of_words(words)
    if rows is None:
        raise Unreadable(NOT_A_PROGRAMME)
    return tables.find(rows, notebook, home)


def _contents(path: Path) -> bytes:
    """Take in a file that is small enough to be a programme."""
    try:
        if path.is_dir():
            raise Unreadable(f"{path} is a folder, not a file")
        if not path.is_file():
            raise Unreadable(f"There is no file called {path}")
        if path.stat().st_size > LARGEST:
            raise Unreadable("This file is larger than 32 MB, so it cannot be a programme")
        with path.open("rb") as file:
            contents = file.read(LARGEST)
    except (OSError, ValueError) as trouble:
        raise Unreadable(f"The file {path} cannot be opened") from trouble
    return contents


def _decoded(contents: bytes, notebook: Notebook) -> str:
    """Turn bytes into words by the encoding that the file claims, if the claim holds."""
    encoding = _encoding(contents)
    if ONE_BYTE.match(encoding) and _is_really_utf_8(contents):
        notebook.mended(THE_FILE, "encoding", f"It says {encoding}, but it is written in UTF-8")
        encoding = "utf-8"
    try:
        words = contents.decode(encoding)
    except UnicodeDecodeError as trouble:
        if _may_be_a_table(contents):
            notebook.mended(THE_FILE, "encoding", "It was read as Windows-1252, as Excel saves it")
            return contents.decode("cp1252", "replace")
        line = contents.count(b"\n", 0, trouble.start) + 1
        raise Unreadable(
            f"This file should be in {encoding.upper()}, but line {line} is not; "
            "save it again as UTF-8"
        ) from trouble
    except LookupError as trouble:
        raise Unreadable(f"This file says it is in “{encoding}”, which we cannot read") from trouble
    words = words.lstrip("\ufeff \t\r\n") if words[:1] in "\ufeff \t\r\n" else words
    if "\x00" in words[:1000]:
        raise Unreadable("This file is not text, so it cannot be a programme")
    return words


def _encoding(contents: bytes) -> str:
    """Ask the first bytes which encoding the file is in."""
    for mark, encoding in MARKS:
        if contents.startswith(mark):
            return encoding
    declared = DECLARED.match(contents)
    encoding = declared[1].decode().lower() if declared else "utf-8"
    if encoding.startswith("utf-16"):
        return "utf-8"  # it could not have been read as far as this
    if encoding in {"utf-8", "utf8", "us-ascii", "ascii"}:
        return "utf-8"
    if ONE_BYTE.match(encoding):
        return encoding
    raise Unreadable(
        f"This file says it is in “{encoding}”, which we cannot read; save it as UTF-8"
    )


def _may_be_a_table(contents: bytes) -> bool:
    """Whether a text that is no UTF-8 is none of the formats that always are."""
    return b"\x00" not in contents[:1000] and not contents.lstrip().startswith(MARKUP)


def _is_really_utf_8(contents: bytes) -> bool:
    """Whether bytes that claim another encoding can only be UTF-8."""
    if contents.isascii():
        return False
    try:
        contents.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
