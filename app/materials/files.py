"""Files of materials: stored in chunks, and sent as downloads, never displayed as a page."""

import io
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Final
from urllib.parse import quote

from flask import Response, request
from sqlalchemy import Connection, Engine, delete, insert, select
from werkzeug.wsgi import FileWrapper

from app import clock, preview_mode
from app.database import db, read_only_connection
from app.materials.file_validation import AcceptedFile
from app.materials.models import DownloadCount, Material, MaterialChunk
from app.request_transaction import execute_after_request

CHUNK_BYTES: Final = 256 * 1024
# reads the chunk with a number; None: it does not exist, or cannot be decrypted
ChunkReader = Callable[[Connection, int], bytes | None]


def save(material: Material, file: AcceptedFile) -> None:
    """Store a file as the content of a material, replacing the previous content."""
    material.digest, material.size = file.digest, file.size
    db.session.flush()
    connection = db.session.connection()
    connection.execute(delete(MaterialChunk).where(MaterialChunk.material_id == material.id))
    file.stream.seek(0)
    for number, body in enumerate(iter(lambda: file.stream.read(CHUNK_BYTES), b"")):
        row = {"material_id": material.id, "number": number, "body": body}
        connection.execute(insert(MaterialChunk), row)


class BlobReader(io.RawIOBase):
    """A read-only, seekable file object that loads chunks from the database on demand."""

    def __init__(self, engine: Engine, read_chunk: ChunkReader, size: int) -> None:
        super().__init__()
        self._engine = engine
        self._read_chunk = read_chunk
        self._size = size
        self._position = 0
        self._chunk_number = -1
        self._chunk = b""

    def readable(self) -> bool:
        """Return True: the file can be read."""
        return True

    def seekable(self) -> bool:
        """Return True: the file supports random access."""
        return True

    def tell(self) -> int:
        """Return the current position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Change the position and return it; see ``io.IOBase.seek``."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: object) -> int:
        """Read at most the rest of the current chunk and return the number of bytes read."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # any buffer
        if self._position >= self._size:
            return 0
        number, offset = divmod(self._position, CHUNK_BYTES)
        found = self._read(number)[offset : offset + len(view)]
        view[: len(found)] = found
        self._position += len(found)
        return len(found)

    def _read(self, number: int) -> bytes:
        if number != self._chunk_number:
            with read_only_connection(self._engine) as connection:
                found = self._read_chunk(connection, number)
            if found is None:  # deleted in the meantime: abort the response
                raise OSError("a file is no longer kept")
            self._chunk_number, self._chunk = number, found
        return self._chunk


MEDIA_TYPES: Final = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "jpg": "image/jpeg",
    "odt": "application/vnd.oasis.opendocument.text",
    "png": "image/png",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
SANDBOX_POLICY: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"
MAX_FILENAME_LENGTH: Final = 80  # characters
NOT_IN_FILENAMES: Final = re.compile(r"[^\w\-. ]+")


@dataclass(frozen=True)
class StoredFile:
    """A file in the database."""

    name: str
    size: int  # bytes
    digest: str
    read_chunk: ChunkReader

    def open(self) -> BlobReader:
        """Return its content as a file object."""
        return BlobReader(db.engine, self.read_chunk, self.size)


def send(material: Material) -> Response:
    """Return the file of a material as a response."""

    def read_chunk(connection: Connection, number: int) -> bytes | None:
        of_material = MaterialChunk.material_id == material_id, MaterialChunk.number == number
        return connection.scalar(select(MaterialChunk.body).where(*of_material))

    material_id = material.id
    name = build_filename(material)
    return send_stored(StoredFile(name, material.size, material.digest, read_chunk))


def send_stored(file: StoredFile) -> Response:
    """Return a file as a response, or the range that was requested (RFC 9110, section 14)."""
    answer = Response(
        FileWrapper(file.open(), CHUNK_BYTES),  # type: ignore[arg-type]  # any object with read()
        mimetype=MEDIA_TYPES[file.name.rpartition(".")[2]],
        direct_passthrough=True,
    )
    answer.content_length = file.size
    answer.set_etag(file.digest[:32])
    answer.headers["Content-Disposition"] = _content_disposition(file.name)
    answer.headers["Content-Security-Policy"] = SANDBOX_POLICY
    answer.headers["Cache-Control"] = "no-cache"
    answer.make_conditional(request, accept_ranges=True, complete_length=file.size)
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
    )  # import only the database driver in use
    row = {"material_id": material.id, "day": clock.now().date(), "count": 1}
    statement = dialect.insert(DownloadCount).values(row)
    increment = {"count": DownloadCount.count + 1}
    execute_after_request(
        statement.on_conflict_do_update(index_elements=["material_id", "day"], set_=increment)
    )


def build_filename(material: Material) -> str:
    """Return a descriptive file name that is valid on every system."""
    title = f"{material.session.title} – {material.title}".replace("–", "-")
    plain = " ".join(NOT_IN_FILENAMES.sub(" ", unicodedata.normalize("NFC", title)).split())
    return f"{plain[:MAX_FILENAME_LENGTH].strip(' .-')}.{material.kind}"


def _content_disposition(filename: str) -> str:
    """Return the header with an ASCII and a UTF-8 file name (RFC 6266)."""
    folded = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode()
    ascii_name = " ".join(folded.split()) if folded.strip(" .")[0:1].isalnum() else ""
    simple = ascii_name or f"file.{filename.rpartition('.')[2]}"
    return f"attachment; filename=\"{simple}\"; filename*=UTF-8''{quote(filename, safe='')}"
