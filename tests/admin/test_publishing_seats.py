"""Before publishing, organisers read what a release does to sessions in which people have seats."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.accounts.models import EDITOR
from app.database import db, transaction
from app.programme.models import Session
from app.registration.session_bookings.models import SessionBooking
from app.releases import queries
from tests.browser import Browser, Page
from tests.factories import FIRST_MORNING, make_room, publish_programme, sign_in
from tests.registration.test_session_waiting_list import (
    book,
    counts,
    get_states,
    join,
    make_bookable,
    make_person,
)

DAY = "Wednesday 10 June 2009"
CHANGES = "/organise/publishing"
HEADING = "1 session in which people have seats or are waiting"


def edit(slug: str, **values: Any) -> None:
    """Change a session without publishing it."""
    with transaction():
        session = db.session.scalars(select(Session).where(Session.key == slug)).one()
        for name, value in {"version": session.version + 1, **values}.items():
            setattr(session, name, value)


def fill() -> None:
    """Let two people have the seats in Knots, and two wait."""
    make_bookable("knots", 2)
    for name in ("Eve", "Finn"):
        book(make_person(name), "knots")
    for name in ("Ada", "Bea"):
        join(make_person(name))


def read_effect(page: Page) -> str:
    """Return what a page says of Knots."""
    text = " ".join(page.text.split())
    assert HEADING in text
    start = text.index("Seats in “Knots”")
    return text[start : text.index("Nobody loses a seat when you publish", start)].strip()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"cancelled_at": FIRST_MORNING}, "It will be cancelled."),
        ({"withdrawn_at": FIRST_MORNING}, "It will no longer be in the programme."),
        (
            {"starts_at": FIRST_MORNING + timedelta(minutes=90), "ends_at": None},
            f"It will move: 9:30am to 10:30am on {DAY} → 11am on {DAY}.",
        ),
        (
            {"seats": 1},
            "It will have 1 seat, not 2. 1 more seat is taken or reserved than that.",
        ),
        (
            {"seats": 3},
            "It will have 3 seats, not 2. 1 person who is waiting will be offered a seat.",
        ),
    ],
)
def test_publishing_pages_name_bookable_sessions_and_count_affected_people(
    visitor: Browser, values: dict[str, Any], said: str
) -> None:
    fill()
    edit("knots", **values)
    organiser = sign_in(visitor)
    expected = (
        "Seats in “Knots” 2 people have a seat or an offer of one, 2 people are waiting. " + said
    )

    page = organiser.open(CHANGES)
    assert read_effect(page) == expected
    assert read_effect(organiser.open(f"{CHANGES}/publish")) == expected
    check = organiser.page.press("Continue")
    assert check.heading == "Check before you publish"
    assert read_effect(check) == expected
    assert check.follow("Seats in “Knots”").heading == "Seats in “Knots”"
    assert get_states() == {"ada": "waiting", "bea": "waiting"}, "nothing has happened yet"


def test_publishing_a_cancelled_session_keeps_its_bookings(visitor: Browser) -> None:
    fill()
    edit("knots", cancelled_at=FIRST_MORNING)
    publish_programme()
    organiser = sign_in(visitor)

    before = queries.get_current_number() - 1
    page = organiser.open(f"{CHANGES}/releases/{before}").follow("Restore this release")

    assert "It will take place after all." in read_effect(page)
    assert len(db.session.scalars(select(SessionBooking)).all()) == 2
    db.session.commit()
    assert counts() == (2, 2, 2)


def test_publishing_pages_omit_changes_without_effect_on_seats(visitor: Browser) -> None:
    fill()
    make_bookable("nets", 3)
    edit("nets", cancelled_at=FIRST_MORNING)  # no one has a seat there
    edit("knots", abstract="Bring a rope")
    page = sign_in(visitor, role=EDITOR).open(CHANGES)
    assert "in which people have seats" not in page.text


def test_editors_see_counts_of_affected_people_without_links_to_them(visitor: Browser) -> None:
    fill()
    edit("knots", room=make_room(name="Loft"))
    page = sign_in(visitor, role=EDITOR).open(CHANGES)
    assert "2 people have a seat" in page.text
    assert "Seats in “Knots”" not in page.links
