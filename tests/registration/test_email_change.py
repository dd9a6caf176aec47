"""Correcting a wrong email address, by its owner only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Timer
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.accounts.rate_limits import EMAIL_CHANGE
from app.database import db, transaction
from app.delegates.models import CONFERENCE, Delegate, Needs
from app.history import queries as history
from app.registration import links, seats
from app.registration.bookings import access, operations, services
from app.registration.bookings.queries import is_unopened
from app.registration.desk import services as desk
from tests.browser import Browser, Browsers, Page
from tests.factories import make_confirmation, make_delegate, set_places
from tests.lookups import booking_url, get_requirements
from tests.races import is_waiting_for_lock, run_in_threads
from tests.refusals import TOO_MANY, TOO_MANY_FROM_NETWORK
from tests.registration_flow import complete_registration
from tests.sent_emails import find_link, get_last_email_to, list_emails_to, list_subjects_to
from tests.waiting import wait_until

QUESTION = "What is your correct email address?"
NEW = "ada@new.example.org"


def _request_change(visitor: Browser, delegate: Delegate, email: str = NEW) -> Page:
    visitor.open(booking_url(delegate, "/address"))
    return visitor.press("Send a link to the new address", {QUESTION: email})


def test_a_new_email_address_takes_effect_only_when_confirmed(visitor: Browser) -> None:
    delegate = make_delegate()

    page = _request_change(visitor, delegate)

    assert page.summary_list["Email address"] == "ada@example.org"
    assert "We have sent a link to ada@new.example.org" in page.text
    assert list_emails_to("ada@example.org") == []
    letter = get_last_email_to(NEW)
    assert "Nothing changes until you do." in letter.text
    assert "/booking/new-address/" in letter.text
    assert links.booking_token(delegate) not in letter.text


def test_confirming_a_new_email_address_replaces_the_link_and_emails_both_addresses(
    visitor: Browser,
) -> None:
    delegate = make_delegate(reference="BCDF2345")
    old_link = booking_url(delegate)
    _request_change(visitor, delegate)

    page = visitor.open(find_link(get_last_email_to(NEW), "/booking/new-address/"))
    assert page.heading == "Confirm your new email address"
    assert delegate.email == "ada@example.org"
    page = visitor.press("Confirm this email address")

    assert page.heading == "Your booking"
    assert page.summary_list["Email address"] == NEW
    assert page.address != old_link
    dead = visitor.open(old_link, status=410)
    assert dead.heading == "This link no longer works"
    assert dead.links["Get a new link to your booking"] == "/booking"
    assert list_subjects_to(NEW) == [
        "Confirm your new email address for booking BCDF2345",
        "You are registered for Tides and Harbours: BCDF2345",
    ]
    assert visitor.open(find_link(get_last_email_to(NEW), "/booking/")).heading == "Your booking"
    warning = get_last_email_to("ada@example.org")
    assert "a…@new.example.org" in warning.text
    assert NEW.encode() not in warning.raw
    assert links.booking_token(delegate) not in warning.text
    assert "Tell us straight away at tides@conference.example" in warning.text


def test_an_email_change_link_works_once(visitor: Browser) -> None:
    delegate = make_delegate()
    _request_change(visitor, delegate)
    link = find_link(get_last_email_to(NEW), "/booking/new-address/")
    form = visitor.open(link)
    visitor.press("Confirm this email address")

    assert visitor.open(link, status=410).heading == "This link no longer works"
    assert form.press("Confirm this email address", status=410).status == 410
    assert len(list_emails_to("ada@example.org")) == 1


def test_another_email_change_replaces_the_first(visitor: Browser) -> None:
    delegate = make_delegate()
    _request_change(visitor, delegate, "adda@new.example.org")
    first = find_link(get_last_email_to("adda@new.example.org"), "/booking/new-address/")

    _request_change(visitor, delegate)

    visitor.open(first, status=410)
    visitor.open(find_link(get_last_email_to(NEW), "/booking/new-address/"))


def test_a_pending_email_change_can_be_cancelled(visitor: Browser) -> None:
    delegate = make_delegate()
    before = _request_change(visitor, delegate)

    before.press("Keep my current email address")
    page = before.press("Keep my current email address")  # a double click

    assert len(history.list_entries(delegate.history_subject)) == 2
    assert "Your email address has not changed" in page.text
    assert "A new address waits" not in page.text
    visitor.open(find_link(get_last_email_to(NEW), "/booking/new-address/"), status=410)


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "Enter your email address"),
        ("ada", "Enter an email address in the correct format, like name@example.com"),
        ("Ada@example.org", "This is the email address we already have. Enter a different one"),
        ("ada@example.org", "This is the email address we already have. Enter a different one"),
    ],
)
def test_an_invalid_new_email_address_is_refused(visitor: Browser, typed: str, error: str) -> None:
    delegate = make_delegate()
    visitor.open(booking_url(delegate, "/address"))

    page = visitor.press("Send a link to the new address", {QUESTION: typed}, status=422)

    assert page.errors == [error]
    assert delegate.pending_email == ""


def test_a_likely_typo_in_a_new_email_address_is_asked_about(visitor: Browser) -> None:
    delegate = make_delegate()
    visitor.open(booking_url(delegate, "/address"))

    page = visitor.press("Send a link to the new address", {QUESTION: "ada@gmial.com"}, status=422)
    page = page.press("Use ada@gmail.com")

    assert "We have sent a link to ada@gmail.com" in page.text


def test_a_stale_email_change_is_refused(visitor: Browser, new_browser: Browsers) -> None:
    delegate = make_delegate()
    old_tab = new_browser().open(booking_url(delegate, "/address"))
    _request_change(visitor, delegate)

    page = old_tab.press("Send a link to the new address", {QUESTION: "b@example.org"}, status=422)

    assert page.errors[0].startswith("Your booking changed in another window")
    assert delegate.pending_email == NEW


def test_email_changes_are_rate_limited_for_each_booking(visitor: Browser) -> None:
    delegate = make_delegate()
    for number in range(5):
        _request_change(visitor, delegate, f"ada{number}@example.org")

    visitor.open(booking_url(delegate, "/address"))
    page = visitor.press("Send a link to the new address", {QUESTION: NEW}, status=429)

    assert page.errors == [TOO_MANY]
    assert page.value_of(QUESTION) == NEW
    assert list_emails_to(NEW) == []


def test_an_email_change_that_would_duplicate_a_booking_is_refused(visitor: Browser) -> None:
    make_delegate(email=NEW)
    delegate = make_delegate()
    _request_change(visitor, delegate)
    visitor.open(find_link(get_last_email_to(NEW), "/booking/new-address/"))

    page = visitor.press("Confirm this email address", status=409)

    assert "There is already another booking with this name and email address" in page.text
    assert delegate.email == "ada@example.org"


def test_a_cancelled_booking_cannot_change_its_email_address(visitor: Browser) -> None:
    delegate = make_delegate()
    _request_change(visitor, delegate)
    link = find_link(get_last_email_to(NEW), "/booking/new-address/")
    with transaction():
        services.cancel(delegate)

    visitor.open(link, status=410)
    visitor.open(booking_url(delegate, "/address"), status=409)


# From the confirmation page


def _press_correction(visitor: Browser, confirmation: str, email: str, status: int = 200) -> Page:
    visitor.open(f"{confirmation}/address")
    return visitor.press("Send a link to the new address", {QUESTION: email}, status=status)


def _register(visitor: Browser) -> tuple[Delegate, str]:
    """Register; give the booking and the address of the confirmation page."""
    confirmation = complete_registration(visitor).address
    delegate = db.session.scalars(select(Delegate).order_by(Delegate.id.desc())).first()
    assert delegate is not None
    return delegate, confirmation


def _expect_question(delegate: Delegate, asked: Page, email: str) -> None:
    """Assert that the message is the neutral one, and only the known address got an email."""
    assert asked.heading == "Check your email"
    assert list_emails_to(email) == []
    db.session.refresh(delegate)
    assert delegate.pending_email == ""
    letter = get_last_email_to(delegate.email)
    assert letter.subject.startswith("Request to change your email address:")
    assert email not in letter.text


@pytest.mark.both_databases
def test_the_email_address_can_be_corrected_from_the_confirmation_page(
    visitor: Browser,
) -> None:
    delegate, confirmation = _register(visitor)

    page = _press_correction(visitor, confirmation, NEW)

    assert page.heading == "Check your email"
    visitor.open(find_link(get_last_email_to(NEW), "/booking/new-address/"))
    visitor.press("Confirm this email address")
    assert delegate.email == NEW


def test_the_email_address_can_be_corrected_twice(visitor: Browser) -> None:
    delegate, confirmation = _register(visitor)
    _press_correction(visitor, confirmation, "ada@old.example.org")

    _press_correction(visitor, confirmation, NEW)

    assert delegate.pending_email == NEW
    visitor.open(find_link(get_last_email_to(NEW), "/booking/new-address/"))


@pytest.mark.parametrize("below", ["", "/copy.json", "/calendar.ics", "/work", "/cancel"])
def test_no_correction_after_the_booking_link_was_opened(
    visitor: Browser, new_browser: Browsers, below: str
) -> None:
    delegate, confirmation = _register(visitor)
    new_browser().fetch("GET", booking_url(delegate, below))

    page = _press_correction(visitor, confirmation, "thief@example.org")

    _expect_question(delegate, page, "thief@example.org")


@pytest.mark.both_databases
def test_the_first_opening_of_a_booking_waits_for_the_write_lock_and_is_recorded(
    visitor: Browser, new_browser: Browsers
) -> None:
    delegate, confirmation = _register(visitor)
    address = booking_url(delegate)

    with _hold_write_lock() as release:
        Timer(1, release).start()
        new_browser().open(address)

    page = _press_correction(visitor, confirmation, "thief@example.org")
    _expect_question(delegate, page, "thief@example.org")


@pytest.mark.both_databases
def test_a_booking_opens_without_the_write_lock_and_the_next_opening_is_recorded(
    visitor: Browser, new_browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "OPENING_TIMEOUT", 0.2)
    delegate, confirmation = _register(visitor)
    owner, address = new_browser(), booking_url(delegate)

    with _hold_write_lock():
        assert owner.open(address).heading == "Your booking"
    assert _is_correctable(delegate)
    owner.open(address)

    assert not _is_correctable(delegate)
    page = _press_correction(visitor, confirmation, "thief@example.org")
    _expect_question(delegate, page, "thief@example.org")


@pytest.mark.both_databases
def test_only_the_first_opening_of_a_booking_writes(
    visitor: Browser, new_browser: Browsers, queries: list[str]
) -> None:
    delegate, _ = _register(visitor)
    owner, address = new_browser(), booking_url(delegate)

    counts = []
    for _ in range(2):
        queries.clear()
        owner.open(address)
        counts.append(len([one for one in queries if one.startswith("UPDATE")]))

    assert counts == [2, 0]


@pytest.mark.postgresql_only
def test_cancelling_before_the_opening_is_recorded_keeps_the_lock_order(
    site: Flask, visitor: Browser, new_browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelling several bookings locks the limit first, then each booking."""
    monkeypatch.setattr(access, "OPENING_TIMEOUT", 0.2)
    delegate, _ = _register(visitor)
    owner, address, number = new_browser(), booking_url(delegate, "/cancel"), delegate.id
    with _hold_write_lock():
        owner.open(address)
    are_locked = Event()

    def lock_places_then_booking() -> None:
        with transaction():
            seats.lock_limit(CONFERENCE)
            are_locked.set()
            wait_until(is_waiting_for_lock, "whoever cancels waits for the places")
            operations.lock(db.session.get_one(Delegate, number))

    def cancel() -> None:
        are_locked.wait(20)
        owner.press("Cancel my booking")

    run_in_threads(site, [lock_places_then_booking, cancel])

    db.session.rollback()
    assert not db.session.get_one(Delegate, number).is_attending


