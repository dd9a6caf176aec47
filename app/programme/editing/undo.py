"""Undo the changes of a history entry, if nothing has changed the same fields since.

An undo is itself a history entry and can be undone in turn; each entry can be undone once.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, select

from app.database import db
from app.errors import RuleViolation
from app.history import queries
from app.history import services as history
from app.history.models import Change, HistoryEntry
from app.programme.editing import versioned_edits
from app.programme.editing.versioned_edits import EditableEntity, FieldSet
from app.programme.fields import conference, rooms_and_themes, sessions, speakers
from app.programme.models import Conference, Room, Session, Speaker, Theme

ENTITIES: Final[dict[str, tuple[FieldSet, type[Any], Any]]] = {
    "session": (sessions.SESSION_FIELDS, Session, Session.key),
    "speaker": (speakers.SPEAKER_FIELDS, Speaker, Speaker.key),
    "room": (rooms_and_themes.ROOM_FIELDS, Room, Room.key),
    "theme": (rooms_and_themes.THEME_FIELDS, Theme, Theme.key),
    "conference": (conference.CONFERENCE_FIELDS, Conference, None),  # a single row
}
UNDONE, REDONE = "Undone: ", "Redone: "
EARLIER_REDONE = "Done again: "  # in older entries, which stay as they are


def undo(number: int, *, actor: str) -> HistoryEntry:
    """Restore the values from before an entry and return the new entry; raise RuleViolation."""
    entry = queries.get_entry(number)
    kind, entity = _find_entity(entry)
    versioned_edits.lock(entity)
    _refuse_if_undone(entry)
    _refuse_if_changed_since(kind, entity, entry.field_changes)
    back = [_inverse(change) for change in entry.field_changes]
    versioned_edits.apply(kind, entity, back)
    done = history.record(
        _describe_undo(entry), subject=entry.subject, actor=actor, field_changes=back
    )
    done.undoes_id = entry.id
    return done


def _find_entity(entry: HistoryEntry) -> tuple[FieldSet, EditableEntity]:
    """Return the entity that an entry changed, and its field set; raise RuleViolation."""
    name, _, key = entry.subject.partition(" ")
    if name not in ENTITIES or not entry.changes:
        raise RuleViolation("This entry cannot be undone")
    kind, table, known_by = ENTITIES[name]
    condition: ColumnElement[bool] = known_by == key if key else Conference.id == 1
    entity: EditableEntity | None = db.session.scalar(select(table).where(condition))
    if entity is None:
        raise RuleViolation("What was changed here has since been deleted")
    return kind, entity


def _refuse_if_undone(entry: HistoryEntry) -> None:
    undone = db.session.scalar(select(HistoryEntry).where(HistoryEntry.undoes_id == entry.id))
    if undone is not None:
        raise RuleViolation(f"This has already been undone by {undone.actor}")


def _refuse_if_changed_since(
    field_set: FieldSet, entity: EditableEntity, changes: Sequence[Change]
) -> None:
    moved = [
        change for change in changes if field_set.get_value(entity, change.field) != change.after
    ]
    if moved:
        labels = " and ".join(change.label.lower() for change in moved)
        raise RuleViolation(
            f"This cannot be undone because {labels} of “{field_set.name(entity)}” "
            f"{'has' if len(moved) == 1 else 'have'} been changed since. "
            "Undo the later changes first, or make the change yourself"
        )


def _inverse(change: Change) -> Change:
    return Change(
        field=change.field,
        before=change.after,
        after=change.before,
        label=change.label,
        old=change.new,
        new=change.old,
    )


def _describe_undo(entry: HistoryEntry) -> str:
    if entry.undoes_id is None:
        return f"{UNDONE}{entry.summary}"
    if entry.summary.startswith(UNDONE):
        return f"{REDONE}{entry.summary.removeprefix(UNDONE)}"
    return f"{UNDONE}{entry.summary.removeprefix(REDONE).removeprefix(EARLIER_REDONE)}"
