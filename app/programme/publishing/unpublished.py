"""How much of the working programme readers do not see yet, for a page that asks it often.

What has been edited since the release that readers see is found by its moment, in two short
questions. Where it is little it is compared with the release, so that an edit that readers would
not notice counts for nothing; that is remembered until something is edited again.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import joinedload

from app.database import db
from app.programme import queries
from app.programme.document import Document
from app.programme.freezing import freeze
from app.programme.models import (
    Appearance,
    Conference,
    Release,
    Room,
    Session,
    Speaker,
    Theme,
)
from app.programme.publishing.comparison import compare
from app.programme.publishing.queries import public
from app.programme.queries import WorkingRows

SPEAKER, SESSION = Speaker.__tablename__, Session.__tablename__
LITTLE = 50  # edited things; more are counted as they are
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
STANDING = select(
    Conference.current_release,
    Conference.version,
    Conference.in_effect,
    select(func.count()).select_from(Room).scalar_subquery(),
    select(func.count()).select_from(Theme).scalar_subquery(),
    func.coalesce(Release.frozen_at, Release.published_at).label("frozen_at"),
).outerjoin(Release, Release.number == Conference.current_release)

_remembered: list[tuple[Any, int]] = [(None, 0)]  # of what, and how much: one for each process


def count() -> int:
    """Count the things that readers would see change."""
    standing = db.session.execute(STANDING).one_or_none()
    if standing is None:
        return 0
    edited = _edited(standing.frozen_at or BEFORE_ALL)
    if len(edited) > LITTLE:
        return _all_edited(standing.frozen_at or BEFORE_ALL)
    of = (db.engine.url, tuple(standing), tuple(edited))
    known, number = _remembered[0]
    if known != of:
        number = _differing(edited)
        _remembered[0] = (of, number)
    return number


def _edited(since: datetime) -> Sequence[tuple[str, int, int]]:
    """List what was edited since, with how often it has been: not many more than are compared."""
    found = db.session.execute(_since(since).limit(LITTLE + 1))
    return sorted((kind, number, version) for kind, number, version in found)


def _all_edited(since: datetime) -> int:
    return db.session.scalar(select(func.count()).select_from(_since(since).subquery())) or 0


def _since(since: datetime) -> Any:
    return union_all(
        *(
            select(literal(kind.__tablename__), kind.id, kind.version).where(
                kind.changed_at > since
            )
            for kind in (Theme, Room, Speaker, Session)
        )
    )


def _differing(edited: Collection[tuple[str, int, int]]) -> int:
    """Compare what was edited with what readers see of it."""
    numbers = {
        kind: [number for one, number, _ in edited if one == kind] for kind in (SPEAKER, SESSION)
    }
    speakers = numbers[SPEAKER]
    theirs = Session.appearances.any(Appearance.speaker_id.in_(speakers))
    people = joinedload(Session.appearances).joinedload(Appearance.speaker)
    rows = WorkingRows(
        conference=queries.conference(),
        themes=queries.themes(),
        rooms=queries.rooms(),
        speakers=db.session.scalars(select(Speaker).where(Speaker.id.in_(speakers))).all(),
        sessions=db.session.scalars(
            select(Session).where(Session.id.in_(numbers[SESSION]) | theirs).options(people)
        )
        .unique()
        .all(),
    )
    return len(compare(_only(public(), rows), freeze(rows)))


def _only(document: Document, rows: WorkingRows) -> Document:
    """Leave of what readers see what these rows are about."""
    keys = {row.key for row in rows.sessions}
    slugs = {row.slug for row in rows.speakers}
    return replace(
        document,
        sessions=tuple(one for one in document.sessions if one.key in keys),
        speakers=tuple(one for one in document.speakers if one.slug in slugs),
    )
