"""Questions about the working programme. Nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Integer, cast, func, null, select, union_all
from sqlalchemy.orm import joinedload, selectinload

from app.database import db
from app.errors import NotFound
from app.programme.models import (
    Appearance,
    Conference,
    Photo,
    Release,
    Rendition,
    Room,
    Session,
    Speaker,
    Theme,
)


@dataclass(frozen=True)
class WorkingRows:
    """Every row of the working programme, drafts and what was withdrawn among them."""

    conference: Conference
    themes: Sequence[Theme]
    rooms: Sequence[Room]
    speakers: Sequence[Speaker]  # with their absences and photos
    sessions: Sequence[Session]  # with who appears in them


def working_rows() -> WorkingRows:
    """Read the whole working programme in four questions, however large it is."""
    besides = (joinedload(Speaker.absences), joinedload(Speaker.photo))
    speakers = select(Speaker).options(*besides).order_by(Speaker.id)
    sessions = select(Session).options(joinedload(Session.appearances)).order_by(Session.id)
    every_theme, every_room = _themes_and_rooms()
    return WorkingRows(  # what sessions refer to has been read before, so it is not asked for again
        conference=conference(),
        themes=every_theme,
        rooms=every_room,
        speakers=db.session.scalars(speakers).unique().all(),
        sessions=db.session.scalars(sessions).unique().all(),
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


def walking() -> timedelta:
    """Tell how long people need to walk from one room to another."""
    return timedelta(minutes=db.session.scalar(select(Conference.walking_minutes)) or 0)


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


def picture(key: str) -> bytes:
    """Find what a photo holds."""
    found = db.session.scalar(select(Photo.picture).where(Photo.key == key))
    if found is None:
        raise NotFound("There is no photo at that address")
    return found


def rendition(key: str, kind: str, side: int) -> bytes:
    """Find a photo in one size and one kind of file."""
    found = db.session.scalar(
        select(Rendition.body).where(
            Rendition.photo_key == key, Rendition.kind == kind, Rendition.side == side
        )
    )
    if found is None:
        raise NotFound("There is no photo at that address")
    return found


def newest_release() -> Release | None:
    """Find the release that was published last."""
    return db.session.scalar(select(Release).order_by(Release.number.desc()).limit(1))


def newest_number() -> int:
    """Tell the number of the newest release; 0 when there has been none."""
    return db.session.scalar(select(func.max(Release.number))) or 0


def is_invented() -> bool:
    """Whether the working programme is one of those made to try things out."""
    return bool(db.session.scalar(select(Conference.is_invented)))


def _themes_and_rooms() -> tuple[Sequence[Theme], Sequence[Room]]:
    """List the themes and the rooms in their order, in one question: a row has one of either."""
    none = cast(null(), Integer)
    numbers = union_all(
        select(Theme.id.label("theme"), none.label("room")), select(none, Room.id)
    ).subquery()
    rows = db.session.execute(
        select(Theme, Room)
        .select_from(numbers)
        .outerjoin(Theme, Theme.id == numbers.c.theme)
        .outerjoin(Room, Room.id == numbers.c.room)
        .order_by(Theme.position, Theme.id, Room.position, Room.id)
    ).all()
    return [theme for theme, _ in rows if theme], [room for _, room in rows if room]
