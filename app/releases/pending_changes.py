"""The number of unpublished changes, for pages that show it often.

Two short queries find what has been edited since the current release was frozen. A small number
of edits is compared with the release, so that edits without a visible effect do not count; the
result is cached until the next edit.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import joinedload

from app.database import db
from app.programme import queries
from app.programme.models import Appearance, Conference, Release, Room, Session, Speaker, Theme
from app.programme.queries import WorkingRows
from app.programme.snapshot import Snapshot
from app.releases.comparison import compare
from app.releases.queries import get_public_snapshot
from app.releases.snapshot_builder import build_snapshot

SPEAKER, SESSION = Speaker.__tablename__, Session.__tablename__
MAX_COMPARED = 50  # edits; more are counted without comparing
EARLIEST_MOMENT = datetime.min.replace(tzinfo=UTC)
PUBLICATION_STATE = select(
    Conference.current_release,
    Conference.version,
    Conference.public_settings,
    select(func.count()).select_from(Room).scalar_subquery(),
    select(func.count()).select_from(Theme).scalar_subquery(),
    func.coalesce(Release.snapshot_at, Release.published_at).label("frozen_at"),
).outerjoin(Release, Release.number == Conference.current_release)

_count_cache: list[tuple[Any, int]] = [(None, 0)]  # state and count, per process


def count_pending() -> int:
    """Return how many things would change for the public on publishing."""
    standing = db.session.execute(PUBLICATION_STATE).one_or_none()
    if standing is None:
        return 0
    edited = _list_edited(standing.frozen_at or EARLIEST_MOMENT)
    if len(edited) > MAX_COMPARED:
        return _count_edited(standing.frozen_at or EARLIEST_MOMENT)
    of = (db.engine.url, tuple(standing), tuple(edited))
    known, number = _count_cache[0]
    if known != of:
        number = _count_differences(edited)
        _count_cache[0] = (of, number)
    return number


def _list_edited(since: datetime) -> Sequence[tuple[str, int, int]]:
    """List (kind, id, version) of what was edited since, up to one more than ``MAX_COMPARED``."""
    found = db.session.execute(_edited_since(since).limit(MAX_COMPARED + 1))
    return sorted((kind, number, version) for kind, number, version in found)


def _count_edited(since: datetime) -> int:
    return db.session.scalar(select(func.count()).select_from(_edited_since(since).subquery())) or 0


def _edited_since(since: datetime) -> Any:
    return union_all(
        *(
            select(literal(kind.__tablename__), kind.id, kind.version).where(
                kind.changed_at > since
            )
            for kind in (Theme, Room, Speaker, Session)
        )
    )


def _count_differences(edited: Collection[tuple[str, int, int]]) -> int:
    """Compare the edited rows with the public snapshot."""
    numbers = {
        kind: [number for one, number, _ in edited if one == kind] for kind in (SPEAKER, SESSION)
    }
    speakers = numbers[SPEAKER]
    theirs = Session.appearances.any(Appearance.speaker_id.in_(speakers))
    people = joinedload(Session.appearances).joinedload(Appearance.speaker)
    rows = WorkingRows(
        conference=queries.get_conference(),
        themes=queries.list_themes(),
        rooms=queries.list_rooms(),
        speakers=db.session.scalars(select(Speaker).where(Speaker.id.in_(speakers))).all(),
        sessions=db.session.scalars(
            select(Session).where(Session.id.in_(numbers[SESSION]) | theirs).options(people)
        )
        .unique()
        .all(),
    )
    return len(compare(_restrict_to_rows(get_public_snapshot(), rows), build_snapshot(rows)))


def _restrict_to_rows(snapshot: Snapshot, rows: WorkingRows) -> Snapshot:
    """Reduce a snapshot to what these rows are about."""
    keys = {row.key for row in rows.sessions}
    slugs = {row.slug for row in rows.speakers}
    return replace(
        snapshot,
        sessions=tuple(one for one in snapshot.sessions if one.key in keys),
        speakers=tuple(one for one in snapshot.speakers if one.slug in slugs),
    )
