"""The facts of pages for programs that read JSON-LD, and what stands around a session."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page as Window

from app.database import db
from app.programme.models import Session
from app.programme.queries import get_conference
from tests.browser import Browser, Page
from tests.chromium import expect_result
from tests.factories import (
    FIRST_MORNING,
    make_room,
    make_session,
    make_speaker,
    make_theme,
    publish_programme,
)
from tests.pages import read_text

BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
ENDING = "</script><script>alert(1)</script><!-- ]]> & \u2028"


def read_json_ld(page: Page) -> Any:
    """Read the facts of a page as a program does."""
    (block,) = BLOCK.findall(page.source)
    return json.loads(block)


def list_related(page: Page) -> list[str]:
    """Read which sessions a session leads to, and what each of them is to it."""
    tree = page.tree
    turns = [one for nav in tree.find_by_class("turn") for one in tree.find_all("p", within=nav)]
    boxes = [one for box in tree.find_all("aside") for one in tree.find_all("section", within=box)]
    return [read_text(one) for one in (*turns, *boxes)]


def test_a_session_page_has_json_ld_with_time_room_and_speakers(visitor: Browser) -> None:
    told = read_json_ld(visitor.open("/sessions/opening"))

    home = "https://conference.example"
    assert told["@type"] == "Event"
    assert told["name"] == "Opening"
    assert told["startDate"] == "2009-06-10T09:30:00+01:00"
    assert told["endDate"] == "2009-06-10T10:30:00+01:00"
    assert told["eventStatus"] == "https://schema.org/EventScheduled"
    assert told["url"] == f"{home}/sessions/opening"
    assert told["location"]["name"] == "Great hall"
    assert told["location"]["containedInPlace"]["name"] == "Whitby"
    assert told["performer"][0] == {
        "@type": "Person",
        "name": "Ada Marsh",
        "url": f"{home}/speakers/ada-marsh",
    }
    assert told["superEvent"]["name"] == "Tides and Harbours"
    assert told["superEvent"]["startDate"] == "2009-06-10T09:30:00+01:00"
    assert told["superEvent"]["endDate"] == "2009-06-11T17:00:00+01:00"
    assert "offers" not in told


def test_the_json_ld_of_a_cancelled_session_has_the_status_cancelled(visitor: Browser) -> None:
    farewell = db.session.query(Session).filter_by(slug="farewell").one()
    farewell.cancelled_at = FIRST_MORNING
    publish_programme()

    told = read_json_ld(visitor.open("/sessions/farewell"))

    assert told["eventStatus"] == "https://schema.org/EventCancelled"


def test_the_json_ld_description_marks_illustrative_sessions(visitor: Browser) -> None:
    assert read_json_ld(visitor.open("/sessions/harbour-walls"))["description"].startswith(
        "Illustrative."
    )


def test_json_ld_leaves_out_unknown_properties_of_a_session(visitor: Browser) -> None:
    make_session(title="Some day", slug="some-day", starts_at=None)
    publish_programme()

    told = read_json_ld(visitor.open("/sessions/some-day"))

    assert {"startDate", "endDate", "performer", "description"}.isdisjoint(told)
    assert told["location"] == {"@type": "Place", "name": "Whitby", "address": "Whitby"}


def test_no_title_can_end_the_json_ld_block(visitor: Browser) -> None:
    speaker = make_speaker(name=ENDING, slug="ending", biography=ENDING)
    make_session(title=ENDING, slug="ending", speakers=(speaker,), room=make_room(name=ENDING))
    publish_programme()

    assert read_json_ld(visitor.open("/sessions/ending"))["name"] == ENDING
    assert read_json_ld(visitor.open("/speakers/ending"))["name"] == ENDING


def test_no_browser_executes_or_refuses_the_json_ld_block(window: Window, live_site: Any) -> None:
    speaker = make_speaker(name=ENDING, slug="ending")
    make_session(title=ENDING, slug="ending", speakers=(speaker,))
    publish_programme()
    complaints: list[str] = []
    window.on("console", lambda message: complaints.append(message.text))
    window.on("dialog", lambda dialog: complaints.append(dialog.message))

    window.goto(f"{live_site().address}/sessions/ending")

    expect_result(window, "JSON.parse(document.querySelector('[type*=ld]').text).name", ENDING)
    assert complaints == []


def test_a_speaker_page_has_json_ld_with_person_and_sessions(visitor: Browser) -> None:
    told = read_json_ld(visitor.open("/speakers/ada-marsh"))

    assert told["@type"] == "Person"
    assert told["name"] == "Ada Marsh"
    assert told["jobTitle"] == "Harbour master"
    assert told["affiliation"] == {"@type": "Organization", "name": "Port of Whitby"}
    assert told["address"]["addressCountry"] == "United Kingdom"
    assert [one["name"] for one in told["performerIn"]] == [
        "Opening",
        "Harbour walls",
        "Farewell",
    ]


def test_the_home_page_has_json_ld_with_the_conference_and_its_sessions(
    visitor: Browser,
) -> None:
    told = read_json_ld(visitor.open("/"))

    assert told["name"] == "Tides and Harbours"
    assert told["endDate"] == "2009-06-11T17:00:00+01:00"
    assert "Opening" in [one["name"] for one in told["subEvent"]]


EVENT_FACTS = {
    *("@type", "name", "url", "startDate", "endDate", "location", "organizer", "image"),
    *("eventStatus", "eventAttendanceMode"),
}


@pytest.mark.parametrize(
    "address", ["/", "/sessions/opening", "/sessions/harbour-walls", "/sessions/farewell"]
)
def test_json_ld_events_have_every_property_that_search_engines_require(
    visitor: Browser, address: str
) -> None:
    event = read_json_ld(visitor.open(address))

    assert set(event) >= EVENT_FACTS | {"description"} - (
        {"description"} if address.endswith("farewell") else set()
    )
    assert all(set(one) >= EVENT_FACTS for one in event.get("subEvent", []))
    assert {datetime.fromisoformat(event[one]).utcoffset() for one in ("startDate", "endDate")} == {
        timedelta(hours=1)
    }
    assert event["eventAttendanceMode"] == "https://schema.org/OfflineEventAttendanceMode"
    assert event["organizer"] == {
        "@type": "Organization",
        "name": "The organisers of Tides and Harbours",
        "url": "https://conference.example/contact",
        "email": "tides@conference.example",
    }
    assert {event["location"]["@type"], type(event["location"]["address"])} == {"Place", str}
    picture = event["image"].removeprefix("https://conference.example")
    with visitor.fetch("GET", picture) as answer:
        assert answer.mimetype == "image/png"


def test_the_json_ld_of_a_conference_without_times_or_venue_has_its_dates(visitor: Browser) -> None:
    for session in db.session.query(Session):
        session.starts_at = session.ends_at = None
    get_conference().place = ""
    publish_programme()

    event = read_json_ld(visitor.open("/"))

    assert (event["startDate"], event["endDate"]) == ("2009-06-10", "2009-06-11")
    assert event["location"]["name"] == "To be announced"


def test_the_json_ld_of_a_conference_ends_on_its_last_day_even_without_times(
    visitor: Browser,
) -> None:
    for session in db.session.query(Session):
        if session.starts_at and session.starts_at.date() != FIRST_MORNING.date():
            session.starts_at = session.ends_at = None
    publish_programme()

    event = read_json_ld(visitor.open("/"))

    assert (event["startDate"], event["endDate"]) == ("2009-06-10T09:30:00+01:00", "2009-06-11")


def test_a_cancelled_session_does_not_set_the_json_ld_start_of_the_conference(
    visitor: Browser,
) -> None:
    make_session(
        slug="swim",
        title="Early swim",
        starts_at=FIRST_MORNING - timedelta(hours=2),
        ends_at=FIRST_MORNING - timedelta(hours=1),
        cancelled_at=FIRST_MORNING - timedelta(days=1),
    )
    publish_programme()

    assert read_json_ld(visitor.open("/"))["startDate"] == "2009-06-10T09:30:00+01:00"


@pytest.mark.empty
def test_an_empty_site_has_no_json_ld(visitor: Browser) -> None:
    assert BLOCK.findall(visitor.open("/").source) == []


# Around a session


def test_a_session_links_to_the_previous_and_next_session_of_its_room_and_theme(
    visitor: Browser,
) -> None:
    loft, fire = make_room(name="Loft"), make_theme(name="Fire")
    for number, title in enumerate(("Sparks", "Embers", "Ashes")):
        starts_at = FIRST_MORNING + timedelta(days=2, hours=number)
        make_session(title=title, slug=title.lower(), room=loft, theme=fire, starts_at=starts_at)
    publish_programme()

    page = visitor.open("/sessions/embers")

    assert list_related(page) == [
        "Previous session Sparks",
        "Next session, also in this room Ashes",
        "Next on this theme Ashes 11:30am to 12:30pm, Loft",
    ]


def test_a_session_page_has_calendar_and_share_links(visitor: Browser) -> None:
    page = visitor.open("/sessions/opening")

    assert page.links["Add to calendar"] == "/sessions/opening.ics"
    canonical = "https://conference.example/sessions/opening"
    assert page.links[canonical] == canonical


def test_concurrent_and_unscheduled_sessions_are_neither_previous_nor_next(
    visitor: Browser,
) -> None:
    fire = make_theme(name="Fire")
    for title in ("Sparks", "Embers"):
        make_session(title=title, slug=title.lower(), theme=fire)
    make_session(title="Some day", slug="some-day", theme=fire, starts_at=None)
    publish_programme()

    for slug in ("embers", "some-day"):
        assert not any(
            "on this theme" in one for one in list_related(visitor.open(f"/sessions/{slug}"))
        )
