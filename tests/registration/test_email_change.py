"""A wrong email address is put right, by its owner and by nobody else."""

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
from app.registration.bookings.queries import is_untouched
from app.registration.desk import services as desk
from tests.browser import Browser, Browsers, Page
from tests.factories import make_confirmation, make_delegate, set_places
from tests.lookups import address_of, get_needs
from tests.races import run_in_threads, waits_for_a_lock
from tests.refusals import TOO_MANY, TOO_MANY_FROM_NETWORK
from tests.registration_flow import complete_registration
from tests.sent_emails import emails_to, find_link, last_email_to, subjects_to
from tests.waiting import wait_until

QUESTION = "What is your correct email address?"
NEW = "ada@new.example.org"


def _corrected(visitor: Browser, delegate: Delegate, email: str = NEW) -> Page:
    visitor.open(address_of(delegate, "/address"))
    return visitor.press("Send a link to the new address", {QUESTION: email})


def test_a_new_address_counts_only_when_its_reader_confirms(visitor: Browser) -> None:
    delegate = make_delegate()

    page = _corrected(visitor, delegate)

    assert page.summary_list["Email address"] == "ada@example.org"
    assert "We have sent a link to ada@new.example.org" in page.text
    assert emails_to("ada@example.org") == []
    letter = last_email_to(NEW)
    assert "Nothing changes until you do." in letter.text
    assert "/booking/new-address/" in letter.text
    assert links.booking_token(delegate) not in letter.text


def test_confirming_kills_the_old_link_and_tells_both_addresses(visitor: Browser) -> None:
    delegate = make_delegate(reference="BCDF2345")
    old_link = address_of(delegate)
    _corrected(visitor, delegate)

    page = visitor.open(find_link(last_email_to(NEW), "/booking/new-address/"))
    assert page.heading == "Confirm your new email address"
    assert delegate.email == "ada@example.org"
    page = visitor.press("Confirm this email address")

    assert page.heading == "Your booking"
    assert page.summary_list["Email address"] == NEW
    assert page.address != old_link
    dead = visitor.open(old_link, status=410)
    assert dead.heading == "This link no longer works"
    assert dead.links["Get a new link to your booking"] == "/booking"
    assert subjects_to(NEW) == [
        "Confirm your new email address for booking BCDF2345",
        "You are registered for Tides and Harbours: BCDF2345",
    ]
    assert visitor.open(find_link(last_email_to(NEW), "/booking/")).heading == "Your booking"
    warning = last_email_to("ada@example.org")
    assert "a…@new.example.org" in warning.text
    assert NEW.encode() not in warning.raw
    assert links.booking_token(delegate) not in warning.text
    assert "Tell us straight away at tides@conference.example" in warning.text


def test_an_address_is_confirmed_once(visitor: Browser) -> None:
    delegate = make_delegate()
    _corrected(visitor, delegate)
    link = find_link(last_email_to(NEW), "/booking/new-address/")
    form = visitor.open(link)
    visitor.press("Confirm this email address")

    assert visitor.open(link, status=410).heading == "This link no longer works"
    assert form.press("Confirm this email address", status=410).status == 410
    assert len(emails_to("ada@example.org")) == 1


def test_another_correction_replaces_the_first(visitor: Browser) -> None:
    delegate = make_delegate()
    _corrected(visitor, delegate, "adda@new.example.org")
    first = find_link(last_email_to("adda@new.example.org"), "/booking/new-address/")

    _corrected(visitor, delegate)

    visitor.open(first, status=410)
    visitor.open(find_link(last_email_to(NEW), "/booking/new-address/"))


