"""A site for each year without pytest: a database that is copied, and a mail server."""

import secrets
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import flask_migrate
import structlog
import time_machine
from flask import Flask

from app.database import transaction
from app.delegates.models import CONFERENCE
from app.mail import retries
from app.mail import worker as mail_worker
from app.registration import seats
from config import ROOT
from tests.conftest import DEFAULT_SETTINGS, FROZEN_AT, ONCE_A_REQUEST
from tests.factories import load_small_conference
from tests.mail_server import MailServer
from tests.simulation import choices, place_steps, session_steps
from tests.simulation.calendar import OPENING
from tests.simulation.year import Choose, Year
from tests.sites import build_site, close_site

SETTINGS = {**DEFAULT_SETTINGS, "EDITION_CHECK_SECONDS": "0"}
# one process knows what it has changed itself; after a crash, the year looks again
ONE_PROCESS = {"EDITION_CHECK_SECONDS": ONCE_A_REQUEST}


def run_year(
    seed: int, site: Flask, mailbox: MailServer, steps: int, choose: Choose = choices.choose
) -> Year:
    """Let a year of a site pass, in its application context; raise YearFailed."""
    with (
        time_machine.travel(OPENING, tick=False) as traveller,
        seeded_secrets(seed),
        steady_worker(seed),
        structlog.testing.capture_logs(),
    ):
        with transaction():
            seats.set_waiting_list(CONFERENCE, is_open=True)
        place_steps.add_categories()
        session_steps.add_sessions()
        year = Year(seed, site, mailbox, traveller)
        year.run(steps, choose)
    return year


@contextmanager
def open_new_site(folder: Path, database_url: str = "") -> Iterator[tuple[Flask, MailServer]]:
    """Open a site with the small conference on a new database, in its application context."""
    url = database_url or f"sqlite:///{folder / 'conference.sqlite'}"
    settings = {**SETTINGS, "INSTANCE_PATH": str(folder), "DATABASE_URL": url}
    with _mail_server() as mailbox:
        site = build_site({**settings, **mailbox.settings})
        with site.app_context():
            flask_migrate.upgrade(directory=str(ROOT / "migrations"))
            load_small_conference()
            try:
                yield site, mailbox
            finally:
                close_site(site)


class YearFactory:
    """Years on SQLite, each on a copy of one database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.sqlite"
        site = build_site(self._settings("template.sqlite"))
        with site.app_context(), time_machine.travel(FROZEN_AT, tick=False):
            flask_migrate.upgrade(directory=str(ROOT / "migrations"))
            load_small_conference()
        close_site(site)
        with closing(sqlite3.connect(self._template)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def run(self, seed: int, steps: int) -> Year:
        """Live through the year of a seed on a database of its own."""
        with tempfile.TemporaryDirectory(dir=self._folder) as folder, _mail_server() as mailbox:
            path = Path(folder) / "conference.sqlite"
            shutil.copyfile(self._template, path)
            relative = str(path.relative_to(self._folder))
            site = build_site({**self._settings(relative), **mailbox.settings})
            try:
                with site.app_context():
                    return run_year(seed, site, mailbox, steps)
            finally:
                close_site(site)

    def _settings(self, name: str) -> dict[str, str]:
        address = f"sqlite:///{self._folder / name}"
        folder = str(self._folder)
        return {**SETTINGS, **ONE_PROCESS, "INSTANCE_PATH": folder, "DATABASE_URL": address}


@contextmanager
def _mail_server() -> Iterator[MailServer]:
    with tempfile.TemporaryDirectory() as folder:
        mailbox = MailServer(Path(folder))
        mailbox.open()
        try:
            yield mailbox
        finally:
            mailbox.close()


@contextmanager
def seeded_secrets(seed: int) -> Iterator[None]:
    """Let keys and draws be those of a seed too, so that what happens can be repeated."""
    random = Random(f"secrets of {seed}")

    def choose_one(values: Sequence[Any]) -> Any:
        return random.choice(values)

    with (
        patch.object(secrets, "token_hex", lambda size=32: random.randbytes(size).hex()),
        patch.object(secrets, "token_urlsafe", lambda size=32: random.randbytes(size).hex()),
        patch.object(secrets, "choice", choose_one),
    ):
        yield


@contextmanager
def steady_worker(seed: int) -> Iterator[None]:
    """Let pauses be those of a seed too, and let no batch of emails end early on a slow machine.

    Otherwise the same seed would bring other commits each time, and so other crashes.
    """
    standing_clock = SimpleNamespace(monotonic=lambda: 0.0, sleep=time.sleep)
    with (
        patch.object(retries, "random", Random(f"pauses of {seed}")),
        patch.object(mail_worker, "time", standing_clock),
    ):
        yield
