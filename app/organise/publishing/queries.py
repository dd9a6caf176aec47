"""Whom a change of the programme touches, beyond those who appear in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from app.database import db
from app.registration.models import Delegate
from app.registration.queries import ATTENDING


@dataclass(frozen=True)
class Coming:
    """How many delegates come, by the days that they come on."""

    counts: Sequence[tuple[str, int]]

    def on(self, days: Iterable[date]) -> int:
        """Tell how many come on any of these days."""
        asked = {day.isoformat() for day in days}
        return sum(count for on, count in self.counts if asked.intersection(on.split()))


def coming() -> Coming:
    """Count the delegates by the days that they come on, in one question."""
    counted = select(Delegate.days, func.count()).where(ATTENDING).group_by(Delegate.days)
    return Coming([(on, count) for on, count in db.session.execute(counted)])