def test_a_correction_can_be_taken_back(visitor: Browser) -> None:
    delegate = make_delegate()
    before = _corrected(visitor, delegate)

    before.press("Keep my current email address")
    page = before.press("Keep my current email address")  # a double click

    assert len(history.list_entries(delegate.history_subject)) == 2
    assert "Your email address has not changed" in page.text
    assert "A new address waits" not in page.text
    visitor.open(find_link(last_email_to(NEW), "/booking/new-address/"), status=410)


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "Enter your email address"),
        ("ada", "Enter an email address in the correct format, like name@example.com"),
        ("Ada@example.org", "This is the email address we already have. Enter a different one"),
        ("ada@example.org", "This is the email address we already have. Enter a different one"),
    ],
)
def test_what_is_no_new_address_is_told_so(visitor: Browser, typed: str, error: str) -> None:
    delegate = make_delegate()
    visitor.open(address_of(delegate, "/address"))

    page = visitor.press("Send a link to the new address", {QUESTION: typed}, status=422)

    assert page.errors == [error]
    assert delegate.pending_email == ""


def test_a_slip_of_the_finger_is_asked_about(visitor: Browser) -> None:
    delegate = make_delegate()
    visitor.open(address_of(delegate, "/address"))

    page = visitor.press("Send a link to the new address", {QUESTION: "ada@gmial.com"}, status=422)
    page = page.press("Use ada@gmail.com")

    assert "We have sent a link to ada@gmail.com" in page.text


def test_a_correction_from_an_old_tab_is_refused(visitor: Browser, new_browser: Browsers) -> None:
    delegate = make_delegate()
    old_tab = new_browser().open(address_of(delegate, "/address"))
    _corrected(visitor, delegate)

    page = old_tab.press("Send a link to the new address", {QUESTION: "b@example.org"}, status=422)

    assert page.errors[0].startswith("Your booking changed in another window")
    assert delegate.pending_email == NEW


def test_letters_to_new_addresses_are_few(visitor: Browser) -> None:
    delegate = make_delegate()
    for number in range(5):
        _corrected(visitor, delegate, f"ada{number}@example.org")

    visitor.open(address_of(delegate, "/address"))
    page = visitor.press("Send a link to the new address", {QUESTION: NEW}, status=429)

    assert page.errors == [TOO_MANY]
    assert page.value_of(QUESTION) == NEW
    assert emails_to(NEW) == []


def test_nobody_takes_an_address_at_which_they_have_a_booking(visitor: Browser) -> None:
    make_delegate(email=NEW)
    delegate = make_delegate()
    _corrected(visitor, delegate)
    visitor.open(find_link(last_email_to(NEW), "/booking/new-address/"))

    page = visitor.press("Confirm this email address", status=409)

    assert "There is already another booking with this name and email address" in page.text
    assert delegate.email == "ada@example.org"


def test_a_cancelled_booking_keeps_its_address(visitor: Browser) -> None:
    delegate = make_delegate()
    _corrected(visitor, delegate)
    link = find_link(last_email_to(NEW), "/booking/new-address/")
    with transaction():
        services.cancel(delegate)

    visitor.open(link, status=410)
    visitor.open(address_of(delegate, "/address"), status=409)


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
    """See that somebody was told what everybody is, and only the address that we know was asked."""
    assert asked.heading == "Check your email"
    assert emails_to(email) == []
    db.session.refresh(delegate)
    assert delegate.pending_email == ""
    letter = last_email_to(delegate.email)
    assert letter.subject.startswith("Request to change your email address:")
    assert email not in letter.text


@pytest.mark.both_databases
def test_who_took_the_place_may_correct_the_address_from_the_confirmation(
    visitor: Browser,
) -> None:
    delegate, confirmation = _register(visitor)

    page = _press_correction(visitor, confirmation, NEW)

    assert page.heading == "Check your email"
    visitor.open(find_link(last_email_to(NEW), "/booking/new-address/"))
    visitor.press("Confirm this email address")
    assert delegate.email == NEW


def test_a_second_slip_can_be_corrected_too(visitor: Browser) -> None:
    delegate, confirmation = _register(visitor)
    _press_correction(visitor, confirmation, "ada@old.example.org")

    _press_correction(visitor, confirmation, NEW)

    assert delegate.pending_email == NEW
    visitor.open(find_link(last_email_to(NEW), "/booking/new-address/"))


