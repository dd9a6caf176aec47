"""Operations on rooms and themes: add, edit, reorder, move sessions away, delete.

Organisers choose the order of rooms and of themes. One can be deleted only when no session uses it;
its sessions can be moved to another first. The differences between the two are in ``OrderedKind``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar, cast

from sqlalchemy import func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from app import clock
from app.database import db, lock_table, wait_for_table
from app.errors import NotFound, RuleViolation
from app.history import services as history
from app.history.models import Change
from app.programme import slugs as programme_slugs
from app.programme.editing import versioned_edits
from app.programme.editing.versioned_edits import FieldSet
from app.programme.fields.rooms_and_themes import FEATURE_LABELS, ROOM_FIELDS, THEME_FIELDS
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.models import Room, Session, Theme
from app.text import parse_number

EntityT = TypeVar("EntityT", bound=Room | Theme)
STEPS = {"up": -1, "down": 1}
MAX_POSITION_DIGITS = 4  # longer numbers are ignored
IS_NOT_WITHDRAWN = Session.withdrawn_at.is_(None)


class UsedBySessions(RuleViolation):
    """It cannot be deleted because sessions use it."""


@dataclass(frozen=True)
class OrderedKind(Generic[EntityT]):
    """A kind of ordered entity, and its names in sentences and URLs."""

    name: str  # also the session's field that refers to it
    plural: str
    model: type[EntityT]
    field_set: FieldSet

    def foreign_key(self) -> InstrumentedAttribute[int | None]:
        """Return the session's column that refers to one."""
        column: InstrumentedAttribute[int | None] = getattr(Session, f"{self.name}_id")
        return column


ROOMS: Final = OrderedKind("room", "rooms", Room, ROOM_FIELDS)
THEMES: Final = OrderedKind("theme", "themes", Theme, THEME_FIELDS)


@dataclass(frozen=True)
class Position:
    """The position of an entity in the list, from 1."""

    number: int
    total: int


def list_all(kind: OrderedKind[EntityT]) -> Sequence[EntityT]:
    """List all entities of a kind in the organisers' order."""
    model = kind.model
    return db.session.scalars(select(model).order_by(model.position, model.id)).all()


def list_by_slug(kind: OrderedKind[EntityT], slugs: Sequence[str]) -> Sequence[EntityT]:
    """List the entities with these slugs, in the organisers' order."""
    model = kind.model
    statement = select(model).where(model.slug.in_(slugs))
    return db.session.scalars(statement.order_by(model.position, model.id)).all()


def get_by_slug(kind: OrderedKind[EntityT], slug: str) -> EntityT:
    """Return the entity with this slug; raise NotFound or Moved."""
    known = db.session.scalar(select(kind.model).where(kind.model.slug == slug))
    if known is None:
        programme_slugs.check_not_moved(cast(type[Room | Theme], kind.model), slug)
        raise NotFound(f"There is no {kind.name} at that web address")
    return known


def get_position(kind: OrderedKind[EntityT], entity: EntityT) -> Position:
    """Return the position of an entity among all of its kind."""
    rows = list_all(kind)
    return Position(rows.index(entity) + 1, len(rows))


def count_uses(kind: OrderedKind[EntityT]) -> Mapping[int, int]:
    """Return the number of sessions that use each entity, by id."""
    column = kind.foreign_key()
    rows = db.session.execute(
        select(column, func.count()).where(IS_NOT_WITHDRAWN, column.is_not(None)).group_by(column)
    )
    return {used: sessions for used, sessions in rows if used is not None}


def list_sessions_using(
    kind: OrderedKind[EntityT], entity: EntityT, limit: int | None = None
) -> Sequence[Session]:
    """List the sessions that use an entity, by time, up to a limit."""
    return db.session.scalars(
        select(Session)
        .where(kind.foreign_key() == entity.id, IS_NOT_WITHDRAWN)
        .order_by(Session.starts_at.is_(None), Session.starts_at, Session.id)
        .limit(limit)
    ).all()


def count_sessions_using(kind: OrderedKind[EntityT], entity: EntityT) -> int:
    """Count the sessions that use an entity."""
    statement = select(func.count()).where(kind.foreign_key() == entity.id, IS_NOT_WITHDRAWN)
    return db.session.scalar(statement) or 0


