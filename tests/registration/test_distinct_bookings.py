"""The desk keeps two people apart who look alike, and seats move with a booking that is merged."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.database import db, transaction
from app.delegates.models import Delegate
from app.history import queries as history
from app.registration.bookings import erasure
from app.registration.desk.models import DistinctBookings
from app.registration.session_bookings import services as sessions
from app.releases.current_release import get_programme
from tests.browser import Browser
from tests.factories import FIRST_MORNING, make_delegate
from tests.lookups import list_count_errors
from tests.registration.test_duplicates import MOMENT, compare
from tests.registration.test_session_bookings import book, counts, list_booked, make_bookable
from tests.sent_emails import get_last_email_to

LIST = "/organise/delegates/_duplicates"
KEEP = "Which booking do you want to keep?"


def make_alike() -> tuple[Delegate, Delegate]:
    first = make_delegate()
    return first, make_delegate(given_names="Augusta Ada", email="ADA@example.org")


def list_sentences(delegate: Delegate) -> list[str]:
    db.session.rollback()
    return [one.summary for one in history.list_entries(delegate.history_subject)]


def list_marks() -> list[tuple[int, int]]:
    db.session.rollback()
    return [(one.first_id, one.second_id) for one in db.session.scalars(select(DistinctBookings))]


@pytest.mark.both_databases
def test_bookings_marked_as_not_duplicates_are_hidden_until_undone(
    visitor: Browser,
) -> None:
    first, second = make_alike()

    page = compare(visitor).press("Not a duplicate")

    assert "Marked as not a duplicate. The two bookings stay as they are." in page.source
    assert "No likely duplicates" in page.text
    assert list_marks() == [(first.id, second.id)]
    said = "Marked as not a duplicate of booking"
    assert list_sentences(first) == [f"{said} {second.reference}"]
    assert list_sentences(second) == [f"{said} {first.reference}"]
    page = page.follow("Pairs that are not duplicates").follow(
        "Ada Lovelace and Augusta Ada Lovelace"
    )
    page = page.press("List as likely duplicates again")
    assert "Ada Lovelace and Augusta Ada Lovelace" in page.links
    assert list_marks() == []
    assert (
        list_sentences(first)[-1]
        == f"No longer marked as not a duplicate of booking {second.reference}"
    )


def test_marking_as_not_a_duplicate_twice_changes_nothing(visitor: Browser) -> None:
    first, _ = make_alike()
    page = compare(visitor)
    page.press("Not a duplicate")

    page.press("Not a duplicate")

    assert len(list_marks()) == 1
    assert len(list_sentences(first)) == 1


def test_a_third_booking_is_still_compared_with_marked_ones(visitor: Browser) -> None:
    make_alike()
    make_delegate(given_names="Zoe", family_name="Marsh", email="Ada@example.org")

    page = compare(visitor).press("Not a duplicate")

    assert "Ada Lovelace and Zoe Marsh" in page.links
    page.follow("Ada Lovelace and Zoe Marsh").press("Not a duplicate")
    page = visitor.open(LIST)
    assert "Augusta Ada Lovelace and Zoe Marsh" in page.links


@pytest.mark.both_databases
@pytest.mark.parametrize("which", [0, 1])
def test_a_not_a_duplicate_mark_is_deleted_with_either_booking(
    visitor: Browser, which: int
) -> None:
    pair = make_alike()
    compare(visitor).press("Not a duplicate")
    assert len(list_marks()) == 1

    with transaction():
        erasure.erase(db.session.merge(pair[which]))

    assert list_marks() == []


@pytest.mark.both_databases
def test_merging_bookings_moves_seats_that_do_not_clash_and_emails_which(
    visitor: Browser,
) -> None:
    later = FIRST_MORNING + timedelta(hours=3)
    make_bookable("Knots", 1)
    make_bookable("Nets")
    make_bookable("Sails", 1, starts_at=later)
    make_bookable("Ropes", starts_at=later + timedelta(hours=3))
    kept, other = make_alike()
    waits = make_delegate(given_names="Cy", family_name="Hale", email="cy@example.org")
    book(kept, "nets")
    book(kept, "ropes")
    for slug in ("knots", "sails", "ropes"):
        book(other, slug)
    with transaction():
        own = db.session.merge(waits)
        assert sessions.join_waiting_list(own, get_programme().get_session("sails"))
        assert sessions.join_waiting_list(
            db.session.merge(kept), get_programme().get_session("sails")
        )

    page = compare(visitor).press(
        "Merge bookings", {KEEP: f"{kept.reference}, registered {MOMENT}"}
    )

    assert list_booked(kept) == ["nets", "ropes", "sails"]
    assert list_booked(other) == []
    assert [counts(slug) for slug in ("knots", "nets", "sails", "ropes")] == [
        *((1, 0), (10, 1), (1, 1), (10, 1)),
    ]
    told = "Seats moved: Sails. Seats given back: Knots, Ropes"
    assert f"Booking {other.reference} was merged into this one. {told}" in page.text
    assert f"Merged into booking {kept.reference}. {told}" in list_sentences(other)
    email = get_last_email_to("ADA@example.org")
    assert "so you still have a place. Seats moved to it: Sails" in email.text
    assert "Seat given back: Knots\nSeat given back: Ropes" in email.text
    assert list_count_errors() == []


def test_merging_bookings_releases_seats_on_days_not_booked(visitor: Browser) -> None:
    make_bookable("Knots")
    kept = make_delegate(days="2009-06-11")
    other = make_delegate(given_names="Augusta Ada", email="ADA@example.org")
    book(other, "knots")

    compare(visitor).press(
        "Merge bookings",
        {KEEP: f"{kept.reference}, registered {MOMENT}", "Days": "Thursday 11 June 2009"},
    )

    assert (list_booked(kept), counts("knots")) == ([], (10, 0))
