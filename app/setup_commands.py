"""Operators' commands: are the settings right, do emails arrive, is a worker running.

``settings`` and ``check-setup`` run even if the site cannot start with its settings.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from app import cache_version, clock
from app.database import db, get_file, transaction
from app.database_faults import describe, is_unavailable
from app.delegates import answer_file_chunks
from app.encryption import get_key_ring
from app.mail import heartbeat, imap_inbox, transports, wakeup
from app.mail.models import Email
from app.registration import re_encryption
from app.registration.re_encryption import EncryptionState
from app.site import readiness
from app.text import clean_line
from config import LOOPBACK, Config, SettingsError

SOURCES = "setting_sources"  # name of the extension: the file that each setting comes from
FAULTS = "setting_faults"  # name of the extension: what is wrong with the settings
SECRET_NAMES = re.compile("KEY|PASSWORD|SECRET|TOKEN")
PASSWORD_IN_URL = re.compile(r"(?<=password=)[^&]*")
NO_DATA_KEY = (
    "DATA_KEY is not set, so access and dietary requirements are not encrypted. Set it to what "
    "this prints: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
)
CLOCK_TOLERANCE = timedelta(seconds=5)


def init_app(app: Flask) -> None:
    """Register the commands with the application."""
    for command in (
        settings,
        check_setup,
        worker_health,
        rotate_data_key,
    ):
        app.cli.add_command(command)


class _FaultyGroup(AppGroup):
    """Commands of an application with invalid settings; all others print the faults and exit."""

    def __init__(self, fault: SettingsError) -> None:
        super().__init__()
        self._fault = fault

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command that needs no settings; otherwise exit with a list of the faults."""
        command = super().get_command(ctx, cmd_name)
        if command is None:
            raise SystemExit(str(self._fault))
        return command

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands that work, and explain why there are not more."""
        click.echo(f"{self._fault}\n", err=True)
        return super().list_commands(ctx)


def create_faulty_app(fault: SettingsError) -> Flask:
    """Create an application whose only commands report the faults of the settings."""
    app = Flask("app", static_folder=None)
    app.extensions[FAULTS] = fault.faults
    app.cli = _FaultyGroup(fault)
    app.cli.add_command(settings)
    app.cli.add_command(check_setup)
    return app


@click.command
@with_appcontext
def settings() -> None:
    """List each setting: its value, where it comes from, and what is wrong."""
    environment = {name.upper(): value for name, value in os.environ.items() if value}
    width = max(map(len, Config.model_fields))
    for name in Config.model_fields:
        source = current_app.extensions.get(SOURCES, {}).get(name, "environment")
        value = _format_value(name, environment.get(name))
        click.echo(f"{name:{width}}  {value}  ({source if name in environment else 'default'})")
    _report(current_app.extensions.get(FAULTS, []))


def _format_value(name: str, value: str | None) -> str:
    """Return a value as typed, or the default, with secrets hidden."""
    if value is None:
        default = Config.model_fields[name].default
        is_unset = Config.model_fields[name].is_required() or default in {None, "", ()}
        if is_unset or SECRET_NAMES.search(name):
            return "not set"
        return json.dumps(default) if isinstance(default, tuple) else str(default)
    if SECRET_NAMES.search(name):
        return "hidden"
    scheme, separator, rest = value.partition("://")
    user, at, place = rest.rpartition("@")  # the last @: a password may contain one
    redacted = f"{scheme}{separator}{'hidden' if user else ''}{at}{place}"
    return PASSWORD_IN_URL.sub("hidden", redacted)


@click.command("check-setup")
@with_appcontext
def check_setup() -> None:
    """Check settings, database, mail server and clock; exit with status 1 if there are problems."""
    faults = current_app.extensions.get(FAULTS)
    if faults is not None:
        _report(faults)
    problems = []
    for part, check in CHECKS.items():
        found = list(_run_check(check))
        problems += [f"{part}: {sentence}" for sentence in found]
        click.echo(f"{part}: {'see below' if found else 'no problems found'}")
    _report(problems)


def _report(problems: Iterable[str]) -> None:
    """Print problems; exit with status 1 if there are any."""
    listed = list(problems)
    for sentence in listed:
        click.echo(sentence)
    if listed:
        raise SystemExit(1)


def _run_check(check: Callable[[], Iterator[str]]) -> Iterator[str]:
    """Yield the problems a check finds; failing to run counts as one too."""
    try:
        yield from check()
    except SQLAlchemyError as fault:
        db.session.remove()
        if not is_unavailable(fault):
            raise
        yield f"The database cannot be used: {describe(fault)}"


def _check_settings() -> Iterator[str]:
    config = current_app.config
    is_local = any(f"//{host}" in config["SITE_URL"] for host in LOOPBACK)
    if not get_key_ring().current_id:
        yield NO_DATA_KEY
    if not config["MAIL_SERVER"]:
        if not is_local:
            yield "MAIL_SERVER is not set, so emails are saved in files and not sent"
        return
    default_sender = Config.model_fields["MAIL_DEFAULT_SENDER"].default
    if config["MAIL_DEFAULT_SENDER"] == default_sender:
        yield f"MAIL_DEFAULT_SENDER is not set, so emails are sent from {default_sender}"
    yield from _check_mail_login()


def _check_mail_login() -> Iterator[str]:
    config = current_app.config
    if bool(config["MAIL_USERNAME"]) != bool(config["MAIL_PASSWORD"]):
        yield "MAIL_USERNAME and MAIL_PASSWORD must both be set for the site to sign in"
    is_encrypted = config["MAIL_USE_TLS"] or config["MAIL_USE_SSL"]
    if config["MAIL_PASSWORD"] and not is_encrypted and config["MAIL_SERVER"] not in LOOPBACK:
        yield "MAIL_PASSWORD is sent without encryption: set MAIL_USE_TLS or MAIL_USE_SSL"


def _check_database() -> Iterator[str]:
    yield from (sentence for _, sentence in readiness.check_disk())
    db.session.execute(select(1))  # an unavailable database gives the reason
    problems = dict(readiness.check_database())
    problems.pop("clock", None)
    yield from problems.values()
    if not problems:
        yield from _check_file()
        yield from _describe_unreadable(re_encryption.get_state())
    direct_url = current_app.config["DATABASE_DIRECT_URL"]
    if direct_url and get_file(db.engine) is None:
        yield from filter(None, [wakeup.check_direct_url(db.engine, direct_url)])


def _check_file() -> Iterator[str]:
    with transaction():  # a full disk shows only on writing
        db.session.execute(text("UPDATE site_state SET cache_version = cache_version"))
    if get_file(db.engine) is not None:
        outcome = db.session.scalar(text("PRAGMA quick_check(1)"))
        if outcome != "ok":
            yield f"The file is damaged. Restore a backup: {clean_line(str(outcome))}"


def _check_mail_server() -> Iterator[str]:
    try:
        transports.create_transport(current_app).check()
    except transports.DeliveryFailure as failure:
        yield str(failure)
    if imap_inbox.is_configured(current_app):
        try:
            imap_inbox.check()
        except imap_inbox.InboxUnavailable as failure:
            yield str(failure)


def _check_clock() -> Iterator[str]:
    now = clock.real_now()
    if get_file(db.engine) is None:
        difference = abs(db.session.execute(select(func.now())).scalar_one() - now)
        if difference > CLOCK_TOLERANCE:
            yield (
                "The clocks of this machine and of the database server differ by "
                f"{heartbeat.format_duration(difference)}"
            )
    newest = db.session.scalar(select(func.max(Email.created_at)))
    if newest is not None and newest - now > CLOCK_TOLERANCE:
        yield (
            "The clock of this machine is or was wrong: the newest email was created "
            f"{heartbeat.format_duration(newest - now)} in the future"
        )
    if not cache_version.is_clock_in_sync():
        yield "CLOCK_STARTS_AT is not the time that the database was created with"


def _describe_unreadable(state: EncryptionState) -> Iterator[str]:
    if state.unreadable:
        yield (
            f"{state.unreadable} private answers cannot be read, because their key is not in "
            f"DATA_KEY (id {', '.join(state.missing_keys)}). Add it after the first key"
        )


CHECKS: dict[str, Callable[[], Iterator[str]]] = {
    "Settings": _check_settings,
    "Database": _check_database,
    "Mail server": _check_mail_server,
    "Clock": _check_clock,
}


@click.command("rotate-data-key")
@with_appcontext
def rotate_data_key() -> None:
    """Encrypt all private answers with the first key in DATA_KEY now, as the worker would."""
    if not get_key_ring().current_id:
        raise click.ClickException(NO_DATA_KEY)
    total, batch = 0, re_encryption.BATCH_SIZE
    while batch == re_encryption.BATCH_SIZE:
        with transaction():
            batch = re_encryption.encrypt_batch()
        total += batch
    files = _encrypt_files()
    state = re_encryption.get_state()
    rows = "1 row" if total == 1 else f"{total} rows"
    click.echo(f"Private answers in {rows} were encrypted with the first key")
    if files:
        were = "1 was" if files == 1 else f"{files} were"
        click.echo(f"Files that people have sent: {were} encrypted with the first key")
    _report(_describe_unreadable(state))
    if state.with_older_key:
        raise click.ClickException(f"{state.with_older_key} private answers were altered or moved")
    click.echo("Other keys in DATA_KEY are no longer needed")


def _encrypt_files() -> int:
    """Encrypt all uploaded files with the first key; return how many were not."""
    total, batch = 0, answer_file_chunks.BATCH_SIZE
    while batch == answer_file_chunks.BATCH_SIZE:
        with transaction():
            batch = answer_file_chunks.encrypt_batch()
        total += batch
    return total


@click.command("worker-health")
@with_appcontext
def worker_health() -> None:
    """Exit with status 0 if a mail worker has been active in the last minute."""
    try:
        since = heartbeat.time_since_seen()
    except SQLAlchemyError as fault:
        if not is_unavailable(fault):
            raise
        raise click.ClickException(f"The database cannot be used: {describe(fault)}") from None
    sentence = heartbeat.describe(since)
    if since is None or sentence:
        raise click.ClickException(sentence)
    click.echo(f"A mail worker was active {heartbeat.format_duration(since)} ago")
