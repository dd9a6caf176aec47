"""Back up the whole site into one file, and restore it into an empty site."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import flask_migrate
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import SQLAlchemyError

from app import clock
from app.backup import archive, rows, site_settings
from app.backup.archive import AlteredBackup, Manifest, NewerBackup
from app.database import db, get_file, migration_connection, read_only_connection, transaction
from app.database_faults import current_migration, is_unavailable, list_migrations, newest_migration
from app.errors import RuleViolation
from app.registration import re_encryption
from app.releases import search_index
from config import Config

SKIPPED_TABLE_PREFIXES = ("alembic_version", "search_index")  # prefixes of names
FILLED_BY_MIGRATIONS = frozenset({"site_state", "question", "question_version"})
OTHER_DATA_KEY = (
    "Access and dietary requirements in the backup are encrypted with a key that is not in "
    "DATA_KEY here (id {}). Add the backed-up site’s key, or they cannot be read"
)
OTHER_KEY = (
    "The secret key here is not the one in the backup. Put the backup’s key into {} before you "
    "start the site. Without it, links in earlier emails and codes of authenticator apps do not "
    "work"
)


@dataclass(frozen=True)
class BackupResult:
    """The contents of a new backup."""

    manifest: Manifest
    size: int  # bytes of the file


@dataclass(frozen=True)
class RestoreTarget:
    """Where a backup is restored: where settings are read from and written to."""

    config: Config
    settings_file: Path | None  # None: settings come only from the environment
    is_test_copy: bool = False


@dataclass(frozen=True)
class RestoreResult:
    """What was restored, and what remains for the operator to do."""

    manifest: Manifest
    notes: Sequence[str] = field(default=())


def create_backup(path: Path, config: Config, passphrase: str | None = None) -> BackupResult:
    """Write a consistent backup of the database while others continue reading and writing.

    With a passphrase, it includes the secret settings.
    """
    if passphrase is not None:
        site_settings.require_long_enough(passphrase)
    migration = newest_migration()
    if current_migration(db.engine) != migration:
        raise RuleViolation("The database is not up to date: run “db upgrade” first")
    with archive.create(path) as target:
        with _consistent_read() as connection:
            entries = tuple(
                archive.write_table(
                    target,
                    table.name,
                    rows.list_columns(table),
                    rows.read_lines(connection, table),
                )
                for table in rows.list_tables()
            )
        manifest = Manifest(
            format_version=archive.FORMAT_VERSION,
            created_at=clock.real_now(),
            migration=migration,
            database=db.engine.dialect.name,
            settings=site_settings.list_public(config),
            secret_key_fingerprint=site_settings.fingerprint(config.SECRET_KEY.get_secret_value()),
            has_keys=passphrase is not None,
            tables=entries,
        )
        body = manifest.model_dump_json(indent=1).encode()
        target.writestr(archive.MANIFEST_MEMBER, body)
        if passphrase is not None:
            secrets = site_settings.list_secrets(config)
            target.writestr(archive.KEYS_MEMBER, site_settings.encrypt(secrets, passphrase, body))
    return BackupResult(manifest, path.stat().st_size)


@contextmanager
def open_backup(path: Path) -> Iterator["OpenBackup"]:
    """Open a backup and read its manifest; raise InvalidFile if this version cannot use it."""
    with archive.open_for_reading(path) as source:
        manifest, body = archive.read_manifest(source)
        if manifest.migration not in list_migrations():
            raise NewerBackup
        yield OpenBackup(source, manifest, body)


@dataclass(frozen=True)
class OpenBackup:
    """A backup that is open for reading."""

    source: ZipFile
    manifest: Manifest
    manifest_body: bytes

    def decrypt_secrets(self, passphrase: str | None) -> Mapping[str, str]:
        """Return the secret settings; empty without a passphrase, or if there are none."""
        if passphrase is None or not self.manifest.has_keys:
            return {}
        member = archive.read_member(self.source, archive.KEYS_MEMBER, archive.MAX_KEYS_BYTES)
        return site_settings.decrypt(member, passphrase, self.manifest_body)


def restore_backup(
    backup: OpenBackup, target: RestoreTarget, passphrase: str | None = None
) -> RestoreResult:
    """Restore a backup as a whole, or leave the site empty.

    Everything is read and verified before anything is changed. The rows, and the migrations that an
    older backup needs, are one transaction. The settings are written just before it is committed: a
    restore that was killed between the two can be repeated.
    """
    manifest = backup.manifest
    secrets = backup.decrypt_secrets(passphrase)
    archive.verify(backup.source, manifest)
    if target.settings_file is not None:
        site_settings.require_no_other_key(target.settings_file.parent, secrets)
    file = get_file(db.engine)
    if file is not None:
        file.allow_new_file()
    _require_empty_database()
    _migrate_to(manifest.migration)
    notes = _insert(backup, target, secrets)
    with transaction():
        search_index.reindex_if_stale()
    if file is not None:
        file.remember()  # its identity came with the rows
    about_keys = [*_describe_key(manifest, target, secrets), *_describe_data_key(secrets)]
    return RestoreResult(manifest, [*notes, *about_keys])


@contextmanager
def _consistent_read() -> Iterator[Connection]:
    """Open a connection that sees a snapshot of the database, whatever is committed later."""
    engine = db.engine
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
    with read_only_connection(engine) as connection:
        yield connection


def _require_empty_database() -> None:
    with read_only_connection(db.engine) as connection:
        for name in inspect(connection).get_table_names():
            if name in FILLED_BY_MIGRATIONS or name.startswith(SKIPPED_TABLE_PREFIXES):
                continue
            if rows.has_rows(connection, name):
                raise SiteNotEmpty


class SiteNotEmpty(RuleViolation):
    """The database already contains data."""

    def __init__(self) -> None:
        super().__init__(
            "The database here is not empty, and a restore would replace what is in it. "
            "Restore into a new database, or move this one first"
        )


def _migrate_to(migration: str) -> None:
    """Migrate the database to a revision, up or down."""
    current = current_migration(db.engine)
    if current == migration:
        return
    move = flask_migrate.downgrade if (current or "") > migration else flask_migrate.upgrade
    try:
        move(revision=migration)
    except SystemExit:  # it has already printed the reason
        raise RuleViolation("The tables could not be made. The reason is shown above") from None


def _insert(backup: OpenBackup, target: RestoreTarget, secrets: Mapping[str, str]) -> Sequence[str]:
    entries = backup.manifest.tables
    names = [one.name for one in entries]
    try:
        with _migratable_transaction() as connection:
            rows.lock(connection, names)
            _require_empty_database()  # again: another process may have been quicker
            rows.delete_all(connection, names)
            for entry in entries:
                rows.insert_lines(connection, entry, archive.read_lines(backup.source, entry))
            rows.check_foreign_keys(connection)
            _upgrade_within(connection)
            return _write_settings(backup.manifest, target, secrets)
    except SQLAlchemyError as fault:
        if is_unavailable(fault):
            raise
        raise AlteredBackup("what is in its tables") from None
    except (ValueError, TypeError):
        raise AlteredBackup("what is in its tables") from None


@contextmanager
def _migratable_transaction() -> Iterator[Connection]:
    """Open a transaction for rows and migrations; on SQLite, without enforcing foreign keys.

    A migration may drop and recreate a table; the rows that refer to it must not be deleted with
    it.
    """
    with db.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys=OFF")  # no effect once a transaction has begun
        try:
            with connection.begin():
                yield connection
        finally:
            if is_sqlite:
                connection.invalidate()  # the next connection has foreign keys enforced again


def _upgrade_within(connection: Connection) -> None:
    """Upgrade the database to the newest migration, in the connection's transaction."""
    token = migration_connection.set(connection)
    try:
        _migrate_to(newest_migration())
    finally:
        migration_connection.reset(token)


