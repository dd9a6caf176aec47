"""The input of the clash rules: sessions with a time, from the working programme.

``load_scheduled_sessions`` reads it in three queries, ``build_scheduled_sessions`` uses rows that
are already loaded. Importers build the same types from a file.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, and_, or_, select

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

LEADING_ROLES = frozenset({"chair", "moderator"})  # a session cannot go ahead without them


@dataclass(frozen=True)
class RoomInfo:
    """A room, with the data that the rules need."""

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
    *moves: ProposedMove,
) -> tuple[list[ScheduledSession], SchedulingRules | None]:
    """Return the sessions that have a time, and the rules of the conference.

    Sessions to be moved have the proposed time and room. Without a conference, the rules are
    None and there are no sessions.
    """
    conference = db.session.get(Conference, 1)
    if conference is None:
        return [], None
    people, absences = _participants_and_absences(moves)
    rules = _build_rules(conference, absences)
    sessions = [_scheduled_session(row, people, rules.zone) for row in _session_rows(moves)]
    return (_apply_moves(moves, sessions, rules.zone) if moves else sessions), rules


def _build_rules(conference: Conference, absences: AbsencesBySpeaker) -> SchedulingRules:
    return SchedulingRules(
        starts_on=conference.starts_on,
        ends_on=conference.ends_on,
        zone=ZoneInfo(conference.time_zone),
        walking_time=timedelta(minutes=conference.walking_minutes),
        absences=absences,
    )


def _is_scheduled(moves: Sequence[ProposedMove]) -> ColumnElement[bool]:
    """Select sessions that have a time; those to be moved are included even without one."""
    has_a_time = Session.starts_at.is_not(None)
    keys = [move.key for move in moves]
    return and_(
        or_(has_a_time, Session.key.in_(keys)) if keys else has_a_time,
        Session.cancelled_at.is_(None),
        Session.withdrawn_at.is_(None),
    )


def _session_rows(moves: Sequence[ProposedMove]) -> list[Row[Any]]:
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
            .where(_is_scheduled(moves))
        )
    )


def _scheduled_session(
    row: Row[Any], participants: dict[int, tuple[Participant, ...]], zone: ZoneInfo
) -> ScheduledSession:
    starts_at = row.starts_at or FAR_FUTURE  # only for sessions to be moved
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


def _apply_moves(
    moves: Sequence[ProposedMove], sessions: list[ScheduledSession], zone: ZoneInfo
) -> list[ScheduledSession]:
    keys = {move.room for move in moves}
    rows = db.session.scalars(select(Room).where(Room.key.in_(keys - {""}))) if any(keys) else ()
    rooms = {row.key: RoomInfo(row.key, row.name, row.capacity) for row in rows}
    by_key = {move.key: move for move in moves}
    return [
        replace(
            session,
            starts_at=move.starts_at.astimezone(zone),
            ends_at=move.ends_at.astimezone(zone),
            room=rooms.get(move.room),
        )
        if (move := by_key.get(session.key))
        else session
        for session in sessions
    ]


def _participants_and_absences(
    moves: Sequence[ProposedMove],
) -> tuple[dict[int, tuple[Participant, ...]], AbsencesBySpeaker]:
    """Return the participants by session id, and the absences by speaker key."""
    parts: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    away: dict[str, dict[tuple[datetime, datetime], None]] = defaultdict(dict)
    for row in _appearance_rows(moves):
        parts[row.session_id].append((row.key, row.name, row.role))
        if row.starts_at:
            away[row.key][row.starts_at, row.ends_at] = None
    people = {number: merge_participants(found) for number, found in parts.items()}
    return people, {key: tuple(times) for key, times in away.items()}


def _appearance_rows(moves: Sequence[ProposedMove]) -> list[Row[Any]]:
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
            .where(_is_scheduled(moves), Speaker.withdrawn_at.is_(None))
            .order_by(Appearance.session_id, Appearance.position, Appearance.id)
        )
    )


def build_scheduled_sessions(rows: WorkingRows) -> tuple[list[ScheduledSession], SchedulingRules]:
    """Return the same as ``load_scheduled_sessions``, from rows that are already loaded."""
    absences = {
        speaker.key: tuple((absence.starts_at, absence.ends_at) for absence in speaker.absences)
        for speaker in rows.speakers
    }
    rules = _build_rules(rows.conference, absences)
    rooms = {room.id: RoomInfo(room.key, room.name, room.capacity) for room in rows.rooms}
    return list(_scheduled_row(rows, rooms, rules.zone)), rules


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
    for appearance in row.appearances:
        if appearance.speaker.withdrawn_at is None:
            yield appearance.speaker.key, appearance.speaker.name, appearance.role
