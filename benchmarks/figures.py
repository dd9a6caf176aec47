"""Figures as they are reported: what was measured, beside what, and what it had to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

HEADINGS = ("what", "figure", "control", "ratio", "bar", "aim", "met")


@dataclass(frozen=True)
class Bar:
    """What a figure must reach, and what it should."""

    kind: Literal["≥", "≤"]
    bar: float
    aim: float
    unit: str = ""

    def judge(self, value: float) -> str:
        """Say which of the two a value reaches."""
        if self._reaches(value, self.aim):
            return "aim"
        return "bar" if self._reaches(value, self.bar) else "MISSED"

    def format(self, value: float) -> str:
        """Show one of the two."""
        return f"{self.kind} {value:g}{' ' * bool(self.unit)}{self.unit}"

    def _reaches(self, value: float, threshold: float) -> bool:
        return value >= threshold if self.kind == "≥" else value <= threshold


def at_least(bar: float, aim: float, unit: str = "") -> Bar:
    """Make a bar for what should be much."""
    return Bar("≥", bar, aim, unit)


def at_most(bar: float, aim: float, unit: str = "") -> Bar:
    """Make a bar for what should be little."""
    return Bar("≤", bar, aim, unit)


@dataclass(frozen=True)
class Figure:
    """One measured figure."""

    name: str
    value_text: str  # in words, with its unit
    value: float  # what is held against the bar
    bar: Bar
    control: str = "–"
    ratio: float | None = None

    @property
    def outcome(self) -> str:
        """Say whether it reaches its bar, or even its aim."""
        return self.bar.judge(self.value)

    @property
    def cells(self) -> tuple[str, ...]:
        """Give its row of the table."""
        ratio = "–" if self.ratio is None else f"{self.ratio:.2f}"
        bar, aim = self.bar.format(self.bar.bar), self.bar.format(self.bar.aim)
        return (self.name, self.value_text, self.control, ratio, bar, aim, self.outcome)


def format_table(rows: Sequence[Sequence[str]]) -> str:
    """Set rows as a table."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def format_report(figures: Sequence[Figure]) -> str:
    """Set figures as a table, and say how many miss their bar."""
    missed = sum(figure.outcome == "MISSED" for figure in figures)
    rows = [HEADINGS, *(figure.cells for figure in figures)]
    return f"{format_table(rows)}\n\n{missed} of {len(figures)} miss their bar."
