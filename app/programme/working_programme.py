"""The working programme as the clash rules see it, in three queries."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from app.database import db
from app.programme.models import Absence, Appearance, Conference, Room, Session, Speaker
from app.programme.placed import Frame, Needed, Place, Placed, needed

Absences = dict[str, tuple[tuple[datetime, datetime], ...]]
TAKES_PLACE = (
    Session.starts_at.is_not(None),
    Session.cancelled_at.is_(None),
    Session.withdrawn_at.is_(None),
)


def placed() -> tuple[list[Placed], Frame | None]:
    """Give the sessions that take place at a time, and what holds for all of them.

    Without a conference there is no frame.
    """
    conference = db.session.get(Conference, 1)
    if conference is None:
        return [], None
    zone = ZoneInfo(conference.time_zone)
    people, absences = _people()
    frame = Frame(
        starts_on=conference.starts_on,
        ends_on=conference.ends_on,
        zone=zone,
        walking=timedelta(minutes=conference.walking_minutes),
        absences=absences,
    )
    return [_placed(row, people, zone) for row in _sessions()], frame


def _sessions() -> list[Row[Any]]:
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
            .where(*TAKES_PLACE)
        )
    )


def _placed(row: Row[Any], people: dict[int, tuple[Needed, ...]], zone: ZoneInfo) -> Placed:
    return Placed(
        key=row.key,
        title=row.title,
        starts_at=row.starts_at.astimezone(zone),
        ends_at=(row.ends_at or row.starts_at).astimezone(zone),
        room=Place(row.room, row.name, row.capacity) if row.room else None,
        people=people.get(row.id, ()),
        seats=row.seats,
        is_draft=row.is_draft,
    )


def _people() -> tuple[dict[int, tuple[Needed, ...]], Absences]:
    """Tell who is in each session (by its number), and when people are away (by their key)."""
    parts: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    away: dict[str, dict[tuple[datetime, datetime], None]] = defaultdict(dict)
    for row in _appearances():
        parts[row.session_id].append((row.key, row.name, row.role))
        if row.starts_at:
            away[row.key][row.starts_at, row.ends_at] = None
    people = {number: needed(found) for number, found in parts.items()}
    return people, {key: tuple(times) for key, times in away.items()}


def _appearances() -> list[Row[Any]]:
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
            .where(*TAKES_PLACE, Speaker.withdrawn_at.is_(None))
            .order_by(Appearance.session_id, Appearance.position, Appearance.id)
        )
    )
