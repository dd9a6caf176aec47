"""Freeze the working programme into a document."""

import json

from app.content import prose
from app.programme import document, models, queries


def freeze() -> document.Document:
    """Make the document of the programme as it stands now."""
    themes = {row.id: _theme(row) for row in queries.themes()}
    rooms = {row.id: _room(row) for row in queries.rooms()}
    sessions = [_session(row, themes, rooms) for row in queries.sessions()]
    order = {room.slug: position for position, room in enumerate(rooms.values())}
    return document.Document(
        conference=_conference(queries.conference()),
        themes=tuple(themes.values()),
        rooms=tuple(rooms.values()),
        speakers=tuple(_speaker(row) for row in queries.speakers()),
        sessions=tuple(sorted(sessions, key=lambda session: _place_in_order(session, order))),
    )


def _place_in_order(
    session: document.Session, rooms: dict[str, int]
) -> tuple[bool, float, int, str]:
    at = session.starts_at
    room = rooms[session.room.slug] if session.room else -1
    return at is None, at.timestamp() if at else 0, room, session.title


def _conference(row: models.Conference) -> document.Conference:
    return document.Conference(
        acronym=row.acronym,
        title=row.title,
        subtitle=row.subtitle,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        time_zone=row.time_zone,
        place=row.place,
        summary=row.summary,
        contact_email=row.contact_email,
        registration_opens_at=row.registration_opens_at,
        registration_closes_at=row.registration_closes_at,
    )


def _theme(row: models.Theme) -> document.Theme:
    return document.Theme(
        slug=row.slug,
        name=row.name,
        summary=row.summary,
        letter=row.letter,
        shape=row.shape,
        palette=row.palette,
        colour=row.colour,
    )


def _room(row: models.Room) -> document.Room:
    return document.Room(
        slug=row.slug,
        name=row.name,
        capacity=row.capacity,
        description=row.description,
        features=tuple(row.features.split()),
        is_illustrative=row.is_illustrative,
    )


def _speaker(row: models.Speaker) -> document.Speaker:
    return document.Speaker(
        slug=row.slug,
        name=row.name,
        role=row.role,
        organisation=row.organisation,
        country=row.country,
        biography=prose.safe_html(row.biography),
        summary=prose.summary(row.biography),
    )


def _session(
    row: models.Session, themes: dict[int, document.Theme], rooms: dict[int, document.Room]
) -> document.Session:
    return document.Session(
        key=row.key,
        slug=row.slug,
        title=row.title,
        subtitle=row.subtitle,
        kind=row.kind,
        theme=themes[row.theme_id] if row.theme_id else None,
        room=rooms[row.room_id] if row.room_id else None,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        abstract=prose.safe_html(row.abstract),
        description=prose.safe_html(row.description),
        summary=prose.summary(row.abstract or row.description),
        language=row.language,
        licence=row.licence,
        links=tuple((address, label) for address, label in json.loads(row.links)),
        is_recorded=row.is_recorded,
        is_illustrative=row.is_illustrative,
        is_cancelled=row.cancelled_at is not None,
        parts=tuple(
            document.Part(
                slug=part.speaker.slug,
                name=part.speaker.name,
                organisation=part.speaker.organisation,
                role=part.role,
            )
            for part in row.appearances
        ),
    )
