"""Questions about the working programme. Nothing here changes anything."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.database import db
from app.errors import NotFound
from app.programme.models import (
    Appearance,
    Conference,
    Release,
    Room,
    Session,
    Speaker,
    Theme,
)


def conference() -> Conference:
    """Find the facts of the conference."""
    found = db.session.get(Conference, 1)
    if found is None:
        raise NotFound("No conference has been loaded yet")
    return found


def has_conference() -> bool:
    """Whether a conference has been loaded."""
    return db.session.get(Conference, 1) is not None


def themes() -> Sequence[Theme]:
    """List the themes in their order."""
    return db.session.scalars(select(Theme).order_by(Theme.position, Theme.id)).all()


def rooms() -> Sequence[Room]:
    """List the rooms in their order."""
    return db.session.scalars(select(Room).order_by(Room.position, Room.id)).all()


def speakers() -> Sequence[Speaker]:
    """List the speakers who take part, by name."""
    return db.session.scalars(
        select(Speaker).where(Speaker.withdrawn_at.is_(None)).order_by(Speaker.name, Speaker.id)
    ).all()


def sessions() -> Sequence[Session]:
    """List the sessions of the working programme, by time."""
    return db.session.scalars(
        select(Session)
        .where(Session.withdrawn_at.is_(None))
        .order_by(Session.starts_at, Session.title, Session.id)
        .options(
            selectinload(Session.theme),
            selectinload(Session.room),
            selectinload(Session.appearances).selectinload(Appearance.speaker),
        )
    ).all()


def withdrawn() -> list[str]:
    """List the addresses of what is no longer part of the programme."""
    sessions = db.session.scalars(select(Session.slug).where(Session.withdrawn_at.is_not(None)))
    speakers = db.session.scalars(select(Speaker.slug).where(Speaker.withdrawn_at.is_not(None)))
    return [
        *(f"/sessions/{slug}" for slug in sessions),
        *(f"/speakers/{slug}" for slug in speakers),
    ]


def newest_release() -> Release | None:
    """Find the release that was published last."""
    return db.session.scalar(select(Release).order_by(Release.number.desc()).limit(1))


def newest_number() -> int:
    """Tell the number of the newest release; 0 when there has been none."""
    return db.session.scalar(select(func.max(Release.number))) or 0


def is_invented() -> bool:
    """Whether the working programme is one of those made to try things out."""
    return bool(db.session.scalar(select(Conference.is_invented)))
