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
from app.proposals import auto_approval, merging, services
from app.proposals import queries as proposals
from app.proposals.models import Proposal
from app.proposals.queries import ProposalReview
from app.releases import services as releases
from app.speakers import access, release_notifications, retention, session_owners
from app.speakers import services as speakers_services
from app.speakers.models import LastNotifiedRelease, SpeakerAccess, SpeakerAnswers, SpeakerNeeds
from app.speakers.queries import list_access_to_speaker
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_organiser,
    make_proposal,
    make_room,
    publish_programme,
    save,
)
from tests.lookups import get_session
from tests.sent_emails import last_email_text, list_emails

ADA, JOAO = "ada@example.org", "joao@example.org"
A_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def told(site: Flask) -> None:
    """Speakers have been told of what readers see now."""
    grant_speaker_access(get_ada_marsh(), ADA)
    grant_speaker_access(speaker("joao-mare"), JOAO)
    tell()


def tell() -> None:
    with transaction():
        release_notifications.notify_of_release()


def speaker(slug: str) -> Speaker:
    return db.session.scalars(select(Speaker).where(Speaker.slug == slug)).one()


# What a release changed


def test_nobody_is_told_of_the_first_release(site: Flask) -> None:
    assert list_emails() == []
    assert db.session.scalars(select(LastNotifiedRelease.number)).all() == [1]


@pytest.mark.both_databases
def test_a_session_that_moved_is_told_from_old_to_new_once(site: Flask) -> None:
    get_session("harbour-walls").room = make_room(name="Light house")
    db.session.commit()
    before = list_emails()
    publish_programme()

    for _ in range(2):
        tell()

    assert before == []
    assert list_emails() == [(ADA, "Your session has moved: Harbour walls")]
    assert "Before: Boat house\nNow: Light house" in last_email_text()
    assert "https://conference.example/speak/ada-marsh/taking-part" in last_email_text()


def test_two_sessions_that_moved_are_told_in_one_letter(site: Flask) -> None:
    for slug in ("harbour-walls", "farewell"):
        get_session(slug).room = make_room(name=f"Room of {slug}")
    db.session.commit()
    publish_programme()
    tell()

    assert list_emails() == [(ADA, "Your sessions at Tides and Harbours have moved")]


def test_other_changes_and_calling_off_are_told_too(site: Flask) -> None:
    get_session("harbour-walls").title = "Harbour walls and piers"
    get_session("farewell").cancelled_at = clock.now()
    get_ada_marsh().role = "Pilot"
    db.session.commit()
    publish_programme()
    tell()

    assert list_emails() == [(ADA, "Your public details at Tides and Harbours have changed")]
    for line in ("Now: Harbour walls and piers", "Now: cancelled", "Now: Pilot"):
        assert line in last_email_text()


@pytest.mark.both_databases
def test_what_went_out_by_itself_is_told_once_readers_see_it(site: Flask, frozen_time: Any) -> None:
    db.session.get_one(Conference, 1).trusted_fields = "biography"
    db.session.commit()
    frozen_time.shift(timedelta(minutes=1))
    began = merging.fingerprints(proposals.get_status(get_ada_marsh()).values)
    with transaction():
        services.propose(
            get_ada_marsh(), {"biography": "Anew."}, base_fingerprints=began, actor=ADA
        )
    tell()
    at_once = list_emails()
    frozen_time.shift(timedelta(minutes=3))
    with transaction():
        auto_approval.publish_due()
    tell()

    assert at_once == []
    assert list_emails() == [(ADA, "Your public details at Tides and Harbours have changed")]
    assert "Now: Anew." in last_email_text()


def approve_role(role: str) -> None:
    """Let Ada ask for another role, and an organiser approve it."""
    asked = make_proposal(get_ada_marsh(), actor=ADA, role=role)
    seen = ProposalReview(asked).fingerprint
    with transaction():
        services.approve(asked.id, expected_fingerprint=seen, actor="grace@conference.example")


@pytest.mark.both_databases
def test_whoever_asked_for_a_change_is_told_of_it_once_and_others_when_readers_see_it(
    site: Flask,
) -> None:
    grant_speaker_access(get_ada_marsh(), "helper@example.org", is_assistant=True)
    approve_role("Pilot")
    publish_programme()
    tell()

    assert list_emails() == [
        (ADA, "Your changes have been approved"),
        ("helper@example.org", "Your public details at Tides and Harbours have changed"),
    ]


