"""The data model that both c3voc schedules share.

Cancelled sessions and those without a time are left out: the formats cannot express them. A
session after midnight is listed under its own date.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext

from app.interchange import identifiers
from app.interchange.exporters.source import ExportSource, wrap_html
from app.interchange.identifiers import NUMBER
from app.programme.slugs import slugify
from app.programme.snapshot import Appearance, Room, Session

GENERATOR = "conference"
TIMESLOT_DURATION = "00:05"  # the grid of times, for programs that draw one
MIN_ACRONYM_LENGTH = 4
INVALID_ACRONYM_CHARACTERS = re.compile(r"[^a-z0-9_-]+")
SHORT_COLOUR = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])")
MINUTES_OF_HOUR = 60
MAX_HOURS = 99


@dataclass(frozen=True)
class ScheduleEvent:
    """A session that takes place at a time."""

    session: Session
    guid: str
    number: int
    starts_at: datetime  # in the conference's time zone
    ends_at: datetime

    @property
    def duration(self) -> str:
        """The duration as 01:30."""
        length = self.ends_at.astimezone(UTC) - self.starts_at.astimezone(UTC)
        minutes = round(length / timedelta(minutes=1))  # even if the clocks change during it
        hours, rest = divmod(minutes, MINUTES_OF_HOUR)
        return f"{min(hours, MAX_HOURS):02}:{rest:02}"


@dataclass(frozen=True)
class ScheduleDay:
    """A day with sessions, and its rooms."""

    index: int
    date: date
    starts_at: datetime
    ends_at: datetime
    rooms: Sequence[tuple[Room | None, Sequence[ScheduleEvent]]]


class C3vocSchedule:
    """A programme in the terms of the c3voc formats."""

    def __init__(self, source: ExportSource) -> None:
        self.source = source
        self.conference = source.snapshot.conference
        self._zone = ZoneInfo(self.conference.time_zone)
        self._rooms = source.snapshot.rooms
        self._speaker_keys = {
            speaker.slug: speaker.key or speaker.slug for speaker in source.snapshot.speakers
        }
        self.biographies = {
            speaker.slug: wrap_html(speaker.biography) for speaker in source.snapshot.speakers
        }
        self.days = self._build_days()
        sentence = gettext("This session is illustrative. It is not on record.")
        self.illustrative_notice = (
            f"<p>{sentence}</p>"  # put before the abstract of an illustrative session
        )

    @property
    def acronym(self) -> str:
        """The acronym in lower case, padded to at least four characters that the schema allows."""
        plain = INVALID_ACRONYM_CHARACTERS.sub("-", self.conference.acronym.lower())
        if len(plain) < MIN_ACRONYM_LENGTH:
            return slugify(f"conference {plain}")
        return plain

    @property
    def events(self) -> Iterator[ScheduleEvent]:
        """All sessions that take place at a time."""
        for day in self.days:
            for _, events in day.rooms:
                yield from events

    def get_abstract(self, session: Session) -> str:
        """Return the abstract as HTML, with a note if the session is illustrative."""
        prose = wrap_html(session.abstract)
        return self.illustrative_notice + prose if session.is_illustrative else prose

    def get_room_guid(self, room: Room) -> str:
        """Return the UUID of a room."""
        return self._make_guid("room", room.key or room.slug)

    def get_person_ids(self, part: Appearance) -> tuple[int | None, str | None]:
        """Return a speaker's number, if that is their only identity, or else their UUID."""
        key = self.get_speaker_key(part)
        return (
            (int(key), None) if NUMBER.fullmatch(key) else (None, self._make_guid("speaker", key))
        )

    def get_speaker_key(self, part: Appearance) -> str:
        """Return a speaker's key."""
        return self._speaker_keys.get(part.slug, part.slug)

    def _make_guid(self, kind: str, key: str) -> str:
        return identifiers.make_guid(self.conference.acronym, kind, key)

    def _build_days(self) -> list[ScheduleDay]:
        guids = {
            one.key: self._make_guid("session", one.key)
            for one in self.source.snapshot.sessions
            if one.starts_at and not one.is_cancelled
        }
        numbers = identifiers.assign_numbers(guids.values())
        days: dict[date, list[ScheduleEvent]] = defaultdict(list)
        for session in self.source.snapshot.sessions:
            if session.starts_at and session.key in guids:
                guid = guids[session.key]
                starts_at = session.starts_at.astimezone(self._zone)
                ends_at = (session.ends_at or session.starts_at).astimezone(self._zone)
                event = ScheduleEvent(session, guid, numbers[guid], starts_at, ends_at)
                days[starts_at.date()].append(event)
        if not days:
            days[self.conference.starts_on] = []
        return [self._build_day(index, day, days[day]) for index, day in enumerate(sorted(days), 1)]

    def _build_day(self, index: int, day: date, events: list[ScheduleEvent]) -> ScheduleDay:
        midnight = datetime.combine(day, datetime.min.time(), self._zone)
        return ScheduleDay(
            index=index,
            date=day,
            starts_at=min((event.starts_at for event in events), default=midnight),
            ends_at=max((event.ends_at for event in events), default=midnight + timedelta(days=1)),
            rooms=self._group_by_room(events, names_all=index == 1),
        )

    def _group_by_room(
        self, events: list[ScheduleEvent], *, names_all: bool
    ) -> list[tuple[Room | None, list[ScheduleEvent]]]:
        """Group events by room, in the order of the rooms; the first day lists every room."""
        by_room: dict[str | None, list[ScheduleEvent]] = defaultdict(list)
        for event in events:
            by_room[event.session.room.slug if event.session.room else None].append(event)
        groups: list[tuple[Room | None, list[ScheduleEvent]]] = [
            (room, by_room[room.slug]) for room in self._rooms if names_all or by_room[room.slug]
        ]
        return [*groups, (None, by_room[None])] if by_room[None] else groups


def normalise_colour(value: str) -> str:
    """Return a colour with six hexadecimal digits, or an empty string."""
    short = SHORT_COLOUR.fullmatch(value)
    return "#" + "".join(2 * figure for figure in short.groups()) if short else value
