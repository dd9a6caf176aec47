"""What the fields of a session hold, in words: for the history, and for who compares versions."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.database import db
from app.programme import queries as programme
from app.programme.models import Room, Speaker, Theme
from app.web.words import on_the_clock


def said(field: str, value: Any) -> str:
    """Say a value in words; nothing for nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not value:
        return ""
    return _SAID.get(field, str)(value)


def _said_moment(value: str) -> str:
    """Say a moment by the conference's clocks: 9:30am on Thursday 6 November 2008."""
    zone = ZoneInfo(programme.conference().time_zone)
    local = datetime.fromisoformat(value).astimezone(zone)
    return f"{on_the_clock(local)} on {local:%A} {local.day} {local:%B} {local.year}"


def _said_theme(slug: str) -> str:
    return db.session.scalar(select(Theme.name).where(Theme.slug == slug)) or slug


def _said_room(key: str) -> str:
    return db.session.scalar(select(Room.name).where(Room.key == key)) or key


def _said_links(links: Sequence[Sequence[str]]) -> str:
    return ", ".join(f"{label} ({address})" for address, label in links)


def _said_appearances(parts: Sequence[Sequence[str]]) -> str:
    """Say who appears: Ada Marsh (chair), João Maré (speaker)."""
    asked = select(Speaker.key, Speaker.name).where(Speaker.key.in_([key for key, _ in parts]))
    names = {one.key: one.name for one in db.session.execute(asked)}
    return ", ".join(f"{names.get(key, key)} ({role})" for key, role in parts)


_SAID: Final[Mapping[str, Callable[[Any], str]]] = {
    "theme": _said_theme,
    "room": _said_room,
    "starts_at": _said_moment,
    "ends_at": _said_moment,
    "links": _said_links,
    "appearances": _said_appearances,
}
