"""The emails about a booking, as delegates receive them."""

import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.database import db, transaction
from app.delegates.models import Delegate
from app.mail.models import Email as Row
from app.programme.models import Conference
from app.programme.queries import get_conference
from app.registration import emails, links
from app.registration.bookings import services
from app.web.formatting import format_qr_png
from config import ROOT
from tests.factories import make_delegate, publish_programme
from tests.mail_server import MailServer, ReceivedEmail
from tests.pages import HtmlTree, read_text, save_for_validator
from tests.sent_emails import deliver_emails, get_last_email_to

PRIVATE = ("wheelchair ramp", "shellfish")
NEW = "ada@new.example.org"


def _somebody(**about: Any) -> Delegate:
    return make_delegate(
        **{"reference": "BCDF2345", "access": PRIVATE[0], "dietary": PRIVATE[1], **about}
    )


def _confirmed() -> None:
    emails.send_registration_confirmed(_somebody())


def _again() -> None:
    emails.send_already_registered(_somebody())


def _changed() -> None:
    delegate = _somebody()
    wanted = {"days": "2009-06-11", "access_needs": "a wheelchair ramp, wide"}
    services.update(delegate, wanted, 0)


def _cancelled() -> None:
    services.cancel(_somebody())


def _to_confirm() -> None:
    emails.send_email_change_confirmation(
        _somebody(pending_email="ada@example.org", pending_email_key="key")
    )


def _address_changed() -> None:
    emails.send_email_changed(_somebody(email=NEW), "ada@example.org")


def _change_asked() -> None:
    emails.send_email_change_requested(_somebody())


def _links() -> None:
    emails.send_booking_links("ada@example.org", [_somebody()], "en")


def _no_links() -> None:
    emails.send_booking_links("ada@example.org", [], "en")


WITH_A_CALENDAR = (_confirmed, _again, _changed, _cancelled, _links)
ABOUT_A_BOOKING = (*WITH_A_CALENDAR, _to_confirm, _address_changed, _change_asked)
ALL_EMAILS = (*ABOUT_A_BOOKING, _no_links)
each = pytest.mark.parametrize("written", ALL_EMAILS, ids=lambda one: one.__name__)


def _send(written: Callable[[], None]) -> ReceivedEmail:
    with transaction():
        written()
    return get_last_email_to("ada@example.org")


@each
def test_every_registration_email_has_plain_text_and_valid_html(
    site: Flask, written: Callable[[], None], request: pytest.FixtureRequest
) -> None:
    letter = _send(written)

    parts = [part.get_content_type() for part in letter.message.walk()]
    assert parts.index("text/plain") < parts.index("text/html")
    tree = HtmlTree(letter.html)
    assert tree.parse_errors == []
    assert [read_text(one) for one in tree.find_all("h1")] == [letter.subject]
    if request.config.getoption("--nu"):
        save_for_validator(letter.html, tree, ROOT / ".pytest_cache" / "pages")


@each
def test_every_registration_email_has_greeting_contact_and_clean_text(
    site: Flask, written: Callable[[], None]
) -> None:
    letter = _send(written)

    assert letter.text.startswith(("Dear Ada Lovelace,", "Hello,"))
    assert "tides@conference.example" in letter.text  # whom to ask
    assert len(letter.subject) <= 90
    assert not re.search(r"\n{3}|[{}]|None|&\w+;", letter.text)
    assert max(map(len, re.findall(r"https://\S+", letter.text))) < 130


@each
def test_no_registration_email_contains_requirements(
    site: Flask, written: Callable[[], None]
) -> None:
    letter = _send(written)

    for private in PRIVATE:
        assert private not in letter.text
        assert private not in letter.html
        assert private not in letter.calendar


@each
def test_every_link_in_a_registration_email_is_to_the_site(
    site: Flask, written: Callable[[], None]
) -> None:
    letter = _send(written)

    elements = HtmlTree(letter.html).find_all()
    urls = [one.get(name) for one in elements for name in ("href", "src", "action")]
    links = [one for one in urls if one is not None]
    ours = ("https://conference.example/", "cid:booking-reference")
    others = {one for one in links if not one.startswith(ours)}
    assert others == {"https://conference.example"}
    assert not list(HtmlTree(letter.html).find_all("script", "form"))


@pytest.mark.parametrize("written", ABOUT_A_BOOKING, ids=lambda one: one.__name__)
def test_emails_about_a_booking_have_a_reference_header(
    site: Flask, written: Callable[[], None]
) -> None:
    assert _send(written).message["X-Booking-Reference"] == "BCDF2345"


@pytest.mark.parametrize("written", WITH_A_CALENDAR, ids=lambda one: one.__name__)
def test_emails_about_days_have_a_calendar_attachment(
    site: Flask, written: Callable[[], None]
) -> None:
    letter = _send(written)

    part = next(p for p in letter.message.walk() if p.get_content_type() == "text/calendar")
    assert part.get_param("method") == "PUBLISH"
    assert "UID:booking-BCDF2345@conference.example" in letter.calendar


