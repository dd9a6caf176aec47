"""Sessions set as lines, by day, as a printed programme sets them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from app.programme.document import Session

NOON, SIX = 12, 18  # o'clock


@dataclass(frozen=True)
class Line:
    """A session as a line of the programme."""

    session: Session
    is_same: bool = False  # begins and ends with the line above


@dataclass(frozen=True)
class Stretch:
    """A part of a day: morning, afternoon or evening."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Day:
    """One day of the conference and what happens on it."""

    date: date
    lines: tuple[Line, ...]
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True)
class Listing:
    """Some sessions, by day; those that have no time yet come last."""

    days: tuple[Day, ...]
    unscheduled: tuple[Line, ...]

    def __bool__(self) -> bool:
        return bool(self.days or self.unscheduled)


def listed(sessions: Iterable[Session], zone: ZoneInfo) -> Listing:
    """List sessions by the days of this zone's clocks."""
    parted = [(day, list(found)) for day, found in groupby(sessions, lambda s: on(s, zone))]
    return Listing(
        days=tuple(_day(day, found, zone) for day, found in parted if day is not None),
        unscheduled=lines(one for day, found in parted if day is None for one in found),
    )


def lines(sessions: Iterable[Session]) -> tuple[Line, ...]:
    """Set sessions as lines, one beneath the other."""
    made: list[Line] = []
    for session in sessions:
        above = made[-1].session if made else None
        is_same = (
            above is not None
            and session.starts_at is not None
            and (above.starts_at, above.ends_at) == (session.starts_at, session.ends_at)
        )
        made.append(Line(session, is_same))
    return tuple(made)


def on(session: Session, zone: ZoneInfo) -> date | None:
    """Tell on which day a session begins."""
    return session.starts_at.astimezone(zone).date() if session.starts_at else None


def _day(day: date, sessions: list[Session], zone: ZoneInfo) -> Day:
    parted = groupby(sessions, lambda session: _stretch(session, zone))
    return Day(day, lines(sessions), tuple(Stretch(name, lines(part)) for name, part in parted))


def _stretch(session: Session, zone: ZoneInfo) -> str:
    hour = session.starts_at.astimezone(zone).hour if session.starts_at else 0
    return "morning" if hour < NOON else "afternoon" if hour < SIX else "evening"
