"""What a file is that somebody hands in, by what it holds and not by its name.

It is read in small pieces and never unpacked to anywhere. Refused is what is broken, locked, a
bomb, two kinds of file at once, or holds a program that would run where it is opened.
"""

import struct
import zipfile
import zlib
from typing import BinaryIO, Final

from app.errors import Unreadable

LARGEST: Final = 50 * 1024 * 1024  # bytes
LARGEST_OPENED: Final = 512 * 1024 * 1024  # bytes of all that an archive holds
MOST_MEMBERS: Final = 10_000
AT_ONCE: Final = 256 * 1024  # bytes
PDF, ZIP = b"%PDF-", b"PK\x03\x04"
PDF_ENDS, PDF_ENDS_WITHIN = b"%%EOF", 2048
PDF_WITHIN: Final = 1024  # bytes, in which readers of PDF look for its beginning
ZIP_ENDS: Final = b"PK\x05\x06"
LARGE_ZIP: Final = b"PK\x06\x07"  # of archives larger than ours may be (APPNOTE 4.3.15)
LARGEST_DIRECTORY: Final = 4 * 1024 * 1024  # bytes; all of it is held at once
ZIP_END: Final = struct.Struct("<4s4H2LH")
LONGEST_COMMENT: Final = 65_535
PLAIN: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
LOCKED: Final = 0x1  # of the flags of a member
ODP_TYPE: Final = b"application/vnd.oasis.opendocument.presentation"
ODP_NEEDS: Final = frozenset({"mimetype", "content.xml", "META-INF/manifest.xml"})
PPTX_NEEDS: Final = frozenset({"[Content_Types].xml", "ppt/presentation.xml"})
PROGRAMS: Final = ("vbaproject", "vbadata", "activex", "macroenabled", ".exe", ".js", ".vbs")
ODP_PROGRAMS: Final = ("basic/", "scripts/")
TYPES_OF_PPTX, MACROS = "[Content_Types].xml", b"macroenabled"
TOO_MUCH: Final = "This file would be far too large once it is opened"
NEITHER: Final = "Choose a PDF, ODP or PPTX file: this file is none of them"
BROKEN: Final = "This file is broken: open it, save it anew and hand that in"
TWO_THINGS: Final = "This file is two kinds of file at once: save it anew and hand that in"
PROGRAM: Final = "This file holds macros or other programs: save it without them"
FAULTS: Final = (
    ArithmeticError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def kind_of(file: BinaryIO) -> str:
    """Tell the kind of a file, which it then is wholly; raise Unreadable."""
    length = file.seek(0, 2)
    if length > LARGEST:
        raise Unreadable("This file is larger than 50 MB")
    if not length:
        raise Unreadable("This file is empty")
    head = _read(file, 0, PDF_WITHIN)
    tail = _read(file, max(0, length - ZIP_END.size - LONGEST_COMMENT), length)
    if head.startswith(PDF):
        return _pdf(tail)
    if head.startswith(ZIP):
        return _archive(file, length, head, tail)
    raise Unreadable(NEITHER)


def _read(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def _pdf(tail: bytes) -> str:
    if PDF_ENDS not in tail[-PDF_ENDS_WITHIN:]:
        raise Unreadable("This PDF has no end: it was cut off on its way. Hand it in again")
    if _directory_of_archive(tail) is not None:
        raise Unreadable(TWO_THINGS)
    return "pdf"


def _archive(file: BinaryIO, length: int, head: bytes, tail: bytes) -> str:
    if PDF in head:
        raise Unreadable(TWO_THINGS)
    directory = _directory_of_archive(tail)
    if directory is None:
        raise Unreadable(BROKEN)
    if directory > LARGEST_DIRECTORY or LARGE_ZIP in tail:
        raise Unreadable(TOO_MUCH)
    try:
        with zipfile.ZipFile(file) as archive:
            _check_members(archive.infolist(), length)
            kind = _kind_of_archive(archive, frozenset(archive.namelist()))
            _check_programs(archive, kind)
            _read_through(archive)
            return kind
    except FAULTS:
        raise Unreadable(BROKEN) from None


def _directory_of_archive(tail: bytes) -> int | None:
    """Tell the bytes of an archive's directory; nothing where the file does not end as one."""
    at = tail.rfind(ZIP_ENDS)
    while at >= 0:
        found = tail[at : at + ZIP_END.size]
        if len(found) == ZIP_END.size:
            *_, directory, _, comment = ZIP_END.unpack(found)
            if at + ZIP_END.size + comment == len(tail):
                return int(directory)
        at = tail.rfind(ZIP_ENDS, 0, at)
    return None


def _check_members(members: list[zipfile.ZipInfo], length: int) -> None:
    """Look at what an archive says of its members before any is opened."""
    names = [member.filename for member in members]
    if any(member.flag_bits & LOCKED for member in members):
        raise Unreadable("This file is locked with a password: save it without one")
    if any(member.compress_type not in PLAIN for member in members):
        raise Unreadable(BROKEN)
    if len(set(names)) < len(names) or any(map(_leads_away, names)):
        raise Unreadable(BROKEN)
    packed = sum(member.compress_size for member in members)
    opened = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS or opened > LARGEST_OPENED or packed > length:
        raise Unreadable(TOO_MUCH)


def _leads_away(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ".." in name.split("/")


def _kind_of_archive(archive: zipfile.ZipFile, names: frozenset[str]) -> str:
    if names >= PPTX_NEEDS:
        return "pptx"
    if names >= ODP_NEEDS and archive.infolist()[0].filename == "mimetype":
        with archive.open("mimetype") as said:
            if said.read(len(ODP_TYPE) + 1) == ODP_TYPE:
                return "odp"
    raise Unreadable(NEITHER)


def _check_programs(archive: zipfile.ZipFile, kind: str) -> None:
    """Refuse programs by where they stand, and by what a PPTX says that it is."""
    names = [name.lower() for name in archive.namelist()]
    found = any(word in name for name in names for word in PROGRAMS)
    if kind == "odp":
        found = found or any(name.startswith(ODP_PROGRAMS) for name in names)
    else:
        with archive.open(TYPES_OF_PPTX) as types:
            found = found or MACROS in types.read(LARGEST).lower()
    if found:
        raise Unreadable(PROGRAM)


def _read_through(archive: zipfile.ZipFile) -> None:
    """Open every member to its end, so that one that is not what it says is found out."""
    for member in archive.infolist():
        with archive.open(member) as opened:
            while opened.read(AT_ONCE):
                pass
