"""Run migrations on the site's own database connection."""

from alembic import context
from alembic.util import CommandError
from flask import current_app
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app.database import get_file, migration_connection
from app.database_faults import describe, has_failed

migrate = current_app.extensions["migrate"]
database = migrate.db


def allow_partial_indexes_on_postgresql() -> None:
    """Let an index of some rows be so on PostgreSQL too.

    The models say it for SQLite alone: to say it for both would load both dialects into every
    process, which takes 3 MB.
    """
    for table in database.metadatas[None].tables.values():
        for index in table.indexes:
            where = index.dialect_options["sqlite"]["where"]
            index.dialect_options["postgresql"]["where"] = where


def run() -> None:
    """Bring the database up or down; each migration is one transaction."""
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # a table that is made anew is dropped in between: its children must not go with it
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        run_on(connection)
        connection.invalidate()  # the next one has its foreign keys on again


def run_on(connection: Connection) -> None:
    """Bring the database up or down on a connection, within its transaction if it is in one."""
    if connection.dialect.name == "postgresql":
        allow_partial_indexes_on_postgresql()
    context.configure(
        connection=connection,
        target_metadata=database.metadatas[None],
        transaction_per_migration=True,
        **migrate.configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_on_known_file() -> None:
    """Create the file of a new SQLite database, and note down which database it is.

    A restore migrates on its own connection, so that rows and migrations are one transaction.
    """
    given = migration_connection.get()
    if given is not None:
        run_on(given)
        return
    file = get_file(database.engine)
    if file is not None:
        file.create_if_new()
    run()
    if file is not None:
        file.remember()


try:
    run_on_known_file()
except SQLAlchemyError as fault:
    if not has_failed(fault):
        raise
    raise CommandError(f"The database cannot be used: {describe(fault)}") from fault
