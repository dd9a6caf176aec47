"""Edit fields of an entity with optimistic locking, and record every change in the history.

Each entity counts its edits (``version``). The caller passes the version that the user saw; if
another user has saved since, nothing changes and ``StaleEdit`` holds both versions. The history
keeps each changed field with its old and new value, so that a change can be shown and undone.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

from app import clock
from app.database import db, wait_for_table
from app.errors import RuleViolation, StaleEdit
from app.history import services as history
from app.history.models import Change
from app.programme.models import Conference, Room, Session, Speaker, Theme
from app.row_locks import lock_row

EditableEntity = Session | Speaker | Room | Theme | Conference
EntityT = TypeVar("EntityT", bound=EditableEntity)

DELETED = "This has been deleted since you opened the page"
MAX_INLINE_LENGTH = 80  # characters; longer values are not quoted in the summary


class FieldSet(Protocol):
    """How to read, set and display the editable fields of one kind of entity (see ``fields/``)."""

    def history_subject(self, entity: Any) -> str:
        """Return the subject of the entity's history entries, for example ``session opening``."""

    def name(self, entity: Any) -> str:
        """Return the entity's display name."""

    def get_value(self, entity: Any, field: str) -> Any:
        """Return the value of a field in a form that JSON can represent."""

    def set_value(self, entity: Any, field: str, value: Any) -> None:
        """Set a field from such a value; raise RuleViolation if it is no longer valid."""

    def label(self, field: str) -> str:
        """Return the field's label in English."""

    def display_value(self, field: str, value: Any) -> str:
        """Return a value as text, or "" if it is empty."""


@runtime_checkable
class CrossFieldCheck(Protocol):
    """A FieldSet that also has rules involving several fields."""

    def check(self, entity: Any) -> None:
        """Raise RuleViolation if the fields contradict each other after an edit."""


def lock(entity: EntityT) -> EntityT:
    """Lock the entity's row until the transaction ends, and refresh it from the database.

    Other rows may still refer to it: saving a session does not wait for its room.
    """
    wait_for_table(type(entity))
    lock_row(entity, DELETED, key_share=True)
    return entity


def lock_to_delete(entity: EntityT) -> EntityT:
    """Lock the entity's row so that no row can start to refer to it."""
    wait_for_table(type(entity))
    lock_row(entity, DELETED)
    return entity


def save(  # noqa: PLR0913 - every argument is part of one edit
    field_set: FieldSet,
    entity: EditableEntity,
    values: Mapping[str, Any],
    *,
    expected_version: int,
    actor: str,
    message: str = "",
) -> Sequence[Change]:
    """Set these values and return the changes; raise StaleEdit if the version is out of date.

    The history entry describes the changes, unless ``message`` is given.
    """
    lock(entity)
    changes = diff(field_set, entity, values)
    if not changes:
        return ()
    if entity.version != expected_version:
        raise StaleEdit(entity.version, changes)
    apply(field_set, entity, changes)
    history.record(
        message or describe(field_set, entity, changes),
        subject=field_set.history_subject(entity),
        actor=actor,
        field_changes=changes,
    )
    return changes


def diff(
    field_set: FieldSet, entity: EditableEntity, values: Mapping[str, Any]
) -> Sequence[Change]:
    """Return the changes that these values would make to the entity."""
    current = {field: field_set.get_value(entity, field) for field in values}
    return [
        build_change(field_set, field, current[field], value)
        for field, value in values.items()
        if current[field] != value
    ]


def build_change(field_set: FieldSet, field: str, before: Any, after: Any) -> Change:
    """Return the change of a value to another, with labels for display."""
    return Change(
        field,
        before,
        after,
        field_set.label(field),
        field_set.display_value(field, before),
        field_set.display_value(field, after),
    )


def apply(field_set: FieldSet, entity: EditableEntity, changes: Sequence[Change]) -> None:
    """Apply all changes or none, and increment the entity's version."""
    with db.session.begin_nested(), db.session.no_autoflush:  # a partial edit may be invalid
        _set_values(field_set, entity, changes)
        entity.version += 1
        if not isinstance(entity, Conference):
            entity.changed_at = clock.now()


def dry_run_error(field_set: FieldSet, entity: EditableEntity, changes: Sequence[Change]) -> str:
    """Return the reason why the changes cannot be applied, or ""; nothing is changed."""
    try:
        with db.session.begin_nested() as trial, db.session.no_autoflush:
            _set_values(field_set, entity, changes)
            trial.rollback()
    except RuleViolation as refused:
        return str(refused)
    return ""


def _set_values(field_set: FieldSet, entity: EditableEntity, changes: Sequence[Change]) -> None:
    for change in changes:
        field_set.set_value(entity, change.field, change.after)
    if isinstance(field_set, CrossFieldCheck):
        field_set.check(entity)


def describe(field_set: FieldSet, entity: EditableEntity, changes: Sequence[Change]) -> str:
    """Describe the changes in one sentence; a single short change with its old and new value."""
    name, first = field_set.name(entity), changes[0]
    labels = ", ".join(change.label.lower() for change in changes)
    if len(changes) > 1 or max(len(first.old), len(first.new)) > MAX_INLINE_LENGTH:
        return f"{name} was changed: {labels}"
    if not first.new:
        return f"{name}: {labels} was removed ({first.old})"
    return (
        f"{name}: {labels} {f'changed from {first.old} to' if first.old else 'is now'} {first.new}"
    )
