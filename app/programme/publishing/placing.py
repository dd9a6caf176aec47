"""Rows that have been read as the clash rules see them, without asking the database again."""

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from app.programme.models import CONFIRMED, DRAFT, Session
from app.programme.placed import Frame, Place, Placed, needed
from app.programme.queries import WorkingRows


def of_rows(rows: WorkingRows) -> tuple[list[Placed], Frame]:
    """Give the sessions that take place at a time, and what holds for all of them."""
    conference = rows.conference
    frame = Frame(
        starts_on=conference.starts_on,
        ends_on=conference.ends_on,
        zone=ZoneInfo(conference.time_zone),
        walking=timedelta(minutes=conference.walking_minutes),
        absences={
            speaker.key: tuple((one.starts_at, one.ends_at) for one in speaker.absences)
            for speaker in rows.speakers
        },
    )
    rooms = {room.id: Place(room.key, room.name, room.capacity) for room in rows.rooms}
    return list(_placed(rows, rooms, frame.zone)), frame


def _placed(rows: WorkingRows, rooms: dict[int, Place], zone: ZoneInfo) -> Iterator[Placed]:
    for row in rows.sessions:
        if row.starts_at is not None and row.state in {DRAFT, CONFIRMED}:
            yield Placed(
                key=row.key,
                title=row.title,
                starts_at=row.starts_at.astimezone(zone),
                ends_at=(row.ends_at or row.starts_at).astimezone(zone),
                room=rooms.get(row.room_id or 0),
                people=needed(_people(row)),
                seats=row.seats,
                is_draft=row.is_draft,
            )


def _people(row: Session) -> Iterator[tuple[str, str, str]]:
    for one in row.appearances:
        if one.speaker.withdrawn_at is None:
            yield one.speaker.key, one.speaker.name, one.role
