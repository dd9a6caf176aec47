"""The parsed programme, the result of every importer, and the log of reading.

A ``key`` identifies an entity in its file: reading the file again gives the same keys. Where a
format does not have a field, text is empty and anything else is ``None``.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Literal

from app.text import shorten


@dataclass(frozen=True)
class ParsedConference:
    """The conference itself."""

    acronym: str
    title: str
    subtitle: str
    starts_on: date
    ends_on: date
    time_zone: str
    place: str = ""
    summary: str = ""
    contact_email: str = ""
    places: int | None = None
    registration_opens_at: datetime | None = None
    registration_closes_at: datetime | None = None
    invented: bool = False
    coordinates: str = ""  # of the venue
    doors_open: str = ""  # times of day


@dataclass(frozen=True)
class ParsedTheme:
    """A theme (track)."""

    slug: str
    name: str
    summary: str = ""
    letter: str = ""
    shape: str = ""
    palette: int | None = None
    colour: str = ""
    short_name: str = ""


@dataclass(frozen=True)
class ParsedRoom:
    """A room."""

    key: str
    name: str
    slug: str
    capacity: int | None = None
    description: str = ""
    features: tuple[str, ...] = ()
    illustrative: bool = False


@dataclass(frozen=True)
class ParsedProfile:
    """Fields of a speaker that only native JSON and tables have."""

    honorific: str = ""
    pronunciation: str = ""
    pronouns: str = ""
    biographies: tuple[tuple[str, str], ...] = ()  # pairs of language and text
    links: tuple[tuple[str, str], ...] = ()  # pairs of URL and label


@dataclass(frozen=True)
class ParsedSpeaker:
    """A speaker."""

    key: str
    name: str
    slug: str
    role: str = ""
    organisation: str = ""
    country: str = ""
    biography: str = ""
    profile: ParsedProfile | None = None  # None if the format has no profiles
    contact_address: str | None = None  # None if the file does not contain it


PROFILE_FIELDS = frozenset(field.name for field in fields(ParsedProfile))


def build_parsed_speaker(key: str, slug: str, values: Mapping[str, Any]) -> ParsedSpeaker:
    """Return a speaker with these values, some of which may belong to the profile."""
    return fill_in(ParsedSpeaker(key=key, slug=slug, name=""), values)


def fill_in(speaker: ParsedSpeaker, values: Mapping[str, Any]) -> ParsedSpeaker:
    """Return the speaker with some values replaced, including those of the profile."""
    profile = {name: value for name, value in values.items() if name in PROFILE_FIELDS}
    own = {name: value for name, value in values.items() if name not in PROFILE_FIELDS}
    if profile:
        own["profile"] = replace(speaker.profile or ParsedProfile(), **profile)
    return replace(speaker, **own)


@dataclass(frozen=True)
class ParsedAppearance:
    """A speaker in a session."""

    speaker: str
    role: str = "speaker"


@dataclass(frozen=True)
class ParsedSession:
    """A session; without a time if that could not be read."""

    key: str
    slug: str
    title: str
    subtitle: str = ""
    kind: str = ""
    theme: str | None = None
    room: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    abstract: str = ""
    description: str = ""
    language: str = ""
    illustrative: bool = False
    cancelled: bool = False
    draft: bool | None = None  # whether it is a draft; None if the format does not have it
    appearances: tuple[ParsedAppearance, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    licence: str = ""
    recorded: bool = False
    keywords: tuple[str, ...] | None = None  # None if the format does not have them


@dataclass(frozen=True)
class FieldCoverage:
    """The fields of sessions and speakers that a file has, if it does not have all.

    Of rooms and themes such a file has only names. Without session fields it has no sessions,
    without speaker fields no list of speakers.
    """

    session_fields: frozenset[str] = frozenset()
    speaker_fields: frozenset[str] = frozenset()
    has_unscheduled: bool = True  # False: the format has no sessions without a time
    clears_speakers: bool = True  # whether an empty field of a speaker clears the existing value


@dataclass(frozen=True)
class ParsedProgramme:
    """A whole programme."""

    conference: ParsedConference
    themes: tuple[ParsedTheme, ...]
    rooms: tuple[ParsedRoom, ...]
    speakers: tuple[ParsedSpeaker, ...]
    sessions: tuple[ParsedSession, ...]
    coverage: FieldCoverage | None = None  # None: all fields

    @property
    def has_drafts(self) -> bool:
        """Whether the format has drafts, so that missing drafts are deleted."""
        return any(session.draft is not None for session in self.sessions)


NoteKind = Literal["fixed", "left out", "clash"]


@dataclass(frozen=True)
class ImportNote:
    """A note for organisers about one place in the file."""

    where: str
    subject: str
    kind: NoteKind
    reason: str


@dataclass(frozen=True)
class ParseResult:
    """A programme, and notes about how it was read."""

    programme: ParsedProgramme
    notes: tuple[ImportNote, ...] = ()
    is_nameless: bool = False  # it names no conference, and has no session on our days


THE_FILE = "the file"


class ImportLog:
    """Notes in order and without duplicates; common ones are counted instead."""

    def __init__(self) -> None:
        self._notes: dict[ImportNote, None] = {}
        self._counts: Counter[tuple[str, str]] = Counter()

    def add_fix(self, where: str, subject: str, reason: str) -> None:
        """Note a fix."""
        self._notes[_make_note(where, subject, "fixed", reason)] = None

    def add_skipped(self, where: str, subject: str, reason: str) -> None:
        """Note that something was skipped."""
        self._notes[_make_note(where, subject, "left out", reason)] = None

    def add_clash(self, where: str, subject: str, reason: str) -> None:
        """Note that a person or a room is needed twice at once."""
        self._notes[_make_note(where, subject, "clash", reason)] = None

    def count_fix(self, singular: str, plural: str) -> None:
        """Count a fix that may concern every session; `plural` contains ``{count}``."""
        self._counts[singular, plural] += 1

    def notes(self) -> tuple[ImportNote, ...]:
        """Return all notes, those about the whole file first."""
        general = [
            ImportNote(
                THE_FILE,
                "the whole file",
                "fixed",
                one if count == 1 else many.format(count=count),
            )
            for (one, many), count in self._counts.items()
        ]
        return (*general, *self._notes)


def _make_note(where: str, subject: str, kind: NoteKind, reason: str) -> ImportNote:
    """Return a note without control characters, whatever was in the file."""
    return ImportNote(shorten(where, 80), shorten(subject, 120), kind, shorten(reason, 400))
