"""The data of the schedule board for one day of the working programme."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app import clock
from app.database import db
from app.errors import NotFound
from app.history.models import HistoryEntry
from app.programme import board_layout, clashes, queries, scheduled_sessions
from app.programme.board_layout import BoardPosition
from app.programme.clashes import Clash
from app.programme.models import Appearance, Conference, Room, Session
from app.programme.scheduled_sessions import ScheduledSession

BREAK = "break"
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class BoardSession:
    """A session on the board, or in the list of unscheduled sessions."""

    session: Session
    column: int  # of its room, from 1; 0 without a room
    position: BoardPosition | None
    clashes: Sequence[Clash]

    @property
    def spans_all_rooms(self) -> bool:
        """Return True for a break without a room, which is drawn across all rooms."""
        return self.session.kind.lower() == BREAK and self.session.room is None


@dataclass(frozen=True)
class BoardDay:
    """A day that the board can show, with the number of its clashes."""

    date: date
    clash_count: int


@dataclass(frozen=True)
class Board:
    """One day of the board: rooms across, time down, and the unscheduled sessions."""

    conference: Conference
    date: date
    days: Sequence[BoardDay]
    rooms: Sequence[Room]
    scheduled: Sequence[BoardSession]  # in order of time, then of rooms
    unscheduled: Sequence[BoardSession]
    clashes: Sequence[Clash]  # of this day, each once
    first_hour: int
    last_hour: int
    scale: int

    @property
    def hours(self) -> Sequence[tuple[int, str]]:
        """Return the hours beside the board, each with its label."""
        return board_layout.list_hour_labels(self.first_hour, self.last_hour)

    @property
    def has_rooms_for_all(self) -> bool:
        """Return True if no scheduled session lacks a room."""
        return all(card.column for card in self.scheduled)

    def clashes_of(self, session: Session) -> Sequence[Clash]:
        """Return the clashes of one session, described from its side."""
        return clashes.group_by_session(self.clashes).get(session.key, ())


def get_board(requested_day: str) -> Board | None:
    """Return a day of the board, or None if there is no conference."""
    conference = db.session.get(Conference, 1)
    sessions, frame = scheduled_sessions.load_scheduled_sessions()
    if conference is None or frame is None:
        return None
    rooms = queries.list_rooms()
    found = clashes.find_clashes(sessions, frame)
    days = _build_days(conference, sessions, found)
    day = _choose_day(requested_day, [one.date for one in days], frame.zone)
    cards = _build_board_sessions(_list_sessions(day, frame.zone), rooms, found, frame.zone)
    spans = [card.position.block for card in cards if card.position]
    first, last = board_layout.get_hour_range(spans)
    return Board(
        conference=conference,
        date=day,
        days=days,
        rooms=rooms,
        scheduled=[card for card in cards if card.position],
        unscheduled=[card for card in cards if not card.position],
        clashes=_clashes_among(found, cards),
        first_hour=first,
        last_hour=last,
        scale=board_layout.choose_scale(spans),
    )


def get_session(slug: str) -> Session:
    """Return a session that can be moved; raise NotFound if there is none."""
    found = db.session.scalar(
        select(Session).where(Session.slug == slug, Session.withdrawn_at.is_(None))
    )
    if found is None:
        raise NotFound("There is no session with that address")
    return found


def list_days(session: Session) -> Sequence[date]:
    """Return the days to which a session can be moved."""
    conference = queries.get_conference()
    zone = ZoneInfo(conference.time_zone)
    now = [session.starts_at.astimezone(zone).date()] if session.starts_at else []
    return sorted({*_conference_days(conference), *now})


def find_last_entry(slug: str) -> HistoryEntry | None:
    """Return the last history entry of a session, so that it can be undone."""
    return db.session.scalar(
        select(HistoryEntry)
        .join(Session, HistoryEntry.subject == "session " + Session.key)
        .where(Session.slug == slug)
        .order_by(HistoryEntry.id.desc())
        .limit(1)
    )


def _conference_days(conference: Conference) -> list[date]:
    length = (conference.ends_on - conference.starts_on).days
    return [conference.starts_on + number * ONE_DAY for number in range(length + 1)]


def _build_days(
    conference: Conference, sessions: Sequence[ScheduledSession], found: Sequence[Clash]
) -> Sequence[BoardDay]:
    """Return the days of the conference, and other days with sessions."""
    dates = {one.key: one.starts_at.date() for one in sessions}
    counts = Counter(dates[clash.session] for clash in found)
    every = sorted({*_conference_days(conference), *dates.values()})
    return [BoardDay(one, counts[one]) for one in every]


def _choose_day(requested_day: str, days: Sequence[date], zone: ZoneInfo) -> date:
    """Return the requested day if it exists, else today, else the first day."""
    today = clock.now().astimezone(zone).date()
    wanted = {one.isoformat(): one for one in days}
    return wanted.get(requested_day) or wanted.get(today.isoformat()) or days[0]


def _list_sessions(day: date, zone: ZoneInfo) -> Sequence[Session]:
    begins = datetime.combine(day, time(), zone).astimezone(UTC)
    ends = datetime.combine(day + ONE_DAY, time(), zone).astimezone(UTC)
    on_that_day = (Session.starts_at >= begins) & (Session.starts_at < ends)
    return db.session.scalars(
        select(Session)
        .where(Session.withdrawn_at.is_(None), on_that_day | Session.starts_at.is_(None))
        .order_by(Session.starts_at, Session.title, Session.id)
        .options(
            joinedload(Session.theme),
            joinedload(Session.room),
            selectinload(Session.appearances).joinedload(Appearance.speaker),
        )
    ).all()


def _build_board_sessions(
    sessions: Sequence[Session], rooms: Sequence[Room], found: Sequence[Clash], zone: ZoneInfo
) -> Sequence[BoardSession]:
    columns: Mapping[int | None, int] = {room.id: n for n, room in enumerate(rooms, start=1)}
    told = clashes.group_by_session(found)
    timed = [
        (
            one,
            board_layout.build_time_block(
                columns.get(one.room_id, 0), one.starts_at, one.ends_at, zone
            ),
        )
        for one in sessions
        if one.starts_at
    ]
    timed.sort(key=lambda pair: (pair[1].start, pair[1].column))
    places = board_layout.build_positions([span for _, span in timed])
    placed = [(one, place) for (one, _), place in zip(timed, places, strict=True)]
    waiting = [(one, None) for one in sessions if not one.starts_at]
    return [
        BoardSession(one, columns.get(one.room_id, 0), place, told.get(one.key, ()))
        for one, place in (*placed, *waiting)
    ]


def _clashes_among(
    found: Sequence[Clash], board_sessions: Sequence[BoardSession]
) -> Sequence[Clash]:
    shown = {card.session.key for card in board_sessions}
    return [clash for clash in found if {clash.session, clash.other_session} & shown]
