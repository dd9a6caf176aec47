"""People book seats in sessions that need one, swap them, and give them back."""

import re
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app import cache_version
from app.database import db, transaction
from app.delegates.models import Delegate, SeatLimit
from app.programme.models import BOOKABLE, OPEN_TO_ALL, Session
from app.registration import integrity_check, links, seats
from app.registration.bookings import agenda_links, data_export, erasure
from app.registration.desk import services as desk
from app.registration.session_bookings import services
from app.registration.session_bookings.models import SessionBooking
from app.releases.current_release import get_programme
from tests.browser import Browser, Browsers, Page
from tests.factories import (
    FIRST_MORNING,
    get_ada_marsh,
    make_agenda,
    make_delegate,
    make_session,
    make_theme,
    publish_programme,
)
from tests.sent_emails import get_last_email_to, list_subjects_to


def make_bookable(title: str, number: int = 10, **values: Any) -> Session:
    """Publish a session of the first morning in which people book seats."""
    slug = title.lower().replace(" ", "-")
    values = {"key": slug, "slug": slug, "title": title, **values}
    session = make_session(booking=BOOKABLE, seats=number, **values)
    publish_programme()
    return session


def seat_url(delegate: Delegate, slug: str = "") -> str:
    return f"/booking/{links.booking_token(delegate)}/sessions{f'/{slug}' if slug else ''}"


def book(delegate: Delegate, slug: str, **options: Any) -> bool:
    """Book a seat, as the page does."""
    with transaction():
        own = db.session.merge(delegate)
        return services.book(own, get_programme().get_session(slug), **options)


def counts(slug: str) -> tuple[int, int]:
    """Return the seats of a session and how many are taken."""
    limit = db.session.get_one(SeatLimit, f"session {slug}", populate_existing=True)
    db.session.commit()
    return limit.seats, limit.taken


def list_booked(delegate: Delegate) -> list[str]:
    """List the sessions in which a delegate has a seat."""
    found = select(SessionBooking.session_key).where(SessionBooking.delegate_id == delegate.id)
    keys = sorted(db.session.scalars(found))
    db.session.commit()
    return keys


def get_seat_labels(visitor: Browser) -> list[str]:
    """Return what the page of the session “Knots” says about seats."""
    facts = visitor.open("/sessions/knots").summary_list
    return [facts["Seats"]]


def test_a_seat_is_booked_from_the_booking_page(visitor: Browser) -> None:
    make_bookable("Knots")
    ada = make_delegate()

    page = visitor.open(f"/booking/{links.booking_token(ada)}").follow("See your sessions")
    assert page.heading == "Your sessions"
    assert "You have not booked or starred any sessions yet." in page.text
    page = page.follow("Book a seat: Knots")
    assert page.heading == "Book a seat?"
    page = visitor.press("Book a seat")

    assert page.heading == "Your sessions"
    assert "You have a seat. We will email you to confirm this." in page.text
    assert list_booked(ada) == ["knots"]
    assert counts("knots") == (10, 1)
    email = get_last_email_to("ada@example.org")
    assert email.subject == "You have a seat in “Knots”"
    assert "Knots\nParallel session, 9:30am on Wednesday 10 June 2009" in email.text
    assert "STATUS:CONFIRMED" in email.calendar


@pytest.mark.parametrize("free", [1, 0])
def test_the_email_has_the_session_time_published_while_waiting_for_the_lock(
    site: Flask, free: int
) -> None:
    session = make_bookable("Knots", 1)
    ada = make_delegate()
    if not free:
        book(make_delegate(email="early@example.org"), "knots")
    seen = get_programme().get_session("knots")  # by the transaction that waits for the lock
    with transaction():
        own = db.session.merge(session)
        own.starts_at, own.ends_at = (FIRST_MORNING + timedelta(hours=n) for n in (3, 4))
    publish_programme()

    act = services.book if free else services.join_waiting_list
    with transaction():
        act(db.session.merge(ada), seen)

    text = get_last_email_to("ada@example.org").text
    assert "12:30pm on Wednesday 10 June 2009" in text
    assert "9:30am" not in text


