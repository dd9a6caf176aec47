"""Undo of the last import as a whole: the rows of the programme as they were before it.

They are stored with every import that changes something, replacing those of the previous one, and
deleted after a week. An import can be undone until the programme is changed again. Packages above
undo their own part of an import, with data stored as a note. Sessions and speakers that the import
added are deleted, or withdrawn if they have been published since or other rows depend on them. If
it replaced the conference, it cannot be undone once other rows depend on the new one.
"""

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import ForeignKey, Table, Text, delete, insert, literal, select, union_all, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.cache_version import bump_cache_version
from app.database import Base, db, lock_table
from app.errors import RuleViolation
from app.history import services as history
from app.history.models import HistoryEntry
from app.programme import queries
from app.programme.editing import speakers
from app.programme.models import (
    Absence,
    Appearance,
    Conference,
    Photo,
    Room,
    Session,
    Speaker,
    Theme,
)

RETENTION: Final = timedelta(days=7)
CHANGED_SINCE: Final = (
    "You cannot undo the import because the programme has been changed since, "
    "or speakers have started to use it"
)
VERSIONED_MODELS = (Theme, Room, Speaker, Session)
STORED_MODELS = (*VERSIONED_MODELS, Appearance, Absence)  # in the order in which they are restored
WITHDRAWABLE_MODELS = (Speaker, Session)
CONFERENCE_COLUMNS = (
    *("acronym", "title", "subtitle", "starts_on", "ends_on", "time_zone", "place", "summary"),
    *("contact_email", "registration_opens_at", "registration_closes_at", "is_demo"),
    # not in what older versions stored:
    *("email_paragraph", "email_signatory", "coordinates", "doors_open"),
)
TYPES = {"moment": datetime, "date": date}
Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]  # by the name of the table


class ImportBackup(Base):
    """The programme as it was before the last import."""

    __tablename__ = "import_backup"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("history_entry.id"))
    loaded_at: Mapped[datetime]
    rows: Mapped[str] = mapped_column(Text)  # JSON of Rows
    fingerprint: Mapped[str]  # of the programme after the import


def list_stored_rows() -> Sequence[str]:
    """List the stored rows as JSON; the photos that they refer to are still needed."""
    return db.session.scalars(select(ImportBackup.rows)).all()


def fingerprint_programme() -> str:
    """Return a fingerprint of the current working programme."""
    rows = db.session.execute(
        union_all(
            *(
                select(literal(kind.__tablename__), kind.id, kind.version)
                for kind in VERSIONED_MODELS
            )
        )
    )
    facts = db.session.execute(select(Conference.acronym, Conference.version)).one_or_none()
    content = repr((facts and tuple(facts), sorted(tuple(row) for row in rows)))
    return sha256(content.encode()).hexdigest()


def dump_programme(*, is_other: bool) -> str:
    """Return the rows of the programme as JSON, to be stored once an import has succeeded.

    It is "" if undoing could not restore everything: another conference deletes what depends on
    sessions and speakers, such as their files and requests.
    """
    db.session.flush()
    if not queries.has_conference() or (is_other and _has_dependents()):
        return ""
    rows = {_table(one).name: _read_rows(_table(one)) for one in (Conference, *STORED_MODELS)}
    photos = select(Photo.key, Photo.speaker_id).where(Photo.speaker_id.is_not(None))
    rows["release"] = [{"number": queries.get_latest_release_number()}]
    rows["photo"] = [dict(row._mapping) for row in db.session.execute(photos)]  # noqa: SLF001
    return json.dumps(rows, default=_encode)


def store(entry: HistoryEntry, rows: str) -> None:
    """Store the rows from before an import, if there are any, replacing earlier ones."""
    db.session.flush()
    db.session.execute(delete(ImportBackup))
    if not rows:
        return
    db.session.add(
        ImportBackup(
            entry_id=entry.id,
            loaded_at=clock.real_now(),
            rows=rows,
            fingerprint=fingerprint_programme(),
        )
    )


def get_stored_entry_id() -> int | None:
    """Return the history entry id of the import with stored rows, or None."""
    return db.session.scalar(select(ImportBackup.entry_id))


