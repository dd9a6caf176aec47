"""What is deleted of speakers and those who helped them, and when."""

from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from app import clock
from app.accounts import team
from app.accounts.models import DESK, Person
from app.database import db, transaction
from app.programme.models import Absence
from app.proposals.models import Proposal
from app.speakers import access, retention, session_owners
from app.speakers.models import SpeakerAccess, SpeakerAnswers, SpeakerNeeds
from tests.factories import get_ada_marsh, grant_speaker_access, make_organiser, make_proposal, save
from tests.lookups import get_session

ADA = "ada@example.org"
A_DAY = timedelta(days=1)


def purge() -> None:
    with transaction():
        retention.purge_expired()


def test_requirements_are_deleted_after_30_days_and_other_data_after_a_year(
    site: Flask, frozen_time: Any
) -> None:
    ada = get_ada_marsh()
    ada.contact_address = ADA
    save(SpeakerNeeds(speaker_id=ada.id, access="A ramp"))
    save(SpeakerAnswers(speaker_id=ada.id, travel="By train"))
    grace = grant_speaker_access(ada, make_organiser().email).person
    purge()
    assert db.session.scalars(select(SpeakerNeeds)).one().access == "A ramp"

    frozen_time.move_to(datetime.fromisoformat("2009-07-12T09:00:00+01:00"))
    purge()
    assert db.session.scalars(select(SpeakerNeeds)).all() == []
    assert db.session.scalars(select(SpeakerAnswers)).one().travel == "By train"

    frozen_time.move_to(datetime.fromisoformat("2010-06-12T09:00:00+01:00"))
    purge()
    assert db.session.scalars(select(SpeakerAnswers)).all() == []
    assert db.session.scalars(select(SpeakerAccess)).all() == []
    assert [one.email for one in db.session.scalars(select(Person))] == [grace.email]
    assert not grace.has_speaker_access
    assert (get_ada_marsh().contact_address, get_ada_marsh().search_text.count(ADA)) == ("", 0)


def test_former_assistants_and_proposals_are_deleted_after_a_year(
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
    purge()

    assert db.session.scalars(select(Proposal)).all() == []
    assert db.session.scalars(select(Absence)).all() == []
    kept = sorted(one.email for one in db.session.scalars(select(Person)))
    assert kept == ["desk@example.org", "grace@conference.example"]
