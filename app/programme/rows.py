"""Rows of the working tables, brought one by one to what a programme file says.

A row is known by its identity in the file, and keeps its address from then on, also while it
is withdrawn. Another row never gets an address that is taken. Nobody else edits a row meanwhile.
"""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import joinedload
from sqlalchemy.sql.base import ExecutableOption

from app import clock
from app.content import prose
from app.database import db
from app.programme.difference import Difference
from app.programme.models import Room, Session, Speaker, Theme

PROSE = frozenset({"abstract", "description", "biography"})

Row = TypeVar("Row", bound=Theme | Room | Speaker | Session)


class Rows(Generic[Row]):
    """All rows of one kind."""

    def __init__(
        self, kind: type[Row], identity: str, difference: Difference, *load: ExecutableOption
    ) -> None:
        rows = select(kind).options(*load).with_for_update(of=kind)
        found = db.session.scalars(rows.execution_options(populate_existing=True)).unique()
        self._kind = kind
        self._identity = identity
        self._difference = difference
        self._rows: dict[str, Row] = {getattr(row, identity): row for row in found}
        self._slugs = {row.slug for row in self._rows.values()}
        self._brought: set[str] = set()

    def __getitem__(self, key: str) -> Row:
        return self._rows[key]

    def __len__(self) -> int:
        return len(self._rows)

    def known(self, key: str) -> Row | None:
        """Find a row, if it is there."""
        return self._rows.get(key)

    def bring(self, key: str, slug: str, name: str, values: dict[str, Any]) -> Row:
        """Bring a row to these values, or add it."""
        self._brought.add(key)
        row = self._rows.get(key)
        if row is None:
            return self._add(key, slug, name, values)
        differing = {
            column
            for column, value in values.items()
            if _says_otherwise(column, getattr(row, column), value)
        }
        for column in differing:
            setattr(row, column, values[column])
        if differing:
            count_edit(row)
        if "withdrawn_at" in differing:  # it is back
            self._difference.added.append(name)
        elif differing:
            self._difference.note_change(name, differing)
        return row

    def left_out(self) -> Iterator[Row]:
        """Give the rows that the file does not hold."""
        return (row for key, row in self._rows.items() if key not in self._brought)

    def _add(self, key: str, slug: str, name: str, values: dict[str, Any]) -> Row:
        about = {"slug": self._free(slug), self._identity: key, "changed_at": clock.now()}
        row = self._kind(**about, **values)
        self._rows[key] = row
        db.session.add(row)
        self._difference.added.append(name)
        return row

    def _free(self, asked: str) -> str:
        """Find a free address, near to what is asked."""
        slug, number = asked, 1
        while slug in self._slugs:
            number += 1
            slug = f"{asked}-{number}"
        self._slugs.add(slug)
        return slug


def _says_otherwise(column: str, old: Any, new: Any) -> bool:
    """Whether a value is another; prose is the same as long as readers see the same.

    So a schedule that we wrote ourselves, in which prose is HTML, leaves what was typed alone.
    """
    if old == new:
        return False
    return column not in PROSE or prose.safe_html(old) != prose.safe_html(new)


def count_edit(row: Theme | Room | Speaker | Session) -> None:
    """Count a change of a row, so that whoever has it open on a page learns of it."""
    row.version += 1
    row.changed_at = clock.now()


def with_people() -> ExecutableOption:
    """Read sessions together with who appears in them, in one question."""
    return joinedload(Session.appearances)
