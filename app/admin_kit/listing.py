"""Lists of the admin area: search, filters, sorting and pages, all in the URL.

A view parses the query of the request, passes it to a query function and renders the resulting
``Listing`` with a template that extends ``templates/admin/list.html``.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any, ClassVar, Generic, NamedTuple, TypedDict, TypeVar

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.forms.form import ConfirmForm
from app.text import collapse_whitespace, parse_number, strip_hidden
from app.web.rendering import render_page

RowT = TypeVar("RowT")

PAGE_SIZE = 50  # rows
MAX_FILTERS_IN_LINE = 7  # or one less and “More filters”
MAX_SELECTED = 200  # rows that one action can change
MAX_SEARCH_LENGTH = 100  # characters
MAX_PAGE_DIGITS = 4  # of a page number
VIEW_PARAMS = ("hide", "view")  # of app/admin_kit/view_options.py and app/admin_kit/saved_views.py
VIEW_PARAM = re.compile(r"[a-z0-9._]{1,300}")


@dataclass(frozen=True)
class ListFilter:
    """A filter of a list: its query parameter, label and options; labels may be lazy."""

    name: str
    label: Any
    options: Sequence[tuple[str, Any]]  # value, label
    find_moved: Callable[[str], str] | None = None  # returns the slug that replaced an older one
    is_text: ClassVar[bool] = False

    def parse(self, typed: str) -> str:
        """Return the requested value, or ""."""
        values = {value for value, _ in self.options} - {""}
        if typed in values or not typed or self.find_moved is None:
            return typed if typed in values else ""
        moved = self.find_moved(typed)
        return moved if moved in values else ""

    def describe(self, value: str) -> str:
        """Return the label of a parsed value."""
        return str(dict(self.options)[value])


@dataclass(frozen=True)
class TextFilter(ListFilter):
    """A filter by a typed text; its options are suggestions."""

    is_text: ClassVar[bool] = True

    def parse(self, typed: str) -> str:
        """Return the typed text, normalised."""
        return strip_hidden(collapse_whitespace(typed))[:MAX_SEARCH_LENGTH]

    def describe(self, value: str) -> str:
        """Return the text in quotation marks."""
        return f"“{value}”"


class ListWindow(TypedDict):
    """The order and page of a list."""

    sort: str
    is_reversed: bool
    offset: int
    limit: int


@dataclass(frozen=True)
class ListQuery:
    """The search, filters, order and page in a request; invalid values are left out."""

    search: str
    filter_values: Mapping[str, str]  # by the name of the filter
    sort: str
    is_reversed: bool
    page: int  # from 1

    @property
    def offset(self) -> int:
        """Return the number of rows before this page."""
        return (self.page - 1) * PAGE_SIZE

    @property
    def window(self) -> ListWindow:
        """Return the order and the page, as arguments of a query function."""
        return {
            "sort": self.sort,
            "is_reversed": self.is_reversed,
            "offset": self.offset,
            "limit": PAGE_SIZE,
        }

    def first_window(self, limit: int) -> ListWindow:
        """Return the order and the first rows, regardless of the page."""
        return {**self.window, "offset": 0, "limit": limit}

    def get_filter(self, name: str) -> str:
        """Return the chosen value of a filter, or ""."""
        return self.filter_values.get(name, "")


def parse_list_query(
    filters: Sequence[ListFilter],
    sorts: Sequence[str],
    *,
    has_search: bool = True,
    args: Mapping[str, str] | None = None,
) -> ListQuery:
    """Return the list query of the request, or of ``args``, such as those of a saved view.

    The first of ``sorts`` is the default order.
    """
    typed = request.args if args is None else args
    search = typed.get("q", "") if has_search else ""
    sort = typed.get("sort", "")
    chosen = {one.name: one.parse(typed.get(one.name, "")) for one in filters}
    return ListQuery(
        search=strip_hidden(collapse_whitespace(search))[:MAX_SEARCH_LENGTH],
        filter_values={name: value for name, value in chosen.items() if value},
        sort=sort.removeprefix("-") if sort.removeprefix("-") in sorts else sorts[0],
        is_reversed=sort.startswith("-") and sort[1:] in sorts,
        page=_page_number(typed.get("page", "1")),
    )


class FilterChip(NamedTuple):
    """An active search or filter, and the URL of the list without it."""

    name: str  # of the filter; "" for the search
    label: str
    url: str


@dataclass(frozen=True)
class Listing(Generic[RowT]):
    """One page of a list."""

    rows: Sequence[RowT]
    total: int
    query: ListQuery
    filters: Sequence[ListFilter] = ()
    endpoint: str = ".index"  # of the list, which may also be rendered at another URL

    @property
    def page_count(self) -> int:
        """Return the number of pages, at least 1."""
        return max(1, ceil(self.total / PAGE_SIZE))

    @property
    def selectable(self) -> int:
        """Return how many rows, counted from the first, can be selected at once."""
        return min(self.total, MAX_SELECTED)

    @property
    def first(self) -> int:
        """Return the number of the first row on this page."""
        return self.query.offset + 1

    @property
    def last(self) -> int:
        """Return the number of the last row on this page."""
        return self.query.offset + len(self.rows)

    @property
    def is_filtered(self) -> bool:
        """Return True if a search or filter is active."""
        return bool(self.query.search or self.query.filter_values)

    @property
    def inline_filters(self) -> Sequence[ListFilter]:
        """Return the filters beside the search box: as many as one line has room for."""
        has_room = len(self.filters) <= MAX_FILTERS_IN_LINE
        return self.filters[: MAX_FILTERS_IN_LINE if has_room else MAX_FILTERS_IN_LINE - 1]

    @property
    def folded_filters(self) -> Sequence[ListFilter]:
        """Return the filters that are folded away."""
        return self.filters[len(self.inline_filters) :]

    @property
    def has_folded_filter_applied(self) -> bool:
        """Return True if one that would be folded away is applied."""
        return any(self.query.get_filter(one.name) for one in self.folded_filters)

    def options(self, name: str) -> Sequence[tuple[str, Any]]:
        """Return the options of a filter."""
        return next((one.options for one in self.filters if one.name == name), ())

    def title(self, heading: str) -> str:
        """Return a unique page title: Sessions: search for ‘water’, page 2 of 4."""
        title = heading
        if narrowing := ", ".join(self._filter_labels()):
            title = gettext("%(list)s: %(narrowing)s", list=title, narrowing=narrowing)
        if self.query.page > 1:
            number, pages = self.query.page, self.page_count
            title = gettext(
                "%(list)s, page %(number)s of %(pages)s", list=title, number=number, pages=pages
            )
        return str(title)

    def _filter_labels(self) -> Iterator[str]:
        if self.query.search:
            yield str(gettext("search for ‘%(words)s’", words=self.query.search))
        for one in self.filters:
            if chosen := self.query.get_filter(one.name):
                yield f"{one.label} {one.describe(chosen)}"

    @property
    def chips(self) -> list[FilterChip]:
        """Return the active search and filters, each with the URL that removes it."""
        chips = [FilterChip("", f"“{self.query.search}”", self._url_without("q"))]
        for one in self.filters:
            if chosen := self.query.get_filter(one.name):
                url = self._url_without(one.name)
                chips.append(FilterChip(str(one.label), one.describe(chosen), url))
        return chips if self.query.search else chips[1:]

    def page_url(self, number: int) -> str:
        """Return the URL of another page of the list."""
        return self._filtered_url(sort=self._sort_param, page=str(number) if number > 1 else "")

    def sort_url(self, sort: str) -> str:
        """Return the URL of the list in this order; reversed if it already has this order."""
        is_reversing = sort == self.query.sort and not self.query.is_reversed
        return self._filtered_url(sort=f"-{sort}" if is_reversing else sort)

    def direction(self, sort: str) -> str:
        """Return the aria-sort value of a column: ascending, descending or none."""
        if sort != self.query.sort:
            return "none"
        return "descending" if self.query.is_reversed else "ascending"

    @cached_property  # rows build their links with it
    def base_url(self) -> str:
        """Return the URL of the list without a query."""
        return url_for(self.endpoint, **(request.view_args or {}))

    @property
    def unfiltered_url(self) -> str:
        """Return the URL of the whole list."""
        return self._build_url({})

    def url_for_same_rows(self, endpoint: str = "", **values: str) -> str:
        """Return the URL with the same query, for the list or another endpoint."""
        sort = self._sort_param if "sort" in request.args else ""
        number = str(self.query.page) if self.query.page > 1 else ""
        narrowing = {"q": self.query.search, **self.query.filter_values}
        return self._build_url({**narrowing, "sort": sort, "page": number, **values}, endpoint)

    @property
    def _sort_param(self) -> str:
        return f"-{self.query.sort}" if self.query.is_reversed else self.query.sort

    def _filtered_url(self, **others: str) -> str:
        return self._build_url({"q": self.query.search, **self.query.filter_values, **others})

    def _url_without(self, name: str) -> str:
        params = {"q": self.query.search, **self.query.filter_values}
        sort = self._sort_param if "sort" in request.args else ""
        return self._build_url({**params, "sort": sort, name: ""})

    def _build_url(self, params: Mapping[str, str], endpoint: str = "") -> str:
        params = {**params, **view_params()}
        non_empty = {name: value for name, value in params.items() if value}
        values: dict[str, Any] = {**(request.view_args or {}), **non_empty}
        return url_for(endpoint or self.endpoint, **values)


def view_params() -> dict[str, str]:
    """Return the URL parameters for the open saved view and hidden columns."""
    values = {name: request.args.get(name, "") for name in VIEW_PARAMS}
    return {name: value for name, value in values.items() if VIEW_PARAM.fullmatch(value)}


def paginate(
    rows: Sequence[RowT], list_query: ListQuery, filters: Sequence[ListFilter] = ()
) -> Listing[RowT]:
    """Return the requested page of rows that are all in memory."""
    return Listing(rows[list_query.offset :][:PAGE_SIZE], len(rows), list_query, filters)


def get_selected(list_all: Callable[[], Iterable[str]]) -> Sequence[str]:
    """Return the selected rows of a form, or all rows of the result if that was chosen."""
    if request.form.get("all"):
        return list(list_all())[:MAX_SELECTED]
    return request.form.getlist("chosen")


def render_list(
    template: str, listing: Listing[Any], error: str = "", **context: Any
) -> ResponseReturnValue:
    """Render a list; with an error above it if nothing was selected for a bulk action."""
    form = ConfirmForm()
    form.form_errors = [error] if error else []
    return render_page(template, listing=listing, form=form, **context)


def _page_number(typed: str) -> int:
    return max(1, parse_number(typed, MAX_PAGE_DIGITS) or 1)
