"""Scheduling clashes: the rules, and the data they are applied to.

``find_clashes`` holds the rules and knows nothing of files or tables: it works on plain values, so
the same rules apply to an imported file and to the working programme. It reports each clash once,
from the side of the session that starts later; ``group_by_session`` gives it to both sessions.
``load_scheduled_sessions`` reads the working programme in three queries,
``build_scheduled_sessions`` uses rows that are already loaded, and ``count_clashes`` caches its
result until the programme is edited.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from app.database import db
from app.programme.models import (
    CONFIRMED,
    DRAFT,
    Absence,
    Appearance,
    Conference,
    Room,
    Session,
    Speaker,
)
from app.programme.queries import WorkingRows
from app.web.formatting import format_time

LEADING_ROLES = frozenset({"chair", "moderator"})  # a session cannot go ahead without them


@dataclass(frozen=True)
class RoomInfo:
    """A room, as far as the rules need it."""

    key: str
    name: str
    capacity: int | None = None


@dataclass(frozen=True)
class Participant:
    """A person who takes part in a session."""

    key: str
    name: str
    is_leader: bool = False  # chair or moderator


@dataclass(frozen=True)
class ScheduledSession:
    """A session with a time; cancelled, withdrawn and unscheduled sessions are left out."""

    key: str
    title: str
    starts_at: datetime
    ends_at: datetime
    room: RoomInfo | None = None
    participants: tuple[Participant, ...] = ()
    seats: int | None = None
    is_draft: bool = False


@dataclass(frozen=True)
class ProposedMove:
    """A move to check before it is made: session key, new times, and room key ("" for no room)."""

    key: str
    starts_at: datetime
    ends_at: datetime
    room: str


@dataclass(frozen=True)
class SchedulingRules:
    """The settings of the conference that the rules depend on."""

    starts_on: date
    ends_on: date
    zone: ZoneInfo
    walking_time: timedelta = timedelta(0)  # from one room to another
    absences: Mapping[str, tuple[tuple[datetime, datetime], ...]] = field(default_factory=dict)


def merge_participants(parts: Iterable[tuple[str, str, str]]) -> tuple[Participant, ...]:
    """Return each person once from (key, name, role) triples, even if they have several roles."""
    people: dict[str, Participant] = {}
    for key, name, role in parts:
        leads = role.lower() in LEADING_ROLES or (key in people and people[key].is_leader)
        people[key] = Participant(key, name, leads)
    return tuple(people.values())


FAR_FUTURE = datetime(9999, 1, 1, tzinfo=UTC)
AbsencesBySpeaker = dict[str, tuple[tuple[datetime, datetime], ...]]


def load_scheduled_sessions(
    move: ProposedMove | None = None,
) -> tuple[list[ScheduledSession], SchedulingRules | None]:
    """Return the sessions that have a time, and the rules of the conference.

    With ``move``, that session has the proposed time and room. Without a conference, the rules are
    None and there are no sessions.
    """
    conference = db.session.get(Conference, 1)
    if conference is None:
        return [], None
    zone = ZoneInfo(conference.time_zone)
    people, absences = _participants_and_absences(move)
    frame = SchedulingRules(
        starts_on=conference.starts_on,
        ends_on=conference.ends_on,
        zone=zone,
        walking_time=timedelta(minutes=conference.walking_minutes),
        absences=absences,
    )
    sessions = [_scheduled_session(row, people, zone) for row in _session_rows(move)]
    return (_apply_move(move, sessions, zone) if move else sessions), frame


def _is_scheduled(move: ProposedMove | None) -> ColumnElement[bool]:
    """Select sessions that have a time; the session to be moved is included even without one."""
    has_a_time = Session.starts_at.is_not(None)
    return and_(
        or_(has_a_time, Session.key == move.key) if move else has_a_time,
        Session.cancelled_at.is_(None),
        Session.withdrawn_at.is_(None),
    )


def _session_rows(move: ProposedMove | None) -> list[Row[Any]]:
    return list(
        db.session.execute(
            select(
                Session.id,
                Session.key,
                Session.title,
                Session.starts_at,
                Session.ends_at,
                Session.seats,
                Session.is_draft,
                Room.key.label("room"),
                Room.name,
                Room.capacity,
            )
            .outerjoin(Room, Room.id == Session.room_id)
            .where(_is_scheduled(move))
        )
    )


def _scheduled_session(
    row: Row[Any], participants: dict[int, tuple[Participant, ...]], zone: ZoneInfo
) -> ScheduledSession:
    starts_at = row.starts_at or FAR_FUTURE  # only for the session to be moved
    return ScheduledSession(
        key=row.key,
        title=row.title,
        starts_at=starts_at.astimezone(zone),
        ends_at=(row.ends_at or starts_at).astimezone(zone),
        room=RoomInfo(row.room, row.name, row.capacity) if row.room else None,
        participants=participants.get(row.id, ()),
        seats=row.seats,
        is_draft=row.is_draft,
    )


def _apply_move(
    move: ProposedMove, sessions: list[ScheduledSession], zone: ZoneInfo
) -> list[ScheduledSession]:
    row = db.session.scalar(select(Room).where(Room.key == move.room)) if move.room else None
    room = RoomInfo(row.key, row.name, row.capacity) if row else None
    starts_at, ends_at = move.starts_at.astimezone(zone), move.ends_at.astimezone(zone)
    return [
        replace(one, starts_at=starts_at, ends_at=ends_at, room=room)
        if one.key == move.key
        else one
        for one in sessions
    ]


def _participants_and_absences(
    move: ProposedMove | None,
) -> tuple[dict[int, tuple[Participant, ...]], AbsencesBySpeaker]:
    """Return the participants by session id, and the absences by speaker key."""
    parts: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    away: dict[str, dict[tuple[datetime, datetime], None]] = defaultdict(dict)
    for row in _appearance_rows(move):
        parts[row.session_id].append((row.key, row.name, row.role))
        if row.starts_at:
            away[row.key][row.starts_at, row.ends_at] = None
    people = {number: merge_participants(found) for number, found in parts.items()}
    return people, {key: tuple(times) for key, times in away.items()}


def _appearance_rows(move: ProposedMove | None) -> list[Row[Any]]:
    return list(
        db.session.execute(
            select(
                Appearance.session_id,
                Appearance.role,
                Speaker.key,
                Speaker.name,
                Absence.starts_at,
                Absence.ends_at,
            )
            .join(Session, Session.id == Appearance.session_id)
            .join(Speaker, Speaker.id == Appearance.speaker_id)
            .outerjoin(Absence, Absence.speaker_id == Speaker.id)
            .where(_is_scheduled(move), Speaker.withdrawn_at.is_(None))
            .order_by(Appearance.session_id, Appearance.position, Appearance.id)
        )
    )


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
LEADS_THE_OTHER = "%(person)s leads “%(title)s” at that time"
LEADS_THIS = "%(person)s leads this session, and is also in “%(title)s” at that time"
COMES_FROM = (
    "%(person)s comes from “%(title)s” in %(room)s, which ends at %(time)s: too little time to walk"
)
GOES_ON_TO = (
    "%(person)s goes on to “%(title)s” in %(room)s, which begins at %(time)s: "
    "too little time to walk"
)
NOT_AVAILABLE = "%(person)s is not available at that time"
TOO_SMALL = "%(room)s holds %(capacity)s people, but this session has %(seats)s seats"
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
    sessions, frame = load_scheduled_sessions(move)
    return group_by_session(find_clashes(sessions, frame)).get(move.key, ()) if frame else ()


def find_clashes(sessions: Iterable[ScheduledSession], rules: SchedulingRules) -> tuple[Clash, ...]:
    """Find all clashes, sorted by time within each kind."""
    timed = sorted(sessions, key=lambda one: (one.starts_at, one.ends_at, one.key))
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
    wanted = [(one.room, one) for one in timed if one.room]
    for room, earlier, later in _close_pairs(wanted, NO_TIME):
        yield _clash_between(
            ROOM,
            room.key,
            later,
            earlier,
            (_same_room_text(room, earlier), _same_room_text(room, later)),
        )


def _person_clashes(timed: Sequence[ScheduledSession], walking_time: timedelta) -> Iterator[Clash]:
    wanted = [(person, one) for one in timed for person in one.participants]
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
        others = [one for one in going_on[need.key] if session.starts_at < one.ends_at + max_gap]
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


def build_scheduled_sessions(rows: WorkingRows) -> tuple[list[ScheduledSession], SchedulingRules]:
    """Return the same as ``load_scheduled_sessions``, from rows that are already loaded."""
    conference = rows.conference
    frame = SchedulingRules(
        starts_on=conference.starts_on,
        ends_on=conference.ends_on,
        zone=ZoneInfo(conference.time_zone),
        walking_time=timedelta(minutes=conference.walking_minutes),
        absences={
            speaker.key: tuple((one.starts_at, one.ends_at) for one in speaker.absences)
            for speaker in rows.speakers
        },
    )
    rooms = {room.id: RoomInfo(room.key, room.name, room.capacity) for room in rows.rooms}
    return list(_scheduled_row(rows, rooms, frame.zone)), frame


def _scheduled_row(
    rows: WorkingRows, rooms: dict[int, RoomInfo], zone: ZoneInfo
) -> Iterator[ScheduledSession]:
    for row in rows.sessions:
        if row.starts_at is not None and row.state in {DRAFT, CONFIRMED}:
            yield ScheduledSession(
                key=row.key,
                title=row.title,
                starts_at=row.starts_at.astimezone(zone),
                ends_at=(row.ends_at or row.starts_at).astimezone(zone),
                room=rooms.get(row.room_id or 0),
                participants=merge_participants(_participants_of_row(row)),
                seats=row.seats,
                is_draft=row.is_draft,
            )


def _participants_of_row(row: Session) -> Iterator[tuple[str, str, str]]:
    for one in row.appearances:
        if one.speaker.withdrawn_at is None:
            yield one.speaker.key, one.speaker.name, one.role


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

_count_cache: dict[str, Any] = {"of": None, "count": 0}


def count_clashes() -> int:
    """Return the number of clashes in the working programme.

    One short query tells whether anything has been edited since the last count.
    """
    of = (db.engine.url, tuple(db.session.execute(EDIT_STATE).one()))
    if _count_cache["of"] != of:
        _count_cache.update(count=len(find_in_working_programme()), of=of)
    return int(_count_cache["count"])
