"""The raw model: what the importer of a format found, as unchecked strings.

An importer for a new format only has to fill these classes. ``where`` tells people where something
is in the file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.interchange.importers import datetimes
from app.interchange.importers.parsed_programme import PROFILE_FIELDS, FieldCoverage


@dataclass
class RawTheme:
    """A theme (track)."""

    name: str
    slug: str = ""
    summary: str = ""
    letter: str = ""
    shape: str = ""
    palette: str = ""
    colour: str = ""
    short_name: str = ""
    where: str = ""


@dataclass
class RawRoom:
    """A room; ``key`` is its identity in the file other than its name, if any."""

    name: str
    key: str = ""
    slug: str = ""
    capacity: str = ""
    description: str = ""
    features: tuple[str, ...] = ()
    illustrative: bool = False
    where: str = ""


@dataclass
class RawPerson:
    """A person, in a session or in a list of people."""

    name: str
    key: str = ""
    slug: str = ""
    values: dict[str, Any] = field(default_factory=dict)  # by its name in native JSON
    appearance_role: str = ""
    where: str = ""

    @property
    def has_profile(self) -> bool:
        """Whether the format has fields of the profile."""
        return bool(PROFILE_FIELDS & self.values.keys())


@dataclass
class RawDay:
    """A day of the schedule, for sessions that have only a time of day."""

    date: str = ""
    starts: str = ""


@dataclass
class RawSession:
    """A session."""

    where: str
    title: str = ""
    guid: str = ""
    number: str = ""
    slug: str = ""
    theme: RawTheme | None = None
    room: RawRoom | None = None
    day: RawDay = field(default_factory=RawDay)
    date: str = ""
    start: str = ""
    duration: str = ""
    end: str = ""
    cancelled: bool = False
    draft: bool | None = None
    people: list[RawPerson] = field(default_factory=list)
    # other fields, by name in native JSON: texts, or values that ``clean_value`` accepts
    values: dict[str, Any] = field(default_factory=dict)


@dataclass
class RawProgramme:
    """A whole file; ``conference`` has the keys of the native format."""

    conference: dict[str, str] = field(default_factory=dict)
    days: list[RawDay] = field(default_factory=list)
    themes: list[RawTheme] = field(default_factory=list)
    rooms: list[RawRoom] = field(default_factory=list)
    people: list[RawPerson] = field(default_factory=list)
    sessions: list[RawSession] = field(default_factory=list)
    coverage: FieldCoverage | None = None  # None: the format has all fields
    names_conference: bool = True  # False: it may be of any conference, so its days decide


@dataclass(frozen=True)
class TargetConference:
    """The existing conference; ``facts`` has the keys of the native format."""

    facts: Mapping[str, str] = field(default_factory=dict)
    speaker_names: tuple[str, ...] = ()
    contact_addresses: Mapping[str, str] = field(default_factory=dict)  # names by email address

    @property
    def acronym(self) -> str:
        """The acronym, which identifies a conference."""
        return self.facts.get("acronym", "")

    def has_day(self, day: date) -> bool:
        """Return True if a date is a day of the conference."""
        first = datetimes.parse_date(self.facts.get("starts_on", ""))
        last = datetimes.parse_date(self.facts.get("ends_on", ""))
        return first is not None and last is not None and first <= day <= last

    def facts_for(self, sessions: Iterable[RawSession]) -> dict[str, str]:
        """Return the facts for a file that names no conference.

        They are those of the existing conference, unless all of the file's sessions are on other
        days.
        """
        days = {day for session in sessions if (day := self._local_day(session.date)) is not None}
        is_target = not days or any(map(self.has_day, days))
        return dict(self.facts) if is_target else {}

    def _local_day(self, text: str) -> date | None:
        """Return the local day of a date or a datetime in the conference's time zone."""
        zone = datetimes.find_zone(self.facts.get("time_zone", ""))
        moment = datetimes.parse_datetime(text, zone) if zone and "T" in text else None
        return datetimes.parse_date(text) if moment is None else moment.astimezone(zone).date()


NO_TARGET = TargetConference()
