"""Retention of speakers' data, as the privacy page promises; run by the worker.

As for delegates, periods start at the end of the conference, by the site's clock, and nothing is
deleted while no programme is published. Published data stays in the releases.
"""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import delete, or_, select, update

from app import cache_version, clock
from app.accounts.models import FORMER, Person
from app.database import db
from app.history.models import HistoryEntry
from app.mail.models import EmailReply
from app.materials.models import Material
from app.programme.models import Absence, Speaker
from app.proposals.models import Proposal
from app.questions.definitions import one_year_after
from app.registration.bookings import erasure
from app.registration.retention import NEEDS_RETENTION
from app.releases import current_release
from app.speakers.models import (
    CalendarKey,
    OwnerMailing,
    PlannedReminder,
    SessionOwner,
    SpeakerAccess,
    SpeakerAnswers,
    SpeakerMailing,
    SpeakerNeeds,
    SpeakerRequest,
)

DELETED_AFTER_A_YEAR = (
    *(SpeakerAnswers, SpeakerRequest, Absence, Proposal),
    *(SpeakerMailing, OwnerMailing, PlannedReminder, CalendarKey, SessionOwner, SpeakerAccess),
)


def purge_expired() -> None:
    """Delete everything whose retention period is over."""
    if not cache_version.is_clock_in_sync():
        return
    programme = current_release.get_programme()
    if not programme.is_published:
        return
    last, zone = programme.conference.ends_on, ZoneInfo(programme.conference.time_zone)
    if clock.now() > datetime.combine(last, time.max, zone) + NEEDS_RETENTION:
        db.session.execute(delete(SpeakerNeeds))
    if clock.now() > datetime.combine(one_year_after(last), time.max, zone):
        _purge_access()


def _purge_access() -> None:
    """Delete answers, contact addresses and access; members of the team remain.

    People whose access was revoked earlier are deleted too; only the history still mentions them.
    """
    for model in (*DELETED_AFTER_A_YEAR, EmailReply):  # replies to any email
        db.session.execute(delete(model))
    db.session.execute(update(Material).values(uploaded_by="", deleted_by=""))
    has_history = (
        select(HistoryEntry.id).where(HistoryEntry.subject == "person " + Person.email).exists()
    )
    had_speaker_access_only = or_(Person.speaker_access_since.is_not(None), ~has_history)
    former = (Person.role == FORMER, had_speaker_access_only)
    addresses = db.session.scalars(select(Person.email).where(*former)).all()
    db.session.execute(delete(Person).where(*former))
    for address in addresses:
        erasure.erase_unused_address(address)
    db.session.execute(update(Person).values(speaker_access_since=None))
    for speaker in db.session.scalars(select(Speaker).where(Speaker.contact_address != "")):
        speaker.contact_address = ""  # individually, so that the search text is updated
