"""Questions about what has been done. Nothing here changes anything."""

from collections.abc import Sequence

from sqlalchemy import select

from app.database import db
from app.history.models import Entry


def entries(about: str) -> Sequence[Entry]:
    """List what happened to one thing, oldest first."""
    return db.session.scalars(select(Entry).where(Entry.about == about).order_by(Entry.id)).all()


def latest(about: str) -> Entry | None:
    """Find the last thing that happened to something."""
    return db.session.scalar(
        select(Entry).where(Entry.about == about).order_by(Entry.id.desc()).limit(1)
    )
