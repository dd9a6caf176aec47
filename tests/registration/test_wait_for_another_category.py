"""Waiting for another category keeps the current place until the offer is accepted."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.database import db, transaction
from app.delegates.categories.models import BY_CODE, RegistrationCategory
from app.delegates.models import CONFERENCE, Delegate
from app.mail import email_texts
from app.mail.email_texts import TextKey
from app.mail.rendering import EmailText
from app.registration import conference_settings, demo, integrity_check, links, seats
from app.registration.bookings import category_waiting, data_export, operations
from app.registration.desk import services as desk
from app.registration.waiting_list import manual_changes
from app.registration.waiting_list import services as waiting_list
from app.registration.waiting_list.models import WaitingListEntry
from tests.browser import Browser, Browsers, Page
from tests.factories import (
    make_category,
    make_delegate,
    make_waiting_list_entry,
    set_places,
    sign_in,
)
from tests.races import run_concurrently, run_while_locked
from tests.registration.test_categories import QUESTION, get_seats_and_taken
from tests.registration.test_category_waiting_list import change_limit, limit, open_list
from tests.registration.test_waiting_list import (
    cancel,
    get_counts,
    get_state,
    open_own_page,
    run_due,
)
from tests.sent_emails import find_link, get_last_email_to, list_emails_to, list_subjects_to

ADA, BEA, EARLY = "ada@example.org", "bea@example.org", "early@example.org"
GRACE = "grace@conference.example"
ADDS = "If no place is free, add one for them"
JOIN = "Join the waiting list and keep your place"
THURSDAY = "2009-06-11"
NOTHING_CHANGED = "Your booking has not changed: you keep the place you have."


@pytest.fixture(autouse=True)
def _check_counts(site: object) -> Iterator[None]:
    yield
    assert [one for one in integrity_check.run_checks() if "email" not in one] == []


def fill_students(
    places: int = 10, visitors: int | None = None
) -> tuple[RegistrationCategory, RegistrationCategory, Delegate, Delegate]:
    """Let Ada come as a visitor, while the one place for students is taken."""
    set_places(places)
    open_list()
    visitor, student = make_category(visitors, name="Visitor"), make_category(1, name="Student")
    early = make_delegate(category_id=student.id, email=EARLY, family_name="Early")
    ada = make_delegate(category_id=visitor.id, email=ADA)
    return visitor, student, early, ada


def open_booking(browser: Browser, delegate: Delegate) -> Page:
    return browser.open(f"/booking/{links.booking_token(delegate)}")


def join(browser: Browser, delegate: Delegate) -> Page:
    page = open_booking(browser, delegate).follow("Change category")
    return page.press("Save", {QUESTION: "Student"}).press(JOIN)


def category_of(email: str) -> str:
    found = select(Delegate).where(Delegate.email == email, Delegate.cancelled_at.is_(None))
    delegate = db.session.scalars(found.execution_options(populate_existing=True)).one()
    name = delegate.category.name if delegate.category else ""
    db.session.commit()
    return name


@pytest.mark.both_databases
def test_a_delegate_can_wait_for_a_full_category_and_accept_its_place(
    visitor: Browser,
) -> None:
    visitors, students, early, ada = fill_students(visitors=1)
    make_waiting_list_entry(name="Bea", email=BEA, category_id=visitors.id)
    page = open_booking(visitor, ada).follow("Change category")
    assert "All places are taken. You can join the waiting list for this category." in page.text

    page = page.press("Save", {QUESTION: "Student"})
    assert page.heading == "Join the waiting list for “Student”?"
    assert f"Booking for {ada.full_name}, reference {ada.reference}" in page.text
    assert "You keep the place you have until you accept one in this category." in page.text
    page = page.press(JOIN)

    assert page.heading == "You are on the waiting list"
    assert "You are number 1 on the list for the category “Student”." in page.text
    assert "You keep the place you have until you accept another." in page.text
    assert "Change your request" not in page.links
    email = get_last_email_to(ADA)
    assert email.subject == "You are on the waiting list for the category “Student”"
    assert "You keep the place you have until you accept one in this category." in email.text
    page = open_booking(visitor, ada)
    assert "You are waiting for a place in the category “Student”" in page.text
    assert (category_of(ADA), get_counts()) == ("Visitor", (2, 2))
    [wait] = data_export.export_delegate(db.session.merge(ada))["waiting_list"]
    assert wait["position"] == 1, "as on the page, not among all who wait"
    db.session.rollback()

    cancel(early)

    email = get_last_email_to(ADA)
    assert "A place in the category “Student” at Tides and Harbours is free" in email.text
    assert get_seats_and_taken(seats.name_category_limit(students.id)) == (1, 1)
    assert get_counts() == (1, 1)
    page = open_booking(visitor, ada)
    assert "You have been offered a place in the category “Student”" in page.text
    page = page.follow("Accept or decline the place")
    assert "After that, someone else can have yours." in page.text
    page = page.press("Accept the place")
    assert page.summary_list["Category"] == "Student"
    assert "You are waiting for a place" not in page.text
    assert list_subjects_to(ADA)[-1].startswith("Your booking")
    assert get_state(BEA) == "offered", "the old place is for who waits for it"
    assert get_seats_and_taken(seats.name_category_limit(visitors.id)) == (1, 1)
    assert get_counts() == (2, 0)


OWN_TEXT = EmailText(
    "{{ name }}, you have no place yet", "You have no place.\n\n{{ waiting_list_link }}"
)


@pytest.mark.parametrize(
    ("template", "own"),
    [
        ("waiting_list_joined", OWN_TEXT),
        ("waiting_list_offer", replace(OWN_TEXT, body=f"{OWN_TEXT.body}\n\n{{{{ offer_ends }}}}")),
        ("waiting_list_lapsed", replace(OWN_TEXT, body="You have no place.")),
        ("waiting_list_removed", replace(OWN_TEXT, body="You have no place.")),
    ],
)
def test_texts_for_people_without_a_place_are_not_sent_to_delegates(
    visitor: Browser, frozen_time: Any, template: str, own: EmailText
) -> None:
    key = TextKey(template, "en")
    email_texts.save(key, own, name=template, expected_version=0, actor=GRACE)
    db.session.commit()
    _, _, early, ada = fill_students()
    make_waiting_list_entry(email=BEA, category_id=ada.category_id)
    join(visitor, ada)

    with transaction():
        waiting_list.remove(find_entry(ADA), actor=GRACE)
        waiting_list.remove(find_entry(BEA), actor=GRACE)
    join(visitor, ada)
    cancel(early)
    frozen_time.move_to("2009-05-14T09:32:00+01:00")
    run_due()

    assert [one.text for one in list_emails_to(ADA) if "You have no place." in one.text] == []
    subjects = list_subjects_to(ADA)
    assert [one for one in subjects if "category “Student”" in one] == subjects[-5:]
    written = "You have no place." in get_last_email_to(BEA).text
    assert written == (template == "waiting_list_removed")


def find_entry(email: str) -> WaitingListEntry:
    found = select(WaitingListEntry).where(
        WaitingListEntry.email == email, WaitingListEntry.ended_at.is_(None)
    )
    return db.session.scalars(found).one()


def test_declining_a_category_offer_keeps_the_place_and_passes_it_on(visitor: Browser) -> None:
    _, students, early, ada = fill_students()
    other = make_delegate(category_id=ada.category_id, email=BEA, family_name="Waite")
    join(visitor, ada)
    join(visitor, other)
    cancel(early)

    page = open_own_page(visitor, ADA).follow("Keep the place I have")
    assert page.heading == "Decline the place?"
    assert "You keep the place you have. We will offer the place in the category" in page.text
    page = page.press("Decline the place")

    assert page.heading == "You declined the offer"
    assert "You declined the offer" in page.text
    assert NOTHING_CHANGED in page.text
    assert page.follow("See your booking").summary_list["Category"] == "Visitor"
    assert (get_state(ADA), get_state(BEA)) == ("left", "offered")
    assert limit(seats.name_category_limit(students.id)) == (1, 0)


def test_an_expired_category_offer_changes_nothing(visitor: Browser, frozen_time: Any) -> None:
    _, students, early, ada = fill_students()
    join(visitor, ada)
    cancel(early)
    page = open_own_page(visitor, ADA)

    frozen_time.move_to("2009-05-14T09:32:00+01:00")

    page = page.press("Accept the place", status=409)
    assert page.heading == "The offer has ended"
    assert NOTHING_CHANGED in page.text
    assert "until you accept another" not in page.text
    run_due()
    assert get_state(ADA) == "lapsed"
    assert NOTHING_CHANGED in visitor.open(page.address.removesuffix("/accept")).text
    email = get_last_email_to(ADA)
    assert email.subject.startswith("The offer of a place in the category “Student”")
    assert "Your booking has not changed: you keep the place you have." in email.text
    assert visitor.open(find_link(email, "/booking/")).summary_list["Category"] == "Visitor"
    assert category_of(ADA) == "Visitor"
    assert limit(seats.name_category_limit(students.id)) == (0, 0)
    assert get_counts() == (1, 0)


@pytest.mark.both_databases
def test_delegates_can_change_category_although_the_conference_is_full(
    visitor: Browser,
) -> None:
    _, students, _, ada = fill_students(places=2)
    make_waiting_list_entry(name="Bea", email=BEA, category_id=students.id)
    join(visitor, ada)

    with transaction():
        change_limit(students, 2)
    run_due()
    assert (get_state(BEA), get_state(ADA)) == ("waiting", "waiting"), "the place is kept for Bea"
    with transaction():
        change_limit(students, 3)
    assert (get_state(BEA), get_state(ADA)) == ("waiting", "offered")

    page = open_own_page(visitor, ADA).press("Accept the place")

    assert page.summary_list["Category"] == "Student"
    assert get_counts() == (2, 1)
    with transaction():
        conference_settings.change_limit(3, expected_limit=2, actor=GRACE)
    assert get_state(BEA) == "offered"


def test_a_cancelled_booking_leaves_waiting_lists_and_passes_its_offer_on(visitor: Browser) -> None:
    _, students, early, ada = fill_students()
    other = make_delegate(category_id=ada.category_id, email=BEA, family_name="Waite")
    join(visitor, ada)
    join(visitor, other)
    cancel(early)
    own = open_own_page(visitor, ADA)

    cancel(ada)

    assert visitor.open(own.address).heading == "You were removed because your booking ended"
    assert (get_state(ADA), get_state(BEA)) == ("left", "offered")
    assert limit(seats.name_category_limit(students.id)) == (1, 0)
    with transaction():
        desk.cancel_all([db.session.merge(other)], actor=GRACE)
    assert get_state(BEA) == "left"
    assert limit(seats.name_category_limit(students.id)) == (0, 0)


def test_moving_a_delegate_at_the_desk_ends_their_wait_for_that_category(visitor: Browser) -> None:
    _, students, early, ada = fill_students()
    join(visitor, ada)
    cancel(early)
    with transaction():
        change_limit(students, 2)

    with transaction():
        desk.move_to_category(db.session.merge(ada), students.id, actor=GRACE)

    assert get_state(ADA) == "accepted"
    assert category_of(ADA) == "Student"
    assert limit(seats.name_category_limit(students.id)) == (1, 0)


def test_organisers_can_manage_delegates_who_wait_for_another_category(
    visitor: Browser, new_browser: Browsers
) -> None:
    _, students, _, ada = fill_students(places=2)
    join(visitor, ada)
    admin = sign_in(new_browser())

    page = admin.open("/organise/waiting-list")
    assert [row["Name"] for row in page.rows] == [
        "Ada Lovelace ada@example.org, Student, has a place"
    ]
    page = page.follow("Ada Lovelace").follow("Make an offer now")
    page = page.press("Make the offer", {"Reason": "Mistake", ADDS: True})

    assert "Visitor" in page.text
    assert get_state(ADA) == "offered"
    assert get_seats_and_taken(seats.name_category_limit(students.id)) == (2, 2)
    assert get_seats_and_taken(CONFERENCE) == (2, 2), "they have a place there already"
    page = page.follow("Remove from the waiting list")
    assert "They keep the place they have." in page.text
    page.press("Remove from the waiting list")
    assert "you keep the place you have." in get_last_email_to(ADA).text
    assert get_seats_and_taken(seats.name_category_limit(students.id)) == (2, 1)


def test_a_delegate_at_the_top_of_the_waiting_list_is_next(visitor: Browser) -> None:
    _, students, early, ada = fill_students()
    make_waiting_list_entry(name="Bea", email=BEA, category_id=students.id)
    join(visitor, ada)
    with transaction():
        entry = db.session.scalars(
            select(WaitingListEntry).where(WaitingListEntry.email == ADA)
        ).one()
        manual_changes.move_to_top(entry, reason="Mistake", actor=GRACE)

    cancel(early)

    assert (get_state(BEA), get_state(ADA)) == ("waiting", "offered")


def test_waiting_for_an_unsuitable_category_is_refused_with_the_reason(visitor: Browser) -> None:
    visitors, students, _, ada = fill_students()
    day = make_category(0, name="Day student", days=THURSDAY)
    code = make_category(0, name="Press", access=BY_CODE)
    other = make_category(0, name="Crew")
    booking = f"/booking/{links.booking_token(ada)}/category"

    def press(category: RegistrationCategory) -> list[str]:
        return list(visitor.open(f"{booking}/{category.id}/wait").press(JOIN, status=409).errors)

    assert press(visitors) == ["You already have a place in this category"]
    assert press(day) == ["The category “Day student” does not include all of these days"]
    visitor.open(f"{booking}/{code.id}/wait", status=404)
    with transaction():
        change_limit(students, 2)
    assert press(students) == ["There are places left"]
    with transaction():
        change_limit(students, 1)
    visitor.open(f"{booking}/{students.id}/wait").press(JOIN)
    assert press(other) == [
        "You are waiting for another category. Leave that waiting list first, then join this one"
    ]
    again = visitor.open(f"{booking}/{students.id}/wait").press(JOIN)
    assert again.heading == "You are on the waiting list"
    assert get_counts() == (2, 1)


def test_after_registration_has_closed_categories_cannot_be_changed_or_waited_for(
    visitor: Browser, new_browser: Browsers, frozen_time: Any
) -> None:
    frozen_time.move_to("2009-06-08T16:59:00+01:00")
    _, _, _, ada = fill_students()
    make_category(name="Exhibitor")
    page = open_booking(visitor, ada).follow("Change category")
    other = open_booking(new_browser(), ada).follow("Change category")
    other = other.press("Save", {QUESTION: "Student"})

    frozen_time.move_to("2009-06-08T17:00:01+01:00")

    assert page.press("Save", {QUESTION: "Exhibitor"}).summary_list["Category"] == "Visitor"
    assert other.press(JOIN).summary_list["Category"] == "Visitor"
    assert (get_state(ADA), category_of(ADA)) == ("", "Visitor")


def test_changing_to_a_category_that_just_filled_offers_its_waiting_list(visitor: Browser) -> None:
    set_places(10)
    open_list()
    own, student = make_category(name="Visitor"), make_category(1, name="Student")
    ada = make_delegate(category_id=own.id, email=ADA)
    page = open_booking(visitor, ada).follow("Change category")
    make_delegate(category_id=student.id, email=EARLY, family_name="Early")

    page = page.press("Save", {QUESTION: "Student"})

    assert page.press(JOIN).heading == "You are on the waiting list"


def test_a_category_offer_that_does_not_include_the_booked_days_is_refused(
    visitor: Browser,
) -> None:
    _, students, early, ada = fill_students()
    join(visitor, ada)
    cancel(early)
    with transaction():
        db.session.get_one(RegistrationCategory, students.id).days = THURSDAY

    page = open_own_page(visitor, ADA).press("Accept the place", status=409)

    assert page.errors == ["The category “Student” does not include all of these days"]
    assert (get_state(ADA), category_of(ADA)) == ("offered", "Visitor")


def test_a_new_email_address_replaces_waiting_list_links(visitor: Browser) -> None:
    _, _, early, ada = fill_students()
    page = join(visitor, ada)
    with transaction():
        delegate = db.session.merge(ada)
        desk.correct_email(
            delegate, "new@example.org", expected_version=delegate.version, actor=GRACE
        )

    visitor.open(page.address, status=410)
    cancel(early)

    assert "A place in the category" in get_last_email_to("new@example.org").text
    [wait] = data_export.export_delegate(db.session.merge(ada))["waiting_list"]
    assert (wait["for"], wait["state"]) == ("a place in the category Student", "offered")


@pytest.mark.both_databases
def test_accepting_a_category_offer_in_two_tabs_changes_the_booking_once(
    site: Flask,
) -> None:
    _, students, early, ada = fill_students()
    with transaction():
        category_waiting.join(db.session.merge(ada), students.id)
    cancel(early)
    number, names = ada.id, [seats.name_category_limit(students.id), CONFERENCE]
    db.session.commit()

    def take() -> None:
        with transaction():
            found = select(WaitingListEntry).where(WaitingListEntry.delegate_id == number)
            category_waiting.accept(db.session.scalars(found).one())

    def change() -> None:
        with transaction():
            operations.cancel(db.session.get_one(Delegate, number), actor=GRACE)

    assert run_concurrently(site, [take, take]) == ["done", "done"]
    assert [get_seats_and_taken(name) for name in names] == [(1, 1), (10, 1)]
    db.session.rollback()
    assert run_concurrently(site, [take, change])[-1] == "done"
    assert [get_seats_and_taken(name) for name in names] == [(1, 0), (10, 0)]


@pytest.mark.postgresql_only
def test_accepting_a_category_offer_and_changing_the_address_do_not_deadlock(site: Flask) -> None:
    """A new address changes the entry while the booking is locked, so both lock that first."""
    _, students, early, ada = fill_students()
    with transaction():
        category_waiting.join(db.session.merge(ada), students.id)
    cancel(early)
    number = ada.id
    db.session.rollback()

    def change_address() -> None:
        delegate = db.session.get_one(Delegate, number)
        desk.correct_email(delegate, "new@example.org", expected_version=0, actor=GRACE)

    def take() -> None:
        with transaction():
            found = select(WaitingListEntry).where(WaitingListEntry.delegate_id == number)
            category_waiting.accept(db.session.scalars(found).one())

    ended = run_while_locked(
        site,
        lambda: operations.lock(db.session.get_one(Delegate, number)),
        change_address,
        take,
    )

    assert ended == ["done", "done"]
    assert category_of("new@example.org") == "Student"


@pytest.mark.both_databases
def test_joining_while_the_place_becomes_free_gives_an_offer_or_a_refusal(site: Flask) -> None:
    _, students, early, ada = fill_students()
    number, other, category = ada.id, early.id, students.id
    db.session.commit()

    def wait() -> None:
        with transaction():
            category_waiting.join(db.session.get_one(Delegate, number), category)

    def leave() -> None:
        with transaction():
            operations.cancel(db.session.get_one(Delegate, other), actor=GRACE)

    ended = run_concurrently(site, [wait, leave])

    assert ended in (["There are places left", "done"], ["done", "done"])
    assert get_state(ADA) == ("" if "There are places left" in ended else "offered")


def test_transferring_a_place_ends_the_wait_for_another_category(visitor: Browser) -> None:
    _, students, early, ada = fill_students()
    other = make_delegate(category_id=ada.category_id, email=BEA, family_name="Waite")
    join(visitor, ada)
    join(visitor, other)
    cancel(early)

    with transaction():
        delegate = db.session.merge(ada)
        operations.lock_place(delegate)
        operations.replace(delegate, actor=GRACE)
        seats.release_seats(seats.list_limits(delegate.category_id))

    assert (get_state(ADA), get_state(BEA)) == ("left", "offered"), "at once, without the worker"
    assert limit(seats.name_category_limit(students.id)) == (1, 0)


@pytest.mark.both_databases
@pytest.mark.parametrize("is_one_of_many", [False, True])
def test_the_desk_can_move_a_delegate_into_the_place_offered_to_them(
    visitor: Browser, *, is_one_of_many: bool
) -> None:
    _, students, early, ada = fill_students()
    other = make_delegate(category_id=ada.category_id, email=BEA, family_name="Waite")
    join(visitor, ada)
    join(visitor, other)
    cancel(early)

    with transaction():
        delegate = db.session.merge(ada)
        if is_one_of_many:
            desk.move_all_to_category([delegate], students.id, actor=GRACE)
        else:
            desk.move_to_category(delegate, students.id, actor=GRACE)

    assert (get_state(ADA), get_state(BEA)) == ("accepted", "waiting")
    assert category_of(ADA) == "Student"
    assert limit(seats.name_category_limit(students.id)) == (1, 0)
    assert get_counts() == (2, 1)


def test_a_place_whose_offer_has_expired_is_not_reserved_any_more(
    visitor: Browser, frozen_time: Any
) -> None:
    _, students, early, ada = fill_students()
    join(visitor, ada)
    cancel(early)
    frozen_time.move_to("2009-05-14T09:32:00+01:00")

    with pytest.raises(seats.CategoryFull), transaction():
        desk.move_to_category(db.session.merge(ada), students.id, actor=GRACE)

    assert (get_state(ADA), category_of(ADA)) == ("offered", "Visitor")


def test_deleting_demo_delegates_ends_their_waits(visitor: Browser) -> None:
    _, students, early, ada = fill_students()
    other = make_delegate(category_id=ada.category_id, email=BEA, family_name="Waite")
    join(visitor, ada)
    join(visitor, other)
    cancel(early)
    with transaction():
        for one in (ada, other):
            db.session.merge(one).is_demo = True

    with transaction():
        demo.delete_all()

    assert (get_state(ADA), get_state(BEA)) == ("left", "left")
    assert limit(seats.name_category_limit(students.id)) == (0, 0)
    assert get_counts() == (0, 0)


def test_changing_to_a_third_category_keeps_the_wait(visitor: Browser) -> None:
    _, _, _, ada = fill_students()
    make_category(name="Exhibitor")
    join(visitor, ada)

    page = open_booking(visitor, ada).follow("Change category")
    assert "All places are taken. You can join" not in page.text
    page = page.press("Save", {QUESTION: "Exhibitor"})

    assert page.summary_list["Category"] == "Exhibitor"
    assert get_state(ADA) == "waiting"
