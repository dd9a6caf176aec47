"""The agenda of a browser shows the seats of the booking that was opened in it; no other does."""

import re
from datetime import timedelta

import time_machine

from app.agenda import transfer_views
from app.database import db, transaction
from app.registration.bookings import agenda_links
from app.registration.desk import services as desk
from app.registration.session_bookings import services
from app.releases.current_release import get_programme
from tests.browser import Browser, Browsers, Page
from tests.factories import FIRST_MORNING, make_agenda, make_delegate
from tests.pages import read_text
from tests.registration.test_session_bookings import book, make_bookable, seat_url


def rows_of(page: Page) -> list[str]:
    """Return what each row of the agenda says."""
    return [read_text(one) for one in page.tree.find_by_class("row")]


def test_booked_seats_and_stars_are_in_one_agenda_and_calendar(visitor: Browser) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    book(ada, "knots")
    agenda = make_agenda("farewell", holder=visitor)
    with transaction():
        agenda_links.link_agenda(db.session.merge(ada), db.session.merge(agenda))
    page = visitor.open("/agenda")
    assert "To see your seats here, open your booking" in page.text
    assert "Knots" not in page.text

    visitor.open(seat_url(ada))
    page = visitor.open("/agenda")

    knots, farewell = rows_of(page)
    assert "Knots Booked" in knots
    assert "Remove" not in knots
    assert "Remove: Farewell" in farewell
    assert "2 sessions." in page.text
    address = page.links["Subscribe in your calendar"].replace("webcal:", "https:")
    answer = visitor.fetch("GET", address.removeprefix("https://conference.example"))
    assert re.findall(r"SUMMARY:(.+)\r", answer.get_data(as_text=True)) == ["Knots", "Farewell"]
    page = page.follow("Change or give back my seat: Knots")
    assert page.heading == "Give back your seat?"


def test_an_agenda_link_alone_does_not_show_seats(visitor: Browser, new_browser: Browsers) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    book(ada, "knots")
    agenda = make_agenda("farewell", holder=visitor)
    with transaction():
        agenda_links.link_agenda(db.session.merge(ada), db.session.merge(agenda))
    visitor.open(seat_url(ada))
    assert "Knots" in visitor.open("/agenda").text

    friend = new_browser()
    friend.open(transfer_views.transfer_link(db.session.merge(agenda)))
    page = friend.press("Open the agenda on this device")
    answer = friend.fetch("GET", transfer_views.feed_url(db.session.merge(agenda)))

    assert [one.split(" ")[-1] for one in rows_of(page)] == ["Farewell"]
    assert "Knots" not in page.text
    assert "Knots" not in answer.get_data(as_text=True)


def test_the_agenda_shows_offers_and_waiting_list_positions_and_only_seats_clash(
    visitor: Browser,
) -> None:
    make_bookable("Knots", 1)
    make_bookable("Ropes", 1)
    ada, bea = make_delegate(), make_delegate(email="bea@example.org", given_names="Bea")
    for slug in ("knots", "ropes"):
        book(bea, slug, in_place_of=["knots"] if slug == "ropes" else [])
    cat = make_delegate(email="cat@example.org", given_names="Cat")
    book(cat, "knots")
    for slug in ("knots", "ropes"):
        with transaction():
            services.join_waiting_list(db.session.merge(ada), get_programme().get_session(slug))
    visitor.open(seat_url(ada))

    page = visitor.open("/agenda")
    assert ["Waiting: number 1 of 1" in one for one in rows_of(page)] == [True, True]
    assert "Clash" not in page.text
    with transaction():
        services.cancel(db.session.merge(cat), "knots")

    page = visitor.open("/agenda")
    assert "Offered until" in rows_of(page)[0]
    assert "Accept or decline the seat: Knots" in page.links


def test_a_starred_session_shows_free_seats_and_a_link_to_book(
    visitor: Browser, frozen_time: time_machine.Traveller
) -> None:
    make_bookable("Knots")
    make_bookable("Ropes", 1, starts_at=FIRST_MORNING + timedelta(hours=2))
    ada, bea = make_delegate(), make_delegate(email="bea@example.org", given_names="Bea")
    book(bea, "ropes")
    make_agenda("knots", "ropes", "farewell", holder=visitor)
    visitor.open(seat_url(ada))

    page = visitor.open("/agenda")

    knots, ropes, farewell = rows_of(page)
    assert "Seats left" in knots
    assert "Full" in ropes
    assert "Book" not in farewell
    assert page.follow("Join the waiting list: Ropes").heading == "Join the waiting list?"
    page = visitor.open("/agenda").follow("Book a seat: Knots")
    assert page.heading == "Book a seat?"
    frozen_time.move_to(FIRST_MORNING + timedelta(hours=3))
    assert "Book a seat: Knots" not in visitor.open("/agenda").links
    assert "Book a seat" not in visitor.open("/sessions/knots").links


def test_seats_of_a_cancelled_booking_or_changed_link_are_not_shown(
    visitor: Browser,
) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    book(ada, "knots")
    visitor.open(seat_url(ada))
    assert "Knots Booked" in rows_of(visitor.open("/agenda"))[0]
    with transaction():
        desk.cancel(db.session.merge(ada), actor="grace@conference.example", reason="")

    assert rows_of(visitor.open("/agenda")) == []
    bea = make_delegate(email="bea@example.org", given_names="Bea")
    book(bea, "knots")
    visitor.open(seat_url(bea))
    assert "Knots Booked" in rows_of(visitor.open("/agenda"))[0]
    with transaction():
        desk.correct_email(
            db.session.merge(bea),
            "b@example.org",
            expected_version=bea.version,
            actor="grace@conference.example",
        )

    assert rows_of(visitor.open("/agenda")) == []


def test_an_agenda_not_saved_with_the_booking_keeps_its_own_calendar(
    visitor: Browser,
) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    book(ada, "knots")
    make_agenda("farewell", holder=visitor)
    visitor.open(seat_url(ada))

    page = visitor.open("/agenda")

    assert "This calendar has no seats" in page.text
    assert "/agenda/" in page.links["Subscribe in your calendar"]
    visitor.open(page.links["Book, swap or give back seats"]).follow(
        "Save your agenda with your booking"
    )
    visitor.press("Save the agenda with my booking")
    page = visitor.open("/agenda")
    assert "/booking/calendar/" in page.links["Subscribe in your calendar"]


def test_the_agenda_with_seats_is_not_cached(visitor: Browser) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    book(ada, "knots")
    visitor.open(seat_url(ada))

    answer = visitor.fetch("GET", "/agenda")

    assert answer.headers["Cache-Control"] == "private, no-store"
