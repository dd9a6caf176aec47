"""What is forgotten of speakers by itself, and when: the promises of the privacy page.

As for delegates, it counts from the end of the conference, by the site's clock, and nothing is
forgotten while no programme is published. What readers were shown stays in the releases.
"""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import delete, or_, select, update

from app import clock, edition
from app.accounts.models import FORMER, Person
from app.database import db
from app.history.models import Entry
from app.programme import releases
from app.programme.models import Absence, Speaker
from app.programme.proposals.models import Proposal
from app.registration.retention import NEEDS_ARE_KEPT, a_year_after
from app.speakers.models import (
    CalendarKey,
    Keeping,
    Mailing,
    OwnerMailing,
    PlannedReminder,
    Reply,
    SessionOwner,
    SpeakerNeeds,
    SpeakerRequest,
)

FOR_A_YEAR = (
    *(Reply, SpeakerRequest, Absence, Proposal),
    *(Mailing, OwnerMailing, PlannedReminder, CalendarKey, SessionOwner, Keeping),
)


def forget_what_is_due() -> None:
    """Forget everything whose time has come."""
    if not edition.agrees_on_time():
        return
    programme = releases.current()
    if not programme.is_published:
        return
    last, zone = programme.conference.ends_on, ZoneInfo(programme.conference.time_zone)
    if clock.now() > datetime.combine(last, time.max, zone) + NEEDS_ARE_KEPT:
        db.session.execute(delete(SpeakerNeeds))
    if clock.now() > datetime.combine(a_year_after(last), time.max, zone):
        _forget_who_kept_pages()


def _forget_who_kept_pages() -> None:
    """Forget answers, addresses and doors; whoever has run the conference stays one of its team.

    Whoever kept pages once and no longer does is forgotten too: their part alone is in the history.
    """
    for kind in FOR_A_YEAR:
        db.session.execute(delete(kind))
    had_a_part = select(Entry.id).where(Entry.about == "person " + Person.email).exists()
    only_kept_pages = or_(Person.keeps_pages_since.is_not(None), ~had_a_part)
    db.session.execute(delete(Person).where(Person.role == FORMER, only_kept_pages))
    db.session.execute(update(Person).values(keeps_pages_since=None))
    for speaker in db.session.scalars(select(Speaker).where(Speaker.contact_address != "")):
        speaker.contact_address = ""  # one by one: what search reads follows
