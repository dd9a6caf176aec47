"""The current release, from which every public page is made.

It is read from the database once for each edition; when the database is away, the last one
that was read goes on being used. Who looks through a preview reads the working programme instead,
as it would be published now.
"""

from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from app import edition, lens
from app.database import db, reading
from app.programme import document, in_effect, queries, revisions
from app.programme.cards.models import Card
from app.programme.document import Document
from app.programme.following.models import FormerAddress
from app.programme.freezing import freeze
from app.programme.materials import shown as materials
from app.programme.models import Conference, Photo, Release, Rendition
from app.programme.published import Beside, Programme

__all__ = ["NOTHING", "Programme", "current"]

NOTHING = Document(
    conference=document.Conference(
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


def current() -> Programme:
    """Give the programme that the public reads now, or that a preview shows."""
    seen = lens.current()
    if seen is not None and seen.kind == "preview":
        return seen.kept("programme", _read_working)
    return edition.kept_for_all("programme", _read_current)


def _read_working() -> Programme:
    """Freeze the working programme, and leave it unpublished."""
    if not queries.has_conference():
        return Programme(NOTHING, 0, None)
    content = _as_it_stands(freeze(), db.session())
    return Programme(content, queries.newest_number() + 1, None)


def _read_current() -> Programme:
    """Read the current release in a session of its own, so that no request's is touched."""
    with reading(db.engine) as connection, Database(connection) as database:
        found = database.execute(
            select(Release, Conference.in_effect).join(
                Conference, Conference.current_release == Release.number
            )
        ).first()
        if found is None:
            return Programme(NOTHING, 0, None)
        row, facts = found
        content = in_effect.over(document.read(row.document), facts)
        beside = Beside(
            revisions.known(database),
            {(one.kind, one.slug): one.key for one in database.scalars(select(FormerAddress))},
            frozenset(database.scalars(select(Card.key))),
        )
        return Programme(_as_it_stands(content, database), row.number, row.published_at, beside)


def _as_it_stands(content: Document, database: Database) -> Document:
    """Give a document with what is no part of a release, and without what is gone."""
    return materials.over(_with_photos_that_are_kept(content, database), database)


def _with_photos_that_are_kept(content: Document, database: Database) -> Document:
    """Say which photos are painted, and leave out those that are gone.

    A release that is shown again may name some.
    """
    if not any(one.photo for one in content.speakers):
        return content
    painted = (
        select(Rendition.photo_key)
        .where(Rendition.photo_key == Photo.key)
        .exists()
        .label("is_painted")
    )
    kept = {row.key: row.is_painted for row in database.execute(select(Photo.key, painted))}

    def as_kept(one: document.Speaker) -> document.Speaker:
        key = one.photo.key if one.photo else ""
        photo = replace(one.photo, is_painted=kept[key]) if one.photo and key in kept else None
        return replace(one, photo=photo)

    return replace(content, speakers=tuple(map(as_kept, content.speakers)))
