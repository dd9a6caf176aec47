"""How many have registered: over time, from which countries, for which days."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import String, cast, func, literal, select, union_all

from app.database import db
from app.registration.models import Delegate
from app.registration.queries import ATTENDING

MINUTES = 15  # characters of a moment, to its tens of minutes: no zone's midnight lies between
WRITTEN = "%Y-%m-%d %H:%M"
MOMENT = func.substr(cast(Delegate.registered_at, String), 1, MINUTES)
GROUPS = union_all(
    *(
        select(literal(name).label("name"), what.label("what"), func.count().label("number"))
        .where(ATTENDING)
        .group_by(what)
        for name, what in (
            ("moment", MOMENT),
            ("country", Delegate.country),
            ("days", Delegate.days),
        )
    )
)


@dataclass(frozen=True)
class Numbers:
    """Delegates who hold a place, counted in three ways."""

    by_registration: dict[date, int]  # by the conference's own calendar
    by_country: dict[str, int]  # ISO 3166-1 alpha-2
    by_day: dict[date, int]  # on which they come


def count(time_zone: str) -> Numbers:
    """Count the delegates who hold a place, in one question."""
    found: dict[str, Counter[str]] = {"moment": Counter(), "country": Counter(), "days": Counter()}
    for name, what, number in db.session.execute(GROUPS):
        found[name][what] += number
    zone = ZoneInfo(time_zone)
    registered: Counter[date] = Counter()
    for moment, number in found["moment"].items():
        utc = datetime.strptime(f"{moment}0", WRITTEN).replace(tzinfo=UTC)
        registered[utc.astimezone(zone).date()] += number
    coming: Counter[date] = Counter()
    for days, number in found["days"].items():
        coming.update({date.fromisoformat(day): number for day in days.split()})
    return Numbers(dict(registered), dict(found["country"]), dict(sorted(coming.items())))
