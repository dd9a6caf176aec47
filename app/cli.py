"""The ``flask …`` commands. Each calls a service and prints the result."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from app import cache_version, mail_commands, setup_commands
from app.accounts import services as accounts
from app.accounts import team
from app.accounts.two_factor import services
from app.backup import commands as backup_commands
from app.database import db, transaction
from app.database_faults import is_unavailable
from app.database_file import WrongDatabaseFile
from app.delegates.models import CONFERENCE
from app.errors import ConferenceError
from app.interchange import import_report
from app.interchange import services as interchange
from app.mail import imap_inbox, transports
from app.mail import queries as mail_queries
from app.mail import worker as mail_worker
from app.mail.models import FAILED, SENT
from app.mail.worker import ShutdownSignal
from app.onboarding import commands as onboarding
from app.programme import queries as programme_queries
from app.registration import import_rules, integrity_check, seats
from app.registration import queries as registration
from app.registration.ballots import draw as ballot_draw
from app.releases import services as releases
from app.transaction_settings import read_only
from app.web.rendering import absolute_url
from app.worker_tasks import PERIODIC_TASKS, TASK_GROUPS

P = ParamSpec("P")


def init_app(app: Flask) -> None:
    """Register the commands with the application."""
    for command in (load_programme, publish, demo, set_places):
        app.cli.add_command(command)
    for command in (deliver_mail, run_audit, backup, restore, verify_ballot):
        app.cli.add_command(command)
    for command in (add_organiser, remove_organiser, reset_second_factor):
        app.cli.add_command(command)
    for command in (new_conference, load_example):
        app.cli.add_command(command)
    setup_commands.init_app(app)
    mail_commands.init_app(app)


def _with_site_clock(function: Callable[P, None]) -> Callable[P, None]:
    """Run a command at the site's time, and report a ConferenceError in one sentence."""

    @_with_errors_as_sentences
    @wraps(function)
    def command(*args: P.args, **named: P.kwargs) -> None:
        cache_version.follow_database_clock()
        function(*args, **named)

    return command


def _with_errors_as_sentences(function: Callable[P, None]) -> Callable[P, None]:
    """Report a ConferenceError in one sentence, and exit with status 1."""

    @with_appcontext
    @wraps(function)
    def command(*args: P.args, **named: P.kwargs) -> None:
        try:
            function(*args, **named)
        except ConferenceError as refusal:
            raise click.ClickException(str(refusal)) from None
        except SQLAlchemyError as fault:
            if not is_unavailable(fault):
                raise
            if isinstance(fault, WrongDatabaseFile):
                raise click.ClickException(str(fault)) from None
            raise click.ClickException(
                f"The database is not available or not ready ({type(fault).__name__})"
            ) from None

    return command


@click.command
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change, without changing anything.")
@click.option("--merge", is_flag=True, help="Only add and change. Do not withdraw anything.")
@click.option("--publish", "and_publish", is_flag=True, help="Publish the programme afterwards.")
@click.option(
    "--another-conference",
    is_flag=True,
    help="Let a file that does not name a conference replace the current one.",
)
@click.option(
    "--force", is_flag=True, help="Load it even if it removes a day that people have booked."
)
@_with_site_clock
def load_programme(  # noqa: PLR0913 - an option each
    file: Path,
    *,
    dry_run: bool,
    merge: bool,
    and_publish: bool,
    another_conference: bool,
    force: bool,
) -> None:
    """Import a conference from FILE; anything the file does not contain is withdrawn."""
    with read_only():  # a slow file holds no one up
        reading = interchange.read_programme(file)
        db.session.rollback()
    with transaction():
        result = (
            import_rules.merge_file(reading)
            if merge
            else import_rules.load_file(reading, is_confirmed=another_conference, is_forced=force)
        )
        outcome = _publish_and_describe() if and_publish else ""
        if dry_run:
            db.session.rollback()
    for line in import_report.as_lines(result):
        click.echo(line)
    if dry_run:
        click.echo("This was a dry run. Nothing has been changed")
    elif outcome:
        click.echo(outcome)


