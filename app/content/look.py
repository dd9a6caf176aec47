"""The look of the site: colours in place of the shipped ones, in one row.

Without a row the site has the shipped look. Public pages read it with the texts (``ContentStore``).
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import select

from app import clock
from app.cache_version import bump_cache_version
from app.content.models import SiteLook
from app.content.palette import SHIPPED, Palette
from app.database import db, lock_table
from app.errors import StaleEdit
from app.history import services as history
from app.history.models import Change

SUBJECT: Final = "look"  # of its history entries
LABELS: Final = {"brand": "Header", "accent": "Links and buttons"}


def find() -> SiteLook | None:
    """Return the saved colours, or None."""
    return db.session.scalar(select(SiteLook))


def to_palette(look: SiteLook | None) -> Palette:
    """Return the saved colours, or the shipped ones."""
    return Palette(look.brand, look.accent) if look else SHIPPED


def save_palette(palette: Palette, *, expected_version: int, actor: str) -> bool:
    """Save the colours; return False if unchanged. Raise StaleEdit after a concurrent change."""
    look = _lock()
    changes = tuple(_compare(to_palette(look), palette))
    if not changes:
        return False
    if get_version(look) != expected_version:
        raise StaleEdit(get_version(look), changes)
    if look is None:
        look = SiteLook(version=0)
        db.session.add(look)
    look.brand, look.accent = palette.brand, palette.accent
    described = ", ".join(
        f"{change.label.lower()} {change.old} → {change.new}" for change in changes
    )
    _record(look, f"The colours were changed: {described}", actor)
    return True


def reset(*, actor: str) -> bool:
    """Restore the shipped look; return False if nothing was set."""
    look = _lock()
    if look is None or to_palette(look).is_shipped:
        return False
    look.brand, look.accent = SHIPPED.brand, SHIPPED.accent
    _record(look, "The original colours were restored", actor)
    return True


def get_version(look: SiteLook | None) -> int:
    """Return the version that an edit expects."""
    return look.version if look else 0


def _lock() -> SiteLook | None:
    """Lock the look, even while it has no row, and return it."""
    lock_table(SiteLook)
    return db.session.scalar(select(SiteLook).execution_options(populate_existing=True))


def _compare(before: Palette, after: Palette) -> Iterator[Change]:
    for name, label in LABELS.items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield Change(name, old, new, label, old, new)


def _record(look: SiteLook, summary: str, actor: str) -> None:
    """Record what was changed; every public page shows it."""
    look.version += 1
    look.changed_at = clock.now()
    db.session.flush()
    history.record(summary, subject=SUBJECT, actor=actor)
    bump_cache_version()
