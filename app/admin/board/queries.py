"""The data of the schedule board for one day of the working programme."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select
from sqlalchemy.orm import joinedload, selectinload

from app import clock
from app.database import db
from app.errors import NotFound, require
from app.history.models import HistoryEntry
from app.programme import board_layout, clashes, queries, scheduled_sessions
from app.programme.board_layout import WHOLE_DAY, BoardPosition, ColumnTracks
from app.programme.clashes import Clash
from app.programme.models import Appearance, Conference, Room, Session, Theme
from app.programme.scheduled_sessions import ScheduledSession
from app.programme.snapshot import BREAK_KINDS, PLENARY_KIND
from app.releases.search_index import fold

ONE_DAY = timedelta(days=1)
CARD_OPTIONS = (
    joinedload(Session.theme),
    joinedload(Session.room),
    selectinload(Session.appearances).joinedload(Appearance.speaker),
)


@dataclass(frozen=True)
class BoardOptions:
    """What part of the programme the board shows, as its URL says."""

    day: str = ""
    all_hours: bool = False  # from midnight to midnight, not only the hours with sessions
    theme: str = ""  # key of the highlighted theme; "" for all
    find: str = ""  # words in the titles or speakers of unscheduled sessions


@dataclass(frozen=True)
class BoardSession:
    """A session on the board, or in the list of unscheduled sessions."""

    session: Session
    column: int  # of its room, from 1; 0 without a room
    position: BoardPosition | None
    clashes: Sequence[Clash]
    spans_all_rooms: bool = False  # a break or a plenary with nothing else at the same time


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
    themes: Sequence[Theme]  # of all sessions shown
    tracks: Mapping[int, ColumnTracks]  # by the number of the room, from 1; 0 without a room
    scheduled: Sequence[BoardSession]  # in order of time, then of rooms
    unscheduled: Sequence[BoardSession]  # as far as the search finds them
    unscheduled_count: int
    clashes: Sequence[Clash]  # of this day, each once
    first_hour: int
    last_hour: int
    scale: int
    options: BoardOptions

    @property
    def hours(self) -> Sequence[tuple[int, str]]:
        """Return the hours beside the board with their labels."""
        return board_layout.list_hour_labels(self.first_hour, self.last_hour)

    @property
    def has_rooms_for_all(self) -> bool:
        """Return True if every scheduled session has a room or spans all rooms."""
        return all(card.column or card.spans_all_rooms for card in self.scheduled)

    @property
    def css_classes(self) -> str:
        """Return the CSS classes for the size of the board."""
        none = self.tracks[0].span
        wide = sum(one.span for column, one in self.tracks.items() if column) + 1
        size = f"from-{self.first_hour} to-{self.last_hour} wide-{wide} pace-{self.scale}"
        placed = " board--placed" if self.has_rooms_for_all else ""
        return f"{size}{f' none-{none}' if none > 1 else ''}{placed}"

    @property
    def slugs(self) -> dict[str, str]:
        """Return the slugs of the scheduled sessions by their keys."""
        return {card.session.key: card.session.slug for card in self.scheduled}

    @property
    def is_quiet(self) -> bool:
        """Return True if there is no message beside the board."""
        return not self.clashes and not self.unscheduled_count

    def is_faint(self, session: Session) -> bool:
        """Return True if a theme is chosen and the session does not have it."""
        theme = session.theme.key if session.theme else ""
        return bool(self.options.theme) and theme != self.options.theme

    def clashes_of(self, session: Session) -> Sequence[Clash]:
        """Return the clashes of one session, described from its point of view."""
        return clashes.group_by_session(self.clashes).get(session.key, ())


def get_board(options: BoardOptions) -> Board | None:
    """Return a day of the board, or None if there is no conference."""
    conference = db.session.get(Conference, 1)
    sessions, frame = scheduled_sessions.load_scheduled_sessions()
    if conference is None or frame is None:
        return None
    rooms = queries.list_rooms()
    found = clashes.find_clashes(sessions, frame)
    days = _build_days(conference, sessions, found)
    day = _choose_day(options.day, [one.date for one in days], frame.zone)
    cards = _build_board_sessions(_list_sessions(day, frame.zone), rooms, found, frame.zone)
    spans = [card.position.block for card in cards if card.position]
    in_rooms = [card.position.block for card in cards if card.position and not card.spans_all_rooms]
    tracks = board_layout.build_tracks(in_rooms, len(rooms) + 1)
    unscheduled = [card for card in cards if not card.position]
    first, last = board_layout.get_hour_range(spans)
    if options.all_hours:
        first, last = min(first, WHOLE_DAY[0]), max(last, WHOLE_DAY[1])
    return Board(
        conference=conference,
        date=day,
        days=days,
        rooms=rooms,
        themes=_list_themes(cards),
        tracks=tracks,
        scheduled=_place(cards, tracks),
        unscheduled=[card for card in unscheduled if _is_found(card.session, options.find)],
        unscheduled_count=len(unscheduled),
        clashes=_clashes_among(found, cards),
        first_hour=first,
        last_hour=last,
        scale=board_layout.choose_scale(spans),
        options=options,
    )


def get_session(slug: str) -> Session:
    """Return a session that can be moved; raise NotFound if there is none."""
    found = db.session.scalar(
        select(Session).where(Session.slug == slug, Session.withdrawn_at.is_(None))
    )
    return require(found, NotFound("There is no session with that address"))


def list_unscheduled(words: str) -> Sequence[Session]:
    """List the sessions without a time whose title or speakers have these words."""
    rows = db.session.scalars(
        select(Session)
        .where(
            Session.withdrawn_at.is_(None),
            Session.cancelled_at.is_(None),
            Session.starts_at.is_(None),
        )
        .order_by(Session.title, Session.id)
        .options(*CARD_OPTIONS)
    )
    return [row for row in rows if _is_found(row, words)]


def list_days(session: Session) -> Sequence[date]:
    """Return the days to which a session can be moved."""
    conference = queries.get_conference()
    zone = ZoneInfo(conference.time_zone)
    now = [session.starts_at.astimezone(zone).date()] if session.starts_at else []
    return sorted({*_conference_days(conference), *now})


def find_last_change(slug: str) -> Row[tuple[Session, HistoryEntry]] | None:
    """Return a session and its last history entry, so that it can be undone."""
    return db.session.execute(
        select(Session, HistoryEntry)
        .join(Session, HistoryEntry.subject == "session " + Session.key)
        .where(Session.slug == slug)
        .order_by(HistoryEntry.id.desc())
        .limit(1)
    ).first()


def _conference_days(conference: Conference) -> list[date]:
    length = (conference.ends_on - conference.starts_on).days
    return [conference.starts_on + number * ONE_DAY for number in range(length + 1)]


def _build_days(
    conference: Conference, sessions: Sequence[ScheduledSession], found: Sequence[Clash]
) -> Sequence[BoardDay]:
    """Return the days of the conference, and other days with sessions."""
    dates = {session.key: session.starts_at.date() for session in sessions}
    counts = Counter(dates[clash.session] for clash in found)
    all_days = sorted({*_conference_days(conference), *dates.values()})
    return [BoardDay(day, counts[day]) for day in all_days]


def _choose_day(requested_day: str, days: Sequence[date], zone: ZoneInfo) -> date:
    """Return the requested day if it exists, else today, else the first day."""
    today = clock.now().astimezone(zone).date()
    wanted = {day.isoformat(): day for day in days}
    return wanted.get(requested_day) or wanted.get(today.isoformat()) or days[0]


def _list_sessions(day: date, zone: ZoneInfo) -> Sequence[Session]:
    begins = datetime.combine(day, time(), zone).astimezone(UTC)
    ends = datetime.combine(day + ONE_DAY, time(), zone).astimezone(UTC)
    on_that_day = (Session.starts_at >= begins) & (Session.starts_at < ends)
    return db.session.scalars(
        select(Session)
        .where(Session.withdrawn_at.is_(None), on_that_day | Session.starts_at.is_(None))
        .order_by(Session.starts_at, Session.title, Session.id)
        .options(*CARD_OPTIONS)
    ).all()


def _build_board_sessions(
    sessions: Sequence[Session], rooms: Sequence[Room], found: Sequence[Clash], zone: ZoneInfo
) -> Sequence[BoardSession]:
    """Return scheduled sessions in order of time and rooms, then those without a time."""
    columns: Mapping[int | None, int] = {room.id: n for n, room in enumerate(rooms, start=1)}
    clashes_by_key = clashes.group_by_session(found)
    timed = [
        (
            session,
            board_layout.build_time_block(
                columns.get(session.room_id, 0), session.starts_at, session.ends_at, zone
            ),
        )
        for session in sessions
        if session.starts_at
    ]
    timed.sort(key=lambda pair: (pair[1].start, pair[1].column))
    across = board_layout.find_across(
        [block for _, block in timed], [_is_for_everyone(one) for one, _ in timed]
    )
    placed = [
        (one, BoardPosition(block), is_across)
        for (one, block), is_across in zip(timed, across, strict=True)
    ]
    waiting = [(session, None, False) for session in sessions if not session.starts_at]
    return [
        BoardSession(
            one, columns.get(one.room_id, 0), place, clashes_by_key.get(one.key, ()), is_across
        )
        for one, place, is_across in (*placed, *waiting)
    ]


def _is_for_everyone(session: Session) -> bool:
    return session.kind.lower() in {*BREAK_KINDS, PLENARY_KIND}


def _place(
    cards: Sequence[BoardSession], tracks: Mapping[int, ColumnTracks]
) -> Sequence[BoardSession]:
    """Return the scheduled sessions; those that overlap in a room are placed side by side."""
    timed = [(card, card.position.block) for card in cards if card.position]
    positions = board_layout.build_positions([block for _, block in timed], tracks)
    return [
        replace(card, position=position)
        for (card, _), position in zip(timed, positions, strict=True)
    ]


def _list_themes(cards: Sequence[BoardSession]) -> Sequence[Theme]:
    found = {card.session.theme for card in cards} - {None}
    return sorted(filter(None, found), key=lambda theme: (theme.position, theme.id))


def _is_found(session: Session, words: str) -> bool:
    """Return True if each word occurs in the title or in a speaker's name."""
    names = (part.speaker.name for part in session.appearances)
    text = fold(" ".join((session.title, *names)))
    return all(word in text for word in fold(words).split())


def _clashes_among(
    found: Sequence[Clash], board_sessions: Sequence[BoardSession]
) -> Sequence[Clash]:
    shown_keys = {card.session.key for card in board_sessions}
    return [clash for clash in found if {clash.session, clash.other_session} & shown_keys]
