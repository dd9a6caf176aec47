"""The programme of a day as a grid, with rooms across and time down, laid out by CSS classes.

A row lasts from one time at which a session starts or ends to the next, and is as tall as its
text needs; a room has as many columns as it has sessions at once. So no text is cut off, and
hours without sessions take no space. The content security policy forbids inline styles: each row
and column is a numbered class (``assets/scss/grid/_dimensions.scss``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import accumulate, pairwise
from math import ceil
from zoneinfo import ZoneInfo

from app.programme.board_layout import MINUTES_PER_HOUR, TimeBlock, assign_lanes, build_time_block
from app.programme.listing import ProgrammeDay
from app.programme.snapshot import Room, Session, Theme
from app.web.formatting import format_time

MAX_ROOMS_ON_PAPER = 10  # columns; more are unreadable on one page
MAX_ROWS, MAX_COLUMNS = 200, 100  # there are CSS classes up to these numbers,
COMMON_ROWS, COMMON_COLUMNS = 48, 32  # and up to these numbers in the style sheet of every grid
LETTER_SIZES = (10.0, 9.0, 8.0, 7.0, 6.5)  # points, on paper; smaller ones are hard to read
SHEET_WIDTH, SHEET_HEIGHT = 730, 510  # points available for the sessions on A4 landscape
TITLE_LETTER, NAME_LETTER, LINE = 0.59, 0.53, 1.2  # letter width, line height
ROW_PADDING = 6  # points
LATEST_MINUTE = 48 * MINUTES_PER_HOUR  # minutes after midnight: the end of the next day
NO_ROOM_INDEX = 0  # column of sessions without a room
GridLines = tuple[int, int]  # first line and end line, as in CSS grid-row and grid-column


@dataclass(frozen=True)
class Slot:
    """A session and its position in the grid."""

    session: Session
    rows: GridLines
    columns: GridLines
    spans_all_rooms: bool  # a break or a plenary, drawn across all rooms
    is_marked_confirmed: bool  # shown because other sessions of the programme are illustrative

    @property
    def classes(self) -> str:
        """CSS classes for this position."""
        rows = _classes("r", self.rows)
        return rows if self.spans_all_rooms else f"{rows} {_classes('c', self.columns)}"


@dataclass(frozen=True)
class RoomColumn:
    """The heading of a room's columns; ``room`` is None for sessions without a room."""

    room: Room | None
    columns: GridLines

    @property
    def classes(self) -> str:
        """CSS classes for this position."""
        return _classes("c", self.columns)


@dataclass(frozen=True)
class Grid:
    """The grid of one day."""

    date: date
    room_columns: Sequence[RoomColumn]  # rooms with sessions on that day
    slots: Sequence[Slot]  # by time, then by room
    row_minutes: Sequence[int]  # start of each row, in minutes after midnight

    @property
    def is_drawable(self) -> bool:
        """Whether there are CSS classes for all of it; if not, the day is shown as a list."""
        return len(self.row_minutes) <= MAX_ROWS and self.width <= MAX_COLUMNS

    @property
    def is_large(self) -> bool:
        """Whether it needs the classes of the other style sheet."""
        return len(self.row_minutes) > COMMON_ROWS or self.width > COMMON_COLUMNS

    @property
    def fits_on_paper(self) -> bool:
        """Whether the columns are readable when printed on one page."""
        return self.is_drawable and self.width <= MAX_ROOMS_ON_PAPER

    @cached_property
    def letter_size(self) -> int:
        """The largest of LETTER_SIZES at which the day fits on one page."""
        sizes = enumerate(LETTER_SIZES)
        fitting = (index for index, size in sizes if self._estimate_height(size) <= SHEET_HEIGHT)
        return next(fitting, len(LETTER_SIZES) - 1)

    def _estimate_height(self, size: float) -> float:
        """Estimate the height of all rows on paper, in points."""
        lines: dict[int, int] = {}
        for slot in self.slots:
            row = slot.rows[0]
            lines[row] = max(lines.get(row, 1), self._estimate_lines(slot, size))
        return sum(count * size * LINE + ROW_PADDING for count in lines.values())

    def _estimate_lines(self, slot: Slot, size: float) -> int:
        """Estimate how many lines of text a session has on paper."""
        if slot.spans_all_rooms:
            return 1
        begins, ends = slot.columns
        width = SHEET_WIDTH * (ends - begins) / self.width / size
        names = sum(len(part.name) + 2 for part in slot.session.parts)
        title = len(slot.session.title) + 3  # with the symbol of the theme
        return ceil(title * TITLE_LETTER / width) + ceil(names * NAME_LETTER / width)

    @property
    def width(self) -> int:
        """The number of columns."""
        return self.room_columns[-1].columns[1] - 1 if self.room_columns else 1

    @cached_property
    def themes(self) -> Sequence[Theme]:
        """The themes of its sessions, for the key above it."""
        found = dict.fromkeys(slot.session.theme for slot in self.slots)
        return sorted(filter(None, found), key=lambda theme: theme.palette)

    @cached_property
    def times(self) -> Sequence[tuple[int, str]]:
        """The rows in which a session starts, from 1, each with its formatted time."""
        begins = {slot.rows[0] for slot in self.slots}
        return [
            (
                row,
                format_time(
                    datetime(  # noqa: DTZ001 - only the time of day is used
                        2000, 1, 1, minutes // MINUTES_PER_HOUR % 24, minutes % MINUTES_PER_HOUR
                    )
                ),
            )
            for row, minutes in enumerate(self.row_minutes, start=1)
            if row in begins
        ]


