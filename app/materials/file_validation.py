"""Validation of uploaded files by their content, not by their name.

A file is read in small chunks and never extracted to disk. Damaged and encrypted files, archive
bombs, polyglots, and files with macros, scripts or embedded programs (``active_content``) are
rejected.
"""

import hashlib
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO, Final, NamedTuple

from app.errors import InvalidFile, require
from app.materials import active_content
from app.materials.active_content import PdfLimits

MEGABYTE: Final = 1024 * 1024
MAX_BYTES: Final = 50 * MEGABYTE  # of an upload
MAX_MEMBERS: Final = 10_000
READ_SIZE: Final = 256 * 1024
PDF_SIGNATURE, ZIP_SIGNATURE = b"%PDF-", b"PK\x03\x04"
PDF_END, PDF_END_WITHIN = b"%%EOF", 2048
PDF_WITHIN: Final = 1024  # PDF viewers search this many bytes for the signature
ZIP_END_SIGNATURE: Final = b"PK\x05\x06"
ZIP64_LOCATOR: Final = b"PK\x06\x07"  # only in larger archives (APPNOTE 4.3.15)
ZIP64_LOCATOR_LENGTH: Final = 20
MAX_DIRECTORY_BYTES: Final = 4 * 1024 * 1024  # all of it is loaded into memory
ZIP_END_RECORD: Final = struct.Struct("<4s4H2LH")
MAX_ZIP_COMMENT_BYTES: Final = 65_535
ALLOWED_COMPRESSION: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
ENCRYPTED_FLAG: Final = 0x1  # bit of a member's flags
OPEN_DOCUMENT: Final = b"application/vnd.oasis.opendocument."
OPEN_DOCUMENT_KINDS: Final = {
    OPEN_DOCUMENT + b"presentation": "odp",
    OPEN_DOCUMENT + b"text": "odt",
}
OPEN_DOCUMENT_MEMBERS: Final = frozenset({"mimetype", "content.xml", "META-INF/manifest.xml"})
OFFICE_MEMBERS: Final = {
    "pptx": frozenset({"[Content_Types].xml", "ppt/presentation.xml"}),
    "docx": frozenset({"[Content_Types].xml", "word/document.xml"}),
}
PNG_SIGNATURE, PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
JPEG_SIGNATURE, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
TOO_LARGE_MESSAGE: Final = "This file is too large when unpacked"
NOT_SLIDES_MESSAGE: Final = "Choose a PDF, ODP or PPTX file. Save any other file as a PDF first"
NOT_A_DOCUMENT_MESSAGE: Final = (
    "Choose a PDF, DOCX, ODT, JPEG or PNG file. Save any other file as a PDF first"
)
BROKEN_MESSAGE: Final = "This file is damaged. Open it, save it again and upload the new file"
POLYGLOT_MESSAGE: Final = (
    "We do not recognise this type of file. Save it again and upload the new file"
)
ARCHIVE_ERRORS: Final = (
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


@dataclass(frozen=True)
class FileRules:
    """The files accepted for one purpose, and the limits for checking one."""

    kinds: frozenset[str]
    unknown_type: str  # the error message for other types
    max_unpacked_bytes: int  # of all members of an archive together
    pdf_limits: PdfLimits


SLIDES: Final = FileRules(
    frozenset({"pdf", "odp", "pptx"}),
    NOT_SLIDES_MESSAGE,
    max_unpacked_bytes=512 * MEGABYTE,
    pdf_limits=PdfLimits(unpacked_bytes=32 * MEGABYTE, tokens=1_000_000),
)
DOCUMENTS: Final = FileRules(  # uploaded by speakers and organisers
    frozenset({"pdf", "docx", "odt", "jpg", "png"}),
    NOT_A_DOCUMENT_MESSAGE,
    max_unpacked_bytes=64 * MEGABYTE,
    pdf_limits=PdfLimits(unpacked_bytes=8 * MEGABYTE, tokens=300_000),
)


@dataclass(frozen=True)
class AcceptedFile:
    """An accepted upload, with what is needed to store it."""

    stream: BinaryIO
    kind: str
    digest: str
    size: int  # bytes


def accept(file: BinaryIO, rules: FileRules = SLIDES) -> AcceptedFile:
    """Read and check a whole file; raise InvalidFile if it is not accepted.

    It takes time proportional to the file's size, so call it before the transaction that writes.
    """
    kind = detect_type(file, rules)
    digest = hashlib.sha256()
    size = 0
    file.seek(0)
    while body := file.read(READ_SIZE):
        digest.update(body)
        size += len(body)
    return AcceptedFile(file, kind, digest.hexdigest(), size)


def detect_type(file: BinaryIO, rules: FileRules = SLIDES) -> str:
    """Return the type of a file among those that the rules accept; raise InvalidFile for others."""
    length = file.seek(0, 2)
    if length > MAX_BYTES:
        raise InvalidFile("The file must be smaller than 50 MB")
    if not length:
        raise InvalidFile("The file is empty")
    head = _read(file, 0, PDF_WITHIN)
    tail = _read(file, max(0, length - ZIP_END_RECORD.size - MAX_ZIP_COMMENT_BYTES), length)
    if head.startswith(PDF_SIGNATURE):
        return _check_pdf(file, tail, rules)
    if head.startswith(ZIP_SIGNATURE):
        return _check_archive(file, length, head, tail, rules)
    return _check_picture(file, head, tail, rules)


def _read(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def _check_pdf(file: BinaryIO, tail: bytes, rules: FileRules) -> str:
    if PDF_END not in tail[-PDF_END_WITHIN:]:
        raise InvalidFile("This PDF is incomplete. Upload it again")
    if _find_archive_end(tail) is not None:
        raise InvalidFile(POLYGLOT_MESSAGE)
    active_content.check_pdf(file, rules.pdf_limits)
    return "pdf"


def _check_picture(file: BinaryIO, head: bytes, tail: bytes, rules: FileRules) -> str:
    """Return the type of a picture that is not a polyglot; it is never decoded here.

    Phones append more data, such as a short film.
    """
    ends = {"png": (PNG_SIGNATURE, PNG_END), "jpg": (JPEG_SIGNATURE, JPEG_END)}
    for kind, (signature, end) in ends.items():
        if kind in rules.kinds and head.startswith(signature):
            if end not in _read(file, 0, MAX_BYTES):
                raise InvalidFile(BROKEN_MESSAGE)
            if PDF_SIGNATURE in head or _find_archive_end(tail) is not None:
                raise InvalidFile(POLYGLOT_MESSAGE)
            return kind
    raise InvalidFile(rules.unknown_type)


def _check_archive(file: BinaryIO, length: int, head: bytes, tail: bytes, rules: FileRules) -> str:
    if PDF_SIGNATURE in head:
        raise InvalidFile(POLYGLOT_MESSAGE)
    end = require(_find_archive_end(tail), InvalidFile(BROKEN_MESSAGE))
    is_zip64 = tail.startswith(ZIP64_LOCATOR, max(0, end.at - ZIP64_LOCATOR_LENGTH))
    if end.directory_size > MAX_DIRECTORY_BYTES or is_zip64:
        raise InvalidFile(TOO_LARGE_MESSAGE)
    try:
        with zipfile.ZipFile(file) as archive:
            _check_members(archive.infolist(), length, rules)
            kind = _detect_archive_type(archive, frozenset(archive.namelist()))
            if kind not in rules.kinds:
                raise InvalidFile(rules.unknown_type)
            active_content.check_archive(archive, kind)
            _test_members(archive)
            return kind
    except ARCHIVE_ERRORS:
        raise InvalidFile(BROKEN_MESSAGE) from None


class _ArchiveEnd(NamedTuple):
    at: int  # position of the end record
    directory_size: int  # bytes


def _find_archive_end(tail: bytes) -> _ArchiveEnd | None:
    """Return the end record of a ZIP, or None if the file does not end like a ZIP."""
    at = tail.rfind(ZIP_END_SIGNATURE)
    while at >= 0:
        found = tail[at : at + ZIP_END_RECORD.size]
        if len(found) == ZIP_END_RECORD.size:
            *_, directory, _, comment = ZIP_END_RECORD.unpack(found)
            if at + ZIP_END_RECORD.size + comment == len(tail):
                return _ArchiveEnd(at, int(directory))
        at = tail.rfind(ZIP_END_SIGNATURE, 0, at)
    return None


def _check_members(members: list[zipfile.ZipInfo], length: int, rules: FileRules) -> None:
    """Check the members' metadata before any member is opened."""
    names = [member.filename for member in members]
    if any(member.flag_bits & ENCRYPTED_FLAG for member in members):
        raise InvalidFile("This file has a password. Save it without a password")
    if any(member.compress_type not in ALLOWED_COMPRESSION for member in members):
        raise InvalidFile(BROKEN_MESSAGE)
    if len(set(names)) < len(names) or any(map(_is_unsafe_path, names)):
        raise InvalidFile(BROKEN_MESSAGE)
    packed = sum(member.compress_size for member in members)
    opened = sum(member.file_size for member in members)
    if len(members) > MAX_MEMBERS or opened > rules.max_unpacked_bytes or packed > length:
        raise InvalidFile(TOO_LARGE_MESSAGE)


def _is_unsafe_path(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ".." in name.split("/")


def _detect_archive_type(archive: zipfile.ZipFile, names: frozenset[str]) -> str:
    """Return the type of an archive, or "" if it is unknown."""
    for kind, members in OFFICE_MEMBERS.items():
        if names >= members:
            return kind
    if names >= OPEN_DOCUMENT_MEMBERS and archive.infolist()[0].filename == "mimetype":
        with archive.open("mimetype") as mimetype_file:
            return OPEN_DOCUMENT_KINDS.get(
                mimetype_file.read(max(map(len, OPEN_DOCUMENT_KINDS)) + 1), ""
            )
    return ""


def _test_members(archive: zipfile.ZipFile) -> None:
    """Decompress every member to detect wrong sizes and checksums."""
    for member in archive.infolist():
        with archive.open(member) as opened:
            while opened.read(READ_SIZE):
                pass
