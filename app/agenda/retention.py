"""When agendas are forgotten: the promises of the privacy page, kept by the worker."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, delete, exists

from app import clock, edition
from app.agenda.models import Agenda, Star
from app.database import db
from app.programme import releases

EMPTY_IS_KEPT = timedelta(days=7)
KEPT = timedelta(days=90)  # after the conference, and after the last change


def forget_what_is_due() -> None:
    """Forget empty agendas after a week, and all others when the conference is long over."""
    if not edition.agrees_on_time():
        return
    now = clock.now()
    _forget(~exists().where(Star.agenda_id == Agenda.id), Agenda.changed_at < now - EMPTY_IS_KEPT)
    conference = releases.current().conference
    over = datetime.combine(conference.ends_on, time.max, ZoneInfo(conference.time_zone))
    if releases.current().is_published and now > over + KEPT:
        _forget(Agenda.changed_at < now - KEPT)


def _forget(*which: ColumnElement[bool]) -> None:
    db.session.execute(delete(Agenda).where(*which))
