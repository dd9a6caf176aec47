"""Days of the programme by room and time: one list, which classes draw as a grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from zoneinfo import ZoneInfo

from app.programme import drawn
from app.programme.document import Room, Session
from app.programme.drawn import HOUR, Drawn, Span
from app.programme.lines import Day

MOST_ROOMS_ON_PAPER = 10  # more columns could not be read on one sheet
LATEST = 48 * HOUR  # minutes: midnight of the next day


@dataclass(frozen=True)
class Slot:
    """A session and where it is drawn."""

    session: Session
    drawn: Drawn
    is_across: bool  # a pause of the whole conference, drawn across the rooms


@dataclass(frozen=True)
class Grid:
    """One day: rooms across, time down."""

    date: date
    rooms: Sequence[Room]  # in which something is on that day
    slots: Sequence[Slot]  # in order of time, then of rooms
    is_placed: bool  # whether everything has a room

    @property
    def fits_on_paper(self) -> bool:
        """Whether its columns can be read on one sheet."""
        return len(self.rooms) <= MOST_ROOMS_ON_PAPER

    @property
    def first_hour(self) -> int:
        """The hour in which the day begins."""
        return min(slot.drawn.span.start for slot in self.slots) // HOUR

    @property
    def last_hour(self) -> int:
        """The hour by which it is over; after 24 it goes on past midnight."""
        return -(-max(slot.drawn.span.end for slot in self.slots) // HOUR)

    @cached_property
    def pace(self) -> int:
        """How large an hour is drawn."""
        return drawn.pace([slot.drawn.span for slot in self.slots])

    @property
    def hours(self) -> Sequence[tuple[int, str]]:
        """The hours that stand beside it, and what clocks show then."""
        return drawn.hours_told(self.first_hour, self.last_hour)


def of_day(day: Day, rooms: Sequence[Room], zone: ZoneInfo) -> Grid:
    """Draw one day."""
    sessions = [line.session for line in day.lines]
    used = {one.room.slug for one in sessions if one.room}
    columns = {room.slug: n for n, room in enumerate((r for r in rooms if r.slug in used), start=1)}
    spans = [_span(one, columns, zone) for one in sessions]
    slots = [
        Slot(one, place, _is_across(one))
        for one, place in zip(sessions, drawn.drawn(spans), strict=True)
    ]
    return Grid(
        date=day.date,
        rooms=[room for room in rooms if room.slug in columns],
        slots=sorted(slots, key=lambda slot: (slot.drawn.span.start, slot.drawn.span.column)),
        is_placed=all(slot.session.room or slot.is_across for slot in slots),
    )


def _span(session: Session, columns: dict[str, int], zone: ZoneInfo) -> Span:
    assert session.starts_at is not None  # noqa: S101 - a day holds what has a time
    column = columns[session.room.slug] if session.room else 0
    whole = drawn.span(column, session.starts_at, session.ends_at, zone)
    return Span(column, whole.start, min(whole.minutes, LATEST - whole.start))


def _is_across(session: Session) -> bool:
    return session.is_pause and session.room is None
