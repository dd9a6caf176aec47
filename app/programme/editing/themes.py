"""Deeds on themes: add, save, put in order, empty, delete."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from app import clock
from app.database import db, hold
from app.errors import NotFound
from app.history import services as history
from app.history.changes import Change
from app.programme.editing import edits, order, slugs, uses
from app.programme.editing.of_themes import KIND
from app.programme.models import Theme


def theme(slug: str) -> Theme:
    """Find a theme."""
    known = db.session.scalar(select(Theme).where(Theme.slug == slug))
    if known is None:
        raise NotFound("There is no theme at that address")
    return known


def add(values: Mapping[str, Any], *, who: str) -> Theme:
    """Add a theme after the others; raise LookTaken when another has its shape and colour."""
    slug = slugs.free(Theme, values["name"])
    added = Theme(slug=slug, changed_at=clock.now(), version=1, position=order.last(Theme))
    for field, value in values.items():
        KIND.put(added, field, value)
    db.session.add(added)
    db.session.flush()
    history.record(f"{added.name} was added to the themes", about=KIND.about(added), who=who)
    return added


def save(theme: Theme, values: Mapping[str, Any], *, seen: int, who: str) -> Sequence[Change]:
    """Bring a theme to these values; raise Stale when it is too late, LookTaken as above."""
    hold(Theme)
    return edits.save(KIND, theme, values, seen=seen, who=who)


def chosen(slugs: Sequence[str]) -> Sequence[Theme]:
    """Find several themes, in their order."""
    return db.session.scalars(
        select(Theme).where(Theme.slug.in_(slugs)).order_by(Theme.position, Theme.id)
    ).all()


def move(theme: Theme, way: str, *, who: str) -> bool:
    """Move a theme up or down, or to a place in the order of themes; tell whether that is news."""
    return order.move(KIND, theme, way, who=who)


def give_sessions(theme: Theme, other: Theme, *, who: str) -> int:
    """Move every session of a theme to another; tell how many sessions that were."""
    return uses.give(KIND, theme, other, who=who)


def delete(theme: Theme, *, who: str) -> None:
    """Remove a theme that no session has."""
    uses.delete(KIND, theme, who=who)
