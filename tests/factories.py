"""Things that a story needs: each is saved as it is made, and named by what the story is about.

    a_delegate(given_names="Ada")
    a_session(title="Fair financing", room=a_room(capacity=8))

Each capability's factories stand under its own heading. A factory gives what it saved, and has
a plausible value for everything that a story leaves out.
"""

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from app.accounts import services as accounts
from app.accounts.models import Person
from app.database import Base, db, transaction
from app.programme import services as programme
from app.programme.models import Appearance, Room, Session, Speaker, Theme
from app.registration.seats import CONFERENCE, begin_with, set_limit
from tests.browser import Browser

SMALL_CONFERENCE = Path(__file__).with_name("conference.json")
FIRST_MORNING = datetime(2009, 6, 10, 8, 30, tzinfo=UTC)  # 9:30am by the conference's clocks

Row = TypeVar("Row", bound=Base)
_numbers = count(1)


def saved(row: Row) -> Row:
    """Save a row, so that the site sees it too."""
    db.session.add(row)
    db.session.commit()
    return row


# The programme


def the_small_conference() -> None:
    """Load and publish the conference of the tests: two days, five sessions, 20 places."""
    with transaction():
        loaded = programme.load(SMALL_CONFERENCE)
        begin_with(CONFERENCE, loaded.programme.conference.places or 0)
        programme.publish()


def published() -> None:
    """Publish what the story has put into the programme."""
    with transaction():
        programme.publish()


def a_theme(**about: Any) -> Theme:
    """Save a theme."""
    number = next(_numbers)
    return saved(Theme(**{"slug": f"theme-{number}", "name": f"Theme {number}", **about}))


def a_room(**about: Any) -> Room:
    """Save a room."""
    slug = f"room-{next(_numbers)}"
    return saved(Room(**{"key": slug, "slug": slug, "name": slug.capitalize(), **about}))


def a_speaker(**about: Any) -> Speaker:
    """Save a speaker."""
    slug = f"speaker-{next(_numbers)}"
    return saved(Speaker(**{"key": slug, "slug": slug, "name": slug.capitalize(), **about}))


def a_session(*, speakers: tuple[Speaker, ...] = (), **about: Any) -> Session:
    """Save a session of an hour on the first morning, with those who speak in it."""
    slug = f"session-{next(_numbers)}"
    starts_at = about.pop("starts_at", FIRST_MORNING)
    usual = {
        "key": slug,
        "slug": slug,
        "title": slug.capitalize(),
        "kind": "parallel",
        "starts_at": starts_at,
        "ends_at": starts_at and starts_at + timedelta(hours=1),
    }
    session = Session(**{**usual, **about})
    session.appearances = [
        Appearance(speaker=speaker, position=position) for position, speaker in enumerate(speakers)
    ]
    return saved(session)


# Registration


def places(seats: int) -> None:
    """Say how many places the conference has."""
    with transaction():
        set_limit(CONFERENCE, seats)


# Accounts


def an_organiser(email: str = "grace@conference.example") -> Person:
    """Save an organiser."""
    with transaction():
        return accounts.add_organiser(email)


def a_sign_in_link(email: str = "grace@conference.example") -> str:
    """Give the address at which an organiser signs in, once."""
    an_organiser(email)
    with transaction():
        return f"/sign-in/{accounts.make_sign_in_link(email)}"


def signed_in(browser: Browser, email: str = "grace@conference.example") -> Browser:
    """Sign an organiser in."""
    browser.open(a_sign_in_link(email))
    browser.press("Sign in")
    return browser
