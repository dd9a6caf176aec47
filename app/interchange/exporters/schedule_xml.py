"""The schedule.xml of c3voc (https://c3voc.de/wiki/schedule), valid by its schema."""

import json
import re
from collections.abc import Iterable, Iterator
from html import escape

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
from app.interchange.importers.safe_parsers import FORBIDDEN_CHARACTERS
from app.interchange.importers.schedule_xml import EXTENSION_TARGET
from app.programme.snapshot import Appearance, Session, Theme

SLUG_PATTERN = re.compile(r"[a-z0-9_]{4,}-[a-z0-9_-]{4,}")  # slugs that the schema accepts
TRACK_SLUG_PATTERN = re.compile(r"[a-z][a-z0-9-]+")


def dump(source: ExportSource) -> str:
    """Return a programme as XML text."""
    return "\n".join(_render_schedule(C3vocSchedule(source))) + "\n"


def _render_schedule(schedule: C3vocSchedule) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield "<schedule>"
    extension = json.dumps(build_extension(schedule, has_biographies=False)).replace(
        ">", "\\u003e"
    )  # “?>” would end the processing instruction
    yield f"<?{EXTENSION_TARGET} {extension}?>"
    yield _render_element("generator", name=GENERATOR, system=schedule.source.site_url)
    yield _render_element("version", schedule.source.version)
    yield from _render_conference(schedule)
    for day in schedule.days:
        yield from _render_day(day, schedule)
    yield "</schedule>"


def _render_conference(schedule: C3vocSchedule) -> Iterator[str]:
    facts = schedule.conference
    yield "<conference>"
    yield _render_element("acronym", schedule.acronym)
    yield _render_element("title", facts.title)
    yield _render_element("start", facts.starts_on.isoformat())
    yield _render_element("end", facts.ends_on.isoformat())
    yield _render_element("days", str(len(schedule.days)))
    yield _render_element("timeslot_duration", TIMESLOT_DURATION)
    yield _render_element("base_url", schedule.source.site_url)
    yield _render_element("time_zone_name", facts.time_zone)
    yield from map(_render_track, schedule.source.snapshot.themes)
    yield "</conference>"


def _render_track(theme: Theme) -> str:
    slug = theme.slug if TRACK_SLUG_PATTERN.fullmatch(theme.slug) else ""
    return _render_element(
        "track", name=theme.name, color=normalise_colour(theme.colour), slug=slug
    )


def _render_day(day: ScheduleDay, schedule: C3vocSchedule) -> Iterator[str]:
    yield _start_tag(
        "day",
        index=str(day.index),
        date=day.date.isoformat(),
        start=day.starts_at.isoformat(),
        end=day.ends_at.isoformat(),
    )
    for room, events in day.rooms:
        name = room.name if room else ""
        guid = schedule.get_room_guid(room) if room else ""
        yield f'<room name="{_escape(name)}"' + (f' guid="{guid}">' if guid else ">")
        for event in events:
            yield from _render_event(event, name, schedule)
        yield "</room>"
    yield "</day>"


def _render_event(event: ScheduleEvent, room: str, schedule: C3vocSchedule) -> Iterator[str]:
    session = event.session
    yield _start_tag("event", guid=event.guid, id=str(event.number))
    yield _render_element("date", event.starts_at.isoformat())
    yield _render_element("start", f"{event.starts_at:%H:%M}")
    yield _render_element("duration", event.duration)
    yield _render_element("room", room)
    if SLUG_PATTERN.fullmatch(session.slug):
        yield _render_element("slug", session.slug)
    yield _render_element("url", f"{schedule.source.site_url}/sessions/{session.slug}")
    yield _render_element("title", session.title)
    yield _render_element("subtitle", session.subtitle)
    yield _render_element("track", session.theme.name if session.theme else "")
    yield _render_element("type", session.kind)
    yield _render_element("language", session.language)
    yield _render_element("abstract", schedule.get_abstract(session))
    yield _render_element("description", wrap_html(session.description))
    yield from _render_recording(session)
    yield from _wrap("persons", (_render_person(part, schedule) for part in session.parts))
    yield from _wrap("links", (_render_element("link", b, href=a) for a, b in session.links))
    yield "</event>"


def _render_recording(session: Session) -> Iterator[str]:
    if session.is_recorded or session.licence:
        yield "<recording>"
        yield _render_element("license", session.licence)
        yield _render_element("optout", "false" if session.is_recorded else "true")
        yield "</recording>"


def _render_person(part: Appearance, schedule: C3vocSchedule) -> str:
    number, guid = schedule.get_person_ids(part)
    return _render_element("person", part.name, id=str(number) if number else "", guid=guid or "")


def _wrap(name: str, elements: Iterable[str]) -> Iterator[str]:
    yield f"<{name}>"
    yield from elements
    yield f"</{name}>"


def _render_element(name: str, text: str = "", /, **attributes: str) -> str:
    opening = _start_tag(name, **attributes)
    return f"{opening}{_escape(text)}</{name}>" if text else f"{opening[:-1]}/>"


def _start_tag(name: str, /, **attributes: str) -> str:
    """Return a start tag, leaving out attributes without a value."""
    rendered = "".join(f' {key}="{_escape(value)}"' for key, value in attributes.items() if value)
    return f"<{name}{rendered}>"


def _escape(text: str) -> str:
    return escape(FORBIDDEN_CHARACTERS.sub("", text))
