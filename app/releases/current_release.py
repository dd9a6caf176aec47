"""The current release, from which all public pages are made.

It is loaded once per cache version; while the database is unavailable, the last one loaded stays
in use. A visitor with a preview link gets the working programme instead, as if it were published.
"""

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from app import cache_version, preview_mode
from app.database import db, read_only_connection
from app.materials import queries as materials
from app.programme import public_settings, queries, snapshot
from app.programme.models import Conference, Photo, Release, Rendition, SlugRedirect
from app.programme.snapshot import Snapshot
from app.releases import revisions
from app.releases.models import ShareImage
from app.releases.published_programme import PublishedProgramme, ReleaseContext
from app.releases.snapshot_builder import build_snapshot

A_DAY = timedelta(days=1)
EMPTY_SNAPSHOT = Snapshot(
    conference=snapshot.Conference(
        acronym="",
        title="The conference",
        subtitle="",
        starts_on=date(2008, 11, 6),
        ends_on=date(2008, 11, 7),
        time_zone="Europe/London",
        place="",
        summary="",
        contact_email="",
        registration_opens_at=None,
        registration_closes_at=None,
    ),
    themes=(),
    rooms=(),
    speakers=(),
    sessions=(),
)


def get_programme() -> PublishedProgramme:
    """Return the programme that the public sees, or the one in the preview."""
    mode = preview_mode.current()
    if mode is not None and mode.kind == "preview":
        return mode.cached("programme", _build_working_programme)
    return cache_version.cached_globally("programme", _load_current)


def conference_days() -> tuple[date, ...]:
    """Return the days of the conference."""
    conference = get_programme().conference
    length = (conference.ends_on - conference.starts_on).days + 1
    return tuple(conference.starts_on + A_DAY * number for number in range(length))


def _build_working_programme() -> PublishedProgramme:
    """Build a snapshot of the working programme without publishing it."""
    if not queries.has_conference():
        return PublishedProgramme(EMPTY_SNAPSHOT, 0, None)
    content = _with_live_data(build_snapshot(), db.session())
    return PublishedProgramme(content, queries.get_latest_release_number() + 1, None)


def _load_current() -> PublishedProgramme:
    """Load the current release in its own session, leaving the request's session alone."""
    with read_only_connection(db.engine) as connection, Database(connection) as database:
        found = database.execute(
            select(Release, Conference.public_settings, Conference.time_zone).join(
                Conference, Conference.current_release == Release.number
            )
        ).first()
        if found is None:
            zone = database.scalar(select(Conference.time_zone)) or ""
            return PublishedProgramme(EMPTY_SNAPSHOT, 0, None, ReleaseContext(working_zone=zone))
        row, facts, zone = found
        content = public_settings.apply(snapshot.load(row.snapshot), facts)
        beside = ReleaseContext(
            revisions.load_all(database),
            {(one.kind, one.slug): one.key for one in database.scalars(select(SlugRedirect))},
            frozenset(database.scalars(select(ShareImage.key))),
            zone,
        )
        return PublishedProgramme(
            _with_live_data(content, database), row.number, row.published_at, beside
        )


def _with_live_data(content: Snapshot, database: Database) -> Snapshot:
    """Add data that is not part of a release, and remove photos that no longer exist."""
    return materials.attach_to(_with_existing_photos(content, database), database)


def _with_existing_photos(content: Snapshot, database: Database) -> Snapshot:
    """Mark the photos that have renditions, and remove photos that no longer exist.

    A restored release may refer to deleted photos.
    """
    if not any(speaker.photo for speaker in content.speakers):
        return content
    painted = (
        select(Rendition.photo_key)
        .where(Rendition.photo_key == Photo.key)
        .exists()
        .label("has_renditions")
    )
    has_renditions = {
        row.key: row.has_renditions for row in database.execute(select(Photo.key, painted))
    }

    def as_kept(one: snapshot.Speaker) -> snapshot.Speaker:
        key = one.photo.key if one.photo else ""
        photo = (
            replace(one.photo, has_renditions=has_renditions[key])
            if one.photo and key in has_renditions
            else None
        )
        return replace(one, photo=photo)

    return replace(content, speakers=tuple(map(as_kept, content.speakers)))
