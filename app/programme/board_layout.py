"""Positions of sessions on the scheduling board: column, start, length and lane.

The content security policy forbids inline styles, so every position is a numbered CSS class
(``assets/scss/board/_dimensions.scss``).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.web.formatting import format_time

MINUTES_PER_HOUR = 60
DEFAULT_MINUTES = 30  # length of a session that has no end yet
MIN_MINUTES = 5  # shorter sessions are drawn this long
EMPTY_DAY = (9, 18)  # the hours of a day without sessions
WHOLE_DAY = (0, 24)
SCALES = ((15, 3), (30, 2))  # if the shortest session is under X minutes: scale
MAX_LANES = 9
MAX_SPAN = 4  # tracks of a room with overlapping sessions; a track is as wide as a usual room
MAX_TRACKS = 100  # there are CSS classes up to this number
MIN_FREE_MINUTES = 15  # shorter gaps are not offered as free


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
class ColumnTracks:
    """Where a column is drawn: its first track, and how many it has (more for overlaps)."""

    first: int
    span: int = 1

    @property
    def classes(self) -> str:
        """CSS classes for this position, for example ``in-2 s3``."""
        return f"in-{self.first} s{self.span}" if self.span > 1 else f"in-{self.first}"


@dataclass(frozen=True)
class BoardPosition:
    """A session's position on the board, for the template and for the drag-and-drop script."""

    block: TimeBlock
    lane: int = 0
    lane_count: int = 1
    tracks: ColumnTracks | None = None

    @property
    def classes(self) -> str:
        """CSS classes for this position, for example ``in-2 h9 m30 l1 n0``."""
        hour, minute = divmod(self.block.start, MINUTES_PER_HOUR)
        hours, minutes = divmod(self.block.minutes, MINUTES_PER_HOUR)
        tracks = self.tracks or ColumnTracks(self.block.column)
        place = f"{tracks.classes} h{hour} m{minute} l{hours} n{minutes}"
        return f"{place} a{self.lane} of{self.lane_count}" if self.lane_count > 1 else place


def build_time_block(
    column: int, starts_at: datetime, ends_at: datetime | None, zone: ZoneInfo
) -> TimeBlock:
    """Return a session's block in local time; without an end it lasts ``DEFAULT_MINUTES``."""
    local = starts_at.astimezone(zone)
    length = int((ends_at - starts_at).total_seconds()) // 60 if ends_at else DEFAULT_MINUTES
    return TimeBlock(column, local.hour * MINUTES_PER_HOUR + local.minute, max(length, MIN_MINUTES))


def get_hour_range(spans: Sequence[TimeBlock]) -> tuple[int, int]:
    """Return the hour in which the first session starts, and that by which the last has ended."""
    if not spans:
        return EMPTY_DAY
    first = min(span.start // MINUTES_PER_HOUR for span in spans)
    last = max(-(-span.end // MINUTES_PER_HOUR) for span in spans)
    return first, last


def list_hour_labels(first: int, last: int) -> list[tuple[int, str]]:
    """List the hours along the edge of the board, each with its formatted time."""
    return [(hour, format_minutes(hour * MINUTES_PER_HOUR)) for hour in range(first, last)]


def format_minutes(minutes: int) -> str:
    """Return a time of day, in minutes after midnight, as people read it."""
    hour, minute = divmod(minutes, MINUTES_PER_HOUR)
    return format_time(datetime(2000, 1, 1, hour % 24, minute))  # noqa: DTZ001 - only the time of day is used


def choose_scale(spans: Sequence[TimeBlock]) -> int:
    """Return by how much to enlarge an hour so that the shortest session is readable."""
    shortest = min((span.minutes for span in spans), default=MINUTES_PER_HOUR)
    return next((pace for under, pace in SCALES if shortest < under), 1)


def build_positions(
    spans: Sequence[TimeBlock], tracks: Mapping[int, ColumnTracks]
) -> list[BoardPosition]:
    """Return a position for each block, in the same order; overlapping blocks go side by side."""
    return [
        BoardPosition(one, lane % MAX_LANES, min(lanes, MAX_LANES), tracks.get(one.column))
        for one, (lane, lanes) in zip(spans, assign_lanes(spans), strict=True)
    ]


def build_tracks(spans: Sequence[TimeBlock], column_count: int) -> dict[int, ColumnTracks]:
    """Return the tracks of each column from 0: as many as it has blocks at the same time."""
    widest = dict.fromkeys(range(column_count), 1)
    for one, (_, lanes) in zip(spans, assign_lanes(spans), strict=True):
        widest[one.column] = max(widest.get(one.column, 1), min(lanes, MAX_SPAN))
    if sum(widest.values()) > MAX_TRACKS:
        widest = dict.fromkeys(widest, 1)
    tracks = {0: ColumnTracks(0, widest.get(0, 1))}
    first = 1
    for column in range(1, column_count):
        tracks[column] = ColumnTracks(first, widest[column])
        first += widest[column]
    return tracks


def find_across(spans: Sequence[TimeBlock], wanted: Sequence[bool]) -> list[bool]:
    """Return for each block whether it is to span all rooms and nothing else is on then."""
    return [
        is_wanted
        and not any(
            other.start < one.end and one.start < other.end
            for at, other in enumerate(spans)
            if at != number
        )
        for number, (one, is_wanted) in enumerate(zip(spans, wanted, strict=True))
    ]


def list_free_blocks(
    taken: Sequence[TimeBlock], columns: Iterable[int], hours: tuple[int, int]
) -> list[TimeBlock]:
    """Return the free time of each column, cut at every full hour.

    ``taken`` has the blocks of each column; those of column 0 occupy all columns. A gap before a
    full hour that is too short to be offered is joined to the following hour.
    """
    return [
        block
        for column in columns
        for start, end in _gaps(
            [one for one in taken if one.column in {0, column}],
            hours[0] * MINUTES_PER_HOUR,
            min(hours[1], WHOLE_DAY[1]) * MINUTES_PER_HOUR,
        )
        for block in _cut_at_hours(column, start, end)
    ]


def _gaps(taken: Sequence[TimeBlock], first: int, last: int) -> Iterator[tuple[int, int]]:
    start = first
    for one in sorted(taken, key=lambda block: block.start):
        if one.start - start >= MIN_FREE_MINUTES:
            yield start, min(one.start, last)
        start = max(start, one.end)
    if last - start >= MIN_FREE_MINUTES:
        yield start, last


def _cut_at_hours(column: int, start: int, end: int) -> Iterator[TimeBlock]:
    while start < end:
        cut = (start // MINUTES_PER_HOUR + 1) * MINUTES_PER_HOUR
        if cut - start < MIN_FREE_MINUTES:
            cut += MINUTES_PER_HOUR
        if end - cut < MIN_FREE_MINUTES:
            cut = end
        yield TimeBlock(column, start, cut - start)
        start = cut


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
    for span in spans:
        lane = next((n for n, end in enumerate(ends) if end <= span.start), len(ends))
        ends[lane : lane + 1] = [span.end]
        lanes.append(lane)
    return lanes