def _is_correctable(delegate: Delegate) -> bool:
    db.session.rollback()
    return is_unopened(delegate)


@contextmanager
def _hold_write_lock() -> Iterator[Callable[[], None]]:
    """Block all other writers until the end, or until the returned function is called."""
    db.session.rollback()  # on SQLite, whoever looks on holds the lock
    with db.engine.connect() as other:  # takes the write lock of SQLite
        if db.engine.dialect.name == "postgresql":
            other.execute(text("LOCK TABLE delegate IN EXCLUSIVE MODE"))
        else:
            other.execute(text("SELECT 1"))
        yield other.rollback


def test_no_correction_after_the_booking_agenda_was_opened(
    visitor: Browser, new_browser: Browsers
) -> None:
    delegate, confirmation = _register(visitor)
    new_browser().open(f"/agenda/booking/{links.booking_token(delegate)}")

    _expect_question(
        delegate, _press_correction(visitor, confirmation, "thief@example.org"), "thief@example.org"
    )


def test_no_correction_after_an_hour(visitor: Browser, frozen_time: Any) -> None:
    delegate, confirmation = _register(visitor)
    frozen_time.shift(timedelta(minutes=60))

    page = _press_correction(visitor, confirmation, "thief@example.org")

    _expect_question(delegate, page, "thief@example.org")


