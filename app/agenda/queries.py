"""Read-only queries about agendas."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.agenda.models import Agenda
from app.database import db


def find_agenda(key: str) -> Agenda | None:
    """Return an agenda with its stars by the key in its cookie, or None."""
    return (
        db.session.scalars(
            select(Agenda).where(Agenda.key == key).options(joinedload(Agenda.stars))
        )
        .unique()
        .one_or_none()
    )


def find_agenda_by_feed_key(feed_key: str) -> Agenda | None:
    """Return an agenda with its stars by the key in its calendar URL, or None."""
    return (
        db.session.scalars(
            select(Agenda).where(Agenda.feed_key == feed_key).options(joinedload(Agenda.stars))
        )
        .unique()
        .one_or_none()
    )
