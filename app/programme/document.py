"""The programme as it was published: one immutable document that needs nothing else.

It is kept as JSON in a release and read back into these classes. Names are repeated inside
it on purpose, so that a page never has to look anything up; prose is finished, safe HTML.
"""

from dataclasses import dataclass
from datetime import date, datetime

from pydantic import TypeAdapter

SOURCE = "en"  # the language of a biography that names none
PAUSES = frozenset({"break", "lunch", "coffee", "tea", "reception", "registration"})


@dataclass(frozen=True)
class Conference:
    """The facts of the conference."""

    acronym: str
    title: str
    subtitle: str
    starts_on: date
    ends_on: date
    time_zone: str
    place: str
    summary: str
    contact_email: str
    registration_opens_at: datetime | None
    registration_closes_at: datetime | None
    is_invented: bool = False


@dataclass(frozen=True)
class Theme:
    """A theme: word, shape and colour."""

    slug: str
    name: str
    summary: str
    letter: str
    shape: str
    palette: int
    colour: str


@dataclass(frozen=True)
class Room:
    """A room and what it offers."""

    slug: str
    name: str
    capacity: int | None
    description: str
    features: tuple[str, ...]
    is_illustrative: bool
    key: str = ""  # its identity in the files it came from; older releases do not tell


@dataclass(frozen=True)
class Photo:
    """Where a speaker's photo is, and what it shows in words."""

    key: str
    description: str
    is_painted: bool = False  # whether there are renditions; a release is made without asking


@dataclass(frozen=True)
class Told:
    """A biography in the language that suits a reader best, and in the others there are."""

    language: str
    html: str
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Speaker:
    """A speaker as readers know them."""

    slug: str
    name: str
    role: str
    organisation: str
    country: str
    biography: str  # HTML, in English
    summary: str  # of the biography, as plain words
    key: str = ""  # as above
    photo: Photo | None = None  # older releases have none, and nothing of what follows
    honorific: str = ""
    pronunciation: str = ""  # how to say the name, in words
    pronouns: str = ""
    biographies: tuple[tuple[str, str], ...] = ()  # in other languages: code and HTML
    links: tuple[tuple[str, str], ...] = ()

    @property
    def called(self) -> str:
        """The name as the speaker's own page has it, with what stands before it."""
        return f"{self.honorific} {self.name}" if self.honorific else self.name

    @property
    def is_described(self) -> bool:
        """Whether anything is known that stands beside the portrait."""
        return any((self.pronunciation, self.pronouns, self.organisation, self.country))

    def told_in(self, language: str) -> Told | None:
        """Give the biography for readers of a language: theirs, or English, or another."""
        every = {**dict(self.biographies), **({SOURCE: self.biography} if self.biography else {})}
        if not every:
            return None
        code = next((one for one in (language, SOURCE) if one in every), min(every))
        others = tuple((one, every[one]) for one in sorted(every) if one != code)
        return Told(code, every[code], others)


@dataclass(frozen=True)
class Part:
    """A speaker's part in a session."""

    slug: str
    name: str
    organisation: str
    role: str


@dataclass(frozen=True)
class Material:
    """A file or a link of a session, and from when on readers see it."""

    key: str
    title: str
    kind: str
    address: str  # of a link
    size: int  # bytes of a file
    opens_at: datetime

    def is_open(self, now: datetime) -> bool:
        """Whether readers see it."""
        return self.opens_at <= now


@dataclass(frozen=True)
class Session:
    """A session with all that its page says."""

    key: str
    slug: str
    title: str
    subtitle: str
    kind: str
    theme: Theme | None
    room: Room | None
    starts_at: datetime | None
    ends_at: datetime | None
    abstract: str  # HTML
    description: str  # HTML
    summary: str  # of the abstract, as plain words
    language: str
    licence: str
    links: tuple[tuple[str, str], ...]
    is_recorded: bool
    is_illustrative: bool
    is_cancelled: bool
    parts: tuple[Part, ...]
    materials: tuple[Material, ...] = ()  # laid over it when it is read; no part of a release

    def open_materials(self, now: datetime) -> tuple[Material, ...]:
        """Give what readers see of its slides and papers at a moment."""
        return tuple(one for one in self.materials if one.is_open(now))

    @property
    def is_pause(self) -> bool:
        """Whether this is rest, not work: nobody is expected to speak."""
        return self.kind.lower() in PAUSES

    @property
    def is_told(self) -> bool:
        """Whether its own page says more than its line in the programme."""
        return not self.is_pause or bool(self.abstract or self.description or self.parts)

    @property
    def is_to_choose(self) -> bool:
        """Whether somebody may make up their mind to go there."""
        return not self.is_pause and not self.is_cancelled

    @property
    def awaits_speakers(self) -> bool:
        """Whether somebody will speak, and nobody knows yet who."""
        return self.kind.lower() == "parallel" and not self.parts


@dataclass(frozen=True)
class Document:
    """A whole programme."""

    conference: Conference
    themes: tuple[Theme, ...]
    rooms: tuple[Room, ...]
    speakers: tuple[Speaker, ...]
    sessions: tuple[Session, ...]  # by time, then room, then title
    withdrawn: tuple[str, ...] = ()  # addresses of sessions and speakers that were there once


_json = TypeAdapter(Document)
_facts_json = TypeAdapter(Conference)


def written(document: Document) -> str:
    """Give a document as JSON."""
    return _json.dump_json(document).decode()


def read(text: str) -> Document:
    """Read a document back from its JSON."""
    return _json.validate_json(text)


def written_facts(conference: Conference) -> str:
    """Give the facts of the conference alone as JSON."""
    return _facts_json.dump_json(conference).decode()


def read_facts(text: str) -> Conference:
    """Read the facts of the conference back from their JSON."""
    return _facts_json.validate_json(text)
