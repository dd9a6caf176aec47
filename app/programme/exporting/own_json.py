"""Our own JSON, from which ``reading/own_json.py`` reads the same programme again."""

import html
import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.programme.exporting.sources import Source
from app.programme.reading.own_json import FORMAT
from app.programme.reading.words import ENTITY, HIDDEN_TAG, TAG
from app.programme.reading.written import (
    WrittenConference,
    WrittenProfile,
    WrittenProgramme,
    WrittenRoom,
    WrittenSession,
    WrittenSpeaker,
    WrittenTheme,
)

Record = dict[str, Any]


def written(source: Source) -> str:
    """Write a programme."""
    return json.dumps(records(source.written), ensure_ascii=False, indent=2) + "\n"


def records(programme: WrittenProgramme) -> Record:
    """Give a programme as the file holds it."""
    zone = ZoneInfo(programme.conference.time_zone)
    rooms = {room.key: room.slug for room in programme.rooms}
    speakers = {speaker.key: speaker.slug for speaker in programme.speakers}
    return {
        "format": FORMAT,
        "conference": facts(programme.conference),
        "themes": [_theme(theme) for theme in programme.themes],
        "rooms": [_room(room) for room in programme.rooms],
        "speakers": [_speaker(speaker) for speaker in programme.speakers],
        "sessions": [_session(one, zone, rooms, speakers) for one in programme.sessions],
    }


def facts(conference: WrittenConference) -> Record:
    """Write the facts of the conference."""
    zone = ZoneInfo(conference.time_zone)
    return {
        "acronym": _line(conference.acronym),
        "title": _line(conference.title),
        "subtitle": _line(conference.subtitle),
        "starts_on": conference.starts_on.isoformat(),
        "ends_on": conference.ends_on.isoformat(),
        "time_zone": conference.time_zone,
        "place": _line(conference.place),
        "summary": _text(conference.summary),
        "contact_email": conference.contact_email,
        "places": conference.places,
        "registration_opens_at": _moment(conference.registration_opens_at, zone),
        "registration_closes_at": _moment(conference.registration_closes_at, zone),
        "invented": conference.invented,
    }


def _theme(theme: WrittenTheme) -> Record:
    return {
        "slug": theme.slug,
        "name": _line(theme.name),
        "summary": _text(theme.summary),
        "letter": _line(theme.letter),
        "shape": theme.shape,
        "palette": theme.palette,
        "colour": theme.colour,
    }


def _room(room: WrittenRoom) -> Record:
    return {
        **_known_as(room.slug, room.key),
        "name": _line(room.name),
        "capacity": room.capacity,
        "description": _text(room.description),
        "features": list(room.features),
        "illustrative": room.illustrative,
    }


def _speaker(speaker: WrittenSpeaker) -> Record:
    return {
        **_known_as(speaker.slug, speaker.key),
        "name": _line(speaker.name),
        "role": _line(speaker.role),
        "organisation": _line(speaker.organisation),
        "country": _line(speaker.country),
        "biography": _text(speaker.biography),
        **(_profile(speaker.profile) if speaker.profile else {}),
    }


def _profile(profile: WrittenProfile) -> Record:
    return {
        "honorific": _line(profile.honorific),
        "pronunciation": _line(profile.pronunciation),
        "pronouns": _line(profile.pronouns),
        "biographies": {code: _text(text) for code, text in profile.biographies},
        "links": [{"address": address, "label": _line(label)} for address, label in profile.links],
    }


def _session(
    session: WrittenSession, zone: ZoneInfo, rooms: dict[str, str], speakers: dict[str, str]
) -> Record:
    return {
        **_known_as(session.slug, session.key),
        "title": _line(session.title),
        "subtitle": _line(session.subtitle),
        "kind": _line(session.kind),
        "theme": session.theme,
        "room": rooms[session.room] if session.room else None,
        "starts_at": _moment(session.starts_at, zone),
        "ends_at": _moment(session.ends_at, zone),
        "abstract": _text(session.abstract),
        "description": _text(session.description),
        "language": session.language,
        "illustrative": session.illustrative,
        "cancelled": session.cancelled,
        "draft": session.draft is True,
        "appearances": [
            {"speaker": speakers[one.speaker], "role": one.role} for one in session.appearances
        ],
        "links": [{"address": address, "label": _line(label)} for address, label in session.links],
        "licence": _line(session.licence),
        "recorded": session.recorded,
    }


def _known_as(slug: str, key: str) -> Record:
    """Give the slug, and the identity where it is another."""
    return {"slug": slug} if key == slug else {"slug": slug, "key": key}


def _moment(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return moment.astimezone(zone).isoformat() if moment else None


def _line(words: str) -> str:
    """Write a line so that the reader, who resolves characters written as codes, gives it back."""
    return html.escape(words, quote=False) if ENTITY.search(words) else words


def _text(words: str) -> str:
    """Do the same with a longer text, in which codes are resolved only where all tags are."""
    is_resolved = HIDDEN_TAG.search(words) and not TAG.search(words)
    return html.escape(words, quote=False) if is_resolved else words
