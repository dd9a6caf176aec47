"""The order of rooms and of themes, which organisers choose."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ScalarResult, select

from app import clock
from app.database import db
from app.history import services as history
from app.programme.editing.edits import Kind
from app.programme.models import Room, Theme

STEPS = {"up": -1, "down": 1}
DIGITS = 4  # of a place


def last(kind: type[Room | Theme]) -> int:
    """Tell where something new stands: after all others."""
    positions = db.session.scalars(select(kind.position)).all()
    return max(positions, default=-1) + 1


@dataclass(frozen=True)
class Place:
    """Where a thing stands, from 1."""

    number: int
    of: int


def place(thing: Room | Theme) -> Place:
    """Tell where a room or a theme stands among its kind."""
    rows = _in_order(db.session.scalars(select(type(thing))))
    return Place(rows.index(thing) + 1, len(rows))


def move(kind: Kind, thing: Room | Theme, way: str, *, who: str) -> bool:
    """Move a room or theme up, down, or to a place (“3”), if that can be; tell whether it was."""
    rows = _in_order(_held(type(thing)))
    stood = rows.index(thing)
    goes = _wanted(way, stood)
    if goes == stood or not 0 <= goes < len(rows):
        return False
    rows.insert(goes, rows.pop(stood))
    for position, row in enumerate(rows):
        if row.position != position:
            row.position = position
            row.changed_at = clock.now()
    sentence = f"{kind.name(thing)} was moved from place {stood + 1} to {goes + 1} in the order"
    history.record(sentence, about=kind.about(thing), who=who)
    db.session.flush()
    return True


def _wanted(way: str, stood: int) -> int:
    if way in STEPS:
        return stood + STEPS[way]
    is_number = way.isascii() and way.isdecimal() and len(way) <= DIGITS
    return int(way) - 1 if is_number else stood


def _in_order(rows: Iterable[Room | Theme]) -> list[Room | Theme]:
    return sorted(rows, key=lambda row: (row.position, row.id))


def _held(kind: type[Room | Theme]) -> ScalarResult[Room | Theme]:
    """Give all of a kind, which nobody else changes until the transaction ends."""
    return db.session.scalars(
        select(kind).order_by(kind.id).with_for_update().execution_options(populate_existing=True)
    )
