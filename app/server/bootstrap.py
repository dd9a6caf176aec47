"""Preparations for the first request: the database, with a conference in it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import alembic.command
from alembic.util import CommandError
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from app import cache_version, clock, database_faults
from app.accounts import services as accounts
from app.database import db, get_file, transaction
from app.database_faults import current_migration, newest_migration
from app.factory import create_app
from app.onboarding import services as onboarding
from app.programme import queries
from app.server.options import StartupError
from app.web.rendering import absolute_url
from config import Config

DEFAULT_ORGANISER = "organiser@localhost.example"


@dataclass(frozen=True)
class BootstrapResult:
    """The results of bootstrapping: a sign-in link for an organiser, and the site's time."""

    sign_in_link: str
    now: datetime


@contextmanager
def startup_lock(folder: Path) -> Iterator[None]:
    """Let only one process at a time start the site; a second one waits and finds all done."""
    with (folder / "starting.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)  # forked processes have the file open too


def bootstrap(config: Config) -> BootstrapResult:
    """Prepare the database; raise StartupError if it does not work."""
    try:
        return _prepare(config)
    except SQLAlchemyError as fault:
        reason = database_faults.describe(fault)
        raise StartupError(
            f"The site cannot start because the database does not work: {reason}"
        ) from None


def _prepare(config: Config) -> BootstrapResult:
    """Migrate the database, fill it if it is empty, and create an organiser's sign-in link."""
    site = create_app(config)
    with site.app_context():
        migrate()
        fix_clock(config)
        with transaction():
            if not queries.has_conference():
                load_default_conference(config)
        with transaction():
            accounts.add_organiser(DEFAULT_ORGANISER)
            link = absolute_url(
                "accounts.link", secret=accounts.create_sign_in_link(DEFAULT_ORGANISER)
            )
        db.session.remove()
        db.engine.dispose()  # connections must not be shared across a fork
    return BootstrapResult(link, clock.now())


def migrate() -> None:
    """Migrate the database if necessary; raise StartupError with the reason if that fails."""
    file = get_file(db.engine)
    if file is not None:
        file.create_if_new()
    if current_migration(db.engine) != newest_migration():
        try:
            alembic.command.upgrade(current_app.extensions["migrate"].migrate.get_config(), "head")
        except (CommandError, RuntimeError) as fault:
            if isinstance(fault.__cause__, SQLAlchemyError):
                raise fault.__cause__ from None
            raise StartupError(f"The database could not be updated: {fault}") from None
    if file is not None:
        file.remember()


def fix_clock(config: Config) -> None:
    """Start the site's clock at the configured moment, or use real time."""
    with transaction():
        cache_version.set_clock_start(config.CLOCK_STARTS_AT)
    cache_version.current()  # from now on this process uses that clock


def load_default_conference(config: Config) -> None:
    """Load the conference shipped with the code into an empty database, and publish it."""
    onboarding.load_example(config.CONTENT_PATH)
