"""Organisers see how full sessions are and who has a seat, and book and take off by hand."""

from typing import Any

import pytest

from app import clock
from app.accounts.models import DESK, EDITOR
from app.database import db, transaction
from app.delegates.models import Delegate
from app.mailings import notices
from app.programme.models import BOOKABLE, Session
from app.registration.session_bookings import queries, services
from app.registration.session_bookings.models import SessionBooking
from app.releases.current_release import get_programme
from tests.browser import Browser
from tests.factories import (
    make_delegate,
    make_room,
    make_session,
    publish_programme,
    set_places,
    sign_in,
)
from tests.sent_emails import get_last_email_to


@pytest.fixture
def desk(visitor: Browser) -> Browser:
    return sign_in(visitor, role=DESK)


def make_bookable(title: str, number: int | None = 3, **values: Any) -> Session:
    """Publish a session of the first morning in which people book seats."""
    slug = title.lower()
    session = make_session(
        key=slug, slug=slug, title=title, booking=BOOKABLE, seats=number, **values
    )
    publish_programme()
    return session


def book(delegate: Delegate, slug: str) -> None:
    with transaction():
        services.book(db.session.merge(delegate), get_programme().get_session(slug))


def names(key: str) -> list[str]:
    """List who has a seat."""
    found = [one.delegate.given_names for one in queries.list_of_session(key)]
    db.session.rollback()
    return found


def test_sessions_can_be_filtered_by_free_seats(desk: Browser) -> None:
    make_bookable("Knots", 1)
    make_bookable("Nets", 3)
    make_bookable("Quays", 1_200)
    book(make_delegate(), "knots")

    page = desk.open("/organise/sessions")
    fill = {row["Title"]: row["Seats"] for row in page.rows}
    assert {title: fill[title] for title in ("Knots", "Nets", "Quays", "Opening")} == {
        "Knots": "1 of 1",
        "Nets": "0 of 3",
        "Quays": "0 of 1,200",
        "Opening": "",
    }
    found = {
        value: [row["Title"] for row in desk.open(f"/organise/sessions?booking={value}").rows]
        for value in ("bookable", "free", "full")
    }
    assert found == {
        "bookable": ["Knots", "Nets", "Quays"],
        "free": ["Nets", "Quays"],
        "full": ["Knots"],
    }


def test_the_session_page_links_to_its_bookings(desk: Browser) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    book(ada, "knots")

    page = desk.open("/organise/sessions/knots")
    assert page.summary_list["Bookable seats"] == "1 of 3 booked See who has booked"
    page = desk.follow("See who has booked")

    assert page.heading == "Seats in “Knots”"
    assert "1 of 3 seats are booked or on offer. 2 are left." in page.text
    [row] = page.rows
    assert (row["Name"], row["Reference"]) == ("Ada Lovelace", ada.reference)


def test_a_long_list_of_session_bookings_is_searchable_and_paginated(
    desk: Browser, queries: list[str]
) -> None:
    make_bookable("Knots", 60)
    set_places(60)
    with transaction():
        for number in range(52):
            name = f"{number:02}"
            one = make_delegate(family_name=f"Marsh {name}", email=f"a{name}@example.org")
            db.session.add(
                SessionBooking(
                    delegate=one, session_key="knots", title="Knots", booked_at=clock.now()
                )
            )
    desk.open("/organise/session-seats/knots")  # what every page reads once
    queries.clear()

    page = desk.open("/organise/session-seats/knots")

    assert len([one for one in queries if "site_state" not in one]) == 7
    assert [row["Name"] for row in page.rows] == [f"Ada Marsh {one:02}" for one in range(50)]
    page = desk.follow("Next page →")
    assert page.title.startswith("Seats in “Knots”, page 2 of 2")
    assert [row["Name"] for row in page.rows] == ["Ada Marsh 50", "Ada Marsh 51"]
    page = desk.press("Search", {"Search": "a51@example.org"})
    assert [row["Name"] for row in page.rows] == ["Ada Marsh 51"]
    answer = page.press("Download as CSV")
    assert len(answer.source.splitlines()) == 2  # the head, and who was searched for
    page = desk.open("/organise/session-seats/knots?q=nobody")
    assert "Nobody found" in page.text
    answer = desk.open("/organise/session-seats/knots").press("Download as CSV")
    assert len(answer.source.splitlines()) == 53


