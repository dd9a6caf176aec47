"""A summary of what a release changed for the public, stored with each activation.

``summarise`` creates it when a release becomes current, and it never changes afterwards: names
are those of that moment, and nothing is translated, so that pages can show it in any language.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from app.programme.snapshot import Appearance, Room, Session, Snapshot, Speaker, Theme
from app.releases.comparison import Comparison, EntityChanges, Modified, compare, list_participants

SETTINGS_GROUP = "facts"
REPORTED_SEPARATELY = frozenset(
    {"title", "starts_at", "ends_at", "room", "parts", "slug"}
)  # covered by other groups


@dataclass(frozen=True)
class TimeAndRoom:
    """When and where a session takes place."""

    starts_at: datetime | None
    ends_at: datetime | None
    room: str


@dataclass(frozen=True)
class ChangedItem:
    """One changed session, speaker, room, theme or setting; ``group`` says how it changed."""

    group: str
    name: str
    key: str = ""
    slug: str = ""
    language: str = ""
    place: TimeAndRoom | None = None
    old_place: Annotated[TimeAndRoom | None, Field(alias="was_at")] = None  # its stored name
    was_called: str = ""
    joined: tuple[str, ...] = ()  # names of speakers
    left: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # names of other changed fields


@dataclass(frozen=True)
class ChangeSummary:
    """The changes of a release; ``things`` is empty for the first programme of a conference."""

    title: str  # of the conference
    sessions: int  # number of sessions now
    speakers: int
    begins: bool  # whether it is the first programme of this conference
    things: tuple[ChangedItem, ...] = ()


_summary_adapter = TypeAdapter(ChangeSummary)


def dump(summary: ChangeSummary) -> str:
    """Return a summary as JSON."""
    return _summary_adapter.dump_json(summary, by_alias=True, exclude_defaults=True).decode()


def load(text: str) -> ChangeSummary:
    """Load a summary from JSON."""
    return _summary_adapter.validate_json(text)


def summarise(old: Snapshot | None, new: Snapshot) -> ChangeSummary:
    """Summarise what changes for the public when one snapshot replaces another."""
    begins = old is None or old.conference.acronym != new.conference.acronym
    return ChangeSummary(
        title=new.conference.title,
        sessions=len(new.sessions),
        speakers=len(new.speakers),
        begins=begins,
        things=() if old is None or begins else tuple(_changed_items(compare(old, new))),
    )


def _changed_items(comparison: Comparison) -> Iterator[ChangedItem]:
    yield from (_session_item("added", one) for one in comparison.sessions.added)
    yield from (_moved_item(one) for one in comparison.moved)
    yield from (_renamed_item(one) for one in comparison.renamed)
    yield from (_session_item("cancelled", one.new) for one in comparison.cancelled)
    yield from (_session_item("back", one.new) for one in comparison.reinstated)
    yield from (_session_item("withdrawn", session) for session in comparison.sessions.withdrawn)
    yield from filter(None, map(_reworded_item, comparison.reworded))
    yield from _entity_items("speakers", comparison.speakers)
    yield from _entity_items("rooms", comparison.rooms)
    yield from _entity_items("themes", comparison.themes)
    if comparison.conference:
        names = tuple(field.name for field in comparison.conference.fields)
        yield ChangedItem(SETTINGS_GROUP, comparison.conference.new.title, others=names)


def _session_item(group: str, one: Session) -> ChangedItem:
    return ChangedItem(group, one.title, one.key, one.slug, one.language, _time_and_room(one))


def _time_and_room(one: Session) -> TimeAndRoom:
    return TimeAndRoom(one.starts_at, one.ends_at, one.room.name if one.room else "")


def _moved_item(one: Modified[Session]) -> ChangedItem:
    new = one.new
    was, now = _time_and_room(one.old), _time_and_room(new)
    return ChangedItem("moved", new.title, new.key, new.slug, new.language, now, old_place=was)


def _renamed_item(one: Modified[Session]) -> ChangedItem:
    new = one.new
    place, was = _time_and_room(new), one.old.title
    return ChangedItem("renamed", new.title, new.key, new.slug, new.language, place, was_called=was)


def _reworded_item(one: Modified[Session]) -> ChangedItem | None:
    """Return a session's other changes, including who joined and left; None if there are none."""
    new, before, after = one.new, list_participants(one.old), list_participants(one.new)
    item = ChangedItem(
        "reworded",
        new.title,
        new.key,
        new.slug,
        new.language,
        joined=_names_not_in({part.slug for part in before}, after),
        left=_names_not_in({part.slug for part in after}, before),
        others=tuple(field.name for field in one.fields if field.name not in REPORTED_SEPARATELY),
    )
    is_told = item.joined or item.left or item.others
    return item if is_told else None


def _names_not_in(known_slugs: set[str], appearances: Iterable[Appearance]) -> tuple[str, ...]:
    return tuple(part.name for part in appearances if part.slug not in known_slugs)


def _entity_items(kind: str, changes: EntityChanges[Any]) -> Iterator[ChangedItem]:
    """Yield the changes of speakers, rooms or themes."""
    yield from (_entity_item(f"{kind}-added", one) for one in changes.added)
    for one in changes.modified:
        names = tuple(field.name for field in one.fields if field.name not in {"name", "slug"})
        was = one.old.name if one.old.name != one.new.name else ""
        yield replace(_entity_item(f"{kind}-altered", one.new), was_called=was, others=names)
    yield from (_entity_item(f"{kind}-withdrawn", one) for one in changes.withdrawn)


def _entity_item(group: str, one: Speaker | Room | Theme) -> ChangedItem:
    return ChangedItem(group, one.name, getattr(one, "key", ""), one.slug)
