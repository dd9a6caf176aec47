"""The native JSON format, and the part of it that is embedded in c3voc schedules as an extension.

``app.interchange.importers.native_json`` reads both.
"""

import html
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.interchange.exporters.c3voc import C3vocSchedule
from app.interchange.exporters.source import ExportSource
from app.interchange.importers.native_json import FORMAT
from app.interchange.importers.parsed import (
    ParsedConference,
    ParsedProfile,
    ParsedProgramme,
    ParsedRoom,
    ParsedSession,
    ParsedSpeaker,
    ParsedTheme,
)
from app.interchange.importers.text import ESCAPED_HTML_TAG, HTML_ENTITY, HTML_TAG, normalise_uri
from app.programme.slugs import slugify
from app.programme.snapshot import Appearance

Record = dict[str, Any]


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
        "sessions": [_dump_session(one, zone, rooms, speakers) for one in programme.sessions],
    }


def dump_conference(conference: ParsedConference) -> Record:
    """Return the data of the conference as a JSON object."""
    zone = ZoneInfo(conference.time_zone)
    return {
        "acronym": _escape_line(conference.acronym),
        "title": _escape_line(conference.title),
        "subtitle": _escape_line(conference.subtitle),
        "starts_on": conference.starts_on.isoformat(),
        "ends_on": conference.ends_on.isoformat(),
        "time_zone": conference.time_zone,
        "place": _escape_line(conference.place),
        "summary": _escape_text(conference.summary),
        "contact_email": conference.contact_email,
        "places": conference.places,
        "registration_opens_at": _dump_datetime(conference.registration_opens_at, zone),
        "registration_closes_at": _dump_datetime(conference.registration_closes_at, zone),
        "invented": conference.invented,
    }


def _dump_theme(theme: ParsedTheme) -> Record:
    return {
        "slug": theme.slug,
        "name": _escape_line(theme.name),
        "summary": _escape_text(theme.summary),
        "letter": _escape_line(theme.letter),
        "shape": theme.shape,
        "palette": theme.palette,
        "colour": theme.colour,
    }


def _dump_room(room: ParsedRoom) -> Record:
    return {
        **_dump_identity(room.slug, room.key),
        "name": _escape_line(room.name),
        "capacity": room.capacity,
        "description": _escape_text(room.description),
        "features": list(room.features),
        "illustrative": room.illustrative,
    }


def _dump_speaker(speaker: ParsedSpeaker) -> Record:
    return {
        **_dump_identity(speaker.slug, speaker.key),
        "name": _escape_line(speaker.name),
        "role": _escape_line(speaker.role),
        "organisation": _escape_line(speaker.organisation),
        "country": _escape_line(speaker.country),
        "biography": _escape_text(speaker.biography),
        **(_dump_profile(speaker.profile) if speaker.profile else {}),
    }


def _dump_profile(profile: ParsedProfile) -> Record:
    return {
        "honorific": _escape_line(profile.honorific),
        "pronunciation": _escape_line(profile.pronunciation),
        "pronouns": _escape_line(profile.pronouns),
        "biographies": {code: _escape_text(text) for code, text in profile.biographies},
        "links": [
            {"address": address, "label": _escape_line(label)} for address, label in profile.links
        ],
    }


def _dump_session(
    session: ParsedSession, zone: ZoneInfo, rooms: dict[str, str], speakers: dict[str, str]
) -> Record:
    return {
        **_dump_identity(session.slug, session.key),
        "title": _escape_line(session.title),
        "subtitle": _escape_line(session.subtitle),
        "kind": _escape_line(session.kind),
        "theme": session.theme,
        "room": rooms[session.room] if session.room else None,
        "starts_at": _dump_datetime(session.starts_at, zone),
        "ends_at": _dump_datetime(session.ends_at, zone),
        "abstract": _escape_text(session.abstract),
        "description": _escape_text(session.description),
        "language": session.language,
        "illustrative": session.illustrative,
        "cancelled": session.cancelled,
        "draft": session.draft is True,
        "appearances": [
            {"speaker": speakers[one.speaker], "role": one.role} for one in session.appearances
        ],
        "links": [
            {"address": address, "label": _escape_line(label)} for address, label in session.links
        ],
        "licence": _escape_line(session.licence),
        "recorded": session.recorded,
    }


def _dump_identity(slug: str, key: str) -> Record:
    """Return the slug, and the key if it differs."""
    return {"slug": slug} if key == slug else {"slug": slug, "key": key}


def _dump_datetime(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return moment.astimezone(zone).isoformat() if moment else None


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
            replace(one, biography="") if has_biographies and one.slug in exported_slugs else one
            for one in whole.speakers
        ),
        sessions=tuple(
            _remaining_session(one) if one.key in exported_keys else one
            for one in whole.sessions
            if one.draft is not True
        ),
    )


def _remaining_session(session: ParsedSession) -> ParsedSession:
    """Return the parts of a session that the schedule cannot express."""
    return ParsedSession(
        key=session.key,
        slug=session.slug,
        title="",
        illustrative=session.illustrative,
        appearances=session.appearances,
        links=session.links if any(normalise_uri(one) != one for one, _ in session.links) else (),
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
