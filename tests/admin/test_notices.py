"""Notices of change in admin: offered after publishing, then prepared or dropped."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app import clock
from app.accounts.models import EDITOR
from app.database import db, transaction
from app.delegates.models import Delegate, LinkedAgenda
from app.mail.models import Email
from app.mailings import notices, release
from tests.browser import Browser
from tests.factories import (
    make_agenda,
    make_delegate,
    make_room,
    publish_programme,
    save,
    set_places,
    sign_in,
)
from tests.lookups import get_session
from tests.sent_emails import list_emails

AFTERNOON = datetime(2009, 6, 10, 13, 0, tzinfo=UTC)  # 2pm by the conference's clocks
ADAS_CHANGES = "Moved: Harbour walls"
EVERYONE_OF_THE_DAY = "Also notify everyone who attends on the day of a changed session"


@pytest.fixture
def organiser(visitor: Browser) -> Browser:
    with transaction():
        notices.prepare()  # people know the first release
    return sign_in(visitor)


def make_follower(*slugs: str, **values: Any) -> Delegate:
    """Save a delegate who keeps an agenda of these sessions with their booking."""
    delegate = make_delegate(**values)
    save(LinkedAgenda(delegate_id=delegate.id, agenda_id=make_agenda(*slugs).id))
    return delegate


def change() -> None:
    """Move one session, and rename another."""
    walls, tide = get_session("harbour-walls"), get_session("reading-the-tide")
    walls.starts_at, walls.ends_at = AFTERNOON, AFTERNOON + timedelta(hours=1)
    tide.title = "Reading the tides"
    db.session.commit()


def publish_changes() -> None:
    change()
    publish_programme()
    with transaction():
        notices.prepare()


def test_publishing_offers_to_notify_followers_but_sends_no_email(organiser: Browser) -> None:
    make_follower("harbour-walls")
    make_follower("harbour-walls", "reading-the-tide", given_names="Grace", email="g@example.org")
    change()

    form = organiser.open("/organise/publishing/publish")
    check = form.press("Continue")
    release = check.press("Publish now")
    page = release.follow("Choose what to tell them")

    assert "You can notify 2 people of 2 changes. After you publish" in check.text
    assert "You can notify 2 people of 2 changes." in release.text
    assert page.heading == "Notices of change"
    assert (
        "You can notify 2 people of 2 changes. Nothing is sent until you approve it." in page.text
    )
    assert db.session.scalars(select(Email)).all() == []


def test_the_page_lists_changes_and_the_people_to_notify(organiser: Browser) -> None:
    make_follower("harbour-walls")
    make_follower("harbour-walls", "reading-the-tide", given_names="Grace", email="g@example.org")
    publish_changes()

    page = organiser.open("/organise/notices")

    assert page.rows == [
        {
            "": "Notify people: Reading the tides, New title",
            "Change": "Reading the tides New title. Before: Reading the tide → "
            "Now: Reading the tides",
            "People": "1",
            "Others on that day": "1",
        },
        {
            "": "Notify people: Harbour walls, Moved",
            "Change": "Harbour walls Moved. Before: 11am to midday on Wednesday 10 June 2009, "
            "Boat house → Now: 2pm to 3pm on Wednesday 10 June 2009, Boat house",
            "People": "2",
            "Others on that day": "0",
        },
        {"Name": "Ada Lovelace ada@example.org", "Changes": ADAS_CHANGES, "Language": "English"},
        {
            "Name": "Grace Lovelace g@example.org",
            "Changes": f"New title: Reading the tides {ADAS_CHANGES}",
            "Language": "English",
        },
    ]
    assert "1 person" in page.press("Search", search="grace").text


def test_selected_changes_become_a_draft_group_email(organiser: Browser, frozen_time: Any) -> None:
    make_follower("harbour-walls", "reading-the-tide")
    make_follower("reading-the-tide", given_names="Grace", email="grace@example.org")
    publish_changes()

    page = organiser.open("/organise/notices")
    draft = page.press("Prepare emails", {"Notify people: Reading the tides, New title": False})
    text = draft.follow("Preview").text
    organiser.open("/organise/notices").follow("Check and send them").follow("Send")
    organiser.press("Send email", {"Send it to 1 person": True})
    left = organiser.open("/organise/notices").headings
    frozen_time.shift(timedelta(minutes=11))
    release.release_due()

    assert "The emails are prepared. Check them, then send them." in draft.source
    assert "Before: 11am to midday on Wednesday 10 June 2009, Boat house" in text
    assert "There are no changes to notify people of" in left
    assert [one for one, _ in list_emails()] == ["ada@example.org"]


def test_preparing_emails_without_a_selected_change_is_refused(organiser: Browser) -> None:
    make_follower("harbour-walls")
    publish_changes()

    page = organiser.open("/organise/notices").press(
        "Prepare emails", {"Notify people: Harbour walls, Moved": False}, status=422
    )

    (error,) = page.errors
    assert error == (
        "Nobody follows the sessions you have selected. Select other changes, or notify everyone "
        "who attends on that day"
    )
    choice = {
        "Notify people: Reading the tides, New title": False,
        "Notify people: Harbour walls, Moved": False,
    }
    assert page.press("Prepare emails", choice, status=422).errors == ["Select at least one change"]


def test_organisers_can_notify_all_delegates_of_the_day(organiser: Browser) -> None:
    make_follower("harbour-walls")
    make_delegate(given_names="Grace", email="grace@example.org", days="2009-06-10")
    make_delegate(given_names="Mary", email="mary@example.org", days="2009-06-11")
    publish_changes()

    page = organiser.open("/organise/notices")
    page.press("Prepare emails", {EVERYONE_OF_THE_DAY: True})
    page = organiser.open("/organise/notices")

    assert [(row["Name"], row["Changes"]) for row in page.rows if "Name" in row] == [
        ("Ada Lovelace ada@example.org", f"New title: Reading the tides {ADAS_CHANGES}"),
        ("Grace Lovelace grace@example.org", f"New title: Reading the tides {ADAS_CHANGES}"),
    ]
    assert "You can notify 2 people of 2 changes." in page.text
    page.press("Update emails")
    page = organiser.open("/organise/notices")
    assert "You can notify 2 people of 2 changes." in page.text
    page = page.press("Update emails", {EVERYONE_OF_THE_DAY: False})
    assert "You can notify 1 person of 1 change." in organiser.open("/organise/notices").text


def test_all_delegates_of_the_day_can_be_notified_of_changes_without_followers(
    organiser: Browser,
) -> None:
    make_delegate(days="2009-06-10")
    publish_changes()

    page = organiser.open("/organise/notices")

    assert "Nobody follows the sessions that have changed, or speaks in them." in page.text
    assert "to notify of" not in organiser.open("/organise").text
    organiser.open("/organise/notices").press("Prepare emails", {EVERYONE_OF_THE_DAY: True})
    assert "You can notify 1 person of 2 changes." in organiser.open("/organise/notices").text


def test_people_to_notify_are_paginated_without_cancelled_delegates(
    organiser: Browser,
) -> None:
    set_places(100)
    for number in range(52):
        make_follower("harbour-walls", family_name=f"P{number:02}", email=f"p{number}@example.org")
    publish_changes()
    first = organiser.open("/organise/notices")
    db.session.scalars(
        select(Delegate).where(Delegate.family_name == "P00")
    ).one().cancelled_at = clock.now()
    db.session.commit()

    page = organiser.open("/organise/notices?page=2")

    assert "You can notify 52 people of 1 change." in first.text
    assert [row["Name"] for row in page.rows if "Name" in row] == ["Ada P51 p51@example.org"]
    assert "You can notify 51 people of 1 change." in page.text
    assert "1 person" in page.press("Search", search="p17@").text


def test_the_changes_placeholder_cannot_be_removed_from_the_email_text(organiser: Browser) -> None:
    make_follower("harbour-walls")
    publish_changes()
    organiser.open("/organise/notices").press("Prepare emails").follow("Change subject and text")

    page = organiser.press("Save email", text="Dear all, look at the programme.", status=422)

    assert page.errors == ["Everyone needs {{ changes }}: put it back into the text"]


def test_the_dashboard_shows_how_many_people_to_notify_of_changes(organiser: Browser) -> None:
    make_follower("harbour-walls")
    make_follower("harbour-walls", "reading-the-tide", given_names="Grace", email="g@example.org")
    publish_changes()

    page = organiser.open("/organise").follow("2 people to notify of 2 changes")

    assert page.address == "/organise/notices"


def test_dismissed_changes_are_not_notified(organiser: Browser) -> None:
    make_follower("harbour-walls")
    publish_changes()

    question = organiser.open("/organise/notices").follow("Notify nobody")
    page = question.press("Notify nobody")

    assert question.heading == "Notify nobody of these changes?"
    assert "You can notify 1 person of 1 change." in question.text
    assert "Nobody will be notified of these changes." in page.source
    assert "There are no changes to notify people of" in page.headings
    assert organiser.open("/organise/notices/drop", status=404).status == 404


def test_editors_see_how_many_people_to_notify_but_not_who(
    visitor: Browser, organiser: Browser
) -> None:
    make_follower("harbour-walls")
    publish_changes()
    sign_in(visitor, "editor@conference.example", EDITOR)

    page = visitor.open("/organise/publishing/releases/2")

    assert "You can notify 1 person of 1 change." in page.text
    assert "Organisers can send the emails." in page.text


def test_the_former_page_of_emails_to_speakers_redirects_to_notices_of_change(
    visitor: Browser, organiser: Browser
) -> None:
    assert organiser.open("/organise/publishing/letters").address == "/organise/notices"

    sign_in(visitor, "editor@conference.example", EDITOR)
    page = visitor.open("/organise/publishing/letters", status=403)

    assert page.address == "/organise/notices"


@pytest.mark.parametrize("count", [1, 3])
def test_the_notices_page_needs_few_queries(
    organiser: Browser, queries: list[str], count: int
) -> None:
    for number in range(count):
        make_follower("harbour-walls", "opening", email=f"p{number}@example.org")
    get_session("opening").room = make_room(name="Light house")
    publish_changes()
    organiser.open("/organise/notices")
    queries.clear()

    organiser.open("/organise/notices")

    assert len(queries) <= 8
