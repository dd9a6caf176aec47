"""Deeds on rooms: add, save, say what they offer, put in order, empty, delete."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from app import clock
from app.database import db
from app.errors import NotFound
from app.history import services as history
from app.history.changes import Change
from app.programme.editing import edits, order, slugs, uses
from app.programme.editing.of_rooms import FEATURES, KIND
from app.programme.models import Room


def room(slug: str) -> Room:
    """Find a room."""
    known = db.session.scalar(select(Room).where(Room.slug == slug))
    if known is None:
        raise NotFound("There is no room at that address")
    return known


def add(values: Mapping[str, Any], *, who: str) -> Room:
    """Add a room after the others, with an address made from the name."""
    slug = slugs.free(Room, values["name"])
    added = Room(key=slug, slug=slug, changed_at=clock.now(), version=1, position=order.last(Room))
    for field, value in values.items():
        KIND.put(added, field, value)
    db.session.add(added)
    db.session.flush()
    history.record(f"{added.name} was added to the rooms", about=KIND.about(added), who=who)
    return added


def save(room: Room, values: Mapping[str, Any], *, seen: int, who: str) -> Sequence[Change]:
    """Bring a room to these values; raise Stale when somebody else has saved since."""
    return edits.save(KIND, room, values, seen=seen, who=who)


def chosen(slugs: Sequence[str]) -> Sequence[Room]:
    """Find several rooms, in their order."""
    return db.session.scalars(
        select(Room).where(Room.slug.in_(slugs)).order_by(Room.position, Room.id)
    ).all()


def give_feature(room: Room, feature: str, *, who: str) -> Sequence[Change]:
    """Say that a room offers something, before or after what else it offers."""
    edits.hold(room)
    others = [one for one in room.features.split() if one != feature]
    in_order = [one for one in FEATURES if one in {*others, feature}]
    unknown = [one for one in (*others, feature) if one not in FEATURES]
    return _offer(room, [*in_order, *unknown], who)


def take_feature(room: Room, feature: str, *, who: str) -> Sequence[Change]:
    """Say that a room no longer offers something."""
    edits.hold(room)
    return _offer(room, [one for one in room.features.split() if one != feature], who)


def move(room: Room, way: str, *, who: str) -> bool:
    """Move a room up or down, or to a place in the order of rooms; tell whether that is news."""
    return order.move(KIND, room, way, who=who)


def give_sessions(room: Room, other: Room, *, who: str) -> int:
    """Move everything that is on in a room to another; tell how many sessions that were."""
    return uses.give(KIND, room, other, who=who)


def delete(room: Room, *, who: str) -> None:
    """Remove a room in which nothing is on."""
    uses.delete(KIND, room, who=who)


def _offer(room: Room, features: Sequence[str], who: str) -> Sequence[Change]:
    values = {"features": list(features)}
    return edits.save(KIND, room, values, seen=room.version, who=who)
