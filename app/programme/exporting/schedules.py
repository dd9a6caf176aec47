"""What both schedules of c3voc say, before it is set as XML or as JSON.

They have no words for what does not take place or has no time yet, so that is left out. A
session after midnight stands on its own date.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext

from app.programme.document import Part, Room, Session
from app.programme.exporting import identities
from app.programme.exporting.identities import NUMBER
from app.programme.exporting.sources import Source, as_html
from app.programme.reading.words import plain_slug

GENERATOR = "conference"
SLOT = "00:05"  # what times are multiples of, for programs that draw a grid
SHORTEST_ACRONYM = 4
NOT_IN_ACRONYM = re.compile(r"[^a-z0-9_-]+")
SHORT_COLOUR = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])")
MINUTES_OF_HOUR = 60
MOST_HOURS = 99


@dataclass(frozen=True)
class Event:
    """A session that takes place at a time."""

    session: Session
    guid: str
    number: int
    starts_at: datetime  # by the conference's own clocks
    ends_at: datetime

    @property
    def length(self) -> str:
        """How long it is: 01:30."""
        minutes = round((self.ends_at - self.starts_at) / timedelta(minutes=1))
        hours, rest = divmod(minutes, MINUTES_OF_HOUR)
        return f"{min(hours, MOST_HOURS):02}:{rest:02}"


@dataclass(frozen=True)
class Day:
    """A day on which something takes place, with all rooms of the conference or of the day."""

    index: int
    date: date
    starts_at: datetime
    ends_at: datetime
    rooms: Sequence[tuple[Room | None, Sequence[Event]]]


class Schedule:
    """A programme as other programs see it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.facts = source.document.conference
        self._zone = ZoneInfo(self.facts.time_zone)
        self._rooms = source.document.rooms
        self._keys = {one.slug: one.key or one.slug for one in source.document.speakers}
        self.biographies = {one.slug: as_html(one.biography) for one in source.document.speakers}
        self.days = self._listed()
        said = gettext("This session is illustrative. It is not on record.")
        self.mark = f"<p>{said}</p>"  # before what an illustrative session is about

    @property
    def acronym(self) -> str:
        """The acronym in small letters, figures, lines and hyphens, four of them at least."""
        plain = NOT_IN_ACRONYM.sub("-", self.facts.acronym.lower())
        if len(plain) < SHORTEST_ACRONYM:
            return plain_slug(f"conference {plain}")
        return plain

    @property
    def events(self) -> Iterator[Event]:
        """Everything that takes place at a time."""
        for day in self.days:
            for _, events in day.rooms:
                yield from events

    def abstract(self, session: Session) -> str:
        """Give what a session is about; readers of other programs too must know what is made up."""
        prose = as_html(session.abstract)
        return self.mark + prose if session.is_illustrative else prose

    def room_guid(self, room: Room) -> str:
        """Give the UUID of a room."""
        return self._guid("room", room.key or room.slug)

    def person(self, part: Part) -> tuple[int | None, str | None]:
        """Give what someone is known by: a number where that is all we know, else a UUID."""
        key = self.key_of(part)
        return (int(key), None) if NUMBER.fullmatch(key) else (None, self._guid("speaker", key))

    def key_of(self, part: Part) -> str:
        """Give what we know someone by."""
        return self._keys.get(part.slug, part.slug)

    def _guid(self, kind: str, key: str) -> str:
        return identities.guid(self.facts.acronym, kind, key)

    def _listed(self) -> list[Day]:
        guids = {
            one.key: self._guid("session", one.key)
            for one in self.source.document.sessions
            if one.starts_at and not one.is_cancelled
        }
        numbers = identities.numbers(guids.values())
        days: dict[date, list[Event]] = defaultdict(list)
        for session in self.source.document.sessions:
            if session.starts_at and session.key in guids:
                guid = guids[session.key]
                starts_at = session.starts_at.astimezone(self._zone)
                ends_at = (session.ends_at or session.starts_at).astimezone(self._zone)
                event = Event(session, guid, numbers[guid], starts_at, ends_at)
                days[starts_at.date()].append(event)
        if not days:
            days[self.facts.starts_on] = []
        return [self._day(index, day, days[day]) for index, day in enumerate(sorted(days), 1)]

    def _day(self, index: int, day: date, events: list[Event]) -> Day:
        midnight = datetime.combine(day, datetime.min.time(), self._zone)
        return Day(
            index=index,
            date=day,
            starts_at=min((one.starts_at for one in events), default=midnight),
            ends_at=max((one.ends_at for one in events), default=midnight + timedelta(days=1)),
            rooms=self._by_room(events, names_all=index == 1),
        )

    def _by_room(
        self, events: list[Event], *, names_all: bool
    ) -> list[tuple[Room | None, list[Event]]]:
        """Put events under their rooms, in the order of these; the first day names every room."""
        found: dict[str | None, list[Event]] = defaultdict(list)
        for event in events:
            found[event.session.room.slug if event.session.room else None].append(event)
        listed: list[tuple[Room | None, list[Event]]] = [
            (room, found[room.slug]) for room in self._rooms if names_all or found[room.slug]
        ]
        return [*listed, (None, found[None])] if found[None] else listed


def colour(said: str) -> str:
    """Give a colour with six figures, or nothing."""
    short = SHORT_COLOUR.fullmatch(said)
    return "#" + "".join(2 * figure for figure in short.groups()) if short else said
