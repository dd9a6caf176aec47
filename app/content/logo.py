"""The logo of the conference, in place of the shipped mark: in one row, and part of public pages.

Public pages read it with the texts (``ContentStore``). Its URL contains a hash of the picture, so
that it can be cached permanently.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, literal, select, true

from app import clock
from app.cache_version import bump_cache_version
from app.content.look import SUBJECT
from app.content.models import SiteLogo, SiteLook
from app.content.palette import SHIPPED, Palette
from app.database import db, lock_table
from app.errors import RuleViolation, StaleEdit
from app.history import services as history
from app.history.models import Change

KEY_LENGTH: Final = 16  # hexadecimal characters
NO_FILE: Final = "Choose a picture"
LABELS: Final = {
    "key": "Logo",
    "description": "Description of the logo",
    "has_plate": "White background",
    "has_name": "Name beside it",
}


@dataclass(frozen=True)
class PreparedLogo:
    """A picture that has been decoded, reduced and encoded again."""

    picture: bytes  # a WebP
    width: int
    height: int

    @property
    def key(self) -> str:
        """Return its key, which differs for each picture."""
        return sha256(self.picture).hexdigest()[:KEY_LENGTH]


@dataclass(frozen=True)
class LogoOptions:
    """How a logo is shown."""

    description: str  # text alternative
    has_plate: bool  # shown on white, not on the colour of the header
    has_name: bool  # shown with the name of the conference


@dataclass(frozen=True)
class Logo:
    """The logo of public pages."""

    key: str
    picture: bytes
    width: int  # pixels
    height: int
    options: LogoOptions

    @property
    def url(self) -> str:
        """Return its URL, the same for all languages."""
        return f"/logo/{self.key}.webp"

    def get_alternative(self, name: str) -> str:
        """Return the text alternative: "" if the conference name is shown with the logo."""
        return "" if self.options.description == name else self.options.description


NOTHING = select(literal(1)).subquery()  # a row, even if nothing is set
SELECT_LOOK: Final = select(
    *(SiteLook.brand, SiteLook.accent),
    *(SiteLogo.key, SiteLogo.picture, SiteLogo.width, SiteLogo.height),
    *(SiteLogo.description, SiteLogo.has_plate, SiteLogo.has_name),
).select_from(NOTHING.outerjoin(SiteLook, true()).outerjoin(SiteLogo, true()))


def load_look(connection: Connection) -> tuple[Palette, Logo | None]:
    """Load the colours and the logo for public pages, in one query."""
    row = connection.execute(SELECT_LOOK).one()
    palette = Palette(row.brand, row.accent) if row.brand else SHIPPED
    if not row.picture:
        return palette, None
    options = LogoOptions(row.description, row.has_plate, row.has_name)
    return palette, Logo(row.key, bytes(row.picture), row.width, row.height, options)


def find() -> SiteLogo | None:
    """Return the saved logo, or None; a removed logo has no picture."""
    return db.session.scalar(select(SiteLogo))


def get_version(logo: SiteLogo | None) -> int:
    """Return the version that an edit expects."""
    return logo.version if logo else 0


def save(
    prepared: PreparedLogo | None, options: LogoOptions, *, expected_version: int, actor: str
) -> bool:
    """Save the logo or, with the same picture, its options; return False if nothing changed."""
    row = _lock()
    if prepared is None and (row is None or row.picture is None):
        raise RuleViolation(NO_FILE)
    changes = tuple(_compare(row, prepared, options))
    if not changes:
        return False
    if get_version(row) != expected_version:
        raise StaleEdit(get_version(row), changes)
    summary = _summarise(changes, was_set=row is not None and row.picture is not None)
    _record(_fill(row or SiteLogo(version=0), prepared, options), summary, actor)
    return True


def remove(*, actor: str) -> bool:
    """Restore the shipped mark; return False if no logo was set."""
    row = _lock()
    if row is None or row.picture is None:
        return False
    row.key, row.picture = "", None
    _record(row, "The logo was removed", actor)
    return True


def _lock() -> SiteLogo | None:
    """Lock the logo, even while it has no row, and return it."""
    lock_table(SiteLogo)
    return db.session.scalar(select(SiteLogo).execution_options(populate_existing=True))


def _fill(row: SiteLogo, prepared: PreparedLogo | None, options: LogoOptions) -> SiteLogo:
    if prepared is not None:
        row.key, row.picture = prepared.key, prepared.picture
        row.width, row.height = prepared.width, prepared.height
    row.description = options.description
    row.has_plate, row.has_name = options.has_plate, options.has_name
    return row


def _compare(
    row: SiteLogo | None, prepared: PreparedLogo | None, options: LogoOptions
) -> Iterator[Change]:
    for name, label in LABELS.items():
        source = prepared if name == "key" else options
        if source is None:
            continue
        old, new = getattr(row, name, None), getattr(source, name)
        if old != new:
            yield Change(name, old, new, label, _describe(name, old), _describe(name, new))


def _describe(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "key":
        return "a picture" if value else ""
    return str(value or "")


def _summarise(changes: tuple[Change, ...], *, was_set: bool) -> str:
    if not was_set:
        return "A logo was added"
    if any(change.field == "key" for change in changes):
        return "The logo was replaced"
    described = ", ".join(
        f"{change.label.lower()} {change.old} → {change.new}" for change in changes
    )
    return f"The logo was changed: {described}"


def _record(row: SiteLogo, summary: str, actor: str) -> None:
    """Record what was changed; every public page shows it."""
    row.version += 1
    row.changed_at = clock.now()
    db.session.add(row)
    db.session.flush()
    history.record(summary, subject=SUBJECT, actor=actor)
    bump_cache_version()
