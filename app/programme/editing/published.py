"""What of the working programme the public has seen: such a thing is never really deleted."""

import json

from sqlalchemy import ColumnElement, select

from app.database import db
from app.programme.models import Conference, Release, Session


def is_now(session: Session) -> bool:
    """Whether a session is in the programme that the public sees."""
    current = select(Conference.current_release).scalar_subquery()
    return _found(session, Release.number == current)


def was_ever(session: Session) -> bool:
    """Whether a session has been in any release."""
    return _found(session, Release.number > 0)


def _found(session: Session, where: ColumnElement[bool]) -> bool:
    key = f'"key":{json.dumps(session.key, ensure_ascii=False)}'
    holds = Release.document.contains(key, autoescape=True)
    return db.session.scalar(select(Release.number).where(where, holds).limit(1)) is not None