@pytest.mark.parametrize("below", ["", "/copy.json", "/calendar.ics", "/work", "/cancel"])
def test_nobody_corrects_a_booking_that_its_link_has_opened(
    visitor: Browser, new_browser: Browsers, below: str
) -> None:
    delegate, confirmation = _register(visitor)
    new_browser().fetch("GET", address_of(delegate, below))

    page = _press_correction(visitor, confirmation, "thief@example.org")

    _expect_question(delegate, page, "thief@example.org")


@pytest.mark.both_databases
def test_the_first_opening_waits_for_somebody_who_writes_and_then_counts(
    visitor: Browser, new_browser: Browsers
) -> None:
    delegate, confirmation = _register(visitor)
    address = address_of(delegate)

    with _somebody_writes() as release:
        Timer(1, release).start()
        new_browser().open(address)

    page = _press_correction(visitor, confirmation, "thief@example.org")
    _expect_question(delegate, page, "thief@example.org")


@pytest.mark.both_databases
def test_a_booking_opens_while_nothing_can_be_stored_and_the_next_opening_counts(
    visitor: Browser, new_browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "OPENING_TIMEOUT", 0.2)
    delegate, confirmation = _register(visitor)
    owner, address = new_browser(), address_of(delegate)

    with _somebody_writes():
        assert owner.open(address).heading == "Your booking"
    assert _is_correctable(delegate)
    owner.open(address)

    assert not _is_correctable(delegate)
    page = _press_correction(visitor, confirmation, "thief@example.org")
    _expect_question(delegate, page, "thief@example.org")


@pytest.mark.both_databases
def test_only_the_first_opening_writes(
    visitor: Browser, new_browser: Browsers, queries: list[str]
) -> None:
    delegate, _ = _register(visitor)
    owner, address = new_browser(), address_of(delegate)

    counts = []
    for _ in range(2):
        queries.clear()
        owner.open(address)
        counts.append(len([one for one in queries if one.startswith("UPDATE")]))

    assert counts == [2, 0]


