"""Sessions related to a session: previous and next, at the same time, in its room, on its theme."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

from app.programme import listing
from app.programme.listing import SessionLine
from app.programme.snapshot import Session

MAX_CONCURRENT_LISTED = 12  # sessions shown as concurrent


@dataclass(frozen=True)
class PreviousNext:
    """The sessions before and after another."""

    before: Session | None = None
    after: Session | None = None

    def __bool__(self) -> bool:
        return bool(self.before or self.after)


NO_NEIGHBOURS = PreviousNext()


@dataclass(frozen=True)
class RelatedSessions:
    """The sessions related to one session."""

    day: date | None
    in_programme: PreviousNext  # in the order of the programme
    in_room: PreviousNext
    on_theme: PreviousNext
    concurrent: tuple[SessionLine, ...]  # at the same time
    more_concurrent: int  # number of concurrent sessions that are not shown
    shares_title: bool  # with another session
    shares_title_and_start: bool  # with another session

    @property
    def is_next_in_room(self) -> bool:
        """Whether the next session of the programme is also the next one in this room."""
        return self.in_room.after is not None and self.in_room.after is self.in_programme.after

    @property
    def next_in_room(self) -> Session | None:
        """The next session in this room, unless it is the next of the programme."""
        return None if self.is_next_in_room else self.in_room.after


class RelatedIndex:
    """An index of a programme that finds related sessions quickly."""

    def __init__(self, sessions: Sequence[Session], zone: ZoneInfo) -> None:
        self._sessions = sessions
        self._zone = zone
        self._title_counts = Counter(session.title.casefold() for session in sessions)
        self._title_and_start_counts = Counter(
            (session.title.casefold(), session.starts_at) for session in sessions
        )
        without_breaks = [session for session in sessions if not session.is_break]  # without breaks
        self._in_programme = _neighbours_in_order(without_breaks)
        self._in_rooms = _group((one.room.slug, one) for one in without_breaks if one.room)
        self._on_themes = _group((one.theme.slug, one) for one in without_breaks if one.theme)

    def get(self, session: Session) -> RelatedSessions:
        """Return the sessions related to this one."""
        beside = [other for other in self._sessions if _overlap(session, other)]
        title = session.title.casefold()
        return RelatedSessions(
            day=listing.day_of(session, self._zone),
            in_programme=self._in_programme.get(session.slug, NO_NEIGHBOURS),
            in_room=_neighbours_in_time(
                session, self._in_rooms[session.room.slug] if session.room else ()
            ),
            on_theme=_neighbours_in_time(
                session, self._on_themes[session.theme.slug] if session.theme else ()
            ),
            concurrent=listing.build_lines(beside[:MAX_CONCURRENT_LISTED]),
            more_concurrent=len(beside[MAX_CONCURRENT_LISTED:]),
            shares_title=self._title_counts[title] > 1,
            shares_title_and_start=self._title_and_start_counts[title, session.starts_at] > 1,
        )


def _group(keyed: Iterable[tuple[str, Session]]) -> dict[str, list[Session]]:
    """Group sessions by a slug."""
    groups: dict[str, list[Session]] = defaultdict(list)
    for place, session in keyed:
        groups[place].append(session)
    return groups


def _neighbours_in_time(session: Session, others: Sequence[Session]) -> PreviousNext:
    """Return the last session that ends before this one and the first that starts after it."""
    begins = session.starts_at
    if begins is None:
        return NO_NEIGHBOURS
    over = session.ends_at or begins
    timed = [other for other in others if other is not session and other.starts_at]
    before = [other for other in timed if (other.ends_at or other.starts_at or over) <= begins]
    after = [
        other for other in timed if other not in before and (other.starts_at or begins) >= over
    ]
    return PreviousNext(before[-1] if before else None, after[0] if after else None)


def _neighbours_in_order(sessions: Sequence[Session]) -> dict[str, PreviousNext]:
    after = {one.slug: other for one, other in pairwise(sessions)}
    before = {other.slug: one for one, other in pairwise(sessions)}
    return {
        session.slug: PreviousNext(before.get(session.slug), after.get(session.slug))
        for session in sessions
    }


def _overlap(one: Session, other: Session) -> bool:
    """Return True if two sessions overlap; breaks do not count."""
    if one is other or other.is_break or not one.starts_at or not other.starts_at:
        return False
    ends_after = (one.ends_at or one.starts_at) > other.starts_at
    return ends_after and (other.ends_at or other.starts_at) > one.starts_at
