"""What a card shows: a few words of a session, the same in every language of the site.

A card is known by the hash of what it shows, so only what has changed is drawn anew.
"""

import json
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from app.programme.document import Conference, Session
from app.web.words import on_the_clock

STYLE: Final = 1  # counted up when cards are drawn in another way
KEY_LENGTH: Final = 32  # characters of the hash

Shown = dict[str, str | int]


def of(session: Session, facts: Conference) -> Shown:
    """Give what the card of a session shows."""
    theme = session.theme
    return {
        "conference": facts.title,
        "title": session.title,
        "when": _when(session, facts.time_zone),
        "where": ", ".join(filter(None, (_room(session), _mark(session, facts)))),
        "theme": theme.name if theme else "",
        "shape": theme.shape if theme else "",
        "palette": theme.palette if theme else 1,
    }


def key(shown: Shown) -> str:
    """Give the key of a card."""
    told = json.dumps([STYLE, shown], sort_keys=True)
    return sha256(told.encode()).hexdigest()[:KEY_LENGTH]


def _when(session: Session, time_zone: str) -> str:
    if session.is_cancelled:
        return "Called off"
    if session.starts_at is None:
        return ""
    zone = ZoneInfo(time_zone)
    begins = session.starts_at.astimezone(zone)
    told = f"{begins:%A} {begins.day} {begins:%B} {begins.year}, {on_the_clock(begins)}"
    if session.ends_at:
        told += f" to {on_the_clock(session.ends_at.astimezone(zone))}"
    return f"{told}, {time_zone.rpartition('/')[2].replace('_', ' ')} time"


def _room(session: Session) -> str:
    return session.room.name if session.room else ""


def _mark(session: Session, facts: Conference) -> str:
    if not session.is_illustrative:
        return ""
    return "invented" if facts.is_invented else "illustrative"
