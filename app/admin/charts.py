"""Data of the dashboard's charts: the geometry of the SVG and the table beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 600, 180  # of a curve's SVG view box
ONE_DAY = timedelta(days=1)
MAX_BARS = 12  # the rest is combined into one bar


@dataclass(frozen=True)
class ChartBar:
    """A bar of a chart."""

    label: str
    count: int
    percent: float  # of the longest bar


@dataclass(frozen=True)
class CurvePoint:
    """A day of a curve."""

    day: date
    new: int
    total: int


@dataclass(frozen=True)
class Curve:
    """A cumulative count by day, with a limit."""

    points: Sequence[CurvePoint]
    limit: int

    @property
    def polyline(self) -> str:
        """Return the points of an SVG polyline, which starts at zero before the first day."""
        days = len(self.points)
        drawn = (
            f"{round(WIDTH * number / days, 1):g},{self._y(point.total):g}"
            for number, point in enumerate(self.points, 1)
        )
        return " ".join((f"0,{HEIGHT}", *drawn))

    @property
    def limit_y(self) -> float:
        """Return the y coordinate of the limit."""
        return self._y(self.limit)

    @property
    def first_day(self) -> date:
        """Return the first day."""
        return self.points[0].day

    @property
    def last_day(self) -> date:
        """Return the last day."""
        return self.points[-1].day

    def _y(self, number: int) -> float:
        top = max(self.limit, self.points[-1].total, 1)
        return round(HEIGHT * (1 - number / top), 1)


def build_curve(new_by_day: dict[date, int], limit: int) -> Curve | None:
    """Return the curve of counts by day, including days without any; None if empty."""
    if not new_by_day:
        return None
    first, points, total = min(new_by_day), [], 0
    for number in range((max(new_by_day) - first).days + 1):
        day = first + ONE_DAY * number
        total += new_by_day.get(day, 0)
        points.append(CurvePoint(day, new_by_day.get(day, 0), total))
    return Curve(points, limit)


def build_bars(counts: Sequence[tuple[str, int]], others_label: str = "") -> Sequence[ChartBar]:
    """Return the bars; with a label for others, bars after the twelfth are combined."""
    items = list(counts)
    if others_label and len(items) > MAX_BARS:
        rest = sum(number for _, number in items[MAX_BARS - 1 :])
        items = [*items[: MAX_BARS - 1], (others_label, rest)]
    longest = max((number for _, number in items), default=0) or 1
    return [ChartBar(label, number, round(100 * number / longest, 1)) for label, number in items]
