"""What sessions use a room or a theme, and what may happen to those that none uses."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from app.database import db
from app.errors import Refused
from app.history import services as history
from app.programme.editing import edits, of_sessions
from app.programme.editing.edits import Kind
from app.programme.models import Room, Session, Theme

STANDS = Session.withdrawn_at.is_(None)


class InUse(Refused):
    """It cannot be deleted while sessions use it."""


def counted(kind: type[Room | Theme]) -> Mapping[int, int]:
    """Tell how many sessions use each room or theme, by its number."""
    column = _column(kind)
    rows = db.session.execute(
        select(column, func.count()).where(STANDS, column.is_not(None)).group_by(column)
    )
    return {used: sessions for used, sessions in rows if used is not None}


def sessions(thing: Room | Theme) -> Sequence[Session]:
    """List the sessions that use a room or a theme, by time."""
    return db.session.scalars(
        select(Session)
        .where(_column(type(thing)) == thing.id, STANDS)
        .order_by(Session.starts_at.is_(None), Session.starts_at, Session.id)
    ).all()


def give(kind: Kind, thing: Room | Theme, other: Room | Theme, *, who: str) -> int:
    """Move every session from one room or theme to another; tell how many there were."""
    edits.hold(thing)
    moved = sessions(thing)
    field, value = _named(other)
    for session in moved:
        edits.hold(session)
        edits.save(of_sessions.KIND, session, {field: value}, seen=session.version, who=who)
    if moved:
        count = "1 session" if len(moved) == 1 else f"{len(moved)} sessions"
        sentence = f"{count} moved from {kind.name(thing)} to {kind.name(other)}"
        history.record(sentence, about=kind.about(thing), who=who)
    return len(moved)


def delete(kind: Kind, thing: Room | Theme, *, who: str) -> None:
    """Remove a room or a theme that no session uses; raise InUse while one does."""
    edits.hold(thing)
    if sessions(thing):
        raise InUse(f"Sessions use {kind.name(thing)}: move them to another first")
    column = _column(type(thing))
    db.session.execute(update(Session).where(column == thing.id).values({column: None}))
    history.record(f"{kind.name(thing)} was deleted", about=kind.about(thing), who=who)
    db.session.delete(thing)
    db.session.flush()


def _column(kind: type[Room | Theme]) -> InstrumentedAttribute[int | None]:
    return Session.room_id if issubclass(kind, Room) else Session.theme_id


def _named(thing: Room | Theme) -> tuple[str, str]:
    """Give the field of a session that names a room or a theme, and how it does."""
    return ("room", thing.key) if isinstance(thing, Room) else ("theme", thing.slug)
