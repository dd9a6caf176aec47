"""The times of a session on the clocks of the conference, and the moments that they mean."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.programme.models import Session


@dataclass(frozen=True)
class SessionTimes:
    """Day, start and end in local time; None if not known yet."""

    day: date | None
    starts: time | None
    ends: time | None
    ends_next_day: bool = False


def initial_times(session: Session, zone: ZoneInfo) -> SessionTimes:
    """Return the session's current times in local time."""
    if session.starts_at is None:
        return SessionTimes(None, None, None)
    starts = session.starts_at.astimezone(zone)
    if session.ends_at is None:
        return SessionTimes(starts.date(), _clock_time(starts), None)
    ends = session.ends_at.astimezone(zone)
    return SessionTimes(
        starts.date(), _clock_time(starts), _clock_time(ends), ends.date() > starts.date()
    )


def resolve_local_time(
    day: date, clock: time, zone: ZoneInfo, known: Iterable[datetime | None] = ()
) -> datetime | None:
    """Return the moment of a local time in UTC, or None if the clocks skip it.

    If the clocks show it twice, return the first, unless the second is among the known moments: a
    time that nobody touched stays unchanged.
    """
    both = [datetime.combine(day, clock, zone).replace(fold=fold) for fold in (0, 1)]
    real = [one.astimezone(UTC) for one in both if _local_time_exists(one, zone)]
    return next((one for one in real if one in known), real[0] if real else None)


def get_last_day(day: date, *, is_next: bool) -> date:
    """Return the day on which a session ends."""
    return day + timedelta(days=1) if is_next else day


def _clock_time(local: datetime) -> time:
    return local.time().replace(fold=0)


def _local_time_exists(local: datetime, zone: ZoneInfo) -> bool:
    """Return True unless the clocks skip this time."""
    back = local.astimezone(UTC).astimezone(zone)
    return back.replace(tzinfo=None, fold=0) == local.replace(tzinfo=None, fold=0)
