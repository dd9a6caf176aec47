"""``make run``, as someone meets it who has just fetched the project."""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from app import clock
from app.server.__main__ import announce
from app.server.bootstrap import BootstrapResult
from app.server.options import (
    DEFAULT_CLOCK_START,
    ROUTED,
    ServerOptions,
    StartupError,
    apply_local_defaults,
    list_local_names,
    load_or_create_secret_key,
)
from config import Config
from tests.postgres import PostgresServer
from tests.server.slow_clients import open_page, open_slow_posts, send_feedback
from tests.subprocesses import ForkedProgram
from tests.waiting import HOST, free_port, wait_until

TURN = 120  # seconds that a start may take on a machine with much else to do


@dataclass
class Run:
    """One run of the site."""

    process: ForkedProgram
    port: int
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def wait_until_it_says(self, words: str) -> None:
        wait_until(lambda: words in self.said or self.has_ended, words, TURN, lambda: self.said)
        assert words in self.said, self.said

    @property
    def has_ended(self) -> bool:
        return self.process.has_ended()

    def status(self, path: str) -> int:
        try:
            with urlopen(f"http://{HOST}:{self.port}{path}", timeout=TURN) as answer:
                return int(answer.status)
        except HTTPError as refusal:
            return refusal.code

    def readiness(self) -> dict[str, Any]:
        with urlopen(f"http://{HOST}:{self.port}/readyz", timeout=TURN) as answer:
            return dict(json.load(answer))

    def is_up(self) -> bool:
        try:
            return self.status("/readyz") == 200
        except OSError:
            return False

    def parts(self) -> list[int]:
        return children(self.process.pid)

    def end(self) -> int:
        os.kill(self.process.pid, signal.SIGINT)
        return self.exit_code()

    def exit_code(self) -> int:
        assert self.process.wait(TURN), self.said
        assert self.process.exit_code is not None
        return self.process.exit_code


