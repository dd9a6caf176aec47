"""Charts of numbers that people compare: the geometry of a drawing, and the table beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 600, 180  # of a curve, in its own units
A_DAY = timedelta(days=1)
MOST_BARS = 12  # the rest is one bar


@dataclass(frozen=True)
class Bar:
    """One bar of a chart."""

    label: str
    number: int
    percent: float  # of the longest


@dataclass(frozen=True)
class Point:
    """One day of a curve."""

    day: date
    new: int
    so_far: int


@dataclass(frozen=True)
class Curve:
    """How a number grew day by day, against a limit."""

    points: Sequence[Point]
    limit: int

    @property
    def line(self) -> str:
        """The curve, as points of an SVG polyline; it begins at nothing, before the first day."""
        days = len(self.points)
        drawn = (
            f"{round(WIDTH * number / days, 1):g},{self._height(point.so_far):g}"
            for number, point in enumerate(self.points, 1)
        )
        return " ".join((f"0,{HEIGHT}", *drawn))

    @property
    def limit_height(self) -> float:
        """Where the limit is drawn, from the top."""
        return self._height(self.limit)

    @property
    def first(self) -> date:
        """The first day."""
        return self.points[0].day

    @property
    def last(self) -> date:
        """The last day."""
        return self.points[-1].day

    def _height(self, number: int) -> float:
        top = max(self.limit, self.points[-1].so_far, 1)
        return round(HEIGHT * (1 - number / top), 1)


def curve(new: dict[date, int], limit: int) -> Curve | None:
    """Draw how many came each day, with the days on which nobody did; nothing for nobody."""
    if not new:
        return None
    first, points, so_far = min(new), [], 0
    for number in range((max(new) - first).days + 1):
        day = first + A_DAY * number
        so_far += new.get(day, 0)
        points.append(Point(day, new.get(day, 0), so_far))
    return Curve(points, limit)


def bars(numbers: Sequence[tuple[str, int]], others: str = "") -> Sequence[Bar]:
    """Draw numbers as bars; past the twelfth they become one, called ``others``."""
    shown = list(numbers)
    if others and len(shown) > MOST_BARS:
        rest = sum(number for _, number in shown[MOST_BARS - 1 :])
        shown = [*shown[: MOST_BARS - 1], (others, rest)]
    longest = max((number for _, number in shown), default=0) or 1
    return [Bar(label, number, round(100 * number / longest, 1)) for label, number in shown]
