"""The snapshot of a programme: an immutable, self-contained document, stored in each release.

It is stored as JSON and loaded into these classes. Names are repeated on purpose, so that a page
needs no lookups; prose is safe HTML.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from app.errors import DamagedData
from app.log import log

DEFAULT_LANGUAGE = "en"  # of a biography without a language
STORED_LINK_NOTE = " (opens another website)</a>"  # in older releases; pages add it now
BREAK_KINDS = frozenset({"break", "lunch", "coffee", "tea", "reception", "registration"})
PLENARY_KIND = "plenary"

PARALLEL_KIND = "parallel"
RECORDING = "recording"  # in the text of a link, as in files of Sessionize


def _says_recording(text: str) -> bool:
    return RECORDING in text.lower()


@dataclass(frozen=True)
class Conference:
    """The public settings of the conference."""

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
    coordinates: str = ""  # of the venue; missing in older releases
    doors_open: str = ""  # times of day (app/programme/opening_times.py); missing in older releases

    @property
    def latitude_longitude(self) -> tuple[str, str] | None:
        """Where the venue is, in degrees north and east, if that is known."""
        latitude, separator, longitude = self.coordinates.partition(", ")
        return (latitude, longitude) if separator else None


@dataclass(frozen=True)
class Theme:
    """A theme: name, shape and colour."""

    slug: str
    name: str
    summary: str
    letter: str
    shape: str
    palette: int
    colour: str
    key: str = ""
    short_name: str = ""  # missing in older releases

    @property
    def short_label(self) -> str:
        """The short name, or the name if it has none, for lists."""
        return self.short_name or self.name

    def __post_init__(self) -> None:
        """Use the slug as the key of a theme from an older release, when slugs never changed."""
        object.__setattr__(self, "key", self.key or self.slug)


@dataclass(frozen=True)
class Room:
    """A room and its access features."""

    slug: str
    name: str
    capacity: int | None
    description: str
    features: tuple[str, ...]
    is_illustrative: bool
    key: str = ""  # key in imported files; missing in older releases


@dataclass(frozen=True)
class Photo:
    """The key and the text alternative of a speaker's photo."""

    key: str
    description: str
    has_renditions: Annotated[bool, Field(alias="is_painted")] = False  # unknown at release


@dataclass(frozen=True)
class LocalisedBiography:
    """A biography in the best language for the visitor, and in the other languages."""

    language: str
    html: str
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Speaker:
    """A speaker's public profile."""

    slug: str
    name: str
    role: str
    organisation: str
    country: str
    biography: str  # HTML, in English
    summary: str  # excerpt of the biography, as plain text
    key: str = ""  # missing in older releases
    photo: Photo | None = None  # this and the following fields are missing in older releases
    honorific: str = ""
    pronunciation: str = ""  # of the name, respelled
    pronouns: str = ""
    biographies: tuple[tuple[str, str], ...] = ()  # in other languages: (code, HTML)
    links: tuple[tuple[str, str], ...] = ()

    @property
    def display_name(self) -> str:
        """The name with the title before it, as on the speaker's page."""
        return f"{self.honorific} {self.name}" if self.honorific else self.name

    @property
    def has_details(self) -> bool:
        """Whether there is more to show than the portrait, the role and the organisation."""
        return any((self.pronunciation, self.pronouns, self.country))

    def get_biography(self, language: str) -> LocalisedBiography | None:
        """Return the biography in this language, or English, or another; None if there is none."""
        texts = {
            **dict(self.biographies),
            **({DEFAULT_LANGUAGE: self.biography} if self.biography else {}),
        }
        if not texts:
            return None
        code = next((one for one in (language, DEFAULT_LANGUAGE) if one in texts), min(texts))
        others = tuple((other, texts[other]) for other in sorted(texts) if other != code)
        return LocalisedBiography(code, texts[code], others)


@dataclass(frozen=True)
class Appearance:
    """A speaker's part in a session."""

    slug: str
    name: str
    organisation: str
    role: str


