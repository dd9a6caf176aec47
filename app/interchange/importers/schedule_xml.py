"""Importing the schedule.xml of c3voc, as pretalx, frab, wafer, pentabarf and others write it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from app.errors import InvalidFile
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
from app.interchange.importers.safe_parsers import XmlElement, parse_xml
from app.interchange.importers.text import as_mapping

EXTENSION_TARGET = "conference-meta"  # target of the processing instruction
FALSE_VALUES = {"", "0", "false", "no"}
CONFERENCE_FIELDS = (
    "acronym",
    "title",
    "subtitle",
    "base_url",
    "day_change",
    "time_zone_name",
    "start",
    "end",
)


def parse(text: str, log: ImportLog) -> RawProgramme:
    """Parse a schedule."""
    root = parse_xml(text, log)
    if root.name != "schedule":
        raise InvalidFile(f"This is XML, but it contains “{root.name[:40]}” instead of a schedule")
    conference = root.child("conference")
    raw = RawProgramme(conference=_parse_conference(conference))
    for holder in (conference, root.child("tracks")):
        raw.themes += [_parse_track(track) for track in holder.children("track")]
    raw.people = [_parse_person(person) for person in root.child("persons").children("person")]
    for element in root.children("day"):
        _parse_day(element, raw, log)
    drop_empty_themes(raw, log)
    restore_extension(raw, _parse_extension(root))
    return raw


def _parse_extension(root: XmlElement) -> Mapping[str, Any]:
    """Return the extension of the site's own schedules."""
    try:
        return as_mapping(json.loads(root.processing_instruction(EXTENSION_TARGET) or "{}"))
    except (ValueError, RecursionError):
        return {}


def _parse_conference(conference: XmlElement) -> dict[str, str]:
    """Return the data of the conference, with the keys of the native format."""
    values = {name: conference.child_text(name) for name in CONFERENCE_FIELDS}
    places = filter(None, (conference.child_text("venue"), conference.child_text("city")))
    return {
        **values,
        "starts_on": values["start"],
        "ends_on": values["end"],
        "time_zone": values["time_zone_name"],
        "place": ", ".join(places),
    }


def _parse_day(element: XmlElement, raw: RawProgramme, log: ImportLog) -> None:
    """Parse a day: its rooms with their events, or events without rooms."""
    day = RawDay(element.get("date"), element.get("start"))
    raw.days.append(day)
    for room in element.children("room"):
        raw_room = RawRoom(
            name=room.get("name"),
            key=room.get("guid"),
            slug=room.get("slug"),
            where=f"line {room.line}",
        )
        raw.rooms.append(raw_room)
        raw.sessions += [_parse_event(event, day, raw_room) for event in room.children("event")]
    for event in element.children("event"):
        log.count_fix(
            "A session is not inside a room; we used the room that the session names",
            "{count} sessions are not inside a room; we used the rooms that they name",
        )
        raw.sessions.append(_parse_event(event, day, None))


def _parse_event(event: XmlElement, day: RawDay, room: RawRoom | None) -> RawSession:
    where = f"line {event.line}"
    recording = event.child("recording")
    room_name = event.child_text("room")
    if room is None or (room_name and not room.name):
        room = RawRoom(name=room_name, where=where)
    return RawSession(
        where=where,
        title=event.child_text("title"),
        guid=event.get("guid"),
        number=event.get("id") or event.get("code"),
        slug=event.child_text("slug"),
        theme=_parse_track(event.child("track")),
        room=room,
        day=day,
        date=event.child_text("date"),
        start=event.child_text("start"),
        duration=event.child_text("duration"),
        end=event.child_text("end"),
        cancelled=event.child_text("status").lower() in {"cancelled", "canceled"},
        people=[_parse_person(person) for person in event.child("persons").children("person")],
        values={
            "subtitle": event.child_text("subtitle"),
            "kind": event.child_text("type"),
            "abstract": event.child_html("abstract"),
            "description": event.child_html("description"),
            "language": event.child_text("language"),
            "links": _parse_links(event),
            "licence": recording.child_text("license"),
            "recorded": bool(recording.line)
            and recording.child_text("optout").lower() in FALSE_VALUES,
        },
    )


def _parse_track(track: XmlElement) -> RawTheme:
    """Parse a track, whose name is its text or an attribute."""
    return RawTheme(
        name=track.own_text or track.get("name"),
        slug=track.get("slug"),
        colour=track.get("color"),
        where=f"line {track.line}",
    )


def _parse_person(person: XmlElement) -> RawPerson:
    """Parse a person: a name, or an element with child elements."""
    longest = max(person.child_html("biography"), person.child_html("extended_biography"), key=len)
    return RawPerson(
        name=person.own_text or person.child_text("name"),
        key=person.get("guid") or person.get("id"),
        slug=person.child_text("slug"),
        values={"biography": longest},
        where=f"line {person.line}",
    )


def _parse_links(event: XmlElement) -> list[tuple[str, str]]:
    """Return the links of an event as pairs of URL and label."""
    elements = (
        *event.child("links").children("link"),
        *event.child("attachments").children("attachment"),
    )
    return [(element.get("href"), re.sub(r"\s+", " ", element.own_text)) for element in elements]
