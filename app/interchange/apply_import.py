"""Importing a parsed programme into the working tables: replacing or merging it.

A row is identified by its key in the file and keeps its slug from then on, also while it is
withdrawn. A slug is never given to another row. Nobody else can edit a row during an import.
"""

import json
from collections.abc import Iterator, Sized
from typing import Any, Generic, TypeVar

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload
from sqlalchemy.sql.base import ExecutableOption

from app import clock
from app.content import markdown
from app.database import db, lock_table
from app.interchange.import_report import ImportChanges
from app.interchange.importers.parsed import (
    ParsedConference,
    ParsedProfile,
    ParsedProgramme,
    ParsedRoom,
    ParsedSession,
    ParsedSpeaker,
    ParsedTheme,
)
from app.programme import queries
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import LISTS, PROSE, FieldTable
from app.programme.models import (
    PALETTE_SIZE,
    THEME_SHAPES,
    Appearance,
    Conference,
    Room,
    Session,
    Speaker,
    Theme,
)

PROSE_COLUMNS = SESSION_FIELDS.names_of(PROSE) | SPEAKER_FIELDS.names_of(PROSE)
CONFERENCE_COLUMNS = (  # those that every file has
    *("acronym", "title", "subtitle", "starts_on", "ends_on", "time_zone", "place", "summary"),
)
LIST_COLUMNS = SESSION_FIELDS.names_of(*LISTS) | SPEAKER_FIELDS.names_of(*LISTS)

Entity = TypeVar("Entity", bound=Theme | Room | Speaker | Session)


class TableSync(Generic[Entity]):
    """All rows of one table, by key."""

    def __init__(
        self, model: type[Entity], identity: str, changes: ImportChanges, *load: ExecutableOption
    ) -> None:
        rows = select(model).options(*load).with_for_update(of=model)
        existing = db.session.scalars(rows.execution_options(populate_existing=True)).unique()
        self._model = model
        self._identity = identity
        self._changes = changes
        self._rows: dict[str, Entity] = {getattr(row, identity): row for row in existing}
        self._slugs = {row.slug for row in self._rows.values()}
        self._seen_keys: set[str] = set()

    def __getitem__(self, key: str) -> Entity:
        return self._rows[key]

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: str) -> Entity | None:
        """Return the row with a key, or None."""
        return self._rows.get(key)

    def upsert(self, key: str, slug: str, name: str, values: dict[str, Any]) -> Entity:
        """Update the row with a key to these values, or add it."""
        self._seen_keys.add(key)
        row = self._rows.get(key)
        if row is None:
            return self._add(key, slug, name, values)
        differing = {
            column
            for column, value in values.items()
            if _differs(column, getattr(row, column), value)
        }
        for column in differing:
            setattr(row, column, values[column])
        if differing:
            bump_version(row)
        if "withdrawn_at" in differing:  # no longer withdrawn
            self._changes.added.append(name)
        elif differing:
            self._changes.record_change(name, differing)
        return row

    def list_missing(self) -> Iterator[Entity]:
        """Yield the rows that are not in the file."""
        return (row for key, row in self._rows.items() if key not in self._seen_keys)

    def _add(self, key: str, slug: str, name: str, values: dict[str, Any]) -> Entity:
        identity_values = {
            "slug": self._unique_slug(slug),
            self._identity: key,
            "changed_at": clock.now(),
        }
        row = self._model(**identity_values, **values)
        self._rows[key] = row
        db.session.add(row)
        self._changes.added.append(name)
        return row

    def _unique_slug(self, wanted: str) -> str:
        """Return an unused slug, similar to the wanted one."""
        slug, number = wanted, 1
        while slug in self._slugs:
            number += 1
            slug = f"{wanted}-{number}"
        self._slugs.add(slug)
        return slug


def _differs(column: str, old: Any, new: Any) -> bool:
    """Return True if values differ; so do not Markdown and HTML that render alike, or equal JSON.

    So an exported c3voc schedule, whose texts are HTML, leaves the original Markdown unchanged.
    """
    if old == new:
        return False
    if column in LIST_COLUMNS and isinstance(old, str):
        return bool(json.loads(old) != json.loads(new))
    return column not in PROSE_COLUMNS or markdown.sanitise(old) != markdown.sanitise(new)


