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


def booking_of(delegate: Delegate) -> str:
    return f"/booking/{links.booking_token(delegate)}"


def sessions_in(page: Page) -> list[str]:
    return [one for one in page.headings if one in {"Opening", "Harbour walls", "Farewell"}]


def kept() -> int:
    return db.session.scalar(select(func.count()).select_from(LinkedAgenda)) or 0


def a_delegate_with(*slugs: str) -> Delegate:
    """Save a delegate who keeps an agenda with their booking."""
    delegate, agenda = make_delegate(), make_agenda(*slugs)
    with transaction():
        agenda_links.link_agenda(delegate, agenda)
    return delegate


@pytest.mark.both_databases
def test_the_agenda_comes_back_on_a_new_device_by_the_booking_s_link(
    visitor: Browser, new_browser: Browsers
) -> None:
    delegate = make_delegate()
    make_agenda("opening", holder=visitor)
    page = visitor.open(booking_of(delegate)).follow(LINK)
    assert "No agenda is saved with your booking yet." in page.text
    page = visitor.press("Save the agenda with my booking")
    assert "It is the agenda in this browser." in page.text

    telephone = new_browser()
    page = telephone.open(booking_of(delegate)).follow(LINK)
    assert "An agenda with one session is saved with your booking." in page.text
    page = telephone.press("Open the agenda in this browser")

    assert sessions_in(page) == ["Opening"]


def test_whoever_has_no_agenda_is_led_to_the_programme(visitor: Browser) -> None:
    page = visitor.open(booking_of(make_delegate())).follow(LINK)

    assert "There is no agenda in this browser." in page.text
    assert page.links["See the programme"] == "/programme"


def test_the_agenda_of_the_browser_and_that_of_the_booking_are_joined(visitor: Browser) -> None:
    delegate = a_delegate_with("opening", "farewell")
    make_agenda("harbour-walls", holder=visitor)
    page = visitor.open(booking_of(delegate)).follow(LINK)
    assert "This browser has a different agenda, with one session." in page.text

    page = visitor.press("Combine both agendas")

    assert sessions_in(page) == ["Opening", "Harbour walls", "Farewell"]
    assert db.session.scalar(select(func.count()).select_from(Agenda)) == 1


def test_or_that_of_the_booking_is_only_opened(visitor: Browser) -> None:
    delegate = a_delegate_with("opening")
    make_agenda("farewell", holder=visitor)
    visitor.open(booking_of(delegate)).follow(LINK)

    page = visitor.press("Open the saved agenda")

    assert sessions_in(page) == ["Opening"]


def test_it_is_kept_no_longer_when_that_is_asked_for(visitor: Browser) -> None:
    delegate = a_delegate_with("opening")
    visitor.open(booking_of(delegate)).follow(LINK)

    page = visitor.press("Remove the agenda from my booking")

    assert "No agenda is saved with your booking yet." in page.text
    assert kept() == 0
    assert db.session.scalar(select(func.count()).select_from(Agenda)) == 1


def test_a_page_that_is_out_of_date_opens_nothing(visitor: Browser, new_browser: Browsers) -> None:
    delegate = a_delegate_with("opening")
    visitor.open(booking_of(delegate)).follow(LINK)
    somebody = new_browser()
    somebody.open(booking_of(delegate)).follow(LINK)
    somebody.press("Remove the agenda from my booking")

    page = visitor.press("Open the agenda in this browser", status=409)

    assert "No agenda is saved with this booking." in page.text


def test_erasing_a_booking_leaves_the_agenda_and_unlinks_it(visitor: Browser) -> None:
    delegate = a_delegate_with("opening")
    visitor.open(f"{booking_of(delegate)}/cancel")
    visitor.press("Cancel my booking")
    visitor.open(f"{booking_of(delegate)}/erase")

    visitor.press("Delete my details")

    assert kept() == 0
    assert db.session.scalar(select(func.count()).select_from(Agenda)) == 1


def test_a_delegate_s_own_copy_holds_the_agenda(visitor: Browser) -> None:
    delegate = a_delegate_with("opening")

    held = json.loads(visitor.fetch("GET", f"{booking_of(delegate)}/copy.json").get_data())

    assert held["agenda"] == [
        {
            "session": "Opening",
            "starts_at": "2009-06-10T08:30:00+00:00",
            "ends_at": "2009-06-10T09:30:00+00:00",
            "room": "Great hall",
        }
    ]


def test_another_agenda_takes_the_place_of_the_one_that_was_kept(visitor: Browser) -> None:
    delegate = a_delegate_with("opening")
    agenda = make_agenda("farewell")

    with transaction():
        agenda_links.link_agenda(delegate, agenda)

    assert db.session.scalars(select(LinkedAgenda.agenda_id)).all() == [agenda.id]
