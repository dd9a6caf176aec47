"""Build a snapshot from the working programme: exactly what the public may see.

Drafts, cancelled or not, and withdrawn sessions and speakers are left out; other cancelled
sessions stay, marked as such.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from app.content import markdown
from app.programme import collation, models, queries, snapshot
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import PROSE, TRANSLATIONS, Field, FieldTable, Kind, copy_attributes
from app.programme.queries import WorkingRows

MAX_CACHED_TEXTS = 4096


@dataclass(frozen=True)
class SnapshotText:
    """A text as HTML, and its excerpt as plain text."""

    html: str
    summary: str


def build_snapshot(rows: WorkingRows | None = None) -> snapshot.Snapshot:
    """Build the snapshot of the working programme, from the given rows or from the database."""
    rows = rows or queries.load_working_rows()
    themes = {row.id: _build_theme(row) for row in rows.themes}
    rooms = {row.id: _build_room(row) for row in rows.rooms}
    hidden = _speakers_only_in_drafts(rows)
    speakers = (row for row in rows.speakers if row.withdrawn_at is None and row.id not in hidden)
    sessions = [_build_session(row, themes, rooms) for row in rows.sessions if row.is_publishable]
    order = {room.slug: position for position, room in enumerate(rooms.values())}
    return snapshot.Snapshot(
        conference=_build_conference(rows.conference),
        themes=tuple(themes.values()),
        rooms=tuple(rooms.values()),
        speakers=tuple(map(build_speaker, sorted(speakers, key=_speaker_sort_key))),
        sessions=tuple(sorted(sessions, key=lambda session: _session_sort_key(session, order))),
        withdrawn=tuple(sorted(_withdrawn_paths(rows))),
    )


def _speakers_only_in_drafts(rows: WorkingRows) -> set[int]:
    """Return speakers who appear only in drafts: publishing them would reveal the drafts."""
    drafts = {
        one
        for row in rows.sessions
        if row.is_draft and row.withdrawn_at is None
        for one in _speaker_ids(row)
    }
    others = {one for row in rows.sessions if row.is_publishable for one in _speaker_ids(row)}
    return drafts - others


def _speaker_ids(row: models.Session) -> Iterator[int]:
    return (part.speaker_id for part in row.appearances)


def _withdrawn_paths(rows: WorkingRows) -> Iterator[str]:
    """Yield the paths of sessions and speakers that are no longer in the programme."""
    yield from (f"/sessions/{row.slug}" for row in rows.sessions if row.withdrawn_at)
    yield from (f"/speakers/{row.slug}" for row in rows.speakers if row.withdrawn_at)


def _session_sort_key(
    session: snapshot.Session, rooms: dict[str, int]
) -> tuple[float, float, int, str, str]:
    """Sort by time, then room; sessions without a time come last."""
    begins = session.starts_at.timestamp() if session.starts_at else float("inf")
    ends = session.ends_at.timestamp() if session.ends_at else begins
    room = rooms[session.room.slug] if session.room else -1
    return begins, ends, room, session.title, session.key


def _speaker_sort_key(row: models.Speaker) -> tuple[str, str]:
    """Sort by name, ignoring accents, in the same way on every database."""
    return collation.sort_key(row.name), row.key


def _build_conference(row: models.Conference) -> snapshot.Conference:
    return copy_attributes(row, snapshot.Conference, is_invented=row.is_demo)


def _build_theme(row: models.Theme) -> snapshot.Theme:
    return copy_attributes(row, snapshot.Theme)


def _build_room(row: models.Room) -> snapshot.Room:
    return copy_attributes(row, snapshot.Room, features=tuple(row.features.split()))


def build_speaker(row: models.Speaker) -> snapshot.Speaker:
    """Return a speaker as the public would see them."""
    return snapshot.Speaker(
        key=row.key,
        slug=row.slug,
        summary=_render_text(row.biography).summary,
        photo=snapshot.Photo(row.photo.key, row.photo.description) if row.photo else None,
        **_public_values(SPEAKER_FIELDS, row),
    )


def build_session(row: models.Session) -> snapshot.Session:
    """Return a session, even a draft, as the public would see it."""
    themes = {row.theme.id: _build_theme(row.theme)} if row.theme else {}
    rooms = {row.room.id: _build_room(row.room)} if row.room else {}
    return _build_session(row, themes, rooms)


def _build_session(
    row: models.Session, themes: dict[int, snapshot.Theme], rooms: dict[int, snapshot.Room]
) -> snapshot.Session:
    return snapshot.Session(
        key=row.key,
        slug=row.slug,
        theme=themes[row.theme_id] if row.theme_id else None,
        room=rooms[row.room_id] if row.room_id else None,
        summary=_render_text(row.abstract or row.description).summary,
        is_cancelled=row.cancelled_at is not None,
        booking_seats=row.booking_seats,
        parts=tuple(
            snapshot.Appearance(
                slug=part.speaker.slug,
                name=part.speaker.name,
                organisation=part.speaker.organisation,
                role=part.role,
            )
            for part in row.appearances
            if part.speaker.withdrawn_at is None
        ),
        **_public_values(SESSION_FIELDS, row),
    )


def _public_values(table: FieldTable[Any], row: models.Session | models.Speaker) -> dict[str, Any]:
    """Return the public fields as they are published: prose as HTML."""
    fields = (field for field in table.in_files if field.is_public)
    return {field.name: _render_value(field.kind, field.read_row(row)) for field in fields}


def build_value(field: Field, value: Any) -> Any:
    """Return a value of a public field as published."""
    return _render_value(field.kind, field.to_record(value))


def _render_value(kind: Kind, value: Any) -> Any:
    if kind is TRANSLATIONS:
        return tuple((code, _render_text(text).html) for code, text in value)
    return _render_text(value).html if kind is PROSE else value


@lru_cache(maxsize=MAX_CACHED_TEXTS)
def _render_text(text: str) -> SnapshotText:
    """Cache rendered texts, because previews and comparisons build the same snapshot repeatedly."""
    return (
        SnapshotText(markdown.sanitise(text), markdown.excerpt(text))
        if text
        else SnapshotText("", "")
    )
