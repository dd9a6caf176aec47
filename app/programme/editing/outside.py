"""Sessions that lie outside the days of the conference: allowed, and told."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from app.database import db
from app.programme.models import Conference, Session

MOST_NAMED = 20


def sessions_outside(conference: Conference) -> Sequence[Session]:
    """List the sessions that begin on no day of the conference, the earliest first."""
    zone = ZoneInfo(conference.time_zone)
    begins = datetime.combine(conference.starts_on, time(), zone)
    ends = datetime.combine(conference.ends_on + timedelta(days=1), time(), zone)
    return db.session.scalars(
        select(Session)
        .where(
            Session.withdrawn_at.is_(None),
            or_(Session.starts_at < begins, Session.starts_at >= ends),
        )
        .order_by(Session.starts_at, Session.id)
        .limit(MOST_NAMED)
    ).all()
