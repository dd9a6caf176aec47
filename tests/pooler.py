"""A pgbouncer of the tests' own, where the machine has the program; in transaction mode.

It is configured as docs/operating.md says, and with nothing else that would help the site.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from sqlalchemy import URL, make_url

from tests.postgres import UNPRIVILEGED
from tests.waiting import HOST, free_port, wait_until

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")


class Pooler:
    """A running pgbouncer in front of one database."""

    def __init__(self, database: str) -> None:
        assert PROGRAM is not None
        user = UNPRIVILEGED if os.geteuid() == 0 else None  # it refuses to run as root
        self._url = make_url(database)
        self._port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="conference-pgbouncer-"))
        self._log = self._folder / "log"
        settings = self._folder / "pgbouncer.ini"
        settings.write_text(self._settings(), encoding="ascii")
        if user is not None:
            shutil.chown(self._folder, user)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [PROGRAM, str(settings)], stdout=log, stderr=log, user=user, cwd="/"
            )
        wait_until(
            lambda: "process up" in self._read_log() or self._process.poll() is not None,
            "pgbouncer ready",
            describe=self._read_log,
        )

    @property
    def url(self) -> str:
        """The address of the database through the pooler, as settings want it."""
        through: URL = self._url.set(host=HOST, port=self._port)
        return through.render_as_string(hide_password=False)

    def stop(self) -> None:
        """Stop it despite open connections, and delete all its files."""
        self._process.kill()
        self._process.wait(20)
        shutil.rmtree(self._folder)

    def _settings(self) -> str:
        url = self._url
        return f"""
[databases]
{url.database} = host={url.host} port={url.port} dbname={url.database} user={url.username}

[pgbouncer]
listen_addr = {HOST}
listen_port = {self._port}
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_prepared_statements = 0
unix_socket_dir =
"""

    def _read_log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")
