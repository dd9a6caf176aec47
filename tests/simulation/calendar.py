"""When things happen in a conference's year: many on the first morning, few in the year after."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

RUSH, SPRING, EVE, DAYS, AFTER = "rush", "spring", "eve", "days", "after"


@dataclass(frozen=True)
class Season:
    """A part of the year, and the share of all steps that are taken in it."""

    name: str
    begins: datetime
    ends: datetime
    share: float


def _moment(month: int, day: int, hour: int, year: int = 2009) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


OPENING = _moment(5, 12, 9)
OVER = _moment(6, 11, 22)
SEASONS: Sequence[Season] = (
    Season(RUSH, OPENING, _moment(5, 12, 12), 0.25),
    Season(SPRING, _moment(5, 12, 12), _moment(6, 6, 12), 0.5),
    Season(EVE, _moment(6, 6, 12), _moment(6, 9, 22), 0.13),
    Season(DAYS, _moment(6, 9, 22), OVER, 0.07),
    Season(AFTER, OVER, _moment(8, 1, 12), 0.05),
)
FINAL_CHECK_TIMES = (  # needs are erased after a month, people after a year
    _moment(8, 20, 3),
    _moment(12, 1, 3),
    _moment(6, 11, 3, 2010),
    *(_moment(6, day, hour, 2010) for day in (12, 13) for hour in (3, 9, 15)),
)


def list_moments(random: Random, steps: int) -> Iterator[tuple[Season, datetime]]:
    """Yield when each step is taken, in order, with its season."""
    for season in SEASONS:
        span = (season.ends - season.begins).total_seconds()
        count = max(1, round(season.share * steps))
        for seconds in sorted(random.uniform(0, span) for _ in range(count)):
            yield season, season.begins + timedelta(seconds=round(seconds))