def test_no_correction_from_another_browser(visitor: Browser, new_browser: Browsers) -> None:
    delegate, confirmation = _register(visitor)

    page = _press_correction(new_browser(), confirmation, "thief@example.org")

    _expect_question(delegate, page, "thief@example.org")


def test_the_email_address_is_masked_in_other_browsers(
    visitor: Browser, new_browser: Browsers
) -> None:
    _, confirmation = _register(visitor)
    sentence = "Until you confirm the new address, we will keep sending emails to "

    pages = [one.open(f"{confirmation}/address") for one in (visitor, new_browser())]

    read = [page.text.partition(sentence)[2].partition(" ")[0] for page in pages]
    assert read == ["ada@example.org.", "a…@example.org."]


def test_no_correction_of_a_booking_that_was_registered_again(
    visitor: Browser, new_browser: Browsers
) -> None:
    delegate, confirmation = _register(visitor)
    complete_registration(new_browser())

    page = _press_correction(visitor, confirmation, "thief@example.org")

    _expect_question(delegate, page, "thief@example.org")


def test_no_correction_of_a_booking_the_desk_has_changed(visitor: Browser) -> None:
    delegate, confirmation = _register(visitor)
    with transaction():
        desk.update(
            delegate, {"role": "Chair"}, expected_version=0, actor="desk@conference.example"
        )

    page = _press_correction(visitor, confirmation, "thief@example.org")

    _expect_question(delegate, page, "thief@example.org")