def _write_settings(
    manifest: Manifest, target: RestoreTarget, secrets: Mapping[str, str]
) -> Sequence[str]:
    chosen, hidden = manifest.settings, secrets
    if target.is_test_copy:
        chosen, hidden = map(site_settings.select_for_test_copy, (chosen, hidden))
    if target.settings_file is not None:
        return site_settings.write_settings_file(target.settings_file, chosen, hidden)
    return site_settings.write_environment_file(target.config.INSTANCE_PATH, chosen, hidden)


def _describe_key(
    manifest: Manifest, target: RestoreTarget, secrets: Mapping[str, str]
) -> Sequence[str]:
    """Print a note if the secret key differs from that of the backed-up site."""
    is_restored = target.settings_file is not None and site_settings.SECRET_KEY in secrets
    own_fingerprint = site_settings.fingerprint(target.config.SECRET_KEY.get_secret_value())
    if is_restored or own_fingerprint == manifest.secret_key_fingerprint:
        return []
    return [OTHER_KEY.format(site_settings.describe_key_place(target.settings_file))]


def _describe_data_key(secrets: Mapping[str, str]) -> Sequence[str]:
    """Print a note if the key of restored private answers is neither here nor in the backup."""
    state = re_encryption.get_state()
    if not state.unreadable or site_settings.DATA_KEY in secrets:
        return []
    return [OTHER_DATA_KEY.format(", ".join(state.missing_keys))]
