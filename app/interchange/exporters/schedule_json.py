"""The schedule.json of c3voc (https://c3voc.de/schedule/schema.json)."""

import json
import re
from typing import Any

from app.interchange.exporters.c3voc import (
    GENERATOR,
    TIMESLOT_DURATION,
    C3vocSchedule,
    ScheduleDay,
    ScheduleEvent,
    normalise_colour,
)
from app.interchange.exporters.native_json import build_extension
from app.interchange.exporters.source import ExportSource, wrap_html
from app.interchange.importers.text import normalise_uri
from app.programme.snapshot import Appearance, Room, Theme

Record = dict[str, Any]

SLUG_PATTERN = re.compile(r"[a-z0-9_-]+[a-z0-9]")  # this and the next two as in the schema
ZONE_PATTERN = re.compile(r"[A-Z][a-z]+/[A-Z][a-z]+")
UTC = "UTC"


def dump(source: ExportSource) -> str:
    """Return a programme as JSON text."""
    schedule = C3vocSchedule(source)
    document = {
        "$schema": "https://c3voc.de/schedule/schema.json",
        "generator": {"name": GENERATOR, "url": source.site_url},
        "schedule": {
            "version": source.version,
            "base_url": source.site_url,
            "conference": _dump_conference(schedule),
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _dump_conference(schedule: C3vocSchedule) -> Record:
    facts = schedule.conference
    zone = {"time_zone_name": facts.time_zone} if _is_valid_zone(facts.time_zone) else {}
    return {
        "acronym": schedule.acronym.replace("-", "_"),
        "title": facts.title,
        "description": facts.summary,
        "start": facts.starts_on.isoformat(),
        "end": facts.ends_on.isoformat(),
        "daysCount": len(schedule.days),
        "timeslot_duration": TIMESLOT_DURATION,
        **zone,
        "url": schedule.source.site_url,
        "meta": build_extension(schedule, has_biographies=True),
        "tracks": [_dump_track(theme) for theme in schedule.source.snapshot.themes],
        "rooms": [_dump_room(room, schedule) for room in schedule.source.snapshot.rooms],
        "days": [_dump_day(day, schedule) for day in schedule.days],
    }


def _is_valid_zone(name: str) -> bool:
    return name == UTC or bool(ZONE_PATTERN.match(name))


def _dump_track(theme: Theme) -> Record:
    return {
        "name": theme.name,
        **_dump_slug(theme.slug),
        "description": theme.summary,
        **({"color": normalise_colour(theme.colour)} if theme.colour else {}),
    }


def _dump_room(room: Room, schedule: C3vocSchedule) -> Record:
    return {
        "name": room.name,
        **_dump_slug(room.slug),
        "guid": schedule.get_room_guid(room),
        "description": room.description or None,
        "capacity": room.capacity,
    }


def _dump_slug(slug: str) -> Record:
    return {"slug": slug} if SLUG_PATTERN.fullmatch(slug) else {}


def _dump_day(day: ScheduleDay, schedule: C3vocSchedule) -> Record:
    rooms: dict[str, list[Record]] = {}
    for room, events in day.rooms:
        name = room.name if room else ""
        rooms.setdefault(name, []).extend(_dump_event(event, name, schedule) for event in events)
    return {
        "index": day.index,
        "date": day.date.isoformat(),
        "day_start": day.starts_at.isoformat(),
        "day_end": day.ends_at.isoformat(),
        "rooms": rooms,
    }


def _dump_event(event: ScheduleEvent, room: str, schedule: C3vocSchedule) -> Record:
    session = event.session
    recorded = {"do_not_record": False} if session.is_recorded else {}
    return {
        "guid": event.guid,
        "id": event.number,
        "date": event.starts_at.isoformat(),
        "start": f"{event.starts_at:%H:%M}",
        "end": event.ends_at.isoformat(),
        "duration": event.duration,
        "room": room,
        "slug": session.slug if SLUG_PATTERN.fullmatch(session.slug) else f"session-{session.slug}",
        "url": f"{schedule.source.site_url}/sessions/{session.slug}",
        "title": session.title,
        "subtitle": session.subtitle or None,
        "track": session.theme.name if session.theme else None,
        "type": session.kind,
        "language": session.language or None,
        "abstract": schedule.get_abstract(session) or None,
        "description": wrap_html(session.description) or None,
        "recording_license": session.licence,
        **recorded,
        "persons": [_dump_person(part, schedule) for part in session.parts],
        "links": [
            {"url": normalise_uri(address), "title": label, "type": "web"}
            for address, label in session.links
        ],
    }


def _dump_person(part: Appearance, schedule: C3vocSchedule) -> Record:
    number, guid = schedule.get_person_ids(part)
    known_as: Record = {"guid": guid} if guid else {"id": number}
    biography = schedule.biographies.get(part.slug)
    return {
        **known_as,
        "name": part.name,
        "slug": part.slug,
        "url": f"{schedule.source.site_url}/speakers/{part.slug}",
        "biography": biography or None,
    }
