"""Read-only queries about delegates with a place."""

from collections.abc import Sequence

from sqlalchemy import func, select

from app.database import db
from app.delegates.models import Delegate

ATTENDING = Delegate.cancelled_at.is_(None)


def count_attending() -> int:
    """Count the delegates with an active booking."""
    return db.session.scalar(select(func.count()).select_from(Delegate).where(ATTENDING)) or 0


def list_newest(count: int) -> Sequence[Delegate]:
    """List the delegates with the newest active bookings."""
    return db.session.scalars(
        select(Delegate)
        .where(ATTENDING)
        .order_by(Delegate.registered_at.desc(), Delegate.id.desc())
        .limit(count)
    ).all()


def get_attending(identity_key: str) -> Delegate:
    """Return the delegate with an active booking and this identity key, or None."""
    return db.session.scalars(
        select(Delegate).where(ATTENDING, Delegate.identity_key == identity_key)
    ).one()
