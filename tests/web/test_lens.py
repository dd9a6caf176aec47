"""Looking through a lens: what is seen, and that nothing is left behind."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.database import db, transaction
from app.programme.models import Session
from app.programme.previewing import services
from tests.browser import Browser
from tests.factories import signed_in

AT_THE_OPENING = "/rehearsal/2009-06-10T09:15"


def a_preview(lasts: timedelta = timedelta(days=1)) -> str:
    """Make a preview link and give where it leads."""
    with transaction():
        _, secret = services.make("The board", lasts, who="grace@conference.example")
    return f"/preview/{secret}"


def rename(slug: str, title: str) -> None:
    with transaction():
        session = db.session.query(Session).filter_by(slug=slug).one()
        session.title = title


def test_a_preview_shows_the_working_programme_and_stays_inside(visitor: Browser) -> None:
    rename("opening", "A new opening")
    preview = a_preview()

    page = visitor.open(f"{preview}/programme")
    inside = visitor.follow("A new opening")

    assert inside.heading == "A new opening"
    assert inside.address == f"{preview}/sessions/opening"
    assert {link for link in page.links.values() if link.startswith("/")} - {
        link for link in page.links.values() if link.startswith(f"{preview}/")
    } == {"/"}


def test_a_rehearsal(visitor: Browser) -> None:
    signed_in(visitor)
    page = visitor.open(f"{AT_THE_OPENING}/")
    print(page.tree)
    assert "will look on Wednesday 10 June 2009 at 9:15am" in page.source
