"""Questions about agendas. Nothing here changes anything."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.agenda.models import Agenda
from app.database import db


def agenda(key: str) -> Agenda | None:
    """Find an agenda with its stars by the key that its cookie signs."""
    return (
        db.session.scalars(
            select(Agenda).where(Agenda.key == key).options(joinedload(Agenda.stars))
        )
        .unique()
        .one_or_none()
    )


def agenda_of_feed(feed_key: str) -> Agenda | None:
    """Find an agenda with its stars by the key that its address for calendars signs."""
    return (
        db.session.scalars(
            select(Agenda).where(Agenda.feed_key == feed_key).options(joinedload(Agenda.stars))
        )
        .unique()
        .one_or_none()
    )
