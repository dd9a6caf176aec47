"""What the writers write from: a programme as readers see it, and as it was written.

The two differ in prose, which readers see as HTML and we keep as its author typed it, and in
drafts, which readers do not see.
"""

import json
from dataclasses import dataclass

from app.content.prose import LOOKS_LIKE_HTML
from app.programme import document, models, names, queries
from app.programme.document import Document
from app.programme.freezing import freeze
from app.programme.reading.written import (
    WrittenAppearance,
    WrittenConference,
    WrittenProfile,
    WrittenProgramme,
    WrittenRoom,
    WrittenSession,
    WrittenSpeaker,
    WrittenTheme,
)


@dataclass(frozen=True)
class Source:
    """A programme on its way out."""

    document: Document
    written: WrittenProgramme
    site: str  # its address: https://conference.example
    version: str  # which state of the programme this is, in a word or two


def working(site: str, *, places: int | None = None, version: str = "working") -> Source:
    """Take the working programme, as it would be published now; drafts only as written."""
    rows = queries.working_rows()
    frozen = freeze(rows)
    sessions = sorted((row for row in rows.sessions if row.withdrawn_at is None), key=_place)
    speakers = sorted((row for row in rows.speakers if row.withdrawn_at is None), key=_name)
    written = WrittenProgramme(
        conference=_conference(frozen.conference, places),
        themes=tuple(map(_theme, frozen.themes)),
        rooms=tuple(map(_room, frozen.rooms)),
        speakers=tuple(map(_speaker_as_typed, speakers)),
        sessions=tuple(map(_session_as_typed, sessions)),
    )
    return Source(frozen, written, site, version)


def published(frozen: Document, site: str, *, places: int | None = None, version: str) -> Source:
    """Take a release. It holds no Markdown, so its prose is written as the HTML it became."""
    keys = {one.slug: one.key or one.slug for one in frozen.speakers}
    written = WrittenProgramme(
        conference=_conference(frozen.conference, places),
        themes=tuple(map(_theme, frozen.themes)),
        rooms=tuple(map(_room, frozen.rooms)),
        speakers=tuple(map(_speaker, frozen.speakers)),
        sessions=tuple(_session(one, keys) for one in frozen.sessions),
    )
    return Source(frozen, written, site, version)


def as_html(prose: str) -> str:
    """Mark HTML so that whoever reads it does not take it for Markdown."""
    return prose if not prose or LOOKS_LIKE_HTML.search(prose) else f"<p>{prose}</p>"


def _place(row: models.Session) -> tuple[bool, float, str, int]:
    """Put sessions by time; those that have none come last."""
    begins = row.starts_at.timestamp() if row.starts_at else 0.0
    return row.starts_at is None, begins, row.title, row.id


def _name(row: models.Speaker) -> tuple[str, int]:
    return names.folded(row.name), row.id


def _conference(facts: document.Conference, places: int | None) -> WrittenConference:
    return WrittenConference(
        acronym=facts.acronym,
        title=facts.title,
        subtitle=facts.subtitle,
        starts_on=facts.starts_on,
        ends_on=facts.ends_on,
        time_zone=facts.time_zone,
        place=facts.place,
        summary=facts.summary,
        contact_email=facts.contact_email,
        places=places,
        registration_opens_at=facts.registration_opens_at,
        registration_closes_at=facts.registration_closes_at,
        invented=facts.is_invented,
    )


def _theme(theme: document.Theme) -> WrittenTheme:
    return WrittenTheme(
        slug=theme.slug,
        name=theme.name,
        summary=theme.summary,
        letter=theme.letter,
        shape=theme.shape,
        palette=theme.palette,
        colour=theme.colour,
    )


def _room(room: document.Room) -> WrittenRoom:
    return WrittenRoom(
        key=room.key or room.slug,
        name=room.name,
        slug=room.slug,
        capacity=room.capacity,
        description=room.description,
        features=room.features,
        illustrative=room.is_illustrative,
    )


def _speaker(speaker: document.Speaker) -> WrittenSpeaker:
    return WrittenSpeaker(
        key=speaker.key or speaker.slug,
        name=speaker.name,
        slug=speaker.slug,
        role=speaker.role,
        organisation=speaker.organisation,
        country=speaker.country,
        biography=as_html(speaker.biography),
        profile=WrittenProfile(
            honorific=speaker.honorific,
            pronunciation=speaker.pronunciation,
            pronouns=speaker.pronouns,
            biographies=tuple((code, as_html(told)) for code, told in speaker.biographies),
            links=speaker.links,
        ),
    )


def _speaker_as_typed(row: models.Speaker) -> WrittenSpeaker:
    return WrittenSpeaker(
        key=row.key,
        name=row.name,
        slug=row.slug,
        role=row.role,
        organisation=row.organisation,
        country=row.country,
        biography=row.biography,
        profile=WrittenProfile(
            honorific=row.honorific,
            pronunciation=row.pronunciation,
            pronouns=row.pronouns,
            biographies=tuple((code, text) for code, text in json.loads(row.biographies)),
            links=tuple((address, label) for address, label in json.loads(row.links)),
        ),
    )


def _session(session: document.Session, keys: dict[str, str]) -> WrittenSession:
    return WrittenSession(
        key=session.key,
        slug=session.slug,
        title=session.title,
        subtitle=session.subtitle,
        kind=session.kind,
        theme=session.theme.slug if session.theme else None,
        room=(session.room.key or session.room.slug) if session.room else None,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        abstract=as_html(session.abstract),
        description=as_html(session.description),
        language=session.language,
        illustrative=session.is_illustrative,
        cancelled=session.is_cancelled,
        appearances=tuple(WrittenAppearance(keys[one.slug], one.role) for one in session.parts),
        links=session.links,
        licence=session.licence,
        recorded=session.is_recorded,
    )


def _session_as_typed(row: models.Session) -> WrittenSession:
    return WrittenSession(
        key=row.key,
        slug=row.slug,
        title=row.title,
        subtitle=row.subtitle,
        kind=row.kind,
        theme=row.theme.slug if row.theme else None,
        room=row.room.key if row.room else None,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        abstract=row.abstract,
        description=row.description,
        language=row.language,
        illustrative=row.is_illustrative,
        cancelled=row.cancelled_at is not None,
        appearances=tuple(
            WrittenAppearance(one.speaker.key, one.role)
            for one in row.appearances
            if one.speaker.withdrawn_at is None
        ),
        links=tuple((address, label) for address, label in json.loads(row.links)),
        licence=row.licence,
        recorded=row.is_recorded,
        draft=row.is_draft,
    )