def _classes(name: str, lines: GridLines) -> str:
    """Return the class of the first line, and of the end line if it spans more than one track."""
    begins, ends = lines
    return f"{name}{begins}" if ends == begins + 1 else f"{name}{begins} to-{name}{ends}"


def build_day(
    day: ProgrammeDay, rooms: Sequence[Room], zone: ZoneInfo, *, marks_confirmed: bool = False
) -> Grid:
    """Build the grid of one day."""
    sessions = [line.session for line in day.lines]
    named = dict(enumerate((None, *rooms)))
    places = {room.slug: place for place, room in named.items() if room}
    spans = [_build_block(session, places, zone) for session in sessions]
    across = [
        one.is_for_everyone and _overlaps_nothing(number, spans)
        for number, one in enumerate(sessions)
    ]
    tracks = _room_columns(spans, across)
    moments = sorted({minutes for span in spans for minutes in (span.start, span.end)})
    lines = {minutes: line for line, minutes in enumerate(moments, start=1)}
    slots = [
        Slot(
            session,
            (lines[one.start], lines[one.end]),
            columns,
            is_across,
            marks_confirmed and not (session.is_illustrative or session.is_break),
        )
        for session, one, columns, is_across in zip(
            sessions, spans, _slot_columns(spans, tracks), across, strict=True
        )
    ]
    return Grid(
        date=day.date,
        room_columns=[RoomColumn(named[place], columns) for place, columns in tracks.items()],
        slots=sorted(slots, key=lambda slot: (slot.rows[0], slot.columns)),
        row_minutes=moments,
    )


def _build_block(session: Session, room_indexes: Mapping[str, int], zone: ZoneInfo) -> TimeBlock:
    assert session.starts_at is not None  # noqa: S101 - sessions of a day have a time
    place = room_indexes[session.room.slug] if session.room else NO_ROOM_INDEX
    whole = build_time_block(place, session.starts_at, session.ends_at, zone)
    return TimeBlock(place, whole.start, min(whole.minutes, LATEST_MINUTE - whole.start))


def _overlaps_nothing(number: int, spans: Sequence[TimeBlock]) -> bool:
    """Return True if no other session is on at the same time."""
    one = spans[number]
    return not any(
        other.start < one.end and one.start < other.end
        for at, other in enumerate(spans)
        if at != number
    )


def _room_columns(spans: Sequence[TimeBlock], across: Sequence[bool]) -> dict[int, GridLines]:
    """Give each room in use as many columns as it has sessions at once."""
    widest: dict[int, int] = {}
    for one, (_, lanes), is_across in zip(spans, assign_lanes(spans), across, strict=True):
        if not is_across:
            widest[one.column] = max(lanes, widest.get(one.column, 0))
    used = sorted(widest)
    lines = accumulate((widest[place] for place in used), initial=1)
    return dict(zip(used, pairwise(lines), strict=True))


def _slot_columns(
    spans: Sequence[TimeBlock], room_columns: Mapping[int, GridLines]
) -> Iterator[GridLines]:
    """Divide the columns of each room among the sessions that overlap in it."""
    for one, (lane, lanes) in zip(spans, assign_lanes(spans), strict=True):
        first, last = room_columns.get(
            one.column, (1, 1)
        )  # only sessions across all rooms: one column
        width = last - first
        yield first + lane * width // lanes, first + (lane + 1) * width // lanes
