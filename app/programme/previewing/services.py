"""Deeds on preview links: make one, withdraw one."""

import secrets
from datetime import timedelta

from app import clock
from app.database import db
from app.history import services as history
from app.programme.models import Preview
from app.programme.previewing import queries

LENGTH = 24  # bytes of chance in a link


def make(label: str, lasts: timedelta, *, who: str) -> tuple[Preview, str]:
    """Make a link and give its secret, which is kept nowhere.

    For whom it is stays out of the history: that may be somebody's name.
    """
    secret = secrets.token_urlsafe(LENGTH)
    now = clock.real_now()
    preview = Preview(
        secret_hash=queries.hashed(secret),
        label=label,
        who=who,
        made_at=now,
        expires_at=now + lasts,
    )
    db.session.add(preview)
    db.session.flush()
    history.record(
        f"A preview link was made that works for {_in_days(lasts)}",
        about=f"preview {preview.id}",
        who=who,
    )
    return preview, secret


def withdraw(number: int, *, who: str) -> None:
    """Let a link show nothing more; one that has ended already stays as it is."""
    preview = queries.preview(number)
    if preview.has_ended(clock.real_now()):
        return
    preview.withdrawn_at = clock.real_now()
    history.record("A preview link was withdrawn", about=f"preview {preview.id}", who=who)


def _in_days(lasts: timedelta) -> str:
    return "1 day" if lasts.days == 1 else f"{lasts.days} days"
