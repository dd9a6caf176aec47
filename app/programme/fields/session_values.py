"""How the fields of a session are set, validated and formatted."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from app import clock
from app.database import db
from app.errors import RuleViolation, require
from app.programme import queries as programme
from app.programme.fields.table import load_moment
from app.programme.models import (
    BOOKABLE,
    CANCELLED,
    CONFIRMED,
    DRAFT,
    WITHDRAWN,
    Appearance,
    Room,
    Session,
    Speaker,
    Theme,
)
from app.web.formatting import format_time

MAX_DURATION: Final = timedelta(hours=24)
MAX_DISTANCE: Final = timedelta(days=366)  # before the first or after the last day
seat_checks: list[Callable[[Session], None]] = []  # checks of sessions by packages above this one


def check_session(session: Session) -> None:
    """Raise RuleViolation if the times or the seats contradict each other."""
    _check_times(session)
    if session.booking == BOOKABLE:
        _check_seats(session)
    for check in seat_checks:
        check(session)


def _check_seats(session: Session) -> None:
    """Raise RuleViolation if there are no seats to book, or more than the room has."""
    capacity = session.room.capacity if session.room else None
    if not session.booking_seats:
        raise RuleViolation(
            "Enter the number of seats, or choose a room with a known capacity. People can only "
            "book seats if the number of seats is known"
        )
    if session.seats and capacity and session.seats > capacity and not session.seats_reason:
        raise RuleViolation(
            f"The room has {capacity} seats, so there cannot be {session.seats} to book. Enter "
            "fewer, or give the reason for more"
        )


def _check_times(session: Session) -> None:
    """Raise RuleViolation if the start and end contradict each other."""
    if session.ends_at is None:
        return
    if session.starts_at is None:
        raise RuleViolation("Enter a start time as well as an end time")
    if session.ends_at <= session.starts_at:
        raise RuleViolation("A session must end after it starts")
    if session.ends_at - session.starts_at > MAX_DURATION:
        raise RuleViolation("A session cannot last longer than 24 hours")


def _check_distance(value: str | None) -> datetime | None:
    """Return the moment; raise RuleViolation if it is too far from the conference."""
    moment = load_moment(value)
    days = programme.get_conference()
    if moment and not (
        days.starts_on - MAX_DISTANCE <= moment.date() <= days.ends_on + MAX_DISTANCE
    ):
        raise RuleViolation("A session cannot be more than a year away from the conference")
    return moment


def set_starts_at(session: Session, value: str | None) -> None:
    """Set the start; raise RuleViolation if it is too far from the conference."""
    session.starts_at = _check_distance(value)


def set_ends_at(session: Session, value: str | None) -> None:
    """Set the end; raise RuleViolation if it is too far from the conference."""
    session.ends_at = _check_distance(value)


def set_theme(session: Session, key: str | None) -> None:
    """Set the theme, or none; raise RuleViolation if it was deleted."""
    session.theme = _find_or_refuse(Theme, Theme.key == key, "That theme has been deleted", key)


def set_room(session: Session, key: str | None) -> None:
    """Set the room, or none; raise RuleViolation if it was deleted."""
    session.room = _find_or_refuse(Room, Room.key == key, "That room has been deleted", key)


def set_state(session: Session, state: str) -> None:
    """Set the state; a public session can be cancelled but not made a draft."""
    if state == DRAFT and programme.is_public(session):
        raise RuleViolation("It has been published, so it cannot be a draft. Cancel it instead")
    session.withdrawn_at = clock.now() if state == WITHDRAWN else None
    session.cancelled_at = clock.now() if state == CANCELLED else None
    if state in {DRAFT, CONFIRMED}:
        session.is_draft = state == DRAFT


def set_appearances(session: Session, parts: Sequence[Sequence[str]]) -> None:
    """Set the speakers in order, reusing existing rows."""
    known = {(one.speaker.key, one.role): one for one in session.appearances}
    speakers = _speakers_by_key([key for key, _ in parts])
    if any(key not in speakers for key, _ in parts):
        raise RuleViolation("One of these speakers has been deleted")
    found = [
        known.get((key, role)) or Appearance(speaker=speakers[key], role=role)
        for key, role in parts
    ]
    for position, appearance in enumerate(found):
        appearance.position = position
    session.appearances = found


def _find_or_refuse(
    model: type[Any], condition: ColumnElement[bool], message: str, key: str | None
) -> Any:
    if not key:
        return None
    row = select(model).where(condition)
    locked = row.with_for_update(read=True, key_share=True, of=model)  # prevents deletion meanwhile
    return require(db.session.scalar(locked), RuleViolation(message))


def _speakers_by_key(keys: Sequence[str]) -> dict[str, Speaker]:
    """Return these speakers, locked against deletion until the session is saved."""
    rows = select(Speaker).where(Speaker.key.in_(keys)).order_by(Speaker.id)
    locked = rows.with_for_update(read=True, key_share=True, of=Speaker)
    return {speaker.key: speaker for speaker in db.session.scalars(locked)} if keys else {}


def display_moment(value: str) -> str:
    """Format a datetime in the conference's time zone: 9:30am on Thursday 6 November 2008."""
    zone = ZoneInfo(programme.get_conference().time_zone)
    local = datetime.fromisoformat(value).astimezone(zone)
    return f"{format_time(local)} on {local:%A} {local.day} {local:%B} {local.year}"


def display_theme(key: str) -> str:
    """Return the name of the theme with this key."""
    return db.session.scalar(select(Theme.name).where(Theme.key == key)) or key


def display_booking(mode: str) -> str:
    """Format whether seats are booked."""
    return "people book a seat" if mode == BOOKABLE else "open to all"


def display_room(key: str) -> str:
    """Return the name of the room with this key."""
    return db.session.scalar(select(Room.name).where(Room.key == key)) or key


def display_appearances(parts: Sequence[Sequence[str]]) -> str:
    """Format the speakers: Ada Marsh (chair), João Maré (speaker)."""
    statement = select(Speaker.key, Speaker.name).where(Speaker.key.in_([key for key, _ in parts]))
    names = {one.key: one.name for one in db.session.execute(statement)}
    return ", ".join(f"{names.get(key, key)} ({role})" for key, role in parts)
