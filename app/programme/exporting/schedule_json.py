"""The schedule.json of c3voc (https://c3voc.de/schedule/schema.json)."""

import json
import re
from typing import Any

from app.programme.document import Part, Room, Theme
from app.programme.exporting.meta import meta
from app.programme.exporting.schedules import (
    GENERATOR,
    SLOT,
    Day,
    Event,
    Schedule,
    colour,
)
from app.programme.exporting.sources import Source, as_html
from app.programme.reading.words import uri

Record = dict[str, Any]

SLUG = re.compile(r"[a-z0-9_-]+[a-z0-9]")  # this and the next two are what the schema takes
ZONE = re.compile(r"[A-Z][a-z]+/[A-Z][a-z]+")
UTC = "UTC"


def written(source: Source) -> str:
    """Write a programme."""
    schedule = Schedule(source)
    whole = {
        "$schema": "https://c3voc.de/schedule/schema.json",
        "generator": {"name": GENERATOR, "url": source.site},
        "schedule": {
            "version": source.version,
            "base_url": source.site,
            "conference": _conference(schedule),
        },
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _conference(schedule: Schedule) -> Record:
    facts = schedule.facts
    zone = {"time_zone_name": facts.time_zone} if _is_a_zone(facts.time_zone) else {}
    return {
        "acronym": schedule.acronym.replace("-", "_"),
        "title": facts.title,
        "description": facts.summary,
        "start": facts.starts_on.isoformat(),
        "end": facts.ends_on.isoformat(),
        "daysCount": len(schedule.days),
        "timeslot_duration": SLOT,
        **zone,
        "url": schedule.source.site,
        "meta": meta(schedule, tells_biographies=True),
        "tracks": [_track(theme) for theme in schedule.source.document.themes],
        "rooms": [_room(room, schedule) for room in schedule.source.document.rooms],
        "days": [_day(day, schedule) for day in schedule.days],
    }


def _is_a_zone(name: str) -> bool:
    return name == UTC or bool(ZONE.match(name))


def _track(theme: Theme) -> Record:
    return {
        "name": theme.name,
        **_slug(theme.slug),
        "description": theme.summary,
        **({"color": colour(theme.colour)} if theme.colour else {}),
    }


def _room(room: Room, schedule: Schedule) -> Record:
    return {
        "name": room.name,
        **_slug(room.slug),
        "guid": schedule.room_guid(room),
        "description": room.description or None,
        "capacity": room.capacity,
    }


def _slug(slug: str) -> Record:
    return {"slug": slug} if SLUG.fullmatch(slug) else {}


def _day(day: Day, schedule: Schedule) -> Record:
    rooms: dict[str, list[Record]] = {}
    for room, events in day.rooms:
        name = room.name if room else ""
        rooms.setdefault(name, []).extend(_event(event, name, schedule) for event in events)
    return {
        "index": day.index,
        "date": day.date.isoformat(),
        "day_start": day.starts_at.isoformat(),
        "day_end": day.ends_at.isoformat(),
        "rooms": rooms,
    }


def _event(event: Event, room: str, schedule: Schedule) -> Record:
    session = event.session
    recorded = {"do_not_record": False} if session.is_recorded else {}
    return {
        "guid": event.guid,
        "id": event.number,
        "date": event.starts_at.isoformat(),
        "start": f"{event.starts_at:%H:%M}",
        "end": event.ends_at.isoformat(),
        "duration": event.length,
        "room": room,
        "slug": session.slug if SLUG.fullmatch(session.slug) else f"session-{session.slug}",
        "url": f"{schedule.source.site}/sessions/{session.slug}",
        "title": session.title,
        "subtitle": session.subtitle or None,
        "track": session.theme.name if session.theme else None,
        "type": session.kind,
        "language": session.language or None,
        "abstract": schedule.abstract(session) or None,
        "description": as_html(session.description) or None,
        "recording_license": session.licence,
        **recorded,
        "persons": [_person(part, schedule) for part in session.parts],
        "links": [
            {"url": uri(address), "title": label, "type": "web"} for address, label in session.links
        ],
    }


def _person(part: Part, schedule: Schedule) -> Record:
    number, guid = schedule.person(part)
    known_as: Record = {"guid": guid} if guid else {"id": number}
    biography = schedule.biographies.get(part.slug)
    return {
        **known_as,
        "name": part.name,
        "slug": part.slug,
        "url": f"{schedule.source.site}/speakers/{part.slug}",
        "biography": biography or None,
    }
