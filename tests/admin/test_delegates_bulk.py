"""What the desk does with several delegates at once, and with a cancelled booking."""

import csv
from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import VIEWER
from app.database import db, transaction
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import CONFERENCE, Delegate, SeatLimit
from app.delegates.queries import count_attending
from app.errors import RuleViolation
from app.history.models import HistoryEntry
from app.mail.models import Email
from app.registration import links, queries, seats
from app.registration.desk import annotations, services
from app.registration.waiting_list.models import ACCEPTED
from tests.browser import Browser, Browsers, Page
from tests.factories import (
    make_category,
    make_delegate,
    make_waiting_list_entry,
    set_places,
    sign_in,
)
from tests.races import run_concurrently
from tests.sent_emails import get_last_email_to, list_emails_to, list_subjects_to

DORA = "dora@conference.example"
LIST = "/organise/delegates"


@pytest.fixture
def three(site: Flask) -> list[Delegate]:
    return [
        make_delegate(reference=f"BCDF234{number}", given_names=name, email=f"{name}@example.org")
        for number, name in enumerate(("Ada", "Bea", "Cleo"), 2)
    ]


def make_cancelled(**about: Any) -> Delegate:
    delegate = make_delegate(**about)
    with transaction():
        services.cancel(delegate, actor=DORA, notify=False)
    return delegate


def tick(*names: str) -> dict[str, bool]:
    return {f"Select {name} Lovelace": True for name in names}


def get_path(delegate: Delegate, below: str = "") -> str:
    return f"{LIST}/{delegate.reference}{below}"


def list_history_entries(delegate: Delegate) -> list[tuple[str, str]]:
    db.session.rollback()
    subject = HistoryEntry.subject == delegate.history_subject
    found = db.session.scalars(select(HistoryEntry).where(subject).order_by(HistoryEntry.id))
    return [(one.summary, one.actor) for one in found]


def get_taken(category: RegistrationCategory) -> int:
    db.session.rollback()
    return db.session.get_one(SeatLimit, seats.name_category_limit(category.id)).taken


def states(desk: Browser) -> list[tuple[str, str]]:
    rows = desk.open(f"{LIST}?sort=registered").rows
    return [(row["Reference"][-1], row["Booking"].split()[0]) for row in rows]


# Several at once


@pytest.mark.both_databases
def test_bookings_can_be_cancelled_in_bulk_with_a_reason_in_their_emails(
    desk: Browser, three: list[Delegate]
) -> None:
    page = desk.open(LIST).press("Cancel booking", tick("Ada", "Bea"))
    assert page.heading == "Cancel 2 bookings?"

    page = page.press("Cancel bookings", {"Reason (optional)": "The visa was refused"})

    assert page.address == f"{LIST}?done=delegates-cancelled"
    assert states(desk) == [("2", "Cancelled"), ("3", "Cancelled"), ("4", "Attending")]
    assert queries.get_seat_counts().taken == 1
    assert "Reason: The visa was refused" in get_last_email_to("Ada@example.org").text
    assert list_subjects_to("Bea@example.org") == ["Your booking has been cancelled: BCDF2343"]
    assert list_emails_to("Cleo@example.org") == []
    assert list_history_entries(three[0]) == [("Cancelled", DORA)]
    changes = (
        db.session.scalars(
            select(HistoryEntry).where(HistoryEntry.subject == three[0].history_subject)
        )
        .one()
        .field_changes
    )
    assert [(one.label, one.new) for one in changes] == [("Reason", "The visa was refused")]


def test_bulk_cancellation_skips_cancelled_bookings(desk: Browser, three: list[Delegate]) -> None:
    page = desk.open(LIST).press("Cancel booking", tick("Ada", "Bea"))
    with transaction():
        services.cancel(three[0], actor="erin@conference.example")

    page = page.press("Cancel bookings", {"Email the delegate?": "No"})

    assert list_history_entries(three[0]) == [("Cancelled", "erin@conference.example")]
    assert list_history_entries(three[1]) == [("Cancelled", DORA)]
    assert list_emails_to("Bea@example.org") == []
    page = desk.open(LIST).press("Cancel booking", tick("Ada", "Cleo"))
    assert "1 of those you selected is like this already, so it will not change." in page.text
    page = desk.open(LIST).press("Cancel booking", tick("Ada"))
    assert page.heading == "Nothing to do"


