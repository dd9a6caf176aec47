"""The native JSON format, and the part of it that is embedded in c3voc schedules as an extension.

``app.interchange.importers.native_json`` reads both.
"""

import html
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.interchange.exporters.c3voc import C3vocSchedule
from app.interchange.exporters.source import ExportSource
from app.interchange.importers.native_json import FORMAT, SCHEDULE_FIELDS
from app.interchange.importers.parsed_programme import (
    PROFILE_FIELDS,
    ParsedConference,
    ParsedProgramme,
    ParsedRoom,
    ParsedSession,
    ParsedSpeaker,
    ParsedTheme,
)
from app.interchange.importers.text import ESCAPED_HTML_TAG, HTML_ENTITY, HTML_TAG, normalise_uri
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import LINKS, MOMENT, PROSE, TRANSLATIONS, Field
from app.programme.slugs import slugify
from app.programme.snapshot import Appearance

Record = dict[str, Any]
LONG_TEXTS = frozenset({"summary", "description"})  # of the conference, themes and rooms


def dump(source: ExportSource) -> str:
    """Return a programme as JSON text."""
    return json.dumps(dump_programme(source.programme), ensure_ascii=False, indent=2) + "\n"


def dump_programme(programme: ParsedProgramme) -> Record:
    """Return a programme as the JSON object of the file."""
    zone = ZoneInfo(programme.conference.time_zone)
    rooms = {room.key: room.slug for room in programme.rooms}
    speakers = {speaker.key: speaker.slug for speaker in programme.speakers}
    return {
        "format": FORMAT,
        "conference": dump_conference(programme.conference),
        "themes": [_dump_theme(theme) for theme in programme.themes],
        "rooms": [_dump_room(room) for room in programme.rooms],
        "speakers": [_dump_speaker(speaker) for speaker in programme.speakers],
        "sessions": [
            _dump_session(session, zone, rooms, speakers) for session in programme.sessions
        ],
    }


def dump_conference(conference: ParsedConference) -> Record:
    """Return the data of the conference as a JSON object."""
    return _dump_record(conference, ZoneInfo(conference.time_zone))


def _dump_theme(theme: ParsedTheme) -> Record:
    return _dump_record(theme)


def _dump_room(room: ParsedRoom) -> Record:
    own = _dump_record(room)
    return {**_dump_identity(own.pop("slug"), own.pop("key")), **own}


def _dump_speaker(speaker: ParsedSpeaker) -> Record:
    own = [field for field in SPEAKER_FIELDS.in_files if field.file_name not in PROFILE_FIELDS]
    profile = [field for field in SPEAKER_FIELDS.in_files if field.file_name in PROFILE_FIELDS]
    return {
        **_dump_identity(speaker.slug, speaker.key),
        **{field.file_name: _dump_field(field, speaker) for field in own},
        **(
            {field.file_name: _dump_field(field, speaker.profile) for field in profile}
            if speaker.profile
            else {}
        ),
    }


def _dump_session(
    session: ParsedSession, zone: ZoneInfo, rooms: dict[str, str], speakers: dict[str, str]
) -> Record:
    others: dict[str, Record] = {
        "theme": {"theme": session.theme},
        "room": {"room": rooms[session.room] if session.room else None},
        "state": {
            "cancelled": session.cancelled,
            **({} if session.draft is None else {"draft": session.draft}),
        },
        "appearances": {
            "appearances": [
                {"speaker": speakers[appearance.speaker], "role": appearance.role}
                for appearance in session.appearances
            ]
        },
    }
    record = _dump_identity(session.slug, session.key)
    for field in SESSION_FIELDS:
        if field.file_name:
            record[field.file_name] = _dump_field(field, session, zone)
        record |= others.get(field.name, {})
    return record


def _dump_field(field: Field, holder: Any, zone: ZoneInfo | None = None) -> Any:
    """Return the value of a field as JSON has it."""
    value = getattr(holder, field.file_name)
    if field.kind is LINKS:
        return [{"address": address, "label": _escape_line(label)} for address, label in value]
    if field.kind is TRANSLATIONS:
        return {code: _escape_text(text) for code, text in value}
    return _dump_value(value, zone, is_prose=field.kind is PROSE)


