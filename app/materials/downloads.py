"""File downloads: always as an attachment with a name, never displayed as a page of this site."""

import re
import unicodedata
from importlib import import_module
from typing import Final
from urllib.parse import quote

from flask import Response, request
from werkzeug.wsgi import FileWrapper

from app import clock, preview_mode
from app.database import db
from app.materials.models import DownloadCount, Material
from app.materials.storage import CHUNK_BYTES, BlobReader
from app.request_transaction import execute_after_request

MEDIA_TYPES: Final = {
    "pdf": "application/pdf",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
SANDBOX_POLICY: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"
MAX_FILENAME_LENGTH: Final = 80  # characters
NOT_IN_FILENAMES: Final = re.compile(r"[^\w\-. ]+")


def send(material: Material) -> Response:
    """Return the file as a response, or the range that was requested (RFC 9110, section 14)."""
    file = BlobReader(db.engine, material.id, material.size)
    answer = Response(
        FileWrapper(file, CHUNK_BYTES),  # type: ignore[arg-type]  # any object with read() will do
        mimetype=MEDIA_TYPES[material.kind],
        direct_passthrough=True,
    )
    answer.content_length = material.size
    answer.set_etag(material.digest[:32])
    answer.headers["Content-Disposition"] = _content_disposition(build_filename(material))
    answer.headers["Content-Security-Policy"] = SANDBOX_POLICY
    answer.headers["Cache-Control"] = "no-cache"
    answer.make_conditional(request, accept_ranges=True, complete_length=material.size)
    return answer


def count_download(material: Material, response: Response) -> None:
    """Count a download when its first byte is requested; the visitor does not wait for this."""
    starts = response.content_range.start if response.content_range else 0
    if (
        request.method != "GET"
        or response.status_code > 206
        or starts
        or preview_mode.current() is not None
    ):
        return
    dialect = import_module(
        f"sqlalchemy.dialects.{db.engine.dialect.name}"
    )  # import only the one in use
    row = {"material_id": material.id, "day": clock.now().date(), "count": 1}
    statement = dialect.insert(DownloadCount).values(row)
    increment = {"count": DownloadCount.count + 1}
    execute_after_request(
        statement.on_conflict_do_update(index_elements=["material_id", "day"], set_=increment)
    )


def build_filename(material: Material) -> str:
    """Return a descriptive file name that is valid on every system."""
    said = f"{material.session.title} – {material.title}".replace("–", "-")
    plain = " ".join(NOT_IN_FILENAMES.sub(" ", unicodedata.normalize("NFC", said)).split())
    return f"{plain[:MAX_FILENAME_LENGTH].strip(' .-')}.{material.kind}"


def _content_disposition(filename: str) -> str:
    """Return the header with an ASCII and a UTF-8 file name (RFC 6266)."""
    folded = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode()
    ascii_name = " ".join(folded.split()) if folded.strip(" .")[0:1].isalnum() else ""
    simple = ascii_name or f"material.{filename.rpartition('.')[2]}"
    return f"attachment; filename=\"{simple}\"; filename*=UTF-8''{quote(filename, safe='')}"