def test_whoever_asked_for_a_change_is_told_what_organisers_have_changed_besides(
    site: Flask,
) -> None:
    approve_role("Pilot")
    get_ada_marsh().organisation = "Port of Scarborough"
    db.session.commit()
    publish_programme()
    tell()
    approve_role("Captain")
    get_ada_marsh().role = "Bosun"
    db.session.commit()
    publish_programme()
    tell()

    approved, changed = (
        (ADA, "Your changes have been approved"),
        (ADA, "Your public details at Tides and Harbours have changed"),
    )
    assert list_emails() == [approved, changed, approved, changed]
    assert "Before: Pilot\nNow: Bosun" in last_email_text()


def test_whoever_asked_for_a_change_is_told_if_an_earlier_release_is_public_again(
    site: Flask, frozen_time: Any
) -> None:
    get_ada_marsh().organisation = "Port of Scarborough"
    db.session.commit()
    publish_programme()
    tell()
    frozen_time.shift(timedelta(minutes=1))
    approve_role("Pilot")
    publish_programme()
    tell()
    before = list_emails()
    with transaction():
        releases.roll_back(2, "", expected_release=3, actor="grace@conference.example")
    tell()

    assert list_emails() == [
        *before,
        (ADA, "Your public details at Tides and Harbours have changed"),
    ]
    assert "Before: Pilot\nNow: Harbour master" in last_email_text()


def test_whoever_organisers_leave_out_is_told_when_readers_see_it(site: Flask) -> None:
    get_ada_marsh().withdrawn_at = clock.now()
    db.session.commit()
    publish_programme()
    tell()

    assert (ADA, "You are no longer on the programme of Tides and Harbours") in list_emails()


def test_whoever_withdrew_by_themselves_is_not_told_again(site: Flask) -> None:
    make_organiser()
    with transaction():
        (own,) = list_access_to_speaker(get_ada_marsh())
        seen = speakers_services.participation_fingerprint(get_ada_marsh())
        speakers_services.withdraw(own, "I am ill", expected_fingerprint=seen)
    told = list_emails()
    publish_programme()
    tell()

    assert [one for one in list_emails() if one[0] == ADA] == [one for one in told if one[0] == ADA]


def test_another_conference_is_no_news(site: Flask) -> None:
    conference = db.session.get_one(Conference, 1)
    conference.acronym = "other-2010"
    get_session("farewell").title = "Another farewell"
    db.session.commit()
    publish_programme()
    tell()

    assert list_emails() == []


# What is forgotten


def forget() -> None:
    with transaction():
        retention.purge_expired()


def test_needs_go_after_thirty_days_and_the_rest_after_a_year(
    site: Flask, frozen_time: Any
) -> None:
    ada = get_ada_marsh()
    ada.contact_address = ADA
    save(SpeakerNeeds(speaker_id=ada.id, access="A ramp"))
    save(SpeakerAnswers(speaker_id=ada.id, travel="By train"))
    grace = grant_speaker_access(ada, make_organiser().email).person
    forget()
    assert db.session.scalars(select(SpeakerNeeds)).one().access == "A ramp"

    frozen_time.move_to(datetime.fromisoformat("2009-07-12T09:00:00+01:00"))
    forget()
    assert db.session.scalars(select(SpeakerNeeds)).all() == []
    assert db.session.scalars(select(SpeakerAnswers)).one().travel == "By train"

    frozen_time.move_to(datetime.fromisoformat("2010-06-12T09:00:00+01:00"))
    forget()
    assert db.session.scalars(select(SpeakerAnswers)).all() == []
    assert db.session.scalars(select(SpeakerAccess)).all() == []
    assert [one.email for one in db.session.scalars(select(Person))] == [grace.email]
    assert not grace.has_speaker_access
    assert (get_ada_marsh().contact_address, get_ada_marsh().search_text.count(ADA)) == ("", 0)


def test_whoever_helped_once_and_what_was_sent_in_go_after_a_year_too(
    site: Flask, frozen_time: Any
) -> None:
    ada = get_ada_marsh()
    helper = grant_speaker_access(ada, "helper@example.org", is_assistant=True)
    with transaction():
        access.revoke(ada, helper.id, actor=ADA)
        session_owners.set_owner(get_session("opening"), "first@example.org", actor=ADA)
        session_owners.set_owner(get_session("opening"), "second@example.org", actor=ADA)
        grace = make_organiser()
        team.remove(team.invite("desk@example.org", DESK, grace).id, grace)
    make_proposal(ada, actor=ADA, role="Professor of tides")
    save(Absence(speaker_id=ada.id, starts_at=clock.now(), ends_at=clock.now() + A_DAY))

    frozen_time.move_to(datetime.fromisoformat("2010-06-12T09:00:00+01:00"))
    forget()

    assert db.session.scalars(select(Proposal)).all() == []
    assert db.session.scalars(select(Absence)).all() == []
    kept = sorted(one.email for one in db.session.scalars(select(Person)))
    assert kept == ["desk@example.org", "grace@conference.example"]
