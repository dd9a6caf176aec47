"""The container of a backup: a ZIP archive whose manifest describes each member."""

import fcntl
import lzma
import os
import struct
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Annotated, Final, Literal
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from app import clock
from app.errors import InvalidFile, RuleViolation

FORMAT_VERSION: Final = 1
MIMETYPE: Final = "application/vnd.conference-backup+zip"
MIMETYPE_MEMBER: Final = "mimetype"
BEGINNING: Final = b"PK\x03\x04"
MIMETYPE_OFFSET: Final = 30  # bytes before the name of the first member
MANIFEST_MEMBER: Final = "manifest.json"
KEYS_MEMBER: Final = "keys.json"
MAX_MANIFEST_BYTES: Final = 4 * 1024 * 1024
MAX_KEYS_BYTES: Final = 256 * 1024
PART: Final = ".part"  # the suffix of a temporary name
MIN_AGE_OF_INTERRUPTED: Final = 60.0  # seconds: a younger file may not have been locked yet
COMPRESSION_LEVEL: Final = 3  # most of a large backup is photos and slides, already compressed
DAMAGE: Final = (  # errors from reading a damaged archive
    *(BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, NotImplementedError, OSError, RuntimeError, ValueError),
)

Name = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$")]
Kind = Literal["boolean", "integer", "number", "moment", "date", "bytes", "text"]


class TableEntry(BaseModel):
    """A table in the manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    columns: tuple[tuple[Name, Kind], ...]
    rows: NonNegativeInt
    size: NonNegativeInt  # bytes, before compression
    sha256: str

    @property
    def member(self) -> str:
        """Return the name of the table's member."""
        return f"tables/{self.name}.jsonl"


class Manifest(BaseModel):
    """The contents of a backup."""

    model_config = ConfigDict(frozen=True)

    format_version: int
    created_at: datetime
    migration: str
    database: str
    settings: dict[str, str]
    secret_key_fingerprint: str
    has_keys: bool
    tables: tuple[TableEntry, ...]

    @property
    def row_count(self) -> int:
        """Return the number of rows in all tables."""
        return sum(table.rows for table in self.tables)


class FormatVersion(BaseModel):
    """The part of a manifest that all versions of the format share."""

    format_version: int


