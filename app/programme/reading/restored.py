"""What our own schedules tell beside what the format has words for (``exporting/meta.py``)."""

from collections.abc import Mapping
from typing import Any

from app.programme.reading.found import Found, FoundPerson, FoundRoom, FoundSession
from app.programme.reading.own_json import facts
from app.programme.reading.values import first, record


def restore(found: Found, meta: Mapping[str, Any]) -> None:
    """Give things back the identities and addresses by which we know them."""
    conference = record(meta.get("conference"))
    if conference:
        found.conference.update(facts(conference))
    known = record(meta.get("known_as"))
    if not known:
        return
    for room in found.rooms:
        _restore_thing(room, known)
    for session in found.sessions:
        told = record(known.get(session.guid))
        session.guid = first(told, "key") or session.guid
        session.slug = first(told, "slug") or session.slug
        for thing in _things_of(session):
            _restore_thing(thing, known)


def _things_of(session: FoundSession) -> list[FoundRoom | FoundPerson]:
    return [*session.people, session.room] if session.room else [*session.people]


def _restore_thing(thing: FoundRoom | FoundPerson, known: Mapping[str, Any]) -> None:
    told = record(known.get(thing.key))
    thing.key = first(told, "key") or thing.key
    thing.slug = first(told, "slug") or thing.slug
