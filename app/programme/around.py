"""What stands around a session: before and after it, beside it, in its room and on its theme."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

from app.programme import lines
from app.programme.document import Session
from app.programme.lines import Line

MOST_BESIDE = 12  # sessions shown beside another


@dataclass(frozen=True)
class Turn:
    """The session before another and the one after it."""

    before: Session | None = None
    after: Session | None = None

    def __bool__(self) -> bool:
        return bool(self.before or self.after)


NEITHER = Turn()


@dataclass(frozen=True)
class Around:
    """What stands around a session in the programme."""

    day: date | None
    reading: Turn  # in the whole programme, as one reads
    in_room: Turn
    on_theme: Turn
    beside: tuple[Line, ...]  # what goes on at the same time
    more_beside: int  # how many others do, too many to show
    shares_title: bool  # with another session
    shares_moment: bool  # with another session of the same title


class Surroundings:
    """Who stands beside whom in a programme; worked out once."""

    def __init__(self, sessions: Sequence[Session], zone: ZoneInfo) -> None:
        self._sessions = sessions
        self._zone = zone
        self._titles = Counter(one.title.casefold() for one in sessions)
        self._moments = Counter((one.title.casefold(), one.starts_at) for one in sessions)
        told = [one for one in sessions if not one.is_pause]  # pauses are passed over
        self._reading = _turns(told)
        self._in_rooms = _parted((one.room.slug, one) for one in told if one.room)
        self._on_themes = _parted((one.theme.slug, one) for one in told if one.theme)

    def of(self, session: Session) -> Around:
        """Look around a session."""
        beside = [other for other in self._sessions if _overlap(session, other)]
        title = session.title.casefold()
        return Around(
            day=lines.on(session, self._zone),
            reading=self._reading.get(session.slug, NEITHER),
            in_room=_turn(session, self._in_rooms[session.room.slug] if session.room else ()),
            on_theme=_turn(session, self._on_themes[session.theme.slug] if session.theme else ()),
            beside=lines.lines(beside[:MOST_BESIDE]),
            more_beside=len(beside[MOST_BESIDE:]),
            shares_title=self._titles[title] > 1,
            shares_moment=self._moments[title, session.starts_at] > 1,
        )


def _parted(placed: Iterable[tuple[str, Session]]) -> dict[str, list[Session]]:
    """Part sessions by something that they share."""
    parted: dict[str, list[Session]] = defaultdict(list)
    for place, session in placed:
        parted[place].append(session)
    return parted


def _turn(session: Session, others: Sequence[Session]) -> Turn:
    """Tell what is over before a session begins, and what begins when it is over."""
    begins = session.starts_at
    if begins is None:
        return NEITHER
    over = session.ends_at or begins
    timed = [one for one in others if one is not session and one.starts_at]
    before = [one for one in timed if (one.ends_at or one.starts_at or over) <= begins]
    after = [one for one in timed if one not in before and (one.starts_at or begins) >= over]
    return Turn(before[-1] if before else None, after[0] if after else None)


def _turns(sessions: Sequence[Session]) -> dict[str, Turn]:
    after = {one.slug: other for one, other in pairwise(sessions)}
    before = {other.slug: one for one, other in pairwise(sessions)}
    return {one.slug: Turn(before.get(one.slug), after.get(one.slug)) for one in sessions}


def _overlap(one: Session, other: Session) -> bool:
    """Whether two sessions go on at the same time; a pause goes on beside nothing."""
    if one is other or other.is_pause or not one.starts_at or not other.starts_at:
        return False
    ends_after = (one.ends_at or one.starts_at) > other.starts_at
    return ends_after and (other.ends_at or other.starts_at) > one.starts_at
