"""One day of the working programme as the board shows it."""

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
from app.history.models import Entry
from app.programme import clashes, drawn, queries, working_programme
from app.programme.clashes import Clash
from app.programme.drawn import Drawn
from app.programme.models import Appearance, Conference, Room, Session
from app.programme.placed import Placed

BREAK = "break"
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Card:
    """A session on the board or beside it."""

    session: Session
    column: int  # of its room; 0 for none
    drawn: Drawn | None
    clashes: Sequence[Clash]

    @property
    def is_across(self) -> bool:
        """Whether it is a pause of the whole conference, drawn across the rooms."""
        return self.session.kind.lower() == BREAK and self.session.room is None


@dataclass(frozen=True)
class Day:
    """A day that the board can show."""

    date: date
    clashes: int


@dataclass(frozen=True)
class Board:
    """One day: rooms across, time down, and beside it what has no time."""

    conference: Conference
    date: date
    days: Sequence[Day]
    rooms: Sequence[Room]
    cards: Sequence[Card]  # in order of time, then of rooms
    waiting: Sequence[Card]
    clashes: Sequence[Clash]  # of this day, each once
    first_hour: int
    last_hour: int
    pace: int

    @property
    def hours(self) -> Sequence[tuple[int, str]]:
        """The hours that stand beside the board, and what clocks show then."""
        return drawn.hours_told(self.first_hour, self.last_hour)

    @property
    def is_placed(self) -> bool:
        """Whether nothing stands in the column of what has no room."""
        return all(card.column for card in self.cards)

    def clashes_of(self, session: Session) -> Sequence[Clash]:
        """Give the clashes of one session, told from its side."""
        return clashes.by_session(self.clashes).get(session.key, ())


def board(asked: str) -> Board | None:
    """Read one day of the board; without a conference there is none."""
    conference = db.session.get(Conference, 1)
    sessions, frame = working_programme.placed()
    if conference is None or frame is None:
        return None
    rooms = queries.rooms()
    found = clashes.find(sessions, frame)
    days = _days(conference, sessions, found)
    day = _chosen(asked, [one.date for one in days], frame.zone)
    cards = _cards(_sessions(day, frame.zone), rooms, found, frame.zone)
    spans = [card.drawn.span for card in cards if card.drawn]
    first, last = drawn.hours(spans)
    return Board(
        conference=conference,
        date=day,
        days=days,
        rooms=rooms,
        cards=[card for card in cards if card.drawn],
        waiting=[card for card in cards if not card.drawn],
        clashes=_of_these(found, cards),
        first_hour=first,
        last_hour=last,
        pace=drawn.pace(spans),
    )


def session(slug: str) -> Session:
    """Find a session that can be moved."""
    found = db.session.scalar(
        select(Session).where(Session.slug == slug, Session.withdrawn_at.is_(None))
    )
    if found is None:
        raise NotFound("There is no session with that address")
    return found


def days(session: Session) -> Sequence[date]:
    """List the days on which a session can be put."""
    conference = queries.conference()
    zone = ZoneInfo(conference.time_zone)
    now = [session.starts_at.astimezone(zone).date()] if session.starts_at else []
    return sorted({*_of_conference(conference), *now})


def last_move(slug: str) -> Entry | None:
    """Find what was done last to a session, so that it can be undone."""
    return db.session.scalar(
        select(Entry)
        .join(Session, Entry.about == "session " + Session.key)
        .where(Session.slug == slug)
        .order_by(Entry.id.desc())
        .limit(1)
    )


def _of_conference(conference: Conference) -> list[date]:
    length = (conference.ends_on - conference.starts_on).days
    return [conference.starts_on + number * A_DAY for number in range(length + 1)]


def _days(
    conference: Conference, sessions: Sequence[Placed], found: Sequence[Clash]
) -> Sequence[Day]:
    """List the days of the conference, and any other on which something happens."""
    dates = {one.key: one.starts_at.date() for one in sessions}
    counts = Counter(dates[clash.session] for clash in found)
    every = sorted({*_of_conference(conference), *dates.values()})
    return [Day(one, counts[one]) for one in every]


def _chosen(asked: str, days: Sequence[date], zone: ZoneInfo) -> date:
    """Choose the day that was asked for, or else today, or else the first."""
    today = clock.now().astimezone(zone).date()
    wanted = {one.isoformat(): one for one in days}
    return wanted.get(asked) or wanted.get(today.isoformat()) or days[0]


def _sessions(day: date, zone: ZoneInfo) -> Sequence[Session]:
    begins = datetime.combine(day, time(), zone).astimezone(UTC)
    ends = datetime.combine(day + A_DAY, time(), zone).astimezone(UTC)
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


def _cards(
    sessions: Sequence[Session], rooms: Sequence[Room], found: Sequence[Clash], zone: ZoneInfo
) -> Sequence[Card]:
    columns: Mapping[int | None, int] = {room.id: n for n, room in enumerate(rooms, start=1)}
    told = clashes.by_session(found)
    timed = [
        (one, drawn.span(columns.get(one.room_id, 0), one.starts_at, one.ends_at, zone))
        for one in sessions
        if one.starts_at
    ]
    timed.sort(key=lambda pair: (pair[1].start, pair[1].column))
    places = drawn.drawn([span for _, span in timed])
    placed = [(one, place) for (one, _), place in zip(timed, places, strict=True)]
    waiting = [(one, None) for one in sessions if not one.starts_at]
    return [
        Card(one, columns.get(one.room_id, 0), place, told.get(one.key, ()))
        for one, place in (*placed, *waiting)
    ]


def _of_these(found: Sequence[Clash], cards: Sequence[Card]) -> Sequence[Clash]:
    shown = {card.session.key for card in cards}
    return [clash for clash in found if {clash.session, clash.other} & shown]