def test_a_confirmation_from_an_earlier_version_needs_the_owners_approval(visitor: Browser) -> None:
    delegate = make_delegate()
    confirmation = f"/register/confirmation/{links.confirmation_token(make_confirmation(delegate))}"

    page = _press_correction(visitor, confirmation, NEW)

    _expect_question(delegate, page, NEW)


@pytest.mark.both_databases
def test_a_pending_correction_ends_when_the_owner_opens_the_booking(
    visitor: Browser, new_browser: Browsers
) -> None:
    delegate, confirmation = _register(visitor)
    _press_correction(visitor, confirmation, "thief@example.org")
    link = find_link(get_last_email_to("thief@example.org"), "/booking/new-address/")
    owner = new_browser()

    owner.open(find_link(get_last_email_to("ada@example.org"), "/booking/"))

    assert visitor.open(link, status=410).heading == "This link no longer works"
    assert delegate.email == "ada@example.org"
    assert "A new address waits" not in owner.open(booking_url(delegate)).text


@pytest.mark.both_databases
def test_requirements_are_deleted_when_an_address_is_corrected_without_approval(
    visitor: Browser,
) -> None:
    _, confirmation = _register(visitor)
    assert len(db.session.scalars(select(Needs)).all()) == 1
    _press_correction(visitor, confirmation, NEW)
    visitor.open(find_link(get_last_email_to(NEW), "/booking/new-address/"))

    page = visitor.press("Confirm this email address")

    assert page.summary_list["Access requirements"] == "None"
    assert page.summary_list["Dietary requirements"] == "None"
    told = "We have deleted the access and dietary requirements from your booking"
    assert told in page.text
    assert told in get_last_email_to(NEW).text
    assert db.session.scalars(select(Needs)).all() == []
    assert "A ramp" not in visitor.open(f"{page.address.partition('?')[0]}/copy.json").source


