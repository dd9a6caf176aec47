"""The ``flask …`` commands: each is a service with a printed result."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from app import edition
from app.accounts import services as accounts
from app.accounts import team
from app.accounts.second_step import services as second_step
from app.agenda import retention as agendas
from app.database import db, is_unavailable, transaction
from app.errors import ConferenceError
from app.mail import carriers, delivery
from app.mail import queries as mail_queries
from app.mail import services as mail_services
from app.mail.bell import Bell
from app.mail.models import FAILED, SENT
from app.programme import keeping_photos, renditions, report, uploads
from app.programme import queries as programme_queries
from app.programme import services as programme_services
from app.programme.cards import services as cards
from app.programme.finding import services as finding
from app.programme.proposals import trusted
from app.programme.publishing import plans
from app.registration import audit, retention, seats, taking_over
from app.registration import invented as invented_delegates
from app.registration import queries as registration
from app.site import services as site_services
from app.speakers import news, reminding
from app.speakers import retention as speakers_retention
from app.web.pages import absolute_url

Arguments = ParamSpec("Arguments")

# what the mail worker does besides
HOUSEKEEPING: tuple[delivery.Chore, ...] = (
    mail_services.forget_old,
    retention.forget_what_is_due,
    audit.look_once_a_day,
    site_services.forget_old_feedback,
    accounts.forget_old,
    agendas.forget_what_is_due,
    uploads.forget_old,
    keeping_photos.forget_unseen,
    keeping_photos.forget_wholes,
    speakers_retention.forget_what_is_due,
    reminding.plan,
    cards.forget_unseen,
    finding.catch_up,
)

# what it does within a few seconds of a moment
APPOINTMENTS: tuple[delivery.Chore, ...] = (
    plans.publish_what_is_due,
    trusted.publish_what_is_due,
    renditions.paint_what_waits,
    news.tell_of_release,
    reminding.send_what_is_due,
    cards.draw_what_is_lacking,
)


def attach(app: Flask) -> None:
    """Put the commands on the application."""
    for command in (load_programme, publish, demo, set_places):
        app.cli.add_command(command)
    for command in (add_organiser, remove_organiser, reset_second_factor, deliver_mail, look_over):
        app.cli.add_command(command)


def _on_the_site(deed: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Let a command live at the time that the database knows, and say plainly what it cannot do.

    What cannot be done is told in a sentence, and the command ends with status 1.
    """

    @with_appcontext
    @wraps(deed)
    def command(*args: Arguments.args, **named: Arguments.kwargs) -> None:
        edition.follow()
        try:
            deed(*args, **named)
        except ConferenceError as refusal:
            raise click.ClickException(str(refusal)) from None
        except SQLAlchemyError as fault:
            if not is_unavailable(fault):
                raise
            raise click.ClickException(
                f"The database is away or not ready ({type(fault).__name__})"
            ) from None

    return command


@click.command
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--merge", is_flag=True, help="Only add and change; withdraw nothing.")
@click.option("--publish", "and_publish", is_flag=True, help="Publish afterwards.")
@_on_the_site
def load_programme(file: Path, *, dry_run: bool, merge: bool, and_publish: bool) -> None:
    """Read a conference from FILE; what it does not hold is withdrawn."""
    read = programme_services.load_beside if merge else programme_services.load
    with transaction():
        was_invented = programme_queries.is_invented()
        loaded = read(file)
        taking_over.make_room(loaded.programme.conference, was_invented=was_invented)
        public = _published() if and_publish else ""
        if dry_run:
            db.session.rollback()
    for line in report.told(loaded):
        click.echo(line)
    if dry_run:
        click.echo("This was a dry run: nothing has been changed")
    elif public:
        click.echo(public)


def _published(note: str = "") -> str:
    """Publish, and say what that changed."""
    before = programme_queries.newest_number()
    number = programme_services.publish(note).number
    if number == before:
        return f"Release {number} stays public: nothing has changed since"
    return f"Release {number} is public"


@click.command
@click.option("--note", default="", help="What readers should know about this release.")
@_on_the_site
def publish(note: str) -> None:
    """Make a release of the working programme."""
    with transaction():
        public = _published(note)
    click.echo(public)


@click.command
@click.option("--sessions", default=200, show_default=True, help="How many, breaks included.")
@click.option("--speakers", default=250, show_default=True)
@click.option("--delegates", default=0, show_default=True, help="How many have registered.")
@_on_the_site
def demo(sessions: int, speakers: int, delegates: int) -> None:
    """Put an invented conference in place of the programme, and publish it."""
    with transaction():
        invented_delegates.refuse_beside_real_ones()
        conference = programme_services.invent(sessions, speakers).conference
        invented_delegates.leave()
        seats.set_limit(seats.CONFERENCE, max(conference.places or 1, delegates))
        invented_delegates.come(programme_services.invented_delegates(delegates))
        public = _published()
    click.echo(f"{sessions} sessions, {speakers} speakers and {delegates} delegates, all invented")
    click.echo(public)


@click.command
@click.argument("email")
@_on_the_site
def add_organiser(email: str) -> None:
    """Give EMAIL the organiser's role, and print a link that signs them in once."""
    with transaction():
        accounts.add_organiser(email)
        secret = accounts.make_sign_in_link(email)
    click.echo(absolute_url("accounts.link", secret=secret))


@click.command
@click.argument("email")
@_on_the_site
def remove_organiser(email: str) -> None:
    """Take the organiser's role from EMAIL."""
    with transaction():
        team.remove_organiser(email)
    click.echo(f"{email} is no longer an organiser")


@click.command("reset-second-factor")
@click.argument("email")
@_on_the_site
def reset_second_factor(email: str) -> None:
    """Let EMAIL set up a new second step, where the old one is lost."""
    with transaction():
        second_step.reset(email)
    click.echo(f"{email} sets up a second step at the next sign-in")


@click.command("audit")
@_on_the_site
def look_over() -> None:
    """Say what is wrong with the data; exit status 1 if anything is."""
    found = audit.faults()
    for sentence in found:
        click.echo(sentence)
    if found:
        raise SystemExit(1)
    click.echo("Nothing is wrong with the data")


@click.command
@click.option("--forever", is_flag=True, help="Go on until stopped, and keep house.")
@_on_the_site
def deliver_mail(*, forever: bool) -> None:
    """Deliver the letters that wait; on SIGTERM, finish the one in hand."""
    with Bell() as bell:
        worker = delivery.Worker(carriers.carrier(current_app), bell)
        if forever:
            worker.deliver_forever(HOUSEKEEPING, APPOINTMENTS)
        else:
            worker.deliver()
    waiting = mail_queries.counts().waiting
    click.echo(f"{worker.tally[SENT]} sent, {worker.tally[FAILED]} failed, {waiting} waiting")


@click.command
@click.argument("number", type=click.IntRange(min=1))
@_on_the_site
def set_places(number: int) -> None:
    """Set the limit of the conference to NUMBER places."""
    with transaction():
        seats.set_limit(seats.CONFERENCE, number)
    places = registration.places()
    click.echo(f"{places.limit} places, {places.taken} taken, {places.left} free")
