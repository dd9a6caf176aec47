"""The schedule.xml of c3voc (https://c3voc.de/wiki/schedule), fit for its schema."""

import json
import re
from collections.abc import Iterable, Iterator
from html import escape

from app.programme.document import Part, Session, Theme
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
from app.programme.reading.elements import FORBIDDEN
from app.programme.reading.schedule_xml import META

SLUG = re.compile(r"[a-z0-9_]{4,}-[a-z0-9_-]{4,}")  # what the schema takes for one
TRACK_SLUG = re.compile(r"[a-z][a-z0-9-]+")


def written(source: Source) -> str:
    """Write a programme."""
    return "\n".join(_lines(Schedule(source))) + "\n"


def _lines(schedule: Schedule) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield "<schedule>"
    told = json.dumps(meta(schedule, tells_biographies=False)).replace(
        ">", "\\u003e"
    )  # so that it does not end there
    yield f"<?{META} {told}?>"
    yield _element("generator", name=GENERATOR, system=schedule.source.site)
    yield _element("version", schedule.source.version)
    yield from _conference(schedule)
    for day in schedule.days:
        yield from _day(day, schedule)
    yield "</schedule>"


def _conference(schedule: Schedule) -> Iterator[str]:
    facts = schedule.facts
    yield "<conference>"
    yield _element("acronym", schedule.acronym)
    yield _element("title", facts.title)
    yield _element("start", facts.starts_on.isoformat())
    yield _element("end", facts.ends_on.isoformat())
    yield _element("days", str(len(schedule.days)))
    yield _element("timeslot_duration", SLOT)
    yield _element("base_url", schedule.source.site)
    yield _element("time_zone_name", facts.time_zone)
    yield from map(_track, schedule.source.document.themes)
    yield "</conference>"


def _track(theme: Theme) -> str:
    slug = theme.slug if TRACK_SLUG.fullmatch(theme.slug) else ""
    return _element("track", name=theme.name, color=colour(theme.colour), slug=slug)


def _day(day: Day, schedule: Schedule) -> Iterator[str]:
    yield _opening(
        "day",
        index=str(day.index),
        date=day.date.isoformat(),
        start=day.starts_at.isoformat(),
        end=day.ends_at.isoformat(),
    )
    for room, events in day.rooms:
        name = room.name if room else ""
        guid = schedule.room_guid(room) if room else ""
        yield f'<room name="{_escaped(name)}"' + (f' guid="{guid}">' if guid else ">")
        for event in events:
            yield from _event(event, name, schedule)
        yield "</room>"
    yield "</day>"


def _event(event: Event, room: str, schedule: Schedule) -> Iterator[str]:
    session = event.session
    yield _opening("event", guid=event.guid, id=str(event.number))
    yield _element("date", event.starts_at.isoformat())
    yield _element("start", f"{event.starts_at:%H:%M}")
    yield _element("duration", event.length)
    yield _element("room", room)
    if SLUG.fullmatch(session.slug):
        yield _element("slug", session.slug)
    yield _element("url", f"{schedule.source.site}/sessions/{session.slug}")
    yield _element("title", session.title)
    yield _element("subtitle", session.subtitle)
    yield _element("track", session.theme.name if session.theme else "")
    yield _element("type", session.kind)
    yield _element("language", session.language)
    yield _element("abstract", schedule.abstract(session))
    yield _element("description", as_html(session.description))
    yield from _recording(session)
    yield from _within("persons", (_person(part, schedule) for part in session.parts))
    yield from _within("links", (_element("link", b, href=a) for a, b in session.links))
    yield "</event>"


def _recording(session: Session) -> Iterator[str]:
    if session.is_recorded or session.licence:
        yield "<recording>"
        yield _element("license", session.licence)
        yield _element("optout", "false" if session.is_recorded else "true")
        yield "</recording>"


def _person(part: Part, schedule: Schedule) -> str:
    number, guid = schedule.person(part)
    return _element("person", part.name, id=str(number) if number else "", guid=guid or "")


def _within(name: str, elements: Iterable[str]) -> Iterator[str]:
    yield f"<{name}>"
    yield from elements
    yield f"</{name}>"


def _element(name: str, text: str = "", /, **attributes: str) -> str:
    opening = _opening(name, **attributes)
    return f"{opening}{_escaped(text)}</{name}>" if text else f"{opening[:-1]}/>"


def _opening(name: str, /, **attributes: str) -> str:
    """Open an element; an attribute without a value is left out."""
    said = "".join(f' {key}="{_escaped(value)}"' for key, value in attributes.items() if value)
    return f"<{name}{said}>"


def _escaped(words: str) -> str:
    return escape(FORBIDDEN.sub("", words))
