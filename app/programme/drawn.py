"""Where a session is drawn on a board: its column, its hour, its length, and its lane.

Pages may hold no styles of their own, so each of these is a class with a number
(``assets/scss/board/_numbers.scss``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.web.words import on_the_clock

HOUR = 60  # minutes
MARGIN = 30  # minutes, before what comes first and after what comes last
UNKNOWN_LENGTH = 30  # minutes: of a session that has no end yet
SHORTEST = 5  # minutes
EARLIEST, LATEST = 8, 18  # o'clock: a board shows at least these hours
PACES = ((15, 3), (30, 2))  # shortest session under so many minutes: how large hours are drawn
MOST_LANES = 9


@dataclass(frozen=True)
class Span:
    """A stretch of one column."""

    column: int
    start: int  # minutes after midnight
    minutes: int

    @property
    def end(self) -> int:
        """When it ends, in minutes after midnight."""
        return self.start + self.minutes


@dataclass(frozen=True)
class Drawn:
    """A session's place on the board, for a page and for the script that moves it."""

    span: Span
    lane: int = 0
    lanes: int = 1

    @property
    def classes(self) -> str:
        """The classes that draw it there."""
        hour, minute = divmod(self.span.start, HOUR)
        hours, minutes = divmod(self.span.minutes, HOUR)
        place = f"in-{self.span.column} h{hour} m{minute} l{hours} n{minutes}"
        return f"{place} a{self.lane} of{self.lanes}" if self.lanes > 1 else place


def span(column: int, starts_at: datetime, ends_at: datetime | None, zone: ZoneInfo) -> Span:
    """Tell where a session lies in its day."""
    local = starts_at.astimezone(zone)
    length = int((ends_at - starts_at).total_seconds()) // 60 if ends_at else UNKNOWN_LENGTH
    return Span(column, local.hour * HOUR + local.minute, max(length, SHORTEST))


def hours(spans: Sequence[Span]) -> tuple[int, int]:
    """Tell from which hour to which a board goes, with room to move things earlier and later."""
    first = min(((one.start - MARGIN) // HOUR for one in spans), default=EARLIEST)
    last = max((-(-(one.end + MARGIN) // HOUR) for one in spans), default=LATEST)
    return max(0, min(first, EARLIEST)), max(last, LATEST)


def hours_told(first: int, last: int) -> list[tuple[int, str]]:
    """List the hours that stand beside a board, and what clocks show then."""
    return [
        (hour, on_the_clock(datetime(2000, 1, 1, hour % 24)))  # noqa: DTZ001 - any day
        for hour in range(first, last)
    ]


def pace(spans: Sequence[Span]) -> int:
    """Tell how large an hour is drawn, so that the shortest session can be read."""
    shortest = min((one.minutes for one in spans), default=HOUR)
    return next((pace for under, pace in PACES if shortest < under), 1)


def drawn(spans: Sequence[Span]) -> list[Drawn]:
    """Draw what overlaps in one column side by side; the answer has the order of the spans."""
    return [
        Drawn(one, lane % MOST_LANES, min(lanes, MOST_LANES))
        for one, (lane, lanes) in zip(spans, side_by_side(spans), strict=True)
    ]


def side_by_side(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Tell of each span which lane is its own, and how many there are beside each other then."""
    found: dict[int, tuple[int, int]] = {}
    for cluster in _clusters(spans):
        lanes = _lanes([spans[number] for number in cluster])
        for number, lane in zip(cluster, lanes, strict=True):
            found[number] = lane, max(lanes) + 1
    return [found[number] for number in range(len(spans))]


def _clusters(spans: Sequence[Span]) -> Iterator[list[int]]:
    """Part the spans, by their numbers, into those that overlap each other in a chain."""
    order = sorted(
        range(len(spans)), key=lambda number: (spans[number].column, spans[number].start)
    )
    cluster: list[int] = []
    end = 0
    for number in order:
        one = spans[number]
        if cluster and (one.column != spans[cluster[0]].column or one.start >= end):
            yield cluster
            cluster, end = [], 0
        cluster.append(number)
        end = max(end, one.end)
    if cluster:
        yield cluster


def _lanes(spans: Sequence[Span]) -> list[int]:
    """Give each span, in order of time, the first lane that is free."""
    ends: list[int] = []
    lanes = []
    for one in spans:
        lane = next((n for n, end in enumerate(ends) if end <= one.start), len(ends))
        ends[lane : lane + 1] = [one.end]
        lanes.append(lane)
    return lanes