def test_an_overlong_reason_stops_a_bulk_cancellation(desk: Browser, three: list[Delegate]) -> None:
    page = desk.open(LIST).press("Cancel booking", tick("Ada"))

    page = page.press("Cancel bookings", {"Reason (optional)": "x" * 201}, status=422)

    assert page.errors == ["The reason must be 200 characters or fewer"]
    assert list_history_entries(three[0]) == []
    page.press("Cancel bookings", {"Reason (optional)": "x"})
    assert list_history_entries(three[0]) == [("Cancelled", DORA)]


@pytest.mark.both_databases
def test_pressing_twice_resends_confirmations_once(
    desk: Browser, three: list[Delegate], frozen_time: Any
) -> None:
    with transaction():
        services.cancel(three[1], actor=DORA, notify=False)
    page = desk.open(LIST).press("Send confirmation again", tick("Ada", "Bea"))
    assert page.heading == "Email 2 delegates?"

    page.press("Send emails")
    page.press("Send emails")

    assert list_subjects_to("Ada@example.org") == [
        "You are registered for Tides and Harbours: BCDF2342"
    ]
    assert list_subjects_to("Bea@example.org") == ["Your booking has been cancelled: BCDF2343"]
    frozen_time.shift(timedelta(minutes=6))
    desk.open(LIST).press("Send confirmation again", tick("Ada")).press("Send emails")
    assert len(list_subjects_to("Ada@example.org")) == 2


def test_a_tag_can_be_added_and_removed_in_bulk(desk: Browser, three: list[Delegate]) -> None:
    page = desk.open(LIST).press("Add a tag", tick("Ada", "Cleo"))
    page.press("Add tag", {"Tag": "Press"})
    assert [row["Tags"] for row in desk.open(f"{LIST}?sort=registered").rows] == [
        *("Press", "", "Press")
    ]

    page = desk.open(LIST).press("Remove a tag", tick("Ada", "Bea"))
    page.press("Remove tag", {"Tag to remove": "Press"})

    assert [row["Tags"] for row in desk.open(f"{LIST}?sort=registered").rows] == ["", "", "Press"]


def test_a_bulk_tag_beyond_the_limit_of_one_delegate_is_added_to_nobody(
    desk: Browser, three: list[Delegate]
) -> None:
    with transaction():
        for number in range(10):
            annotations.add_tag(three[1], f"Tag {number}", actor=DORA)

    page = desk.open(LIST).press("Add a tag", tick("Ada", "Bea"))
    page = page.press("Add tag", {"Tag": "Press"}, status=422)

    assert page.errors == ["A delegate can have 10 tags. Remove one first"]
    assert desk.open(f"{LIST}?sort=registered").rows[0]["Tags"] == ""


def test_bulk_tags_need_a_constant_number_of_queries(
    desk: Browser, three: list[Delegate], queries: list[str]
) -> None:
    counts: dict[str, set[int]] = {"Add": set(), "Remove": set()}
    for number, names in enumerate((["Ada"], ["Ada", "Bea", "Cleo"])):
        for verb, field in (("Add", "Tag"), ("Remove", "Tag to remove")):
            page = desk.open(LIST).press(f"{verb} a tag", tick(*names))
            queries.clear()
            page.press(f"{verb} tag", {field: f"Press {number}"})
            counts[verb].add(len(queries))

    assert [len(different) for different in counts.values()] == [1, 1]


def test_bulk_moves_and_cancellations_need_few_queries(
    desk: Browser, three: list[Delegate], queries: list[str]
) -> None:
    category = make_category(9, name="Student")
    counts: dict[str, list[int]] = {"Move": [], "Cancel bookings": []}
    quiet: dict[str, Any] = {"Email the delegates?": "No"}
    for names in (["Ada"], ["Bea", "Cleo"]):
        page = desk.open(LIST).press("Move to a category", tick(*names))
        queries.clear()
        page.press("Move", {"Category": "Student", **quiet})
        counts["Move"].append(len(queries))
    assert get_taken(category) == 3
    for names in (["Ada"], ["Bea", "Cleo"]):
        page = desk.open(LIST).press("Cancel booking", tick(*names))
        queries.clear()
        page.press("Cancel bookings", {"Email the delegate?": "No"})
        counts["Cancel bookings"].append(len(queries))

    more = {what: many - few for what, (few, many) in counts.items()}
    assert more == {"Move": 1, "Cancel bookings": 0}  # an entry of the history for each
    assert get_taken(category) == 0
    assert list_history_entries(three[2]) == [("Changed: category", DORA), ("Cancelled", DORA)]


