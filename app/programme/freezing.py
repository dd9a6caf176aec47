"""Freeze the working programme into a document: what readers may see of it, and nothing else.

Drafts stay out, and so does what has been withdrawn; what was cancelled stays in and says so.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.content import prose
from app.programme import document, models, names, queries
from app.programme.queries import WorkingRows

MOST_HELD = 4096  # texts


@dataclass(frozen=True)
class Prose:
    """A text as readers see it."""

    html: str
    summary: str


def freeze(rows: WorkingRows | None = None) -> document.Document:
    """Make the document of the programme as it stands now, or of rows that have been read."""
    rows = rows or queries.working_rows()
    themes = {row.id: _theme(row) for row in rows.themes}
    rooms = {row.id: _room(row) for row in rows.rooms}
    hidden = _in_drafts_alone(rows)
    told = (row for row in rows.speakers if row.withdrawn_at is None and row.id not in hidden)
    sessions = [_session(row, themes, rooms) for row in rows.sessions if row.is_for_readers]
    order = {room.slug: position for position, room in enumerate(rooms.values())}
    return document.Document(
        conference=_conference(rows.conference),
        themes=tuple(themes.values()),
        rooms=tuple(rooms.values()),
        speakers=tuple(map(speaker, sorted(told, key=_by_name))),
        sessions=tuple(sorted(sessions, key=lambda session: _place_in_order(session, order))),
        withdrawn=tuple(sorted(_withdrawn(rows))),
    )


def _in_drafts_alone(rows: WorkingRows) -> set[int]:
    """Tell who appears in drafts and nowhere else: to name them would give the drafts away."""
    drafts = {one for row in rows.sessions if row.state == models.DRAFT for one in _people(row)}
    others = {one for row in rows.sessions if row.is_for_readers for one in _people(row)}
    return drafts - others


def _people(row: models.Session) -> Iterator[int]:
    return (part.speaker_id for part in row.appearances)


def _withdrawn(rows: WorkingRows) -> Iterator[str]:
    """List the addresses of what is no longer part of the programme."""
    yield from (f"/sessions/{row.slug}" for row in rows.sessions if row.withdrawn_at)
    yield from (f"/speakers/{row.slug}" for row in rows.speakers if row.withdrawn_at)


def _place_in_order(
    session: document.Session, rooms: dict[str, int]
) -> tuple[float, float, int, str, str]:
    """Put sessions by time, then by room; those without a time come last."""
    begins = session.starts_at.timestamp() if session.starts_at else float("inf")
    ends = session.ends_at.timestamp() if session.ends_at else begins
    room = rooms[session.room.slug] if session.room else -1
    return begins, ends, room, session.title, session.key


def _by_name(row: models.Speaker) -> tuple[str, str]:
    """Put names in the order of the alphabet, accents aside, the same on every database."""
    return names.folded(row.name), row.key


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
        is_invented=row.is_invented,
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
        key=row.key,
    )


def speaker(row: models.Speaker) -> document.Speaker:
    """Give a speaker as readers would see them."""
    return document.Speaker(
        slug=row.slug,
        name=row.name,
        role=row.role,
        organisation=row.organisation,
        country=row.country,
        biography=_set(row.biography).html,
        summary=_set(row.biography).summary,
        key=row.key,
        photo=document.Photo(row.photo.key, row.photo.description) if row.photo else None,
        honorific=row.honorific,
        pronunciation=row.pronunciation,
        pronouns=row.pronouns,
        biographies=tuple((code, _set(text).html) for code, text in json.loads(row.biographies)),
        links=tuple((address, label) for address, label in json.loads(row.links)),
    )


def session(row: models.Session) -> document.Session:
    """Give a session as readers would see it, a draft too."""
    themes = {row.theme.id: _theme(row.theme)} if row.theme else {}
    rooms = {row.room.id: _room(row.room)} if row.room else {}
    return _session(row, themes, rooms)


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
        abstract=_set(row.abstract).html,
        description=_set(row.description).html,
        summary=_set(row.abstract or row.description).summary,
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
            if part.speaker.withdrawn_at is None
        ),
    )


@lru_cache(maxsize=MOST_HELD)
def _set(text: str) -> Prose:
    """Set a text once: whoever previews or compares freezes the same texts again and again."""
    return Prose(prose.safe_html(text), prose.summary(text)) if text else Prose("", "")
