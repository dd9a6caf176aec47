"""Visitors star sessions of the programme without an account and without JavaScript."""

import pytest
from sqlalchemy import select

from app.database import db
from app.programme.models import Session
from tests.browser import Browser
from tests.factories import publish_programme

IN_ORDER = ["Opening", "Reading the tide", "Harbour walls", "Farewell"]
ADD = "{}: Add to my agenda"


def titles(visitor: Browser) -> list[str]:
    """List the sessions of an agenda, as its page shows them."""
    page = visitor.open("/agenda")
    return [heading for heading in page.headings if heading in IN_ORDER]


def test_starring_a_session_in_the_programme_adds_it_to_the_agenda(visitor: Browser) -> None:
    visitor.open("/programme")

    page = visitor.press(ADD.format("Reading the tide"))

    assert page.address == "/agenda?added=reading-the-tide"
    assert page.heading == "My agenda"
    assert "“Reading the tide” is in your agenda." in page.text
    assert page.headers["Cache-Control"] == "private, no-store"
    assert titles(visitor) == ["Reading the tide"]


@pytest.mark.parametrize(
    "address",
    [
        "/programme",
        "/programme?view=grid",
        "/programme/2009-06-10",
        "/programme/2009-06-10?view=grid",
        "/sessions/opening",  # where its words are seen, and come first
        "/rooms/great-hall",
        "/speakers/ada-marsh",
    ],
)
def test_every_page_that_shows_a_session_has_its_star(visitor: Browser, address: str) -> None:
    add = "Add to my agenda: Opening" if address == "/sessions/opening" else ADD.format("Opening")
    page = visitor.open(address)

    assert add in page.buttons
    assert "Set-Cookie" not in page.headers
    assert titles(visitor) == []
    visitor.open(address)
    visitor.press(add)
    assert titles(visitor) == ["Opening"]


def test_breaks_have_no_star(visitor: Browser) -> None:
    there = visitor.open("/programme").buttons

    stars = [button for button in there if button.endswith(": Add to my agenda")]
    assert stars == [ADD.format(title) for title in IN_ORDER]


def test_a_star_pressed_with_an_old_slug_finds_its_session(
    visitor: Browser,
) -> None:
    visitor.open("/programme")
    opening = db.session.scalars(select(Session).where(Session.slug == "opening")).one()
    opening.slug = "grand-opening"
    publish_programme()

    page = visitor.press(ADD.format("Opening"))

    assert page.address == "/agenda?added=grand-opening"
    assert titles(visitor) == ["Opening"]
