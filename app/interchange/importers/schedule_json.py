"""Importing the schedule.json of c3voc, as pretalx and frab write it."""

from collections.abc import Mapping
from typing import Any

from app.interchange.importers.native_json import restore_extension
from app.interchange.importers.parsed_programme import ImportLog
from app.interchange.importers.raw import (
    RawDay,
    RawPerson,
    RawProgramme,
    RawRoom,
    RawSession,
    RawTheme,
)
from app.interchange.importers.rooms_and_themes import drop_empty_themes
from app.interchange.importers.text import as_mapping, as_mappings, as_text, first_text

SAME_NAMES = ("subtitle", "abstract", "description", "language")  # in our own files


def parse(schedule: Mapping[str, Any], log: ImportLog) -> RawProgramme:
    """Parse a schedule."""
    conference = as_mapping(schedule.get("conference"))
    raw = RawProgramme(conference=_parse_conference(schedule, conference))
    raw.themes = [
        _parse_track(track) for track in as_mappings(conference.get("tracks"), "tracks", log)
    ]
    raw.rooms = [_parse_room(room) for room in as_mappings(conference.get("rooms"), "rooms", log)]
    days = conference.get("days") or schedule.get("days")
    for day in as_mappings(days, "days", log):
        _parse_day(day, raw, log)
    drop_empty_themes(raw, log)
    restore_extension(raw, as_mapping(conference.get("meta")))
    return raw


def _parse_conference(schedule: Mapping[str, Any], conference: Mapping[str, Any]) -> dict[str, str]:
    """Return the data of the conference, with the keys of the native format."""
    return {
        "acronym": first_text(conference, "acronym"),
        "title": first_text(conference, "title"),
        "subtitle": first_text(conference, "subtitle"),
        "summary": first_text(conference, "description"),
        "place": ", ".join(
            filter(None, (first_text(conference, "venue"), first_text(conference, "city")))
        ),
        "starts_on": first_text(conference, "start"),
        "ends_on": first_text(conference, "end"),
        "day_change": first_text(conference, "day_change"),
        "time_zone": first_text(conference, "time_zone_name"),
        "base_url": first_text(schedule, "base_url") or first_text(conference, "base_url", "url"),
    }


def _parse_day(record: Mapping[str, Any], raw: RawProgramme, log: ImportLog) -> None:
    """Parse a day, whose events are listed by room."""
    day = RawDay(first_text(record, "date"), first_text(record, "day_start", "start"))
    raw.days.append(day)
    rooms = record.get("rooms")
    for name, events in as_mapping(rooms).items():
        raw.rooms.append(RawRoom(name=name, where=f"room “{name[:60]}”"))
        raw.sessions += [
            _parse_event(event, day, name, len(raw.sessions) + number)
            for number, event in enumerate(as_mappings(events, f"room “{name[:60]}”", log), start=1)
        ]
    if rooms and not isinstance(rooms, Mapping):
        log.add_skipped(
            "days", day.date or "a day", "Its rooms have no names, so we could not read them"
        )


def _parse_event(event: Mapping[str, Any], day: RawDay, room: str, number: int) -> RawSession:
    known_as = first_text(event, "id", "code", "guid")
    where = f"event {known_as[:60]}" if known_as else f"event number {number} in the file"
    is_not_recorded = event.get("do_not_record")
    return RawSession(
        where=where,
        title=first_text(event, "title"),
        guid=first_text(event, "guid"),
        number=first_text(event, "id", "code"),
        slug=first_text(event, "slug"),
        theme=_parse_event_track(event, where),
        room=RawRoom(name=room or first_text(event, "room"), where=where),
        day=day,
        date=first_text(event, "date"),
        start=first_text(event, "start"),
        duration=first_text(event, "duration"),
        end=first_text(event, "end"),
        cancelled=first_text(event, "status", "state").lower() in {"cancelled", "canceled"},
        people=[_parse_person(person, where) for person in _list_people(event)],
        values={
            **{name: as_text(event.get(name)) for name in SAME_NAMES},
            "kind": as_text(event.get("type")),
            "links": _parse_links(event),
            "licence": as_text(event.get("recording_license")),
            "recorded": "do_not_record" in event and not is_not_recorded,
        },
    )


def _list_people(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the people of an event; each may be an object or only a name."""
    people = event.get("persons")
    if not isinstance(people, list):
        return []
    return [
        {"name": person} if isinstance(person, str) else as_mapping(person) for person in people
    ]


def _parse_person(person: Mapping[str, Any], where: str) -> RawPerson:
    return RawPerson(
        name=first_text(person, "name", "public_name", "full_public_name"),
        key=first_text(person, "guid", "id", "code"),
        slug=first_text(person, "slug"),
        values={"biography": first_text(person, "biography", "description", "abstract")},
        where=where,
    )


def _parse_track(track: Mapping[str, Any]) -> RawTheme:
    return RawTheme(
        name=first_text(track, "name", "title"),
        slug=first_text(track, "slug"),
        summary=first_text(track, "description"),
        colour=first_text(track, "color", "colour"),
        where="tracks",
    )


def _parse_event_track(event: Mapping[str, Any], where: str) -> RawTheme:
    """Parse the track of an event, which is a name or an object."""
    track = event.get("track")
    theme = (
        _parse_track(as_mapping(track))
        if isinstance(track, Mapping)
        else RawTheme(name=as_text(track))
    )
    theme.name = theme.name or as_text(track)
    theme.where = where
    return theme


def _parse_room(room: Mapping[str, Any]) -> RawRoom:
    return RawRoom(
        name=first_text(room, "name"),
        key=first_text(room, "guid"),
        slug=first_text(room, "slug"),
        capacity=first_text(room, "capacity"),
        description=first_text(room, "description"),
        where="rooms",
    )


def _parse_links(event: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the links of an event as pairs of URL and label."""
    both = [*_list_mappings(event.get("links")), *_list_mappings(event.get("attachments"))]
    return [
        (first_text(link, "url", "href"), first_text(link, "title", "name", "label"))
        for link in both
    ]


def _list_mappings(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects in a list."""
    return [as_mapping(item) for item in value] if isinstance(value, list) else []
