"""The desk finds two bookings of one person, compares them, and keeps one."""

import pytest
from sqlalchemy import select

from app.database import db, transaction
from app.delegates.models import CONFERENCE, Delegate
from app.registration import seats
from app.registration.bookings import operations
from app.registration.session_bookings.models import SessionBooking
from tests.browser import Browser, Page
from tests.factories import make_category, make_delegate, set_places, sign_in
from tests.lookups import list_count_errors
from tests.registration.test_categories import get_seats_and_taken
from tests.sent_emails import get_last_email_to, list_subjects_to

GRACE = "grace@conference.example"
MOMENT = "9:30am on Tuesday 12 May 2009"


def make_pair() -> tuple[Delegate, Delegate]:
    """Save two bookings with one address, the second in a category."""
    student = make_category(3, name="Student")
    first = make_delegate(organisation="Old Society", country="FR")
    second = make_delegate(
        given_names="Augusta Ada", email="ADA@example.org", category_id=student.id, country="GB"
    )
    return first, second


def compare(visitor: Browser) -> Page:
    sign_in(visitor)
    page = visitor.open("/organise/delegates").follow("Likely duplicates")
    return page.follow("Ada Lovelace and Augusta Ada Lovelace")


@pytest.mark.both_databases
def test_merging_bookings_keeps_one_with_chosen_answers_of_both(visitor: Browser) -> None:
    first, second = make_pair()
    page = compare(visitor)
    assert page.heading == "Merge two bookings"

    page = page.press(
        "Merge bookings",
        {
            "Which booking do you want to keep?": f"{second.reference}, registered {MOMENT}",
            "Given names": "Ada",
            "Organisation": "Old Society",
        },
    )

    assert page.heading == "Ada Lovelace"
    db.session.rollback()
    kept = db.session.get_one(Delegate, second.id)
    other = db.session.get_one(Delegate, first.id)
    assert (kept.is_attending, other.is_attending) == (True, False)
    assert (kept.given_names, kept.organisation) == ("Ada", "Old Society")
    assert get_seats_and_taken(CONFERENCE)[1] == 1
    assert get_seats_and_taken(seats.name_category_limit(kept.category_id or 0)) == (3, 1)
    assert f"Booking {other.reference} was merged into this one" in page.text
    assert (
        f"Merged into booking {kept.reference}"
        in visitor.open(f"/organise/delegates/{other.reference}").text
    )
    letter = get_last_email_to("ada@example.org")
    assert letter.subject == f"Your booking has been cancelled: {other.reference}"
    said = f"Reason: You had two bookings. We have kept {kept.reference}, so you still have a place"
    assert said in letter.text
    assert "register again" not in letter.text
    assert len(list_subjects_to("ADA@example.org")) == 1
    assert visitor.open("/organise/delegates/_duplicates").text.count("No likely duplicates") == 1
    assert list_count_errors() == []


def test_merging_prefers_answers_of_the_newer_booking_unless_empty(
    visitor: Browser,
) -> None:
    first = make_delegate(organisation="Old Society", role="Chair")
    second = make_delegate(given_names="Augusta Ada", organisation="New Society", role="")

    page = compare(visitor)

    owners = [f"{first.reference}, Ada Lovelace", f"{second.reference}, Augusta Ada Lovelace"]
    for answer, owner in zip(("Old Society", "New Society"), owners, strict=True):
        assert f"{answer} Booking {owner}" in page.text
    kept_label = f"{second.reference}, registered {MOMENT}"
    assert page.value_of("Which booking do you want to keep?") == kept_label
    assert page.value_of("Organisation") == "New Society"
    assert page.value_of("Role") == "Chair"
    assert page.press("Merge bookings").heading == "Augusta Ada Lovelace"
    db.session.rollback()
    kept = db.session.get_one(Delegate, second.id)
    assert (kept.is_attending, kept.organisation, kept.role) == (True, "New Society", "Chair")


def test_merging_bookings_without_email_sends_none(visitor: Browser) -> None:
    make_pair()

    compare(visitor).press("Merge bookings", {"Email the person?": "No"})

    assert list_subjects_to("ada@example.org") == list_subjects_to("ADA@example.org") == []


def test_merging_bookings_frees_the_other_place_immediately(visitor: Browser) -> None:
    make_pair()
    set_places(2)

    compare(visitor).press("Merge bookings")

    assert get_seats_and_taken(CONFERENCE) == (2, 1)
    assert db.session.scalars(select(SessionBooking)).all() == []


def test_merging_stale_bookings_is_refused(visitor: Browser) -> None:
    first, _ = make_pair()
    page = compare(visitor)
    with transaction():
        one = db.session.merge(first)
        operations.update(one, {"role": "Chair"}, expected_version=one.version, actor=GRACE)

    page = page.press("Merge bookings", status=409)

    assert page.errors == [
        (
            "One of these bookings has changed since you opened this page. Check both, then merge "
            "them again"
        )
    ]
    assert page.press("Merge bookings").heading == "Augusta Ada Lovelace"


def test_merging_a_booking_cancelled_meanwhile_is_refused(visitor: Browser) -> None:
    first, second = make_pair()
    page = compare(visitor)
    with transaction():
        operations.cancel(db.session.merge(first), actor=GRACE)

    page.press("Merge bookings", status=404)

    db.session.rollback()
    assert db.session.get_one(Delegate, second.id).is_attending


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_duplicates_needs_a_constant_number_of_queries(
    visitor: Browser, queries: list[str], count: int
) -> None:
    for number in range(count):
        make_delegate(email=f"p{number}@example.org")
        make_delegate(email=f"P{number}@example.org", given_names="Augusta")
    sign_in(visitor)
    visitor.open("/organise/delegates/_duplicates")
    queries.clear()

    visitor.open("/organise/delegates/_duplicates")

    assert len(queries) == 5
