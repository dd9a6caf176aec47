"""Lists of items in a chosen order: rooms and themes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from app.admin_kit.bulk_actions import BulkAction
from app.admin_kit.listing import ListFilter, Listing, ListQuery, paginate, parse_list_query
from app.programme.collation import sort_key
from app.programme.editing import rooms_and_themes as editing
from app.programme.editing.rooms_and_themes import EntityT, OrderedKind

SORT_BY_POSITION = "place"


@dataclass(frozen=True)
class OrderedRow(Generic[EntityT]):
    """A row: the item, its position, and the number of sessions that use it."""

    item: EntityT
    position: int  # from 1
    session_count: int


@dataclass(frozen=True)
class OrderedListing(Listing[OrderedRow[EntityT]]):
    """One page of an ordered list."""

    @property
    def can_reorder(self) -> bool:
        """Return True if the whole list is shown in its chosen order, so that rows can be moved."""
        return self.direction(SORT_BY_POSITION) == "ascending" and not self.is_filtered


@dataclass(frozen=True)
class RowFilter:
    """A filter of an ordered list, with its predicate for rows."""

    filter: ListFilter
    matches: Callable[[OrderedRow[Any], str], bool]


SORTS: Mapping[str, Callable[[OrderedRow[Any]], Any]] = {
    SORT_BY_POSITION: lambda row: row.position,
    "name": lambda row: sort_key(row.item.name),
    "capacity": lambda row: row.item.capacity or 0,
    "sessions": lambda row: row.session_count,
}
USAGE_OPTIONS = (("yes", _l("With sessions")), ("no", _l("Without sessions")))


def usage_filter() -> RowFilter:
    """Return the filter by whether sessions use an item."""
    uses = ListFilter("used", _l("Use"), USAGE_OPTIONS)
    return RowFilter(uses, lambda row, chosen: bool(row.session_count) is (chosen == "yes"))


def missing_filter(options: Sequence[tuple[str, object]]) -> RowFilter:
    """Return the filter for items in which one of these attributes is empty."""
    lacks = ListFilter("missing", _l("Missing"), options)
    return RowFilter(lacks, lambda row, chosen: not getattr(row.item, chosen))


def build_listing(
    kind: OrderedKind[EntityT],
    items: Sequence[EntityT],
    sorts: Sequence[str],
    row_filters: Sequence[RowFilter],
) -> OrderedListing[EntityT]:
    """Return the page of the list that the request asks for."""
    filters = [way.filter for way in row_filters]
    query = parse_list_query(filters, sorts)
    page = paginate(find_rows(kind, items, query, row_filters), query, filters)
    return OrderedListing(page.rows, page.total, query, filters)


def find_rows(
    kind: OrderedKind[EntityT],
    items: Sequence[EntityT],
    query: ListQuery,
    row_filters: Sequence[RowFilter],
) -> list[OrderedRow[EntityT]]:
    """Return all rows that match the query, sorted."""
    session_counts = editing.count_uses(kind)
    rows = [
        OrderedRow(item, position, session_counts.get(item.id, 0))
        for position, item in enumerate(items, start=1)
    ]
    found = [row for row in rows if _matches(row, query, row_filters)]
    return sorted(found, key=SORTS[query.sort], reverse=query.is_reversed)


def delete_action(
    kind: OrderedKind[EntityT], button: str, question: Callable[[int], str]
) -> BulkAction[EntityT]:
    """Return the bulk action that deletes items without sessions."""
    counted = cache(lambda: editing.count_uses(kind))
    return BulkAction(
        "delete",
        button,
        question,
        f"{kind.plural}-deleted",
        lambda item: item.id not in counted(),
        lambda item, actor: editing.delete(kind, item, actor=actor),
        confirm_label=gettext("Delete"),
        skipped_text=_describe_in_use,
        warning=gettext(
            "Everything entered about them will be deleted. You cannot undo this. The public "
            "site changes when you publish."
        ),
    )


def _describe_in_use(count: int) -> str:
    text = ngettext(
        "%(num)s of those you selected has sessions, so it will not be deleted.",
        "%(num)s of those you selected have sessions, so they will not be deleted.",
        count,
    )
    return str(text)


def _matches(row: OrderedRow[Any], query: ListQuery, row_filters: Sequence[RowFilter]) -> bool:
    name = sort_key(row.item.name)
    return all(word in name for word in sort_key(query.search).split()) and all(
        way.matches(row, query.get_filter(way.filter.name))
        for way in row_filters
        if query.get_filter(way.filter.name)
    )