@contextmanager
def create(path: Path) -> Iterator[ZipFile]:
    """Write an archive that only its owner can read, under a temporary name until complete."""
    if path.exists() and not is_backup(path):
        raise RuleViolation(f"{path} exists and is not a backup. Choose another name")
    _delete_interrupted(path)
    descriptor, temporary = _create_temporary(path)
    try:
        with os.fdopen(descriptor, "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # until closed; a lock does not outlive its process
            with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=COMPRESSION_LEVEL) as archive:
                archive.writestr(MIMETYPE_MEMBER, MIMETYPE, ZIP_STORED)
                yield archive
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as fault:
        raise RuleViolation(f"Cannot write {path}: {fault.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)


def _create_temporary(path: Path) -> tuple[int, Path]:
    try:
        descriptor, name = tempfile.mkstemp(PART, f".{path.name}.", path.parent)  # mode 0600
    except OSError as fault:
        raise RuleViolation(f"Cannot write {path}: {fault.strerror}") from None
    return descriptor, Path(name)


def _delete_interrupted(path: Path) -> None:
    """Delete the files that interrupted backups left in the folder, whatever their names."""
    for one in path.parent.glob(f".*{PART}"):
        if one.name.startswith(f".{path.name}.") or is_backup(one):
            with suppress(OSError):
                _delete_if_unused(one)


def _delete_if_unused(temporary: Path) -> None:
    """Delete a file unless a process is writing it, or is just about to."""
    with temporary.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError while it is written
        age = clock.real_now().timestamp() - os.fstat(file.fileno()).st_mtime
        if age > MIN_AGE_OF_INTERRUPTED:
            temporary.unlink()


def write_table(
    archive: ZipFile, name: str, columns: tuple[tuple[str, str], ...], lines: Iterable[bytes]
) -> TableEntry:
    """Add the lines of a table, and return its entry in the manifest."""
    digest, size, rows = sha256(), 0, 0
    with archive.open(f"tables/{name}.jsonl", "w", force_zip64=True) as member:
        for line in lines:
            member.write(line)
            digest.update(line)
            size += len(line)
            rows += 1
    return TableEntry.model_validate(
        {
            "name": name,
            "columns": columns,
            "rows": rows,
            "size": size,
            "sha256": digest.hexdigest(),
        }
    )


def is_backup(path: Path) -> bool:
    """Return True if a file starts like a backup."""
    expected = (MIMETYPE_MEMBER + MIMETYPE).encode("ascii")
    with suppress(OSError), path.open("rb") as file:
        beginning = file.read(MIMETYPE_OFFSET + len(expected))
        return beginning.startswith(BEGINNING) and beginning[MIMETYPE_OFFSET:] == expected
    return False


@contextmanager
def open_for_reading(path: Path) -> Iterator[ZipFile]:
    """Open an archive; raise InvalidFile if it is not a backup, or incomplete."""
    if not path.is_file():
        raise InvalidFile(f"There is no file {path}")
    if not is_backup(path):
        raise InvalidFile(f"{path} is not a backup of this site")
    try:
        archive = ZipFile(path)
    except DAMAGE:
        raise InvalidFile(f"{path} is damaged or incomplete. Nothing has been restored") from None
    with archive:
        yield archive


def read_manifest(archive: ZipFile) -> tuple[Manifest, bytes]:
    """Return the manifest, and the bytes it was parsed from."""
    body = read_member(archive, MANIFEST_MEMBER, MAX_MANIFEST_BYTES)
    try:
        version = FormatVersion.model_validate_json(body).format_version
        if version > FORMAT_VERSION:
            raise NewerBackup
        return Manifest.model_validate_json(body), body
    except ValidationError:
        raise AlteredBackup(MANIFEST_MEMBER) from None


def read_member(archive: ZipFile, name: str, max_bytes: int) -> bytes:
    """Return the whole content of a small member."""
    try:
        with archive.open(name) as member:
            body = member.read(max_bytes + 1)
    except (KeyError, *DAMAGE):
        raise AlteredBackup(name) from None
    if len(body) > max_bytes:
        raise AlteredBackup(name)
    return body


def verify(archive: ZipFile, manifest: Manifest) -> None:
    """Read the whole archive; raise AlteredBackup unless it matches the manifest."""
    members = [MIMETYPE_MEMBER, MANIFEST_MEMBER, *(table.member for table in manifest.tables)]
    if manifest.has_keys:
        members.append(KEYS_MEMBER)
    if sorted(archive.namelist()) != sorted(members):
        raise AlteredBackup("the list of its contents")
    for entry in manifest.tables:
        digest, rows = sha256(), 0
        for line in read_lines(archive, entry):
            digest.update(line)
            rows += 1
        if digest.hexdigest() != entry.sha256 or rows != entry.rows:
            raise AlteredBackup(entry.member)


def read_lines(archive: ZipFile, entry: TableEntry) -> Iterator[bytes]:
    """Yield the lines of a table; read at most as many bytes as the manifest says."""
    remaining = entry.size
    try:
        with archive.open(entry.member) as member:
            while line := _read_line(member, remaining + 1):
                remaining -= len(line)
                if remaining < 0:
                    raise AlteredBackup(entry.member)
                yield line
    except (KeyError, *DAMAGE):
        raise AlteredBackup(entry.member) from None


def _read_line(member: IO[bytes], max_bytes: int) -> bytes:
    return member.readline(max_bytes)


class AlteredBackup(InvalidFile):
    """A backup that differs from its manifest."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The backup has been altered or damaged: {what} is not as it was written. "
            "Nothing has been restored"
        )


class NewerBackup(InvalidFile):
    """A backup that a newer version of the site created."""

    def __init__(self) -> None:
        super().__init__(
            "The backup was made by a newer version of the site: install that version, or a later "
            "one, and restore it there"
        )
