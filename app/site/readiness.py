"""Whether the site can serve requests, and problems that do not prevent it.

Each problem has a name, which identifies it for monitors, and a sentence for the operator.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app import cache_version
from app.database import db, get_file
from app.database_faults import (
    current_migration,
    is_damaged,
    is_unavailable,
    log_if_unavailable,
    newest_migration,
)
from app.database_file import WrongDatabaseFile
from app.errors import ConferenceError
from app.mail import heartbeat
from app.mail import queries as mail
from app.releases import current_release

THERE, AWAY, DAMAGED, REPLACED = "there", "away", "damaged", "deleted or replaced"
READ_ONLY, OUTDATED = "read-only", "not up to date"
SENTENCES = {  # no URLs and no paths, since they are public
    AWAY: "The database cannot be reached",
    DAMAGED: "The database is damaged. Restore a backup",
    REPLACED: "The database file was deleted or replaced. Put the right one back",
    OUTDATED: "The database is not at the migration that this version of the site needs",
}
MIN_FREE_SPACE = 64 * 1024 * 1024  # bytes; uploads have up to 50 MB
LATE_AFTER = 600  # seconds that an email may wait
Problem = tuple[str, str]  # its name, and a sentence


@dataclass
class Readiness:
    """The result of one check of the site."""

    can_serve: bool = True
    database: str = THERE
    waiting_seconds: int | None = None
    failed_emails: int | None = None
    worker_seconds: int | None = None
    problems: dict[str, str] = field(default_factory=dict)


def check() -> Readiness:
    """Check everything; an unavailable database is a problem, not an error."""
    found = Readiness(can_serve=_can_serve())
    problems = list(check_disk())
    try:
        problems += [*_check_emails(found), *_check_database(found)]
    except SQLAlchemyError as fault:
        if not log_if_unavailable(fault, "readiness"):
            raise
        db.session.remove()
        found.database = _classify(fault)
        problems.append(("database", SENTENCES[found.database]))
    found.problems = dict(problems)
    return found


def check_database() -> Iterator[Problem]:
    """Yield the problems of the database; it may raise SQLAlchemyError."""
    yield from _check_database(Readiness())


def _can_serve() -> bool:
    """Return True if this process has a programme to show, even an outdated one."""
    try:
        current_release.get_programme()
    except ConferenceError:
        return True
    except SQLAlchemyError as fault:
        if not is_unavailable(fault):
            raise
        db.session.remove()
        return False
    return True


def _classify(fault: SQLAlchemyError) -> str:
    if isinstance(fault, WrongDatabaseFile):
        return REPLACED
    if is_damaged(fault):
        return DAMAGED
    migration = current_migration(db.engine)
    return AWAY if migration in {None, newest_migration()} else OUTDATED


def _check_database(found: Readiness) -> Iterator[Problem]:
    migration = current_migration(db.engine)
    if migration != newest_migration():
        found.database = OUTDATED
        yield "migration", f"{SENTENCES[OUTDATED]}: run flask --app wsgi db upgrade"
    if _is_read_only():
        found.database = READ_ONLY
        yield "read-only", "The database is read-only, so nobody can register"
    if not cache_version.is_clock_in_sync():
        yield "clock", "CLOCK_STARTS_AT is not the time that the database was created with"


def _is_read_only() -> bool:
    file = get_file(db.engine)
    if file is None:
        return bool(db.session.scalar(text("SHOW transaction_read_only")) == "on")
    folder = os.statvfs(file.path.parent)
    is_writable = os.access(file.path, os.W_OK) and os.access(file.path.parent, os.W_OK)
    return bool(folder.f_flag & os.ST_RDONLY) or not is_writable


def check_disk() -> Iterator[Problem]:
    """Yield whether the disk of an SQLite database is full; this does not need the database."""
    file = get_file(db.engine)
    if file is None or not file.path.parent.is_dir():
        return
    disk = os.statvfs(file.path.parent)
    free = disk.f_bavail * disk.f_frsize
    if free < MIN_FREE_SPACE:
        yield "disk", f"The disk of the database is full: {free // 1024**2} MB are free"


def _check_emails(found: Readiness) -> Iterator[Problem]:
    undelivered = mail.get_undelivered()
    found.waiting_seconds = int(undelivered.oldest.total_seconds()) if undelivered.oldest else 0
    found.failed_emails = undelivered.failed
    if undelivered.failed:
        yield "failed-emails", f"Emails that could not be delivered: {undelivered.failed}"
    if found.waiting_seconds > LATE_AFTER:
        yield (
            "waiting-emails",
            f"The oldest waiting email has waited {found.waiting_seconds // 60} minutes",
        )
    since = heartbeat.time_since_seen()
    found.worker_seconds = None if since is None else int(since.total_seconds())
    sentence = heartbeat.describe(since)
    if sentence:
        yield "worker", sentence
