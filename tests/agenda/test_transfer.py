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
from tests.races import run_overlapping


def list_titles(page: Page) -> list[str]:
    return [one for one in page.headings if one in {"Opening", "Harbour walls", "Farewell"}]


def get_transfer_link(visitor: Browser) -> str:
    """Return the transfer link that the agenda page shows."""
    page = visitor.open("/agenda").follow("Open your agenda on another device")
    return next(address for address in page.links.values() if "/agenda/from/" in address)


def test_a_transfer_link_opens_the_agenda_on_another_device(
    visitor: Browser, new_browser: Browsers
) -> None:
    make_agenda("opening", holder=visitor)
    telephone = new_browser()

    page = telephone.open(get_transfer_link(visitor))
    assert page.heading == "Open an agenda on this device"
    assert telephone.cookies().keys() == {"session"}
    page = telephone.press("Open the agenda on this device")

    assert list_titles(page) == ["Opening"]
    telephone.open("/programme")
    telephone.press("Farewell: Add to my agenda")
    assert list_titles(visitor.open("/agenda")) == ["Opening", "Farewell"]


def test_the_qr_code_of_the_transfer_link_has_a_text_alternative(visitor: Browser) -> None:
    make_agenda("opening", holder=visitor)

    page = visitor.open("/agenda/move")

    (code,) = page.tree.find_by_class("qr")
    assert code.get("role") == "img"
    assert code.get("aria-label") == ("QR code of the link below")
    assert [str(one.tag).rpartition("}")[2] for one in code] == ["svg"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "private, no-store"


def test_the_transfer_link_expires_after_15_minutes(
    visitor: Browser, new_browser: Browsers, frozen_time: Any
) -> None:
    make_agenda("opening", holder=visitor)
    link = get_transfer_link(visitor)

    frozen_time.shift(timedelta(minutes=14))
    new_browser().open(link)
    frozen_time.shift(timedelta(minutes=2))

    page = new_browser().open(link, 410)
    assert "This link worked for 15 minutes. Create a new one on the other device." in page.text


@pytest.mark.postgresql_only
def test_two_devices_that_merge_each_others_agendas_do_not_deadlock(
    site: Flask, visitor: Browser, new_browser: Browsers
) -> None:
    telephone = new_browser()
    make_agenda("opening", holder=visitor)
    make_agenda("farewell", holder=telephone)
    for_telephone, for_visitor = get_transfer_link(visitor), get_transfer_link(telephone)
    pages = [telephone.open(for_telephone), visitor.open(for_visitor)]

    def press(page: Page) -> None:  # the second finds that its agenda has gone into the other
        page.press("Combine both agendas", status={200, 410})

    run_overlapping(site, *((partial(press, page), "FROM agenda .*FOR UPDATE") for page in pages))

    saved = db.session.scalars(select(Star.session_key)).all()
    assert sorted(saved) == ["farewell", "opening"]


@pytest.mark.both_databases
def test_two_agendas_can_be_combined(visitor: Browser, new_browser: Browsers) -> None:
    make_agenda("opening", "farewell", holder=visitor)
    telephone = new_browser()
    make_agenda("opening", "harbour-walls", holder=telephone)

    page = telephone.open(get_transfer_link(visitor))
    assert "This device already has an agenda, with 2 sessions." in page.text
    page = telephone.press("Combine both agendas")

    assert list_titles(page) == ["Opening", "Harbour walls", "Farewell"]
    assert list_titles(visitor.open("/agenda")) == ["Opening", "Harbour walls", "Farewell"]
    assert db.session.scalar(select(func.count()).select_from(Agenda)) == 1


def test_a_transferred_agenda_can_be_opened_without_combining(
    visitor: Browser, new_browser: Browsers
) -> None:
    make_agenda("opening", holder=visitor)
    telephone = new_browser()
    make_agenda("farewell", holder=telephone)

    telephone.open(get_transfer_link(visitor))
    page = telephone.press("Open the new agenda")

    assert list_titles(page) == ["Opening"]
    assert db.session.scalar(select(func.count()).select_from(Agenda)) == 2


def test_a_transfer_link_on_the_same_device_says_the_agenda_is_already_there(
    visitor: Browser,
) -> None:
    make_agenda("opening", holder=visitor)

    page = visitor.open(get_transfer_link(visitor))

    assert "This agenda is already on this device." in page.text
    assert "Open the agenda on this device" not in page.buttons


def test_a_transfer_link_to_a_deleted_agenda_says_so(
    visitor: Browser, new_browser: Browsers
) -> None:
    make_agenda("opening", holder=visitor)
    link = get_transfer_link(visitor)
    visitor.open("/agenda/forget")
    visitor.press("Delete my agenda")

    assert "This agenda no longer exists." in new_browser().open(link, 410).text
    assert "This browser has no agenda yet." in visitor.open("/agenda/move").text


def get_feed_url(visitor: Browser) -> str:
    """Return the calendar URL that the agenda page shows."""
    page = visitor.open("/agenda")
    address = page.links["Subscribe in your calendar"]
    assert address.startswith("webcal://conference.example/agenda/")
    assert address.replace("webcal:", "https:") in page.text
    return address.removeprefix("webcal://conference.example")


def test_a_calendar_can_subscribe_to_an_agenda(
    visitor: Browser, new_browser: Browsers, queries: list[str]
) -> None:
    make_agenda("opening", "farewell", holder=visitor)
    feed = get_feed_url(visitor)
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


def test_the_calendar_feed_updates_moved_and_cancelled_sessions(visitor: Browser) -> None:
    make_agenda("opening", "farewell", holder=visitor)
    feed = get_feed_url(visitor)
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


def test_a_new_calendar_link_replaces_the_old_one(visitor: Browser) -> None:
    make_agenda("opening", holder=visitor)
    before = get_feed_url(visitor)
    visitor.open("/agenda")
    visitor.press("Replace the calendar link")

    after = get_feed_url(visitor)

    assert after != before
    assert "This calendar link has been replaced." in visitor.open(before, 410).text
    assert visitor.fetch("GET", after).status_code == 200


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_the_agenda_is_shared_by_every_language(visitor: Browser) -> None:
    visitor.open("/fr/programme")
    visitor.press("Opening: Add to my agenda")

    assert visitor.page.address == "/fr/agenda?added=opening"
    assert list_titles(visitor.open("/agenda")) == ["Opening"]
    assert list_titles(visitor.open("/fr/agenda")) == ["Opening"]
