"""Detection of scripts, attached files and embedded programs in PDF and Office files.

It finds what PDF writers and Office programs produce. A PDF made by hand could still hide a script
in ways that only some viewers understand, which is why downloads never open as a page of the site.
"""

import io
import mmap
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from typing import BinaryIO, Final

from app.errors import InvalidFile

Buffer = bytes | mmap.mmap
PROTECTED_MESSAGE: Final = "This PDF has a password. Save it without a password"
SCRIPT_MESSAGE: Final = "This PDF contains scripts or attachments. Save it without them"
UNREADABLE_MESSAGE: Final = "We could not check this PDF. Save it as a PDF again"
MACRO_MESSAGE: Final = "This file contains macros or other programs. Save it without them"
OBJECT_MESSAGE: Final = (
    "This file contains embedded objects. Replace them with pictures, or save the file as a PDF"
)
LINK_MESSAGE: Final = (
    "This file loads a template or an object from the internet. Save it as a PDF instead"
)
# a comment, a name, or the beginning of a string, of a stream (ISO 32000-1, 7.2 and 7.3)
PDF_TOKEN: Final = re.compile(
    rb"(?P<comment>%[^\r\n]*+)"
    rb"|/(?P<name>[^\x00\t\n\f\r ()<>\[\]{}/%]++)"
    rb"|(?P<string>\()"
    rb"|\b(?P<stream>stream)\r?\n"
    rb"|\b(?P<end>endobj)\b"
)
STRING_PART: Final = re.compile(rb"\\.|[()]", re.DOTALL)
OBJECT_START: Final = re.compile(rb"\d\s+obj\b")
ESCAPED_CHARACTER: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
STREAM_END, OBJECT_END = b"endstream", b"endobj"
SCRIPT_NAMES: Final = frozenset(
    {b"JavaScript", b"JS", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"RichMedia"}
)
FILTER_NAMES: Final = re.compile(rb"(?:ASCII85|ASCIIHex|LZW|RunLength|Crypt)Decode|A85|AHx|LZW|RL")
MAX_UNPACKED_BYTES: Final = 64 * 1024 * 1024  # of all object streams together
MACRO_NAMES: Final = ("vbaproject", "vbadata", "activex", "macroenabled", ".exe", ".js", ".vbs")
MACRO_ENDINGS: Final = (".xlsm", ".xlsb", ".docm", ".pptm", ".dotm", ".xltm", ".potm", ".ppsm")
OPEN_DOCUMENT_MACRO_FOLDERS: Final = ("basic/", "scripts/")
OPEN_DOCUMENT_TEXTS: Final = ("content.xml", "styles.xml")
OPEN_DOCUMENT_MANIFEST: Final = "META-INF/manifest.xml"
OPEN_DOCUMENT_SCRIPTS: Final = (b"<script:event-listener", b"vnd.sun.star.script:")
OPEN_DOCUMENT_OBJECTS: Final = (b"application/vnd.sun.star.oleobject", b"application/x-ole")
OFFICE_CONTENT_TYPES, MACRO_MARKER = "[Content_Types].xml", b"macroenabled"
# a relationship, and an address of another computer that it leads to (ECMA-376, part 2, 6.5.3)
OFFICE_RELATIONSHIP: Final = re.compile(rb"<(?:\w+:)?relationship\s[^>]*+>")
OFFICE_LOADED: Final = re.compile(
    rb"/relationships/(?:attachedtemplate|oleobject|subdocument|frame)\b"
)
OTHER_COMPUTER: Final = re.compile(
    rb"""\starget\s*=\s*["']\s*(?:https?:|ftp:|\\\\|//|file:/{2,5}\w[^:/]*/)"""
)
MAX_RELATIONSHIPS_BYTES: Final = 1024 * 1024  # of one part of a document
READ_SIZE: Final = 256 * 1024


