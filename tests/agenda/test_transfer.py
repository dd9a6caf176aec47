"""An agenda goes to another device, and into a calendar."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import func, select

from app import clock
from app.agenda.models import Agenda, Star
from app.database import db
from tests.browser import Browser, Browsers, Page
from tests.factories import make_agenda, publish_programme
from tests.lookups import get_session
from tests.races import collide


def sessions_in(page: Page) -> list[str]:
    return [one for one in page.headings if one in {"Opening", "Harbour walls", "Farewell"}]


def link_of(visitor: Browser) -> str:
    """Give the link that somebody's agenda page shows for another device."""
    page = visitor.open("/agenda").follow("Open your agenda on another device")
    return next(address for address in page.links.values() if "/agenda/from/" in address)


def test_a_link_carries_an_agenda_to_another_device(
    visitor: Browser, new_browser: Browsers
) -> None:
    make_agenda("opening", holder=visitor)
    telephone = new_browser()

    page = telephone.open(link_of(visitor))
    assert page.heading == "Open an agenda on this device"
    assert telephone.cookies().keys() == {"session"}
    page = telephone.press("Open the agenda on this device")

    assert sessions_in(page) == ["Opening"]
    telephone.open("/programme")
    telephone.press("Farewell: Add to my agenda")
    assert sessions_in(visitor.open("/agenda")) == ["Opening", "Farewell"]


