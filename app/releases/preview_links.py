"""Preview links: secret links that show the working programme for a limited time."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import func, select

from app import clock
from app.database import db
from app.errors import Gone, NotFound, require
from app.history import services as history
from app.releases.models import PreviewLink

UNKNOWN_MESSAGE = "There is no preview at this link. Check that you copied all of it"
REVOKED_MESSAGE = (
    "This preview link no longer works. Ask the person who sent it to you for a new one"
)
EXPIRED_MESSAGE = "This preview link has expired. Ask the person who sent it to you for a new one"


def find_valid(secret: str) -> PreviewLink:
    """Return the preview link with this secret; raise NotFound, or Gone if revoked or expired."""
    found = db.session.scalar(
        select(PreviewLink).where(PreviewLink.secret_hash == hash_secret(secret))
    )
    if found is None:
        raise NotFound(UNKNOWN_MESSAGE)
    if found.revoked_at is not None:
        raise Gone(REVOKED_MESSAGE)
    if found.expires_at <= clock.real_now():
        raise Gone(EXPIRED_MESSAGE)
    return found


def get_preview_link(number: int) -> PreviewLink:
    """Return a preview link by id; raise NotFound if there is none."""
    return require(db.session.get(PreviewLink, number), NotFound("There is no such preview link"))


def list_preview_links(*, offset: int, limit: int) -> Sequence[PreviewLink]:
    """List preview links, newest first."""
    return db.session.scalars(
        select(PreviewLink).order_by(PreviewLink.id.desc()).offset(offset).limit(limit)
    ).all()


def count_preview_links() -> int:
    """Return the number of preview links ever created."""
    return db.session.scalar(select(func.count()).select_from(PreviewLink)) or 0


def hash_secret(secret: str) -> str:
    """Return the SHA-256 digest that is stored instead of the secret."""
    return sha256(secret.encode()).hexdigest()


SECRET_BYTES = 24  # random bytes in a link


def create(label: str, lifetime: timedelta, *, actor: str) -> tuple[PreviewLink, str]:
    """Create a preview link and return it with its secret, which is not stored.

    The label stays out of the history, because it may be a person's name.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    now = clock.real_now()
    preview = PreviewLink(
        secret_hash=hash_secret(secret),
        label=label,
        created_by=actor,
        created_at=now,
        expires_at=now + lifetime,
    )
    db.session.add(preview)
    db.session.flush()
    history.record(
        f"A preview link valid for {_format_days(lifetime)} was created",
        subject=f"preview {preview.id}",
        actor=actor,
    )
    return preview, secret


def revoke(number: int, *, actor: str) -> None:
    """Revoke a preview link; do nothing if it has already ended."""
    preview = get_preview_link(number)
    if preview.has_ended(clock.real_now()):
        return
    preview.revoked_at = clock.real_now()
    history.record("A preview link was withdrawn", subject=f"preview {preview.id}", actor=actor)


def _format_days(lifetime: timedelta) -> str:
    return "1 day" if lifetime.days == 1 else f"{lifetime.days} days"
