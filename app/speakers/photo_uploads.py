"""Photos that were sent with a faulty form, stored so that they need not be chosen again.

Each person has at most one for each speaker, for a day. It is a row of ``Photo`` with no speaker
and a key of its own kind, which neither a proposal nor a release ever names. The form sends a
signed token back that opens it for this person and speaker only.
"""

from hashlib import sha256
from secrets import compare_digest

from sqlalchemy import delete

from app import clock
from app.database import db, transaction
from app.programme.editing import versioned_edits
from app.programme.models import Photo, Speaker
from app.programme.photos.cropping import Crop
from app.programme.photos.services import PreparedPhoto
from app.proposals.photo_retention import UPLOAD_PREFIX, is_recent_upload
from app.web import signing

SALT = "photo upload"


def save(speaker: Speaker, prepared: PreparedPhoto, *, actor: str) -> str:
    """Store an upload in a transaction of its own; return its token."""
    key = _key(speaker, actor)
    with transaction():
        versioned_edits.lock(speaker)  # the same person may send two at the same moment
        discard(speaker, actor=actor)
        db.session.add(
            Photo(
                key=key,
                picture=prepared.picture,
                original=prepared.original,
                crop=str(prepared.crop),
                description="",
                created_at=clock.real_now(),
                rendered_at=clock.real_now(),  # not worth encoding
            )
        )
    return _sign(key, prepared.picture)


def find(speaker: Speaker, token: str, *, actor: str) -> PreparedPhoto | None:
    """Return the upload that a token opens, or None."""
    photo = db.session.get(Photo, _key(speaker, actor))
    if photo is None or photo.original is None or not is_recent_upload(photo):
        return None
    if not compare_digest(token.encode(), _sign(photo.key, photo.picture).encode()):
        return None
    return PreparedPhoto(photo.original, Crop.parse(photo.crop), photo.picture)


def discard(speaker: Speaker, *, actor: str) -> None:
    """Delete the upload, if there is one."""
    db.session.execute(delete(Photo).where(Photo.key == _key(speaker, actor)))


def _key(speaker: Speaker, actor: str) -> str:
    return UPLOAD_PREFIX + sha256(f"{speaker.key}\n{actor}".encode()).hexdigest()


def _sign(key: str, picture: bytes) -> str:
    return signing.sign(SALT, f"{key} {sha256(picture).hexdigest()}")
