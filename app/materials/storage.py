"""Files in the database, written and read in chunks so that memory use stays low.

All hosts see them, they are in database backups, and a rollback removes them.
"""

import io
from typing import Final

from sqlalchemy import Engine, delete, insert, select

from app.database import db, read_only_connection
from app.materials.file_validation import AcceptedFile
from app.materials.models import Material, MaterialChunk

CHUNK_BYTES: Final = 256 * 1024


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

    def __init__(self, engine: Engine, material: int, size: int) -> None:
        super().__init__()
        self._engine = engine
        self._material = material
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
            wanted = select(MaterialChunk.body).where(
                MaterialChunk.material_id == self._material, MaterialChunk.number == number
            )
            with read_only_connection(self._engine) as connection:
                found = connection.execute(wanted).scalar()
            if found is None:  # deleted meanwhile: abort the response
                raise OSError("a file is no longer kept")
            self._chunk_number, self._chunk = number, bytes(found)
        return self._chunk