def bump_version(row: Theme | Room | Speaker | Session) -> None:
    """Increase the version of a row, so that someone who is editing it gets a conflict."""
    row.version += 1
    row.changed_at = clock.now()


def eager_load_appearances() -> ExecutableOption:
    """Load sessions together with their appearances, in one query."""
    return joinedload(Session.appearances)


def replace(programme: ParsedProgramme) -> ImportChanges:
    """Replace the working programme; what is not in the new one is withdrawn."""
    lock_table(Conference)
    changes = ImportChanges()
    _delete_other_conference(programme.conference, changes)
    _apply_conference(programme.conference, changes)
    importer = _Importer(changes, keeps_order=False)
    importer.upsert(programme)
    importer.withdraw_missing()
    return changes


def merge(programme: ParsedProgramme) -> ImportChanges:
    """Add and change what is in this programme; withdraw nothing."""
    lock_table(Conference)
    changes = ImportChanges()
    if not queries.has_conference():
        _apply_conference(programme.conference, changes)
    _Importer(changes, keeps_order=True).upsert(programme)
    return changes


def _delete_other_conference(parsed: ParsedConference, changes: ImportChanges) -> None:
    """Delete everything if the working programme is of a different conference."""
    row = db.session.get(Conference, 1)
    if row is None or row.acronym == parsed.acronym:
        return
    changes.withdrawn += [
        *(f"Session: {session.title}" for session in queries.list_sessions()),
        *(f"Speaker: {speaker.name}" for speaker in queries.list_speakers()),
        *(f"Room: {room.name}" for room in queries.list_rooms()),
        *(f"Theme: {theme.name}" for theme in queries.list_themes()),
    ]
    for kind in (Appearance, Session, Speaker, Room, Theme):
        db.session.execute(delete(kind))
    db.session.expire_all()


def _apply_conference(parsed: ParsedConference, changes: ImportChanges) -> None:
    row = db.session.get(Conference, 1)
    has_new_dates = row is None or row.starts_on != parsed.starts_on
    values: dict[str, Any] = {name: getattr(parsed, name) for name in CONFERENCE_COLUMNS}
    values["is_demo"] = parsed.invented
    if parsed.contact_email or has_new_dates:
        values["contact_email"] = parsed.contact_email
    if parsed.registration_opens_at or has_new_dates:
        values["registration_opens_at"] = parsed.registration_opens_at
        values["registration_closes_at"] = parsed.registration_closes_at
    if row is None:
        db.session.add(Conference(id=1, **values))
        changes.added.append("The conference")
        return
    differing = {column for column, value in values.items() if getattr(row, column) != value}
    for column in differing:
        setattr(row, column, values[column])
    if differing:
        row.version += 1
        changes.record_change("The conference", differing)