def test_selected_delegates_can_be_exported_and_it_is_recorded(
    desk: Browser, three: list[Delegate]
) -> None:
    page = desk.open(LIST).press("Download selected as CSV", tick("Ada", "Cleo"))

    rows = list(csv.DictReader(StringIO(page.source.lstrip("\ufeff"))))
    assert [row["Given names"] for row in rows] == ["Ada", "Cleo"]
    history = db.session.scalars(
        select(HistoryEntry).where(HistoryEntry.subject == "delegates")
    ).all()
    assert [one.summary for one in history] == ["Exported the booking details of 2 delegates"]


def test_every_search_result_can_be_selected_beyond_the_page(desk: Browser) -> None:
    set_places(60)
    for number in range(53):
        make_delegate(email=f"{number}@example.org", organisation="Guild")
    make_delegate(email="other@example.org", organisation="Union")

    page = desk.open(f"{LIST}?q=guild").press("Add a tag", {"Select all 53 of this list": True})
    page.press("Add tag", {"Tag": "Guild"})

    assert desk.open(f"{LIST}?tag=Guild").text_by_id("count") == "1 to 50 of 53 delegates"


def test_a_bulk_action_without_selection_does_nothing(desk: Browser, three: list[Delegate]) -> None:
    page = desk.open(LIST).press("Cancel booking", status=422)

    assert page.errors == ["Select at least one delegate"]


def test_viewers_have_no_checkboxes_for_bulk_actions(
    visitor: Browser, three: list[Delegate]
) -> None:
    page = sign_in(visitor, role=VIEWER).open(LIST)

    assert "Select Ada Lovelace" not in page.labels
    assert "Cancel booking" not in page.buttons


# Restoring


@pytest.mark.both_databases
def test_a_cancelled_booking_can_be_restored_with_its_link(
    desk: Browser, new_browser: Browsers
) -> None:
    delegate = make_cancelled(reference="BCDF2345")
    key = delegate.access_key
    version = delegate.version

    page = desk.open(get_path(delegate)).follow("Restore booking")
    assert page.heading == "Restore the booking for Ada Lovelace?"
    page = page.press("Restore booking")

    assert page.address == get_path(delegate, "?done=delegate-restored")
    assert "Has a place." in page.text
    assert list_history_entries(delegate) == [("Cancelled", DORA), ("Restored", DORA)]
    assert queries.get_seat_counts().taken == 1
    email = get_last_email_to("ada@example.org")
    assert email.subject == "Your booking has been restored: BCDF2345"
    db.session.refresh(delegate)
    assert (delegate.access_key, delegate.version) == (key, version + 1)
    assert f"SEQUENCE:{version + 1}" in email.calendar
    assert "STATUS:CONFIRMED" in email.calendar
    booking = new_browser().open(f"/booking/{links.booking_token(delegate)}")
    assert booking.heading == "Your booking"


def test_a_booking_can_be_restored_without_an_email(desk: Browser) -> None:
    delegate = make_cancelled()

    desk.open(get_path(delegate, "/restore")).press(
        "Restore booking", {"Email the delegate?": "No"}
    )

    assert list_emails_to("ada@example.org") == []


@pytest.mark.both_databases
def test_a_booking_cannot_be_restored_when_all_places_are_taken(desk: Browser) -> None:
    set_places(1)
    delegate = make_cancelled()
    make_delegate(email="other@example.org")

    page = desk.open(get_path(delegate, "/restore")).press("Restore booking", status=422)

    (error,) = page.errors
    assert error == (
        "All places are taken, so the booking cannot be restored. Cancel another booking first, "
        "or ask an organiser to increase the number of places"
    )
    assert list_emails_to("ada@example.org") == []
    assert list_history_entries(delegate) == [("Cancelled", DORA)]


