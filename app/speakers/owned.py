"""Questions about the owners of sessions who do not speak there. They change nothing."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager

from app.accounts.models import Person
from app.database import db
from app.programme.models import Appearance, Session, Speaker
from app.speakers.models import Keeping, OwnerMailing, SessionOwner


def apart() -> Sequence[SessionOwner]:
    """List who owns the text of a session without keeping the pages of anybody who speaks there.

    Whoever does finds the text in the list of that speaker.
    """
    speaks = (
        select(Keeping.id)
        .join(Appearance, Appearance.speaker_id == Keeping.speaker_id)
        .join(Speaker, Speaker.id == Keeping.speaker_id)
        .where(
            Appearance.session_id == SessionOwner.session_id,
            Keeping.person_id == SessionOwner.person_id,
            Keeping.ended_at.is_(None),
            Speaker.withdrawn_at.is_(None),
        )
    )
    return db.session.scalars(
        select(SessionOwner)
        .join(SessionOwner.session)
        .join(SessionOwner.person)
        .where(Session.withdrawn_at.is_(None), Session.cancelled_at.is_(None), ~speaks.exists())
        .options(contains_eager(SessionOwner.session), contains_eager(SessionOwner.person))
        .order_by(Person.email, Session.title_order, Session.id)
    ).all()


def written_to(owners: Collection[Person]) -> Mapping[int, Mapping[str, datetime]]:
    """Tell when each letter went last to each of these owners."""
    rows = db.session.execute(
        select(OwnerMailing.person_id, OwnerMailing.letter, func.max(OwnerMailing.sent_at))
        .where(OwnerMailing.person_id.in_([one.id for one in owners]))
        .group_by(OwnerMailing.person_id, OwnerMailing.letter)
    )
    found: dict[int, dict[str, datetime]] = {}
    for number, letter, moment in rows:
        found.setdefault(number, {})[letter] = moment
    return found
