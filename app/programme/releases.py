"""The current release, held in memory and ready to be asked.

Every public page is made from it. It is read from the database once for each edition; when
the database is away, the last one that was read goes on being used.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from app import edition
from app.database import db, reading
from app.errors import NotFound
from app.programme import document
from app.programme.document import Document
from app.programme.models import Conference, Release

Thing = TypeVar("Thing")

NOTHING = Document(
    conference=document.Conference(
        acronym="",
        title="The conference",
        subtitle="",
        starts_on=date(2008, 11, 6),
        ends_on=date(2008, 11, 7),
        time_zone="Europe/London",
        place="",
        summary="",
        contact_email="",
        registration_opens_at=None,
        registration_closes_at=None,
    ),
    themes=(),
    rooms=(),
    speakers=(),
    sessions=(),
)


@dataclass(frozen=True)
class Day:
    """One day of the conference and what happens on it."""

    date: date
    sessions: tuple[document.Session, ...]


class Programme:
    """A published programme, ready to be asked."""

    def __init__(self, content: Document, number: int, published_at: datetime | None) -> None:
        self.number = number
        self.published_at = published_at
        self.conference = content.conference
        self.themes = content.themes
        self.rooms = content.rooms
        self.speakers = content.speakers
        self.sessions = content.sessions

    @property
    def is_published(self) -> bool:
        """Whether there has been a release."""
        return self.number > 0

    @cached_property
    def days(self) -> tuple[Day, ...]:
        """The days on which something happens, by the conference's own clocks."""
        zone = ZoneInfo(self.conference.time_zone)
        found: dict[date, list[document.Session]] = defaultdict(list)
        for session in self.sessions:
            if session.starts_at is not None:
                found[session.starts_at.astimezone(zone).date()].append(session)
        return tuple(Day(day, tuple(found[day])) for day in sorted(found))

    @cached_property
    def unscheduled(self) -> tuple[document.Session, ...]:
        """The sessions that have no time yet."""
        return tuple(session for session in self.sessions if session.starts_at is None)

    def day(self, asked: date) -> Day:
        """Find one day."""
        for day in self.days:
            if day.date == asked:
                return day
        raise NotFound("There is nothing in the programme on that day")

    def session(self, slug: str) -> document.Session:
        """Find one session."""
        return _found(self._sessions_by_slug.get(slug), "There is no session at that address")

    def speaker(self, slug: str) -> document.Speaker:
        """Find one speaker."""
        return _found(self._speakers_by_slug.get(slug), "There is no speaker at that address")

    def theme(self, slug: str) -> document.Theme:
        """Find one theme."""
        by_slug = {theme.slug: theme for theme in self.themes}
        return _found(by_slug.get(slug), "There is no theme at that address")

    def room(self, slug: str) -> document.Room:
        """Find one room."""
        by_slug = {room.slug: room for room in self.rooms}
        return _found(by_slug.get(slug), "There is no room at that address")

    def sessions_of(self, speaker: document.Speaker) -> tuple[document.Session, ...]:
        """List the sessions in which a speaker appears."""
        return tuple(self._sessions_by_speaker.get(speaker.slug, ()))

    def sessions_on(self, theme: document.Theme) -> tuple[document.Session, ...]:
        """List the sessions of a theme."""
        return tuple(s for s in self.sessions if s.theme and s.theme.slug == theme.slug)

    def sessions_in(self, room: document.Room) -> tuple[document.Session, ...]:
        """List what is on in a room."""
        return tuple(s for s in self.sessions if s.room and s.room.slug == room.slug)

    @cached_property
    def _sessions_by_slug(self) -> dict[str, document.Session]:
        return {session.slug: session for session in self.sessions}

    @cached_property
    def _speakers_by_slug(self) -> dict[str, document.Speaker]:
        return {speaker.slug: speaker for speaker in self.speakers}

    @cached_property
    def _sessions_by_speaker(self) -> dict[str, list[document.Session]]:
        found: dict[str, list[document.Session]] = defaultdict(list)
        for session in self.sessions:
            for slug in dict.fromkeys(part.slug for part in session.parts):
                found[slug].append(session)
        return found


def current() -> Programme:
    """Give the programme that the public reads now."""
    return edition.kept("programme", _read_current)


def _read_current() -> Programme:
    """Read the current release in a session of its own, so that no request's is touched."""
    with reading(db.engine) as connection, Database(connection) as database:
        row = database.scalar(
            select(Release).join(Conference, Conference.current_release == Release.number)
        )
        if row is None:
            return Programme(NOTHING, 0, None)
        return Programme(document.read(row.document), row.number, row.published_at)


def _found(thing: Thing | None, otherwise: str) -> Thing:
    if thing is None:
        raise NotFound(otherwise)
    return thing