def add_note(name: str, note: Row) -> None:
    """Store data with the last import that a package above needs for its part of the undo."""
    backup = _find_backup()
    if backup is not None:
        backup.rows = json.dumps({**json.loads(backup.rows), name: [note]})


def find_note(name: str) -> Row | None:
    """Return the data stored with the last import under a name."""
    backup = _find_backup()
    notes = json.loads(backup.rows).get(name, []) if backup is not None else []
    return next(iter(notes), None)


def refresh_fingerprint() -> None:
    """Allow undoing the last import although part of it was done after its rows were stored."""
    db.session.flush()
    backup = _find_backup()
    if backup is not None:
        backup.fingerprint = fingerprint_programme()


def find_undoable() -> HistoryEntry | None:
    """Return the history entry of the last import, if it can still be undone."""
    backup = _find_backup()
    if backup is None or backup.fingerprint != fingerprint_programme():
        return None
    if _replaces_conference(backup) and _has_dependents():
        return None
    return db.session.get(HistoryEntry, backup.entry_id)


def replaces_conference() -> bool:
    """Return True if undoing the last import restores another conference."""
    backup = _find_backup()
    return backup is not None and _replaces_conference(backup)


def changes_settings() -> bool:
    """Return True if undoing the last import changes the settings of the conference."""
    backup, conference = _find_backup(), db.session.get(Conference, 1)
    if backup is None or conference is None:
        return False
    rows: Rows = json.loads(backup.rows, object_hook=_decode)
    return any(
        one[name] != getattr(conference, name)
        for one in rows["conference"]
        for name in CONFERENCE_COLUMNS
        if name in one
    )


def lock_rows() -> None:
    """Lock the rows of the programme, so that they cannot be edited until the transaction ends."""
    for kind in VERSIONED_MODELS:
        db.session.execute(select(kind.id).order_by(kind.id).with_for_update(key_share=True)).all()


def undo(*, actor: str) -> HistoryEntry:
    """Restore the programme from before the last import; raise RuleViolation if it has changed."""
    lock_table(Conference)
    speakers.lock_deletions()
    lock_rows()
    entry, backup = find_undoable(), _find_backup()
    if entry is None or backup is None:
        raise RuleViolation(CHANGED_SINCE)
    rows: Rows = json.loads(backup.rows, object_hook=_decode)
    db.session.delete(backup)
    try:
        with db.session.begin_nested():
            _restore(rows, is_other=_is_other(rows))
    except IntegrityError:  # a session was just added to something that is deleted
        raise RuleViolation(CHANGED_SINCE) from None
    done = history.record(f"Undone: {entry.summary}", subject=entry.subject, actor=actor)
    done.undoes_id = entry.id
    return done


def purge_expired() -> None:
    """Delete backups older than a week."""
    db.session.execute(
        delete(ImportBackup).where(ImportBackup.loaded_at <= clock.real_now() - RETENTION)
    )


def _list_dependents() -> Iterator[ForeignKey]:
    """Yield the foreign keys by which rows of other tables depend on sessions or speakers."""
    restored = {_table(one) for one in (*STORED_MODELS, Photo)}
    for table in Base.metadata.sorted_tables:
        if table not in restored:
            for key in table.foreign_keys:
                if key.column.table in {_table(model) for model in WITHDRAWABLE_MODELS}:
                    yield key


def _has_dependents() -> bool:
    """Return True if rows that are not restored depend on a session or a speaker."""
    return any(
        db.session.execute(select(key.parent).where(key.parent.is_not(None)).limit(1)).first()
        for key in _list_dependents()
    )


def _find_depended_on(table: Table) -> set[int]:
    """Return the ids of the rows that other rows depend on."""
    keys = (dependent for dependent in _list_dependents() if dependent.column.table is table)
    return {one for key in keys for one in db.session.scalars(select(key.parent)) if one}


def _find_backup() -> ImportBackup | None:
    recent = ImportBackup.loaded_at > clock.real_now() - RETENTION
    return db.session.scalar(select(ImportBackup).where(recent))


