"""A booking as a ticket: on the confirmation page, on the booking page and in calendars."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.delegates.models import Delegate
from app.mail.models import FAILED, Email
from app.registration import links
from app.registration.bookings import services
from tests.browser import Browser, Browsers, Page
from tests.factories import make_delegate
from tests.pages import read_text
from tests.registration_flow import THURSDAY, WEDNESDAY, complete_registration
from tests.sent_emails import deliver_emails

START = "9:30am on Wednesday 10 June 2009"


def facts(page: Page) -> dict[str, str]:
    """Return the fields of the ticket by label."""
    return {
        name: text
        for name, text in page.summary_list.items()
        if name in {"Day", "Days", "Programme starts", "Venue", "Booking reference"}
    }


def the_delegate() -> Delegate:
    return db.session.scalars(select(Delegate)).one()


def the_email() -> Email:
    return db.session.scalars(select(Email)).one()


def test_the_confirmation_page_shows_the_ticket(visitor: Browser) -> None:
    page = complete_registration(visitor)

    assert facts(page) == {
        "Day": WEDNESDAY,
        "Programme starts": START,
        "Venue": "Whitby",
        "Booking reference": the_delegate().reference,
    }
    assert "Ada Lovelace" in page.text
    assert "You have a place at the conference." in page.text
    name = "QR code of your booking reference"
    (code,) = [one for one in page.tree.find_all("div") if one.get("aria-label") == name]
    assert code.get("role") == "img"
    assert [str(one.tag).rpartition("}")[2] for one in code] == ["svg"]


def test_the_booking_page_shows_the_ticket(visitor: Browser) -> None:
    delegate = make_delegate(days="2009-06-11", badge_name="Countess")

    page = visitor.open(f"/booking/{links.booking_token(delegate)}")

    assert facts(page)["Day"] == THURSDAY
    assert page.text_by_id("reference") == delegate.reference
    assert page.source.count('class="ticket"') == 1


@pytest.mark.parametrize("word", ["Google Calendar", "Outlook"])
def test_links_to_web_calendars_contain_no_personal_data(visitor: Browser, word: str) -> None:
    page = complete_registration(visitor)

    address = page.links[word]

    assert urlsplit(address).hostname in {"calendar.google.com", "outlook.live.com"}
    values = {one for some in parse_qs(urlsplit(address).query).values() for one in some}
    assert values - {"TEMPLATE", "/calendar/action/compose", "addevent", "true"} in (
        {
            "Tides and Harbours",
            "20090610/20090611",
            "Whitby",
            "https://conference.example/programme",
        },
        {
            "Tides and Harbours",
            "2009-06-10",
            "2009-06-11",
            "Whitby",
            "https://conference.example/programme",
        },
    )


def test_the_calendar_file_of_the_ticket_is_that_of_the_email(visitor: Browser) -> None:
    page = complete_registration(visitor)

    file = visitor.fetch("GET", page.links["Calendar file (.ics)"]).text

    assert f"UID:booking-{the_delegate().reference}@conference.example\r\n" in file
    assert "DTSTART;VALUE=DATE:20090610\r\n" in file
    assert "DTEND;VALUE=DATE:20090611\r\n" in file


def test_in_another_browser_the_confirmation_shows_only_the_reference(
    visitor: Browser, new_browser: Browsers
) -> None:
    address = complete_registration(visitor).address
    other = new_browser()

    page = other.open(address)

    assert page.text_by_id("reference") == the_delegate().reference
    assert "Ada Lovelace" not in page.text
    assert WEDNESDAY not in page.text.replace(START, "")
    assert other.fetch("GET", f"{address}/calendar.ics").status_code == 404


def test_a_reference_opens_nothing(visitor: Browser) -> None:
    """Whoever types somebody's name and address sees it (decision 0059)."""
    booking = make_delegate(given_names="Ada", family_name="Lovelace", email="ada@example.org")
    reference = complete_registration(visitor).text_by_id("reference")
    assert reference == booking.reference

    below = ("", "/name", "/cancel", "/copy.json", "/calendar.ics")
    others = ("register/confirmation", "waiting-list", "group", "application")
    ways = [f"booking/{reference}{one}" for one in below]
    for way in (*ways, *(f"{one}/{reference}" for one in others)):
        assert "Lovelace" not in visitor.open(f"/{way}", 404).text
    field = {"Email address": reference}
    page = visitor.open("/booking").press("Email me the link", field, status=422)
    assert "Lovelace" not in page.text