def test_a_long_list_of_bookable_sessions_is_filtered_and_paginated(
    visitor: Browser, queries: list[str]
) -> None:
    theme = make_theme(name="Ropes", slug="ropes")
    for number in range(58):
        make_session(
            **dict.fromkeys(("key", "slug"), f"knot-{number:02}"),
            title=f"Knot {number:02}",
            booking=BOOKABLE,
            seats=10,
            starts_at=FIRST_MORNING + timedelta(days=number % 2, minutes=number // 2),
            theme=theme if number < 4 else None,
            speakers=(get_ada_marsh(),) if number == 7 else (),
        )
    publish_programme()
    ada = make_delegate()
    visitor.open(seat_url(ada))  # what every page reads once
    queries.clear()

    page = visitor.open(seat_url(ada))

    assert len([one for one in queries if "site_state" not in one]) <= 8
    assert "58 sessions, page 1 of 3" in page.text
    assert titles(page) == [f"Knot {number:02}" for number in range(0, 50, 2)]
    page = page.follow("Next page").follow("Next page")
    assert titles(page) == [f"Knot {number:02}" for number in range(43, 58, 2)]
    assert "Next page" not in page.links
    page = page.follow("Previous page")
    assert "page 2 of 3" in page.text
    page = visitor.press("Apply filters", theme="Ropes", day="Thursday 11 June 2009")
    assert titles(page) == ["Knot 01", "Knot 03"]
    page = page.follow("Show all sessions")
    page = visitor.press("Find", {"Find a session by title or speaker": "marsh"})
    assert titles(page) == ["Knot 07"]
    page = visitor.press("Find", {"Find a session by title or speaker": "nothing"})
    assert "No sessions match all of these filters." in page.text
    assert visitor.open(f"{seat_url(ada)}?page=9999&day=x&theme=y").status == 200


def titles(page: Page) -> list[str]:
    """Return the sessions that can be booked, in the order of the page."""
    return [one.partition(": ")[2] for one in page.links if one.startswith("Book a seat: ")]


def test_a_clash_is_shown_before_booking_and_swapping_releases_the_old_seat(
    visitor: Browser,
) -> None:
    make_bookable("Knots")
    make_bookable("Nets", starts_at=FIRST_MORNING + timedelta(minutes=30))
    ada = make_delegate()
    book(ada, "knots")

    page = visitor.open(seat_url(ada)).follow("Swap for this session: Nets")
    assert page.heading == "Swap your seat?"
    assert "You have booked “Knots” at the same time:" in page.text
    page = visitor.press("Swap my seat")

    assert "You have the new seat, and have given back the other." in page.text
    assert list_booked(ada) == ["nets"]
    assert (counts("knots"), counts("nets")) == ((10, 0), (10, 1))
    email = get_last_email_to("ada@example.org")
    assert email.subject == "You have a seat in “Nets”"
    assert "This replaces your seat in: Knots" in email.text
    assert sorted(re.findall(r"(STATUS:\w+|SUMMARY:\w+)", email.calendar)) == [
        "STATUS:CANCELLED",
        "STATUS:CONFIRMED",
        "SUMMARY:Knots",
        "SUMMARY:Nets",
    ]


def test_a_swap_into_a_session_that_just_filled_keeps_the_old_seat(
    visitor: Browser,
) -> None:
    make_bookable("Knots")
    make_bookable("Nets", 1)
    ada, bea = make_delegate(), make_delegate(email="bea@example.org", given_names="Bea")
    book(ada, "knots")
    visitor.open(seat_url(ada, "nets"))
    book(bea, "nets")

    page = visitor.press("Swap my seat", status=409)

    assert "All seats have been booked" in page.text
    assert list_booked(ada) == ["knots"]
    assert (counts("knots"), counts("nets")) == ((10, 1), (1, 1))
    assert list_subjects_to("ada@example.org") == ["You have a seat in “Knots”"]


def test_a_released_seat_is_free_immediately(visitor: Browser) -> None:
    make_bookable("Knots", 1)
    ada, bea = make_delegate(), make_delegate(email="bea@example.org", given_names="Bea")
    book(ada, "knots")

    visitor.open(seat_url(ada)).follow("Give back my seat: Knots")
    page = visitor.press("Give back my seat")

    assert "You have given your seat back." in page.text
    email = get_last_email_to("ada@example.org")
    assert email.subject == "You no longer have a seat in “Knots”"
    assert "STATUS:CANCELLED" in email.calendar
    assert book(bea, "knots")
    assert (list_booked(ada), list_booked(bea)) == ([], ["knots"])


def test_booking_a_seat_in_two_tabs_books_it_once(visitor: Browser, new_browser: Browsers) -> None:
    other = new_browser()
    make_bookable("Knots")
    ada = make_delegate()
    visitor.open(seat_url(ada, "knots"))
    other.open(seat_url(ada, "knots"))

    visitor.press("Book a seat")
    page = other.press("Book a seat")

    assert page.heading == "Your sessions"
    assert counts("knots") == (10, 1)
    assert list_subjects_to("ada@example.org") == ["You have a seat in “Knots”"]


def test_a_stale_swap_releases_no_other_seat(
    visitor: Browser,
) -> None:
    for title in ("Knots", "Nets", "Sails"):
        make_bookable(title)
    ada = make_delegate()
    book(ada, "knots")
    visitor.open(seat_url(ada, "nets"))
    book(ada, "sails", in_place_of=["knots"])

    page = visitor.press("Swap my seat", status=409)

    assert "A seat is already booked at the same time in “Sails”" in page.text
    assert list_booked(ada) == ["sails"]


def test_wrong_links_cannot_book_a_seat(visitor: Browser) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    token = links.booking_token(ada)

    page = visitor.open(f"/booking/{token[:-2]}/sessions/knots", status=404)
    assert page.heading == "This link does not open a booking"
    visitor.open(seat_url(ada, "no-such-session"), status=404)
    feed = links.session_feed_token(ada)
    visitor.open(f"/booking/{feed}/sessions/knots", status=404)


def test_a_session_that_is_over_or_on_another_day_cannot_be_booked(
    visitor: Browser, frozen_time: time_machine.Traveller
) -> None:
    make_bookable("Knots")
    ada = make_delegate(days="2009-06-11")

    page = visitor.open(seat_url(ada, "knots"))
    assert page.heading == "You cannot book a seat"
    assert "Your booking does not include this day." in page.text
    with pytest.raises(services.NotBookable):
        book(ada, "knots")
    bea = make_delegate(email="bea@example.org", given_names="Bea")
    book(bea, "knots")
    frozen_time.move_to(FIRST_MORNING - timedelta(minutes=1))
    visitor.open(seat_url(bea, "knots"))
    frozen_time.move_to(FIRST_MORNING)
    page = visitor.press("Give back my seat", status=409)
    assert "This session has already started" in page.text
    assert list_booked(bea) == ["knots"]


def test_a_day_with_a_booked_seat_cannot_be_removed(visitor: Browser) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    book(ada, "knots")

    visitor.open(f"/booking/{links.booking_token(ada)}/days")
    page = visitor.press("Save", {"Wednesday 10 June 2009": False}, status=422)

    assert "A seat is booked in “Knots”, on a day" in page.text
    assert list_booked(ada) == ["knots"]


def test_cancelling_a_booking_lists_and_releases_its_seats(visitor: Browser) -> None:
    make_bookable("Knots", 1)
    ada = make_delegate()
    book(ada, "knots")

    page = visitor.open(f"/booking/{links.booking_token(ada)}/cancel")
    assert "You will also give back your seats in these sessions: Knots." in page.text
    visitor.press("Cancel my booking")

    assert list_booked(ada) == []
    assert counts("knots") == (1, 0)
    assert [one for one in integrity_check.run_checks() if "email" not in one] == []


def test_the_cancellation_email_lists_released_seats(visitor: Browser, site: Flask) -> None:
    make_bookable("Knots: a practice", 1)
    make_bookable("Tides & tables", 1, starts_at=FIRST_MORNING + timedelta(hours=4))
    ada, bo = make_delegate(), make_delegate(email="bo@example.org", given_names="Bo")
    for slug in ("knots:-a-practice", "tides-&-tables"):
        book(ada, slug)

    visitor.open(f"/booking/{links.booking_token(ada)}/cancel")
    visitor.press("Cancel my booking")
    with transaction():
        desk.cancel(db.session.merge(bo), actor="grace@conference.example", reason="No visa")

    email = get_last_email_to(ada.email)
    lines = [one for one in email.text.splitlines() if one.startswith("Seat given back: ")]
    assert lines == ["Seat given back: Knots: a practice", "Seat given back: Tides & tables"]
    assert email.html.count("Knots: a practice") == email.html.count("Tides &amp; tables") == 1
    assert "Seat given back" not in get_last_email_to(bo.email).text


def test_seat_labels_change_the_cache_version_only_when_their_text_changes(
    visitor: Browser,
) -> None:
    make_bookable("Knots", 7)
    people = [make_delegate(email=f"p{n}@example.org", given_names=f"P{n}") for n in range(7)]
    seen, versions = [get_seat_labels(visitor)], [cache_version.current()]

    for person in people:
        book(person, "knots")
        seen.append(get_seat_labels(visitor))
        versions.append(cache_version.current())

    left, few, full = ["Seats left"], ["Few seats left"], ["Full"]
    assert seen == [left, left, few, few, few, few, few, full]
    assert [after - before for before, after in pairwise(versions)] == [0, 1, 0, 0, 0, 0, 1]
    for address in ("/programme", "/programme?view=grid", "/programme/2009-06-10"):
        assert "Full" in visitor.open(address).text


def test_a_session_open_to_all_says_nothing_about_seats(visitor: Browser) -> None:
    page = visitor.open("/sessions/opening")

    assert "Seats" not in page.text
    assert "Book a seat" not in page.links


def test_the_session_page_links_to_booking_once_the_browser_has_a_booking(
    visitor: Browser,
) -> None:
    make_bookable("Knots")
    ada = make_delegate()

    page = visitor.open("/sessions/knots").follow("Book a seat")
    assert page.heading == "Book a seat in “Knots”"
    assert "Get a new link to your booking" in page.links
    visitor.open(seat_url(ada))
    page = visitor.open("/sessions/knots").follow("Book a seat")

    assert page.heading == "Book a seat?"
    visitor.press("Book a seat")
    assert list_booked(ada) == ["knots"]


def test_a_bookable_reception_is_listed_among_own_sessions(visitor: Browser) -> None:
    make_bookable("Harbour walk", kind="Reception")
    ada = make_delegate()
    book(ada, "harbour-walk")

    assert "Harbour walk" in visitor.open(seat_url(ada)).text


def test_one_calendar_has_the_booked_and_the_starred_sessions(visitor: Browser) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    book(ada, "knots")
    agenda = make_agenda("farewell")
    with transaction():
        agenda_links.link_agenda(db.session.merge(ada), db.session.merge(agenda))

    page = visitor.open(seat_url(ada))
    assert [one for one in ("Booked", "Starred") if one in page.text] == ["Booked", "Starred"]
    address = page.links["Subscribe in your calendar"].replace("webcal:", "https:")
    answer = visitor.fetch("GET", address.removeprefix("https://conference.example"))

    assert re.findall(r"SUMMARY:(.+)\r", answer.get_data(as_text=True)) == ["Knots", "Farewell"]


def test_the_data_export_has_booked_seats_and_erasing_releases_them(visitor: Browser) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    book(ada, "knots")

    copy = data_export.export_delegate(db.session.merge(ada))
    assert [one["session"] for one in copy["seats_in_sessions"]] == ["Knots"]
    with transaction():
        erasure.erase(db.session.merge(ada))

    assert list_booked(ada) == []
    assert counts("knots") == (10, 0)


def test_session_seat_limits_follow_releases_but_not_below_taken_seats(
    visitor: Browser,
) -> None:
    session = make_bookable("Knots", 2)
    people = [make_delegate(email=f"p{n}@example.org", given_names=f"P{n}") for n in range(3)]
    book(people[0], "knots")
    book(people[1], "knots")
    db.session.merge(session).seats = 1
    publish_programme()

    assert counts("knots") == (2, 2)
    with pytest.raises(seats.SoldOut):
        book(people[2], "knots")
    for person in people[:2]:
        with transaction():
            services.cancel(db.session.merge(person), "knots")
    assert counts("knots") == (1, 0)
    db.session.merge(session).seats = 5
    publish_programme()
    assert counts("knots") == (5, 0)


def test_a_session_opened_to_all_again_loses_its_seat_limit(visitor: Browser) -> None:
    session = make_bookable("Knots", 2)
    db.session.merge(session).booking = OPEN_TO_ALL
    publish_programme()

    assert db.session.get(SeatLimit, "session knots") is None


@pytest.mark.both_databases
def test_forged_sessions_in_a_swap_release_no_seats(site: Flask) -> None:
    make_bookable("Knots")
    make_bookable("Sails", starts_at=FIRST_MORNING + timedelta(hours=5))
    ada = make_delegate()
    book(ada, "sails")

    book(ada, "knots", in_place_of=["\0", "nowhere", "sails"])

    assert list_booked(ada) == ["knots", "sails"]


def test_the_seat_page_names_the_booking_it_is_for(visitor: Browser) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    bea = make_delegate(email="bea@example.org", given_names="Bea", family_name="Hale")
    visitor.open(seat_url(ada))
    own = visitor.open("/sessions/knots").follow("Book a seat")
    visitor.open(seat_url(bea))
    other = visitor.open("/sessions/knots").follow("Book a seat")

    for page, delegate in ((own, ada), (other, bea)):
        assert f"Booking for {delegate.full_name}, reference {delegate.reference}" in page.text
    own.press("Book a seat")

    assert (list_booked(ada), list_booked(bea)) == (["knots"], [])


def test_the_agenda_and_the_booked_sessions_link_to_each_other(visitor: Browser) -> None:
    make_bookable("Knots")
    ada = make_delegate()
    visitor.open("/sessions/knots").press("Add to my agenda: Knots")

    page = visitor.open("/agenda").follow("See booked and starred sessions on one page")
    assert page.heading == "See your booked and starred sessions"
    visitor.open(seat_url(ada))
    page = visitor.open("/agenda").follow("Book, swap or give back seats")

    assert page.heading == "Your sessions"
    assert page.follow("The agenda in this browser").heading == "My agenda"


def test_concurrent_losers_of_the_last_seat_can_each_join_the_waiting_list(
    new_browser: Browsers, queries: list[str]
) -> None:
    make_bookable("Knots", 1)
    people = [
        make_delegate(email=f"p{one}@example.org", given_names=f"P<{one}>") for one in range(3)
    ]
    forms = [new_browser().open(seat_url(one, "knots")) for one in people]
    book(people[0], "knots")
    first = forms[1].press("Book a seat", status=409)
    queries.clear()

    second = forms[2].press("Book a seat", status=409)

    assert len([one for one in queries if "FROM site_state" not in one]) == 1, queries
    for page, person, other in ((first, people[1], people[2]), (second, people[2], people[1])):
        assert page.errors == ["All seats have been booked"]
        owner = f"Booking for {person.full_name}, reference {person.reference}"
        assert owner in page.text
        assert other.given_names not in page.text
        assert links.booking_token(person) in page.source
        assert links.booking_token(other) not in page.source
        assert page.press("Join the waiting list").heading == "Your sessions"
    assert [list_subjects_to(one.email)[-1] for one in people[1:]] == [
        "You are on the waiting list for “Knots”"
    ] * 2
