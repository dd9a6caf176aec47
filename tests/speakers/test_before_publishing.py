"""Before the first release nothing is emailed, reminded or purged: the dates are not known yet."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from app.database import db, transaction
from app.mail.models import Email
from app.speakers import reminders as speakers_reminders
from app.speakers import removed_appearances, retention
from app.speakers.models import ItemDeadline, PlannedReminder, SpeakerNeeds
from tests.factories import grant_speaker_access, make_speaker, save


@pytest.mark.empty
def test_before_the_first_release_tasks_send_and_delete_nothing(site: Flask) -> None:
    speaker = make_speaker()
    grant_speaker_access(speaker)
    save(SpeakerNeeds(speaker_id=speaker.id, access="A ramp"))
    save(ItemDeadline(item="travel", due_on=date(2009, 5, 13)))

    reminders = (speakers_reminders.plan, speakers_reminders.send_due)
    for deed in (removed_appearances.record_release, *reminders, retention.purge_expired):
        with transaction():
            deed()

    assert db.session.scalars(select(Email)).all() == []
    assert db.session.scalars(select(PlannedReminder)).all() == []
    assert db.session.scalars(select(SpeakerNeeds)).one().access == "A ramp"


@pytest.mark.settings(CLOCK_STARTS_AT="2011-10-01T09:00:00+01:00")
def test_retention_follows_the_site_clock(site: Flask) -> None:
    grant_speaker_access(make_speaker())

    with transaction():
        retention.purge_expired()
        speakers_reminders.plan()
        speakers_reminders.send_due()

    assert db.session.scalars(select(Email)).all() == []
