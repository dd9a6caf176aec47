"""What the database keeps, found by what people call it."""

from sqlalchemy import select

from app.database import db
from app.programme.models import Session


def get_session(slug: str) -> Session:
    """Find a session by the end of its address."""
    return db.session.scalars(select(Session).where(Session.slug == slug)).one()
