"""Order, use and deletion of rooms and themes.

Organisers choose the order of rooms and of themes. A room or theme can be deleted only when no
session uses it; its sessions can be moved to another one first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ScalarResult, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from app import clock
from app.database import db
from app.errors import RuleViolation
from app.history import services as history
from app.programme.editing import versioned_edits
from app.programme.editing.versioned_edits import FieldSet
from app.programme.fields import sessions as session_fields
from app.programme.models import Room, Session, Theme

STEPS = {"up": -1, "down": 1}
MAX_POSITION_DIGITS = 4  # longer numbers are ignored


def next_position(model: type[Room | Theme]) -> int:
    """Return the position of a new room or theme: after all others."""
    positions = db.session.scalars(select(model.position)).all()
    return max(positions, default=-1) + 1


@dataclass(frozen=True)
class Position:
    """The place of a room or theme in the list, from 1."""

    number: int
    total: int


def get_position(entity: Room | Theme) -> Position:
    """Return the place of a room or theme among all of its kind."""
    rows = _sort_by_position(db.session.scalars(select(type(entity))))
    return Position(rows.index(entity) + 1, len(rows))


def move(field_set: FieldSet, entity: Room | Theme, direction: str, *, actor: str) -> bool:
    """Move a room or theme "up", "down" or to a place ("3"); return True if it moved."""
    rows = _sort_by_position(_lock_all(type(entity)))
    index = rows.index(entity)
    target = _target_index(direction, index)
    if target == index or not 0 <= target < len(rows):
        return False
    rows.insert(target, rows.pop(index))
    for position, row in enumerate(rows):
        if row.position != position:
            row.position = position
            row.changed_at = clock.now()
    sentence = (
        f"{field_set.name(entity)} was moved from place {index + 1} to {target + 1} in the order"
    )
    history.record(sentence, subject=field_set.history_subject(entity), actor=actor)
    db.session.flush()
    return True


def _target_index(direction: str, index: int) -> int:
    if direction in STEPS:
        return index + STEPS[direction]
    is_number = (
        direction.isascii() and direction.isdecimal() and len(direction) <= MAX_POSITION_DIGITS
    )
    return int(direction) - 1 if is_number else index


def _sort_by_position(rows: Iterable[Room | Theme]) -> list[Room | Theme]:
    return sorted(rows, key=lambda row: (row.position, row.id))


def _lock_all(model: type[Room | Theme]) -> ScalarResult[Room | Theme]:
    """Return all rows of the model, locked until the transaction ends."""
    return db.session.scalars(
        select(model).order_by(model.id).with_for_update().execution_options(populate_existing=True)
    )


IS_NOT_WITHDRAWN = Session.withdrawn_at.is_(None)


class UsedBySessions(RuleViolation):
    """The room or theme cannot be deleted because sessions use it."""


def count_by_id(model: type[Room | Theme]) -> Mapping[int, int]:
    """Return the number of sessions that use each room or theme, by id."""
    column = _foreign_key(model)
    rows = db.session.execute(
        select(column, func.count()).where(IS_NOT_WITHDRAWN, column.is_not(None)).group_by(column)
    )
    return {used: sessions for used, sessions in rows if used is not None}


def list_sessions_using(entity: Room | Theme) -> Sequence[Session]:
    """List the sessions that use a room or theme, by time."""
    return db.session.scalars(
        select(Session)
        .where(_foreign_key(type(entity)) == entity.id, IS_NOT_WITHDRAWN)
        .order_by(Session.starts_at.is_(None), Session.starts_at, Session.id)
    ).all()


def reassign_sessions(
    field_set: FieldSet, entity: Room | Theme, target: Room | Theme, *, actor: str
) -> int:
    """Move all sessions from one room or theme to another; return how many were moved."""
    versioned_edits.lock(entity)
    moved = list_sessions_using(entity)
    field, value = _session_field(target)
    for session in moved:
        versioned_edits.lock(session)
        versioned_edits.save(
            session_fields.SESSION_FIELDS,
            session,
            {field: value},
            expected_version=session.version,
            actor=actor,
        )
    if moved:
        count = "1 session" if len(moved) == 1 else f"{len(moved)} sessions"
        sentence = f"{count} moved from {field_set.name(entity)} to {field_set.name(target)}"
        history.record(sentence, subject=field_set.history_subject(entity), actor=actor)
    return len(moved)


def delete(field_set: FieldSet, entity: Room | Theme, *, actor: str) -> None:
    """Delete a room or theme; raise UsedBySessions if a session uses it."""
    versioned_edits.lock(entity)
    if list_sessions_using(entity):
        raise UsedBySessions(f"Sessions use {field_set.name(entity)}: move them to another first")
    column = _foreign_key(type(entity))
    db.session.execute(update(Session).where(column == entity.id).values({column: None}))
    history.record(
        f"{field_set.name(entity)} was deleted",
        subject=field_set.history_subject(entity),
        actor=actor,
    )
    db.session.delete(entity)
    db.session.flush()


def _foreign_key(model: type[Room | Theme]) -> InstrumentedAttribute[int | None]:
    return Session.room_id if issubclass(model, Room) else Session.theme_id


def _session_field(entity: Room | Theme) -> tuple[str, str]:
    """Return the session field that refers to a room or theme, and its value."""
    return ("room", entity.key) if isinstance(entity, Room) else ("theme", entity.slug)
