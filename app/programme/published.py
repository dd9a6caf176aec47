"""A published programme, held in memory and ready to be asked.

It answers from the document of one release and asks nobody else. What a page would have to
work out – which days there are, what goes on beside a session – is worked out here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from app.errors import ConferenceError, Gone, Moved, NotFound
from app.programme import grid, index, lines, names
from app.programme.around import Around, Surroundings
from app.programme.document import Document, Material, Room, Session, Speaker, Theme
from app.programme.grid import Grid
from app.programme.index import Initial
from app.programme.lines import Day, Listing
from app.programme.revisions import Told

Thing = TypeVar("Thing", Room, Session, Speaker, Theme)


@dataclass(frozen=True)
class Beside:
    """What is kept beside a release, and changes without another being made."""

    revisions: Mapping[str, Told] = field(default_factory=dict)  # by the keys of sessions
    former: Mapping[tuple[str, str], str] = field(default_factory=dict)  # keys, by kind and slug
    cards: frozenset[str] = frozenset()  # keys of the share pictures that are drawn


class Programme:
    """A published programme."""

    def __init__(
        self,
        content: Document,
        number: int,
        published_at: datetime | None,
        beside: Beside | None = None,
    ) -> None:
        beside = beside or Beside()
        self.document = content
        self.number = number
        self.published_at = published_at
        self.revisions = beside.revisions  # by the keys of sessions, withdrawn ones among them
        self.conference = content.conference
        self.themes = content.themes
        self.rooms = content.rooms
        self.speakers = content.speakers
        self.sessions = content.sessions
        self._withdrawn = frozenset(content.withdrawn)
        self.cards = beside.cards
        self._former = beside.former
        self.zone = ZoneInfo(content.conference.time_zone)

    @property
    def is_published(self) -> bool:
        """Whether there has been a release."""
        return self.number > 0

    @cached_property
    def listing(self) -> Listing:
        """Every session, by day."""
        return lines.listed(self.sessions, self.zone)

    @property
    def days(self) -> tuple[Day, ...]:
        """The days on which something happens, by the conference's own clocks."""
        return self.listing.days

    @cached_property
    def initials(self) -> tuple[Initial[Speaker], ...]:
        """The speakers by the first letter of their names; none when they are few."""
        return index.by_initial(self.speakers, lambda speaker: speaker.name)

    @cached_property
    def titles(self) -> tuple[Session, ...]:
        """The sessions that have a page, by title."""
        told = (session for session in self.sessions if session.is_told)
        return tuple(sorted(told, key=lambda session: names.folded(session.title)))

    @cached_property
    def initials_of_titles(self) -> tuple[Initial[Session], ...]:
        """The same by the first letter of their titles; none when they are few."""
        return index.by_initial(self.titles, lambda session: session.title)

    def day(self, asked: date) -> Day:
        """Find one day."""
        for day in self.days:
            if day.date == asked:
                return day
        raise NotFound("There is nothing in the programme on that day")

    @cached_property
    def grids(self) -> tuple[Grid, ...]:
        """Each day by room and time."""
        return tuple(self.grid(day) for day in self.days)

    def grid(self, day: Day) -> Grid:
        """Draw one day by room and time."""
        return grid.of_day(day, self.rooms, self.zone)

    def session(self, slug: str) -> Session:
        """Find one session."""
        found = self._sessions_by_slug.get(slug)
        if found is None:
            gone = Gone("This session is no longer part of the programme")
            never = NotFound("There is no session at that address")
            raise self._lost("session", slug, self.session_slugs, gone, never)
        return found

    def speaker(self, slug: str) -> Speaker:
        """Find one speaker."""
        found = self._speakers_by_slug.get(slug)
        if found is None:
            gone = Gone("This person no longer takes part")
            never = NotFound("There is no speaker at that address")
            raise self._lost("speaker", slug, self.speaker_slugs, gone, never)
        return found

    def theme(self, slug: str) -> Theme:
        """Find one theme."""
        return _found(_by_slug(self.themes), slug, "There is no theme at that address")

    def room(self, slug: str) -> Room:
        """Find one room."""
        return _found(_by_slug(self.rooms), slug, "There is no room at that address")

    def sessions_of(self, speaker: Speaker) -> Listing:
        """List the sessions in which a speaker appears."""
        return lines.listed(self.appearances_of(speaker), self.zone)

    def appearances_of(self, speaker: Speaker) -> Sequence[Session]:
        """List the same, one after the other."""
        return self._sessions_by_speaker.get(speaker.slug, ())

    def sessions_on(self, theme: Theme) -> Listing:
        """List the sessions of a theme."""
        found = (one for one in self.sessions if one.theme and one.theme.slug == theme.slug)
        return lines.listed(found, self.zone)

    def sessions_in(self, room: Room) -> Listing:
        """List what is on in a room."""
        found = (one for one in self.sessions if one.room and one.room.slug == room.slug)
        return lines.listed(found, self.zone)

    def around(self, session: Session) -> Around:
        """Look around a session in the programme."""
        return self._surroundings.of(session)

    def shares_name(self, speaker: Speaker) -> bool:
        """Whether another speaker has the same name."""
        return self._names[speaker.name.casefold()] > 1

    def shows(self, photo: str) -> bool:
        """Whether the photo with this key is a speaker's."""
        return photo in self._photos

    def offers(self, material: str, now: datetime) -> bool:
        """Whether readers may take the file with this key at a moment."""
        found = self._files.get(material)
        return found is not None and found.is_open(now)

    @cached_property
    def _files(self) -> dict[str, Material]:
        return {one.key: one for each in self.sessions for one in each.materials if one.size}

    @property
    def has_photos(self) -> bool:
        """Whether anybody has a photo."""
        return bool(self._photos)

    @cached_property
    def session_slugs(self) -> Mapping[str, str]:
        """Where each session is, by its key."""
        return {one.key: one.slug for one in self.sessions}

    @cached_property
    def speaker_slugs(self) -> Mapping[str, str]:
        """Where each speaker is, by their key; older releases tell none."""
        return {one.key: one.slug for one in self.speakers if one.key}

    def _lost(
        self, kind: str, slug: str, now: Mapping[str, str], gone: Gone, never: NotFound
    ) -> ConferenceError:
        """Say what became of what is not at an address: it moved, it has gone, it never was."""
        key = self._former.get((kind, slug), "")
        if key in now:
            return Moved(now[key])
        return gone if key or f"/{kind}s/{slug}" in self._withdrawn else never

    @cached_property
    def _photos(self) -> frozenset[str]:
        return frozenset(one.photo.key for one in self.speakers if one.photo)

    @cached_property
    def _sessions_by_slug(self) -> dict[str, Session]:
        return _by_slug(self.sessions)

    @cached_property
    def _speakers_by_slug(self) -> dict[str, Speaker]:
        return _by_slug(self.speakers)

    @cached_property
    def _sessions_by_speaker(self) -> dict[str, list[Session]]:
        found: dict[str, list[Session]] = defaultdict(list)
        for session in self.sessions:
            for slug in dict.fromkeys(part.slug for part in session.parts):
                found[slug].append(session)
        return found

    @cached_property
    def _surroundings(self) -> Surroundings:
        return Surroundings(self.sessions, self.zone)

    @cached_property
    def _names(self) -> Counter[str]:
        return Counter(speaker.name.casefold() for speaker in self.speakers)


def _by_slug(things: Iterable[Thing]) -> dict[str, Thing]:
    return {thing.slug: thing for thing in things}


def _found(things: dict[str, Thing], slug: str, otherwise: str) -> Thing:
    thing = things.get(slug)
    if thing is None:
        raise NotFound(otherwise)
    return thing
