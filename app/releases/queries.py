"""Read-only queries on releases: what publishing would do now, past and scheduled releases."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, literal, select, union_all
from sqlalchemy.orm import joinedload

from app import clock
from app.database import db, read_only_connection
from app.errors import NotFound, require
from app.programme import public_settings, queries, scheduled_sessions, snapshot
from app.programme.clashes import Clash, find_clashes
from app.programme.models import Appearance, Conference, Release, Room, Session, Speaker, Theme
from app.programme.queries import WorkingRows
from app.programme.snapshot import Snapshot
from app.releases.comparison import Comparison, compare
from app.releases.current_release import EMPTY_SNAPSHOT
from app.releases.models import FAILED, WAITING, ScheduledRelease
from app.releases.snapshot_builder import build_snapshot

NO_CONFERENCE = "No conference has been loaded yet"
CURRENT_NUMBER = select(Conference.current_release).scalar_subquery()
SUMMARY_COLUMNS = (
    Release.number,
    Release.published_at,
    Release.note,
    Release.published_by,
    Release.clash_override,
    Release.number == func.coalesce(CURRENT_NUMBER, 0),
)


@dataclass(frozen=True)
class ReleaseSummary:
    """A release without its snapshot."""

    number: int
    published_at: datetime
    note: str
    published_by: str
    clash_override: str
    is_current: bool


@dataclass(frozen=True)
class ReleasePreview:
    """What publishing would do now."""

    current_number: int  # of the current release, or 0
    public: Snapshot
    working: Snapshot
    clashes: tuple[Clash, ...]

    @cached_property
    def comparison(self) -> Comparison:
        """What would change for the public."""
        return compare(self.public, self.working)

    @cached_property
    def session_slugs(self) -> Mapping[str, str]:
        """The slugs of sessions, by key."""
        return {session.key: session.slug for session in self.working.sessions}

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything the user was shown, to detect changes before publishing."""
        reasons = "\n".join(map(describe_clash, self.clashes))
        content = f"{self.current_number}\n{snapshot.dump(self.working)}\n{reasons}"
        return sha256(content.encode()).hexdigest()[:32]


def preview_release() -> ReleasePreview:
    """Return what publishing would do now."""
    conference, release = _load_conference_and_release()
    rows = queries.load_working_rows()
    return ReleasePreview(
        current_number=conference.current_release or 0,
        public=_load_snapshot(conference, release),
        working=build_snapshot(rows),
        clashes=exclude_drafts(find_clashes(*scheduled_sessions.build_scheduled_sessions(rows))),
    )


def exclude_drafts(clashes: Sequence[Clash]) -> tuple[Clash, ...]:
    """Leave out the clashes of drafts, which are not published."""
    return tuple(clash for clash in clashes if not clash.is_draft)


def describe_clash(clash: Clash) -> str:
    """Describe a clash in one line."""
    return f"{clash.title}: {clash.reason}"


def get_public_snapshot() -> Snapshot:
    """Return the public programme as it is in the database now."""
    return _load_snapshot(*_load_conference_and_release())


def load_for_rollback(number: int) -> Snapshot:
    """Return a release as the public would see it after a rollback.

    The current settings of the conference stay in effect, unless it is another conference.
    """
    now, then = get_public_snapshot().conference, snapshot.load(get_release(number).snapshot)
    return replace(then, conference=now) if now.acronym == then.conference.acronym else then


def get_current_conference() -> Conference:
    """Return the conference as it is in the database now; raise NotFound."""
    found = db.session.scalars(
        select(Conference), execution_options={"populate_existing": True}
    ).one_or_none()
    return require(found, NotFound(NO_CONFERENCE))


def get_current_number() -> int:
    """Return the number of the current release, or 0."""
    return db.session.scalar(select(Conference.current_release)) or 0


def _load_conference_and_release() -> tuple[Conference, Release | None]:
    """Return the conference and the current release, in one query; raise NotFound."""
    is_shown = Release.number == Conference.current_release
    found = db.session.execute(
        select(Conference, Release).outerjoin(Release, is_shown),
        execution_options={"populate_existing": True},
    ).one_or_none()
    if found is None:
        raise NotFound(NO_CONFERENCE)
    return found.Conference, found.Release


def _load_snapshot(conference: Conference, release: Release | None) -> Snapshot:
    if release is None:
        return EMPTY_SNAPSHOT
    return public_settings.apply(snapshot.load(release.snapshot), conference.public_settings)


