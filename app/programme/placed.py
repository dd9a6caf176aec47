"""Sessions as the clash rules see them: when and where each is, and whom it needs.

Plain values, so that the rules hold alike for a file that has just been read and for the working
programme.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

LEADING = frozenset({"chair", "moderator"})  # roles without which a session cannot go on


@dataclass(frozen=True)
class Place:
    """A room."""

    key: str
    name: str
    capacity: int | None = None


@dataclass(frozen=True)
class Needed:
    """A person whom a session needs."""

    key: str
    name: str
    leads: bool = False  # as its chair or moderator


@dataclass(frozen=True)
class Placed:
    """A session with a time; what is cancelled, withdrawn or without a time is not among them."""

    key: str
    title: str
    starts_at: datetime
    ends_at: datetime
    room: Place | None = None
    people: tuple[Needed, ...] = ()
    seats: int | None = None
    is_draft: bool = False


@dataclass(frozen=True)
class Trial:
    """What if a session were there: its key, its time, and the key of its room, if any."""

    key: str
    starts_at: datetime
    ends_at: datetime
    room: str


@dataclass(frozen=True)
class Frame:
    """What holds for every session of a conference."""

    starts_on: date
    ends_on: date
    zone: ZoneInfo
    walking: timedelta = timedelta(0)  # from one room to another
    absences: Mapping[str, tuple[tuple[datetime, datetime], ...]] = field(default_factory=dict)


def needed(parts: Iterable[tuple[str, str, str]]) -> tuple[Needed, ...]:
    """Give the people of one session by key, name and role; who has two roles is needed once."""
    people: dict[str, Needed] = {}
    for key, name, role in parts:
        leads = role.lower() in LEADING or (key in people and people[key].leads)
        people[key] = Needed(key, name, leads)
    return tuple(people.values())
