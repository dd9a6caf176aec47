"""What is forgotten by itself, and when: the promises of the privacy page, kept by the worker.

Answers wait by the real clock, because a browser's cookie does. The rest counts from the
end of the conference, by the site's clock. As long as no programme is published, nobody
knows when that is, and nothing is forgotten.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, exists, select

from app import clock, edition
from app.database import db
from app.history import services as history
from app.mail import services as mail
from app.mail.models import Letter
from app.mail.queries import IS_WAITING
from app.programme import releases
from app.registration.bookings import deeds
from app.registration.models import Answers, Delegate, Needs
from app.registration.queries import ANSWERS_ARE_KEPT

NEEDS_ARE_KEPT = timedelta(days=30)
LETTER_ABOUT = Letter.about == Delegate.reference
MOST_AT_ONCE = 200  # bookings, so that nobody waits long for the database


def forget_what_is_due() -> None:
    """Forget everything whose time has come."""
    _forget_answers()
    _forget_letters_that_waited()
    if not edition.agrees_on_time():
        return
    programme = releases.current()
    if programme.is_published:
        last = programme.conference.ends_on
        zone = ZoneInfo(programme.conference.time_zone)
        over = datetime.combine(last, time.max, zone)
        in_a_year = datetime.combine(a_year_after(last), time.max, zone)
        _forget_needs(over + NEEDS_ARE_KEPT)
        _forget_delegates(in_a_year)


def _forget_answers() -> None:
    oldest = clock.real_now() - ANSWERS_ARE_KEPT
    db.session.execute(delete(Answers).where(Answers.changed_at <= oldest))


def _forget_letters_that_waited() -> None:
    """Forget what was still to be delivered when the details of its reader were erased."""
    done = exists().where(LETTER_ABOUT, ~IS_WAITING)
    erased = select(Delegate.reference).where(Delegate.erased_at.is_not(None), done)
    for reference in db.session.scalars(erased).all():
        mail.forget_about(reference)


def _forget_needs(due: datetime) -> None:
    if clock.now() > due:
        db.session.execute(delete(Needs))


def _forget_delegates(due: datetime) -> None:
    if clock.now() <= due:
        return
    waits = exists().where(LETTER_ABOUT, IS_WAITING)
    known = select(Delegate).where(Delegate.erased_at.is_(None), ~waits).order_by(Delegate.id)
    for delegate in db.session.scalars(known.limit(MOST_AT_ONCE).with_for_update()):
        deeds.erase(delegate)
        history.record("The details were erased: their time was over", about=delegate.subject)


def a_year_after(day: date) -> date:
    """Give the same day of the next year; after 29 February, the 28th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)
