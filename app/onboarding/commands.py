"""The commands that start a new conference and load the example again."""

from datetime import datetime
from pathlib import Path
from typing import Final

import click
from flask import current_app

from app.database import transaction
from app.history import services as history
from app.onboarding import services
from app.onboarding.services import NewConference

DAY: Final = click.DateTime(["%Y-%m-%d"])


@click.option("--title", required=True, help="The title of the conference.")
@click.option("--first-day", required=True, type=DAY, help="Its first day, like 2027-05-12.")
@click.option("--last-day", type=DAY, help="Its last day, if it is not the first.")
@click.option("--time-zone", required=True, help="The time zone of the venue, like Europe/London.")
@click.option("--venue", default="", help="Where it takes place.")
@click.option("--contact", default="", help="An email address for visitors.")
@click.option("--places", type=click.IntRange(min=0), help="How many people can register.")
@click.option("--room", "rooms", multiple=True, help="The name of a room; repeat it for others.")
@click.option("--theme", "themes", multiple=True, help="The name of a theme; repeat it for others.")
def new_conference(  # noqa: PLR0913 - an option each
    *,
    title: str,
    first_day: datetime,
    last_day: datetime | None,
    time_zone: str,
    venue: str,
    contact: str,
    places: int | None,
    rooms: tuple[str, ...],
    themes: tuple[str, ...],
) -> None:
    """Delete the current conference, with its news and pages, and start an empty one."""
    requested = NewConference(
        title=title,
        starts_on=first_day.date(),
        ends_on=(last_day or first_day).date(),
        time_zone=time_zone,
        place=venue,
        contact_email=contact,
        places=places,
        rooms=rooms,
        themes=themes,
    )
    with transaction():
        services.start(
            _content_folder(), requested, expected_fingerprint=None, actor=history.ACTOR_SITE
        )
    click.echo(f"“{title}” has been started. The previous conference has been deleted")


def load_example() -> None:
    """Delete the whole current conference, and load the example again."""
    with transaction():
        services.load_example_again(
            _content_folder(), expected_fingerprint=None, actor=history.ACTOR_SITE
        )
    click.echo("The example has been loaded and published")


def _content_folder() -> Path:
    folder: Path = current_app.config["CONTENT_PATH"]
    return folder
