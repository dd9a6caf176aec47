"""Retention of agendas, as the privacy page promises; run by the worker."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, delete, exists

from app import cache_version, clock
from app.agenda.models import Agenda, Star
from app.database import db
from app.releases import current_release

EMPTY_RETENTION = timedelta(days=7)
RETENTION = timedelta(days=90)  # after the conference, and after the last change


def purge_expired() -> None:
    """Delete empty agendas after a week, and all others long after the conference."""
    if not cache_version.is_clock_in_sync():
        return
    now = clock.now()
    _delete(~exists().where(Star.agenda_id == Agenda.id), Agenda.changed_at < now - EMPTY_RETENTION)
    conference = current_release.get_programme().conference
    over = datetime.combine(conference.ends_on, time.max, ZoneInfo(conference.time_zone))
    if current_release.get_programme().is_published and now > over + RETENTION:
        _delete(Agenda.changed_at < now - RETENTION)


def _delete(*conditions: ColumnElement[bool]) -> None:
    db.session.execute(delete(Agenda).where(*conditions))
