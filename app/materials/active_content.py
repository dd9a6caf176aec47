"""Detection of scripts, attached files and embedded programs in PDF and Office files.

It finds what PDF writers and Office programs produce. A hand-crafted PDF could still hide a script
in ways that only some viewers understand, which is why downloads never open as a page of the site.
"""

import io
import mmap
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from app.errors import InvalidFile

Buffer = bytes | mmap.mmap
PROTECTED_MESSAGE: Final = "This PDF has a password. Save it without a password"
SCRIPT_MESSAGE: Final = "This PDF contains scripts or attachments. Save it without them"
UNREADABLE_MESSAGE: Final = "We could not check this PDF. Save it as a PDF again"
TOO_COMPLEX_MESSAGE: Final = (
    "This PDF is too complex for us to check. Print it to a new PDF and upload that file"
)
MACRO_MESSAGE: Final = "This file contains macros or other programs. Save it without them"
OBJECT_MESSAGE: Final = (
    "This file contains embedded objects. Replace them with pictures, or save the file as a PDF"
)
LINK_MESSAGE: Final = (
    "This file loads a template or an object from the internet. Save it as a PDF instead"
)
SCRIPT_NAMES: Final = frozenset(
    {b"JavaScript", b"JS", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"RichMedia"}
)
ENCRYPTION_NAME, OBJECT_STREAM_NAME = b"Encrypt", b"ObjStm"
DEFLATE_NAMES: Final = frozenset({b"FlateDecode", b"Fl"})
UNREADABLE_FILTERS: Final = frozenset(
    {
        *(b"ASCII85Decode", b"ASCIIHexDecode", b"LZWDecode", b"RunLengthDecode", b"CryptDecode"),
        *(b"A85", b"AHx", b"LZW", b"RL"),
    }
)
KNOWN_NAMES: Final = b"|".join(
    sorted(
        SCRIPT_NAMES | {ENCRYPTION_NAME, OBJECT_STREAM_NAME} | DEFLATE_NAMES | UNREADABLE_FILTERS
    )
)
# Skipped bytes, followed by a comment, a name that is known or has an escape, the start of a string
# or a stream, or the end of an object (ISO 32000-1, 7.2 and 7.3). The regular expression does the
# skipping, because a loop would take seconds for the names of a large file. It skips at most 20,000
# pieces at a time, so that other threads need not wait long.
PDF_TOKEN: Final = re.compile(
    rb"(?:[^%/(se]++"
    rb"|/(?!(?:" + KNOWN_NAMES + rb")(?:[\x00\t\n\f\r ()<>\[\]{}/%]|\Z))"
    rb"[^#\x00\t\n\f\r ()<>\[\]{}/%]*+(?!#)"
    rb"|(?!\bstream\r?\n|\bendobj\b)[se]){0,20000}+"
    rb"(?:(?P<comment>%[^\r\n]*+)"
    rb"|/(?P<name>[^\x00\t\n\f\r ()<>\[\]{}/%]++)"
    rb"|(?P<string>\()"
    rb"|\b(?P<stream>stream)\r?\n"
    rb"|\b(?P<end>endobj)\b)?"
)
STRING_PARENTHESIS: Final = re.compile(rb"(?:[^\\()]++|\\.)*+([()])", re.DOTALL)
OBJECT_START: Final = re.compile(rb"\d\s+obj\b")
ESCAPED_CHARACTER: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
STREAM_END, OBJECT_END = b"endstream", b"endobj"
MACRO_NAMES: Final = ("vbaproject", "vbadata", "activex", "macroenabled", ".exe", ".js", ".vbs")
MACRO_ENDINGS: Final = (".xlsm", ".xlsb", ".docm", ".pptm", ".dotm", ".xltm", ".potm", ".ppsm")
OPEN_DOCUMENT_MACRO_FOLDERS: Final = ("basic/", "scripts/")
OPEN_DOCUMENT_TEXTS: Final = ("content.xml", "styles.xml")
OPEN_DOCUMENT_MANIFEST: Final = "META-INF/manifest.xml"
OPEN_DOCUMENT_SCRIPTS: Final = (b"<script:event-listener", b"vnd.sun.star.script:")
OPEN_DOCUMENT_OBJECTS: Final = (b"application/vnd.sun.star.oleobject", b"application/x-ole")
OFFICE_CONTENT_TYPES, MACRO_MARKER = "[Content_Types].xml", b"macroenabled"
# a relationship, and a URL on another computer as its target (ECMA-376, part 2, 6.5.3)
OFFICE_RELATIONSHIP: Final = re.compile(rb"<(?:\w+:)?relationship\s[^>]*+>")
OFFICE_LOADED: Final = re.compile(
    rb"/relationships/(?:attachedtemplate|oleobject|subdocument|frame)\b"
)
OTHER_COMPUTER: Final = re.compile(
    rb"""\starget\s*=\s*["']\s*(?:https?:|ftp:|\\\\|//|file:/{2,5}\w[^:/]*/)"""
)
MAX_RELATIONSHIPS_BYTES: Final = 1024 * 1024  # of one part of a document
READ_SIZE: Final = 256 * 1024


