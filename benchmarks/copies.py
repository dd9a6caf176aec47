"""Copies of the site to measure: an invented conference of any size, in a database of its own."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
import structlog
from flask import Flask

from app.database import db, transaction
from app.delegates.models import CONFERENCE
from app.factory import create_app
from app.interchange import services
from app.registration import seats
from app.releases import services as releases_services
from app.server.bootstrap import fix_clock
from benchmarks.running import CONTROL, SITE, Process, Server
from config import ROOT, Config
from tests.waiting import HOST, free_port

LARGE_SIZE = (200, 250)  # sessions and speakers of the large programme
OPENING_DAY = "2008-10-01T09:00:00+01:00"


class SiteCopy:
    """A copy of the site: its settings, its database, and ways to start it."""

    def __init__(
        self,
        folder: Path,
        size: tuple[int, int] = LARGE_SIZE,
        places: int = 500,
        **settings: str,
    ) -> None:
        self.port = free_port()
        self.folder = folder
        self.settings = {
            "SECRET_KEY": "a key for benchmarks, known to everyone",
            "SITE_URL": f"http://{HOST}:{self.port}",
            "SESSION_COOKIE_SECURE": "false",
            "INSTANCE_PATH": str(folder),
            "CLOCK_STARTS_AT": OPENING_DAY,
            "LIMIT_REGISTRATIONS_PER_NETWORK": "0",  # all requests come from this machine
            **settings,
        }
        folder.mkdir(parents=True, exist_ok=True)
        self.app: Flask = create_app(Config.model_validate(self.settings))
        structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # none of this process
        self._load_demo(size, places)

    @contextmanager
    def app_context(self) -> Iterator[Flask]:
        """Work on its data, here; nothing stays open afterwards."""
        with self.app.app_context():
            try:
                yield self.app
            finally:
                db.session.remove()
                db.engine.dispose()

    def start_server(self, processes: int = 1) -> Server:
        """Serve it."""
        return Server(SITE, self.settings, self.port, processes)

    def start_control(self, processes: int = 1) -> Server:
        """Serve the trivial application on the same database in the same way."""
        return Server(CONTROL, self.settings, free_port(), processes)

    def start_worker(self) -> Process:
        """Deliver its emails."""
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "deliver-mail", "--forever"]
        return Process(command, self.settings, self.folder / "worker.log")

    def _load_demo(self, size: tuple[int, int], places: int) -> None:
        with self.app_context():
            flask_migrate.upgrade(directory=str(ROOT / "migrations"))
            fix_clock(Config.model_validate(self.settings))
            with transaction():
                services.load_demo(*size)
                releases_services.create_release()
                seats.set_limit(CONFERENCE, places)
