"""What a calendar or a table names, recognised as what stands here already.

Such a file has no word for most of what a programme knows, and often no identities of its own. So
a session is known by its key, or else by its title and start; a person, a room and a theme by the
name. What the file does not say of something known stays as it is, and so do things of a kind
that it does not list.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from app.content import prose
from app.programme import queries
from app.programme.exporting import sources
from app.programme.reading.columns import OF_PROFILES
from app.programme.reading.home import NOWHERE, Home
from app.programme.reading.words import folded
from app.programme.reading.written import (
    WrittenAppearance,
    WrittenProfile,
    WrittenProgramme,
    WrittenRoom,
    WrittenSession,
    WrittenSpeaker,
    WrittenTheme,
)

Named = TypeVar("Named", WrittenRoom, WrittenSpeaker, WrittenTheme)
Told = TypeVar("Told", WrittenSession, WrittenSpeaker)
Names = Mapping[str, str]  # the identity of a thing here, by its identity in the file
TEXTS = frozenset({"abstract", "description", "biography"})  # shown plain in a spreadsheet


def home() -> Home:
    """Tell the reading about the conference that is being worked on."""
    if not queries.has_conference():
        return NOWHERE
    row = queries.conference()
    return Home(
        {
            "acronym": row.acronym,
            "title": row.title,
            "subtitle": row.subtitle,
            "starts_on": row.starts_on.isoformat(),
            "ends_on": row.ends_on.isoformat(),
            "time_zone": row.time_zone,
            "place": row.place,
            "summary": row.summary,
            "contact_email": row.contact_email,
            "registration_opens_at": _iso(row.registration_opens_at),
            "registration_closes_at": _iso(row.registration_closes_at),
            "invented": "yes" if row.is_invented else "",
        }
    )


def recognised(programme: WrittenProgramme) -> WrittenProgramme:
    """Give what a file holds, with the identities and the rest of what is known here."""
    says = programme.says
    if says is None or programme.conference.acronym != home().acronym:
        return programme
    known = sources.working("").written
    here = _Here(
        _identities(known.themes, programme.themes, "slug"),
        _identities(known.rooms, programme.rooms, "key"),
        _identities(known.speakers, programme.speakers, "key"),
    )
    named = map(here.named, programme.sessions)
    sessions = tuple(_sessions(known.sessions, named, says.of_sessions))
    return replace(
        programme,
        themes=(*known.themes, *_new(known.themes, programme.themes, here.themes, "slug")),
        rooms=(*known.rooms, *_new(known.rooms, programme.rooms, here.rooms, "key")),
        speakers=tuple(_speakers(known.speakers, programme.speakers, here, says.of_speakers)),
        sessions=sessions if says.of_sessions else known.sessions,
    )


@dataclass(frozen=True)
class _Here:
    """Under which identities the things that a file names stand here."""

    themes: Names
    rooms: Names
    speakers: Names

    def named(self, told: WrittenSession) -> WrittenSession:
        """Give a session that names its theme, its room and its people as they stand here."""
        return replace(
            told,
            theme=self.themes[told.theme] if told.theme else None,
            room=self.rooms[told.room] if told.room else None,
            appearances=tuple(
                WrittenAppearance(self.speakers[one.speaker], one.role) for one in told.appearances
            ),
        )


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _identities(known: Iterable[Named], told: Iterable[Named], identity: str) -> Names:
    """Tell under which identity each thing that a file names stands here: a new one its own."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for one in known:
        by_name[folded(one.name)].append(getattr(one, identity))
    held = {one for some in by_name.values() for one in some}
    found = {}
    for one in told:
        own, same = getattr(one, identity), by_name[folded(one.name)]
        found[own] = same[0] if own not in held and len(same) == 1 else own
    return found


def _new(
    known: Iterable[Named], told: Iterable[Named], here: Names, identity: str
) -> Iterator[Named]:
    """Give what a file names and nobody here knows."""
    held = {getattr(one, identity) for one in known}
    return (one for one in told if here[getattr(one, identity)] not in held)


def _speakers(
    known: Iterable[WrittenSpeaker],
    told: Iterable[WrittenSpeaker],
    here: _Here,
    says: frozenset[str],
) -> Iterable[WrittenSpeaker]:
    """Give everyone who is known, as the file tells of them, and whoever is new."""
    found = {one.key: one for one in known}
    for one in told:
        key = here.speakers[one.key]
        found[key] = _person(found[key], one, says) if key in found else one
    return found.values()


def _person(known: WrittenSpeaker, told: WrittenSpeaker, says: frozenset[str]) -> WrittenSpeaker:
    """Change somebody; what a table has no column for stays in their profile too."""
    changed = _as_told(known, told, says - OF_PROFILES)
    if told.profile is None:
        return changed
    news = {name: getattr(told.profile, name) for name in says & OF_PROFILES}
    return replace(changed, profile=replace(known.profile or WrittenProfile(), **news))


def _sessions(
    known: Iterable[WrittenSession], told: Iterable[WrittenSession], says: frozenset[str]
) -> Iterator[WrittenSession]:
    """Give the sessions of a file, each with what is known of it here."""
    left = {one.key: one for one in known}
    waiting = list(told)
    pairs: dict[int, WrittenSession] = {}
    for alike in (_own_key, _title_time_and_room, _title_and_time, _title):
        _pair(waiting, left, pairs, alike)
    for place, one in enumerate(waiting):
        yield _changed(pairs[place], one, says) if place in pairs else one


def _pair(
    waiting: Sequence[WrittenSession],
    left: dict[str, WrittenSession],
    pairs: dict[int, WrittenSession],
    alike: Callable[[WrittenSession], Any],
) -> None:
    """Pair sessions of a file with those left here, where just one is alike on either side."""
    asked = Counter(alike(one) for place, one in enumerate(waiting) if place not in pairs)
    held: dict[Any, list[WrittenSession]] = defaultdict(list)
    for one in left.values():
        held[alike(one)].append(one)
    for place, one in enumerate(waiting):
        same = held[alike(one)]
        if place not in pairs and len(same) == asked[alike(one)] == 1:
            pairs[place] = left.pop(same[0].key)


def _own_key(session: WrittenSession) -> Any:
    return session.key


def _title_time_and_room(session: WrittenSession) -> Any:
    return folded(session.title), session.starts_at, session.room


def _title_and_time(session: WrittenSession) -> Any:
    return folded(session.title), session.starts_at


def _title(session: WrittenSession) -> Any:
    return folded(session.title)


def _changed(known: WrittenSession, told: WrittenSession, says: frozenset[str]) -> WrittenSession:
    """Change a session; where a file says only when it starts, it stays as long as it was."""
    changed = _as_told(known, told, says)
    if "starts_at" not in says or "ends_at" in says:
        return changed
    if not (told.starts_at and known.starts_at and known.ends_at):
        return replace(changed, ends_at=told.ends_at)
    return replace(changed, ends_at=told.starts_at + (known.ends_at - known.starts_at))


def _as_told(known: Told, told: Told, says: frozenset[str]) -> Told:
    """Change what is known to what a file says; what only looks different stays as typed."""
    differing = (
        name
        for name in says
        if _shown(name, getattr(known, name)) != _shown(name, getattr(told, name))
    )
    return replace(known, **{name: getattr(told, name) for name in differing})


def _shown(name: str, value: Any) -> Any:
    """Give what a field holds as a spreadsheet shows it."""
    if name in TEXTS:
        return prose.plain(prose.safe_html(value))
    if name == "links":
        return [address for address, _ in value]
    return folded(value) if name == "kind" else value
