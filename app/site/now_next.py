"""What is on at a moment and what comes next; only scheduled sessions, not cancelled ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.programme import listing
from app.programme.listing import SessionLine, SessionListing
from app.programme.snapshot import Room, Session
from app.releases.published_programme import PublishedProgramme

ONE_DAY = timedelta(days=1)
DEFAULT_LENGTH = timedelta(minutes=30)  # of a session without an end
ROOMS_PER_SCREEN = 5  # in letters that can be read from eight metres
MAX_SCREEN_PAGES = 20
NEXT_WITHIN = timedelta(minutes=30)  # after the first upcoming session; these are listed together

BEFORE, ON, BETWEEN, OVER, UNKNOWN = "before", "on", "between", "over", "unknown"


@dataclass(frozen=True)
class RoomStatus:
    """What is on in a room, and what comes next there on the same day."""

    room: Room | None  # None for sessions without a room
    now: Session | None
    next: Session | None

    @property
    def is_for_everyone(self) -> bool:
        """Whether this is a break, not a session with an unknown room."""
        session = self.now or self.next
        return self.room is None and session is not None and session.is_break


@dataclass(frozen=True)
class NowNext:
    """What is on at a moment and what comes next."""

    stage: str
    now: Sequence[SessionLine]
    next: Sequence[SessionLine]
    next_at: datetime | None
    rooms: Sequence[RoomStatus]  # of today, or of the next day if today is over
    break_now: Session | None  # if only this break is on
    changes_at: datetime | None  # when this becomes outdated
    is_next_today: bool

    @property
    def listing(self) -> SessionListing:
        """All these sessions, for the note about illustrative ones."""
        return SessionListing(days=(), unscheduled=(*self.now, *self.next))

    def summary(self, maximum: int) -> "NowNext":
        """Return a copy with at most this many sessions now and next."""
        return replace(self, now=self.now[:maximum], next=self.next[:maximum])


def get_now_next(programme: PublishedProgramme, moment: datetime) -> NowNext:
    """Return what is on at a moment and what comes next."""
    timed = [
        session for session in programme.sessions if session.starts_at and not session.is_cancelled
    ]
    zone, today = programme.zone, _local_date(moment, programme.zone)
    now = [session for session in timed if _get_start(session) <= moment < get_end(session)]
    upcoming = [session for session in timed if _get_start(session) > moment]
    next_at = min(map(_get_start, upcoming), default=None)
    following = [
        session for session in upcoming if next_at and _get_start(session) <= next_at + NEXT_WITHIN
    ]
    changes = [
        *(get_end(session) for session in now),
        *filter(None, (next_at, start_of_day(today + ONE_DAY, zone))),
    ]
    is_break = bool(now) and all(session.is_break for session in now)
    is_next_today = next_at is not None and _local_date(next_at, zone) == today
    day = today if now or next_at is None else _local_date(next_at, zone)
    return NowNext(
        stage=_find_stage(timed, now, next_at, moment),
        now=listing.build_lines(now),
        next=listing.build_lines(following),
        next_at=next_at,
        rooms=_list_room_statuses(programme, [] if is_break else now, upcoming, day),
        break_now=now[0] if is_break else None,
        changes_at=min(changes) if timed else None,
        is_next_today=is_next_today,
    )


@dataclass(frozen=True)
class ScreenPage:
    """The rooms that a large screen shows at once, as one of several pages."""

    rooms: Sequence[RoomStatus]
    number: int
    count: int
    first: int  # the position of the first room, from 1

    @property
    def following(self) -> int:
        """The next page; after the last, the first."""
        return self.number % self.count + 1

    @property
    def last(self) -> int:
        """The position of the last room."""
        return self.first + len(self.rooms) - 1


def build_screen_page(rooms: Sequence[RoomStatus], number: int) -> ScreenPage:
    """Divide the rooms evenly among as few pages as possible, and return one of the pages."""
    count = max(1, min(MAX_SCREEN_PAGES, -(-len(rooms) // ROOMS_PER_SCREEN)))
    number = number if number <= count else 1  # there may be fewer rooms now
    begins, ends = (len(rooms) * page // count for page in (number - 1, number))
    return ScreenPage(rooms[begins:ends], number, count, begins + 1)


def get_conference_span(programme: PublishedProgramme) -> tuple[datetime, datetime]:
    """Return the start of the first day and the end of the last day of the conference."""
    facts, days = programme.conference, [day.date for day in programme.days]
    first, last = min([facts.starts_on, *days]), max([facts.ends_on, *days])
    return start_of_day(first, programme.zone), start_of_day(last + ONE_DAY, programme.zone)


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return midnight at the beginning of a day."""
    return datetime.combine(day, time(), zone)


def get_end(session: Session) -> datetime:
    """Return when a session ends, or its start plus DEFAULT_LENGTH if the end is unknown."""
    return session.ends_at or _get_start(session) + DEFAULT_LENGTH


def _get_start(session: Session) -> datetime:
    assert session.starts_at is not None  # noqa: S101 - only sessions with a time get here
    return session.starts_at


def _find_stage(
    timed: Sequence[Session],
    now: Sequence[Session],
    next_at: datetime | None,
    moment: datetime,
) -> str:
    if not timed:
        return UNKNOWN
    if now:
        return ON
    if next_at is None:
        return OVER
    return BEFORE if moment < min(map(_get_start, timed)) else BETWEEN


def _list_room_statuses(
    programme: PublishedProgramme,
    now: Sequence[Session],
    to_come: Sequence[Session],
    day: date,
) -> Sequence[RoomStatus]:
    """Return the rooms in order, without those that have nothing more on that day."""
    later = [
        session for session in to_come if _local_date(_get_start(session), programme.zone) == day
    ]
    statuses = (
        RoomStatus(room, _first_in_room(room, now), _first_in_room(room, later))
        for room in (*programme.rooms, None)
    )
    return [status for status in statuses if status.now or status.next]


def _first_in_room(room: Room | None, sessions: Sequence[Session]) -> Session | None:
    slug = room.slug if room else None
    return next(
        (session for session in sessions if (session.room.slug if session.room else None) == slug),
        None,
    )


def _local_date(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