def test_requirements_are_kept_when_the_booking_link_changes_the_address(visitor: Browser) -> None:
    delegate, _ = _register(visitor)
    _request_change(visitor, delegate)
    visitor.open(find_link(get_last_email_to(NEW), "/booking/new-address/"))

    page = visitor.press("Confirm this email address")

    assert page.summary_list["Access requirements"] == "A ramp"
    assert "deleted" not in page.text + get_last_email_to(NEW).text


@pytest.mark.both_databases
def test_requirements_are_kept_when_the_desk_corrects_the_address(visitor: Browser) -> None:
    delegate = make_delegate(access="A ramp")

    with transaction():
        desk.correct_email(delegate, NEW, expected_version=0, actor="dora@example.org")

    assert [one.delegate_id for one in db.session.scalars(select(Needs))] == [delegate.id]
    assert get_requirements(delegate) == ("A ramp", "")
    assert len(list_emails_to("ada@example.org")) == 1  # the old address gets an email
    entries = history.list_entries(delegate.history_subject)
    assert entries[0].actor == "dora@example.org"


def test_correcting_a_repeated_registration_looks_the_same_and_changes_nothing(
    visitor: Browser, new_browser: Browsers
) -> None:
    stranger = new_browser()
    delegate, _ = _register(visitor)
    taken = complete_registration(stranger).address
    _, own = _register_as(visitor, "Grace", "grace@example.org")

    honest = _press_correction(visitor, own, NEW)
    curious = _press_correction(stranger, taken, "thief@example.org")

    assert curious.text == honest.text
    assert curious.title == honest.title
    _expect_question(delegate, curious, "thief@example.org")


def _register_as(visitor: Browser, given_names: str, email: str) -> tuple[Delegate, str]:
    visitor.open("/register").press("Register someone else")
    confirmation = complete_registration(visitor, (given_names, "Hopper"), email).address
    found = db.session.scalars(select(Delegate).where(Delegate.email == email)).one()
    return found, confirmation


def test_a_confirmation_page_cannot_change_an_address_that_was_corrected(visitor: Browser) -> None:
    delegate, confirmation = _register(visitor)
    _press_correction(visitor, confirmation, NEW)
    visitor.open(find_link(get_last_email_to(NEW), "/booking/new-address/"))
    visitor.press("Confirm this email address")

    page = _press_correction(visitor, confirmation, "thief@example.org")

    _expect_question(delegate, page, "thief@example.org")


def test_email_changes_are_rate_limited_for_each_network(visitor: Browser) -> None:
    set_places(100)
    for number in range(EMAIL_CHANGE.windows[0].times):
        delegate = make_delegate(given_names=f"Ada {number}")
        _request_change(visitor, delegate, f"ada{number}@new.example.org")

    visitor.open(booking_url(make_delegate(), "/address"))
    page = visitor.press("Send a link to the new address", {QUESTION: NEW}, status=429)

    assert page.errors == [TOO_MANY_FROM_NETWORK]
    assert page.value_of(QUESTION) == NEW
    assert list_emails_to(NEW) == []


