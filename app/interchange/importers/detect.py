"""Reading a programme file: detects encoding and format, and calls the right importer.

The format is detected from the contents, not from the file name. Each importer returns the same
raw model (``raw``); ``normalise`` turns it into a programme (``parsed_programme``), fixes what is
broken and notes each fix. For any input, the result is a ``ParseResult`` or an ``InvalidFile``.
"""

import codecs
import re
from collections.abc import Sequence
from pathlib import Path

from app.errors import InvalidFile, require
from app.interchange.importers import (
    ical,
    normalise,
    safe_parsers,
    schedule_xml,
    spreadsheets,
    tables,
)
from app.interchange.importers.parsed_programme import THE_FILE, ImportLog, ParseResult
from app.interchange.importers.raw import NO_TARGET, RawProgramme, TargetConference
from app.interchange.importers.table_choices import NO_CHOICES, ColumnChoices, TableChoices
from app.interchange.importers.tables import Sheet

MAX_BYTES = 32 * 1024 * 1024
ENCODING_SIGNATURES = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
    (b"{\x00", "utf-16-le"),
    (b"\x00{", "utf-16-be"),
)
XML_DECLARATION = re.compile(
    rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']"""
)
SINGLE_BYTE_ENCODING = re.compile(r"(?:iso-?8859-\d{1,2}|latin-?1|windows-125\d|cp125\d)$")
UTF8_FORMAT_PREFIXES = (b"<", b"{", b"[", b"BEGIN:")  # UTF-8 unless declared otherwise
NOT_A_PROGRAMME = (
    "We cannot read this file. Choose XML, JSON, a calendar, or a table with a column called "
    "“Title” or “Name”"
)
WEB_PAGE = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def read_file(
    path: Path, target: TargetConference = NO_TARGET, choices: TableChoices = NO_CHOICES
) -> ParseResult:
    """Read a programme from a file; raise InvalidFile if that is impossible."""
    return read_bytes(_read_contents(path), target, choices)


def read_bytes(
    contents: bytes, target: TargetConference = NO_TARGET, choices: TableChoices = NO_CHOICES
) -> ParseResult:
    """Read a programme from the contents of a file; raise InvalidFile if that is impossible."""
    if not contents.strip():
        raise InvalidFile("This file is empty")
    log = ImportLog()
    if contents.startswith(spreadsheets.WORKBOOK_SIGNATURES):
        raw = tables.parse(spreadsheets.read_workbook(contents), log, target, choices)
    else:
        raw = _parse_text(_decode(contents, log), log, target, choices)
    is_ours = raw.conference.get("acronym", "") == target.acronym
    programme = normalise.normalise(raw, log, target.contact_addresses if is_ours else {})
    is_nameless = not raw.names_conference and not is_ours
    if is_nameless:
        reason = (
            "It does not name a conference, and none of its sessions are on a day of "
            f"“{target.facts['title']}”, so it was read as a different one"
        )
        log.add_fix(THE_FILE, "conference", reason)
    return ParseResult(programme, log.notes(), is_nameless)


def read_sheets(contents: bytes, choices: ColumnChoices) -> Sequence[Sheet]:
    """Return the sheets of a table, or none if a file is something else."""
    if contents.startswith(spreadsheets.WORKBOOK_SIGNATURES):
        return spreadsheets.read_workbook(contents)
    text = _decode(contents, ImportLog())
    if (
        text.startswith(("<", "{", "["))
        or text[: len(ical.ICAL_PREFIX)].upper() == ical.ICAL_PREFIX
    ):
        return ()
    return spreadsheets.read_csv(text, choices) or ()


def _parse_text(
    text: str, log: ImportLog, target: TargetConference, choices: TableChoices
) -> RawProgramme:
    """Parse a text of any format."""
    if text.startswith("<") and WEB_PAGE.search(text[:2000].partition("<schedule")[0]):
        raise InvalidFile(
            "This is a web page, not a programme. Save the schedule itself and try again"
        )
    if text.startswith("<"):
        return schedule_xml.parse(text, log)
    if text.startswith(("{", "[")):
        return safe_parsers.parse(text, log, target)
    if text[: len(ical.ICAL_PREFIX)].upper() == ical.ICAL_PREFIX:
        return ical.parse(text, log, target)
    rows = require(spreadsheets.read_csv(text, choices.columns), InvalidFile(NOT_A_PROGRAMME))
    return tables.parse(rows, log, target, choices)


def _read_contents(path: Path) -> bytes:
    """Read a file, unless it is too large for a programme."""
    try:
        if path.is_dir():
            raise InvalidFile(f"{path} is a folder, not a file")
        if not path.is_file():
            raise InvalidFile(f"There is no file called {path}")
        if path.stat().st_size > MAX_BYTES:
            raise InvalidFile("The file must be smaller than 32 MB")
        with path.open("rb") as file:
            contents = file.read(MAX_BYTES)
    except (OSError, ValueError) as error:
        raise InvalidFile(f"Cannot open the file {path}") from error
    return contents


def decode_table(contents: bytes) -> str:
    """Decode a table that is not a workbook; raise InvalidFile if it is not text."""
    return _decode(contents, ImportLog())


def _decode(contents: bytes, log: ImportLog) -> str:
    """Decode bytes with the encoding that the file declares, if that is right."""
    contents = ical.join_split_characters(contents)
    encoding = _detect_encoding(contents)
    if SINGLE_BYTE_ENCODING.match(encoding) and _is_really_utf_8(contents):
        log.add_fix(THE_FILE, "encoding", f"It says it is in {encoding}, but it is in UTF-8")
        encoding = "utf-8"
    try:
        text = contents.decode(encoding)
    except UnicodeDecodeError as error:
        if _may_be_table(contents):
            log.add_fix(
                THE_FILE, "encoding", "It was read as Windows-1252, the encoding Excel uses"
            )
            return contents.decode("cp1252", "replace")
        line = contents.count(b"\n", 0, error.start) + 1
        raise InvalidFile(
            f"This file should be in {encoding.upper()}, but line {line} is not. "
            "Save it again as UTF-8"
        ) from error
    except LookupError as error:
        raise InvalidFile(f"This file says it is in “{encoding}”, which we cannot read") from error
    text = text.lstrip("\ufeff \t\r\n") if text[:1] in "\ufeff \t\r\n" else text
    if "\x00" in text[:1000]:
        raise InvalidFile("This is not a text file")
    return text


def _detect_encoding(contents: bytes) -> str:
    """Return the encoding according to the first bytes."""
    for signature, encoding in ENCODING_SIGNATURES:
        if contents.startswith(signature):
            return encoding
    declared = XML_DECLARATION.match(contents)
    encoding = declared[1].decode().lower() if declared else "utf-8"
    if encoding.startswith("utf-16"):
        return "utf-8"  # otherwise the declaration could not have been read
    if encoding in {"utf-8", "utf8", "us-ascii", "ascii"}:
        return "utf-8"
    if SINGLE_BYTE_ENCODING.match(encoding):
        return encoding
    raise InvalidFile(
        f"This file says it is in “{encoding}”, which we cannot read. Save it as UTF-8"
    )


def _may_be_table(contents: bytes) -> bool:
    """Return True if contents that are not UTF-8 may be CSV; the other text formats are UTF-8."""
    return b"\x00" not in contents[:1000] and not contents.lstrip().startswith(UTF8_FORMAT_PREFIXES)


def _is_really_utf_8(contents: bytes) -> bool:
    """Return True if bytes that declare another encoding can only be UTF-8."""
    if contents.isascii():
        return False
    try:
        contents.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
