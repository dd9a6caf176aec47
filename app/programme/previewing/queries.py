"""Questions about preview links. Nothing here changes anything."""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import func, select

from app import clock
from app.database import db
from app.errors import Gone, NotFound
from app.programme.models import Preview

UNKNOWN = "There is no preview at this address. Check that you copied all of the link"
WITHDRAWN = "This preview link has been withdrawn. Ask whoever sent it to you for a new one"
ENDED = "This preview link worked for a while only. Ask whoever sent it to you for a new one"


def opened(secret: str) -> Preview:
    """Find the preview that a link opens, as long as it works by the real clock."""
    found = db.session.scalar(select(Preview).where(Preview.secret_hash == hashed(secret)))
    if found is None:
        raise NotFound(UNKNOWN)
    if found.withdrawn_at is not None:
        raise Gone(WITHDRAWN)
    if found.expires_at <= clock.real_now():
        raise Gone(ENDED)
    return found


def preview(number: int) -> Preview:
    """Find a preview link by its number."""
    found = db.session.get(Preview, number)
    if found is None:
        raise NotFound("There is no such preview link")
    return found


def previews(*, offset: int, limit: int) -> Sequence[Preview]:
    """List preview links, the newest first."""
    return db.session.scalars(
        select(Preview).order_by(Preview.id.desc()).offset(offset).limit(limit)
    ).all()


def count() -> int:
    """How many preview links have been made."""
    return db.session.scalar(select(func.count()).select_from(Preview)) or 0


def hashed(secret: str) -> str:
    """Give what is kept of a secret: enough to know it again, too little to use it."""
    return sha256(secret.encode()).hexdigest()