@dataclass(frozen=True)
class PdfLimits:
    """How much of a PDF is examined before it is refused."""

    unpacked_bytes: int  # of all object streams together
    tokens: int  # objects, strings, comments and relevant names


class _Budget:
    """The remaining limits while a PDF is checked."""

    def __init__(self, limits: PdfLimits) -> None:
        self.unpacked_bytes = limits.unpacked_bytes
        self._tokens = limits.tokens

    def count_token(self) -> None:
        """Count a token; raise InvalidFile if there are too many."""
        self._tokens -= 1
        if self._tokens < 0:
            raise InvalidFile(TOO_COMPLEX_MESSAGE)


def check_pdf(file: BinaryIO, limits: PdfLimits) -> None:
    """Raise InvalidFile if a PDF is encrypted, or contains scripts, attached files or too much."""
    budget = _Budget(limits)
    for names, packed in _iterate_objects(_map(file), budget):
        _check_names(names)
        if packed is not None and OBJECT_STREAM_NAME in names:
            for inner, _ in _iterate_objects(_unpack(names, packed, budget), budget):
                _check_names(inner)


def check_archive(archive: zipfile.ZipFile, kind: str) -> None:
    """Raise InvalidFile if an Office file contains macros, scripts or embedded programs."""
    names = [name.lower() for name in archive.namelist()]
    if any(word in name for name in names for word in MACRO_NAMES):
        raise InvalidFile(MACRO_MESSAGE)
    if any(name.endswith(MACRO_ENDINGS) for name in names):
        raise InvalidFile(MACRO_MESSAGE)
    check = _check_open_document if kind in {"odp", "odt"} else _check_office
    check(archive, names)


def _check_office(archive: zipfile.ZipFile, names: Collection[str]) -> None:
    """Refuse macros by content type, and OLE objects; the workbooks of charts are allowed."""
    if _contains(archive, OFFICE_CONTENT_TYPES, [MACRO_MARKER]):
        raise InvalidFile(MACRO_MESSAGE)
    if any("/embeddings/" in name and name.endswith((".bin", ".ole")) for name in names):
        raise InvalidFile(OBJECT_MESSAGE)
    if any(_loads_from_elsewhere(archive, one) for one in archive.infolist()):
        raise InvalidFile(LINK_MESSAGE)


