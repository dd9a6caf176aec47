"""Days of the programme by room and time: one list, which classes draw as a grid.

A row goes from one moment at which something begins or ends to the next, and is as tall as what is
said in it; a room has as many columns as it has sessions at once. So no word is cut off, and hours
in which nothing happens take no space. Pages may hold no styles of their own: each row and column
is a class with a number (``assets/scss/grid/_numbers.scss``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

from app.programme.document import Room, Session
from app.programme.drawn import HOUR, Span, side_by_side, span
from app.programme.lines import Day
from app.web.words import on_the_clock

MOST_ROOMS_ON_PAPER = 10  # more columns could not be read on one sheet
MOST_ROWS, MOST_COLUMNS = 200, 100  # for which there are classes; larger days stay a list
LATEST = 48 * HOUR  # minutes: midnight of the next day
NO_ROOM = 0  # the place of what has none
Lines = tuple[int, int]  # between rows, or columns: where something begins, and where it ends


@dataclass(frozen=True)
class Slot:
    """A session and where it is drawn."""

    session: Session
    rows: Lines
    columns: Lines
    is_across: bool  # a pause of the whole conference, drawn across the rooms

    @property
    def classes(self) -> str:
        """The classes that draw it there."""
        rows = _classes("r", self.rows)
        return rows if self.is_across else f"{rows} {_classes('c', self.columns)}"


@dataclass(frozen=True)
class Head:
    """A room above its columns; without one, above what has no room."""

    room: Room | None
    columns: Lines

    @property
    def classes(self) -> str:
        """The classes that draw it there."""
        return _classes("c", self.columns)


@dataclass(frozen=True)
class Grid:
    """One day: rooms across, time down."""

    date: date
    heads: Sequence[Head]  # the rooms in which something is on that day
    slots: Sequence[Slot]  # in order of time, then of rooms
    moments: Sequence[int]  # minutes after midnight, at which something begins or ends

    @property
    def is_drawn(self) -> bool:
        """Whether there are classes for all of it."""
        return len(self.moments) <= MOST_ROWS and self.width <= MOST_COLUMNS

    @property
    def fits_on_paper(self) -> bool:
        """Whether its columns can be read on one sheet."""
        return self.is_drawn and self.width <= MOST_ROOMS_ON_PAPER

    @property
    def width(self) -> int:
        """How many columns it has."""
        return self.heads[-1].columns[1] - 1 if self.heads else 1

    @cached_property
    def times(self) -> Sequence[tuple[int, str]]:
        """The rows in which something begins, and what clocks show then."""
        begins = {slot.rows[0] for slot in self.slots}
        return [
            (row, on_the_clock(datetime(2000, 1, 1, minutes // HOUR % 24, minutes % HOUR)))  # noqa: DTZ001 - any day
            for row, minutes in enumerate(self.moments, start=1)
            if row in begins
        ]


def _classes(name: str, lines: Lines) -> str:
    """Name where something begins; what goes on for more than one row or column, also its end."""
    begins, ends = lines
    return f"{name}{begins}" if ends == begins + 1 else f"{name}{begins} to-{name}{ends}"


def of_day(day: Day, rooms: Sequence[Room], zone: ZoneInfo) -> Grid:
    """Draw one day."""
    sessions = [line.session for line in day.lines]
    named = dict(enumerate((None, *rooms)))
    places = {room.slug: place for place, room in named.items() if room}
    spans = [_span(one, places, zone) for one in sessions]
    across = [
        one.is_pause and one.room is None and _is_alone(number, spans)
        for number, one in enumerate(sessions)
    ]
    tracks = _tracks(spans, across)
    moments = sorted({minutes for one in spans for minutes in (one.start, one.end)})
    lines = {minutes: line for line, minutes in enumerate(moments, start=1)}
    slots = [
        Slot(session, (lines[one.start], lines[one.end]), columns, is_across)
        for session, one, columns, is_across in zip(
            sessions, spans, _columns(spans, tracks), across, strict=True
        )
    ]
    return Grid(
        date=day.date,
        heads=[Head(named[place], columns) for place, columns in tracks.items()],
        slots=sorted(slots, key=lambda slot: (slot.rows[0], slot.columns)),
        moments=moments,
    )


def _span(session: Session, places: Mapping[str, int], zone: ZoneInfo) -> Span:
    assert session.starts_at is not None  # noqa: S101 - a day holds what has a time
    place = places[session.room.slug] if session.room else NO_ROOM
    whole = span(place, session.starts_at, session.ends_at, zone)
    return Span(place, whole.start, min(whole.minutes, LATEST - whole.start))


def _is_alone(number: int, spans: Sequence[Span]) -> bool:
    """Whether nothing else goes on at the time."""
    one = spans[number]
    return not any(
        other.start < one.end and one.start < other.end
        for at, other in enumerate(spans)
        if at != number
    )


def _tracks(spans: Sequence[Span], across: Sequence[bool]) -> dict[int, Lines]:
    """Give each place that is in use as many columns as it has sessions at once."""
    widest: dict[int, int] = {}
    for one, (_, lanes), is_across in zip(spans, side_by_side(spans), across, strict=True):
        if not is_across:
            widest[one.column] = max(lanes, widest.get(one.column, 0))
    used = sorted(widest)
    lines = accumulate((widest[place] for place in used), initial=1)
    return dict(zip(used, pairwise(lines), strict=True))


def _columns(spans: Sequence[Span], tracks: Mapping[int, Lines]) -> Iterator[Lines]:
    """Share the columns of each place among those that are there at once."""
    for one, (lane, lanes) in zip(spans, side_by_side(spans), strict=True):
        first, last = tracks.get(one.column, (1, 1))  # what lies across alone has none of its own
        width = last - first
        yield first + lane * width // lanes, first + (lane + 1) * width // lanes
