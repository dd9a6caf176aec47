"""Free times of rooms on the schedule board, and the sessions that could take place there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.admin.board.queries import Board
from app.database import db
from app.errors import NotFound
from app.programme import board_layout, clashes, queries
from app.programme.board_layout import MINUTES_PER_HOUR, BoardPosition, TimeBlock
from app.programme.clashes import Clash
from app.programme.models import Room, Session
from app.programme.scheduled_sessions import ProposedMove

USUAL_MINUTES = 60
MAX_LISTED = 30  # unscheduled sessions offered for a free time


@dataclass(frozen=True)
class FreeSlot:
    """A free time in a room, of about an hour."""

    start: int  # minutes after midnight
    position: BoardPosition

    @property
    def clock(self) -> str:
        """Return the start as forms take it: 09:30."""
        hour, minute = divmod(self.start, MINUTES_PER_HOUR)
        return f"{hour:02}:{minute:02}"

    @property
    def label(self) -> str:
        """Return the start as people read it."""
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
    for one in board_layout.list_free_blocks(taken, range(1, len(board.rooms) + 1), hours):
        position = BoardPosition(one, tracks=board.tracks[one.column])
        by_room.setdefault(one.column, []).append(FreeSlot(one.start, position))
    return [(board.rooms[column - 1], slots) for column, slots in by_room.items()]


@dataclass(frozen=True)
class ChosenSlot:
    """A free time in a room that somebody has chosen on the board."""

    day: date
    start: time
    minutes: int
    room: Room
    zone: ZoneInfo

    @property
    def clock(self) -> str:
        """Return the start as forms take it: 09:30."""
        return f"{self.start:%H:%M}"

    @property
    def end_clock(self) -> str:
        """Return the end as forms take it."""
        return f"{self.ends_at.astimezone(self.zone):%H:%M}"

    @property
    def starts_at(self) -> datetime:
        """Return the start as a moment."""
        return datetime.combine(self.day, self.start, self.zone).astimezone(UTC)

    @property
    def ends_at(self) -> datetime:
        """Return the end as a moment."""
        return self.starts_at + timedelta(minutes=self.minutes)


def get_chosen_slot(day: str, start: str, room_key: str) -> ChosenSlot:
    """Return what was chosen, until the next session there; raise NotFound if it is none."""
    room = db.session.scalar(select(Room).where(Room.key == room_key))
    try:
        on, at = date.fromisoformat(day), time.fromisoformat(start)
    except ValueError:
        room = None
    if room is None:
        raise NotFound("There is no such time on the board")
    zone = ZoneInfo(queries.get_conference().time_zone)
    starts_at = datetime.combine(on, at, zone).astimezone(UTC)
    return ChosenSlot(on, at, _count_free_minutes(room, starts_at), room, zone)


def _count_free_minutes(room: Room, starts_at: datetime) -> int:
    """Return the usual length, or less if another session follows in the room."""
    following = db.session.scalar(
        select(Session.starts_at)
        .where(
            Session.room_id == room.id,
            Session.withdrawn_at.is_(None),
            Session.cancelled_at.is_(None),
            Session.starts_at > starts_at,
        )
        .order_by(Session.starts_at)
        .limit(1)
    )
    if following is None:
        return USUAL_MINUTES
    return min(USUAL_MINUTES, int((following - starts_at).total_seconds()) // 60)


def find_clashes(slot: ChosenSlot, sessions: Sequence[Session]) -> dict[str, Sequence[Clash]]:
    """Return the clashes that each of the sessions would have there, by the session's key."""
    moves = [ProposedMove(one.key, slot.starts_at, slot.ends_at, slot.room.key) for one in sessions]
    return clashes.find_for_moves(moves)
