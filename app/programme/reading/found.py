"""What a format reader found, as loose words, before anything is mended or made to fit.

Whoever adds a format fills these, and the rest of the reading comes with it.
``where`` tells a person how to find the place in the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.programme.reading.written import Says


@dataclass
class FoundTheme:
    """A track."""

    name: str
    slug: str = ""
    summary: str = ""
    letter: str = ""
    shape: str = ""
    palette: str = ""
    colour: str = ""
    where: str = ""


@dataclass
class FoundRoom:
    """A room. Its ``key`` is whatever the file knows it by, if anything but its name."""

    name: str
    key: str = ""
    slug: str = ""
    capacity: str = ""
    description: str = ""
    features: tuple[str, ...] = ()
    illustrative: bool = False
    where: str = ""


@dataclass
class FoundPerson:
    """Someone named, in a session or in a list of people."""

    name: str
    key: str = ""
    slug: str = ""
    role: str = ""
    organisation: str = ""
    country: str = ""
    biography: str = ""
    appears_as: str = ""
    where: str = ""
    profile: Mapping[str, Any] | None = (
        None  # what only our own JSON and tables tell, as JSON has it
    )


@dataclass
class FoundDay:
    """A day of the schedule, for sessions that say only at what hour they start."""

    date: str = ""
    starts: str = ""


@dataclass
class FoundSession:
    """An event."""

    where: str
    title: str = ""
    guid: str = ""
    number: str = ""
    slug: str = ""
    subtitle: str = ""
    kind: str = ""
    theme: FoundTheme | None = None
    room: FoundRoom | None = None
    day: FoundDay = field(default_factory=FoundDay)
    date: str = ""
    start: str = ""
    duration: str = ""
    end: str = ""
    abstract: str = ""
    description: str = ""
    language: str = ""
    illustrative: bool = False
    cancelled: bool = False
    draft: bool | None = None
    people: list[FoundPerson] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    licence: str = ""
    recorded: bool = False


@dataclass
class Found:
    """A whole file. ``conference`` holds its facts under the names of our own format."""

    conference: dict[str, str] = field(default_factory=dict)
    days: list[FoundDay] = field(default_factory=list)
    themes: list[FoundTheme] = field(default_factory=list)
    rooms: list[FoundRoom] = field(default_factory=list)
    people: list[FoundPerson] = field(default_factory=list)
    sessions: list[FoundSession] = field(default_factory=list)
    says: Says | None = None  # None: the format has a word for everything
