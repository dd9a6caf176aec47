"""Positions of sessions on the scheduling board: column, start, length and lane.

The content security policy forbids inline styles, so every position is a numbered CSS class
(``assets/scss/board/_dimensions.scss``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.web.formatting import format_time

MINUTES_PER_HOUR = 60
MARGIN_MINUTES = 30  # free space before the first session and after the last
DEFAULT_MINUTES = 30  # length of a session that has no end yet
MIN_MINUTES = 5  # shorter sessions are drawn this long
EARLIEST_HOUR, LATEST_HOUR = 8, 18  # the board always shows these hours
SCALES = ((15, 3), (30, 2))  # if the shortest session is under X minutes: scale
MAX_LANES = 9


@dataclass(frozen=True)
class TimeBlock:
    """A period of one day in one column of the board."""

    column: int
    start: int  # minutes after midnight
    minutes: int

    @property
    def end(self) -> int:
        """End of the block, in minutes after midnight."""
        return self.start + self.minutes


@dataclass(frozen=True)
class BoardPosition:
    """A session's position on the board, for the template and for the drag-and-drop script."""

    block: TimeBlock
    lane: int = 0
    lane_count: int = 1

    @property
    def classes(self) -> str:
        """CSS classes for this position, for example ``in-2 h9 m30 l1 n0``."""
        hour, minute = divmod(self.block.start, MINUTES_PER_HOUR)
        hours, minutes = divmod(self.block.minutes, MINUTES_PER_HOUR)
        place = f"in-{self.block.column} h{hour} m{minute} l{hours} n{minutes}"
        return f"{place} a{self.lane} of{self.lane_count}" if self.lane_count > 1 else place


def build_time_block(
    column: int, starts_at: datetime, ends_at: datetime | None, zone: ZoneInfo
) -> TimeBlock:
    """Return a session's block in local time; without an end it lasts ``DEFAULT_MINUTES``."""
    local = starts_at.astimezone(zone)
    length = int((ends_at - starts_at).total_seconds()) // 60 if ends_at else DEFAULT_MINUTES
    return TimeBlock(column, local.hour * MINUTES_PER_HOUR + local.minute, max(length, MIN_MINUTES))


def get_hour_range(spans: Sequence[TimeBlock]) -> tuple[int, int]:
    """Return the first and last hour to draw, with room to move sessions earlier and later."""
    first = min(
        ((one.start - MARGIN_MINUTES) // MINUTES_PER_HOUR for one in spans), default=EARLIEST_HOUR
    )
    last = max(
        (-(-(one.end + MARGIN_MINUTES) // MINUTES_PER_HOUR) for one in spans), default=LATEST_HOUR
    )
    return max(0, min(first, EARLIEST_HOUR)), max(last, LATEST_HOUR)


def list_hour_labels(first: int, last: int) -> list[tuple[int, str]]:
    """List the hours along the edge of the board, each with its formatted time."""
    return [
        (hour, format_time(datetime(2000, 1, 1, hour % 24)))  # noqa: DTZ001 - only the time of day is used
        for hour in range(first, last)
    ]


def choose_scale(spans: Sequence[TimeBlock]) -> int:
    """Return by how much to enlarge an hour so that the shortest session is readable."""
    shortest = min((one.minutes for one in spans), default=MINUTES_PER_HOUR)
    return next((pace for under, pace in SCALES if shortest < under), 1)


def build_positions(spans: Sequence[TimeBlock]) -> list[BoardPosition]:
    """Return a position for each block, in the same order; overlapping blocks go side by side."""
    return [
        BoardPosition(one, lane % MAX_LANES, min(lanes, MAX_LANES))
        for one, (lane, lanes) in zip(spans, assign_lanes(spans), strict=True)
    ]


def assign_lanes(spans: Sequence[TimeBlock]) -> list[tuple[int, int]]:
    """Return, for each block, its lane (from 0) and the number of lanes in its cluster."""
    found: dict[int, tuple[int, int]] = {}
    for cluster in _overlapping_clusters(spans):
        lanes = _first_free_lanes([spans[number] for number in cluster])
        for number, lane in zip(cluster, lanes, strict=True):
            found[number] = lane, max(lanes) + 1
    return [found[number] for number in range(len(spans))]


def _overlapping_clusters(spans: Sequence[TimeBlock]) -> Iterator[list[int]]:
    """Yield the indexes of blocks that overlap directly or through others, cluster by cluster."""
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


def _first_free_lanes(spans: Sequence[TimeBlock]) -> list[int]:
    """Return the first free lane for each block; the blocks must be sorted by start."""
    ends: list[int] = []
    lanes = []
    for one in spans:
        lane = next((n for n, end in enumerate(ends) if end <= one.start), len(ends))
        ends[lane : lane + 1] = [one.end]
        lanes.append(lane)
    return lanes