def test_the_current_email_address_is_not_a_correction(visitor: Browser) -> None:
    token = links.confirmation_token(make_confirmation(make_delegate()))

    page = _press_correction(
        visitor, f"/register/confirmation/{token}", "ada@example.org", status=422
    )

    assert page.errors == ["This is the email address we already have. Enter a different one"]


def test_an_altered_confirmation_token_cannot_correct_the_address(visitor: Browser) -> None:
    token = links.confirmation_token(make_confirmation(make_delegate()))
    visitor.open(f"/register/confirmation/{token[:-1]}/address", status=404)
    visitor.open(f"/register/confirmation/{token[:-1]}/address/asked", status=404)


# Getting the link again


def test_the_booking_link_can_be_sent_again(visitor: Browser) -> None:
    delegate = make_delegate()
    visitor.open("/booking")

    page = visitor.press("Email me the link", email_address="ADA@Example.org")

    assert page.heading == "Check your email"
    letter = get_last_email_to("ADA@example.org")
    assert find_link(letter, "/booking/") == booking_url(delegate)


def test_the_booking_link_email_lists_every_booking_of_the_address(visitor: Browser) -> None:
    one, other = make_delegate(), make_delegate(given_names="Grace")
    with transaction():
        services.cancel(other)
    visitor.open("/booking")

    visitor.press("Email me the link", email_address="ada@example.org")

    letter = get_last_email_to("ada@example.org")
    assert booking_url(one) in letter.text
    assert booking_url(other) in letter.text
    assert (
        f"Name: Grace Lovelace\nBooking reference: {other.reference} (cancelled)\n" in letter.text
    )


def test_asking_for_a_booking_link_does_not_reveal_who_is_registered(
    visitor: Browser, queries: list[str]
) -> None:
    make_delegate()
    visitor.open("/booking").press("Email me the link", email_address="first@example.org")
    seen = []
    for email in ("ada@example.org", "nobody@example.org"):
        visitor.open("/booking")
        queries.clear()
        page = visitor.press("Email me the link", email_address=email)
        seen.append((page.source, page.status, len(queries)))

    known, unknown = seen
    assert known == unknown
    letter = get_last_email_to("nobody@example.org")
    assert "There is no booking with this address." in letter.text
    assert "ada" not in letter.text.lower()


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
def test_booking_link_emails_are_limited_to_five_an_hour(
    visitor: Browser, email: str, frozen_time: Any
) -> None:
    make_delegate()
    visitor.open("/booking")
    form = visitor.page
    for _ in range(5):
        form.press("Email me the link", email_address=email)

    page = form.press("Email me the link", email_address=email.upper(), status=429)
    frozen_time.shift(timedelta(minutes=61))

    assert page.errors == [TOO_MANY]
    assert form.press("Email me the link", email_address=email).heading == "Check your email"


@pytest.mark.parametrize("typed", ["", "ada", "a" * 300 + "@example.org", "ada@example.org\x00"])
def test_an_invalid_email_address_for_a_booking_link_is_refused(
    visitor: Browser, typed: str
) -> None:
    visitor.open("/booking")

    page = visitor.press("Email me the link", email_address=typed, status=422)

    assert len(page.errors) == 1


def test_email_changes_are_recorded_in_the_history(visitor: Browser) -> None:
    delegate = make_delegate()
    _request_change(visitor, delegate)
    visitor.open(find_link(get_last_email_to(NEW), "/booking/new-address/"))
    visitor.press("Confirm this email address")

    told = [entry.summary for entry in history.list_entries(delegate.history_subject)]

    assert told == [
        "A new email address was entered, but is not confirmed yet",
        "A new email address was confirmed",
    ]