def test_the_confirmation_email_has_all_booking_details(site: Flask) -> None:
    letter = _send(_confirmed)

    assert letter.subject == "You are registered for Tides and Harbours: BCDF2345"
    for line in (
        "You have a place at the conference. This is your ticket:",
        "Booking reference: BCDF2345",
        "Name on your badge: Ada Lovelace",
        "Day 1: Wednesday 10 June 2009",
        "Day 2: Thursday 11 June 2009",
        "Programme starts: 9:30am on Wednesday 10 June 2009",
        "Venue: Whitby",
        "Before you come:",
        "Manage your booking:",
    ):
        assert line in letter.text.splitlines()
    assert letter.html.count("<tr>") == 7  # with the conference and the code above


def test_the_confirmation_email_says_when_doors_open(site: Flask) -> None:
    with transaction():
        get_conference().doors_open = "08:00, 08:30"
    publish_programme()

    (line,) = (one for one in _send(_confirmed).text.splitlines() if one.startswith("Doors"))

    assert line == ("Doors open: 8am on Wednesday 10 June, 8:30am on Thursday 11 June")


def test_the_confirmation_email_embeds_the_ticket_qr_code(site: Flask) -> None:
    letter = _send(_confirmed)

    [picture] = HtmlTree(letter.html).find_all("img")
    [part] = [one for one in letter.message.walk() if one.get_content_type() == "image/png"]
    assert picture.get("src") == "cid:booking-reference"
    assert part["Content-ID"] == "<booking-reference>"
    assert part.get_content_disposition() == "inline"
    assert part.get_content() == format_qr_png("BCDF2345", mask=1)
    assert [one.get_content_type() for one in letter.message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "text/calendar",
    ]


def test_the_main_link_of_an_email_is_a_button_and_others_are_plain(site: Flask) -> None:
    letter = _send(_cancelled)
    page = HtmlTree(letter.html)

    [act] = page.find_by_class("act")
    [whole] = page.find_by_class("whole")
    [after] = page.find_by_class("after")
    assert read_text(act) == "See your details"
    assert read_text(whole) == links.booking_link(db.session.scalars(select(Delegate)).one())
    assert read_text(after) == "https://conference.example/register"


@pytest.mark.parametrize("name", ["Ada Lovelace", "Maria-Theresia " + "Papadopoulos" * 6])
def test_a_name_in_the_booking_links_email_does_not_become_a_button(site: Flask, name: str) -> None:
    def ask() -> None:
        booked = [_somebody(given_names=name, family_name="")]
        emails.send_booking_links("ada@example.org", booked, "en")

    letter = _send(ask)

    assert [read_text(one) for one in HtmlTree(letter.html).find_by_class("act")] == [
        "Manage your booking"
    ]
    assert f"Name: {name}\nBooking reference: BCDF2345\n" in letter.text


def test_without_a_contact_address_emails_point_to_the_feedback_form(site: Flask) -> None:
    with transaction():
        db.session.get_one(Conference, 1).contact_email = ""
    publish_programme()

    letter = _send(_confirmed)

    assert letter.message["Reply-To"] is None
    assert letter.text.endswith(
        "The organisers\nTides and Harbours\nhttps://conference.example\n\n"
        "Questions? Please do not reply to this email. "
        "Contact us at https://conference.example/feedback.\n"
    )


def test_the_confirmation_email_arrives_with_message_id_and_reply_to(
    site: Flask, mailbox: MailServer
) -> None:
    delegate = _somebody()
    with transaction():
        emails.send_registration_confirmed(delegate)

    deliver_emails()

    [letter] = mailbox.emails
    assert letter.message["To"] == "ada@example.org"
    assert letter.message["Reply-To"] == "tides@conference.example"
    assert parsedate_to_datetime(letter.message["Date"]).tzinfo is not None
    assert letter.message["Message-ID"].endswith("@conference.example>")
    assert links.booking_token(delegate) in letter.text
    assert [row.message for row in db.session.scalars(select(Row))] == [b""]


def test_without_a_mail_server_the_confirmation_is_written_to_a_file(
    site: Flask, instance: Path
) -> None:
    with transaction():
        emails.send_registration_confirmed(_somebody())

    deliver_emails()

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
def test_no_name_can_break_the_confirmation_email(site: Flask, name: str) -> None:
    with transaction():
        emails.send_registration_confirmed(
            _somebody(given_names=name, family_name="", badge_name=name)
        )

    letter = get_last_email_to("ada@example.org")

    assert f"Name on your badge: {name}" in letter.text.splitlines()
    assert HtmlTree(letter.html).parse_errors == []
    assert 'href="https://evil' not in letter.html
    assert "<b>" not in letter.html


def test_without_a_venue_the_confirmation_email_omits_it(site: Flask) -> None:
    with transaction():
        db.session.get_one(Conference, 1).place = ""
    publish_programme()

    letter = _send(_confirmed)

    assert "Venue:" not in letter.text
    assert "LOCATION" not in letter.calendar


def test_mask_email_shows_only_the_first_letter_and_the_domain() -> None:
    assert emails.mask_email("ada.lovelace@example.org") == "a…@example.org"
