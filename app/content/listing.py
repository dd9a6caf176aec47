"""The list of pages and news items for organisers, with the state of each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from app.content.models import NEWS, PAGE
from app.content.versions import FALLBACK_LANGUAGE, ContentKey, ContentStore, Version

SHIPPED, CHANGED, ADDED, WAITING, REMOVED = "shipped", "changed", "added", "waiting", "removed"
STATES = (SHIPPED, CHANGED, ADDED, WAITING, REMOVED)
SORTS: dict[str, Callable[["ContentRow"], Any]] = {
    "title": lambda row: row.title.casefold(),
    "kind": attrgetter("kind", "title"),
    "changed": lambda row: (row.changed_at is not None, row.changed_at),
}


@dataclass(frozen=True)
class ContentRow:
    """One page or news item in the list."""

    kind: str
    slug: str
    title: str
    summary: str
    state: str
    appears_at: datetime | None  # of the next scheduled version, if any
    changed_at: datetime | None
    author: str

    @property
    def is_page(self) -> bool:
        """Whether it is a page rather than a news item."""
        return self.kind == PAGE


def list_rows(store: ContentStore, at: datetime) -> Iterator[ContentRow]:
    """Yield a row for each page and news item, as of the given moment."""
    for kind in (PAGE, NEWS):
        for slug in store.list_slugs(kind):
            newest = store.find_latest(ContentKey(kind, slug, FALLBACK_LANGUAGE))
            if newest is not None:
                yield _build_row(store, newest, at)


def publication_state(store: ContentStore, key: ContentKey, at: datetime) -> str:
    """Return the state of a text in one language."""
    newest = store.find_latest(key)
    if newest is None or newest.created_at is None:
        return SHIPPED
    if not newest.has_appeared(at):
        return WAITING
    if newest.is_removed:
        return REMOVED
    return CHANGED if key in store.defaults else ADDED


def filter_rows(
    rows: Iterator[ContentRow],
    search: str,
    filters: dict[str, str],
    sort: str,
    *,
    is_reversed: bool,
) -> Sequence[ContentRow]:
    """Return the rows that contain all search words and match the filters, sorted."""
    search_words = search.casefold().split()
    matching = [row for row in rows if _contains(row, search_words) and _matches(row, filters)]
    by_title = sorted(matching, key=lambda row: (row.title.casefold(), row.kind, row.slug))
    return sorted(
        by_title, key=SORTS[sort], reverse=is_reversed
    )  # stable: equal rows stay sorted by title


def _contains(row: ContentRow, search_words: Sequence[str]) -> bool:
    text = f"{row.title} {row.summary} {row.slug}".casefold()
    return all(word in text for word in search_words)


def _matches(row: ContentRow, filters: dict[str, str]) -> bool:
    return all(getattr(row, name) == value for name, value in filters.items() if value)


def _build_row(store: ContentStore, newest: Version, at: datetime) -> ContentRow:
    key = newest.key
    visible = store.find_latest_effective(key, at) or newest
    newest_versions = [newest, *store.list_latest_by_language(key)]
    appearing_at = [
        version.appears_at
        for version in newest_versions
        if version.appears_at and not version.has_appeared(at)
    ]
    last = max(newest_versions, key=_saved_at)
    return ContentRow(
        kind=key.kind,
        slug=key.slug,
        title=visible.title,
        summary=visible.summary,
        state=WAITING if appearing_at else publication_state(store, key, at),
        appears_at=min(appearing_at, default=None),
        changed_at=last.created_at,
        author=last.author,
    )


def _saved_at(version: Version) -> float:
    return version.created_at.timestamp() if version.created_at else 0
