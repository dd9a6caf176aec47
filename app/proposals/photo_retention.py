"""Retention of photos: periodic tasks of the worker."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select, update

from app import cache_version, clock
from app.database import db, lock_table
from app.interchange import import_undo
from app.programme.models import Conference, Photo
from app.programme.photos.renditions import get_public_snapshot_text
from app.proposals.models import CHANGES_REQUESTED, OPEN, Proposal

UPLOAD_PREFIX: Final = "upload-"  # keys of photos whose form is still invalid
KEEP_UPLOADS_FOR: Final = timedelta(days=1)
KEEP_ORIGINALS_FOR: Final = timedelta(days=30)  # after the last day of the conference

REVIEWABLE_STATES: Final = (
    OPEN,
    CHANGES_REQUESTED,
)  # proposals whose photo is still needed


def purge_unused() -> None:
    """Delete photos that have no speaker and are not needed.

    They are needed while they are public, in an undecided proposal, or part of an import's undo. An
    upload whose form is not valid yet is kept for a day.
    """
    loose = select(Photo).where(Photo.speaker_id.is_(None))
    if db.session.scalars(loose.limit(1)).first() is None:
        return
    lock_table(Conference)  # prevents a rollback meanwhile
    proposed_changes = db.session.scalars(
        select(Proposal.changes).where(Proposal.state.in_(REVIEWABLE_STATES))
    )
    stored_text = "".join(
        [get_public_snapshot_text(), *proposed_changes, *import_undo.list_stored_rows()]
    )
    for photo in db.session.scalars(loose):
        if photo.key not in stored_text and not is_recent_upload(photo):
            db.session.delete(photo)


def is_recent_upload(photo: Photo) -> bool:
    """Return True if a photo was uploaded with an invalid form less than a day ago."""
    is_upload = photo.key.startswith(UPLOAD_PREFIX)
    return is_upload and clock.real_now() < photo.created_at + KEEP_UPLOADS_FOR


def purge_originals() -> None:
    """Delete the originals some time after the conference, keeping only the square photos."""
    conference = db.session.get(Conference, 1)
    if conference is None or not cache_version.is_clock_in_sync():
        return
    if clock.now().date() > conference.ends_on + KEEP_ORIGINALS_FOR:
        db.session.execute(update(Photo).where(Photo.original.is_not(None)).values(original=None))
