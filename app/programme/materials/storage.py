"""Files in the database, a piece at a time in both directions, so that memory stays flat.

Every host sees them, a backup of the database holds them, and what is rolled back has never been.
"""

import hashlib
import io
from typing import BinaryIO, Final

from sqlalchemy import Engine, delete, insert, select

from app.database import db, reading
from app.programme.materials.models import Material, Piece

LENGTH: Final = 256 * 1024  # bytes of a piece


def store(material: Material, file: BinaryIO) -> None:
    """Keep a file as that of a material, in place of what it had."""
    db.session.flush()
    connection = db.session.connection()
    connection.execute(delete(Piece).where(Piece.material_id == material.id))
    file.seek(0)
    digest, size, number = hashlib.sha256(), 0, 0
    while body := file.read(LENGTH):
        row = {"material_id": material.id, "number": number, "body": body}
        connection.execute(insert(Piece), row)
        digest.update(body)
        size, number = size + len(body), number + 1
    material.digest, material.size = digest.hexdigest(), size
    db.session.flush()


def digest(file: BinaryIO) -> str:
    """Tell what stands for a file."""
    found = hashlib.sha256()
    file.seek(0)
    while body := file.read(LENGTH):
        found.update(body)
    return found.hexdigest()


class Stored(io.RawIOBase):
    """A file that is read from the database as its reader takes it."""

    def __init__(self, engine: Engine, material: int, size: int) -> None:
        super().__init__()
        self._engine = engine
        self._material = material
        self._size = size
        self._at = 0
        self._number = -1
        self._piece = b""

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Tell where it is read next."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to where it is to be read next."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: object) -> int:
        """Read what is left of the piece at hand."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # a buffer of any kind
        if self._at >= self._size:
            return 0
        number, offset = divmod(self._at, LENGTH)
        found = self._read(number)[offset : offset + len(view)]
        view[: len(found)] = found
        self._at += len(found)
        return len(found)

    def _read(self, number: int) -> bytes:
        if number != self._number:
            wanted = select(Piece.body).where(
                Piece.material_id == self._material, Piece.number == number
            )
            with reading(self._engine) as connection:
                found = connection.execute(wanted).scalar()
            if found is None:  # taken away meanwhile: the sending ends here, and is seen to
                raise OSError("a file is no longer kept")
            self._number, self._piece = number, bytes(found)
        return self._piece
