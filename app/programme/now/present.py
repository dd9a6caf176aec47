"""What is on at a moment and what comes next; worked out from what has a time and goes ahead."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.programme import lines
from app.programme.document import Room, Session
from app.programme.lines import Line
from app.programme.published import Programme

A_DAY = timedelta(days=1)
UNKNOWN_LENGTH = timedelta(minutes=30)  # of a session that has no end yet
NEXT_WITHIN = timedelta(minutes=30)  # of the first that begins: the others of the same round

BEFORE, ON, BETWEEN, OVER, UNKNOWN = "before", "on", "between", "over", "unknown"


@dataclass(frozen=True)
class InRoom:
    """What is on in a room, and what comes next there on the same day."""

    room: Room | None  # none: everything without a room
    now: Session | None
    next: Session | None


@dataclass(frozen=True)
class Present:
    """The programme as of a moment."""

    stage: str
    now: Sequence[Line]
    next: Sequence[Line]
    next_at: datetime | None
    rooms: Sequence[InRoom]
    until: datetime | None  # when something of this changes
    is_next_today: bool

    def brief(self, most: int) -> "Present":
        """Give the first few of what is on and of what comes next, for a page that leads to all."""
        return replace(self, now=self.now[:most], next=self.next[:most])


def at(programme: Programme, moment: datetime) -> Present:
    """Tell what is on at a moment."""
    timed = [one for one in programme.sessions if one.starts_at and not one.is_cancelled]
    zone = programme.zone
    now = [one for one in timed if _begins(one) <= moment < ends(one)]
    to_come = [one for one in timed if _begins(one) > moment]
    next_at = min(map(_begins, to_come), default=None)
    following = [one for one in to_come if next_at and _begins(one) <= next_at + NEXT_WITHIN]
    changes = [
        *(ends(one) for one in now),
        *filter(None, (next_at, midnight(_day(moment, zone) + A_DAY, zone))),
    ]
    return Present(
        stage=_stage(timed, now, next_at, moment),
        now=lines.lines(now),
        next=lines.lines(following),
        next_at=next_at,
        rooms=_rooms(programme, now, to_come, moment),
        until=min(changes) if timed else None,
        is_next_today=next_at is not None and _day(next_at, zone) == _day(moment, zone),
    )


def span(programme: Programme) -> tuple[datetime, datetime]:
    """Tell when the first day of the conference begins and its last one ends."""
    facts, days = programme.conference, [day.date for day in programme.days]
    first, last = min([facts.starts_on, *days]), max([facts.ends_on, *days])
    return midnight(first, programme.zone), midnight(last + A_DAY, programme.zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Tell when a day begins."""
    return datetime.combine(day, time(), zone)


def ends(session: Session) -> datetime:
    """Tell when a session is over, as far as one knows."""
    return session.ends_at or _begins(session) + UNKNOWN_LENGTH


def _begins(session: Session) -> datetime:
    assert session.starts_at is not None  # noqa: S101 - it is among those with a time
    return session.starts_at


def _stage(
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
    return BEFORE if moment < min(map(_begins, timed)) else BETWEEN


def _rooms(
    programme: Programme, now: Sequence[Session], to_come: Sequence[Session], moment: datetime
) -> Sequence[InRoom]:
    """Go through the rooms in their order, leaving out those where nothing is on any more."""
    today = _day(moment, programme.zone)
    later = [one for one in to_come if _day(_begins(one), programme.zone) == today]
    found = (
        InRoom(room, _first_in(room, now), _first_in(room, later))
        for room in (*programme.rooms, None)
    )
    return [one for one in found if one.now or one.next]


def _first_in(room: Room | None, sessions: Sequence[Session]) -> Session | None:
    slug = room.slug if room else None
    return next((one for one in sessions if (one.room.slug if one.room else None) == slug), None)


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