def test_editors_see_booking_counts_but_not_the_people(visitor: Browser) -> None:
    make_bookable("Knots")
    page = sign_in(visitor, role=EDITOR).open("/organise/sessions/knots")

    assert page.summary_list["Bookable seats"] == "0 of 3 booked"
    visitor.open("/organise/session-seats/knots", status=403)


def test_the_registration_desk_can_book_a_seat_for_someone_and_remove_it(desk: Browser) -> None:
    make_bookable("Knots")
    ada = make_delegate()

    desk.open("/organise/session-seats/knots").follow("Book a seat for someone")
    page = desk.press("Book a seat", {"Booking reference": ada.reference.lower()})

    assert "The seat has been booked. We are emailing the delegate to confirm this." in page.source
    assert names("knots") == ["Ada"]
    booking = desk.open(f"/organise/delegates/{ada.reference}").summary_list
    assert booking["Seats in sessions"] == "Knots"
    sure = desk.open(f"/organise/delegates/{ada.reference}/cancel")
    assert "Seats in these sessions are given back, and are not restored" in sure.text
    desk.open("/organise/session-seats/knots")
    assert "The organisers have booked a seat in a session for you:" in (
        get_last_email_to("ada@example.org").text
    )
    desk.follow("Remove: Ada Lovelace")
    page = desk.press("Remove")
    assert "The delegate has been removed." in page.source
    assert names("knots") == []
    email = get_last_email_to("ada@example.org")
    assert "The organisers have given back your seat in “Knots”." in email.text


def test_booking_beyond_the_seat_limit_requires_a_reason(desk: Browser) -> None:
    make_bookable("Knots", 1)
    ada, bea = make_delegate(), make_delegate(given_names="Bea", email="bea@example.org")
    book(ada, "knots")

    desk.open("/organise/session-seats/knots/add")
    page = desk.press("Book a seat", {"Booking reference": bea.reference}, status=422)
    assert page.error_for("Booking reference") == "All seats have been booked"
    page = desk.press(
        "Book a seat", {"Reason for a seat beyond the limit (optional)": "She chairs it"}
    )

    assert names("knots") == ["Ada", "Bea"]
    assert "2 seats are booked or on offer, 1 more than the limit of 1." in page.text
    history = desk.open(f"/organise/delegates/{bea.reference}").text
    assert "Booked a seat in Knots, beyond the limit: She chairs it" in history


def test_the_registration_desk_can_swap_a_clashing_seat(desk: Browser) -> None:
    make_bookable("Knots")
    make_bookable("Nets")
    ada = make_delegate()
    book(ada, "knots")

    desk.open("/organise/session-seats/nets/add")
    page = desk.press("Book a seat", {"Booking reference": ada.reference}, status=422)
    assert page.error_for("Booking reference") == (
        "A seat is already booked at the same time in “Knots”"
    )
    desk.press("Book a seat", {"If they have another seat at the same time, give it back": True})

    assert (names("knots"), names("nets")) == ([], ["Ada"])


