"""Before anything is published nobody is told, reminded or forgotten: nobody knows when it is."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from app.database import db, transaction
from app.mail.models import Letter
from app.speakers import news, reminding, retention
from app.speakers.models import PlannedReminder, SpeakerNeeds, WantedBy
from tests.factories import a_keeper, a_speaker, saved


@pytest.mark.empty
def test_nothing_happens_by_itself(site: Flask) -> None:
    speaker = a_speaker()
    a_keeper(speaker)
    saved(SpeakerNeeds(speaker_id=speaker.id, access="A ramp"))
    saved(WantedBy(item="travel", day=date(2009, 5, 13)))

    reminders = (reminding.plan, reminding.send_what_is_due)
    for deed in (news.tell_of_release, *reminders, retention.forget_what_is_due):
        with transaction():
            deed()

    assert db.session.scalars(select(Letter)).all() == []
    assert db.session.scalars(select(PlannedReminder)).all() == []
    assert db.session.scalars(select(SpeakerNeeds)).one().access == "A ramp"


@pytest.mark.settings(CLOCK_STARTS_AT="2011-10-01T09:00:00+01:00")
def test_a_clock_that_was_set_forgets_by_its_own_time(site: Flask) -> None:
    a_keeper(a_speaker())

    with transaction():
        retention.forget_what_is_due()
        reminding.plan()
        reminding.send_what_is_due()

    assert db.session.scalars(select(Letter)).all() == []
