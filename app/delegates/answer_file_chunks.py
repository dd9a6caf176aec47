"""The chunks of uploaded answer files: encrypted with ``DATA_KEY``, and read one at a time.

Each chunk is bound to its file and to its number. A file names the key of all its chunks; the
worker encrypts those that are unencrypted or under an older key, each file in one transaction.
"""

from collections.abc import Mapping
from typing import BinaryIO, Final

from sqlalchemy import ColumnElement, Connection, case, func, insert, select, update

from app import encryption
from app.database import db
from app.encryption import KeyRing, get_key_ring
from app.materials.files import CHUNK_BYTES, ChunkReader
from app.questions.models import AnswerFile, AnswerFileChunk

BATCH_SIZE: Final = 5  # files encrypted in one transaction: up to 50 MB
ADDED_BYTES: Final = case((AnswerFile.key_id != "", encryption.ADDED_BYTES), else_=0)
IS_COMPLETE: Final = (  # of all chunks of a file
    func.coalesce(func.sum(func.length(AnswerFileChunk.body)), 0)
    == AnswerFile.size + func.count(AnswerFileChunk.number) * ADDED_BYTES
)


class UnreadableChunk(Exception):
    """A chunk was altered or moved."""


def store(key: str, content: BinaryIO) -> None:
    """Store the chunks of a file whose row already names the current key."""
    connection, ring = db.session.connection(), get_key_ring()
    content.seek(0)
    for number, body in enumerate(iter(lambda: content.read(CHUNK_BYTES), b"")):
        stored = ring.encrypt_bytes(body, _find_place(key, number))
        connection.execute(
            insert(AnswerFileChunk), {"file_key": key, "number": number, "body": stored}
        )


def prepare_reader(key: str) -> ChunkReader:
    """Return a function that reads the chunks of a file; it works even after the request."""
    ring = get_key_ring()
    return lambda connection, number: _read(connection, ring, key, number)


def _read(connection: Connection, ring: KeyRing, key: str, number: int) -> bytes | None:
    """Return a chunk; None if it does not exist or cannot be read."""
    row = connection.execute(
        select(AnswerFileChunk.body, AnswerFile.key_id)
        .join(AnswerFile, AnswerFile.key == AnswerFileChunk.file_key)
        .where(AnswerFileChunk.file_key == key, AnswerFileChunk.number == number)
    ).one_or_none()
    if row is None:
        return None
    return ring.decrypt_bytes(bytes(row[0]), _find_place(key, number), row[1])


def _find_place(key: str, number: int) -> str:
    return f"answer_file_chunk.body {key} {number}"


def map_complete(*keys: str) -> Mapping[str, int]:
    """Map the keys of files to their sizes, if all of their chunks are stored."""
    files = (
        select(AnswerFile.key, AnswerFile.size)
        .outerjoin(AnswerFileChunk, AnswerFileChunk.file_key == AnswerFile.key)
        .group_by(AnswerFile.key)
        .having(IS_COMPLETE)
    )
    rows = files.where(AnswerFile.key.in_(keys)) if keys else files
    return dict(db.session.execute(rows).tuples().all())


def count_by_key() -> Mapping[str, int]:
    """Return the number of files that are not under the current key, by the id of their key."""
    rows = select(AnswerFile.key_id, func.count()).where(_is_pending(get_key_ring()))
    return dict(db.session.execute(rows.group_by(AnswerFile.key_id)).tuples().all())


def encrypt_batch() -> int:
    """Encrypt some files that are unencrypted or under an older key; return their number."""
    ring = get_key_ring()
    readable = ("", *ring.ciphers)
    pending = select(AnswerFile.key).where(_is_pending(ring), AnswerFile.key_id.in_(readable))
    count = 0
    for key in db.session.scalars(pending.order_by(AnswerFile.key)).all() if ring.ciphers else ():
        count += _encrypt(ring, key)
        if count == BATCH_SIZE:
            break
    return count


def _is_pending(ring: KeyRing) -> ColumnElement[bool]:
    return AnswerFile.key_id != ring.current_id


def _encrypt(ring: KeyRing, key: str) -> bool:
    """Encrypt a file again; return False if it has been deleted or cannot be read."""
    row = select(AnswerFile.key_id).where(AnswerFile.key == key).with_for_update()
    key_id = db.session.scalar(row)
    if key_id is None:
        return False
    try:
        with db.session.begin_nested():
            _encrypt_chunks(ring, key, key_id)
    except UnreadableChunk:
        return False
    return True


def _encrypt_chunks(ring: KeyRing, key: str, key_id: str) -> None:
    connection = db.session.connection()
    of_file = AnswerFileChunk.file_key == key
    for number in connection.scalars(select(AnswerFileChunk.number).where(of_file)).all():
        body = _read(connection, ring, key, number)
        if body is None:
            raise UnreadableChunk
        stored = ring.encrypt_bytes(body, _find_place(key, number))
        conditions = of_file, AnswerFileChunk.number == number
        connection.execute(update(AnswerFileChunk).where(*conditions).values(body=stored))
    connection.execute(
        update(AnswerFile).where(AnswerFile.key == key).values(key_id=ring.current_id)
    )
