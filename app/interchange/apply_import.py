"""Importing a parsed programme into the working tables: replacing or merging it.

A row is identified by its key in the file and keeps its slug from then on, even while withdrawn. A
slug is never reused for another row. Rows cannot be edited during an import.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload
from sqlalchemy.sql.base import ExecutableOption

from app import clock
from app.cache_version import bump_cache_version
from app.database import Base, db, lock_table, violated_constraint
from app.errors import RuleViolation
from app.interchange.import_report import ImportChanges
from app.interchange.importers.parsed_programme import (
    ParsedConference,
    ParsedProfile,
    ParsedProgramme,
    ParsedRoom,
    ParsedSession,
    ParsedSpeaker,
    ParsedTheme,
)
from app.interchange.importers.session_times import FIXED_OFFSET
from app.interchange.table_sync import NO_SLUGS, Entity, TableSync, bump_version
from app.programme import queries
from app.programme.editing import speakers
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import LISTS, FieldTable
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
from app.programme.slugs import map_redirects

CONFERENCE_COLUMNS = (  # included in every file
    *("acronym", "title", "subtitle", "starts_on", "ends_on", "time_zone", "place", "summary"),
)

CONFLICTS: Final = {  # with what someone else adds: the same row, or a session of what is deleted
    *(
        f"uq_{model.__tablename__}_{column}"
        for model in (Theme, Room, Speaker, Session)
        for column in ("key", "slug")
    ),
    *("fk_appearance_session_id_session", "fk_appearance_speaker_id_speaker"),
    *("fk_session_room_id_room", "fk_session_theme_id_theme"),
}
CHANGED_MEANWHILE: Final = (
    "Nothing has been loaded, because someone else changed the programme at the same time. "
    "Try again"
)


def eager_load_appearances() -> ExecutableOption:
    """Load sessions together with their appearances, in one query."""
    return joinedload(Session.appearances)


def replace(programme: ParsedProgramme, *, keeps_settings: bool = False) -> ImportChanges:
    """Replace the working programme; what is not in the new one is withdrawn."""
    lock_table(Conference)
    changes = ImportChanges()
    with _all_or_nothing():
        is_other = _delete_other_conference(programme.conference, changes)
        _apply_conference(programme.conference, changes, keeps_settings=keeps_settings)
        importer = _Importer(changes, keeps_order=False, keeps_former_slugs=not is_other)
        importer.upsert(programme)
        importer.withdraw_missing(keeps_drafts=not programme.has_drafts)
    return changes


def merge(programme: ParsedProgramme) -> ImportChanges:
    """Add and change what is in this programme; withdraw nothing."""
    lock_table(Conference)
    changes = ImportChanges()
    with _all_or_nothing():
        if not queries.has_conference():
            _apply_conference(programme.conference, changes)
        _Importer(changes, keeps_order=True, keeps_former_slugs=True).upsert(programme)
    return changes


@contextmanager
def _all_or_nothing() -> Iterator[None]:
    """Undo an import, and raise RuleViolation, if someone adds to the programme meanwhile."""
    try:
        with db.session.begin_nested():
            yield
    except IntegrityError as error:
        if violated_constraint(error) not in CONFLICTS:
            raise
        raise RuleViolation(CHANGED_MEANWHILE) from None


def _delete_other_conference(parsed: ParsedConference, changes: ImportChanges) -> bool:
    """Delete everything if the working programme is of another conference; return True then."""
    row = db.session.get(Conference, 1)
    if row is None or row.acronym == parsed.acronym:
        return False
    changes.withdrawn += [
        *(f"Session: {session.title}" for session in queries.list_sessions()),
        *(f"Speaker: {speaker.name}" for speaker in queries.list_speakers()),
        *(f"Room: {room.name}" for room in queries.list_rooms()),
        *(f"Theme: {theme.name}" for theme in queries.list_themes()),
    ]
    speakers.lock_deletions()
    for kind in (Appearance, Session, Speaker, Room, Theme):
        db.session.execute(delete(kind))
    row.email_paragraph = row.email_signatory = ""  # those of the other conference
    row.coordinates = row.doors_open = ""
    db.session.flush()
    db.session.expire_all()
    return True


def _apply_conference(
    parsed: ParsedConference, changes: ImportChanges, *, keeps_settings: bool = False
) -> None:
    row = db.session.get(Conference, 1)
    values = _collect_settings(row, parsed)
    if row is None:
        db.session.add(Conference(id=1, **values))
        changes.added.append("The conference")
        bump_cache_version()  # for this change and those below: admin uses its time zone
        return
    differing = {column for column, value in values.items() if getattr(row, column) != value}
    if keeps_settings:
        changes.kept_settings += sorted(differing)
        return
    for column in differing:
        setattr(row, column, values[column])
    if differing:
        row.version += 1
        bump_cache_version()
        changes.record_change("The conference", differing)


def _collect_settings(row: Conference | None, parsed: ParsedConference) -> dict[str, Any]:
    """Return the settings that a file changes; not every file has all of them."""
    has_new_dates = row is None or row.starts_on != parsed.starts_on
    values: dict[str, Any] = {name: getattr(parsed, name) for name in CONFERENCE_COLUMNS}
    values["is_demo"] = parsed.invented
    values["time_zone"] = _choose_zone(row, parsed)
    if parsed.contact_email or has_new_dates:
        values["contact_email"] = parsed.contact_email
    if parsed.coordinates or row is None or row.place != parsed.place:
        values["coordinates"] = parsed.coordinates  # those of another venue would be wrong
    if parsed.doors_open or has_new_dates:
        values["doors_open"] = parsed.doors_open
    if parsed.registration_opens_at or has_new_dates:
        values["registration_opens_at"] = parsed.registration_opens_at
        values["registration_closes_at"] = parsed.registration_closes_at
    return values


def _choose_zone(row: Conference | None, parsed: ParsedConference) -> str:
    """Return the time zone; keep a named zone if the file has only its UTC offset."""
    if row is None or not parsed.time_zone.startswith(FIXED_OFFSET):
        return parsed.time_zone
    noon = datetime.combine(parsed.starts_on, time(12), ZoneInfo(parsed.time_zone))
    is_same = noon.astimezone(ZoneInfo(row.time_zone)).utcoffset() == noon.utcoffset()
    return row.time_zone if is_same else parsed.time_zone


class _Importer:
    """Imports themes, rooms, speakers and sessions."""

    def __init__(
        self, changes: ImportChanges, *, keeps_order: bool, keeps_former_slugs: bool
    ) -> None:
        former = {
            kind: map_redirects(kind.__tablename__) if keeps_former_slugs else NO_SLUGS
            for kind in (Theme, Room, Speaker, Session)
        }
        self._changes = changes
        self._keeps_order = keeps_order
        self._themes = TableSync(Theme, changes, former[Theme])
        self._rooms = TableSync(Room, changes, former[Room])
        self._speakers = TableSync(Speaker, changes, former[Speaker])
        self._sessions = TableSync(Session, changes, former[Session], [eager_load_appearances()])

    def upsert(self, programme: ParsedProgramme) -> None:
        """Add or update everything in a programme."""
        self._theme_keys = self._themes.find_keys(one.slug for one in programme.themes)
        positions = self._choose_positions(self._themes, [*self._theme_keys.values()])
        for theme in programme.themes:
            key = self._theme_keys[theme.slug]
            self._upsert_theme(key, theme, positions[key])
        positions = self._choose_positions(self._rooms, [one.key for one in programme.rooms])
        for room in programme.rooms:
            self._upsert_room(room, positions[room.key])
        for speaker in programme.speakers:
            self._upsert_speaker(speaker)
        for session in programme.sessions:
            self._upsert_session(session)
        db.session.flush()

    def withdraw_missing(self, *, keeps_drafts: bool) -> None:
        """Withdraw sessions and speakers, whose pages may be public; delete rooms and themes."""
        missing = list(self._sessions.list_missing())
        drafts = {
            one for one in missing if keeps_drafts and one.is_draft and one.withdrawn_at is None
        }
        in_use = {entity for draft in drafts for entity in _list_references(draft)}
        for session in missing:
            if session not in drafts:
                session.theme = session.room = None
                self._withdraw(session, f"Session: {session.title}")
        for speaker in self._list_unused(self._speakers, in_use):
            self._withdraw(speaker, f"Speaker: {speaker.name}")
        for room in self._list_unused(self._rooms, in_use):
            self._delete(room, f"Room: {room.name}")
        for theme in self._list_unused(self._themes, in_use):
            self._delete(theme, f"Theme: {theme.name}")
        db.session.flush()

    def _list_unused(self, rows: TableSync[Entity], in_use: Container[Base]) -> list[Entity]:
        return [one for one in rows.list_missing() if one not in in_use]

    def _withdraw(self, row: Session | Speaker, name: str) -> None:
        if row.withdrawn_at is None:
            row.withdrawn_at = clock.now()
            bump_version(row)
            self._changes.withdrawn.append(name)

    def _delete(self, row: Room | Theme, name: str) -> None:
        db.session.delete(row)
        self._changes.withdrawn.append(name)

    def _upsert_theme(self, key: str, parsed: ParsedTheme, position: int) -> None:
        values = {
            "name": parsed.name,
            "summary": parsed.summary,
            "letter": parsed.letter or parsed.name[:1].upper(),
            "shape": parsed.shape or THEME_SHAPES[position % len(THEME_SHAPES)],
            "palette": parsed.palette or position % PALETTE_SIZE + 1,
            "colour": parsed.colour,
            "short_name": parsed.short_name,
            "position": position,
        }
        self._themes.upsert(key, parsed.slug, f"Theme: {parsed.name}", values)

    def _upsert_room(self, parsed: ParsedRoom, position: int) -> None:
        values = {
            "name": parsed.name,
            "capacity": parsed.capacity,
            "description": parsed.description,
            "features": " ".join(parsed.features),
            "is_illustrative": parsed.illustrative,
            "position": position,
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
            "theme": self._themes[self._theme_keys[parsed.theme]] if parsed.theme else None,
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

    def _choose_positions(
        self, rows: TableSync[Theme] | TableSync[Room], keys: Sequence[str]
    ) -> Mapping[str, int]:
        """Return the positions of these rows, unchanged where their order is unchanged.

        When merging, the order stays, and new rows come last.
        """
        known = [known_key for known_key in keys if rows.get(known_key) is not None]
        new = [new_key for new_key in keys if rows.get(new_key) is None]
        in_order = sorted(known, key=lambda one: (rows[one].position, rows[one].id))
        if not self._keeps_order and [*in_order, *new] != [*keys]:
            return {key: position for position, key in enumerate(keys)}
        first = max((row.position for row in rows), default=-1) + 1
        return {known_key: rows[known_key].position for known_key in known} | {
            key: position for position, key in enumerate(new, first)
        }


def _list_references(session: Session) -> list[Base]:
    """List the room, the theme and the speakers of a session."""
    references = (
        session.room,
        session.theme,
        *(appearance.speaker for appearance in session.appearances),
    )
    return [reference for reference in references if reference is not None]


def _get_columns(
    table: FieldTable[Any], parsed: ParsedSession | ParsedSpeaker | ParsedProfile | None
) -> dict[str, Any]:
    """Return the columns of the fields that a parsed record has; a list may be None."""
    found = (
        (field, getattr(parsed, field.file_name))
        for field in table.in_files
        if hasattr(parsed, field.file_name)
    )
    return {
        one.name: one.to_column(value)
        for one, value in found
        if value is not None or one.kind not in LISTS
    }
