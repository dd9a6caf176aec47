"""What the schedules of c3voc have no words for, kept beside them for our own reader.

Other programs pass it over. ``reading/restored.py`` gives it back to what it belongs to.
"""

from collections.abc import Iterator
from typing import Any

from app.programme.document import Part
from app.programme.exporting.own_json import facts
from app.programme.exporting.schedules import Schedule
from app.programme.reading.words import plain_slug

Record = dict[str, Any]


def meta(schedule: Schedule) -> Record:
    """Give the facts of the conference, and by what we know things that have another identity."""
    known_as = {
        guid: {"key": key, "slug": slug}
        for guid, key, slug, name in _things(schedule)
        if key != guid or slug != plain_slug(name)
    }
    return {"conference": facts(schedule.source.written.conference), "known_as": known_as}


def _things(schedule: Schedule) -> Iterator[tuple[str, str, str, str]]:
    """Give the identity, the key, the slug and the name of each thing."""
    parts: dict[str, Part] = {}
    for day in schedule.days:
        for _, events in day.rooms:
            for event in events:
                session = event.session
                yield event.guid, session.key, session.slug, session.title
                parts |= {part.slug: part for part in session.parts}
    for room in schedule.source.document.rooms:
        yield schedule.room_guid(room), room.key or room.slug, room.slug, room.name
    for slug, part in parts.items():
        number, guid = schedule.person(part)
        yield guid or str(number), schedule.key_of(part), slug, part.name