def test_the_ticket_of_a_repeated_registration_shows_no_earlier_details(
    visitor: Browser, new_browser: Browsers
) -> None:
    make_delegate(
        given_names="Ada",
        family_name="Lovelace",
        email="ada@example.org",
        badge_name="Countess",
        days="2009-06-11",
    )

    page = complete_registration(visitor)

    assert facts(page)["Day"] == WEDNESDAY
    assert "Countess" not in page.text


def test_an_outdated_ticket_is_not_shown(visitor: Browser) -> None:
    address = complete_registration(visitor).address
    delegate = the_delegate()
    with transaction():
        services.update(delegate, {"days": "2009-06-11"}, delegate.version)

    page = visitor.open(address)

    assert facts(page) == {
        "Programme starts": START,
        "Venue": "Whitby",
        "Booking reference": delegate.reference,
    }
    assert "open your booking with the link in our email" in page.text


def test_the_confirmation_page_says_when_the_email_was_sent(visitor: Browser) -> None:
    address = complete_registration(visitor).address
    deliver_emails()

    page = visitor.open(address)

    assert (
        "We have emailed your confirmation. Accepted for delivery to a…@example.org "
        "at 9:30am on Tuesday 12 May 2009." in page.text
    )


def test_the_sending_time_is_shown_in_the_site_clock(visitor: Browser) -> None:
    address = complete_registration(visitor).address
    deliver_emails()
    clock.set_offset(timedelta(days=-30))
    try:
        page = visitor.open(address)
    finally:
        clock.set_offset(timedelta())

    assert "a…@example.org at 9:30am on Sunday 12 April 2009." in page.text


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (
            {"last_error": "busy"},
            "We have not been able to deliver your confirmation to a…@example.org yet.",
        ),
        (
            {"state": FAILED, "last_error": "no such person"},
            "Could not be delivered to a…@example.org",
        ),
    ],
)
def test_the_confirmation_page_says_what_to_do_about_an_undelivered_email(
    visitor: Browser, state: dict[str, Any], sentence: str
) -> None:
    address = complete_registration(visitor).address
    with transaction():
        for name, value in state.items():
            setattr(the_email(), name, value)

    page = visitor.open(address)

    assert sentence in page.text
    assert (
        page.follow("Correct your email address").heading == "What is your correct email address?"
    )


def test_each_confirmation_page_reports_its_own_email(
    visitor: Browser, new_browser: Browsers
) -> None:
    complete_registration(visitor)
    deliver_emails()

    again = complete_registration(new_browser())

    assert "We are sending your confirmation to a…@example.org." in again.text


def test_after_the_conference_a_booking_is_shown_as_past(
    visitor: Browser, frozen_time: Any
) -> None:
    delegate = make_delegate(days="2009-06-11")
    frozen_time.move_to("2009-06-11T23:59:00+01:00")
    on_the_last_day = visitor.open(f"/booking/{links.booking_token(delegate)}")
    assert "Ada Lovelace has a place at Tides and Harbours." in on_the_last_day.text

    frozen_time.move_to("2009-06-12T00:01:00+01:00")
    page = visitor.open(f"/booking/{links.booking_token(delegate)}")

    assert "Ada Lovelace had a place at Tides and Harbours." in page.text
    headings = [read_text(one) for one in page.tree.find_all("h2")]
    assert headings[2:6] == [
        "The programme",
        "If you want us to delete your details",
        "Emails about the conference",
        "Your data",
    ]
    assert "Calendar file (.ics)" not in page.links
    assert ("Save days" in on_the_last_day.buttons, "Save days" in page.buttons) == (True, False)
    assert "Cancel my booking" in page.links


def test_each_day_of_a_booking_is_on_its_own_line(visitor: Browser) -> None:
    delegate = make_delegate()

    page = visitor.open(f"/booking/{links.booking_token(delegate)}")

    assert f"<p>{WEDNESDAY},\n{THURSDAY}</p>" in page.source
    assert page.summary_list["Days"].startswith(WEDNESDAY)
