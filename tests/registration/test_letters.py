"""The letters about a booking, read as delegates get them."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.database import db, transaction
from app.mail.models import Letter as Row
from app.programme.models import Conference
from app.registration import letters, links
from app.registration.bookings import changes, services
from app.registration.models import Delegate
from config import ROOT
from tests.factories import a_delegate, published
from tests.mailbox import Letter, Mailbox
from tests.outbox import deliver, newest_to
from tests.pages import Tree, keep_for_the_checker, words

PRIVATE = ("wheelchair ramp", "shellfish")
NEW = "ada@new.example.org"


def _somebody(**about: Any) -> Delegate:
    return a_delegate(
        **{"reference": "BCDF2345", "access": PRIVATE[0], "dietary": PRIVATE[1], **about}
    )


def _confirmed() -> None:
    letters.registration_confirmed(_somebody())


def _again() -> None:
    letters.already_registered(_somebody())


def _changed() -> None:
    delegate = _somebody()
    wanted = replace(
        changes.told(delegate), days=(date(2009, 6, 11),), access_needs="a wheelchair ramp, wide"
    )
    services.change(delegate, wanted, 0)


def _cancelled() -> None:
    services.cancel(_somebody())


def _to_confirm() -> None:
    letters.address_to_confirm(_somebody(new_email="ada@example.org", new_link_key="key"))


def _address_changed() -> None:
    letters.address_changed(_somebody(email=NEW), "ada@example.org")


def _change_asked() -> None:
    letters.address_change_asked(_somebody())


def _links() -> None:
    letters.booking_links("ada@example.org", [_somebody()], "en")


def _no_links() -> None:
    letters.booking_links("ada@example.org", [], "en")


WITH_A_CALENDAR = (_confirmed, _again, _changed, _cancelled, _links)
ABOUT_A_BOOKING = (*WITH_A_CALENDAR, _to_confirm, _address_changed, _change_asked)
EVERY = (*ABOUT_A_BOOKING, _no_links)
each = pytest.mark.parametrize("written", EVERY, ids=lambda one: one.__name__)


def _letter(written: Callable[[], None]) -> Letter:
    with transaction():
        written()
    return newest_to("ada@example.org")


@each
def test_a_letter_is_plain_words_first_and_valid_html_too(
    site: Flask, written: Callable[[], None], request: pytest.FixtureRequest
) -> None:
    letter = _letter(written)

    parts = [part.get_content_type() for part in letter.message.walk()]
    assert parts.index("text/plain") < parts.index("text/html")
    tree = Tree(letter.html)
    assert tree.complaints == []
    assert [words(one) for one in tree.every("h1")] == [letter.subject]
    if request.config.getoption("--nu"):
        keep_for_the_checker(letter.html, tree, ROOT / ".pytest_cache" / "pages")


@each
def test_a_letter_is_kind_to_its_reader(site: Flask, written: Callable[[], None]) -> None:
    letter = _letter(written)

    assert letter.text.startswith(("Dear Ada Lovelace,", "Hello,"))
    assert "tides@conference.example" in letter.text  # whom to ask
    assert len(letter.subject) <= 90
    assert not re.search(r"\n{3}|[{}]|None|&\w+;", letter.text)
    assert max(map(len, re.findall(r"https://\S+", letter.text))) < 130


@each
def test_no_letter_holds_what_somebody_needs(site: Flask, written: Callable[[], None]) -> None:
    letter = _letter(written)

    for private in PRIVATE:
        assert private not in letter.text
        assert private not in letter.html
        assert private not in letter.calendar


@each
def test_every_link_in_a_letter_is_ours_and_only_opened(
    site: Flask, written: Callable[[], None]
) -> None:
    letter = _letter(written)

    for element in Tree(letter.html).every():
        for name in ("href", "src", "action"):
            assert (element.get(name) or "https://conference.example").startswith(
                "https://conference.example"
            )
    assert not list(Tree(letter.html).every("img", "script", "form"))


@pytest.mark.parametrize("written", ABOUT_A_BOOKING, ids=lambda one: one.__name__)
def test_a_letter_about_a_booking_names_it_in_a_header(
    site: Flask, written: Callable[[], None]
) -> None:
    assert _letter(written).message["X-Booking-Reference"] == "BCDF2345"


@pytest.mark.parametrize("written", WITH_A_CALENDAR, ids=lambda one: one.__name__)
def test_a_letter_about_days_brings_a_calendar_entry(
    site: Flask, written: Callable[[], None]
) -> None:
    letter = _letter(written)

    part = next(p for p in letter.message.walk() if p.get_content_type() == "text/calendar")
    assert part.get_param("method") == "PUBLISH"
    assert "UID:booking-BCDF2345@conference.example" in letter.calendar


def test_the_confirmation_says_all_that_matters(site: Flask) -> None:
    letter = _letter(_confirmed)

    assert letter.subject == "You are registered for Tides and Harbours: BCDF2345"
    for line in (
        "Your place is confirmed.",
        "Booking reference: BCDF2345",
        "Name on your badge: Ada Lovelace",
        "Day 1: Wednesday 10 June 2009",
        "Day 2: Thursday 11 June 2009",
        "Place: Whitby",
        "What happens next:",
        "See, change or cancel your booking:",
    ):
        assert line in letter.text.splitlines()
    assert letter.html.count("<tr>") == 5


def test_the_confirmation_arrives_with_what_mail_programs_need(
    site: Flask, mailbox: Mailbox
) -> None:
    delegate = _somebody()
    with transaction():
        letters.registration_confirmed(delegate)

    deliver()

    [letter] = mailbox.letters
    assert letter.message["To"] == "ada@example.org"
    assert letter.message["Reply-To"] == "tides@conference.example"
    assert parsedate_to_datetime(letter.message["Date"]).tzinfo is not None
    assert letter.message["Message-ID"].endswith("@conference.example>")
    assert links.booking_token(delegate) in letter.text
    assert [row.message for row in db.session.scalars(select(Row))] == [b""]


def test_a_letter_without_a_folder_for_mail_is_a_file(site: Flask, instance: Path) -> None:
    with transaction():
        letters.registration_confirmed(_somebody())

    deliver()

    [file] = (instance / "mail").rglob("*.eml")
    assert b"X-Booking-Reference: BCDF2345" in file.read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "Zoë 会議 مريم",
        "https://evil.example/x",
        "<b>Ada</b> & Co",
        "Ada: Lovelace",
        "- Ada",
        "A" * 100,
    ],
)
def test_no_name_can_break_a_letter(site: Flask, name: str) -> None:
    with transaction():
        letters.registration_confirmed(_somebody(given_names=name, family_name="", badge_name=name))

    letter = newest_to("ada@example.org")

    assert f"Name on your badge: {name}" in letter.text.splitlines()
    assert Tree(letter.html).complaints == []
    assert 'href="https://evil' not in letter.html
    assert "<b>" not in letter.html


def test_a_conference_without_a_place_says_nothing_of_it(site: Flask) -> None:
    with transaction():
        db.session.get_one(Conference, 1).place = ""
    published()

    letter = _letter(_confirmed)

    assert "Place:" not in letter.text
    assert "LOCATION" not in letter.calendar


def test_an_address_is_masked_but_known_to_its_owner() -> None:
    assert letters.masked("ada.lovelace@example.org") == "a…@example.org"
