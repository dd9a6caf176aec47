"""The schedule.xml of c3voc, as pretalx, frab, wafer, pentabarf and others write it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from app.errors import Unreadable
from app.programme.reading.elements import Element, tree
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
from app.programme.reading.values import record

META = "conference-meta"  # the processing instruction that holds it
NO = {"", "0", "false", "no"}
FACTS = ("acronym", "title", "subtitle", "base_url", "day_change", "time_zone_name", "start", "end")


def find(words: str, notebook: Notebook) -> Found:
    """Find everything that the schedule holds."""
    root = tree(words, notebook)
    if root.name != "schedule":
        raise Unreadable(f"This is XML, but it holds “{root.name[:40]}” rather than a schedule")
    conference = root.child("conference")
    found = Found(conference=_facts(conference))
    for holder in (conference, root.child("tracks")):
        found.themes += [_theme(track) for track in holder.children("track")]
    found.people = [_person(person) for person in root.child("persons").children("person")]
    for element in root.children("day"):
        _read_day(element, found, notebook)
    drop_empty(found, notebook)
    restore(found, _meta(root))
    return found


def _meta(root: Element) -> Mapping[str, Any]:
    """Read what a schedule of our own tells beside itself."""
    try:
        return record(json.loads(root.instructions.get(META, "{}")))
    except (ValueError, RecursionError):
        return {}


def _facts(conference: Element) -> dict[str, str]:
    """Read what is said of the conference, under the names of our own format."""
    said = {name: conference.text(name) for name in FACTS}
    places = filter(None, (conference.text("venue"), conference.text("city")))
    return {
        **said,
        "starts_on": said["start"],
        "ends_on": said["end"],
        "time_zone": said["time_zone_name"],
        "place": ", ".join(places),
    }


def _read_day(element: Element, found: Found, notebook: Notebook) -> None:
    """Read a day: its rooms and their events, or its events where it has no rooms."""
    day = FoundDay(element.said("date"), element.said("start"))
    found.days.append(day)
    for room in element.children("room"):
        place = FoundRoom(
            name=room.said("name"),
            key=room.said("guid"),
            slug=room.said("slug"),
            where=f"line {room.line}",
        )
        found.rooms.append(place)
        found.sessions += [_session(event, day, place) for event in room.children("event")]
    for event in element.children("event"):
        notebook.often(
            "A session stands outside any room; its own word for the room was used",
            "{count} sessions stand outside any room; their own word for the room was used",
        )
        found.sessions.append(_session(event, day, None))


def _session(event: Element, day: FoundDay, room: FoundRoom | None) -> FoundSession:
    """Read an event."""
    where = f"line {event.line}"
    recording = event.child("recording")
    named = event.text("room")
    if room is None or (named and not room.name):
        room = FoundRoom(name=named, where=where)
    return FoundSession(
        where=where,
        title=event.text("title"),
        guid=event.said("guid"),
        number=event.said("id") or event.said("code"),
        slug=event.text("slug"),
        subtitle=event.text("subtitle"),
        kind=event.text("type"),
        theme=_theme(event.child("track")),
        room=room,
        day=day,
        date=event.text("date"),
        start=event.text("start"),
        duration=event.text("duration"),
        end=event.text("end"),
        abstract=event.prose("abstract"),
        description=event.prose("description"),
        language=event.text("language"),
        cancelled=event.text("status").lower() in {"cancelled", "canceled"},
        people=[_person(person) for person in event.child("persons").children("person")],
        links=_links(event),
        licence=recording.text("license"),
        recorded=bool(recording.line) and recording.text("optout").lower() in NO,
    )


def _theme(track: Element) -> FoundTheme:
    """Read a track, whose name is its text or an attribute."""
    return FoundTheme(
        name=track.own_text or track.said("name"),
        slug=track.said("slug"),
        colour=track.said("color"),
        where=f"line {track.line}",
    )


def _person(person: Element) -> FoundPerson:
    """Read a person, who is a name or a small record."""
    longest = max(person.prose("biography"), person.prose("extended_biography"), key=len)
    return FoundPerson(
        name=person.own_text or person.text("name"),
        key=person.said("guid") or person.said("id"),
        slug=person.text("slug"),
        biography=longest,
        where=f"line {person.line}",
    )


def _links(event: Element) -> list[tuple[str, str]]:
    """Read where a session points."""
    elements = (
        *event.child("links").children("link"),
        *event.child("attachments").children("attachment"),
    )
    return [(element.said("href"), re.sub(r"\s+", " ", element.own_text)) for element in elements]
