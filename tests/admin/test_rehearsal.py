"""Choosing the time of a rehearsal."""

import pytest

from app.accounts.models import VIEWER
from app.database import db, transaction
from app.programme.models import Conference
from tests.browser import Browser
from tests.factories import publish_programme, sign_in

CHOOSE = "/organise/rehearsal"


def test_team_members_see_suggested_rehearsal_times(visitor: Browser) -> None:
    sign_in(visitor, role=VIEWER)

    page = visitor.open(CHOOSE)

    moments = {words: link for words, link in page.links.items() if link.startswith("/rehearsal/")}
    assert moments == {
        "9am on Thursday 30 April 2009": "/rehearsal/2009-04-30T09:00/",
        "9am on Saturday 2 May 2009": "/rehearsal/2009-05-02T09:00/",
        "9am on Saturday 2 May 2009, with all places taken": "/rehearsal/2009-05-02T09:00,full/",
        "6pm on Monday 8 June 2009": "/rehearsal/2009-06-08T18:00/",
        "9:15am on Tuesday 9 June 2009": "/rehearsal/2009-06-09T09:15/",
        "9:15am on Wednesday 10 June 2009": "/rehearsal/2009-06-10T09:15/",
        "1pm on Wednesday 10 June 2009": "/rehearsal/2009-06-10T13:00/",
        "9:15am on Thursday 11 June 2009": "/rehearsal/2009-06-11T09:15/",
        "1pm on Thursday 11 June 2009": "/rehearsal/2009-06-11T13:00/",
        "9:15am on Thursday 18 June 2009": "/rehearsal/2009-06-18T09:15/",
    }
    assert "The number of places is as it is now: 0 of 20 are taken." in page.source
    for link in moments.values():
        visitor.open(link)


def test_a_rehearsal_time_can_be_entered(visitor: Browser) -> None:
    sign_in(visitor)
    visitor.open(CHOOSE)

    page = visitor.press(
        "Start rehearsal", date="2009-06-10", time="14:05", show_all_places_as_taken=True
    )

    assert page.address == "/rehearsal/2009-06-10T14:05,full/"
    assert "at 2:05pm on Wednesday 10 June 2009" in page.source


@pytest.mark.parametrize(
    ("day", "time", "said"),
    [
        ("", "", ["Enter a date", "Enter a time"]),
        ("tomorrow", "25:00", ["Enter a date like 2008-11-06", "Enter a time like 9:15 or 13:00"]),
        ("2009-02-30", "9:15", ["Enter a date like 2008-11-06"]),
    ],
)
def test_an_invalid_rehearsal_time_is_refused(
    visitor: Browser, day: str, time: str, said: list[str]
) -> None:
    sign_in(visitor)
    visitor.open(CHOOSE)

    page = visitor.press("Start rehearsal", date=day, time=time, status=422)

    assert page.errors == said
    assert page.title.startswith("Error:")


def test_a_conference_without_registration_dates_has_fewer_rehearsal_times(
    visitor: Browser,
) -> None:
    sign_in(visitor)
    with transaction():
        conference = db.session.get(Conference, 1)
        assert conference is not None
        conference.registration_opens_at = conference.registration_closes_at = None
    publish_programme()

    page = visitor.open(CHOOSE)

    assert "Registration is open" not in page.summary_list
    assert "The day before the conference" in page.summary_list


@pytest.mark.empty
def test_rehearsal_works_without_a_conference(visitor: Browser) -> None:
    sign_in(visitor)

    assert visitor.open(CHOOSE).heading == "Rehearsal"