def _loads_from_elsewhere(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Return True if opening the file loads something from another computer, other than links."""
    if not member.filename.lower().endswith(".rels"):
        return False
    with archive.open(member) as part:
        body = part.read(MAX_RELATIONSHIPS_BYTES + 1).lower()
    return len(body) > MAX_RELATIONSHIPS_BYTES or any(
        OFFICE_LOADED.search(one) and OTHER_COMPUTER.search(one)
        for one in OFFICE_RELATIONSHIP.findall(body)
    )


def _check_open_document(archive: zipfile.ZipFile, names: Collection[str]) -> None:
    """Refuse macros by folder, scripts that a click would run, and OLE objects."""
    if any(name.startswith(OPEN_DOCUMENT_MACRO_FOLDERS) for name in names):
        raise InvalidFile(MACRO_MESSAGE)
    texts = [name for name in archive.namelist() if name.rpartition("/")[2] in OPEN_DOCUMENT_TEXTS]
    if any(_contains(archive, name, OPEN_DOCUMENT_SCRIPTS) for name in texts):
        raise InvalidFile(MACRO_MESSAGE)
    if _contains(archive, OPEN_DOCUMENT_MANIFEST, OPEN_DOCUMENT_OBJECTS):
        raise InvalidFile(OBJECT_MESSAGE)


def _contains(archive: zipfile.ZipFile, name: str, markers: Collection[bytes]) -> bool:
    """Return True if a member contains one of these, in any case; it is read in pieces."""
    overlap = max(map(len, markers))
    with archive.open(name) as member:
        before = b""
        while body := member.read(READ_SIZE):
            piece = before + body.lower()
            if any(marker in piece for marker in markers):
                return True
            before = piece[-overlap:]
    return False


def _map(file: BinaryIO) -> Buffer:
    """Return the bytes of a file; a large upload on disk is mapped, not copied into memory."""
    try:
        file.flush()
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (io.UnsupportedOperation, AttributeError, OSError, ValueError):
        file.seek(0)
        return file.read()


class _NextWord:
    """Finds the next occurrence of a word; for increasing positions, it reads the buffer once."""

    def __init__(self, buffer: Buffer, word: bytes) -> None:
        self._buffer = buffer
        self._word = word
        self._found = -1

    def after(self, at: int) -> int:
        """Return the position of the next occurrence, or the length of the buffer."""
        if self._found < at:
            found = self._buffer.find(self._word, at)
            self._found = len(self._buffer) if found < 0 else found
        return self._found


def _iterate_objects(
    buffer: Buffer, budget: _Budget
) -> Iterator[tuple[frozenset[bytes], bytes | None]]:
    """Yield the known names in each object, and its stream if it is an object stream."""
    names: set[bytes] = set()
    for kind, start, end in _iterate_tokens(buffer, budget):
        if kind == "name":
            names.add(_unescape(buffer[start:end]))
        elif kind == "comment":
            _check_comment(buffer[start:end])
        else:
            yield frozenset(names), buffer[start:end] if OBJECT_STREAM_NAME in names else None
            names = set()
    yield frozenset(names), None


def _iterate_tokens(buffer: Buffer, budget: _Budget) -> Iterator[tuple[str, int, int]]:
    """Yield kind, start and end of each known name, comment, stream and end of an object."""
    next_end, next_stream_end = _NextWord(buffer, OBJECT_END), _NextWord(buffer, STREAM_END)
    at = plain_until = 0  # no complete strings before plain_until
    while (token := PDF_TOKEN.match(buffer, at)) and token.end() > at:
        kind, at = token.lastgroup, token.end()
        budget.count_token()
        if kind == "string":
            if at > plain_until:
                at, plain_until = _skip_string(buffer, at, next_end.after(at), budget)
        elif kind == "stream":
            start, end = at, next_stream_end.after(at)
            at = end if end < next_end.after(at) else at  # otherwise it may contain objects
            yield kind, start, at
        elif kind:
            yield kind, *token.span(kind)


def _skip_string(buffer: Buffer, start: int, limit: int, budget: _Budget) -> tuple[int, int]:
    """Return the end of a string, and the position before which no string ends."""
    depth, at = 1, start
    while depth and (part := STRING_PARENTHESIS.match(buffer, at, limit)):
        budget.count_token()
        at = part.end()
        depth += {b"(": 1, b")": -1}[part[1]]
    return (start, limit) if depth else (at, 0)


def _check_comment(comment: bytes) -> None:
    """Raise InvalidFile if a comment hides an object, which the file's index could point to."""
    if OBJECT_START.search(comment):
        raise InvalidFile(UNREADABLE_MESSAGE)


def _unescape(name: bytes) -> bytes:
    """Return a name without escapes: J#53 is JS."""
    if b"#" not in name:
        return name
    return ESCAPED_CHARACTER.sub(lambda found: bytes([int(found[1], 16)]), name)


def _check_names(names: frozenset[bytes]) -> None:
    if ENCRYPTION_NAME in names:
        raise InvalidFile(PROTECTED_MESSAGE)
    if not names.isdisjoint(SCRIPT_NAMES):
        raise InvalidFile(SCRIPT_MESSAGE)


def _unpack(names: frozenset[bytes], packed: bytes, budget: _Budget) -> bytes:
    """Return the objects in an object stream; raise InvalidFile if they cannot be read."""
    if not names.isdisjoint(UNREADABLE_FILTERS):
        raise InvalidFile(UNREADABLE_MESSAGE)
    limit = budget.unpacked_bytes
    try:
        is_packed = not names.isdisjoint(DEFLATE_NAMES)
        body = zlib.decompressobj().decompress(packed, limit + 1) if is_packed else packed
    except zlib.error:
        raise InvalidFile(UNREADABLE_MESSAGE) from None
    if len(body) > limit:
        raise InvalidFile(TOO_COMPLEX_MESSAGE)
    budget.unpacked_bytes -= len(body)
    return body
