"""Delegates counted by date of registration, country, day and category, for the dashboard."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import String, cast, func, select

from app.database import db
from app.delegates.models import Delegate
from app.delegates.queries import ATTENDING

TIMESTAMP_LENGTH = (
    15  # first characters of a timestamp: ten minutes, and every time zone's midnight is a multiple
)
REGISTRATION_TIMESTAMP = func.substr(cast(Delegate.registered_at, String), 1, TIMESTAMP_LENGTH)
# Grouped in the order of ix_delegate_attending_figures, so that SQLite reads only the index; the
# timestamps as one text per group, since they differ for almost every delegate.
STATISTICS = (
    select(
        Delegate.country,
        Delegate.days,
        Delegate.category_id,
        func.count(),
        func.aggregate_strings(REGISTRATION_TIMESTAMP, ","),
    )
    .where(ATTENDING)
    .group_by(Delegate.country, Delegate.days, Delegate.category_id)
)


@dataclass(frozen=True)
class RegistrationStatistics:
    """Delegates with a place, counted by registration date, by country and by day."""

    by_registration: dict[date, int]  # date in the conference's time zone
    by_country: dict[str, int]  # ISO 3166-1 alpha-2
    by_day: dict[date, int]  # day of attendance
    by_category: dict[str, int]  # number of the category as text; "" for none


def get_statistics(time_zone: str) -> RegistrationStatistics:
    """Count the delegates with a place, in one query."""
    moments: Counter[str] = Counter()
    countries: Counter[str] = Counter()
    coming: Counter[date] = Counter()
    categories: Counter[str] = Counter()
    for country, days, category, number, texts in db.session.execute(STATISTICS):
        countries[country] += number
        categories["" if category is None else str(category)] += number
        coming.update({date.fromisoformat(day): number for day in days.split()})
        moments.update(texts.split(","))
    zone = ZoneInfo(time_zone)
    registered: Counter[date] = Counter()
    for moment, number in moments.items():
        utc = datetime.fromisoformat(f"{moment}0Z")
        registered[utc.astimezone(zone).date()] += number
    by_day = dict(sorted(coming.items()))
    return RegistrationStatistics(dict(registered), dict(countries), by_day, dict(categories))
