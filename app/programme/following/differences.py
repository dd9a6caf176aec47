"""What a release changed for readers, in the few words that are kept of a comparison.

``told`` makes them when a release begins to be shown, and they never change afterwards: what they
name is named as it was then, in no language, so that each reader is told in their own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from app.programme.document import Document, Part, Room, Session, Speaker, Theme
from app.programme.publishing.comparison import Altered, Comparison, Things, compare, people

FACTS = "facts"
ELSEWHERE = frozenset({"title", "starts_at", "ends_at", "room", "parts", "slug"})  # said by itself


@dataclass(frozen=True)
class Place:
    """When and where a session is."""

    starts_at: datetime | None
    ends_at: datetime | None
    room: str


@dataclass(frozen=True)
class Thing:
    """One thing that is not as it was, in one way: ``group`` says in which."""

    group: str
    name: str
    key: str = ""
    slug: str = ""
    language: str = ""
    place: Place | None = None
    was_at: Place | None = None
    was_called: str = ""
    joined: tuple[str, ...] = ()  # names of people
    left: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # names of fields that say something else


@dataclass(frozen=True)
class Differences:
    """What readers saw change; nothing of it where a whole programme began."""

    title: str  # of the conference
    sessions: int  # how many the programme holds now
    speakers: int
    begins: bool  # the first programme, or that of another conference
    things: tuple[Thing, ...] = ()


_json = TypeAdapter(Differences)


def written(differences: Differences) -> str:
    """Give what is kept."""
    return _json.dump_json(differences, exclude_defaults=True).decode()


def read(text: str) -> Differences:
    """Read back what was kept."""
    return _json.validate_json(text)


def told(old: Document | None, new: Document) -> Differences:
    """Tell what readers see change where one programme takes the place of another."""
    begins = old is None or old.conference.acronym != new.conference.acronym
    return Differences(
        title=new.conference.title,
        sessions=len(new.sessions),
        speakers=len(new.speakers),
        begins=begins,
        things=() if old is None or begins else tuple(_things(compare(old, new))),
    )


def _things(found: Comparison) -> Iterator[Thing]:
    yield from (_session("added", one) for one in found.sessions.added)
    yield from (_moved(one) for one in found.moved)
    yield from (_renamed(one) for one in found.renamed)
    yield from (_session("cancelled", one.new) for one in found.cancelled)
    yield from (_session("back", one.new) for one in found.brought_back)
    yield from (_session("withdrawn", one) for one in found.sessions.withdrawn)
    yield from filter(None, map(_reworded, found.reworded))
    yield from _named("speakers", found.speakers)
    yield from _named("rooms", found.rooms)
    yield from _named("themes", found.themes)
    if found.conference:
        names = tuple(field.name for field in found.conference.fields)
        yield Thing(FACTS, found.conference.new.title, others=names)


def _session(group: str, one: Session) -> Thing:
    return Thing(group, one.title, one.key, one.slug, one.language, _place(one))


def _place(one: Session) -> Place:
    return Place(one.starts_at, one.ends_at, one.room.name if one.room else "")


def _moved(one: Altered[Session]) -> Thing:
    new = one.new
    was, now = _place(one.old), _place(new)
    return Thing("moved", new.title, new.key, new.slug, new.language, now, was_at=was)


def _renamed(one: Altered[Session]) -> Thing:
    new = one.new
    place, was = _place(new), one.old.title
    return Thing("renamed", new.title, new.key, new.slug, new.language, place, was_called=was)


def _reworded(one: Altered[Session]) -> Thing | None:
    """Tell who joined a session and who left it, and what else it says differently."""
    new, before, after = one.new, people(one.old), people(one.new)
    thing = Thing(
        "reworded",
        new.title,
        new.key,
        new.slug,
        new.language,
        joined=_beyond({part.slug for part in before}, after),
        left=_beyond({part.slug for part in after}, before),
        others=tuple(field.name for field in one.fields if field.name not in ELSEWHERE),
    )
    is_told = thing.joined or thing.left or thing.others
    return thing if is_told else None


def _beyond(known: set[str], some: Iterable[Part]) -> tuple[str, ...]:
    return tuple(part.name for part in some if part.slug not in known)


def _named(kind: str, found: Things[Any]) -> Iterator[Thing]:
    """Tell of people, rooms and themes: which there are now, and which have gone."""
    yield from (_thing(f"{kind}-added", one) for one in found.added)
    for one in found.altered:
        names = tuple(field.name for field in one.fields if field.name not in {"name", "slug"})
        was = one.old.name if one.old.name != one.new.name else ""
        yield replace(_thing(f"{kind}-altered", one.new), was_called=was, others=names)
    yield from (_thing(f"{kind}-withdrawn", one) for one in found.withdrawn)


def _thing(group: str, one: Speaker | Room | Theme) -> Thing:
    return Thing(group, one.name, getattr(one, "key", ""), one.slug)
