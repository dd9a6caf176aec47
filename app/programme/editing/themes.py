"""Operations on themes: add, edit, reorder, move sessions away, delete."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from app import clock
from app.database import db, lock_table
from app.errors import NotFound
from app.history import services as history
from app.history.changes import Change
from app.programme import slugs as programme_slugs
from app.programme.editing import ordering, versioned_edits
from app.programme.fields.rooms_and_themes import THEME_FIELDS
from app.programme.models import Theme


def get_theme(slug: str) -> Theme:
    """Return the theme with this slug; raise NotFound if there is none."""
    known = db.session.scalar(select(Theme).where(Theme.slug == slug))
    if known is None:
        raise NotFound("There is no theme at that address")
    return known


def add(values: Mapping[str, Any], *, actor: str) -> Theme:
    """Add a theme at the end of the list; raise ThemeLookTaken if another looks the same."""
    slug = programme_slugs.allocate(Theme, values["name"])
    added = Theme(
        slug=slug, changed_at=clock.now(), version=1, position=ordering.next_position(Theme)
    )
    for field, value in values.items():
        THEME_FIELDS.set_value(added, field, value)
    db.session.add(added)
    db.session.flush()
    history.record(
        f"{added.name} was added to the themes",
        subject=THEME_FIELDS.history_subject(added),
        actor=actor,
    )
    return added


def save(
    theme: Theme, values: Mapping[str, Any], *, expected_version: int, actor: str
) -> Sequence[Change]:
    """Save these values; raise StaleEdit, or ThemeLookTaken if another looks the same."""
    lock_table(Theme)
    return versioned_edits.save(
        THEME_FIELDS, theme, values, expected_version=expected_version, actor=actor
    )


def list_by_slug(slugs: Sequence[str]) -> Sequence[Theme]:
    """List the themes with these slugs, in the organisers' order."""
    return db.session.scalars(
        select(Theme).where(Theme.slug.in_(slugs)).order_by(Theme.position, Theme.id)
    ).all()


def move(theme: Theme, direction: str, *, actor: str) -> bool:
    """Move a theme "up", "down" or to a place in the order; return True if it moved."""
    return ordering.move(THEME_FIELDS, theme, direction, actor=actor)


def reassign_sessions(theme: Theme, target: Theme, *, actor: str) -> int:
    """Move all sessions of a theme to another theme; return how many were moved."""
    return ordering.reassign_sessions(THEME_FIELDS, theme, target, actor=actor)


def delete(theme: Theme, *, actor: str) -> None:
    """Delete a theme; raise UsedBySessions if a session uses it."""
    ordering.delete(THEME_FIELDS, theme, actor=actor)
