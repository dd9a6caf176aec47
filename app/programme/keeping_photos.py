"""What is kept of photos, and how long: a chore of the worker."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select, update

from app import clock, edition
from app.database import db, hold
from app.programme.models import Conference, Photo
from app.programme.proposals.models import OPEN, SENT_BACK, Proposal
from app.programme.renditions import shown

AFTER: Final = timedelta(days=30)  # from the last day, when nobody cuts a photo anew any more

STILL_SHOWN: Final = (OPEN, SENT_BACK)  # proposals whose photo somebody may still look at


def forget_unseen() -> None:
    """Let go of the photos that are nobody's, shown to no reader and proposed by nobody."""
    loose = select(Photo).where(Photo.speaker_id.is_(None))
    if db.session.scalars(loose.limit(1)).first() is None:
        return
    hold(Conference)  # so that nobody goes back to another release meanwhile
    asked = db.session.scalars(select(Proposal.changes).where(Proposal.state.in_(STILL_SHOWN)))
    seen = "".join([shown(), *asked])
    for photo in db.session.scalars(loose):
        if photo.key not in seen:
            db.session.delete(photo)


def forget_wholes() -> None:
    """Keep the squares alone once the conference is long over."""
    conference = db.session.get(Conference, 1)
    if conference is None or not edition.agrees_on_time():
        return
    if clock.now().date() > conference.ends_on + AFTER:
        db.session.execute(update(Photo).where(Photo.whole.is_not(None)).values(whole=None))
