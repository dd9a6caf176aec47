"""Run migrations on the site's own database connection."""

from alembic import context
from flask import current_app

migrate = current_app.extensions["migrate"]
database = migrate.db


def run() -> None:
    """Bring the database up or down; each migration is one transaction."""
    with database.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadatas[None],
            transaction_per_migration=True,
            **migrate.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
