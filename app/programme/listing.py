"""Sessions grouped by day, and by morning, afternoon and evening, as in a printed programme."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import chain, groupby
from zoneinfo import ZoneInfo

from app.programme.snapshot import Session

NOON_HOUR, EVENING_HOUR = 12, 18  # o'clock
MAX_UNFOLDABLE = 6  # sessions that start together; more of them can be folded


@dataclass(frozen=True)
class SessionLine:
    """A session in the list."""

    session: Session
    is_same_time_as_previous: bool = False  # same start and end as the line before
    anchor: str = ""  # of the first line that starts at a time: 2008-11-06-0930


@dataclass(frozen=True)
class StartTime:
    """A start time of sessions of a day, and the anchor of the first of them."""

    starts_at: datetime
    anchor: str


@dataclass(frozen=True)
class LineGroup:
    """Consecutive lines: those of one collapsible slot, or of several slots."""

    lines: tuple[SessionLine, ...]
    is_foldable: bool

    @property
    def anchor(self) -> str:
        """The anchor of the slot, which works when the slot is collapsed, too."""
        return self.lines[0].anchor

    @property
    def starts_at(self) -> datetime | None:
        """When the sessions start."""
        return self.lines[0].session.starts_at

    @property
    def ends_at(self) -> datetime | None:
        """When they end, or None if not all of them end at the same time."""
        ends = {line.session.ends_at for line in self.lines}
        return ends.pop() if len(ends) == 1 else None

    @property
    def lines_below_summary(self) -> Iterator[SessionLine]:
        """The lines; the first need not repeat the times in the summary."""
        first, *others = self.lines
        says_times = self.ends_at is None and first.session.ends_at is not None
        yield replace(first, anchor="", is_same_time_as_previous=not says_times)
        yield from others


@dataclass(frozen=True)
class DayPart:
    """The sessions of a morning, afternoon or evening."""

    name: str
    lines: tuple[SessionLine, ...]

    @property
    def groups(self) -> Iterator[LineGroup]:
        """The lines, grouped by long slot."""
        return _group_lines(self.lines)


@dataclass(frozen=True)
class ProgrammeDay:
    """One day of the conference and its sessions."""

    date: date
    lines: tuple[SessionLine, ...]
    parts: tuple[DayPart, ...]

    @property
    def start_times(self) -> Iterator[StartTime]:
        """The times at which sessions start."""
        for line in self.lines:
            if line.anchor and line.session.starts_at:
                yield StartTime(line.session.starts_at, line.anchor)

    @property
    def groups(self) -> Iterator[LineGroup]:
        """The lines, grouped by long slot."""
        return _group_lines(self.lines)


@dataclass(frozen=True)
class SessionListing:
    """Sessions by day; those without a time are in ``unscheduled``."""

    days: tuple[ProgrammeDay, ...]
    unscheduled: tuple[SessionLine, ...]

    def __bool__(self) -> bool:
        return bool(self.days or self.unscheduled)

    @property
    def lines(self) -> Iterator[SessionLine]:
        """The lines of all days, and those without a time."""
        yield from chain.from_iterable(day.lines for day in self.days)
        yield from self.unscheduled

    @cached_property
    def has_illustrative(self) -> bool:
        """Whether any of the sessions is illustrative."""
        return any(line.session.is_illustrative for line in self.lines)

    @cached_property
    def has_confirmed(self) -> bool:
        """Whether any session that is not a break is on record, and not illustrative."""
        return any(line.session.is_confirmed for line in self.lines)

    @property
    def is_mixed(self) -> bool:
        """Whether some sessions are illustrative and others are on record."""
        return self.has_illustrative and self.has_confirmed

    @cached_property
    def is_awaiting_speakers(self) -> bool:
        """Whether the speakers of any session are not known yet."""
        return any(line.session.is_awaiting_speakers for line in self.lines)


def build_listing(sessions: Iterable[Session], zone: ZoneInfo) -> SessionListing:
    """Group sessions, which must be sorted by time, by day in the given time zone."""
    sessions_by_day = [
        (day, list(found)) for day, found in groupby(sessions, lambda s: day_of(s, zone))
    ]
    return SessionListing(
        days=tuple(
            _build_day(day, found, zone) for day, found in sessions_by_day if day is not None
        ),
        unscheduled=build_lines(
            one for day, found in sessions_by_day if day is None for one in found
        ),
    )


def build_lines(
    sessions: Iterable[Session], zone: ZoneInfo | None = None
) -> tuple[SessionLine, ...]:
    """Return a line for each session, marking those with the same times as the line before.

    With a time zone, the first line of each start time has an anchor.
    """
    lines: list[SessionLine] = []
    for session in sessions:
        above = lines[-1].session if lines else None
        is_same = (
            above is not None
            and session.starts_at is not None
            and (above.starts_at, above.ends_at) == (session.starts_at, session.ends_at)
        )
        is_first = above is None or above.starts_at != session.starts_at
        lines.append(SessionLine(session, is_same, _make_anchor(session, zone) if is_first else ""))
    return tuple(lines)


def _make_anchor(session: Session, zone: ZoneInfo | None) -> str:
    if zone is None or session.starts_at is None:
        return ""
    return session.starts_at.astimezone(zone).strftime("%Y-%m-%d-%H%M")


def day_of(session: Session, zone: ZoneInfo) -> date | None:
    """Return the day on which a session starts, or None if it has no time."""
    return session.starts_at.astimezone(zone).date() if session.starts_at else None


def _build_day(day: date, sessions: list[Session], zone: ZoneInfo) -> ProgrammeDay:
    parts_by_name = groupby(sessions, lambda session: _day_part_name(session, zone))
    return ProgrammeDay(
        day,
        build_lines(sessions, zone),
        tuple(DayPart(name, build_lines(part, zone)) for name, part in parts_by_name),
    )


def _group_lines(lines: Iterable[SessionLine]) -> Iterator[LineGroup]:
    slots = (tuple(found) for _, found in groupby(lines, lambda line: line.session.starts_at))
    for is_foldable, found in groupby(slots, lambda slot: len(slot) > MAX_UNFOLDABLE):
        if is_foldable:
            yield from (LineGroup(slot, is_foldable=True) for slot in found)
        else:
            yield LineGroup(tuple(chain.from_iterable(found)), is_foldable=False)


def _day_part_name(session: Session, zone: ZoneInfo) -> str:
    hour = session.starts_at.astimezone(zone).hour if session.starts_at else 0
    return "morning" if hour < NOON_HOUR else "afternoon" if hour < EVENING_HOUR else "evening"
