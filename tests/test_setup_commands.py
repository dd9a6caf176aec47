"""What an operator asks before the site starts: are the settings right, does everything answer."""

import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text, update

from app import cache_version
from app.cache_version import SiteState
from app.database import db
from app.site import readiness
from config import ROOT, Config, SettingsError
from tests import pooler
from tests.factories import make_email
from tests.mail_server import MailServer
from tests.subprocesses import ForkedProgram
from tests.waiting import HOST, free_port

RIGHT = {"SECRET_KEY": "whispered in a corner", "SITE_URL": "https://conference.example"}
FINE = [
    "Settings: no problems found",
    "Database: no problems found",
    "Mail server: no problems found",
    "Clock: no problems found",
]
SENDER = "conference@health-equity.example"
Run = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Type a command in a shell that has these settings; give its exit status and its lines."""

    def type_command(*command: str, **settings: str) -> tuple[int, list[str]]:
        log = tmp_path / "said.log"
        log.unlink(missing_ok=True)
        environment = {"INSTANCE_PATH": str(tmp_path / "instance"), **settings}
        flask = ("flask", "--app", str(ROOT / "wsgi.py"))
        program = ForkedProgram((*flask, *command), environment, log)
        assert program.wait(60), command
        assert program.exit_code is not None
        return program.exit_code, log.read_text(encoding="utf-8").splitlines()

    return type_command


def check(site: Flask) -> tuple[int, list[str]]:
    db.session.commit()
    done = site.test_cli_runner().invoke(args=["check-setup"])
    db.session.remove()
    return done.exit_code, str(done.output).splitlines()


# Settings


def test_each_setting_is_listed_with_its_source(run: Run, tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    instance.mkdir()
    key, file = instance / "secret-key", instance / "settings.env"
    key.write_text("kept beside the database", encoding="utf-8")
    file.write_text(
        "SITE_URL=https://conference.example\nMAIL_SERVER=mail.example\nMAIL_PORT=587\n",
        encoding="utf-8",
    )

    status, lines = run("settings", MAIL_PORT="2525", MAIL_PASSWORD="whispered")

    listed = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines}
    assert status == 0
    assert list(listed) == list(Config.model_fields)
    assert listed["SECRET_KEY"] == f"hidden  ({key})"
    assert listed["SITE_URL"] == f"https://conference.example  ({file})"
    assert listed["MAIL_SERVER"] == f"mail.example  ({file})"
    assert listed["MAIL_PORT"] == "2525  (environment)"
    assert listed["MAIL_PASSWORD"] == "hidden  (environment)"
    assert listed["LANGUAGES"] == '["en"]  (default)'
    assert listed["MAIL_USERNAME"] == "not set  (default)"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql+psycopg://ada:a@b/c@db.example/x", "postgresql+psycopg://hidden@db.example/x"),
        (
            "postgresql+psycopg://db.example/x?password=whisper&user=ada",
            "postgresql+psycopg://db.example/x?password=hidden&user=ada",
        ),
        ("postgresql+psycopg://db.example/x", "postgresql+psycopg://db.example/x"),
    ],
)
def test_the_database_password_is_hidden(run: Run, address: str, shown: str) -> None:
    _, lines = run("settings", **RIGHT, DATABASE_URL=address)

    assert [line.split(maxsplit=1)[1] for line in lines if "DATABASE_URL" in line] == [
        f"{shown}  (environment)"
    ]
    assert not any("whisper" in line for line in lines)


@pytest.mark.parametrize("command", ["settings", "check-setup"])
def test_setup_commands_report_invalid_settings_that_prevent_a_start(
    run: Run, command: str
) -> None:
    status, lines = run(command, **RIGHT, DATABSE_URL="sqlite:////x", MAIL_PORT="post")

    assert status == 1
    assert lines[-2:] == [
        "DATABSE_URL: did you mean DATABASE_URL?",
        "MAIL_PORT: Input should be a valid integer, unable to parse string as an integer",
    ]


@pytest.mark.parametrize("command", [["audit"], ["db", "upgrade"], ["--help"], ["no-such-thing"]])
def test_other_commands_report_invalid_settings_without_a_traceback(
    run: Run, command: list[str]
) -> None:
    _, lines = run(*command, **RIGHT, MAIL_PORT="post")

    assert lines[:2] == [
        "The site cannot start. These settings need your attention:",
        "  MAIL_PORT: Input should be a valid integer, unable to parse string as an integer",
    ]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("DATABSE_URL", "DATABASE_URL"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("MAIL_SEVER", "MAIL_SERVER"),
        ("MAILSERVER", "MAIL_SERVER"),
        ("mail_user_name", "MAIL_USERNAME"),
        ("SECRETKEY_FALLBACKS", "SECRET_KEY_FALLBACKS"),
    ],
)
def test_a_misspelt_setting_is_reported(
    monkeypatch: pytest.MonkeyPatch, typed: str, meant: str
) -> None:
    for name, value in {**RIGHT, typed: "something"}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as fault:
        Config.from_environment()

    assert fault.value.faults == [f"{typed.upper()}: did you mean {meant}?"]


@pytest.mark.parametrize("name", ["LANGUAGE", "MAIL", "HOST", "SECRET", "PROXY", "HTTPS_PROXY"])
def test_variables_of_other_programs_are_not_misspelt_settings(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for one in (*RIGHT, name):
        monkeypatch.setenv(one, RIGHT.get(one, "something"))

    Config.from_environment()


def test_a_similar_variable_is_ignored_if_the_setting_itself_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {**RIGHT, "SITE_URI": "of another program"}.items():
        monkeypatch.setenv(name, value)

    Config.from_environment()


# Everything


@pytest.mark.both_databases
def test_check_setup_reports_that_all_is_well(
    site: Flask, mailbox: MailServer, frozen_time: Any
) -> None:
    frozen_time.move_to(time_machine.escape_hatch.datetime.datetime.now(tz=UTC), tick=True)

    assert check(site) == (0, FINE)
    assert mailbox.emails == []


@pytest.mark.postgresql_only
def test_check_setup_reports_an_unusable_direct_database_url(
    site: Flask, mailbox: MailServer, frozen_time: Any
) -> None:
    frozen_time.move_to(time_machine.escape_hatch.datetime.datetime.now(tz=UTC), tick=True)
    port = free_port()
    site.config["DATABASE_DIRECT_URL"] = f"postgresql+psycopg://ada:tide@{HOST}:{port}/conference"

    status, lines = check(site)

    assert status == 1
    assert lines[-1] == (
        f"Database: The server in DATABASE_DIRECT_URL cannot be used at {HOST}:{port}. Until that "
        "is corrected, mail workers look for emails every 0.2 seconds"
    )
    site.config["DATABASE_DIRECT_URL"] = db.engine.url.render_as_string(hide_password=False)
    assert check(site) == (0, FINE)


@pytest.mark.postgresql_only
@pytest.mark.skipif(pooler.PROGRAM is None, reason="pgbouncer is not installed")
def test_check_setup_reports_a_direct_database_url_that_is_a_pooler(
    site: Flask, mailbox: MailServer, frozen_time: Any
) -> None:
    frozen_time.move_to(time_machine.escape_hatch.datetime.datetime.now(tz=UTC), tick=True)
    between = pooler.Pooler(db.engine.url.render_as_string(hide_password=False))
    site.config["DATABASE_DIRECT_URL"] = between.url

    _, lines = check(site)

    assert lines[-1] == (
        "Database: DATABASE_DIRECT_URL is the address of a pooler, not of PostgreSQL. Until that "
        "is corrected, mail workers look for emails every 0.2 seconds"
    )
    between.stop()


def test_check_setup_reports_a_missing_mail_server(site: Flask) -> None:
    said = "MAIL_SERVER is not set, so emails are saved in files and not sent"

    assert check(site) == (1, ["Settings: see below", *FINE[1:], f"Settings: {said}"])


@pytest.mark.settings(SITE_URL="http://127.0.0.1:8000")
def test_check_setup_accepts_file_delivery_on_localhost(site: Flask) -> None:
    assert check(site) == (0, FINE)


@pytest.mark.settings(
    MAIL_USERNAME="conference",
    MAIL_SERVER="mail.example.invalid",
    MAIL_DEFAULT_SENDER=SENDER,
)
def test_check_setup_reports_missing_sender_and_password_and_unknown_host(site: Flask) -> None:
    status, lines = check(site)

    assert status == 1
    assert lines[4:6] == [
        f"Settings: MAIL_DEFAULT_SENDER is not set, so emails are sent from {SENDER}",
        "Settings: MAIL_USERNAME and MAIL_PASSWORD must both be set for the site to sign in",
    ]
    assert lines[6].startswith("Mail server: The mail server could not be reached or understood")


@pytest.mark.settings(
    MAIL_USERNAME="conference", MAIL_PASSWORD="tide", MAIL_SERVER="localhost", MAIL_PORT=1
)
def test_check_setup_reports_an_unreachable_mail_server(site: Flask) -> None:
    assert check(site)[1][-1].startswith("Mail server: The mail server could not be reached")


def test_check_setup_reports_a_refused_sender(
    site: Flask, mailbox: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: Any) -> str:
        return "553 Not your\0 address"

    monkeypatch.setattr(MailServer, "handle_MAIL", refuse, raising=False)

    assert check(site) == (
        1,
        [
            *FINE[:2],
            "Mail server: see below",
            FINE[3],
            "Mail server: The mail server replied: 553 Not your address",
        ],
    )


def test_check_setup_reports_a_wrong_smtp_password(site: Flask, secure_mailbox: MailServer) -> None:
    site.config.update(MAIL_USERNAME="conference", MAIL_PASSWORD="wrong")

    assert check(site)[1][-1].startswith("Mail server: The mail server replied: 535")


def test_check_setup_reports_an_unencrypted_smtp_password(site: Flask, mailbox: MailServer) -> None:
    site.config.update(
        MAIL_SERVER=socket.gethostname(), MAIL_USERNAME="conference", MAIL_PASSWORD="tide"
    )

    assert check(site)[1][4] == (
        "Settings: MAIL_PASSWORD is sent without encryption: set MAIL_USE_TLS or MAIL_USE_SSL"
    )


@pytest.mark.settings(SITE_URL="http://127.0.0.1:8000")
def test_check_setup_reports_an_unwritable_mail_folder(site: Flask) -> None:
    folder = Path(site.instance_path) / "mail"
    folder.write_text("in the way", encoding="utf-8")

    assert check(site)[1][-1] == f"Mail server: Emails cannot be saved in {folder}: File exists"


@pytest.mark.settings(
    SITE_URL="http://127.0.0.1:8000",
    DATABASE_URL=f"postgresql+psycopg://site@{HOST}:{free_port()}/conference",
)
def test_check_setup_reports_an_unavailable_database(site: Flask) -> None:
    status, lines = check(site)

    assert status == 1
    assert lines[4].startswith("Database: The database cannot be used: connection failed")


@pytest.mark.settings(SITE_URL="http://127.0.0.1:8000")
def test_check_setup_reports_a_missing_migration(site: Flask) -> None:
    db.session.execute(text("UPDATE alembic_version SET version_num = '0022'"))

    assert check(site)[1][-1] == (
        "Database: The database is not at the migration that this version of the site needs: "
        "run flask --app wsgi db upgrade"
    )


@pytest.mark.settings(SITE_URL="http://127.0.0.1:8000")
def test_check_setup_reports_a_full_disk(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "MIN_FREE_SPACE", 2**60)

    (said,) = check(site)[1][4:]
    assert said.startswith("Database: The disk of the database is full: ")


@pytest.mark.settings(SITE_URL="http://127.0.0.1:8000")
def test_check_setup_reports_a_damaged_sqlite_file(site: Flask, database: str) -> None:
    db.session.execute(text("CREATE TABLE spare AS SELECT randomblob(100000) AS spare"))
    db.session.commit()
    db.session.remove()
    db.engine.dispose()
    path = Path(database.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:  # its last pages belong to an unused table
        file.seek(-60_000, os.SEEK_END)
        file.write(20_000 * b"tide")

    (said,) = check(site)[1][4:]
    assert said.startswith("Database: The file is damaged. Restore a backup:")


@pytest.mark.both_databases
@pytest.mark.settings(SITE_URL="http://127.0.0.1:8000")
def test_check_setup_reports_a_wrong_clock_from_emails_in_the_future(
    site: Flask, frozen_time: Any
) -> None:
    frozen_time.shift(timedelta(days=3))
    make_email()
    db.session.commit()
    frozen_time.shift(timedelta(days=-3))

    assert check(site)[1][-1] == (
        "Clock: The clock of this machine is or was wrong: the newest email was created 3 days "
        "in the future"
    )


@pytest.mark.postgresql_only
@pytest.mark.settings(SITE_URL="http://127.0.0.1:8000")
def test_check_setup_reports_a_clock_that_differs_from_the_database_server(site: Flask) -> None:
    """The site's clock stands still in 2009 here, and that of the database server does not."""
    (said,) = check(site)[1][4:]

    assert said.startswith(
        "Clock: The clocks of this machine and of the database server differ by "
    )
    assert said.endswith(" days")


@pytest.mark.settings(SITE_URL="http://127.0.0.1:8000", CLOCK_STARTS_AT="2009-05-12T09:30:00+01:00")
def test_check_setup_reports_a_changed_clock_start(site: Flask) -> None:
    db.session.execute(update(SiteState).values(clock_starts_at=None, clock_offset=5))
    db.session.commit()
    cache_version.recheck()

    assert check(site)[1][-1] == (
        "Clock: CLOCK_STARTS_AT is not the time that the database was created with"
    )
