"""Scheduling clashes: the rules, and descriptions of clashes.

``find_clashes`` holds the rules and knows nothing of files or tables: it works on the plain values
of ``scheduled_sessions``, so the same rules apply to an imported file and to the working programme.
It reports each clash once, for the session that starts later; ``group_by_session`` lists it for
both sessions. ``list_clashes`` caches its result until the programme is edited.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select

from app.cache_version import cached_globally
from app.database import db
from app.programme.models import Absence, Conference, Room, Session, Speaker
from app.programme.scheduled_sessions import (
    Participant,
    ProposedMove,
    RoomInfo,
    ScheduledSession,
    SchedulingRules,
    load_scheduled_sessions,
)
from app.web.formatting import format_time

ROOM, PERSON, LEADER, WALK = (
    "room",
    "person",
    "leader",
    "walk",
)  # kinds of clash between two sessions
AWAY, SMALL, DAY = "away", "small", "day"  # kinds of clash of a single session

NIGHT_ENDS = time(6)  # an earlier start counts as the day before
MAX_CONCURRENT = 20  # of more overlapping sessions, only the longest are compared
NO_TIME = timedelta(0)

SAME_ROOM = "“%(title)s” is in %(room)s at the same time"
SAME_PERSON = "%(person)s is also in “%(title)s” at that time"
LEADS_THE_OTHER = "%(person)s is chairing “%(title)s” at that time"
LEADS_THIS = "%(person)s is chairing this session, and is also in “%(title)s” at that time"
COMES_FROM = (
    "%(person)s does not have enough time to get here from “%(title)s” in %(room)s, which "
    "ends at %(time)s"
)
GOES_ON_TO = (
    "%(person)s does not have enough time to get to “%(title)s” in %(room)s, which starts at "
    "%(time)s"
)
NOT_AVAILABLE = "%(person)s is not available at that time"
TOO_SMALL = "%(room)s has space for %(capacity)s people, but this session has %(seats)s seats"
OUTSIDE_CONFERENCE_DAYS = "It starts on %(day)s, which is not a day of the conference"


@dataclass(frozen=True)
class ClashText:
    """An English message with placeholders, and their values: datetimes, dates and plain text."""

    sentence: str
    values: tuple[tuple[str, Any], ...]

    def as_text(self, format_value: Callable[[Any], str]) -> str:
        """Return the message with each value formatted by ``format_value``."""
        return self.sentence % {name: format_value(value) for name, value in self.values}


@dataclass(frozen=True)
class Clash:
    """One clash: its kind, the session, the other session if there are two, and the reason."""

    kind: str
    session: str  # its key
    title: str
    text: ClashText
    other_session: str = ""  # its key
    other_title: str = ""
    other_text: ClashText | None = None  # the reason, from the other session's side
    contested_key: str = ""  # key of the room or person booked twice
    is_draft: bool = False  # at least one of the sessions is a draft

    @property
    def reason(self) -> str:
        """The reason, in English."""
        return self.text.as_text(_format_value)

    def from_other_side(self) -> "Clash":
        """Return the same clash with the two sessions swapped."""
        return replace(
            self,
            session=self.other_session,
            title=self.other_title,
            text=self.other_text or self.text,
            other_session=self.session,
            other_title=self.title,
            other_text=self.text,
        )


def find_in_working_programme() -> tuple[Clash, ...]:
    """Find all clashes in the working programme, in three queries."""
    sessions, frame = load_scheduled_sessions()
    return find_clashes(sessions, frame) if frame else ()


def find_for_move(move: ProposedMove) -> Sequence[Clash]:
    """Find the clashes that a session would have after a move."""
    return find_for_moves([move]).get(move.key, ())


def find_for_moves(moves: Sequence[ProposedMove]) -> dict[str, Sequence[Clash]]:
    """Find the clashes each session would have if only that session were moved, by its key."""
    sessions, frame = load_scheduled_sessions(*moves)
    if frame is None:
        return {}
    keys = {move.key for move in moves}
    others = [one for one in sessions if one.key not in keys]
    found = {}
    for session in sessions:
        if session.key in keys:
            near = [other for other in others if _are_close(other, session, frame.walking_time)]
            clashes = find_clashes([*near, session], frame)
            found[session.key] = group_by_session(clashes).get(session.key, ())
    return found


def _are_close(one: ScheduledSession, other: ScheduledSession, gap: timedelta) -> bool:
    """Return True if they overlap, or one starts soon after the other."""
    return one.starts_at <= other.ends_at + gap and other.starts_at <= one.ends_at + gap


def find_clashes(sessions: Iterable[ScheduledSession], rules: SchedulingRules) -> tuple[Clash, ...]:
    """Find all clashes, sorted by time within each kind."""
    timed = sorted(sessions, key=lambda session: (session.starts_at, session.ends_at, session.key))
    return (
        *_room_clashes(timed),
        *_person_clashes(timed, rules.walking_time),
        *(clash for session in timed for clash in _session_clashes(session, rules)),
    )


def group_by_session(clashes: Iterable[Clash]) -> Mapping[str, Sequence[Clash]]:
    """Return each session's clashes by session key, described from that session's side."""
    found: dict[str, list[Clash]] = defaultdict(list)
    for clash in clashes:
        found[clash.session].append(clash)
        if clash.other_session:
            found[clash.other_session].append(clash.from_other_side())
    return found


def _room_clashes(timed: Sequence[ScheduledSession]) -> Iterator[Clash]:
    wanted = [(session.room, session) for session in timed if session.room]
    for room, earlier, later in _close_pairs(wanted, NO_TIME):
        yield _clash_between(
            ROOM,
            room.key,
            later,
            earlier,
            (_same_room_text(room, earlier), _same_room_text(room, later)),
        )


def _person_clashes(timed: Sequence[ScheduledSession], walking_time: timedelta) -> Iterator[Clash]:
    wanted = [(person, session) for session in timed for person in session.participants]
    for person, earlier, later in _close_pairs(wanted, walking_time):
        if later.starts_at < earlier.ends_at:
            yield _double_booking(person, earlier, later)
        elif earlier.room and later.room and earlier.room.key != later.room.key:
            yield _clash_between(
                WALK,
                person.key,
                later,
                earlier,
                (
                    _walking_text(COMES_FROM, person, earlier, earlier.ends_at),
                    _walking_text(GOES_ON_TO, person, later, later.starts_at),
                ),
            )


def _session_clashes(session: ScheduledSession, rules: SchedulingRules) -> Iterator[Clash]:
    for person in session.participants:
        if any(
            begins < session.ends_at and session.starts_at < ends
            for begins, ends in rules.absences.get(person.key, ())
        ):
            yield _clash_of_one(AWAY, session, NOT_AVAILABLE, person=person.name)
    room, seats = session.room, session.seats
    if room and room.capacity is not None and seats is not None and seats > room.capacity:
        yield _clash_of_one(
            SMALL, session, TOO_SMALL, room=room.name, capacity=room.capacity, seats=seats
        )
    local = session.starts_at.astimezone(rules.zone)
    latest = rules.ends_on + timedelta(days=local.time() < NIGHT_ENDS)
    if not rules.starts_on <= local.date() <= latest:
        yield _clash_of_one(DAY, session, OUTSIDE_CONFERENCE_DAYS, day=local.date())


def _close_pairs(
    bookings: Iterable[tuple[Any, ScheduledSession]], max_gap: timedelta
) -> Iterator[tuple[Any, ScheduledSession, ScheduledSession]]:
    """Yield (resource, earlier, later) for sessions that overlap or follow within ``max_gap``.

    ``bookings`` are pairs of a room or person and a session, sorted by start.
    """
    going_on: dict[str, list[ScheduledSession]] = defaultdict(list)
    for need, session in bookings:
        others = [
            earlier
            for earlier in going_on[need.key]
            if session.starts_at < earlier.ends_at + max_gap
        ]
        yield from ((need, other, session) for other in others)
        going_on[need.key] = sorted((*others, session), key=_get_ends_at, reverse=True)[
            :MAX_CONCURRENT
        ]


def _get_ends_at(session: ScheduledSession) -> datetime:
    return session.ends_at


def _double_booking(
    person: Participant, earlier: ScheduledSession, later: ScheduledSession
) -> Clash:
    leads = [_is_led_by(person.key, one) for one in (earlier, later)]
    return _clash_between(
        LEADER if any(leads) else PERSON,
        person.key,
        later,
        earlier,
        (
            _double_booking_text(person, earlier, *leads),
            _double_booking_text(person, later, *reversed(leads)),
        ),
    )


def _is_led_by(key: str, session: ScheduledSession) -> bool:
    return any(person.is_leader for person in session.participants if person.key == key)


def _double_booking_text(
    person: Participant,
    other: ScheduledSession,
    leads_other: bool,  # noqa: FBT001
    leads_this: bool,  # noqa: FBT001
) -> ClashText:
    usual = LEADS_THIS if leads_this else SAME_PERSON
    sentence = LEADS_THE_OTHER if leads_other else usual
    return ClashText(sentence, (("person", person.name), ("title", other.title)))


def _same_room_text(room: RoomInfo, other: ScheduledSession) -> ClashText:
    return ClashText(SAME_ROOM, (("title", other.title), ("room", room.name)))


def _walking_text(
    sentence: str, person: Participant, other: ScheduledSession, moment: datetime
) -> ClashText:
    room = other.room.name if other.room else ""
    names = (("person", person.name), ("title", other.title), ("room", room), ("time", moment))
    return ClashText(sentence, names)


def _clash_between(
    kind: str,
    contested_key: str,
    session: ScheduledSession,
    other: ScheduledSession,
    texts: tuple[ClashText, ClashText],
) -> Clash:
    return Clash(
        kind=kind,
        session=session.key,
        title=session.title,
        text=texts[0],
        other_session=other.key,
        other_title=other.title,
        other_text=texts[1],
        contested_key=contested_key,
        is_draft=session.is_draft or other.is_draft,
    )


def _clash_of_one(kind: str, session: ScheduledSession, sentence: str, **names: Any) -> Clash:
    words = ClashText(sentence, tuple(names.items()))
    return Clash(kind, session.key, session.title, words, is_draft=session.is_draft)


def _format_value(value: Any) -> str:
    if isinstance(value, datetime):
        return format_time(value)
    return f"{value:%A} {value.day} {value:%B %Y}" if isinstance(value, date) else str(value)


EDIT_STATE = select(
    *(
        select(number).select_from(kind).scalar_subquery()
        for kind in (Session, Room, Speaker)
        for number in (
            func.count(),
            func.max(kind.id),
            func.sum(kind.version),
            func.max(kind.changed_at),
        )
    ),
    select(func.max(Absence.id)).scalar_subquery(),
    select(func.count(Absence.id)).scalar_subquery(),
    select(Conference.version).scalar_subquery(),
    select(Conference.acronym).scalar_subquery(),
)


def count_clashes() -> int:
    """Return the number of clashes in the working programme."""
    return len(list_clashes())


def list_clashes() -> tuple[Clash, ...]:
    """List all clashes in the working programme, as ``find_in_working_programme`` does.

    One short query tells whether anything has been edited since they were last found.
    """
    state = tuple(db.session.execute(EDIT_STATE).one())
    cached = cached_globally(
        "clashes",
        lambda: (state, find_in_working_programme()),
        lambda known: known[0] == state,
    )
    return cached[1]
