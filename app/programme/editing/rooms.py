"""Operations on rooms: add, edit, set access features, reorder, move sessions away, delete."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from app import clock
from app.database import db
from app.errors import NotFound
from app.history import services as history
from app.history.changes import Change
from app.programme import slugs as programme_slugs
from app.programme.editing import ordering, versioned_edits
from app.programme.fields.rooms_and_themes import FEATURE_LABELS, ROOM_FIELDS
from app.programme.models import Room


def get_room(slug: str) -> Room:
    """Return the room with this slug; raise NotFound if there is none."""
    known = db.session.scalar(select(Room).where(Room.slug == slug))
    if known is None:
        raise NotFound("There is no room at that address")
    return known


def add(values: Mapping[str, Any], *, actor: str) -> Room:
    """Add a room at the end of the list, with a slug made from its name."""
    slug = programme_slugs.allocate(Room, values["name"])
    added = Room(
        key=slug,
        slug=slug,
        changed_at=clock.now(),
        version=1,
        position=ordering.next_position(Room),
    )
    for field, value in values.items():
        ROOM_FIELDS.set_value(added, field, value)
    db.session.add(added)
    db.session.flush()
    history.record(
        f"{added.name} was added to the rooms",
        subject=ROOM_FIELDS.history_subject(added),
        actor=actor,
    )
    return added


def save(
    room: Room, values: Mapping[str, Any], *, expected_version: int, actor: str
) -> Sequence[Change]:
    """Save these values; raise StaleEdit if somebody else has saved since."""
    return versioned_edits.save(
        ROOM_FIELDS, room, values, expected_version=expected_version, actor=actor
    )


def list_by_slug(slugs: Sequence[str]) -> Sequence[Room]:
    """List the rooms with these slugs, in the organisers' order."""
    return db.session.scalars(
        select(Room).where(Room.slug.in_(slugs)).order_by(Room.position, Room.id)
    ).all()


def add_feature(room: Room, feature: str, *, actor: str) -> Sequence[Change]:
    """Add an access feature to a room, in the standard order."""
    versioned_edits.lock(room)
    others = [one for one in room.features.split() if one != feature]
    in_order = [one for one in FEATURE_LABELS if one in {*others, feature}]
    unknown = [one for one in (*others, feature) if one not in FEATURE_LABELS]
    return _save_features(room, [*in_order, *unknown], actor)


def remove_feature(room: Room, feature: str, *, actor: str) -> Sequence[Change]:
    """Remove an access feature from a room."""
    versioned_edits.lock(room)
    return _save_features(room, [one for one in room.features.split() if one != feature], actor)


def move(room: Room, direction: str, *, actor: str) -> bool:
    """Move a room "up", "down" or to a place in the order; return True if it moved."""
    return ordering.move(ROOM_FIELDS, room, direction, actor=actor)


def reassign_sessions(room: Room, target: Room, *, actor: str) -> int:
    """Move all sessions of a room to another room; return how many were moved."""
    return ordering.reassign_sessions(ROOM_FIELDS, room, target, actor=actor)


def delete(room: Room, *, actor: str) -> None:
    """Delete a room; raise UsedBySessions if a session uses it."""
    ordering.delete(ROOM_FIELDS, room, actor=actor)


def _save_features(room: Room, features: Sequence[str], actor: str) -> Sequence[Change]:
    values = {"features": list(features)}
    return versioned_edits.save(
        ROOM_FIELDS, room, values, expected_version=room.version, actor=actor
    )
