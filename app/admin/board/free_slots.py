"""Free times of rooms on the schedule board, and the sessions that could take place there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ScalarSelect, func, select

from app.admin.board.queries import Board
from app.database import db
from app.errors import NotFound
from app.programme import board_layout, clashes, queries
from app.programme.board_layout import MINUTES_PER_HOUR, BoardPosition, TimeBlock
from app.programme.clashes import Clash
from app.programme.models import Conference, Room, Session
from app.programme.scheduled_sessions import ProposedMove

USUAL_LENGTH = timedelta(hours=1)
MAX_LISTED = 30  # unscheduled sessions offered for a free time
NO_SUCH_TIME = "There is no such time on the board"


@dataclass(frozen=True)
class FreeSlot:
    """A free time in a room, of about an hour."""

    start: int  # minutes after midnight
    position: BoardPosition

    @property
    def clock(self) -> str:
        """Return the start as an HTML time: 09:30."""
        hour, minute = divmod(self.start, MINUTES_PER_HOUR)
        return f"{hour:02}:{minute:02}"

    @property
    def label(self) -> str:
        """Return the start as people read it: 9:30am."""
        return board_layout.format_minutes(self.start)


def list_free_slots(board: Board) -> Sequence[tuple[Room, Sequence[FreeSlot]]]:
    """Return the free times of each room, cut at the full hours."""
    taken = [
        TimeBlock(
            0 if card.spans_all_rooms else card.column,
            card.position.block.start,
            card.position.block.minutes,
        )
        for card in board.scheduled
        if card.position and (card.column or card.spans_all_rooms)
    ]
    hours = (board.first_hour, board.last_hour)
    by_room: dict[int, list[FreeSlot]] = {}
    for block in board_layout.list_free_blocks(taken, range(1, len(board.rooms) + 1), hours):
        position = BoardPosition(block, tracks=board.tracks[block.column])
        by_room.setdefault(block.column, []).append(FreeSlot(block.start, position))
    return [(board.rooms[column - 1], slots) for column, slots in by_room.items()]


@dataclass(frozen=True)
class ChosenSlot:
    """A free time in a room that was chosen on the board."""

    day: date
    start: time
    minutes: int
    room: Room
    conference: Conference

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone of the conference."""
        return ZoneInfo(self.conference.time_zone)

    @property
    def clock(self) -> str:
        """Return the start as an HTML time: 09:30."""
        return f"{self.start:%H:%M}"

    @property
    def end_clock(self) -> str:
        """Return the end as an HTML time."""
        return f"{self.ends_at.astimezone(self.zone):%H:%M}"

    @property
    def starts_at(self) -> datetime:
        """Return the start in UTC."""
        return datetime.combine(self.day, self.start, self.zone).astimezone(UTC)

    @property
    def ends_at(self) -> datetime:
        """Return the end in UTC."""
        return self.starts_at + timedelta(minutes=self.minutes)


def get_chosen_slot(day: str, start: str, room_key: str) -> ChosenSlot:
    """Return the chosen slot, until the next session there; raise NotFound if it is not free."""
    conference = queries.get_conference()
    zone = ZoneInfo(conference.time_zone)
    try:
        on, at = date.fromisoformat(day), time.fromisoformat(start)
        starts_at = datetime.combine(on, at, zone).astimezone(UTC)
        usual_end = starts_at + USUAL_LENGTH
    except (ValueError, OverflowError):
        raise NotFound(NO_SUCH_TIME) from None
    found = db.session.execute(
        select(Room, _next_start(starts_at)).where(Room.key == room_key)
    ).one_or_none()
    if found is None:
        raise NotFound(NO_SUCH_TIME)
    room, next_start = found
    ends_at = min(usual_end, next_start or usual_end)
    minutes = int((ends_at - starts_at).total_seconds()) // 60
    return ChosenSlot(on, at, minutes, room, conference)


def _next_start(starts_at: datetime) -> ScalarSelect[datetime | None]:
    """Return the subquery for the start of the session that follows in a room."""
    return (
        select(func.min(Session.starts_at))
        .where(
            Session.room_id == Room.id,
            Session.withdrawn_at.is_(None),
            Session.cancelled_at.is_(None),
            Session.starts_at > starts_at,
        )
        .scalar_subquery()
    )


def find_clashes(slot: ChosenSlot, sessions: Sequence[Session]) -> dict[str, Sequence[Clash]]:
    """Return the clashes that each of the sessions would have there, by the session's key."""
    moves = [
        ProposedMove(session.key, slot.starts_at, slot.ends_at, slot.room.key)
        for session in sessions
    ]
    return clashes.find_for_moves(moves)