Serve = Callable[..., Run]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start the site as `make run` does, in a folder and on a port of this test's own.

    The code has been read already; tests/test_documented_commands.py starts it from nothing.
    """
    started: list[Run] = []
    port = free_port()

    def start(**settings: str) -> Run:
        log = tmp_path / f"run-{len(started)}.log"
        environment = {
            "INSTANCE_PATH": str(tmp_path / "instance"),
            "PORT": str(port),
            **settings,
        }
        process = ForkedProgram(("app.server",), environment, log)
        started.append(Run(process, int(environment["PORT"]), log))
        return started[-1]

    yield start
    for run in started:
        run.process.terminate()
        run.process.wait(TURN)


def test_a_first_run_serves_the_conference_and_a_second_one_keeps_it(
    serve: Serve, tmp_path: Path
) -> None:
    first = serve()
    first.wait_until_it_says("Press Ctrl-C to stop.")
    key = tmp_path / "instance" / "secret-key"
    secret = key.read_text(encoding="ascii")

    assert first.status("/programme") == 200
    assert first.status("/register") == 200
    assert f"The site is at http://{HOST}:{first.port}\n" in first.said
    assert "09:00 on Wednesday 1 October 2008" in first.said
    assert f"emails are saved in {tmp_path / 'instance' / 'mail'}" in first.said
    data_key = key.with_name("data-key").read_text(encoding="ascii")
    for one in (key, key.with_name("data-key")):
        assert stat.S_IMODE(one.stat().st_mode) == 0o600
    assert f"SITE_URL=http://{HOST}:{first.port} " in key.with_name("settings.env").read_text(
        "utf-8"
    )
    link = re.search(r"with this link, which works once: http://[^/]+(/\S+)", first.said)
    assert link is not None
    assert first.status(link[1]) == 200
    assert first.end() == 0

    second = serve()
    second.wait_until_it_says("Press Ctrl-C to stop.")

    assert second.status("/programme") == 200
    assert key.read_text(encoding="ascii") == secret
    assert key.with_name("data-key").read_text(encoding="ascii") == data_key != secret


def test_a_port_in_use_is_reported_and_free_again_after_a_kill(serve: Serve) -> None:
    first = serve()
    first.wait_until_it_says("Press Ctrl-C to stop.")

    second = serve()

    assert second.exit_code() == 1
    assert second.said == (
        f"Port {first.port} is in use by another program. "
        f"Stop it, or use another port: PORT={first.port + 1} make run\n"
    )

    first.process.kill()

    wait_until(lambda: not first.is_up(), "no part outlives the one that started it", TURN)


def test_two_hundred_stalled_clients_do_not_block_the_site(serve: Serve) -> None:
    run = serve(WEB_WORKERS="1")
    run.wait_until_it_says("Press Ctrl-C to stop.")
    site = f"http://{HOST}:{run.port}"

    with open_slow_posts(200, run.port, "/feedback"):
        assert send_feedback(site) == "/feedback/sent"
        for address in ("/healthz", "/readyz", "/programme", "/schedule.xml", "/register/name"):
            assert open_page(f"{site}{address}") == 200


def test_child_processes_end_with_a_killed_server(serve: Serve) -> None:
    run = serve(WEB_WORKERS="2")
    run.wait_until_it_says("Press Ctrl-C to stop.")
    wait_until(lambda: len(workers_of(run)) == 2, "the web server and both its workers", TURN)
    parts = [*run.parts(), *workers_of(run)]

    run.process.kill()
    run.process.wait(TURN)

    wait_until(lambda: not any(map(is_running, parts)), "all parts have ended", TURN)


def workers_of(run: Run) -> list[int]:
    return [worker for part in run.parts() for worker in children(part)]


def children(number: int) -> list[int]:
    listed = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii")
    return [int(child) for child in listed.split()]


def is_running(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_two_concurrent_starts_do_no_damage(serve: Serve) -> None:
    runs = [serve(), serve()]

    wait_until(lambda: any(run.has_ended for run in runs), "one gave way", TURN)
    [stands] = [run for run in runs if not run.has_ended]
    [gave_way] = [run for run in runs if run.has_ended]
    stands.wait_until_it_says("Press Ctrl-C to stop.")

    assert "is in use by another program" in gave_way.said
    assert stands.status("/programme") == 200


def test_a_child_process_that_ends_is_restarted(serve: Serve) -> None:
    run = serve()
    run.wait_until_it_says("Press Ctrl-C to stop.")

    for part in run.parts():
        os.kill(part, signal.SIGKILL)

    run.wait_until_it_says("The web server ended (-9) and is being restarted.")
    run.wait_until_it_says("The mail worker ended (-9) and is being restarted.")
    wait_until(run.is_up, "serving again", TURN)


def test_a_first_run_sets_up_a_postgresql_database(
    serve: Serve, postgres: PostgresServer, tmp_path: Path
) -> None:
    name = postgres.create_database()

    run = serve(DATABASE_URL=postgres.url(name))
    run.wait_until_it_says("Press Ctrl-C to stop.")

    assert run.is_up()
    assert run.status("/programme") == 200
    assert not (tmp_path / "instance" / "settings.env").exists()  # commands are given the same


def test_an_unreachable_database_is_reported_in_a_sentence(serve: Serve) -> None:
    port = free_port()

    run = serve(DATABASE_URL=f"postgresql+psycopg://site:whisper@{HOST}:{port}/conference")

    assert run.exit_code() == 1
    assert run.said == (
        "The site cannot start because the database does not work: connection failed: connection "
        f'to server at "{HOST}", port {port} failed: Connection refused\n'
    )


def test_a_file_that_is_not_a_database_is_reported_in_a_sentence(
    serve: Serve, tmp_path: Path
) -> None:
    file = tmp_path / "conference.sqlite"
    file.write_text("A list of things to do, and no database at all", encoding="utf-8")

    run = serve(DATABASE_URL=f"sqlite:///{file}")

    assert run.exit_code() == 1
    assert run.said == (
        "The site cannot start because the database does not work: file is not a database\n"
    )


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "UPDATE alembic_version SET version_num = '9999'",  # of a newer site
            ("The database could not be updated: Can't locate revision identified by '9999'\n"),
        ),
        (
            "DROP TABLE conference",
            (
                "The site cannot start because the database does not work: OperationalError "
                "SQLITE_ERROR\n"
            ),
        ),
    ],
)
def test_a_database_of_another_schema_is_reported_in_a_sentence(
    serve: Serve, tmp_path: Path, statement: str, said: str
) -> None:
    first = serve()
    first.wait_until_it_says("Press Ctrl-C to stop.")
    first.end()
    with closing(sqlite3.connect(tmp_path / "instance" / "conference.sqlite")) as database:
        database.execute(statement)
        database.commit()

    second = serve()

    assert second.exit_code() == 1
    assert second.said == said


def test_a_deleted_database_is_not_replaced_by_an_empty_conference(
    serve: Serve, tmp_path: Path
) -> None:
    first = serve()
    first.wait_until_it_says("Press Ctrl-C to stop.")
    first.end()
    file = tmp_path / "instance" / "conference.sqlite"
    aside = file.rename(tmp_path / "aside.sqlite")

    second = serve()

    assert second.exit_code() == 1
    assert second.said == (
        f"The site cannot start because the database does not work: {file} was deleted or moved. "
        "Put it back (see docs/operating.md). If you want to begin with an empty conference "
        f"instead, delete {file.with_name('identity-of-conference.sqlite')}\n"
    )
    assert not file.exists()

    aside.rename(file)
    third = serve()
    third.wait_until_it_says("Press Ctrl-C to stop.")


def test_the_database_of_another_site_is_refused(serve: Serve, tmp_path: Path) -> None:
    for place in ("theirs", "ours"):
        run = serve(INSTANCE_PATH=str(tmp_path / place))
        run.wait_until_it_says("Press Ctrl-C to stop.")
        run.end()
        with closing(sqlite3.connect(tmp_path / place / "conference.sqlite")) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file = tmp_path / "ours" / "conference.sqlite"
    (tmp_path / "theirs" / "conference.sqlite").replace(file)
    note = file.with_name("identity-of-conference.sqlite")

    refused = serve(INSTANCE_PATH=str(tmp_path / "ours"))

    assert refused.exit_code() == 1
    assert refused.said == (
        f"The site cannot start because the database does not work: {file} is another database, "
        "not the one that this site used before. Put that one back. If you want to use this one "
        f"from now on, delete {note}\n"
    )

    note.unlink()
    wanted = serve(INSTANCE_PATH=str(tmp_path / "ours"))
    wanted.wait_until_it_says("Press Ctrl-C to stop.")


def test_a_database_deleted_while_the_site_runs_is_reported_and_recoverable(
    serve: Serve, tmp_path: Path
) -> None:
    run = serve(WEB_WORKERS="1")
    run.wait_until_it_says("Press Ctrl-C to stop.")
    file = tmp_path / "instance" / "conference.sqlite"
    assert run.status("/programme") == 200
    assert run.readiness()["database"] == "there"

    file.unlink()

    assert run.status("/programme") == 200
    assert run.readiness()["database"] == "deleted or replaced"
    assert not file.exists()

    copies = copy_open_files(run, file)
    assert run.end() == 0
    for left in file.parent.glob("conference.sqlite*"):
        left.unlink()
    for copy in copies.iterdir():
        copy.replace(file.with_name(copy.name))
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    again = serve()
    again.wait_until_it_says("Press Ctrl-C to stop.")

    assert again.readiness()["database"] == "there"
    assert again.status("/programme") == 200


def copy_open_files(run: Run, file: Path) -> Path:
    """Copy the files of the database that a process has open, as docs/operating.md says."""
    copies = file.with_name("rescued")
    copies.mkdir()
    for part in workers_of(run):
        for handle in Path(f"/proc/{part}/fd").iterdir():
            with suppress(FileNotFoundError):  # a connection that it has closed meanwhile
                name = str(handle.readlink()).removesuffix(" (deleted)")
                if name in {str(file), f"{file}-wal"}:
                    shutil.copyfile(handle, copies / Path(name).name)
    return copies


def test_all_invalid_settings_are_reported(serve: Serve) -> None:
    run = serve(MAIL_PORT="many", DATABASE_URL="mysql://conference")

    assert run.exit_code() == 1
    assert "MAIL_PORT" in run.said
    assert "DATABASE_URL: must begin with sqlite:/// or postgresql+psycopg://" in run.said


def test_an_unwritable_instance_folder_is_reported(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("in the way", encoding="utf-8")

    run = serve()

    assert run.exit_code() == 1
    assert run.said == f"The site cannot start: File exists: {tmp_path / 'instance'}\n"


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({"PORT": "high"}, "PORT must be a number from 1 to 65535, not 'high'"),
        ({"PORT": "70000"}, "PORT must be a number from 1 to 65535, not '70000'"),
        ({"WEB_WORKERS": "0"}, "WEB_WORKERS must be a number from 1 to 64, not '0'"),
    ],
)
def test_an_invalid_number_in_a_server_option_is_refused(
    environment: dict[str, str], complaint: str
) -> None:
    with pytest.raises(StartupError) as refusal:
        ServerOptions.from_environment(environment)

    assert str(refusal.value) == complaint


def test_a_host_that_is_not_an_address_of_this_machine_is_refused() -> None:
    with pytest.raises(StartupError) as refusal:
        ServerOptions("192.0.2.1", 8000, 1).check_port_free()

    assert str(refusal.value) == "HOST=192.0.2.1 is not an address of this machine"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104 – a person may ask for it
        ("::1", "http://[::1]:8000"),
        ("::", "http://[::1]:8000"),
    ],
)
def test_the_printed_local_url_can_be_opened(host: str, address: str) -> None:
    assert ServerOptions(host, 8000, 1).local_url == address


@pytest.mark.allow_hosts(["127.0.0.1", *(address for _, address in ROUTED)])
def test_host_names_of_this_machine_are_looked_up_once_at_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[tuple[Any, ...]] = []
    look_up = socket.getaddrinfo

    def note_and_look_up(*words: Any) -> Any:
        looked_up.append(words)
        return look_up(*words)

    monkeypatch.setattr(socket, "getaddrinfo", note_and_look_up)
    environment = {"INSTANCE_PATH": str(tmp_path)}
    options = ServerOptions("0.0.0.0", 8000, 1)  # noqa: S104 – a person may ask for it
    apply_local_defaults(environment, options)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    announce(Config.from_environment(), BootstrapResult("http://127.0.0.1/x", clock.now()), options)

    assert looked_up == [(socket.gethostname(), None)]


@pytest.mark.allow_hosts(["127.0.0.1", *(address for _, address in ROUTED)])
def test_on_all_interfaces_the_names_of_this_machine_are_allowed_and_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {"INSTANCE_PATH": str(tmp_path)}
    options = ServerOptions("0.0.0.0", 8000, 1)  # noqa: S104 – a person may ask for it
    apply_local_defaults(environment, options)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    config = Config.from_environment()

    announce(config, BootstrapResult("http://127.0.0.1:8000/sign-in/x", clock.now()), options)

    hosts = [f"{name}:8000" for name in list_local_names(has_ipv6=False)]
    assert {f"{socket.gethostname().lower()}:8000"} <= set(hosts) <= config.hosts
    assert "127.0.0.1:8000" not in hosts
    assert not any("[" in host for host in hosts)  # 0.0.0.0 is a matter of IPv4
    printed = capsys.readouterr().out.splitlines()
    begin = printed.index("On other devices on this network, open one of these addresses:") + 1
    assert printed[begin : begin + len(hosts)] == [f"  http://{host}" for host in hosts]
    assert printed[begin + len(hosts)] == (
        "These connections are not encrypted. Every page says so."
    )


def test_on_localhost_no_other_host_name_is_allowed(tmp_path: Path) -> None:
    environment = {"INSTANCE_PATH": str(tmp_path)}

    apply_local_defaults(environment, ServerOptions("127.0.0.1", 8000, 1))

    assert "ALLOWED_HOSTS" not in environment


def test_explicit_settings_are_not_replaced_by_local_defaults(tmp_path: Path) -> None:
    environment = {
        "INSTANCE_PATH": str(tmp_path),
        "SITE_URL": "https://conference.example",
        "SECRET_KEY": "a key of one's own",
        "DATA_KEY": 40 * "k",
        "CLOCK_STARTS_AT": "",
    }
    before = dict(environment)

    apply_local_defaults(environment, ServerOptions("127.0.0.1", 8000, 1))

    assert environment == before


def test_unset_settings_get_local_defaults(tmp_path: Path) -> None:
    environment = {"INSTANCE_PATH": str(tmp_path)}

    apply_local_defaults(environment, ServerOptions("127.0.0.1", 8000, 1))

    assert environment == {
        "INSTANCE_PATH": str(tmp_path),
        "SITE_URL": "http://127.0.0.1:8000",
        "CLOCK_STARTS_AT": DEFAULT_CLOCK_START,
        "SECRET_KEY": load_or_create_secret_key(tmp_path / "secret-key"),
        "DATA_KEY": load_or_create_secret_key(tmp_path / "data-key"),
    }


def test_hosts_that_share_a_database_do_not_each_make_a_data_key(tmp_path: Path) -> None:
    environment = {
        "INSTANCE_PATH": str(tmp_path),
        "DATABASE_URL": "postgresql+psycopg://db.example/site",
        "SECRET_KEY": "a key of one's own",
    }

    apply_local_defaults(environment, ServerOptions("127.0.0.1", 8000, 1))

    assert "DATA_KEY" not in environment
