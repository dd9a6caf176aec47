"""The order of rooms and of themes, which organisers choose."""

from sqlalchemy import ScalarResult, select

from app import clock
from app.database import db
from app.history import services as history
from app.programme.editing.edits import Kind
from app.programme.models import Room, Theme

UP, DOWN = "up", "down"
STEPS = {UP: -1, DOWN: 1}


def last(kind: type[Room | Theme]) -> int:
    """Tell where something new stands: after all others."""
    positions = db.session.scalars(select(kind.position)).all()
    return max(positions, default=-1) + 1


def move(kind: Kind, thing: Room | Theme, way: str, *, who: str) -> bool:
    """Let a room or theme change places with the one before or after it, if there is one."""
    rows = _held(type(thing))
    place = rows.index(thing)
    other = place + STEPS[way]
    if not 0 <= other < len(rows):
        return False
    rows[place], rows[other] = rows[other], rows[place]
    for position, row in enumerate(rows):
        if row.position != position:
            row.position = position
            row.changed_at = clock.now()
    sentence = f"{kind.name(thing)} was moved {way}, past {kind.name(rows[place])}"
    history.record(sentence, about=kind.about(thing), who=who)
    db.session.flush()
    return True


def _held(kind: type[Room | Theme]) -> list[Room | Theme]:
    """Give all of a kind in their order, which nobody else changes until the transaction ends."""
    rows: ScalarResult[Room | Theme] = db.session.scalars(
        select(kind).order_by(kind.id).with_for_update().execution_options(populate_existing=True)
    )
    return sorted(rows, key=lambda row: (row.position, row.id))
