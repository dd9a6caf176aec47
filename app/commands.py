"""The ``flask …`` commands: each is a service with a printed result."""

from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from app import programme as programme  # noqa: PLC0414
from app.accounts import services as accounts
from app.database import db, transaction
from app.errors import ConferenceError
from app.mail import carriers, delivery
from app.mail import queries as mail_queries
from app.mail import services as mail_services
from app.mail.bell import Bell
from app.mail.models import FAILED, SENT
from app.programme import services as programme_services
from app.registration import queries as registration
from app.registration import retention, seats
from app.web.pages import absolute_url

# what the mail worker does besides
HOUSEKEEPING: tuple[delivery.Chore, ...] = (
    mail_services.forget_old,
    retention.forget_what_is_due,
)


def attach(app: Flask) -> None:
    """Put the commands on the application."""
    for command in (load_programme, publish, set_places):
        app.cli.add_command(command)
    for command in (add_organiser, remove_organiser, deliver_mail):
        app.cli.add_command(command)


@click.command
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--publish", "and_publish", is_flag=True, help="Publish afterwards.")
@with_appcontext
def load_programme(file: Path, *, dry_run: bool, and_publish: bool) -> None:
    """Read a conference from FILE; what it does not hold is withdrawn."""
    try:
        with transaction():
            loaded = programme_services.load(file)
            if loaded.programme.conference.places is not None:
                seats.begin_with(seats.CONFERENCE, loaded.programme.conference.places)
            if and_publish:
                programme_services.publish()
            if dry_run:
                db.session.rollback()
    except ConferenceError as refusal:
        raise click.ClickException(str(refusal)) from None
    for note in loaded.notes:
        click.echo(f"{note.kind}: {note.where}: {note.subject}: {note.reason}")
    difference = loaded.difference
    click.echo(
        f"{len(difference.added)} added, {len(difference.changed)} changed, "
        f"{len(difference.withdrawn)} withdrawn"
    )


@click.command
@click.option("--note", default="", help="What readers should know about this release.")
@with_appcontext
def publish(note: str) -> None:
    """Make a release of the working programme."""
    with transaction():
        release = programme_services.publish(note)
        number = release.number
    click.echo(f"Release {number} is public")


@click.command
@click.argument("email")
@with_appcontext
def add_organiser(email: str) -> None:
    """Give EMAIL the organiser's role, and print a link that signs them in once."""
    try:
        with transaction():
            accounts.add_organiser(email)
            secret = accounts.make_sign_in_link(email)
    except ConferenceError as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(absolute_url("accounts.link", secret=secret))


@click.command
@click.argument("email")
@with_appcontext
def remove_organiser(email: str) -> None:
    """Take the organiser's role from EMAIL."""
    try:
        with transaction():
            accounts.remove_organiser(email)
    except ConferenceError as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(f"{email} is no longer an organiser")


@click.command
@click.option("--forever", is_flag=True, help="Go on until stopped, and keep house.")
@with_appcontext
def deliver_mail(*, forever: bool) -> None:
    """Deliver the letters that wait; on SIGTERM, finish the one in hand."""
    try:
        with Bell() as bell:
            worker = delivery.Worker(carriers.carrier(current_app), bell)
            if forever:
                worker.deliver_forever(HOUSEKEEPING)
            else:
                worker.deliver()
        waiting = mail_queries.counts().waiting
    except SQLAlchemyError as fault:
        raise click.ClickException(f"The database is away ({type(fault).__name__})") from None
    click.echo(f"{worker.tally[SENT]} sent, {worker.tally[FAILED]} failed, {waiting} waiting")


@click.command
@click.argument("number", type=click.IntRange(min=1))
@with_appcontext
def set_places(number: int) -> None:
    """Set the limit of the conference to NUMBER places."""
    try:
        with transaction():
            seats.set_limit(seats.CONFERENCE, number)
    except ConferenceError as refusal:
        raise click.ClickException(str(refusal)) from None
    places = registration.places()
    click.echo(f"{places.limit} places, {places.taken} taken, {places.left} free")
