"""Questions about letters. Nothing here changes anything."""

from datetime import timedelta

from sqlalchemy import func, select

from app import clock
from app.database import db
from app.mail.models import WAITING, Letter


def oldest_waiting_age() -> timedelta | None:
    """How long the oldest waiting letter has waited."""
    oldest = db.session.scalar(
        select(func.min(Letter.written_at)).where(Letter.state == WAITING)
    )
    return clock.real_now() - oldest if oldest else None