def test_the_code_holds_the_same_link_and_says_what_it_is(visitor: Browser) -> None:
    make_agenda("opening", holder=visitor)

    page = visitor.open("/agenda/move")

    (code,) = page.tree.find_by_class("qr")
    assert code.get("role") == "img"
    assert code.get("aria-label") == ("QR code of the link below")
    assert [str(one.tag).rpartition("}")[2] for one in code] == ["svg"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "private, no-store"


def test_the_link_is_good_for_a_quarter_of_an_hour(
    visitor: Browser, new_browser: Browsers, frozen_time: Any
) -> None:
    make_agenda("opening", holder=visitor)
    link = link_of(visitor)

    frozen_time.shift(timedelta(minutes=14))
    new_browser().open(link)
    frozen_time.shift(timedelta(minutes=2))

    page = new_browser().open(link, 410)
    assert "This link worked for 15 minutes. Create a new one on the other device." in page.text


@pytest.mark.postgresql_only
def test_two_devices_that_take_over_each_others_agenda_do_not_wait_for_ever(
    site: Flask, visitor: Browser, new_browser: Browsers
) -> None:
    telephone = new_browser()
    make_agenda("opening", holder=visitor)
    make_agenda("farewell", holder=telephone)
    for_telephone, for_visitor = link_of(visitor), link_of(telephone)
    pages = [telephone.open(for_telephone), visitor.open(for_visitor)]

    def press(page: Page) -> None:  # the second finds that its agenda has gone into the other
        page.press("Combine both agendas", status={200, 410})

    collide(site, *((partial(press, page), "FROM agenda .*FOR UPDATE") for page in pages))

    saved = db.session.scalars(select(Star.session_key)).all()
    assert sorted(saved) == ["farewell", "opening"]


@pytest.mark.both_databases
def test_two_agendas_are_joined_when_that_is_asked_for(
    visitor: Browser, new_browser: Browsers
) -> None:
    make_agenda("opening", "farewell", holder=visitor)
    telephone = new_browser()
    make_agenda("opening", "harbour-walls", holder=telephone)

    page = telephone.open(link_of(visitor))
    assert "This device already has an agenda, with 2 sessions." in page.text
    page = telephone.press("Combine both agendas")

    assert sessions_in(page) == ["Opening", "Harbour walls", "Farewell"]
    assert sessions_in(visitor.open("/agenda")) == ["Opening", "Harbour walls", "Farewell"]
    assert db.session.scalar(select(func.count()).select_from(Agenda)) == 1


def test_or_the_other_is_only_opened(visitor: Browser, new_browser: Browsers) -> None:
    make_agenda("opening", holder=visitor)
    telephone = new_browser()
    make_agenda("farewell", holder=telephone)

    telephone.open(link_of(visitor))
    page = telephone.press("Open the new agenda")

    assert sessions_in(page) == ["Opening"]
    assert db.session.scalar(select(func.count()).select_from(Agenda)) == 2


def test_the_device_that_has_the_agenda_is_told_so(visitor: Browser) -> None:
    make_agenda("opening", holder=visitor)

    page = visitor.open(link_of(visitor))

    assert "This agenda is already on this device." in page.text
    assert "Open the agenda on this device" not in page.buttons


def test_a_link_to_what_has_been_forgotten_says_so(visitor: Browser, new_browser: Browsers) -> None:
    make_agenda("opening", holder=visitor)
    link = link_of(visitor)
    visitor.open("/agenda/forget")
    visitor.press("Delete my agenda")

    assert "This agenda no longer exists." in new_browser().open(link, 410).text
    assert "This browser has no agenda yet." in visitor.open("/agenda/move").text


def feed_of(visitor: Browser) -> str:
    """Give the address that somebody's agenda page shows for calendars."""
    page = visitor.open("/agenda")
    address = page.links["Subscribe in your calendar"]
    assert address.startswith("webcal://conference.example/agenda/")
    assert address.replace("webcal:", "https:") in page.text
    return address.removeprefix("webcal://conference.example")


def test_a_calendar_subscribes_to_an_agenda(
    visitor: Browser, new_browser: Browsers, queries: list[str]
) -> None:
    make_agenda("opening", "farewell", holder=visitor)
    feed = feed_of(visitor)
    queries.clear()

    answer = new_browser().fetch("GET", feed)

    assert len([one for one in queries if "FROM site_state" not in one]) == 1
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    calendar = Calendar.from_ical(answer.get_data())
    assert calendar["X-WR-CALNAME"] == "My agenda: Tides and Harbours"
    assert [str(event["SUMMARY"]) for event in calendar.walk("VEVENT")] == ["Opening", "Farewell"]
    assert "Set-Cookie" not in answer.headers
    again = new_browser().fetch("GET", feed, {"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_calendar_learns_that_a_session_moved_or_will_not_be(visitor: Browser) -> None:
    make_agenda("opening", "farewell", holder=visitor)
    feed = feed_of(visitor)
    before = visitor.fetch("GET", feed).get_data()
    opening = get_session("opening")
    assert opening.ends_at is not None
    opening.ends_at += timedelta(minutes=15)
    get_session("farewell").withdrawn_at = clock.now()
    publish_programme()

    was = Calendar.from_ical(before).walk("VEVENT")
    now = Calendar.from_ical(visitor.fetch("GET", feed).get_data()).walk("VEVENT")

    assert [event["UID"] for event in now] == [event["UID"] for event in was]
    assert [event["SEQUENCE"] for event in was] == [0, 0]
    assert [event["SEQUENCE"] for event in now] == [1, 1]
    assert [event["STATUS"] for event in now] == ["CONFIRMED", "CANCELLED"]


def test_a_new_address_ends_the_one_before(visitor: Browser) -> None:
    make_agenda("opening", holder=visitor)
    before = feed_of(visitor)
    visitor.open("/agenda")
    visitor.press("Replace the calendar link")

    after = feed_of(visitor)

    assert after != before
    assert "This calendar link has been replaced." in visitor.open(before, 410).text
    assert visitor.fetch("GET", after).status_code == 200


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_every_language_finds_the_agenda(visitor: Browser) -> None:
    visitor.open("/fr/programme")
    visitor.press("Opening: Add to my agenda")

    assert visitor.page.address == "/fr/agenda?added=opening"
    assert sessions_in(visitor.open("/agenda")) == ["Opening"]
    assert sessions_in(visitor.open("/fr/agenda")) == ["Opening"]
