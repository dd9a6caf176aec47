"""The file of an SQLite database: that it exists, and is the one the site knows.

SQLite itself creates a file that is missing, and continues writing to one that was deleted. Both
would lose bookings. So a file is created only by a migration of a new site, and each transaction
checks that the file has not been deleted or replaced since its connection was opened.

A note with the identity of the database is stored next to the file, and next to the secret key if
both are in the instance folder. It stays when the file is deleted.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.exc import SQLAlchemyError

FileId = tuple[int, int]  # device and inode
MISSING: FileId = (0, 0)
BUSY_TIMEOUT = 5.0  # seconds
IDENTITY = "SELECT database_id FROM site_state"
HAS_TABLES = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'alembic_version')"


class WrongDatabaseFile(SQLAlchemyError):
    """The file was deleted or replaced; the message tells the operator what to do."""


class DatabaseFile:
    """The database file of one site, and what is known about it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._verified = MISSING

    @property
    def uri(self) -> str:
        """Return the URI under which SQLite opens the file without creating it."""
        return f"file:{quote(str(self.path))}?mode=rw"

    @property
    def note(self) -> Path:
        """Return the path of the identity note, which `rm conference.sqlite*` does not delete."""
        return self.path.with_name(f"identity-of-{self.path.name}")

    def verify(self) -> FileId:
        """Return the id of the file; raise WrongDatabaseFile if it is not the known database.

        The identity is compared only if the file is not the same as the last time.
        """
        current = self._find()
        if current == MISSING:
            self._require_never_used()
        elif current != self._verified:
            self._compare_identity()
            self._verified = current
        return current

    def create_if_new(self) -> None:
        """Create an empty file for a new site; raise WrongDatabaseFile if the site had one."""
        if self.verify() == MISSING and self.path.parent.is_dir():
            self.path.touch(mode=0o600)

    def allow_new_file(self) -> None:
        """Allow a restore to fill a new file, even if the site's previous file is gone."""
        if self._find() == MISSING or not self._read()[1]:
            self.note.unlink(missing_ok=True)
            self._verified = MISSING
            self.create_if_new()

    def remember(self) -> None:
        """Write the note about the current database."""
        identity, _ = self._read()
        if not identity:
            self.note.unlink(missing_ok=True)
        elif identity != self._known_identity():
            self.note.write_text(f"{identity}\n", encoding="ascii")

    def _find(self) -> FileId:
        try:
            found = self.path.stat()
        except OSError:
            return MISSING
        return found.st_dev, found.st_ino

    def _known_identity(self) -> str:
        try:
            return self.note.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            return ""

    def _require_never_used(self) -> None:
        if self._verified != MISSING or self._known_identity():
            raise WrongDatabaseFile(
                f"{self.path} was deleted or moved. Put it back (see docs/operating.md). "
                f"If you want to begin with an empty conference instead, delete {self.note}"
            )

    def _compare_identity(self) -> None:
        """Raise WrongDatabaseFile for an empty or different database if one is known."""
        known = self._known_identity()
        if not known:
            return
        try:
            identity, has_tables = self._read()
        except sqlite3.Error:
            return  # unreadable: the next statement says why
        if identity != known and (identity or not has_tables):
            kind = "another" if identity else "an empty"
            raise WrongDatabaseFile(
                f"{self.path} is {kind} database, not the one that this site used before. Put "
                "that one back. If you want to use this one from now on, delete "
                f"{self.note}"
            )

    def _read(self) -> tuple[str, bool]:
        """Return the identity, empty in older versions, and whether the database has tables."""
        with closing(sqlite3.connect(self.uri, uri=True, timeout=BUSY_TIMEOUT)) as connection:
            (has_tables,) = connection.execute(HAS_TABLES).fetchone()
            try:
                row = connection.execute(IDENTITY).fetchone()
            except sqlite3.OperationalError as fault:
                if "no such" not in str(fault):
                    raise
                row = None
        return (row[0] or "") if row else "", bool(has_tables)