@pytest.mark.both_databases
def test_bulk_cancellation_emails_name_only_their_own_seats(desk: Browser) -> None:
    make_bookable("Knots", 3)
    make_bookable("Nets", 3)
    for name, session in (("Ada", "knots"), ("Bea", "nets"), ("Cleo", "nets")):
        book(make_delegate(given_names=name, email=f"{name}@example.org"), session)

    page = desk.open("/organise/delegates").press(
        "Cancel booking", {"Select Ada Lovelace": True, "Select Bea Lovelace": True}
    )
    page.press("Cancel bookings")

    assert (names("knots"), names("nets")) == ([], ["Cleo"])
    assert queries.map_seats(["knots", "nets"]) == {
        "knots": queries.SessionSeats(3, 0),
        "nets": queries.SessionSeats(3, 1),
    }
    texts = {name: get_last_email_to(f"{name}@example.org").text for name in ("Ada", "Bea")}
    assert {name: ("Knots" in one, "Nets" in one) for name, one in texts.items()} == {
        "Ada": (True, False),
        "Bea": (False, True),
    }


def test_delegates_and_group_emails_can_be_filtered_by_booked_session(visitor: Browser) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    make_delegate(given_names="Bea", email="bea@example.org")
    book(ada, "knots")
    organiser = sign_in(visitor)

    organiser.open("/organise/session-seats/knots")
    page = organiser.follow("See these delegates in the list, to email them")

    assert [row["Reference"] for row in page.rows] == [ada.reference]
    organiser.press("Email these people")
    people = organiser.open("/organise/mailings/1/people").text
    assert [one for one in ("Ada Lovelace", "Bea Lovelace") if one in people] == ["Ada Lovelace"]


def test_delegates_who_booked_a_session_are_notified_of_its_changes(visitor: Browser) -> None:
    session = make_bookable("Knots")
    with transaction():
        notices.prepare()  # people know this release
    ada = make_delegate()
    make_delegate(given_names="Bea", email="bea@example.org")
    book(ada, "knots")
    db.session.merge(session).title = "Sheet bends"
    publish_programme()
    with transaction():
        notices.prepare()

    page = sign_in(visitor).open("/organise/notices")

    assert [row["Name"] for row in page.rows if "Name" in row] == ["Ada Lovelace ada@example.org"]


def test_exporting_session_bookings_is_recorded(desk: Browser) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    book(ada, "knots")

    desk.open("/organise/session-seats/knots")
    answer = desk.page.press("Download as CSV")

    assert ada.reference in answer.source


def test_seats_above_the_room_capacity_require_a_reason(visitor: Browser) -> None:
    room = make_room(name="Quay", capacity=8)
    make_bookable("Knots", None, room=room)
    organiser = sign_in(visitor)

    organiser.open("/organise/sessions/knots/change")
    page = organiser.press("Save", {"Seats (optional)": "9"}, status=422)
    assert "The room has 8 seats, so there cannot be 9 to book." in page.text
    page = organiser.press(
        "Save", {"Reason for more seats than the room has (optional)": "Some stand"}
    )
    assert page.summary_list["Reason for more seats than the room has"] == "Some stand"
    publish_programme()
    assert queries.find_seats("knots") == queries.SessionSeats(9, 0)


def test_a_seat_limit_below_the_number_booked_is_refused(visitor: Browser) -> None:
    make_bookable("Knots", 3)
    for name in ("Ada", "Bea"):
        book(make_delegate(given_names=name, email=f"{name}@example.org"), "knots")
    organiser = sign_in(visitor)

    organiser.open("/organise/sessions/knots/change")
    page = organiser.press("Save", {"Seats (optional)": "1"}, status=422)
    assert "2 people have booked a seat, so there cannot be only 1" in page.text
    page = organiser.press(
        "Save",
        {"Seats (optional)": "3", "Who can come": "Anyone, without booking"},
        status=422,
    )
    assert "2 people have booked a seat, so it cannot be open to all" in page.text


def test_pages_about_seats_highlight_the_seat_overview_in_the_menu(desk: Browser) -> None:
    make_bookable("Knots")

    page = desk.open("/organise/session-seats/knots")

    current = [one for one in page.tree.find_all("a") if one.get("aria-current")]
    assert [(one.text, one.get("aria-current")) for one in current] == [
        ("Seats in sessions", "true")
    ]
