"""Read-only queries on the working programme, and on the parts that are or were public.

A session that was ever public is cancelled rather than deleted.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Integer, cast, func, null, select, union_all
from sqlalchemy.orm import joinedload, selectinload

from app import cache_version
from app.database import db
from app.errors import NotFound, require
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
    """All rows of the working programme, including drafts and withdrawn rows."""

    conference: Conference
    themes: Sequence[Theme]
    rooms: Sequence[Room]
    speakers: Sequence[Speaker]  # with absences and photos
    sessions: Sequence[Session]  # with appearances


def load_working_rows() -> WorkingRows:
    """Load the whole working programme in four queries, whatever its size."""
    besides = (joinedload(Speaker.absences), joinedload(Speaker.photo))
    speakers = select(Speaker).options(*besides).order_by(Speaker.id)
    sessions = select(Session).options(joinedload(Session.appearances)).order_by(Session.id)
    every_theme, every_room = _load_themes_and_rooms()
    return WorkingRows(  # related rows come from the identity map
        conference=get_conference(),
        themes=every_theme,
        rooms=every_room,
        speakers=db.session.scalars(speakers).unique().all(),
        sessions=db.session.scalars(sessions).unique().all(),
    )


def get_conference() -> Conference:
    """Return the conference; raise NotFound if none has been loaded."""
    return require(db.session.get(Conference, 1), NotFound("No conference has been loaded yet"))


def has_conference() -> bool:
    """Return True if a conference has been loaded."""
    return db.session.get(Conference, 1) is not None


def get_walking_time() -> timedelta:
    """Return the time it takes to walk from one room to another."""
    return timedelta(minutes=db.session.scalar(select(Conference.walking_minutes)) or 0)


class EmailAdditions(NamedTuple):
    """The conference's additions to emails; either may be empty."""

    paragraph: str
    signatory: str


def get_email_additions() -> EmailAdditions:
    """Return the additions to emails, cached until they change."""
    return cache_version.cached_globally("email additions", _load_email_additions)


def _load_email_additions() -> EmailAdditions:
    columns = select(Conference.email_paragraph, Conference.email_signatory)
    row = db.session.execute(columns).one_or_none()
    return EmailAdditions(*row) if row else EmailAdditions("", "")


def list_themes() -> Sequence[Theme]:
    """List the themes in the organisers' order."""
    return db.session.scalars(select(Theme).order_by(Theme.position, Theme.id)).all()


def list_rooms() -> Sequence[Room]:
    """List the rooms in the organisers' order."""
    return db.session.scalars(select(Room).order_by(Room.position, Room.id)).all()


def list_speakers() -> Sequence[Speaker]:
    """List the speakers who take part, by name."""
    return db.session.scalars(
        select(Speaker).where(Speaker.withdrawn_at.is_(None)).order_by(Speaker.name, Speaker.id)
    ).all()


def list_sessions() -> Sequence[Session]:
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


def get_photo_body(key: str) -> bytes:
    """Return the JPEG of a photo; raise NotFound if there is none."""
    found = db.session.scalar(select(Photo.picture).where(Photo.key == key))
    return require(found, NotFound("There is no photo at that web address"))


def get_rendition_body(key: str, kind: str, side: int) -> bytes:
    """Return a photo in one format and size; raise NotFound if there is none."""
    found = db.session.scalar(
        select(Rendition.body).where(
            Rendition.photo_key == key, Rendition.kind == kind, Rendition.side == side
        )
    )
    return require(found, NotFound("There is no photo at that web address"))


def get_latest_release() -> Release | None:
    """Return the release with the highest number, or None; it may not be the current one."""
    return db.session.scalar(select(Release).order_by(Release.number.desc()).limit(1))


def get_latest_release_number() -> int:
    """Return the highest release number, or 0."""
    return db.session.scalar(select(func.max(Release.number))) or 0


def is_demo() -> bool:
    """Return True if the working programme is demo data."""
    return bool(db.session.scalar(select(Conference.is_demo)))


def _load_themes_and_rooms() -> tuple[Sequence[Theme], Sequence[Room]]:
    """Load themes and rooms in order in one query; each row has one or the other."""
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


def is_public(session: Session) -> bool:
    """Return True if a session is in the current release."""
    current = select(Conference.current_release).scalar_subquery()
    return _is_in_release(session, Release.number == current)


def was_ever_public(session: Session) -> bool:
    """Return True if a session has been in any release."""
    return _is_in_release(session, Release.number > 0)


def _is_in_release(session: Session, where: ColumnElement[bool]) -> bool:
    key = f'"key":{json.dumps(session.key, ensure_ascii=False)}'
    holds = Release.snapshot.contains(key, autoescape=True)
    return db.session.scalar(select(Release.number).where(where, holds).limit(1)) is not None
