"""Everything that has been written, as a list to look through: pages and news with their state."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from app.content.models import NEWS, PAGE
from app.content.versions import FALLBACK, Key, Version, Writings

SHIPPED, CHANGED, ADDED, WAITING, REMOVED = "shipped", "changed", "added", "waiting", "removed"
STATES = (SHIPPED, CHANGED, ADDED, WAITING, REMOVED)
SORTS: dict[str, Callable[["Row"], Any]] = {
    "title": lambda row: row.title.casefold(),
    "kind": attrgetter("kind", "title"),
    "changed": lambda row: (row.changed_at is not None, row.changed_at),
}


@dataclass(frozen=True)
class Row:
    """A page or a news item in the list."""

    kind: str
    slug: str
    title: str
    summary: str
    state: str
    appears_at: datetime | None  # the next version, when one waits
    changed_at: datetime | None
    who: str

    @property
    def is_page(self) -> bool:
        """Whether it is a page and not a news item."""
        return self.kind == PAGE


def rows(writings: Writings, at: datetime) -> Iterator[Row]:
    """List every page and news item as it stands at a moment."""
    for kind in (PAGE, NEWS):
        for slug in writings.slugs(kind):
            newest = writings.newest(Key(kind, slug, FALLBACK))
            if newest is not None:
                yield _row(writings, newest, at)


def state(writings: Writings, key: Key, at: datetime) -> str:
    """Tell where a text in one language stands."""
    newest = writings.newest(key)
    if newest is None or newest.written_at is None:
        return SHIPPED
    if not newest.has_come(at):
        return WAITING
    if newest.is_removed:
        return REMOVED
    return CHANGED if key in writings.shipped else ADDED


def found(
    listed: Iterator[Row], search: str, chosen: dict[str, str], sort: str, *, is_reversed: bool
) -> Sequence[Row]:
    """Narrow the list to what holds every word and has what was chosen, and put it in order."""
    asked = search.casefold().split()
    kept = [row for row in listed if _holds(row, asked) and _is(row, chosen)]
    by_title = sorted(kept, key=lambda row: (row.title.casefold(), row.kind, row.slug))
    return sorted(by_title, key=SORTS[sort], reverse=is_reversed)  # equals stay by title


def _holds(row: Row, asked: Sequence[str]) -> bool:
    text = f"{row.title} {row.summary} {row.slug}".casefold()
    return all(word in text for word in asked)


def _is(row: Row, chosen: dict[str, str]) -> bool:
    return all(getattr(row, name) == value for name, value in chosen.items() if value)


def _row(writings: Writings, newest: Version, at: datetime) -> Row:
    key = newest.key
    shown = writings.newest_come(key, at) or newest
    each = [newest, *writings.newest_of_each_language(key)]
    comes = [one.appears_at for one in each if one.appears_at and not one.has_come(at)]
    last = max(each, key=_when)
    return Row(
        kind=key.kind,
        slug=key.slug,
        title=shown.title,
        summary=shown.summary,
        state=WAITING if comes else state(writings, key, at),
        appears_at=min(comes, default=None),
        changed_at=last.written_at,
        who=last.who,
    )


def _when(version: Version) -> float:
    return version.written_at.timestamp() if version.written_at else 0
