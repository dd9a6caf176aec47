"""The rows of one table during an import: each is found by its key, and updated or added.

A row keeps its slug from when it was added, and a slug is never reused for another row.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.sql.base import ExecutableOption

from app import clock
from app.content import markdown
from app.database import db
from app.interchange.import_report import ImportChanges
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import LISTS, PROSE
from app.programme.models import Room, Session, Speaker, Theme
from app.programme.slugs import number_if_taken

PROSE_COLUMNS = SESSION_FIELDS.names_of(PROSE) | SPEAKER_FIELDS.names_of(PROSE)
LIST_COLUMNS = SESSION_FIELDS.names_of(*LISTS) | SPEAKER_FIELDS.names_of(*LISTS)

NO_SLUGS: Mapping[str, str] = {}
Entity = TypeVar("Entity", bound=Theme | Room | Speaker | Session)


class TableSync(Generic[Entity]):
    """All rows of one table, by key."""

    def __init__(
        self,
        model: type[Entity],
        changes: ImportChanges,
        former_slugs: Mapping[str, str] = NO_SLUGS,
        load: Sequence[ExecutableOption] = (),
    ) -> None:
        rows = select(model).options(*load).with_for_update(of=model)
        existing = db.session.scalars(rows.execution_options(populate_existing=True)).unique()
        self._model = model
        self._changes = changes
        self._rows: dict[str, Entity] = {row.key: row for row in existing}
        self._slugs = {row.slug for row in self._rows.values()}
        self._former_slugs = former_slugs  # keys by slugs that redirect
        self._seen_keys: set[str] = set()

    def __getitem__(self, key: str) -> Entity:
        return self._rows[key]

    def __iter__(self) -> Iterator[Entity]:
        return iter(self._rows.values())

    def get(self, key: str) -> Entity | None:
        """Return the row with a key, or None."""
        return self._rows.get(key)

    def find_keys(self, slugs: Iterable[str]) -> Mapping[str, str]:
        """Map slugs to the keys of existing rows, or to new keys, for a file without keys.

        Two slugs of one file never map to the same row: the current slug takes precedence.
        """
        current = {row.slug: key for key, row in self._rows.items()}
        slugs = list(dict.fromkeys(slugs))
        keys = {one: current[one] for one in slugs if one in current}
        taken = set(keys.values())
        for slug in (one for one in slugs if one not in current):
            key = self._former_slugs.get(slug, slug)
            if key not in self._rows or key in taken:
                key = number_if_taken(slug, {*self._rows, *taken}.__contains__)
            keys[slug] = key
            taken.add(key)
        return keys

    def upsert(self, key: str, slug: str, name: str, values: dict[str, Any]) -> Entity:
        """Update the row with a key to these values, or add it."""
        self._seen_keys.add(key)
        row = self._rows.get(key)
        if row is None:
            return self._add(key, slug, name, values)
        differing = {
            column
            for column, value in values.items()
            if _differs(column, getattr(row, column), value)
        }
        for column in differing:
            setattr(row, column, values[column])
        if differing:
            bump_version(row)
        if "withdrawn_at" in differing:  # no longer withdrawn
            self._changes.added.append(name)
        elif differing:
            self._changes.record_change(name, differing)
        return row

    def list_missing(self) -> Iterator[Entity]:
        """Yield the rows that are not in the file."""
        return (row for key, row in self._rows.items() if key not in self._seen_keys)

    def _add(self, key: str, slug: str, name: str, values: dict[str, Any]) -> Entity:
        identity_values = {
            "slug": self._unique_slug(slug, key),
            "key": key,
            "changed_at": clock.now(),
        }
        row = self._model(**identity_values, **values)
        self._rows[key] = row
        db.session.add(row)
        self._changes.added.append(name)
        return row

    def _unique_slug(self, wanted: str, key: str) -> str:
        """Return an unused slug, similar to the wanted one."""
        slug = number_if_taken(
            wanted,
            lambda one: one in self._slugs or self._former_slugs.get(one, key) != key,
        )
        self._slugs.add(slug)
        return slug


def _differs(column: str, old: Any, new: Any) -> bool:
    """Return True if values differ, other than Markdown and HTML that render alike, or equal JSON.

    So an exported c3voc schedule, whose texts are HTML, leaves the original Markdown unchanged.
    """
    if old == new:
        return False
    if column in LIST_COLUMNS and isinstance(old, str):
        return bool(json.loads(old) != json.loads(new))
    return column not in PROSE_COLUMNS or markdown.sanitise(old) != markdown.sanitise(new)


def bump_version(row: Theme | Room | Speaker | Session) -> None:
    """Increase the version of a row, so that someone who is editing it gets a conflict."""
    row.version += 1
    row.changed_at = clock.now()
