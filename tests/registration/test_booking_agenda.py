"""A delegate keeps an agenda with their booking, whose link then leads to both."""

import json

import pytest
from sqlalchemy import func, select

from app.agenda.models import Agenda
from app.database import db, transaction
from app.delegates.models import Delegate, LinkedAgenda
from app.registration import links
from app.registration.bookings import agenda_links
from tests.browser import Browser, Browsers, Page
from tests.factories import make_agenda, make_delegate

LINK = "Save your agenda with your booking"


def get_booking_path(delegate: Delegate) -> str:
    return f"/booking/{links.booking_token(delegate)}"


def sessions_in(page: Page) -> list[str]:
    return [one for one in page.headings if one in {"Opening", "Harbour walls", "Farewell"}]


def count_linked_agendas() -> int:
    return db.session.scalar(select(func.count()).select_from(LinkedAgenda)) or 0


def make_delegate_with_agenda(*slugs: str) -> Delegate:
    """Save a delegate who keeps an agenda with their booking."""
    delegate, agenda = make_delegate(), make_agenda(*slugs)
    with transaction():
        agenda_links.link_agenda(delegate, agenda)
    return delegate


@pytest.mark.both_databases
def test_an_agenda_saved_with_the_booking_opens_on_another_device(
    visitor: Browser, new_browser: Browsers
) -> None:
    delegate = make_delegate()
    make_agenda("opening", holder=visitor)
    page = visitor.open(get_booking_path(delegate)).follow(LINK)
    assert "No agenda is saved with your booking yet." in page.text
    page = visitor.press("Save the agenda with my booking")
    assert "It is the agenda in this browser." in page.text

    telephone = new_browser()
    page = telephone.open(get_booking_path(delegate)).follow(LINK)
    assert "An agenda with one session is saved with your booking." in page.text
    page = telephone.press("Open the agenda in this browser")

    assert sessions_in(page) == ["Opening"]


def test_saving_without_an_agenda_links_to_the_programme(visitor: Browser) -> None:
    page = visitor.open(get_booking_path(make_delegate())).follow(LINK)

    assert "There is no agenda in this browser." in page.text
    assert page.links["See the programme"] == "/programme"


def test_the_agendas_of_browser_and_booking_can_be_combined(visitor: Browser) -> None:
    delegate = make_delegate_with_agenda("opening", "farewell")
    make_agenda("harbour-walls", holder=visitor)
    page = visitor.open(get_booking_path(delegate)).follow(LINK)
    assert "This browser has a different agenda, with one session." in page.text

    page = visitor.press("Combine both agendas")

    assert sessions_in(page) == ["Opening", "Harbour walls", "Farewell"]
    assert db.session.scalar(select(func.count()).select_from(Agenda)) == 1


def test_the_agenda_of_the_booking_can_be_opened_without_combining(visitor: Browser) -> None:
    delegate = make_delegate_with_agenda("opening")
    make_agenda("farewell", holder=visitor)
    visitor.open(get_booking_path(delegate)).follow(LINK)

    page = visitor.press("Open the saved agenda")

    assert sessions_in(page) == ["Opening"]


def test_an_agenda_can_be_removed_from_the_booking(visitor: Browser) -> None:
    delegate = make_delegate_with_agenda("opening")
    visitor.open(get_booking_path(delegate)).follow(LINK)

    page = visitor.press("Remove the agenda from my booking")

    assert "No agenda is saved with your booking yet." in page.text
    assert count_linked_agendas() == 0
    assert db.session.scalar(select(func.count()).select_from(Agenda)) == 1


def test_a_stale_page_cannot_open_a_removed_agenda(visitor: Browser, new_browser: Browsers) -> None:
    delegate = make_delegate_with_agenda("opening")
    visitor.open(get_booking_path(delegate)).follow(LINK)
    somebody = new_browser()
    somebody.open(get_booking_path(delegate)).follow(LINK)
    somebody.press("Remove the agenda from my booking")

    page = visitor.press("Open the agenda in this browser", status=409)

    assert "No agenda is saved with this booking." in page.text


def test_erasing_a_booking_unlinks_but_keeps_the_agenda(visitor: Browser) -> None:
    delegate = make_delegate_with_agenda("opening")
    visitor.open(f"{get_booking_path(delegate)}/cancel")
    visitor.press("Cancel my booking")
    visitor.open(f"{get_booking_path(delegate)}/erase")

    visitor.press("Delete my details")

    assert count_linked_agendas() == 0
    assert db.session.scalar(select(func.count()).select_from(Agenda)) == 1


def test_the_data_export_contains_the_agenda(visitor: Browser) -> None:
    delegate = make_delegate_with_agenda("opening")

    held = json.loads(visitor.fetch("GET", f"{get_booking_path(delegate)}/copy.json").get_data())

    assert held["agenda"] == [
        {
            "session": "Opening",
            "starts_at": "2009-06-10T08:30:00+00:00",
            "ends_at": "2009-06-10T09:30:00+00:00",
            "room": "Great hall",
        }
    ]


def test_saving_another_agenda_replaces_the_saved_one(visitor: Browser) -> None:
    delegate = make_delegate_with_agenda("opening")
    agenda = make_agenda("farewell")

    with transaction():
        agenda_links.link_agenda(delegate, agenda)

    assert db.session.scalars(select(LinkedAgenda.agenda_id)).all() == [agenda.id]
