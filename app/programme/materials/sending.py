"""A file on its way out: as a download with a name, never as a page of this site."""

import re
import unicodedata
from importlib import import_module
from typing import Final
from urllib.parse import quote

from flask import Response, request
from werkzeug.wsgi import FileWrapper

from app import clock, lens
from app.database import db, write_afterwards
from app.programme.materials.models import Downloads, Material
from app.programme.materials.storage import LENGTH, Stored

MEDIA_TYPES: Final = {
    "pdf": "application/pdf",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
AS_NOTHING: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"
LONGEST_NAME: Final = 80  # characters
NOT_IN_NAMES: Final = re.compile(r"[^\w\-. ]+")


def sent(material: Material) -> Response:
    """Send a file, or the part of it that is asked for."""
    file = Stored(db.engine, material.id, material.size)
    answer = Response(
        FileWrapper(file, LENGTH),  # type: ignore[arg-type]  # whatever has read() will do
        mimetype=MEDIA_TYPES[material.kind],
        direct_passthrough=True,
    )
    answer.content_length = material.size
    answer.set_etag(material.digest[:32])
    answer.headers["Content-Disposition"] = _disposition(name(material))
    answer.headers["Content-Security-Policy"] = AS_NOTHING
    answer.headers["Cache-Control"] = "no-cache"
    answer.make_conditional(request, accept_ranges=True, complete_length=material.size)
    return answer


def count(material: Material, answer: Response) -> None:
    """Note that a file was taken, once for each who begins to read it; nobody waits for it."""
    starts = answer.content_range.start if answer.content_range else 0
    if request.method != "GET" or answer.status_code > 206 or starts or lens.current() is not None:
        return
    dialect = import_module(f"sqlalchemy.dialects.{db.engine.dialect.name}")  # and not the other
    row = {"material_id": material.id, "day": clock.now().date(), "count": 1}
    noted = dialect.insert(Downloads).values(row)
    more = {"count": Downloads.count + 1}
    write_afterwards(noted.on_conflict_do_update(index_elements=["material_id", "day"], set_=more))


def name(material: Material) -> str:
    """Give a file a name that says what it is, on any machine."""
    said = f"{material.session.title} – {material.title}".replace("–", "-")
    plain = " ".join(NOT_IN_NAMES.sub(" ", unicodedata.normalize("NFC", said)).split())
    return f"{plain[:LONGEST_NAME].strip(' .-')}.{material.kind}"


def _disposition(called: str) -> str:
    """Write a name as RFC 6266 has it: in ASCII for old programs, and as it is."""
    folded = unicodedata.normalize("NFKD", called).encode("ascii", "ignore").decode()
    ascii_name = " ".join(folded.split()) if folded.strip(" .")[0:1].isalnum() else ""
    simple = ascii_name or f"material.{called.rpartition('.')[2]}"
    return f"attachment; filename=\"{simple}\"; filename*=UTF-8''{quote(called, safe='')}"
