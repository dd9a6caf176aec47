"""When people may register, and what the pages say when they may not."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app import cli
from app.database import db, transaction
from app.delegates.models import CONFERENCE, SeatLimit
from app.delegates.queries import count_attending, list_newest
from app.materials.models import END
from app.programme import queries as programme
from app.registration import queries, seats
from tests.browser import Browser
from tests.clock_helpers import age_cached_pages
from tests.factories import make_delegate, make_material, publish_programme, set_places
from tests.lookups import get_session
from tests.registration_flow import CONSENT, DIET_WORDS, answer_questions, complete_registration
from tests.sent_emails import list_emails_to

STEPS = ("name", "email", "work", "days", "access-needs", "dietary-needs", "check")


def test_the_start_page_says_how_long_registration_takes(visitor: Browser) -> None:
    page = visitor.open("/register")

    assert page.heading == "Register for the conference"
    assert "about 3 minutes" in page.text
    assert "Registration is open until 5pm on Monday 8 June 2009." in page.text
    assert [words for words in page.links if words == "Start now"] == ["Start now"]
    assert page.buttons == []
    assert visitor.cookies().keys() <= {"session"}


def test_before_registration_opens_the_start_page_says_when(
    visitor: Browser, frozen_time: Any
) -> None:
    frozen_time.move_to("2009-04-30T12:00:00+01:00")

    page = visitor.open("/register")

    assert page.heading == "Registration has not opened yet"
    assert "Registration opens at 9am on Friday 1 May 2009." in page.text
    assert "Start now" not in page.links
    assert page.buttons == []


def test_after_registration_closes_the_start_page_says_so(
    visitor: Browser, frozen_time: Any
) -> None:
    frozen_time.move_to("2009-06-08T17:00:00+01:00")

    page = visitor.open("/register")

    assert page.heading == "Registration has closed"
    assert "Registration closed at 5pm on Monday 8 June 2009." in page.text
    assert "Start now" not in page.links


def test_when_the_conference_is_full_the_start_page_says_so(visitor: Browser) -> None:
    set_places(1)
    make_delegate()

    page = visitor.open("/register")

    assert page.heading == "The conference is full"
    assert "All places are taken." in page.text
    assert "Start now" not in page.links


@pytest.mark.parametrize(
    ("moment", "taken", "heading"),
    [
        ("2009-04-30T12:00:00+01:00", False, "Registration has not opened yet"),
        ("2009-06-09T12:00:00+01:00", False, "Registration has closed"),
        ("2009-06-12T12:00:00+01:00", False, "The conference has ended"),
        ("2009-05-12T12:00:00+01:00", True, "The conference is full"),
    ],
)
def test_no_form_page_is_shown_while_registration_is_closed_or_full(
    visitor: Browser, frozen_time: Any, moment: str, taken: bool, heading: str
) -> None:
    set_places(1)
    if taken:
        make_delegate()
    frozen_time.move_to(moment)

    for step in STEPS:
        page = visitor.open(f"/register/{step}", status=409)
        assert page.heading == heading
        assert page.labels == []


def test_a_released_place_reopens_registration(visitor: Browser) -> None:
    set_places(1)
    make_delegate()
    assert "Start now" not in visitor.open("/register").links

    with transaction():
        seats.release_seats((CONFERENCE,))

    assert "Start now" in visitor.open("/register").links


def test_losing_the_last_place_while_registering_keeps_the_draft(
    visitor: Browser,
) -> None:
    set_places(1)
    page = answer_questions(visitor)
    make_delegate(email="quicker@example.org")

    page = page.press("Confirm registration", status=409)

    assert page.heading == "The conference is full"
    assert "We keep your answers for 7 days" in page.text
    assert count_attending() == 1
    assert list_emails_to("ada@example.org") == []

    set_places(2)
    page = visitor.open("/register").follow("Continue registering")
    assert page.press("Confirm registration").heading == "You are registered"


@pytest.mark.settings(EDITION_CHECK_SECONDS=3600)
def test_the_place_lock_overrides_a_stale_registration_status(visitor: Browser) -> None:
    page = answer_questions(visitor)
    limit = db.session.get_one(SeatLimit, CONFERENCE)
    limit.seats = limit.taken = 1

    page = page.press("Confirm registration", status=409)

    assert page.heading == "The conference is full"


def test_registration_that_closes_meanwhile_takes_no_place(
    visitor: Browser, frozen_time: Any
) -> None:
    page = answer_questions(visitor, until="dietary-needs")
    frozen_time.move_to("2009-05-18T12:00:00+01:00")
    page = page.press("Continue", {DIET_WORDS: "No nuts", CONSENT: True})
    frozen_time.move_to("2009-05-24T12:00:00+01:00")
    set_registration_end("2009-05-20T12:00:00+01:00")

    page = page.press("Confirm registration", status=409)

    assert page.heading == "Registration has closed"
    assert count_attending() == 0


def set_registration_end(moment: str) -> None:
    """Publish another end of registration."""
    programme.get_conference().registration_closes_at = datetime.fromisoformat(moment)
    db.session.commit()
    publish_programme()


def test_a_registered_person_sees_the_confirmation_when_full_or_closed(
    visitor: Browser, frozen_time: Any
) -> None:
    set_places(1)
    confirmation = complete_registration(visitor)

    page = visitor.open("/register")
    assert page.heading == "You have already registered"
    assert page.buttons == []
    assert visitor.open("/register/check").address == confirmation.address

    frozen_time.move_to("2009-05-19T09:00:00+01:00")
    assert visitor.open(confirmation.address).heading == "You are registered"


def test_confirming_the_last_place_twice_shows_the_same_confirmation(visitor: Browser) -> None:
    set_places(1)
    page = answer_questions(visitor)

    first = page.press("Confirm registration")
    second = page.press("Confirm registration")

    assert second.address == first.address
    assert queries.get_seat_counts() == queries.SeatCounts(1, 1)


@pytest.mark.empty
def test_without_a_conference_registration_has_not_opened(visitor: Browser) -> None:
    page = visitor.open("/register")

    assert "Registration has not opened yet" in page.text
    assert visitor.open("/register/name", status=409).labels == []


@pytest.mark.settings(CLOCK_STARTS_AT="2009-06-09T09:00:00+01:00")
def test_registration_status_uses_the_site_clock(visitor: Browser) -> None:
    assert "Registration closed" in visitor.open("/register").text


def test_the_set_places_command_sets_the_limit(site: Flask) -> None:
    run = site.test_cli_runner().invoke

    assert run(cli.set_places, ["3"]).output == "3 places, 0 taken, 3 free\n"
    make_delegate()
    make_delegate(email="grace@example.org")
    refused = run(cli.set_places, ["1"])

    assert refused.exit_code == 1
    assert refused.output == "Error: 2 places are taken already, so there cannot be only 1\n"
    assert run(cli.set_places, ["2"]).output == "2 places, 2 taken, 0 free\n"


def test_list_newest_returns_attending_delegates_newest_first(
    site: Flask, frozen_time: Any
) -> None:
    make_delegate(email="first@example.org")
    frozen_time.shift(60)
    make_delegate(email="second@example.org")
    gone = make_delegate(email="third@example.org")
    gone.cancel(gone.registered_at)
    db.session.commit()

    assert [one.email for one in list_newest(5)] == [
        "second@example.org",
        "first@example.org",
    ]
    assert [one.email for one in list_newest(1)] == ["second@example.org"]
    assert count_attending() == 2


def test_the_header_of_registration_pages_links_to_slides_after_the_conference(
    visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    farewell = get_session("farewell")
    after_midnight = datetime.fromisoformat("2009-06-12T01:00:00+01:00")
    with transaction():
        farewell.ends_at = after_midnight
    publish_programme()
    make_material(farewell, available_from=END)
    frozen_time.move_to(after_midnight - timedelta(seconds=1))
    assert "Slides and papers" not in visitor.open("/register").links

    age_cached_pages(monkeypatch, timedelta(seconds=1.1))
    frozen_time.move_to(after_midnight)

    assert "Slides and papers" in visitor.open("/register").links
