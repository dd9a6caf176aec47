"""Test files for uploads of slides and papers: plain, odd and hostile ones."""

import zipfile
from collections.abc import Mapping
from io import BytesIO

ODP = b"application/vnd.oasis.opendocument.presentation"
TYPES = (
    b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Override PartName="/ppt/presentation.xml" ContentType="application/'
    b'vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"/></Types>'
)
OF_PPTX = {
    "[Content_Types].xml": TYPES,
    "_rels/.rels": b"<Relationships/>",
    "ppt/presentation.xml": b"<p:presentation/>",
}
OF_ODP = {
    "mimetype": ODP,
    "META-INF/manifest.xml": b"<manifest:manifest/>",
    "content.xml": b"<office:document-content/>",
}


OF_DOCX = {
    "[Content_Types].xml": TYPES.replace(b"presentationml", b"wordprocessingml"),
    "_rels/.rels": b"<Relationships/>",
    "word/document.xml": b"<w:document/>",
}
OF_ODT = {**OF_ODP, "mimetype": b"application/vnd.oasis.opendocument.text"}


def make_pdf(body: bytes = b"") -> bytes:
    """Give a small PDF."""
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
        + body
        + b"\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
    )


def make_zip(
    members: Mapping[str, bytes], packed: int = zipfile.ZIP_DEFLATED, comment: bytes = b""
) -> bytes:
    """Give an archive with these members."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", packed) as archive:
        for name, body in members.items():
            archive.writestr(name, body, zipfile.ZIP_STORED if name == "mimetype" else packed)
        archive.comment = comment
    return out.getvalue()


def make_pptx(**more: bytes) -> bytes:
    """Give a small PPTX; what is added is named with ``__`` for ``/`` and ``_dot_`` for a dot."""
    named = {name.replace("__", "/").replace("_dot_", "."): body for name, body in more.items()}
    return make_zip({**OF_PPTX, **named})


def make_odp(**more: bytes) -> bytes:
    """Give a small ODP, likewise."""
    named = {name.replace("__", "/").replace("_dot_", "."): body for name, body in more.items()}
    return make_zip({**OF_ODP, **named})


def mark_encrypted(archive: bytes) -> bytes:
    """Give an archive whose members say that they are locked with a password."""
    changed = bytearray(archive)
    for begins, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        offset = changed.find(begins)
        while offset >= 0:
            changed[offset + at] |= 1
            offset = changed.find(begins, offset + 4)
    return bytes(changed)


def understate_sizes(archive: bytes, size: int) -> bytes:
    """Give an archive whose directory says that each member is smaller than it is."""
    changed = bytearray(archive)
    offset = changed.find(b"PK\x01\x02")
    while offset >= 0:
        changed[offset + 24 : offset + 28] = size.to_bytes(4, "little")
        offset = changed.find(b"PK\x01\x02", offset + 4)
    return bytes(changed)
