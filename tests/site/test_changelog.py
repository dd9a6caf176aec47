"""The changelog: release by release, with links to where things are now."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock
from app.database import db, transaction
from app.interchange import services
from app.programme.models import Room, SlugRedirect, Speaker
from app.releases import services as publishing
from app.releases.models import ReleaseActivation
from tests.browser import Browser, Page
from tests.factories import make_session, make_speaker, publish_programme
from tests.lookups import get_session
from tests.pages import read_text as read

AFTERNOON = datetime(2009, 6, 10, 13, 0, tzinfo=UTC)  # 2pm by the conference's clocks
AN_HOUR = timedelta(hours=1)


def get_speaker(slug: str) -> Speaker:
    return db.session.scalars(select(Speaker).where(Speaker.slug == slug)).one()


def change_and_publish(which: str, /, **about: Any) -> None:
    """Change a session, and publish that."""
    session = get_session(which)
    for name, value in about.items():
        setattr(session, name, value)
    publish_programme()


def roll_back_to(number: int, seen: int) -> None:
    with transaction():
        publishing.roll_back(number, "", expected_release=seen, actor="grace@conference.example")


def groups(page: Page) -> dict[str, list[str]]:
    """Give what the page of a release says, by group."""
    found: dict[str, list[str]] = {}
    name = ""
    for one in page.tree.find_all("h2", "h3", "li", within=page.main):
        if one.tag == "li":
            found.setdefault(name, []).append(read(one))
        else:
            name = read(one)
    return found


# What changed


@pytest.mark.both_databases
def test_the_changelog_lists_each_release_newest_first(visitor: Browser) -> None:
    change_and_publish("opening", title="A grand opening")
    change_and_publish("harbour-walls", starts_at=AFTERNOON, ends_at=AFTERNOON + AN_HOUR)

    page = visitor.open("/changes")

    assert page.heading == "Changes to the programme"
    titles = [one for one in page.headings if one.startswith("Release")]
    assert titles == ["Release 3 Current", "Release 2", "Release 1"]
    assert "Renamed sessions 1" in page.headings
    assert "Moved sessions 1" in page.headings
    assert "The programme of Tides and Harbours was published, with 5 sessions" in page.text


@pytest.mark.both_databases
def test_the_changelog_shows_number_date_and_note_of_a_release(visitor: Browser) -> None:
    get_session("opening").title = "A grand opening"
    with transaction():
        publishing.create_release("The opening has a better name.")

    page = visitor.open("/changes").follow("Release 2")

    assert page.heading == "Release 2"
    assert page.title == "Release 2 – Changes – Tides and Harbours"
    assert "9:30am on Tuesday 12 May 2009" in page.text
    assert "The opening has a better name." in page.text
    assert groups(page)["Renamed sessions 1"] == [
        "A grand opening before: Opening → after: A grand opening"
    ]


@pytest.mark.both_databases
def test_the_changelog_describes_added_moved_cancelled_and_withdrawn_sessions(
    visitor: Browser,
) -> None:
    make_session(title="Knots", starts_at=AFTERNOON)
    get_session("opening").cancelled_at = clock.now()
    get_session("farewell").withdrawn_at = clock.now()
    moved = get_session("harbour-walls")
    was = (moved.starts_at, moved.ends_at)
    moved.starts_at, moved.ends_at = AFTERNOON, AFTERNOON + AN_HOUR
    moved.room = db.session.scalars(select(Room).where(Room.slug == "great-hall")).one()
    publish_programme()

    page = visitor.open("/changes/2")

    told = groups(page)
    assert told["Added sessions 1"] == ["Knots 2pm to 3pm on Wednesday 10 June 2009"]
    assert told["Cancelled sessions 1"][0].startswith("Opening ")
    assert told["Withdrawn sessions 1"][0].startswith("Farewell ")
    assert told["Moved sessions 1"][0].endswith(
        "→ after: 2pm to 3pm on Wednesday 10 June 2009, Great hall"
    )
    assert was[0] != AFTERNOON
    assert page.links["Knots"].startswith("/sessions/session-")
    assert page.links["Farewell"] == "/releases/1/sessions/farewell"


def test_the_changelog_names_speakers_who_joined_and_left_and_other_changes(
    visitor: Browser,
) -> None:
    grace = make_speaker(name="Grace Hopper")
    session = get_session("harbour-walls")
    names = [one.speaker.name for one in session.appearances]
    session.appearances[0].speaker = grace
    session.abstract = "Of stone."
    session.language = "cy"
    publish_programme()

    (said,) = groups(visitor.open("/changes/2"))["Other changes to sessions 1"]

    assert "Now with Grace Hopper" in said
    assert f"No longer with {names[0]}" in said
    assert said.endswith("Abstract, Language")


def test_the_changelog_names_changed_speakers_rooms_and_settings(visitor: Browser) -> None:
    get_speaker("ada-marsh").name = "Ada Marsh-Waters"
    room = db.session.scalars(select(Room).where(Room.slug == "great-hall")).one()
    room.capacity = 31
    publish_programme()

    told = groups(visitor.open("/changes/2"))

    assert told["Changed speakers 1"] == [
        "Ada Marsh-Waters before: Ada Marsh → after: Ada Marsh-Waters"
    ]
    assert told["Changed rooms 1"] == ["Great hall Capacity"]


def test_the_changelog_reports_a_mere_reordering_as_minor_changes(visitor: Browser) -> None:
    for place, room in enumerate(db.session.scalars(select(Room).order_by(Room.position.desc()))):
        room.position = place
    publish_programme()

    page = visitor.open("/changes/2")

    assert "Only minor changes" in page.text


@pytest.mark.both_databases
def test_a_rollback_is_an_entry_of_the_changelog(visitor: Browser, frozen_time: Any) -> None:
    change_and_publish("opening", title="A grand opening")
    frozen_time.shift(AN_HOUR)
    roll_back_to(1, seen=2)

    page = visitor.open("/changes")

    titles = [one for one in page.headings if one.startswith("Release")]
    assert titles == ["Release 1 again Current", "Release 2", "Release 1"]
    assert "Release 1 of the programme has been restored and replaces release 2" in page.text
    own = page.follow("Release 1 again")
    assert own.heading == "Release 1"
    assert "Restored at 10:30am on Tuesday 12 May 2009" in own.headings
    assert groups(own)["Renamed sessions 1"] == ["Opening before: A grand opening → after: Opening"]


def test_many_changes_are_shortened_in_the_changelog_and_complete_on_their_page(
    visitor: Browser,
) -> None:
    for number in range(7):
        make_session(title=f"Knots {number}", starts_at=AFTERNOON)
    publish_programme()

    page = visitor.open("/changes")
    whole = page.follow("2 more: Added sessions, Release 2")

    assert "Knots 4" in page.text
    assert "Knots 5" not in page.text
    assert len(groups(whole)["Added sessions 7"]) == 7


@pytest.mark.parametrize("asked", ["2", "99", "3&page=1"])
def test_a_long_changelog_is_paginated(visitor: Browser, asked: str) -> None:
    for number in range(12):
        change_and_publish("opening", title=f"Opening {number}")

    first = visitor.open("/changes")
    page = visitor.open(f"/changes?page={asked}")

    assert first.links["Earlier changes"] == "/changes?page=2"
    assert page.heading == "Changes to the programme, page 2 of 2"
    assert page.links["Newer changes"] == "/changes"
    assert [one for one in page.headings if one.startswith("Release")] == [
        "Release 3",
        "Release 2",
        "Release 1",
    ]


@pytest.mark.parametrize("asked", ["", "0", "-1", "x", "²", "9" * 40])
def test_an_invalid_page_number_of_the_changelog_shows_the_first_page(
    visitor: Browser, asked: str
) -> None:
    assert visitor.open(f"/changes?page={asked}").heading == "Changes to the programme"


@pytest.mark.empty
def test_before_the_first_release_the_changelog_says_that_nothing_is_published(
    visitor: Browser,
) -> None:
    page = visitor.open("/changes")

    assert "Nothing has been published yet" in page.headings
    visitor.open("/changes/1", status=404)
    visitor.open("/releases/1", status=404)


@pytest.mark.both_databases
@pytest.mark.settings(EDITION_CHECK_SECONDS="3600")
def test_cached_changelog_pages_need_no_queries(visitor: Browser, queries: list[str]) -> None:
    change_and_publish("opening", title="A grand opening")
    for address in ("/changes", "/changes/2", "/releases/1"):
        visitor.open(address)
    queries.clear()

    for address in ("/changes", "/changes?page=1", "/changes/1", "/releases/1"):
        visitor.open(address)
    visitor.open("/releases/1/sessions/opening")

    assert queries == []


@pytest.mark.both_databases
def test_a_release_without_stored_change_summary_is_compared_on_request(
    visitor: Browser,
) -> None:
    change_and_publish("opening", title="A grand opening")
    db.session.execute(update(ReleaseActivation).values(change_summary=None))
    db.session.commit()

    assert "Renamed sessions 1" in visitor.open("/changes/2").headings
    assert "with 5 sessions" in visitor.open("/changes/1").text


def test_the_changelog_starts_again_with_another_conference(visitor: Browser) -> None:
    with transaction():
        services.load_demo(12, 8)
        publishing.create_release()

    assert "with 12 sessions and" in visitor.open("/changes/2").text
    assert groups(visitor.open("/changes/2")) == {}


# The programme as it was


@pytest.mark.both_databases
def test_an_earlier_release_is_readable_and_links_to_the_current_programme(
    visitor: Browser,
) -> None:
    change_and_publish("opening", title="A grand opening")

    page = visitor.open("/releases/1")

    assert page.heading == "The programme in release 1"
    assert "This is an earlier version of the programme." in page.text
    assert page.text.count("unless they are marked “Confirmed”") == 1
    marked = [read(row) for row in page.tree.find_by_class("row") if "Confirmed" in read(row)]
    assert marked[:1] == [
        "9:30am to 10:30am Opening Ada Marsh, João Maré Great hall Confirmed",
    ]
    assert len(marked) == 3
    assert "Opening" in page.headings
    assert page.links["See the current programme"] == "/programme"
    session = page.follow("Opening")
    assert session.heading == "Opening"
    assert session.address.endswith("/releases/1/sessions/opening")
    now = session.follow("See the current session")
    assert now.heading == "A grand opening"


def test_an_earlier_release_is_noindex_with_canonical_link_to_the_current_page(
    visitor: Browser,
) -> None:
    change_and_publish("opening", title="A grand opening", slug="a-grand-opening")

    for address, present in (
        ("/releases/1", "/programme"),
        ("/releases/1/sessions/opening", "/sessions/a-grand-opening"),
    ):
        page = visitor.open(address)
        assert '<meta name="robots" content="noindex">' in page.source
        assert f'<link rel="canonical" href="https://conference.example{present}">' in page.source


def test_a_withdrawn_session_is_still_readable_in_its_earlier_release(visitor: Browser) -> None:
    change_and_publish("farewell", withdrawn_at=clock.now())

    page = visitor.open("/releases/1/sessions/farewell")

    assert "It is no longer in the programme." in page.text
    visitor.open("/sessions/farewell", status=410)
    visitor.open("/releases/2/sessions/farewell", status=410)
    visitor.open("/releases/2/sessions/never", status=404)
    visitor.open("/releases/7", status=404)


def test_the_release_that_is_public_says_so(visitor: Browser) -> None:
    page = visitor.open("/releases/1")

    assert "This is the current programme" in page.text


def test_evicted_earlier_releases_are_reloaded_correctly(visitor: Browser) -> None:
    for number in range(4):
        change_and_publish("opening", title=f"Opening {number}")

    titles = [visitor.open(f"/releases/{one}").headings[2] for one in (1, 2, 3, 4, 1)]

    assert titles == ["Opening", "Opening 0", "Opening 1", "Opening 2", "Opening"]


# Where things are now


@pytest.mark.both_databases
def test_every_former_slug_redirects_to_the_current_one(visitor: Browser) -> None:
    change_and_publish("opening", slug="grand-opening")
    change_and_publish("grand-opening", slug="the-grand-opening")

    for old in ("opening", "grand-opening"):
        answer = visitor.fetch("GET", f"/sessions/{old}")
        assert answer.status_code == 308
        assert answer.headers["Location"] == "/sessions/the-grand-opening"
        assert answer.headers["Cache-Control"].startswith("public, max-age=60")
    left = db.session.scalars(select(SlugRedirect.slug).order_by(SlugRedirect.slug)).all()
    assert left == ["grand-opening", "opening"], "an address that stays is no old one"


@pytest.mark.parametrize("kind", ["ics", "txt"])
def test_the_old_url_of_a_calendar_or_text_redirects(visitor: Browser, kind: str) -> None:
    change_and_publish("opening", slug="grand-opening")

    answer = visitor.fetch("GET", f"/sessions/opening.{kind}")

    assert answer.status_code == 308
    assert answer.headers["Location"] == f"/sessions/grand-opening.{kind}"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.both_databases
def test_the_former_slug_of_a_speaker_redirects(visitor: Browser) -> None:
    get_speaker("ada-marsh").slug = "ada-waters"
    publish_programme()

    answer = visitor.fetch("GET", "/speakers/ada-marsh")

    assert (answer.status_code, answer.headers["Location"]) == (308, "/speakers/ada-waters")
    assert groups(visitor.open("/changes/2"))["Changed speakers 1"]


def test_a_former_slug_reused_by_another_session_shows_that_session(visitor: Browser) -> None:
    change_and_publish("opening", slug="grand-opening")
    make_session(title="Another opening", slug="opening")
    publish_programme()

    assert visitor.open("/sessions/opening").heading == "Another opening"

    change_and_publish("opening", slug="another-opening")

    answer = visitor.fetch("GET", "/sessions/opening")
    assert answer.headers["Location"] == "/sessions/another-opening"


def test_after_a_rollback_the_newer_slug_redirects_to_the_older(visitor: Browser) -> None:
    change_and_publish("opening", slug="grand-opening")
    roll_back_to(1, seen=2)

    assert visitor.open("/sessions/opening").heading == "Opening"
    answer = visitor.fetch("GET", "/sessions/grand-opening")
    assert answer.headers["Location"] == "/sessions/opening"


def test_a_session_removed_by_a_rollback_answers_410(visitor: Browser) -> None:
    make_session(title="Knots", slug="knots")
    publish_programme()
    roll_back_to(1, seen=2)

    assert "no longer part of the programme" in visitor.open("/sessions/knots", status=410).text
    change_and_publish("opening", title="A grand opening")
    assert visitor.open("/sessions/knots").heading == "Knots"


def test_a_cancelled_session_keeps_its_page_with_a_notice(visitor: Browser) -> None:
    change_and_publish("opening", cancelled_at=clock.now())

    assert "This session has been cancelled." in visitor.open("/sessions/opening").text


def test_hundreds_of_slugs_can_be_retired_in_one_release(site: Flask, visitor: Browser) -> None:
    with transaction():
        services.load_demo(450, 20)
        publishing.create_release()
    with transaction():
        services.load_demo(12, 8)
        publishing.create_release()

    left = db.session.scalars(select(SlugRedirect).where(SlugRedirect.kind == "session")).all()
    assert len(left) > 400


def test_the_changelog_shows_the_time_of_a_reinstated_session(visitor: Browser) -> None:
    change_and_publish("opening", cancelled_at=clock.now())
    change_and_publish("opening", cancelled_at=None)

    told = groups(visitor.open("/changes/3"))

    assert told["Reinstated sessions 1"] == [
        "Opening 9:30am to 10:30am on Wednesday 10 June 2009, Great hall"
    ]