@dataclass(frozen=True)
class Material:
    """A file or link of a session, and when it becomes public."""

    key: str
    title: str
    kind: str
    address: str  # URL of a link, or ""
    size: int  # of a file, in bytes
    opens_at: datetime

    @property
    def is_recording(self) -> bool:
        """Whether it is a link whose text says “recording”."""
        return bool(self.address) and _says_recording(self.title)

    def is_open(self, now: datetime) -> bool:
        """Return True if it is public."""
        return self.opens_at <= now


@dataclass(frozen=True)
class Session:
    """A session with everything its page shows."""

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
    summary: str  # excerpt of the abstract, as plain text
    language: str
    licence: str
    links: tuple[tuple[str, str], ...]
    is_recorded: bool
    is_illustrative: bool
    is_cancelled: bool
    parts: tuple[Appearance, ...]
    keywords: tuple[str, ...] = ()  # missing in older releases
    booking_seats: int | None = None  # None: open to all; missing in older releases
    materials: tuple[Material, ...] = ()  # added on loading; not part of a release

    def get_open_materials(self, now: datetime) -> tuple[Material, ...]:
        """Return the materials that are public at a moment."""
        return tuple(material for material in self.materials if material.is_open(now))

    def has_recording(self, now: datetime) -> bool:
        """Return True if the text of a link that is public at a moment says “recording”."""
        return any(material.is_recording for material in self.get_open_materials(now)) or any(
            _says_recording(text) for _, text in self.links
        )

    @property
    def is_break(self) -> bool:
        """Whether this is a break, which needs no speakers."""
        return self.kind.lower() in BREAK_KINDS

    @property
    def is_for_everyone(self) -> bool:
        """Whether it is a break or a plenary, which nothing should overlap."""
        return self.is_break or self.kind.lower() == PLENARY_KIND

    @property
    def has_page(self) -> bool:
        """Whether the session has its own page; a break needs text or speakers for that."""
        return not self.is_break or bool(self.abstract or self.description or self.parts)

    @property
    def kind_label(self) -> str:
        """The type for lists: "" for breaks and parallel sessions, as these are most common."""
        return "" if self.is_break or self.kind.lower() == PARALLEL_KIND else self.kind

    @property
    def is_confirmed(self) -> bool:
        """Whether the session is on record: neither illustrative nor a break."""
        return not self.is_illustrative and not self.is_break

    @property
    def is_starrable(self) -> bool:
        """Whether visitors can add it to their agenda."""
        return not self.is_break and not self.is_cancelled

    @property
    def is_bookable(self) -> bool:
        """Whether people need a seat, and can still get one according to the programme."""
        return self.booking_seats is not None and not self.is_cancelled

    @property
    def is_awaiting_speakers(self) -> bool:
        """Whether speakers are expected but not known yet."""
        return self.kind.lower() == PARALLEL_KIND and not self.parts


@dataclass(frozen=True)
class Snapshot:
    """A whole programme."""

    conference: Conference
    themes: tuple[Theme, ...]
    rooms: tuple[Room, ...]
    speakers: tuple[Speaker, ...]
    sessions: tuple[Session, ...]  # by time, then room, then title
    withdrawn: tuple[str, ...] = ()  # paths of former sessions and speakers


_snapshot_adapter = TypeAdapter(Snapshot)
_settings_adapter = TypeAdapter(Conference)


def dump(snapshot: Snapshot) -> str:
    """Return a snapshot as JSON."""
    return _snapshot_adapter.dump_json(snapshot, by_alias=True).decode()


def load(text: str) -> Snapshot:
    """Load a snapshot from JSON; raise DamagedData if it is invalid."""
    try:
        return _snapshot_adapter.validate_json(text.replace(STORED_LINK_NOTE, "</a>"))
    except ValidationError as fault:
        log.error("a stored programme cannot be read", faults=fault.error_count())
        raise DamagedData from None  # the original error would quote the stored data


def dump_settings(settings: Conference) -> str:
    """Return the public settings as JSON."""
    return _settings_adapter.dump_json(settings).decode()


def load_settings(text: str) -> Conference:
    """Load the public settings from JSON."""
    return _settings_adapter.validate_json(text)
