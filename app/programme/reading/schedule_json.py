"""The schedule.json of c3voc, as pretalx and frab write it."""

from collections.abc import Mapping
from typing import Any

from app.programme.reading.found import (
    Found,
    FoundDay,
    FoundPerson,
    FoundRoom,
    FoundSession,
    FoundTheme,
)
from app.programme.reading.notebook import Notebook
from app.programme.reading.restored import restore
from app.programme.reading.themes import drop_empty
from app.programme.reading.values import first, record, records, words


def find(schedule: Mapping[str, Any], notebook: Notebook) -> Found:
    """Find everything that the schedule holds."""
    conference = record(schedule.get("conference"))
    found = Found(conference=_facts(schedule, conference))
    found.themes = [
        _theme(track) for track in records(conference.get("tracks"), "tracks", notebook)
    ]
    found.rooms = [_room(room) for room in records(conference.get("rooms"), "rooms", notebook)]
    days = conference.get("days") or schedule.get("days")
    for day in records(days, "days", notebook):
        _read_day(day, found, notebook)
    drop_empty(found, notebook)
    restore(found, record(conference.get("meta")))
    return found


def _facts(schedule: Mapping[str, Any], conference: Mapping[str, Any]) -> dict[str, str]:
    """Read what is said of the conference, under the names of our own format."""
    return {
        "acronym": first(conference, "acronym"),
        "title": first(conference, "title"),
        "subtitle": first(conference, "subtitle"),
        "summary": first(conference, "description"),
        "place": ", ".join(filter(None, (first(conference, "venue"), first(conference, "city")))),
        "starts_on": first(conference, "start"),
        "ends_on": first(conference, "end"),
        "day_change": first(conference, "day_change"),
        "time_zone": first(conference, "time_zone_name"),
        "base_url": first(schedule, "base_url") or first(conference, "base_url", "url"),
    }


def _read_day(written: Mapping[str, Any], found: Found, notebook: Notebook) -> None:
    """Read a day: its rooms by name, each with its events."""
    day = FoundDay(first(written, "date"), first(written, "day_start", "start"))
    found.days.append(day)
    rooms = written.get("rooms")
    for name, events in record(rooms).items():
        found.rooms.append(FoundRoom(name=name, where=f"room “{name[:60]}”"))
        found.sessions += [
            _session(event, day, name, len(found.sessions) + number)
            for number, event in enumerate(
                records(events, f"room “{name[:60]}”", notebook), start=1
            )
        ]
    if rooms and not isinstance(rooms, Mapping):
        notebook.left_out(
            "days", day.date or "a day", "Its rooms are not named, so they could not be read"
        )


def _session(event: Mapping[str, Any], day: FoundDay, room: str, number: int) -> FoundSession:
    """Read an event."""
    known_as = first(event, "id", "code", "guid")
    where = f"event {known_as[:60]}" if known_as else f"event number {number} in the file"
    refused = event.get("do_not_record")
    return FoundSession(
        where=where,
        title=first(event, "title"),
        guid=first(event, "guid"),
        number=first(event, "id", "code"),
        slug=first(event, "slug"),
        subtitle=first(event, "subtitle"),
        kind=first(event, "type"),
        theme=_track_of(event, where),
        room=FoundRoom(name=room or first(event, "room"), where=where),
        day=day,
        date=first(event, "date"),
        start=first(event, "start"),
        duration=first(event, "duration"),
        end=first(event, "end"),
        abstract=words(event.get("abstract")),
        description=words(event.get("description")),
        language=first(event, "language"),
        cancelled=first(event, "status", "state").lower() in {"cancelled", "canceled"},
        people=[_person(person, where) for person in _people(event)],
        links=_links(event),
        licence=first(event, "recording_license"),
        recorded="do_not_record" in event and not refused,
    )


def _people(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Read who appears, whether each is a record or only a name."""
    people = event.get("persons")
    if not isinstance(people, list):
        return []
    return [{"name": person} if isinstance(person, str) else record(person) for person in people]


def _person(person: Mapping[str, Any], where: str) -> FoundPerson:
    """Read a person."""
    return FoundPerson(
        name=first(person, "name", "public_name", "full_public_name"),
        key=first(person, "guid", "id", "code"),
        slug=first(person, "slug"),
        biography=first(person, "biography", "description", "abstract"),
        where=where,
    )


def _theme(track: Mapping[str, Any]) -> FoundTheme:
    """Read a track."""
    return FoundTheme(
        name=first(track, "name", "title"),
        slug=first(track, "slug"),
        summary=first(track, "description"),
        colour=first(track, "color", "colour"),
        where="tracks",
    )


def _track_of(event: Mapping[str, Any], where: str) -> FoundTheme:
    """Read the track of an event, which is a name or a record."""
    track = event.get("track")
    found = _theme(record(track)) if isinstance(track, Mapping) else FoundTheme(name=words(track))
    found.name = found.name or words(track)
    found.where = where
    return found


def _room(room: Mapping[str, Any]) -> FoundRoom:
    """Read a room."""
    return FoundRoom(
        name=first(room, "name"),
        key=first(room, "guid"),
        slug=first(room, "slug"),
        capacity=first(room, "capacity"),
        description=first(room, "description"),
        where="rooms",
    )


def _links(event: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Read where a session points."""
    both = [*_list(event.get("links")), *_list(event.get("attachments"))]
    return [(first(link, "url", "href"), first(link, "title", "name", "label")) for link in both]


def _list(value: Any) -> list[Mapping[str, Any]]:
    """Give the records of a list."""
    return [record(item) for item in value] if isinstance(value, list) else []
