"""The working programme as the clash rules see it, in three queries."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, and_, or_, select

from app.database import db
from app.programme.models import Absence, Appearance, Conference, Room, Session, Speaker
from app.programme.placed import Frame, Needed, Place, Placed, Trial, needed

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
Absences = dict[str, tuple[tuple[datetime, datetime], ...]]


def placed(trial: Trial | None = None) -> tuple[list[Placed], Frame | None]:
    """Give the sessions that take place at a time, and what holds for all of them.

    With a trial, one of them is where the trial puts it. Without a conference there is no frame.
    """
    conference = db.session.get(Conference, 1)
    if conference is None:
        return [], None
    zone = ZoneInfo(conference.time_zone)
    people, absences = _people(trial)
    frame = Frame(
        starts_on=conference.starts_on,
        ends_on=conference.ends_on,
        zone=zone,
        walking=timedelta(minutes=conference.walking_minutes),
        absences=absences,
    )
    sessions = [_placed(row, people, zone) for row in _sessions(trial)]
    return (_with(trial, sessions, zone) if trial else sessions), frame


def _takes_place(trial: Trial | None) -> ColumnElement[bool]:
    """Tell what takes place at a time; with a trial, that session whether it has one or not."""
    has_a_time = Session.starts_at.is_not(None)
    return and_(
        or_(has_a_time, Session.key == trial.key) if trial else has_a_time,
        Session.cancelled_at.is_(None),
        Session.withdrawn_at.is_(None),
    )


def _sessions(trial: Trial | None) -> list[Row[Any]]:
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
            .where(_takes_place(trial))
        )
    )


def _placed(row: Row[Any], people: dict[int, tuple[Needed, ...]], zone: ZoneInfo) -> Placed:
    starts_at = row.starts_at or NEVER  # only of a session that a trial puts elsewhere
    return Placed(
        key=row.key,
        title=row.title,
        starts_at=starts_at.astimezone(zone),
        ends_at=(row.ends_at or starts_at).astimezone(zone),
        room=Place(row.room, row.name, row.capacity) if row.room else None,
        people=people.get(row.id, ()),
        seats=row.seats,
        is_draft=row.is_draft,
    )


def _with(trial: Trial, sessions: list[Placed], zone: ZoneInfo) -> list[Placed]:
    """Put one session where the trial says."""
    row = db.session.scalar(select(Room).where(Room.key == trial.room)) if trial.room else None
    room = Place(row.key, row.name, row.capacity) if row else None
    starts_at, ends_at = trial.starts_at.astimezone(zone), trial.ends_at.astimezone(zone)
    return [
        replace(one, starts_at=starts_at, ends_at=ends_at, room=room)
        if one.key == trial.key
        else one
        for one in sessions
    ]


def _people(trial: Trial | None) -> tuple[dict[int, tuple[Needed, ...]], Absences]:
    """Tell who is in each session (by its number), and when people are away (by their key)."""
    parts: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    away: dict[str, dict[tuple[datetime, datetime], None]] = defaultdict(dict)
    for row in _appearances(trial):
        parts[row.session_id].append((row.key, row.name, row.role))
        if row.starts_at:
            away[row.key][row.starts_at, row.ends_at] = None
    people = {number: needed(found) for number, found in parts.items()}
    return people, {key: tuple(times) for key, times in away.items()}


def _appearances(trial: Trial | None) -> list[Row[Any]]:
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
            .where(_takes_place(trial), Speaker.withdrawn_at.is_(None))
            .order_by(Appearance.session_id, Appearance.position, Appearance.id)
        )
    )
