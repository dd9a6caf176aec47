"""What the exporters get: a programme as it is published, and as it was typed.

They differ in long texts (HTML or Markdown) and in drafts, which are not published.
"""

import json
from dataclasses import dataclass

from app.content.markdown import LOOKS_LIKE_HTML
from app.interchange.importers.parsed import (
    ParsedAppearance,
    ParsedConference,
    ParsedProfile,
    ParsedProgramme,
    ParsedRoom,
    ParsedSession,
    ParsedSpeaker,
    ParsedTheme,
)
from app.programme import collation, models, queries
from app.programme import snapshot as programme_snapshot
from app.programme.snapshot import Snapshot
from app.releases.snapshot_builder import build_snapshot


@dataclass(frozen=True)
class ExportSource:
    """A programme to export."""

    snapshot: Snapshot
    programme: ParsedProgramme
    site_url: str  # URL of the site: https://conference.example
    version: str  # name of the version, in a word or two


def load_working_programme(
    site_url: str, *, places: int | None = None, version: str = "working"
) -> ExportSource:
    """Load the working programme as it would be published now; `programme` also has the drafts."""
    rows = queries.load_working_rows()
    snapshot = build_snapshot(rows)
    sessions = sorted(
        (row for row in rows.sessions if row.withdrawn_at is None), key=_session_sort_key
    )
    speakers = sorted(
        (row for row in rows.speakers if row.withdrawn_at is None), key=_speaker_sort_key
    )
    programme = ParsedProgramme(
        conference=_convert_conference(snapshot.conference, places),
        themes=tuple(map(_convert_theme, snapshot.themes)),
        rooms=tuple(map(_convert_room, snapshot.rooms)),
        speakers=tuple(map(_convert_speaker_row, speakers)),
        sessions=tuple(map(_convert_session_row, sessions)),
    )
    return ExportSource(snapshot, programme, site_url, version)


def from_snapshot(
    snapshot: Snapshot, site_url: str, *, places: int | None = None, version: str
) -> ExportSource:
    """Return the source for a release; its long texts are HTML, as there is no Markdown in it."""
    keys = {one.slug: one.key or one.slug for one in snapshot.speakers}
    programme = ParsedProgramme(
        conference=_convert_conference(snapshot.conference, places),
        themes=tuple(map(_convert_theme, snapshot.themes)),
        rooms=tuple(map(_convert_room, snapshot.rooms)),
        speakers=tuple(map(_convert_speaker, snapshot.speakers)),
        sessions=tuple(_convert_session(one, keys) for one in snapshot.sessions),
    )
    return ExportSource(snapshot, programme, site_url, version)


def wrap_html(html: str) -> str:
    """Mark a text as HTML, so that an importer does not take it for Markdown."""
    return html if not html or LOOKS_LIKE_HTML.search(html) else f"<p>{html}</p>"


def _session_sort_key(row: models.Session) -> tuple[bool, float, str, int]:
    """Sort sessions by time; those without a time come last."""
    begins = row.starts_at.timestamp() if row.starts_at else 0.0
    return row.starts_at is None, begins, row.title, row.id


def _speaker_sort_key(row: models.Speaker) -> tuple[str, int]:
    return collation.sort_key(row.name), row.id


def _convert_conference(
    facts: programme_snapshot.Conference, places: int | None
) -> ParsedConference:
    return ParsedConference(
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


def _convert_theme(theme: programme_snapshot.Theme) -> ParsedTheme:
    return ParsedTheme(
        slug=theme.slug,
        name=theme.name,
        summary=theme.summary,
        letter=theme.letter,
        shape=theme.shape,
        palette=theme.palette,
        colour=theme.colour,
    )


def _convert_room(room: programme_snapshot.Room) -> ParsedRoom:
    return ParsedRoom(
        key=room.key or room.slug,
        name=room.name,
        slug=room.slug,
        capacity=room.capacity,
        description=room.description,
        features=room.features,
        illustrative=room.is_illustrative,
    )


def _convert_speaker(speaker: programme_snapshot.Speaker) -> ParsedSpeaker:
    return ParsedSpeaker(
        key=speaker.key or speaker.slug,
        name=speaker.name,
        slug=speaker.slug,
        role=speaker.role,
        organisation=speaker.organisation,
        country=speaker.country,
        biography=wrap_html(speaker.biography),
        profile=ParsedProfile(
            honorific=speaker.honorific,
            pronunciation=speaker.pronunciation,
            pronouns=speaker.pronouns,
            biographies=tuple((code, wrap_html(told)) for code, told in speaker.biographies),
            links=speaker.links,
        ),
    )


def _convert_speaker_row(row: models.Speaker) -> ParsedSpeaker:
    return ParsedSpeaker(
        key=row.key,
        name=row.name,
        slug=row.slug,
        role=row.role,
        organisation=row.organisation,
        country=row.country,
        biography=row.biography,
        profile=ParsedProfile(
            honorific=row.honorific,
            pronunciation=row.pronunciation,
            pronouns=row.pronouns,
            biographies=tuple((code, text) for code, text in json.loads(row.biographies)),
            links=tuple((address, label) for address, label in json.loads(row.links)),
        ),
    )


def _convert_session(session: programme_snapshot.Session, keys: dict[str, str]) -> ParsedSession:
    return ParsedSession(
        key=session.key,
        slug=session.slug,
        title=session.title,
        subtitle=session.subtitle,
        kind=session.kind,
        theme=session.theme.slug if session.theme else None,
        room=(session.room.key or session.room.slug) if session.room else None,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        abstract=wrap_html(session.abstract),
        description=wrap_html(session.description),
        language=session.language,
        illustrative=session.is_illustrative,
        cancelled=session.is_cancelled,
        appearances=tuple(ParsedAppearance(keys[one.slug], one.role) for one in session.parts),
        links=session.links,
        licence=session.licence,
        recorded=session.is_recorded,
    )


def _convert_session_row(row: models.Session) -> ParsedSession:
    return ParsedSession(
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
            ParsedAppearance(one.speaker.key, one.role)
            for one in row.appearances
            if one.speaker.withdrawn_at is None
        ),
        links=tuple((address, label) for address, label in json.loads(row.links)),
        licence=row.licence,
        recorded=row.is_recorded,
        draft=row.is_draft,
    )
