"""What exporters get: the programme as published, and as typed.

They differ in long texts (HTML or Markdown) and in drafts, which are not published.
"""

from dataclasses import dataclass
from typing import Any

from app.content.html_tags import is_html
from app.content.markdown import without_link_relations
from app.interchange.importers.parsed_programme import (
    ParsedAppearance,
    ParsedConference,
    ParsedProgramme,
    ParsedRoom,
    ParsedSession,
    ParsedSpeaker,
    ParsedTheme,
    build_parsed_speaker,
)
from app.programme import collation, models, queries
from app.programme import snapshot as programme_snapshot
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import PROSE, TRANSLATIONS, FieldTable, Kind, copy_attributes
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
    """Load the working programme as if published now; ``programme`` also has the drafts."""
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
    keys = {speaker.slug: speaker.key or speaker.slug for speaker in snapshot.speakers}
    programme = ParsedProgramme(
        conference=_convert_conference(snapshot.conference, places),
        themes=tuple(map(_convert_theme, snapshot.themes)),
        rooms=tuple(map(_convert_room, snapshot.rooms)),
        speakers=tuple(map(_convert_speaker, snapshot.speakers)),
        sessions=tuple(_convert_session(session, keys) for session in snapshot.sessions),
    )
    return ExportSource(snapshot, programme, site_url, version)


def wrap_html(html: str) -> str:
    """Mark a text as HTML, so that an importer does not take it for Markdown.

    Sanitising removes a div again, and it may contain a block such as code.
    """
    html = without_link_relations(html)
    return html if not html or is_html(html) else f"<div>{html}</div>"


def _session_sort_key(row: models.Session) -> tuple[bool, float, str, int]:
    """Sort sessions by time; those without a time come last."""
    begins = row.starts_at.timestamp() if row.starts_at else 0.0
    return row.starts_at is None, begins, row.title, row.id


def _speaker_sort_key(row: models.Speaker) -> tuple[str, int]:
    return collation.sort_key(row.name), row.id


def _convert_conference(
    facts: programme_snapshot.Conference, places: int | None
) -> ParsedConference:
    return copy_attributes(facts, ParsedConference, places=places, invented=facts.is_invented)


def _convert_theme(theme: programme_snapshot.Theme) -> ParsedTheme:
    return copy_attributes(theme, ParsedTheme)


def _convert_room(room: programme_snapshot.Room) -> ParsedRoom:
    is_illustrative = room.is_illustrative
    return copy_attributes(
        room, ParsedRoom, key=room.key or room.slug, illustrative=is_illustrative
    )


def _convert_speaker(speaker: programme_snapshot.Speaker) -> ParsedSpeaker:
    values = _convert_values(SPEAKER_FIELDS, speaker)
    return build_parsed_speaker(speaker.key or speaker.slug, speaker.slug, values)


def _convert_speaker_row(row: models.Speaker) -> ParsedSpeaker:
    values = {field.file_name: field.read_row(row) for field in SPEAKER_FIELDS.in_files}
    values["contact_address"] = row.contact_address or None
    return build_parsed_speaker(row.key, row.slug, values)


def _convert_session(session: programme_snapshot.Session, keys: dict[str, str]) -> ParsedSession:
    return ParsedSession(
        key=session.key,
        slug=session.slug,
        theme=session.theme.slug if session.theme else None,
        room=(session.room.key or session.room.slug) if session.room else None,
        cancelled=session.is_cancelled,
        appearances=tuple(ParsedAppearance(keys[part.slug], part.role) for part in session.parts),
        **_convert_values(SESSION_FIELDS, session),
    )


def _convert_session_row(row: models.Session) -> ParsedSession:
    return ParsedSession(
        key=row.key,
        slug=row.slug,
        theme=row.theme.slug if row.theme else None,
        room=row.room.key if row.room else None,
        cancelled=row.cancelled_at is not None,
        appearances=tuple(
            ParsedAppearance(appearance.speaker.key, appearance.role)
            for appearance in row.appearances
            if appearance.speaker.withdrawn_at is None
        ),
        draft=row.is_draft,
        **{field.file_name: field.read_row(row) for field in SESSION_FIELDS.in_files},
    )


def _convert_values(
    table: FieldTable[Any], entity: programme_snapshot.Session | programme_snapshot.Speaker
) -> dict[str, Any]:
    """Return the values of a snapshot's session or speaker, with prose marked as HTML."""
    return {
        field.file_name: _wrap(field.kind, getattr(entity, field.name)) for field in table.in_files
    }


def _wrap(kind: Kind, value: Any) -> Any:
    if kind is TRANSLATIONS:
        return tuple((code, wrap_html(text)) for code, text in value)
    return wrap_html(value) if kind is PROSE else value
