"""A published programme in memory, with the lookups and groupings that pages need.

It uses one release's snapshot without querying the database; expensive results, such as the list of
days or related sessions, are computed once and cached.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from app.errors import ConferenceError, Gone, Moved, NotFound
from app.programme import collation, grid, listing
from app.programme.collation import IndexGroup
from app.programme.grid import Grid
from app.programme.listing import ProgrammeDay, SessionListing
from app.programme.snapshot import Material, Room, Session, Snapshot, Speaker, Theme
from app.releases.related_sessions import RelatedIndex, RelatedSessions
from app.releases.revisions import SessionRevision

WORD = re.compile(r"[^\W_]+")
Entity = Room | Session | Speaker | Theme
EntityT = TypeVar("EntityT", Room, Session, Speaker, Theme)


@dataclass(frozen=True)
class ReleaseContext:
    """Data that belongs to a release but changes without a new one."""

    revisions: Mapping[str, SessionRevision] = field(default_factory=dict)  # by session key
    slug_redirects: Mapping[tuple[str, str], str] = field(
        default_factory=dict
    )  # key, by (kind, slug)
    share_image_keys: frozenset[str] = frozenset()  # of images that have been drawn
    working_zone: str = ""  # the time zone of the working programme


class PublishedProgramme:
    """A snapshot with indexes and derived data."""

    def __init__(
        self,
        content: Snapshot,
        number: int,
        published_at: datetime | None,
        context: ReleaseContext | None = None,
    ) -> None:
        context = context or ReleaseContext()
        self.snapshot = content
        self.number = number
        self.published_at = published_at
        self.revisions = context.revisions  # by session key, including withdrawn ones
        self.conference = content.conference
        self.themes = content.themes
        self.rooms = content.rooms
        self.speakers = content.speakers
        self.sessions = content.sessions
        self._withdrawn_paths = frozenset(content.withdrawn)
        self.share_image_keys = context.share_image_keys
        self.working_zone = context.working_zone or content.conference.time_zone
        self._slug_redirects = context.slug_redirects
        self.zone = ZoneInfo(content.conference.time_zone)

    @property
    def is_published(self) -> bool:
        """Whether there has been a release."""
        return self.number > 0

    @cached_property
    def listing(self) -> SessionListing:
        """All sessions, by day."""
        return listing.build_listing(self.sessions, self.zone)

    @property
    def days(self) -> tuple[ProgrammeDay, ...]:
        """The days with sessions, in the conference's time zone."""
        return self.listing.days

    @cached_property
    def speaker_groups(self) -> tuple[IndexGroup[Speaker], ...]:
        """The speakers by first letter; empty if there are few."""
        return collation.group_by_initial(
            self.speakers_by_family_name, lambda speaker: collation.family_name(speaker.name)
        )

    @cached_property
    def speakers_by_family_name(self) -> tuple[Speaker, ...]:
        """The speakers by family name, then by their whole name."""

        def key(speaker: Speaker) -> tuple[str, str]:
            family = collation.family_name(speaker.name)
            return collation.sort_key(family), collation.sort_key(speaker.name)

        return tuple(sorted(self.speakers, key=key))

    def find_speakers(self, query: str) -> Sequence[Speaker]:
        """Return the speakers in whose names and jobs each word of a query begins a word.

        The page does the same while a visitor types (assets/js/speakers.js).
        """
        wanted = WORD.findall(collation.sort_key(query))
        return [
            speaker
            for speaker, words in self._words_by_speaker
            if all(any(word.startswith(part) for word in words) for part in wanted)
        ]

    @cached_property
    def _words_by_speaker(self) -> Sequence[tuple[Speaker, Sequence[str]]]:
        """The speakers by family name, each with the words that the list shows about them."""
        return [
            (one, WORD.findall(collation.sort_key(f"{one.name} {one.role} {one.organisation}")))
            for one in self.speakers_by_family_name
        ]

    @cached_property
    def sessions_by_title(self) -> tuple[Session, ...]:
        """The sessions that have a page, by title."""
        with_page = (session for session in self.sessions if session.has_page)
        return tuple(sorted(with_page, key=lambda session: collation.sort_key(session.title)))

    @cached_property
    def session_groups(self) -> tuple[IndexGroup[Session], ...]:
        """The sessions that have a page by first letter; empty if there are few."""
        return collation.group_by_initial(self.sessions_by_title, lambda session: session.title)

    def get_day(self, wanted_date: date) -> ProgrammeDay:
        """Return one day; raise NotFound if it has no sessions."""
        for day in self.days:
            if day.date == wanted_date:
                return day
        raise NotFound("There is nothing in the programme on that day")

    @cached_property
    def grids(self) -> tuple[Grid, ...]:
        """The grid of each day."""
        return tuple(self.build_grid(day) for day in self.days)

    def build_grid(self, day: ProgrammeDay) -> Grid:
        """Build the grid of one day."""
        return grid.build_day(
            day, self.rooms, self.zone, marks_confirmed=self._has_illustrative_sessions
        )

    @cached_property
    def _has_illustrative_sessions(self) -> bool:
        return not self.conference.is_invented and any(
            session.is_illustrative for session in self.sessions
        )

    def get_session(self, slug: str) -> Session:
        """Return the session with this slug; raise Moved, Gone or NotFound."""
        gone_error = Gone("This session is no longer part of the programme")
        never_error = NotFound("There is no session at that web address")
        return self._get("session", self._sessions_by_slug, slug, gone_error, never_error)

    def get_speaker(self, slug: str) -> Speaker:
        """Return the speaker with this slug; raise Moved, Gone or NotFound."""
        gone_error = Gone("This person no longer takes part")
        never_error = NotFound("There is no speaker at that web address")
        return self._get("speaker", self._speakers_by_slug, slug, gone_error, never_error)

    def find_speaker(self, slug: str) -> Speaker | None:
        """Return the speaker with this slug, or None."""
        return self._speakers_by_slug.get(slug)

    def get_theme(self, slug: str) -> Theme:
        """Return the theme with this slug; raise Moved or NotFound."""
        error = NotFound("There is no theme at that web address")
        return self._get("theme", _by_slug(self.themes), slug, error, error)

    def get_room(self, slug: str) -> Room:
        """Return the room with this slug; raise Moved or NotFound."""
        error = NotFound("There is no room at that web address")
        return self._get("room", _by_slug(self.rooms), slug, error, error)

    def build_speaker_listing(self, speaker: Speaker) -> SessionListing:
        """Return a speaker's sessions, by day."""
        return listing.build_listing(self.get_sessions_of_speaker(speaker), self.zone)

    def get_sessions_of_speaker(self, speaker: Speaker) -> Sequence[Session]:
        """Return a speaker's sessions as a flat sequence."""
        return self._sessions_by_speaker.get(speaker.slug, ())

    def build_theme_listing(self, theme: Theme) -> SessionListing:
        """Return a theme's sessions, by day."""
        found = (
            session
            for session in self.sessions
            if session.theme and session.theme.slug == theme.slug
        )
        return listing.build_listing(found, self.zone)

    def list_theme_days(self, theme: Theme) -> Sequence[date]:
        """Return the days on which a theme has sessions."""
        return [day.date for day in self.build_theme_listing(theme).days]

    def build_room_listing(self, room: Room) -> SessionListing:
        """Return a room's sessions, by day."""
        found = (
            session for session in self.sessions if session.room and session.room.slug == room.slug
        )
        return listing.build_listing(found, self.zone)

    def get_related(self, session: Session) -> RelatedSessions:
        """Return the sessions around a session in the programme."""
        return self._related_index.get(session)

    def has_namesake(self, speaker: Speaker) -> bool:
        """Return True if another speaker has the same name."""
        return self._name_counts[speaker.name.casefold()] > 1

    def has_photo(self, photo: str) -> bool:
        """Return True if a speaker has the photo with this key."""
        return photo in self._photo_keys

    def has_open_material(self, material: str, now: datetime) -> bool:
        """Return True if the file with this key is public at a moment."""
        found = self._files_by_key.get(material)
        return found is not None and found.is_open(now)

    @cached_property
    def _files_by_key(self) -> dict[str, Material]:
        return {
            material.key: material
            for each in self.sessions
            for material in each.materials
            if material.size
        }

    @cached_property
    def session_slugs(self) -> Mapping[str, str]:
        """The slugs of sessions, by key."""
        return {session.key: session.slug for session in self.sessions}

    @cached_property
    def speaker_slugs(self) -> Mapping[str, str]:
        """The slugs of speakers, by key; empty for older releases without keys."""
        return {speaker.key: speaker.slug for speaker in self.speakers if speaker.key}

    def _get(
        self,
        kind: str,
        by_slug: Mapping[str, EntityT],
        slug: str,
        gone_error: ConferenceError,
        never_error: NotFound,
    ) -> EntityT:
        """Return the entity with this slug; raise Moved, or one of these errors."""
        if slug in by_slug:
            return by_slug[slug]
        current = self.find_moved(kind, slug, by_slug.values())
        if current:
            raise Moved(current)
        is_gone = (kind, slug) in self._slug_redirects
        raise gone_error if is_gone or f"/{kind}s/{slug}" in self._withdrawn_paths else never_error

    def find_moved(self, kind: str, slug: str, entities: Iterable[Entity]) -> str:
        """Return the slug of the entity among these that had this slug before, or ""."""
        key = self._slug_redirects.get((kind, slug))
        return next((entity.slug for entity in entities if key and entity.key == key), "")

    @cached_property
    def _photo_keys(self) -> frozenset[str]:
        return frozenset(speaker.photo.key for speaker in self.speakers if speaker.photo)

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
    def _related_index(self) -> RelatedIndex:
        return RelatedIndex(self.sessions, self.zone)

    @cached_property
    def _name_counts(self) -> Counter[str]:
        return Counter(speaker.name.casefold() for speaker in self.speakers)


def _by_slug(entities: Iterable[EntityT]) -> dict[str, EntityT]:
    return {thing.slug: thing for thing in entities}