def _dump_record(record: Any, zone: ZoneInfo | None = None) -> Record:
    """Return the fields of a parsed record as a JSON object."""
    values = ((field.name, getattr(record, field.name)) for field in fields(record))
    return {name: _dump_value(value, zone, is_prose=name in LONG_TEXTS) for name, value in values}


def _dump_value(value: Any, zone: ZoneInfo | None, *, is_prose: bool = False) -> Any:
    if isinstance(value, str):
        return _escape_text(value) if is_prose else _escape_line(value)
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return [*map(_escape_line, value)] if isinstance(value, tuple) else value


def _dump_identity(slug: str, key: str) -> Record:
    """Return the slug, and the key if it differs."""
    return {"slug": slug} if key == slug else {"slug": slug, "key": key}


def _escape_line(line: str) -> str:
    """Escape a line, since the importer resolves character references."""
    return html.escape(line, quote=False) if HTML_ENTITY.search(line) else line


def _escape_text(text: str) -> str:
    """Escape a longer text, in which they are resolved only if it has no other tags."""
    is_resolved = ESCAPED_HTML_TAG.search(text) and not HTML_TAG.search(text)
    return html.escape(text, quote=False) if is_resolved else text


ENTITY_LISTS = ("themes", "rooms", "speakers", "sessions")
EMPTY_VALUES: tuple[Any, ...] = (None, "", False, [], {})


def build_extension(schedule: C3vocSchedule, *, has_biographies: bool) -> Record:
    """Return what a c3voc schedule cannot express: conference data, keys and further fields."""
    known_as = {
        guid: {"key": key, "slug": slug}
        for guid, key, slug, name in _list_entities(schedule)
        if key != guid or slug != slugify(name)
    }
    rest = dump_programme(_remaining_programme(schedule, has_biographies=has_biographies))
    return {
        "conference": rest["conference"],
        "known_as": known_as,
        "illustrative": schedule.illustrative_notice,
        "rest": {name: [_without_empty(one) for one in rest[name]] for name in ENTITY_LISTS},
    }


def _remaining_programme(schedule: C3vocSchedule, *, has_biographies: bool) -> ParsedProgramme:
    """Return the parts of the programme that the schedule does not contain."""
    whole = schedule.source.programme
    exported_keys = {event.session.key for event in schedule.events}
    exported_slugs = {part.slug for event in schedule.events for part in event.session.parts}
    return replace(
        whole,
        speakers=tuple(
            replace(speaker, biography="")
            if has_biographies and speaker.slug in exported_slugs
            else speaker
            for speaker in whole.speakers
        ),
        sessions=tuple(
            _remaining_session(session) if session.key in exported_keys else session
            for session in whole.sessions
            if session.draft is not True
        ),
    )


def _remaining_session(session: ParsedSession) -> ParsedSession:
    """Return the parts of a session that the schedule cannot express."""
    links = session.links
    others = {field.file_name for field in SESSION_FIELDS.in_files if field.kind is not MOMENT}
    others -= SCHEDULE_FIELDS
    return ParsedSession(
        key=session.key,
        slug=session.slug,
        appearances=session.appearances,
        **{
            "title": "",
            "links": links if any(normalise_uri(one) != one for one, _ in links) else (),
            **{name: getattr(session, name) for name in others},
        },
    )


def _without_empty(record: Mapping[str, Any]) -> Record:
    return {name: value for name, value in record.items() if value not in EMPTY_VALUES}


def _list_entities(schedule: C3vocSchedule) -> Iterator[tuple[str, str, str, str]]:
    """Yield UUID, key, slug and name of each entity."""
    parts: dict[str, Appearance] = {}
    for event in schedule.events:
        session = event.session
        yield event.guid, session.key, session.slug, session.title
        parts |= {part.slug: part for part in session.parts}
    for room in schedule.source.snapshot.rooms:
        yield schedule.get_room_guid(room), room.key or room.slug, room.slug, room.name
    for slug, part in parts.items():
        number, guid = schedule.get_person_ids(part)
        yield guid or str(number), schedule.get_speaker_key(part), slug, part.name