def add(kind: OrderedKind[EntityT], values: Mapping[str, Any], *, actor: str) -> EntityT:
    """Add an entity at the end of the list; raise ThemeLookTaken or SlugTaken."""
    slug = programme_slugs.allocate(cast(type[Room | Theme], kind.model), values["name"])
    position = max(db.session.scalars(select(kind.model.position)), default=-1) + 1
    added = kind.model(slug=slug, key=slug, changed_at=clock.now(), version=1, position=position)
    for field, value in values.items():
        kind.field_set.set_value(added, field, value)
    db.session.add(added)
    db.session.flush()
    _record(kind, added, f"{added.name} was added to the {kind.plural}", actor)
    return added


def save(
    kind: OrderedKind[EntityT],
    entity: EntityT,
    values: Mapping[str, Any],
    *,
    expected_version: int,
    actor: str,
) -> Sequence[Change]:
    """Save these values; raise StaleEdit, ThemeLookTaken or SlugTaken."""
    if kind.model is Theme:
        lock_table(Theme)  # so that two themes cannot take the same look concurrently
    return versioned_edits.save(
        kind.field_set, entity, values, expected_version=expected_version, actor=actor
    )


def move(kind: OrderedKind[EntityT], entity: EntityT, direction: str, *, actor: str) -> bool:
    """Move an entity "up", "down" or to a position ("3"); return True if it moved."""
    rows = sorted(_lock_all(kind), key=lambda row: (row.position, row.id))
    index = rows.index(entity)
    target = _target_index(direction, index)
    if target == index or not 0 <= target < len(rows):
        return False
    rows.insert(target, rows.pop(index))
    for position, row in enumerate(rows):
        if row.position != position:
            row.position = position
            row.changed_at = clock.now()
    sentence = f"{entity.name} was moved from place {index + 1} to {target + 1} in the order"
    _record(kind, entity, sentence, actor)
    db.session.flush()
    return True


def _target_index(direction: str, index: int) -> int:
    if direction in STEPS:
        return index + STEPS[direction]
    place = parse_number(direction, MAX_POSITION_DIGITS)
    return index if place is None else place - 1


def _lock_all(kind: OrderedKind[EntityT]) -> Sequence[EntityT]:
    """Return all rows of a kind, locked until the transaction ends."""
    wait_for_table(kind.model)
    statement = select(kind.model).order_by(kind.model.id).with_for_update(key_share=True)
    return db.session.scalars(statement.execution_options(populate_existing=True)).all()


def reassign_sessions(
    kind: OrderedKind[EntityT], entity: EntityT, target: EntityT, *, actor: str
) -> int:
    """Move all sessions of one entity to another; return their number."""
    versioned_edits.lock(entity)
    moved = list_sessions_using(kind, entity)
    for session in sorted(moved, key=lambda one: one.id):  # avoid deadlocks
        versioned_edits.lock(session)
    for session in moved:
        versioned_edits.save(
            SESSION_FIELDS,
            session,
            {kind.name: target.key},
            expected_version=session.version,
            actor=actor,
        )
    if moved:
        count = "1 session" if len(moved) == 1 else f"{len(moved)} sessions"
        _record(kind, entity, f"{count} moved from {entity.name} to {target.name}", actor)
    return len(moved)


def delete(kind: OrderedKind[EntityT], entity: EntityT, *, actor: str) -> None:
    """Delete an entity; raise UsedBySessions if a session uses it."""
    versioned_edits.lock_to_delete(entity)
    if list_sessions_using(kind, entity):
        raise UsedBySessions(f"Sessions use {entity.name}: move them to another first")
    column = kind.foreign_key()
    db.session.execute(update(Session).where(column == entity.id).values({column: None}))
    _record(kind, entity, f"{entity.name} was deleted", actor)
    db.session.delete(entity)
    db.session.flush()


def add_feature(room: Room, feature: str, *, actor: str) -> Sequence[Change]:
    """Add an access feature to a room, in the standard order."""
    versioned_edits.lock(room)
    others = [one for one in room.features.split() if one != feature]
    in_order = [label for label in FEATURE_LABELS if label in {*others, feature}]
    unknown = [one for one in (*others, feature) if one not in FEATURE_LABELS]
    return _save_features(room, [*in_order, *unknown], actor)


def remove_feature(room: Room, feature: str, *, actor: str) -> Sequence[Change]:
    """Remove an access feature from a room."""
    versioned_edits.lock(room)
    return _save_features(room, [one for one in room.features.split() if one != feature], actor)


def _save_features(room: Room, features: Sequence[str], actor: str) -> Sequence[Change]:
    return save(ROOMS, room, {"features": features}, expected_version=room.version, actor=actor)


def _record(kind: OrderedKind[EntityT], entity: EntityT, sentence: str, actor: str) -> None:
    history.record(sentence, subject=kind.field_set.history_subject(entity), actor=actor)
