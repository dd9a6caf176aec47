"""What has to be ready before the first request: the database, and the conference in it."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

import flask.cli

from app import clock, create_app, edition
from app.accounts import services as accounts
from app.database import db, migration, newest_migration, transaction
from app.errors import ConferenceError
from app.programme import queries
from app.programme import services as programme
from app.registration import seats
from app.serving.place import CannotStart
from app.web.pages import absolute_url
from config import Config

ORGANISER = "organiser@localhost.example"
Made = TypeVar("Made")


@dataclass(frozen=True)
class Prepared:
    """What came of preparing: an organiser's link, and what time it is on the site."""

    link: str
    now: datetime


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let only one start at a time go on; a second one waits, and finds it done."""
    with (folder / "starting.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)  # forked parts have the file open too


def in_a_process_of_its_own(work: Callable[[], Made]) -> Made:
    """Do something and give what came of it, and give back the memory that it took.

    What is forked from this process holds all that this one has ever held.
    """
    here, there = Pipe(duplex=False)
    process = get_context("fork").Process(target=_do, args=(work, there))
    process.start()
    there.close()
    try:
        made: Made | Exception = here.recv()
    except EOFError:
        made = CannotStart("The site could not be prepared. The reason stands above.")
    process.join()
    if isinstance(made, Exception):
        raise made
    return made


def _do(work: Callable[[], Made], there: "Connection[Made | Exception, None]") -> None:
    """Do something, and send back what came of it, or what went wrong."""
    try:
        there.send(work())
    except (CannotStart, ConferenceError, OSError) as fault:
        there.send(fault)


def prepare(config: Config) -> Prepared:
    """Bring the database up to date, fill it if it is empty, and give an organiser's link."""
    site = create_app(config)
    with site.app_context():
        bring_up_to_date()
        fix_clock(config)
        with transaction():
            if not queries.has_conference():
                load_as_shipped(config)
        with transaction():
            accounts.add_organiser(ORGANISER)
            link = absolute_url("accounts.link", secret=accounts.make_sign_in_link(ORGANISER))
        db.session.remove()
    return Prepared(link, clock.now())


def bring_up_to_date() -> None:
    """Migrate the database if need be, in a process of its own.

    What migrates takes time to load, and memory that no other part of the site needs.
    """
    found = migration(db.engine)
    db.engine.dispose()  # no connection crosses a fork
    if found == newest_migration():
        return
    migrating = get_context("fork").Process(target=_migrate, name="migration")
    migrating.start()
    migrating.join()
    if migrating.exitcode:
        raise CannotStart("The database could not be brought up to date. The reason stands above.")


def _migrate() -> None:
    """Do what ``flask db upgrade`` does."""
    flask.cli.cli.main(["--app", "wsgi", "db", "upgrade"], prog_name="flask")


def fix_clock(config: Config) -> None:
    """Let the site's own time begin where it is asked to, or be the real time."""
    with transaction():
        edition.fix_clock(config.CLOCK_STARTS_AT)
    edition.current()  # from here on this process lives at that time


def load_as_shipped(config: Config) -> None:
    """Put the conference as shipped into an empty database, and publish it."""
    loaded = programme.load(config.CONTENT_PATH / "conference.json")
    if loaded.programme.conference.places is not None:
        seats.begin_with(seats.CONFERENCE, loaded.programme.conference.places)
    programme.publish()