def check_pdf(file: BinaryIO) -> None:
    """Raise InvalidFile if a PDF is encrypted, or contains scripts or attached files."""
    buffer = _map(file)
    unpacked = 0
    for names, packed in _iterate_objects(buffer):
        _check_names(names)
        if packed is not None and b"ObjStm" in names:
            body = _unpack(names, packed, MAX_UNPACKED_BYTES - unpacked)
            unpacked += len(body)
            for inner, _ in _iterate_objects(body):
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
    """Refuse macros by content type, and OLE objects; the workbooks of charts are no objects."""
    if _contains(archive, OFFICE_CONTENT_TYPES, [MACRO_MARKER]):
        raise InvalidFile(MACRO_MESSAGE)
    if any("/embeddings/" in name and name.endswith((".bin", ".ole")) for name in names):
        raise InvalidFile(OBJECT_MESSAGE)
    if any(_loads_from_elsewhere(archive, one) for one in archive.infolist()):
        raise InvalidFile(LINK_MESSAGE)


def _loads_from_elsewhere(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Return True if opening the file loads something from another computer; links do not."""
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
    """Return the bytes of a file; a large upload is on disk, and is not copied into memory."""
    try:
        file.flush()
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (io.UnsupportedOperation, AttributeError, OSError, ValueError):
        file.seek(0)
        return file.read()


class _NextWord:
    """Finds where a word next occurs; asked for rising positions, it reads the buffer once."""

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


def _iterate_objects(buffer: Buffer) -> Iterator[tuple[frozenset[bytes], bytes | None]]:
    """Yield the names in each object, and its stream if it is an object stream."""
    names: set[bytes] = set()
    for kind, start, end in _iterate_tokens(buffer):
        if kind == "name":
            names.add(_unescape(buffer[start:end]))
        elif kind == "comment":
            _check_comment(buffer[start:end])
        else:
            yield frozenset(names), buffer[start:end] if b"ObjStm" in names else None
            names = set()
    yield frozenset(names), None


def _iterate_tokens(buffer: Buffer) -> Iterator[tuple[str | None, int, int]]:
    """Yield kind, start and end of each name, comment, stream and end of an object."""
    next_end, next_stream_end = _NextWord(buffer, OBJECT_END), _NextWord(buffer, STREAM_END)
    at = plain_until = 0  # no strings before plain_until, because one has no end
    while token := PDF_TOKEN.search(buffer, at):
        kind, at = token.lastgroup, token.end()
        if kind == "string":
            if at > plain_until:
                at, plain_until = _skip_string(buffer, at, next_end.after(at))
        elif kind == "stream":
            start, end = at, next_stream_end.after(at)
            at = end if end < next_end.after(at) else at  # else objects may be in it
            yield kind, start, at
        else:
            yield kind, *token.span(kind or 0)


def _skip_string(buffer: Buffer, start: int, limit: int) -> tuple[int, int]:
    """Return where a string ends, and up to where there are none if it has no end in its object."""
    depth, at = 1, start
    while depth and (part := STRING_PART.search(buffer, at, limit)):
        at = part.end()
        depth += {b"(": 1, b")": -1}.get(part[0], 0)
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
    if b"Encrypt" in names:
        raise InvalidFile(PROTECTED_MESSAGE)
    if not names.isdisjoint(SCRIPT_NAMES):
        raise InvalidFile(SCRIPT_MESSAGE)


def _unpack(names: frozenset[bytes], packed: bytes, limit: int) -> bytes:
    """Return the objects in an object stream; raise InvalidFile if they cannot be read."""
    if any(FILTER_NAMES.fullmatch(name) for name in names):
        raise InvalidFile(UNREADABLE_MESSAGE)
    if names.isdisjoint({b"FlateDecode", b"Fl"}):
        return packed
    unpacker = zlib.decompressobj()
    try:
        body = unpacker.decompress(packed, max(1, limit))
    except zlib.error:
        raise InvalidFile(UNREADABLE_MESSAGE) from None
    if unpacker.unconsumed_tail:
        raise InvalidFile(UNREADABLE_MESSAGE)
    return body
