"""Lists of items in a chosen order: rooms and themes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from flask import url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from app.admin.bulk_actions import BulkAction
from app.admin.listing import (
    PAGE_SIZE,
    ListFilter,
    Listing,
    ListQuery,
    parse_list_query,
    translated_options,
)
from app.programme.collation import sort_key
from app.programme.editing import ordering
from app.programme.models import Room, Theme

OrderedT = TypeVar("OrderedT", Room, Theme)
SORT_BY_POSITION = "place"


@dataclass(frozen=True)
class OrderedRow(Generic[OrderedT]):
    """A row: the item, its position, and the number of sessions that use it."""

    item: OrderedT
    position: int  # from 1
    session_count: int


@dataclass(frozen=True)
class OrderedListing(Listing[OrderedRow[OrderedT]]):
    """One page of an ordered list."""

    @property
    def can_reorder(self) -> bool:
        """Return True if the whole list is shown in its chosen order, so that it can be changed."""
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
    uses = ListFilter("used", gettext("Use"), translated_options(USAGE_OPTIONS))
    return RowFilter(uses, lambda row, chosen: bool(row.session_count) is (chosen == "yes"))


def build_listing(
    items: Sequence[OrderedT],
    session_counts: Mapping[int, int],
    sorts: Sequence[str],
    row_filters: Sequence[RowFilter],
) -> OrderedListing[OrderedT]:
    """Return the page of the list that the request asks for."""
    filters = [way.filter for way in row_filters]
    query = parse_list_query(filters, sorts)
    rows = [
        OrderedRow(thing, place, session_counts.get(thing.id, 0))
        for place, thing in enumerate(items, start=1)
    ]
    found = [row for row in rows if _matches(row, query, row_filters)]
    found.sort(key=SORTS[query.sort], reverse=query.is_reversed)
    return OrderedListing(found[query.offset :][:PAGE_SIZE], len(found), query, filters)


def url_in_listing(item: Room | Theme) -> str:
    """Return the URL of the list page with an item, scrolled to it."""
    number = (ordering.get_position(item).number - 1) // PAGE_SIZE + 1
    return url_for(".index", page=number if number > 1 else None, _anchor=item.slug)


def delete_action(
    model: type[Room | Theme],
    button: str,
    question: Callable[[int], str],
    message_key: str,
    run: Callable[..., None],
) -> BulkAction[Any]:
    """Return the bulk action that deletes items without sessions."""
    counted = cache(lambda: ordering.count_by_id(model))
    return BulkAction(
        "delete",
        button,
        question,
        message_key,
        lambda thing: thing.id not in counted(),
        run,
        confirm_label=gettext("Delete"),
        skipped_text=_describe_in_use,
        warning=gettext(
            "All that you have typed about them goes, and cannot be brought back. What readers "
            "see changes once you publish."
        ),
    )


def _describe_in_use(count: int) -> str:
    text = ngettext(
        "Sessions use %(num)s of those you ticked, so it stays.",
        "Sessions use %(num)s of those you ticked, so they stay.",
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