def _publish_and_describe(note: str = "") -> str:
    """Publish, and return a sentence about what changed."""
    before = programme_queries.get_latest_release_number()
    number = releases.create_release(note).number
    if number == before:
        return f"Nothing has changed. Release {number} is still public"
    return f"Release {number} is public"


@click.command
@click.option("--note", default="", help="A public note about this release.")
@_with_site_clock
def publish(note: str) -> None:
    """Publish the working programme as a new release."""
    with transaction():
        outcome = _publish_and_describe(note)
    click.echo(outcome)


@click.command
@click.option(
    "--sessions", default=200, show_default=True, help="The number of sessions, including breaks."
)
@click.option("--speakers", default=250, show_default=True, help="The number of speakers.")
@click.option(
    "--delegates", default=0, show_default=True, help="The number of registered delegates."
)
@_with_site_clock
def demo(sessions: int, speakers: int, delegates: int) -> None:
    """Replace the programme with an invented conference, and publish it."""
    with transaction():
        import_rules.load_demo(sessions, speakers, delegates)
        outcome = _publish_and_describe()
    click.echo(f"{sessions} sessions, {speakers} speakers and {delegates} delegates, all invented")
    click.echo(outcome)


new_conference = click.command(_with_site_clock(onboarding.new_conference))
load_example = click.command(_with_site_clock(onboarding.load_example))
backup = click.command(_with_site_clock(backup_commands.backup))
restore = click.command(_with_errors_as_sentences(backup_commands.restore))


@click.command
@click.argument("email")
@_with_site_clock
def add_organiser(email: str) -> None:
    """Give EMAIL the organiser role, and print a sign-in link that works once."""
    with transaction():
        accounts.add_organiser(email)
        secret = accounts.create_sign_in_link(email)
    click.echo(absolute_url("accounts.link", secret=secret))


@click.command
@click.argument("email")
@_with_site_clock
def remove_organiser(email: str) -> None:
    """Remove the organiser role from EMAIL."""
    with transaction():
        team.remove_organiser(email)
    click.echo(f"{email} is no longer an organiser")


@click.command("reset-second-factor")
@click.argument("email")
@_with_site_clock
def reset_second_factor(email: str) -> None:
    """Let EMAIL set up a new second step if the old one is lost."""
    with transaction():
        services.reset(email)
    click.echo(f"{email} will set up a new second step when they next sign in")


@click.command("audit")
@_with_site_clock
def run_audit() -> None:
    """List problems in the data; exit with status 1 if there are any."""
    faults = integrity_check.run_checks()
    for check in integrity_check.CHECKS:
        click.echo(f"Checked: {check.description}")
    for sentence in faults:
        click.echo(sentence)
    if faults:
        raise SystemExit(1)
    click.echo("No problems found")


@click.command
@click.option(
    "--forever", is_flag=True, help="Keep running, and do regular maintenance, until stopped."
)
@_with_site_clock
def deliver_mail(*, forever: bool) -> None:
    """Send the emails that are due; on SIGTERM, finish the current one first."""
    with ShutdownSignal() as bell:
        worker = mail_worker.MailWorker(transports.create_transport(current_app), bell)
        if forever:
            with imap_inbox.reading(mail_commands.get_inbox_handler()):
                worker.run_forever(PERIODIC_TASKS, TASK_GROUPS)
        else:
            worker.run_once()
    waiting = mail_queries.count_by_state().waiting
    click.echo(f"{worker.tally[SENT]} sent, {worker.tally[FAILED]} failed, {waiting} waiting")


@click.command
@click.argument("number", type=click.IntRange(min=1))
@_with_site_clock
def set_places(number: int) -> None:
    """Set the conference's limit to NUMBER places."""
    with transaction():
        seats.set_limit(CONFERENCE, number)
    places = registration.get_seat_counts()
    click.echo(f"{places.limit} places, {places.taken} taken, {places.remaining} free")


@click.command("verify-ballot")
@click.argument(
    "file", metavar="BALLOT", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def verify_ballot(file: Path) -> None:
    """Repeat the draw of a ballot from its published file, and compare the result."""
    status = ballot_draw.main([str(file)])
    if status == 1:
        raise click.ClickException("The draw is not what the file says")
    if status:
        raise SystemExit(status)
