"""When a session is, as a person types it: a day, and two times of the conference's clocks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.programme.models import Session


@dataclass(frozen=True)
class Times:
    """When a session is said to be; what is not known yet is empty."""

    day: date | None
    starts: time | None
    ends: time | None
    ends_next_day: bool = False


def shown(session: Session, zone: ZoneInfo) -> Times:
    """Give the times of a session as they stand in the form."""
    if session.starts_at is None:
        return Times(None, None, None)
    starts = session.starts_at.astimezone(zone)
    if session.ends_at is None:
        return Times(starts.date(), _clock(starts), None)
    ends = session.ends_at.astimezone(zone)
    return Times(starts.date(), _clock(starts), _clock(ends), ends.date() > starts.date())


def moment(
    day: date, clock: time, zone: ZoneInfo, known: Iterable[datetime | None] = ()
) -> datetime | None:
    """Give the moment that clocks show so; none when they skip it as they go forward.

    When they show it twice as they go back, that is the first time, unless one of the known
    moments is the second: what nobody touched stays as it is.
    """
    both = [datetime.combine(day, clock, zone).replace(fold=fold) for fold in (0, 1)]
    real = [one.astimezone(UTC) for one in both if _shows(one, zone)]
    return next((one for one in real if one in known), real[0] if real else None)


def last_day(day: date, *, is_next: bool) -> date:
    """Give the day on which a session ends that begins on this one."""
    return day + timedelta(days=1) if is_next else day


def _clock(local: datetime) -> time:
    return local.time().replace(fold=0)


def _shows(local: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks ever show this."""
    back = local.astimezone(UTC).astimezone(zone)
    return back.replace(tzinfo=None, fold=0) == local.replace(tzinfo=None, fold=0)
