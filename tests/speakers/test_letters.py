"""Letters that go by themselves when a release changed something; and what is forgotten."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.accounts import team
from app.accounts.models import DESK, Person
from app.database import db, transaction
from app.programme.models import Absence, Conference, Speaker
from app.programme.proposals import merging, trusted
from app.programme.proposals import queries as proposals
from app.programme.proposals import services as sending
from app.programme.proposals.models import Proposal
from app.speakers import keeping, news, owning, retention, services
from app.speakers.models import Keeping, Reply, SpeakerNeeds, ToldRelease
from tests.factories import (
    a_keeper,
    a_proposal,
    a_room,
    ada_marsh,
    an_organiser,
    published,
    saved,
)
from tests.found import session
from tests.outbox import letters, words

ADA, JOAO = "ada@example.org", "joao@example.org"
A_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def told(site: Flask) -> None:
    """Speakers have been told of what readers see now."""
    a_keeper(ada_marsh(), ADA)
    a_keeper(speaker("joao-mare"), JOAO)
    tell()


def tell() -> None:
    with transaction():
        news.tell_of_release()


def speaker(slug: str) -> Speaker:
    return db.session.scalars(select(Speaker).where(Speaker.slug == slug)).one()


# What a release changed


def test_nobody_is_told_of_the_first_release(site: Flask) -> None:
    assert letters() == []
    assert db.session.scalars(select(ToldRelease.number)).all() == [1]


@pytest.mark.both_databases
def test_a_session_that_moved_is_told_from_old_to_new_once(site: Flask) -> None:
    session("harbour-walls").room = a_room(name="Light house")
    db.session.commit()
    before = letters()
    published()

    for _ in range(2):
        tell()

    assert before == []
    assert letters() == [(ADA, "Your session has moved: Harbour walls")]
    assert "Before: Boat house\nNow: Light house" in words()
    assert "https://conference.example/speak/ada-marsh/taking-part" in words()


def test_two_sessions_that_moved_are_told_in_one_letter(site: Flask) -> None:
    for slug in ("harbour-walls", "farewell"):
        session(slug).room = a_room(name=f"Room of {slug}")
    db.session.commit()
    published()
    tell()

    assert letters() == [(ADA, "Your sessions at Tides and Harbours have moved")]


def test_other_changes_and_calling_off_are_told_too(site: Flask) -> None:
    session("harbour-walls").title = "Harbour walls and piers"
    session("farewell").cancelled_at = clock.now()
    ada_marsh().role = "Pilot"
    db.session.commit()
    published()
    tell()

    assert letters() == [(ADA, "What readers see of you at Tides and Harbours has changed")]
    for line in ("Now: Harbour walls and piers", "Now: called off", "Now: Pilot"):
        assert line in words()


@pytest.mark.both_databases
def test_what_went_out_by_itself_is_told_once_readers_see_it(site: Flask, held_clock: Any) -> None:
    db.session.get_one(Conference, 1).trusted_fields = "biography"
    db.session.commit()
    held_clock.shift(timedelta(minutes=1))
    began = merging.marks(proposals.standing(ada_marsh()).values)
    with transaction():
        sending.propose(ada_marsh(), {"biography": "Anew."}, began=began, who=ADA)
    tell()
    at_once = letters()
    held_clock.shift(timedelta(minutes=3))
    with transaction():
        trusted.publish_what_is_due()
    tell()

    assert at_once == []
    assert letters() == [(ADA, "What readers see of you at Tides and Harbours has changed")]
    assert "Now: Anew." in words()


def test_whoever_organisers_leave_out_is_told_when_readers_see_it(site: Flask) -> None:
    ada_marsh().withdrawn_at = clock.now()
    db.session.commit()
    published()
    tell()

    assert (ADA, "You are no longer on the programme of Tides and Harbours") in letters()


def test_whoever_withdrew_by_themselves_is_not_told_again(site: Flask) -> None:
    an_organiser()
    with transaction():
        services.withdraw(ada_marsh(), "I am ill", who=ADA)
    told = letters()
    published()
    tell()

    assert [one for one in letters() if one[0] == ADA] == [one for one in told if one[0] == ADA]


def test_another_conference_is_no_news(site: Flask) -> None:
    conference = db.session.get_one(Conference, 1)
    conference.acronym = "other-2010"
    session("farewell").title = "Another farewell"
    db.session.commit()
    published()
    tell()

    assert letters() == []


# What is forgotten


def forget() -> None:
    with transaction():
        retention.forget_what_is_due()


def test_needs_go_after_thirty_days_and_the_rest_after_a_year(site: Flask, held_clock: Any) -> None:
    ada = ada_marsh()
    ada.contact_address = ADA
    saved(SpeakerNeeds(speaker_id=ada.id, access="A ramp"))
    saved(Reply(speaker_id=ada.id, travel="By train"))
    grace = a_keeper(ada, an_organiser().email).person
    forget()
    assert db.session.scalars(select(SpeakerNeeds)).one().access == "A ramp"

    held_clock.move_to(datetime.fromisoformat("2009-07-12T09:00:00+01:00"))
    forget()
    assert db.session.scalars(select(SpeakerNeeds)).all() == []
    assert db.session.scalars(select(Reply)).one().travel == "By train"

    held_clock.move_to(datetime.fromisoformat("2010-06-12T09:00:00+01:00"))
    forget()
    assert db.session.scalars(select(Reply)).all() == []
    assert db.session.scalars(select(Keeping)).all() == []
    assert [one.email for one in db.session.scalars(select(Person))] == [grace.email]
    assert not grace.keeps_pages
    assert (ada_marsh().contact_address, ada_marsh().found_by.count(ADA)) == ("", 0)


def test_whoever_helped_once_and_what_was_sent_in_go_after_a_year_too(
    site: Flask, held_clock: Any
) -> None:
    ada = ada_marsh()
    helper = a_keeper(ada, "helper@example.org", is_assistant=True)
    with transaction():
        keeping.end(ada, helper.id, who=ADA)
        owning.name_owner(session("opening"), "first@example.org", who=ADA)
        owning.name_owner(session("opening"), "second@example.org", who=ADA)
        grace = an_organiser()
        team.remove(team.invite("desk@example.org", DESK, grace).id, grace)
    a_proposal(ada, who=ADA, role="Professor of tides")
    saved(Absence(speaker_id=ada.id, starts_at=clock.now(), ends_at=clock.now() + A_DAY))

    held_clock.move_to(datetime.fromisoformat("2010-06-12T09:00:00+01:00"))
    forget()

    assert db.session.scalars(select(Proposal)).all() == []
    assert db.session.scalars(select(Absence)).all() == []
    kept = sorted(one.email for one in db.session.scalars(select(Person)))
    assert kept == ["desk@example.org", "grace@conference.example"]
