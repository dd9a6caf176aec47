"""Organisers add seats to a session, see first whom they let in, and prefer people by hand."""

import pytest
from flask import Flask

from app.accounts.models import DESK
from app.database import db, transaction
from app.registration.session_bookings import holds, offers
from app.registration.session_bookings.holds import HoldDetails
from app.registration.waiting_list.models import WaitingListEntry
from app.releases.current_release import get_programme
from tests.browser import Browser, Page
from tests.factories import make_room, publish_programme, sign_in
from tests.registration.test_session_waiting_list import (
    book,
    counts,
    get_states,
    join,
    list_booked,
    list_faults,
    make_bookable,
    make_person,
    path_of,
)
from tests.sent_emails import get_last_email_to

SEATS = "/organise/session-seats/knots"


@pytest.fixture
def full_session(site: Flask) -> None:
    """Eve has the only seat in Knots; Ada, Bea and Cleo wait; a second seat is reserved."""
    make_bookable("knots", 2, room=make_room(name="Loft", capacity=3))
    book(make_person("Eve"), "knots")
    with transaction():
        knots = get_programme().get_session("knots")
        holds.add(knots, HoldDetails(1, "Guests"), actor="grace@conference.example")
    for name in ("Ada", "Bea", "Cleo"):
        join(make_person(name))


def offer_seats() -> None:
    """Do what the worker does after a release."""
    with transaction():
        offers.run_due()


def move_up(organiser: Browser, name: str) -> Page:
    """Open the waiting list of a session and move a person to its top."""
    page = organiser.open(SEATS).follow("3 people are waiting for a seat")
    return (
        page.follow(f"{name} Lovelace")
        .follow("Move to the top")
        .press("Move to the top", {"Reason": "Speaks there"})
    )


@pytest.mark.usefixtures("full_session")
def test_adding_seats_previews_who_gets_an_offer_in_order(
    visitor: Browser,
) -> None:
    organiser = sign_in(visitor)
    move_up(organiser, "Bea")
    organiser.open(SEATS).follow("Add seats")

    page = organiser.page.press("See who gets an offer", {"Number of seats": "3"})
    assert "1 person would get an offer" in page.text
    assert "Bea" in page.text
    assert "Ada" not in page.text
    refused = page.press("Save number of seats", {"Number of seats": "4"}, status=422)
    assert refused.errors[0].startswith("The room has 3 seats, so there cannot be 4 to book.")
    page = refused.press(
        "See who gets an offer", {"Reason for more seats than the room has (optional)": "Benches"}
    )
    assert page.text.index("Bea Lovelace") < page.text.index("Ada Lovelace")
    assert "Cleo" not in page.text
    assert counts() == (1, 1, 3), "nothing has happened yet"

    page = page.press("Save number of seats")

    assert "The offers are made when you publish." in page.source
    assert "2 people who are waiting will be offered a seat." in page.text
    assert counts() == (1, 1, 3)
    publish_programme()
    offer_seats()
    assert get_states() == {"ada": "offered", "bea": "offered", "cleo": "waiting"}
    assert (counts(), list_faults()) == ((3, 3, 1), [])


@pytest.mark.usefixtures("full_session")
def test_a_stale_change_of_the_number_of_seats_is_refused(
    visitor: Browser,
) -> None:
    page = sign_in(visitor).open(f"{SEATS}/more")
    page.press("See who gets an offer", {"Number of seats": ""}, status=422)
    page = visitor.page.press("See who gets an offer", {"Number of seats": "3"})
    old = page
    visitor.open("/organise/sessions/knots/change").press("Save", {"Title": "Knots and splices"})

    late = old.press("Save number of seats", status=422)

    assert late.errors
    page = late.press("See who gets an offer").press("Save number of seats")
    assert "The offers are made" in page.source


def test_adding_seats_skips_people_not_attending_that_day(visitor: Browser) -> None:
    make_bookable("knots", 1)
    book(make_person("Eve"), "knots")
    away, ada = make_person("Flo"), make_person("Ada")
    join(away)
    join(ada)
    with transaction():
        db.session.merge(away).days = "2009-06-11"
    publish_programme()

    page = sign_in(visitor).open(f"{SEATS}/more")
    page = page.press("See who gets an offer", {"Number of seats": "2"})

    assert "Ada Lovelace" in page.text
    assert "Flo" not in page.text


def test_only_roles_that_edit_the_programme_can_add_seats(visitor: Browser) -> None:
    make_bookable("knots", 1)
    page = sign_in(visitor, role=DESK).open(SEATS)
    assert "Add seats" not in page.links
    visitor.open(f"{SEATS}/more", status=403)


@pytest.mark.usefixtures("full_session")
def test_moving_someone_up_a_session_waiting_list_shows_them_the_reason(
    visitor: Browser,
) -> None:
    organiser = sign_in(visitor)
    page = move_up(organiser, "Cleo")
    assert "They are now at the top of the waiting list." in page.source

    page = organiser.page.follow("Make an offer now")
    refused = page.press("Make the offer", {"Reason": "Is the chair"}, status=422)
    assert refused.errors == [
        "No place is free for them. Add one, or move them to the top of the list"
    ]
    page = refused.press("Make the offer", {"If no place is free, add one for them": True})
    assert "We are emailing them the offer." in page.source
    assert get_states()["cleo"] == "offered"
    assert get_last_email_to("cleo@example.org").subject.startswith("Accept your seat by ")
    assert list_faults() == []

    entry = db.session.query(WaitingListEntry).filter_by(email="cleo@example.org").one()
    cleo = entry.delegate
    assert cleo is not None
    own = organiser.open(path_of(cleo, "knots"))
    assert "Is the chair" in own.text
    own.press("Accept the seat")
    assert list_booked(cleo) == ["knots"]