@pytest.mark.both_databases
def test_a_booking_cannot_be_restored_if_the_person_registered_again(desk: Browser) -> None:
    delegate = make_cancelled()
    make_delegate()

    page = desk.open(get_path(delegate, "/restore")).press("Restore booking", status=422)

    assert page.errors == ["There is already another booking with this name and email address"]
    assert queries.get_seat_counts().taken == 1


def test_a_booking_cannot_be_restored_twice(desk: Browser) -> None:
    delegate = make_cancelled()
    page = desk.open(get_path(delegate, "/restore"))
    with transaction():
        services.restore(delegate, actor="erin@conference.example")

    page = page.press("Restore booking", status=422)

    assert page.errors == ["This booking has already been restored"]
    assert queries.get_seat_counts().taken == 1
    assert desk.open(get_path(delegate, "/restore")).address == get_path(
        delegate, "?done=delegate-attending"
    )


def test_restoring_a_booking_ends_the_wait_of_its_person(site: Flask) -> None:
    delegate = make_cancelled()
    entry = make_waiting_list_entry(identity_key=delegate.identity_key)

    with transaction():
        services.restore(db.session.merge(delegate), actor=DORA)

    db.session.refresh(entry)
    assert entry.state == ACCEPTED
    limit = db.session.get_one(SeatLimit, CONFERENCE, populate_existing=True)
    assert (limit.taken, limit.waiting) == (1, 0)


def test_an_erased_booking_cannot_be_restored(site: Flask) -> None:
    delegate = make_cancelled()
    with transaction():
        services.erase(delegate, actor=DORA)

    with pytest.raises(RuleViolation, match="have been deleted"), transaction():
        services.restore(delegate, actor=DORA)


@pytest.mark.both_databases
def test_of_two_concurrent_restorations_one_gets_the_last_place(site: Flask) -> None:
    set_places(2)
    gone = [make_cancelled(email=f"{number}@example.org").id for number in range(2)]
    make_delegate(email="other@example.org")

    def restore(number: int) -> None:
        services.restore(db.session.get_one(Delegate, number), actor=DORA)

    ended = run_concurrently(site, [partial(restore, number) for number in gone])

    assert ended == ["All places are taken", "done"]
    assert queries.get_seat_counts().taken == count_attending() == 2
    assert len(db.session.scalars(select(Email)).all()) == 1


# Adding a delegate who may be registered already

NEW: dict[str, Any] = {
    "Given names": "Bea",
    "Family name": "Lovelace",
    "Email address": "ADA@example.org",
    "Country": "Sweden",
    "Days": ["Wednesday 10 June 2009"],
    "Email them?": "No",
}
WARNING = "There is already a booking with this email address or name. Nobody has been added yet."


def add(desk: Browser, status: int = 200, **about: str) -> Page:
    answers = {**NEW, **{name.replace("_", " "): value for name, value in about.items()}}
    return desk.open(f"{LIST}/_add").press("Add", answers, status=status)


@pytest.mark.both_databases
def test_adding_a_delegate_warns_of_a_booking_with_the_same_address(desk: Browser) -> None:
    ada = make_delegate(reference="BCDF2345")

    page = add(desk, status=422)

    assert WARNING in page.text
    assert "Ada Lovelace, ada@example.org, BCDF2345: attending" in page.text
    assert page.links["Ada Lovelace"] == get_path(ada)
    assert count_attending() == 1
    page = page.press("Add anyway")
    assert page.heading == "Bea Lovelace"
    assert count_attending() == 2


def test_adding_a_delegate_warns_of_the_same_name_ignoring_accents(desk: Browser) -> None:
    make_cancelled(given_names="Béa", email="bea@example.com")

    page = add(desk, status=422)

    assert WARNING in page.text
    assert "cancelled. You can restore this booking instead" in page.text
    page = page.follow("Béa Lovelace")
    assert "Restore booking" in page.links


def test_changing_to_another_existing_name_warns_again(desk: Browser) -> None:
    make_delegate()
    make_delegate(given_names="Cleo", email="cleo@example.org")
    page = add(desk, status=422)

    page = page.press("Add anyway", {"Given names": "Cleo"}, status=422)

    assert "There are already bookings with this email address or name." in page.text
    page.press("Add anyway")
    assert count_attending() == 3


def test_an_unknown_person_is_added_without_a_warning(desk: Browser) -> None:
    make_delegate(given_names="Ada", email="other@example.org")

    assert add(desk).heading == "Bea Lovelace"