class _Importer:
    """Imports themes, rooms, speakers and sessions."""

    def __init__(self, changes: ImportChanges, *, keeps_order: bool) -> None:
        self._changes = changes
        self._keeps_order = keeps_order
        self._themes = TableSync(Theme, "slug", changes)
        self._rooms = TableSync(Room, "key", changes)
        self._speakers = TableSync(Speaker, "key", changes)
        self._sessions = TableSync(Session, "key", changes, eager_load_appearances())

    def upsert(self, programme: ParsedProgramme) -> None:
        """Add or update everything in a programme."""
        for position, theme in enumerate(programme.themes):
            self._upsert_theme(theme, position)
        for position, room in enumerate(programme.rooms):
            self._upsert_room(room, position)
        for speaker in programme.speakers:
            self._upsert_speaker(speaker)
        for session in programme.sessions:
            self._upsert_session(session)
        db.session.flush()

    def withdraw_missing(self) -> None:
        """Withdraw sessions and speakers, whose pages may be public; delete rooms and themes."""
        for session in self._sessions.list_missing():
            session.theme = session.room = None
            self._withdraw(session, f"Session: {session.title}")
        for speaker in self._speakers.list_missing():
            self._withdraw(speaker, f"Speaker: {speaker.name}")
        for room in self._rooms.list_missing():
            self._delete(room, f"Room: {room.name}")
        for theme in self._themes.list_missing():
            self._delete(theme, f"Theme: {theme.name}")
        db.session.flush()

    def _withdraw(self, row: Session | Speaker, name: str) -> None:
        if row.withdrawn_at is None:
            row.withdrawn_at = clock.now()
            bump_version(row)
            self._changes.withdrawn.append(name)

    def _delete(self, row: Room | Theme, name: str) -> None:
        db.session.delete(row)
        self._changes.withdrawn.append(name)

    def _upsert_theme(self, parsed: ParsedTheme, position: int) -> None:
        known = self._themes.get(parsed.slug)
        row_position = self._choose_position(known, position, self._themes)
        values = {
            "name": parsed.name,
            "summary": parsed.summary,
            "letter": parsed.letter or parsed.name[:1].upper(),
            "shape": parsed.shape or THEME_SHAPES[row_position % len(THEME_SHAPES)],
            "palette": parsed.palette or row_position % PALETTE_SIZE + 1,
            "colour": parsed.colour,
            "position": row_position,
        }
        self._themes.upsert(parsed.slug, parsed.slug, f"Theme: {parsed.name}", values)

    def _upsert_room(self, parsed: ParsedRoom, position: int) -> None:
        known = self._rooms.get(parsed.key)
        values = {
            "name": parsed.name,
            "capacity": parsed.capacity,
            "description": parsed.description,
            "features": " ".join(parsed.features),
            "is_illustrative": parsed.illustrative,
            "position": self._choose_position(known, position, self._rooms),
        }
        self._rooms.upsert(parsed.key, parsed.slug, f"Room: {parsed.name}", values)

    def _upsert_speaker(self, parsed: ParsedSpeaker) -> None:
        values = {
            **_get_columns(SPEAKER_FIELDS, parsed),
            **_get_columns(SPEAKER_FIELDS, parsed.profile),
            **({"contact_address": parsed.contact_address} if parsed.contact_address else {}),
            "withdrawn_at": None,
        }
        self._speakers.upsert(parsed.key, parsed.slug, f"Speaker: {parsed.name}", values)

    def _upsert_session(self, parsed: ParsedSession) -> None:
        known = self._sessions.get(parsed.key)
        since = known.cancelled_at if known else None
        values = {
            **_get_columns(SESSION_FIELDS, parsed),
            **({} if parsed.draft is None else {"is_draft": parsed.draft}),
            "withdrawn_at": None,
            "theme": self._themes[parsed.theme] if parsed.theme else None,
            "room": self._rooms[parsed.room] if parsed.room else None,
            "cancelled_at": (since or clock.now()) if parsed.cancelled else None,
            "appearances": self._build_appearances(parsed, known),
        }
        self._sessions.upsert(parsed.key, parsed.slug, f"Session: {parsed.title}", values)

    def _build_appearances(
        self, parsed: ParsedSession, session: Session | None
    ) -> list[Appearance]:
        """Return the appearances in order, reusing existing rows."""
        known = {(one.speaker, one.role): one for one in session.appearances} if session else {}
        wanted = dict.fromkeys(
            (self._speakers[one.speaker], one.role) for one in parsed.appearances
        )
        appearances = [
            known.get((speaker, role)) or Appearance(speaker=speaker, role=role)
            for speaker, role in wanted
        ]
        for position, appearance in enumerate(appearances):
            appearance.position = position
        return appearances

    def _choose_position(self, known: Theme | Room | None, position: int, rows: Sized) -> int:
        """Return the position among rows of its kind; when merging, new rows come last."""
        if not self._keeps_order:
            return position
        return known.position if known else len(rows)


def _get_columns(
    table: FieldTable[Any], parsed: ParsedSession | ParsedSpeaker | ParsedProfile | None
) -> dict[str, Any]:
    """Return the columns of the fields that a parsed record has; a list may be None."""
    found = (
        (one, getattr(parsed, one.file_name))
        for one in table.in_files
        if hasattr(parsed, one.file_name)
    )
    return {
        one.name: one.to_column(value)
        for one, value in found
        if value is not None or one.kind not in LISTS
    }
