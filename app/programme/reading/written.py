"""What a programme file says, once it has been read and mended.

Every reader ends here, whatever its format, so that whoever loads a programme
learns one shape. A ``key`` is a thing's identity in its file: loading the file again
gives the same keys. Where a format has no word for something, the text is empty and
the rest is ``None``.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True)
class WrittenConference:
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


@dataclass(frozen=True)
class WrittenTheme:
    """A thread that sessions belong to."""

    slug: str
    name: str
    summary: str = ""
    letter: str = ""
    shape: str = ""
    palette: int | None = None
    colour: str = ""


@dataclass(frozen=True)
class WrittenRoom:
    """A place where sessions happen."""

    key: str
    name: str
    slug: str
    capacity: int | None = None
    description: str = ""
    features: tuple[str, ...] = ()
    illustrative: bool = False


@dataclass(frozen=True)
class WrittenProfile:
    """What only our own JSON and tables tell of someone."""

    honorific: str = ""
    pronunciation: str = ""
    pronouns: str = ""
    biographies: tuple[tuple[str, str], ...] = ()  # language and text
    links: tuple[tuple[str, str], ...] = ()  # address and words


@dataclass(frozen=True)
class WrittenSpeaker:
    """Someone who appears in a session."""

    key: str
    name: str
    slug: str
    role: str = ""
    organisation: str = ""
    country: str = ""
    biography: str = ""
    profile: WrittenProfile | None = None  # none where the format has no words for it


@dataclass(frozen=True)
class WrittenAppearance:
    """One speaker in one session."""

    speaker: str
    role: str = "speaker"


@dataclass(frozen=True)
class WrittenSession:
    """One session. A session whose time could not be read has none."""

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
    draft: bool | None = None  # not to be published yet; none where the format has no word for it
    appearances: tuple[WrittenAppearance, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    licence: str = ""
    recorded: bool = False


@dataclass(frozen=True)
class Says:
    """What a file has a word for, where that is not everything: fields of sessions, of speakers.

    Of rooms and themes such a file says no more than the name. One that says nothing of
    sessions holds none, and one that says nothing of speakers holds no list of them.
    """

    of_sessions: frozenset[str] = frozenset()
    of_speakers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class WrittenProgramme:
    """A whole conference."""

    conference: WrittenConference
    themes: tuple[WrittenTheme, ...]
    rooms: tuple[WrittenRoom, ...]
    speakers: tuple[WrittenSpeaker, ...]
    sessions: tuple[WrittenSession, ...]
    says: Says | None = None  # None: everything


Kind = Literal["mended", "left out", "clash"]


@dataclass(frozen=True)
class Note:
    """What an organiser should know about one place in the file."""

    where: str
    subject: str
    kind: Kind
    reason: str


@dataclass(frozen=True)
class Reading:
    """A programme, and what had to be done to read it."""

    programme: WrittenProgramme
    notes: tuple[Note, ...] = ()
