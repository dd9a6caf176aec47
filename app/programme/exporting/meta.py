"""What the schedules of c3voc have no words for, kept beside them for our own reader.

Other programs pass it over. ``reading/restored.py`` gives it back to what it belongs to, so that
a schedule of ours gives the whole programme again. What a schedule says itself is not repeated:
whoever changes it there means it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from app.programme.document import Part
from app.programme.exporting import own_json
from app.programme.exporting.schedules import Schedule
from app.programme.reading.words import plain_slug, uri
from app.programme.reading.written import WrittenProgramme, WrittenSession

Record = dict[str, Any]
KINDS = ("themes", "rooms", "speakers", "sessions")
NOTHING: tuple[Any, ...] = (None, "", False, [], {})


def meta(schedule: Schedule, *, tells_biographies: bool) -> Record:
    """Give the facts of the conference, by what we know things, and what else there is to them."""
    known_as = {
        guid: {"key": key, "slug": slug}
        for guid, key, slug, name in _things(schedule)
        if key != guid or slug != plain_slug(name)
    }
    rest = own_json.records(_unsaid(schedule, tells_biographies=tells_biographies))
    return {
        "conference": rest["conference"],
        "known_as": known_as,
        "illustrative": schedule.mark,
        "rest": {name: [_short(one) for one in rest[name]] for name in KINDS},
    }


def _unsaid(schedule: Schedule, *, tells_biographies: bool) -> WrittenProgramme:
    """Leave of the programme what the schedule does not say of it."""
    whole = schedule.source.written
    shown = {event.session.key for event in schedule.events}
    speaking = {part.slug for event in schedule.events for part in event.session.parts}
    return replace(
        whole,
        speakers=tuple(
            replace(one, biography="") if tells_biographies and one.slug in speaking else one
            for one in whole.speakers
        ),
        sessions=tuple(
            _beside(one) if one.key in shown else one
            for one in whole.sessions
            if one.draft is not True
        ),
    )


def _beside(session: WrittenSession) -> WrittenSession:
    """Leave of a session that the schedule shows what it has no words for."""
    return WrittenSession(
        key=session.key,
        slug=session.slug,
        title="",
        illustrative=session.illustrative,
        appearances=session.appearances,
        links=session.links if any(uri(one) != one for one, _ in session.links) else (),
    )


def _short(said: Mapping[str, Any]) -> Record:
    return {name: value for name, value in said.items() if value not in NOTHING}


def _things(schedule: Schedule) -> Iterator[tuple[str, str, str, str]]:
    """Give the identity, the key, the slug and the name of each thing."""
    parts: dict[str, Part] = {}
    for event in schedule.events:
        session = event.session
        yield event.guid, session.key, session.slug, session.title
        parts |= {part.slug: part for part in session.parts}
    for room in schedule.source.document.rooms:
        yield schedule.room_guid(room), room.key or room.slug, room.slug, room.name
    for slug, part in parts.items():
        number, guid = schedule.person(part)
        yield guid or str(number), schedule.key_of(part), slug, part.name