@pytest.mark.postgresql_only
def test_whoever_cancels_before_the_opening_is_stored_keeps_the_order_of_locks(
    site: Flask, visitor: Browser, new_browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who cancels several bookings locks the places first, and then each booking."""
    monkeypatch.setattr(access, "OPENING_TIMEOUT", 0.2)
    delegate, _ = _register(visitor)
    owner, address, number = new_browser(), address_of(delegate, "/cancel"), delegate.id
    with _somebody_writes():
        owner.open(address)
    are_locked = Event()

    def lock_places_then_booking() -> None:
        with transaction():
            seats.lock_limit(CONFERENCE)
            are_locked.set()
            wait_until(waits_for_a_lock, "whoever cancels waits for the places")
            operations.lock(db.session.get_one(Delegate, number))

    def cancel() -> None:
        are_locked.wait(20)
        owner.press("Cancel my booking")

    run_in_threads(site, [lock_places_then_booking, cancel])

    db.session.rollback()
    assert not db.session.get_one(Delegate, number).is_attending


def _is_correctable(delegate: Delegate) -> bool:
    db.session.rollback()
    return is_untouched(delegate)


@contextmanager
def _somebody_writes() -> Iterator[Callable[[], None]]:
    """Keep everybody else from writing until the end, or until what it gives is called."""
    db.session.rollback()  # on SQLite, whoever looks on holds the lock
    with db.engine.connect() as other:  # takes the write lock of SQLite
        if db.engine.dialect.name == "postgresql":
            other.execute(text("LOCK TABLE delegate IN EXCLUSIVE MODE"))
        else:
            other.execute(text("SELECT 1"))
        yield other.rollback


def test_nobody_corrects_a_booking_whose_agenda_its_link_has_opened(
    visitor: Browser, new_browser: Browsers
) -> None:
    delegate, confirmation = _register(visitor)
    new_browser().open(f"/agenda/booking/{links.booking_token(delegate)}")

    _expect_question(
        delegate, _press_correction(visitor, confirmation, "thief@example.org"), "thief@example.org"
    )


def test_nobody_corrects_a_booking_after_an_hour(visitor: Browser, frozen_time: Any) -> None:
    delegate, confirmation = _register(visitor)
    frozen_time.shift(timedelta(minutes=60))

    page = _press_correction(visitor, confirmation, "thief@example.org")

    _expect_question(delegate, page, "thief@example.org")


def test_nobody_corrects_a_booking_from_another_browser(
    visitor: Browser, new_browser: Browsers
) -> None:
    delegate, confirmation = _register(visitor)

    page = _press_correction(new_browser(), confirmation, "thief@example.org")

    _expect_question(delegate, page, "thief@example.org")


def test_the_address_is_read_in_full_only_where_it_was_typed(
    visitor: Browser, new_browser: Browsers
) -> None:
    _, confirmation = _register(visitor)
    sentence = "Until you confirm the new address, we will keep sending emails to "

    pages = [one.open(f"{confirmation}/address") for one in (visitor, new_browser())]

    read = [page.text.partition(sentence)[2].partition(" ")[0] for page in pages]
    assert read == ["ada@example.org.", "a…@example.org."]


def test_nobody_corrects_a_booking_that_was_made_again(
    visitor: Browser, new_browser: Browsers
) -> None:
    delegate, confirmation = _register(visitor)
    complete_registration(new_browser())

    page = _press_correction(visitor, confirmation, "thief@example.org")

    _expect_question(delegate, page, "thief@example.org")


def test_nobody_corrects_a_booking_that_the_desk_has_changed(visitor: Browser) -> None:
    delegate, confirmation = _register(visitor)
    with transaction():
        desk.update(
            delegate, {"role": "Chair"}, expected_version=0, actor="desk@conference.example"
        )

    page = _press_correction(visitor, confirmation, "thief@example.org")

    _expect_question(delegate, page, "thief@example.org")


def test_a_confirmation_from_an_earlier_version_of_the_site_only_asks(visitor: Browser) -> None:
    delegate = make_delegate()
    confirmation = f"/register/confirmation/{links.confirmation_token(make_confirmation(delegate))}"

    page = _press_correction(visitor, confirmation, NEW)

    _expect_question(delegate, page, NEW)


@pytest.mark.both_databases
def test_a_correction_that_waits_ends_when_the_owner_opens_the_booking(
    visitor: Browser, new_browser: Browsers
) -> None:
    delegate, confirmation = _register(visitor)
    _press_correction(visitor, confirmation, "thief@example.org")
    link = find_link(last_email_to("thief@example.org"), "/booking/new-address/")
    owner = new_browser()

    owner.open(find_link(last_email_to("ada@example.org"), "/booking/"))

    assert visitor.open(link, status=410).heading == "This link no longer works"
    assert delegate.email == "ada@example.org"
    assert "A new address waits" not in owner.open(address_of(delegate)).text


@pytest.mark.both_databases
def test_needs_never_go_to_an_address_that_the_old_one_has_not_approved(visitor: Browser) -> None:
    _, confirmation = _register(visitor)
    assert len(db.session.scalars(select(Needs)).all()) == 1
    _press_correction(visitor, confirmation, NEW)
    visitor.open(find_link(last_email_to(NEW), "/booking/new-address/"))

    page = visitor.press("Confirm this email address")

    assert page.summary_list["Access requirements"] == "None"
    assert page.summary_list["Dietary requirements"] == "None"
    told = "We have deleted the access and dietary requirements from your booking"
    assert told in page.text
    assert told in last_email_to(NEW).text
    assert db.session.scalars(select(Needs)).all() == []
    assert "A ramp" not in visitor.open(f"{page.address.partition('?')[0]}/copy.json").source


def test_needs_stay_where_the_booking_link_asked_for_the_change(visitor: Browser) -> None:
    delegate, _ = _register(visitor)
    _corrected(visitor, delegate)
    visitor.open(find_link(last_email_to(NEW), "/booking/new-address/"))

    page = visitor.press("Confirm this email address")

    assert page.summary_list["Access requirements"] == "A ramp"
    assert "deleted" not in page.text + last_email_to(NEW).text


@pytest.mark.both_databases
def test_the_desk_corrects_an_address_for_the_delegate_whose_needs_stay(visitor: Browser) -> None:
    delegate = make_delegate(access="A ramp")

    with transaction():
        desk.correct_email(delegate, NEW, expected_version=0, actor="dora@example.org")

    assert [one.delegate_id for one in db.session.scalars(select(Needs))] == [delegate.id]
    assert get_needs(delegate) == ("A ramp", "")
    assert len(emails_to("ada@example.org")) == 1  # the old address is told
    entries = history.list_entries(delegate.history_subject)
    assert entries[0].actor == "dora@example.org"


def test_who_found_the_place_taken_reads_the_same_words_and_gets_nothing(
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


def test_a_receipt_has_no_power_over_an_address_that_was_corrected(visitor: Browser) -> None:
    delegate, confirmation = _register(visitor)
    _press_correction(visitor, confirmation, NEW)
    visitor.open(find_link(last_email_to(NEW), "/booking/new-address/"))
    visitor.press("Confirm this email address")

    page = _press_correction(visitor, confirmation, "thief@example.org")

    _expect_question(delegate, page, "thief@example.org")


def test_one_network_does_not_write_to_new_addresses_without_end(visitor: Browser) -> None:
    set_places(100)
    for number in range(EMAIL_CHANGE.windows[0].times):
        delegate = make_delegate(given_names=f"Ada {number}")
        _corrected(visitor, delegate, f"ada{number}@new.example.org")

    visitor.open(address_of(make_delegate(), "/address"))
    page = visitor.press("Send a link to the new address", {QUESTION: NEW}, status=429)

    assert page.errors == [TOO_MANY_FROM_NETWORK]
    assert page.value_of(QUESTION) == NEW
    assert emails_to(NEW) == []


def test_the_same_address_is_not_a_correction(visitor: Browser) -> None:
    token = links.confirmation_token(make_confirmation(make_delegate()))

    page = _press_correction(
        visitor, f"/register/confirmation/{token}", "ada@example.org", status=422
    )

    assert page.errors == ["This is the email address we already have. Enter a different one"]


def test_a_wrong_receipt_corrects_nothing(visitor: Browser) -> None:
    token = links.confirmation_token(make_confirmation(make_delegate()))
    visitor.open(f"/register/confirmation/{token[:-1]}/address", status=404)
    visitor.open(f"/register/confirmation/{token[:-1]}/address/asked", status=404)


# Getting the link again


def test_the_link_is_sent_again(visitor: Browser) -> None:
    delegate = make_delegate()
    visitor.open("/booking")

    page = visitor.press("Email me the link", email_address="ADA@Example.org")

    assert page.heading == "Check your email"
    letter = last_email_to("ADA@example.org")
    assert find_link(letter, "/booking/") == address_of(delegate)


def test_each_booking_of_an_address_has_its_link(visitor: Browser) -> None:
    one, other = make_delegate(), make_delegate(given_names="Grace")
    with transaction():
        services.cancel(other)
    visitor.open("/booking")

    visitor.press("Email me the link", email_address="ada@example.org")

    letter = last_email_to("ada@example.org")
    assert address_of(one) in letter.text
    assert address_of(other) in letter.text
    assert (
        f"Name: Grace Lovelace\nBooking reference: {other.reference} (cancelled)\n" in letter.text
    )


def test_a_stranger_cannot_tell_who_is_registered(visitor: Browser, queries: list[str]) -> None:
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
    letter = last_email_to("nobody@example.org")
    assert "There is no booking with this address." in letter.text
    assert "ada" not in letter.text.lower()


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
def test_the_link_is_sent_five_times_an_hour(
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
def test_what_is_no_address_is_told_so(visitor: Browser, typed: str) -> None:
    visitor.open("/booking")

    page = visitor.press("Email me the link", email_address=typed, status=422)

    assert len(page.errors) == 1


def test_what_happened_to_an_address_is_in_the_history(visitor: Browser) -> None:
    delegate = make_delegate()
    _corrected(visitor, delegate)
    visitor.open(find_link(last_email_to(NEW), "/booking/new-address/"))
    visitor.press("Confirm this email address")

    told = [entry.summary for entry in history.list_entries(delegate.history_subject)]

    assert told == [
        "A new email address was entered, but is not confirmed yet",
        "A new email address was confirmed",
    ]