def list_releases() -> Sequence[ReleaseSummary]:
    """List all releases, newest first."""
    rows = db.session.execute(select(*SUMMARY_COLUMNS).order_by(Release.number.desc()))
    return [ReleaseSummary(*row) for row in rows]


def get_release(number: int) -> Release:
    """Return a release with its snapshot; raise NotFound if there is none."""
    found = db.session.get(Release, number)
    return require(found, NotFound("There is no release with that number"))


def list_scheduled_releases() -> Sequence[ScheduledRelease]:
    """List the releases that are scheduled, and those that failed and need attention."""
    return db.session.scalars(
        select(ScheduledRelease)
        .where(ScheduledRelease.state.in_((WAITING, FAILED)))
        .order_by(ScheduledRelease.publish_at, ScheduledRelease.id)
    ).all()


def get_scheduled_release(number: int) -> ScheduledRelease:
    """Return a scheduled release; raise NotFound if there is none."""
    found = db.session.get(ScheduledRelease, number)
    return require(found, NotFound("There is no scheduled release at that web address"))


def has_due_releases() -> bool:
    """Return True if a scheduled release is due; cheap enough to call often."""
    with read_only_connection(db.engine) as connection:
        due = select(ScheduledRelease.id).where(is_due()).limit(1)
        return connection.execute(due).first() is not None


def is_due() -> ColumnElement[bool]:
    """Return the condition for scheduled releases that are due now."""
    return and_(ScheduledRelease.state == WAITING, ScheduledRelease.publish_at <= clock.now())


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

EDITED = union_all(
    *(
        select(literal(kind.__tablename__).label("kind"), kind.id, kind.version).where(
            kind.changed_at > bindparam("since")
        )
        for kind in (Theme, Room, Speaker, Session)
    )
).subquery()
EDITED_ROWS = select(func.count().over(), *EDITED.c).limit(MAX_COMPARED)

_count_cache: list[tuple[Any, int]] = [(None, 0)]  # state and count, per process


def count_pending() -> int:
    """Return how many entities would change for the public on publishing."""
    standing = db.session.execute(PUBLICATION_STATE).one_or_none()
    if standing is None:
        return 0
    total, edited = _list_edited(standing.frozen_at or EARLIEST_MOMENT)
    if total > MAX_COMPARED:
        return total
    of = (db.engine.url, tuple(standing), tuple(edited))
    known, number = _count_cache[0]
    if known != of:
        number = _count_differences(edited)
        _count_cache[0] = (of, number)
    return number


def _list_edited(since: datetime) -> tuple[int, Sequence[tuple[str, int, int]]]:
    """Count the edits since the release, and list (kind, id, version) of up to ``MAX_COMPARED``."""
    rows = db.session.execute(EDITED_ROWS, {"since": since}).all()
    return rows[0][0] if rows else 0, sorted((row[1], row[2], row[3]) for row in rows)


def _count_differences(edited: Collection[tuple[str, int, int]]) -> int:
    """Compare the edited rows with the public snapshot."""
    numbers = {
        kind: [number for one, number, _ in edited if one == kind] for kind in (SPEAKER, SESSION)
    }
    speakers = numbers[SPEAKER]
    has_speaker = Session.appearances.any(Appearance.speaker_id.in_(speakers))
    people = joinedload(Session.appearances).joinedload(Appearance.speaker)
    rows = WorkingRows(
        conference=queries.get_conference(),
        themes=queries.list_themes(),
        rooms=queries.list_rooms(),
        speakers=db.session.scalars(select(Speaker).where(Speaker.id.in_(speakers))).all(),
        sessions=db.session.scalars(
            select(Session).where(Session.id.in_(numbers[SESSION]) | has_speaker).options(people)
        )
        .unique()
        .all(),
    )
    return len(compare(_restrict_to_rows(get_public_snapshot(), rows), build_snapshot(rows)))


def _restrict_to_rows(snapshot: Snapshot, rows: WorkingRows) -> Snapshot:
    """Reduce a snapshot to the entities of these rows."""
    keys = {row.key for row in rows.sessions}
    slugs = {row.slug for row in rows.speakers}
    return replace(
        snapshot,
        sessions=tuple(session for session in snapshot.sessions if session.key in keys),
        speakers=tuple(speaker for speaker in snapshot.speakers if speaker.slug in slugs),
    )
