"""The days and meals of the conference, for which reports count people.

A meal is a published session with food. If it is bookable, people with a seat eat at it, otherwise
everyone who attends on that day, but not remotely.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from flask_babel import gettext
from sqlalchemy import func, or_, select

from app.database import db
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import Delegate
from app.delegates.queries import ATTENDING
from app.programme.models import Session
from app.programme.snapshot import Session as PublicSession
from app.registration.session_bookings.models import SessionBooking
from app.releases.current_release import conference_days, get_programme
from app.web.formatting import local_day, local_time, plain_date

IS_IN_PERSON: Final = or_(
    Delegate.category_id.is_(None),
    Delegate.category_id.in_(
        select(RegistrationCategory.id).where(RegistrationCategory.is_in_person)
    ),
)


@dataclass(frozen=True)
class Occasion:
    """A day or a meal: a column of a report."""

    heading: str
    day: str  # in ISO format; "" if it has no time yet
    guests: frozenset[int] | None = None  # delegates with a seat, if it is bookable

    def is_for(self, delegate_id: int, days: Collection[str], *, is_in_person: bool) -> bool:
        """Return True if a delegate who attends on these days takes part."""
        if self.guests is not None:
            return delegate_id in self.guests
        return is_in_person and (not self.day or self.day in days)


def list_days() -> Sequence[Occasion]:
    """List the days of the conference."""
    return [Occasion(plain_date(day), day.isoformat()) for day in conference_days()]


def list_meals() -> Sequence[Occasion]:
    """List the meals that take place, in order of time; those without a time come last."""
    keys = set(db.session.scalars(select(Session.key).where(Session.serves_food)))
    meals = [
        session
        for session in get_programme().sessions
        if session.key in keys and not session.is_cancelled
    ]
    guests = _map_guests([meal.key for meal in meals if meal.is_bookable])
    return [_to_occasion(meal, guests.get(meal.key)) for meal in sorted(meals, key=_order)]


def count_all(occasions: Sequence[Occasion]) -> Sequence[int]:
    """Count everyone who takes part in each of these, with or without requirements."""
    by_days = select(Delegate.days, func.count()).where(ATTENDING, IS_IN_PERSON)
    rows = db.session.execute(by_days.group_by(Delegate.days))
    numbers = [(days.split(), number) for days, number in rows]
    return [
        len(occasion.guests)
        if occasion.guests is not None
        else sum(number for days, number in numbers if not occasion.day or occasion.day in days)
        for occasion in occasions
    ]


def _order(session: PublicSession) -> float:
    return session.starts_at.timestamp() if session.starts_at else inf


def _map_guests(keys: Sequence[str]) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {key: set() for key in keys}
    rows = select(SessionBooking.session_key, SessionBooking.delegate_id)
    for key, number in db.session.execute(rows.where(SessionBooking.session_key.in_(keys))):
        found[key].add(number)
    return {key: frozenset(numbers) for key, numbers in found.items()}


def _to_occasion(session: PublicSession, guests: frozenset[int] | None) -> Occasion:
    if session.starts_at is None:
        return Occasion(str(gettext("%(title)s, no time yet", title=session.title)), "", guests)
    day = local_day(session.starts_at)
    parts = (session.title, plain_date(day), local_time(session.starts_at))
    return Occasion(", ".join(parts), day.isoformat(), guests)
