"""What organisers put in order, in a real browser: rows are dragged by their grips."""

from playwright.sync_api import Page
from sqlalchemy import select

from app.database import db
from app.programme.models import Room
from app.questions import queries
from app.questions.models import REGISTRATION
from tests.factories import make_question, sign_in_window
from tests.live_site import LiveSites


def list_own() -> list[str]:
    """List the questions that organisers have added, in order."""
    db.session.rollback()
    every = queries.read_definitions(REGISTRATION)
    db.session.rollback()  # the site is about to write again
    return [one.current.get_texts("en").label for one in every if one.standard is None]


def drag(window: Page, label: str, onto: str) -> None:
    """Drag a row of the list onto another one, by its grip."""
    target = window.get_by_role("row").filter(has=window.get_by_role("link", name=onto))
    row = window.get_by_role("row").filter(has=window.get_by_role("link", name=label))
    with window.expect_navigation():
        row.locator(".grip").drag_to(target)


def test_questions_can_be_reordered_by_dragging(live_site: LiveSites, window: Page) -> None:
    for label in ("First?", "Second?", "Third?"):
        make_question(label)
    address = live_site().address
    sign_in_window(window, address)

    window.goto(f"{address}/organise/questions")
    drag(window, "Third?", "First?")
    assert list_own() == ["Third?", "First?", "Second?"]

    drag(window, "Second?", "Third?")
    assert list_own() == ["Second?", "Third?", "First?"]


def test_rooms_can_be_reordered_by_dragging(live_site: LiveSites, window: Page) -> None:
    in_order = select(Room.name).order_by(Room.position)
    names = list(db.session.scalars(in_order))
    address = live_site().address
    sign_in_window(window, address)

    window.goto(f"{address}/organise/rooms")
    drag(window, names[-1], names[0])

    db.session.rollback()
    assert list(db.session.scalars(in_order)) == [names[-1], *names[:-1]]