def _table(model: type[Base]) -> Table:
    table: Table = Base.metadata.tables[model.__tablename__]
    return table


def _read_rows(table: Table) -> list[Row]:
    return [dict(row._mapping) for row in db.session.execute(select(table))]  # noqa: SLF001 - as above


def _encode(value: datetime | date) -> dict[str, str]:
    return {("moment" if isinstance(value, datetime) else "date"): value.isoformat()}


def _decode(record: Row) -> Any:
    [(name, value), *others] = record.items()
    return TYPES[name].fromisoformat(value) if name in TYPES and not others else record


def _replaces_conference(backup: ImportBackup) -> bool:
    return _is_other(json.loads(backup.rows, object_hook=_decode))


def _is_other(rows: Rows) -> bool:
    """Return True if the rows are those of another conference than the current one."""
    current = db.session.scalar(select(Conference.acronym))
    return any(one["acronym"] != current for one in rows["conference"])


def _restore(rows: Rows, *, is_other: bool) -> None:
    """Restore all rows; rows with foreign keys are deleted first."""
    db.session.flush()
    versions = {one: _read_versions(one) for one in VERSIONED_MODELS}
    kept_rows = _find_kept(rows, is_other=is_other)
    db.session.execute(update(Session).values(theme_id=None, room_id=None))
    db.session.execute(delete(Appearance))
    for model in VERSIONED_MODELS:
        added = versions[model].keys() - {one["id"] for one in rows[_table(model).name]}
        _remove_rows(model, versions[model].keys() if is_other else added, kept=kept_rows)
    for model in VERSIONED_MODELS:
        known = {} if is_other else versions[model]
        _write_rows(_table(model), rows[_table(model).name], known)
    _restore_details(rows)
    db.session.expire_all()


def _read_versions(model: type[Theme | Room | Speaker | Session]) -> dict[int, int]:
    return {one.id: one.version for one in db.session.execute(select(model.id, model.version))}


def _find_kept(rows: Rows, *, is_other: bool) -> set[tuple[str, int]]:
    """Return the added rows, by table and id, that can only be withdrawn."""
    if is_other:
        return set()
    if rows["release"] != [{"number": queries.get_latest_release_number()}]:
        found = {model: set(_read_versions(model)) for model in WITHDRAWABLE_MODELS}
    else:
        found = {model: _find_depended_on(_table(model)) for model in WITHDRAWABLE_MODELS}
    return {(one.__tablename__, number) for one, ids in found.items() for number in ids}


def _remove_rows(model: type[Any], ids: Iterable[int], *, kept: Container[tuple[str, int]]) -> None:
    """Delete rows, or withdraw those that must be kept."""
    for number in ids:
        condition = model.id == number
        if (model.__tablename__, number) in kept:
            values = {"withdrawn_at": clock.now(), "version": model.version + 1}
            db.session.execute(update(model).where(condition).values(values))
        else:
            db.session.execute(delete(model).where(condition))


def _write_rows(table: Table, rows: Iterable[Row], versions: Mapping[int, int]) -> None:
    """Update or insert rows; versions only increase, so that open forms detect the conflict."""
    for row in rows:
        known = versions.get(row["id"])
        if known is None:
            db.session.execute(insert(table).values(row))
        else:
            values = row if known == row["version"] else {**row, "version": known + 1}
            db.session.execute(update(table).where(table.c.id == row["id"]).values(values))


def _restore_details(rows: Rows) -> None:
    """Restore appearances, absences, photos and the conference."""
    db.session.execute(delete(Absence))
    for model in (Appearance, Absence):
        if rows[_table(model).name]:
            db.session.execute(insert(_table(model)), rows[_table(model).name])
    for photo in rows["photo"]:
        found = update(Photo).where(Photo.key == photo["key"])
        db.session.execute(found.values(speaker_id=photo["speaker_id"]))
    bump_cache_version()
    for facts in rows["conference"]:
        values = {name: facts[name] for name in CONFERENCE_COLUMNS if name in facts}
        db.session.execute(update(Conference).values({**values, "version": Conference.version + 1}))
