"""Saved views of lists: filters, order and columns under a name, as links above the list.

A list supports them with one call of ``declare``, which says how its query is parsed. The URL of a
view is that of the list with the saved query, so that links, bulk actions and exports need not know
about views; its ``view`` parameter names the open view, ``hide`` the hidden columns.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import guards, saved_views
from app.accounts.models import Person, SavedView
from app.accounts.roles import Area
from app.admin_kit.listing import VIEW_PARAM, ListFilter, Listing, ListQuery, parse_list_query
from app.errors import NotFound, PermissionDenied, RuleViolation

ALL = "all"  # a value of ``view``: the whole list, ignoring the start view
Args = Mapping[str, str]


@dataclass(frozen=True)
class ListKind:
    """A list whose views can be saved; ``get_filters`` takes the query parameters.

    ``list_forbidden`` returns the filters that the current user may not use.
    """

    name: str  # of its blueprint
    label: Any
    area: Area
    get_filters: Callable[[Args], Sequence[ListFilter]]
    sorts: Sequence[str]
    list_forbidden: Callable[[Collection[str]], Collection[str]] = lambda _: ()

    @property
    def url(self) -> str:
        """Return the URL of the list."""
        return url_for(f"admin.{self.name}.index")

    def parse(self, args: Args) -> Listing[Any]:
        """Parse query parameters, without loading rows; invalid values are left out."""
        filters = self.get_filters(args)
        query = parse_list_query(filters, self.sorts, args=args)
        return Listing((), 0, query, filters, f"admin.{self.name}.index")

    def to_query(self, query: ListQuery, hide: str) -> str:
        """Return the canonical query string of a view."""
        sort = f"-{query.sort}" if query.is_reversed else query.sort
        pairs = {
            "q": query.search,
            **query.filter_values,
            "sort": "" if sort == self.sorts[0] else sort,
            "hide": hide if VIEW_PARAM.fullmatch(hide) else "",
        }
        return urlencode({name: value for name, value in pairs.items() if value})


LISTS: dict[str, ListKind] = {}


def declare(
    name: str,
    label: Any,
    area: Area,
    get_filters: Callable[[Args], Sequence[ListFilter]],
    sorts: Sequence[str],
) -> None:
    """Enable saved views for a list; the name is that of its blueprint."""
    add(ListKind(name, label, area, get_filters, tuple(sorts)))


def add(kind: ListKind) -> None:
    """Enable saved views for a fully declared list."""
    LISTS[kind.name] = kind


def resolve(view: SavedView) -> ListQuery:
    """Return the query of a view, for example to choose the recipients of an email.

    Raise RuleViolation if one of its filters no longer exists: without that filter it would match
    too many rows.
    """
    kind = get_kind(view.list_name)
    args = dict(parse_qsl(view.query))
    listing = kind.parse(args)
    if unknown := list_unknown_filters(args, listing.query, listing.filters):
        raise RuleViolation(
            f"The view “{view.name}” has a filter that no longer exists: {', '.join(unknown)}. "
            "Change the view first"
        )
    return listing.query


def get_kind(name: str) -> ListKind:
    """Return a list that the current user may read."""
    if name not in LISTS:
        raise NotFound("There is no such list")
    if not guards.can_read(LISTS[name].area):
        raise PermissionDenied("Your role does not give you access to this page")
    return LISTS[name]


def list_unknown_filters(args: Args, query: ListQuery, filters: Sequence[ListFilter]) -> list[str]:
    """Return the filters that the list no longer has: Room: tower."""
    labels = {one.name: one.label for one in filters}
    names = sorted(args.keys() - {"q", "sort", "hide"})
    return [
        f"{labels.get(name, name)}: {args[name]}" for name in names if not query.get_filter(name)
    ]


@dataclass(frozen=True)
class ViewTab:
    """A saved view as a link above its list."""

    view: SavedView
    url: str
    is_current: bool
    is_editable: bool


@dataclass(frozen=True)
class ListViews:
    """The saved views of the list on this page."""

    kind: ListKind
    tabs: Sequence[ViewTab]
    query: str  # of what is shown now
    filters: Sequence[ListFilter]

    @property
    def current(self) -> ViewTab | None:
        """Return the open view."""
        return next((tab for tab in self.tabs if tab.is_current), None)

    @property
    def is_changed(self) -> bool:
        """Return True if the list differs from the open view."""
        return self.current is not None and self.current.view.query != self.query

    @property
    def gone(self) -> list[str]:
        """Return the filters of the open view that no longer exist."""
        if self.current is None:
            return []
        args = dict(parse_qsl(self.current.view.query))
        query = parse_list_query(self.filters, self.kind.sorts, args=args)
        return list_unknown_filters(args, query, self.filters)

    @property
    def all_url(self) -> str:
        """Return the URL of the whole list."""
        has_start = any(tab.view.is_start and tab.is_editable for tab in self.tabs)
        return f"{self.kind.url}?view={ALL}" if has_start else self.kind.url

    @property
    def add_url(self) -> str:
        """Return the URL of the form that saves the current state."""
        question = f"?list={self.kind.name}&{self.query}".rstrip("&")
        return f"{url_for('admin.saved_views.add')}{question}"

    @property
    def replace_url(self) -> str:
        """Return the URL that replaces the open view with the current state."""
        number = self.current.view.id if self.current else 0
        return f"{url_for('admin.saved_views.replace', number=number)}?{self.query}"


def get_list_views(listing: Listing[Any], hide: str) -> ListViews | None:
    """Return the saved views of the list on this page, or None if it has no saved views."""
    kind = LISTS.get(_list_name())
    if kind is None:
        return None
    person = get_current_person()
    tabs = [
        ViewTab(
            view,
            get_view_url(kind, view),
            str(view.id) == request.args.get("view"),
            saved_views.can_edit(view, person),
        )
        for view in _list_views(kind)
    ]
    return ListViews(kind, tabs, kind.to_query(listing.query, hide), listing.filters)


def open_start_view() -> ResponseReturnValue | None:
    """Redirect from a list without search or filters to the view that it opens with."""
    name = _list_name()
    is_bare = request.method == "GET" and not request.query_string
    if not is_bare or name not in LISTS or request.endpoint != f"admin.{name}.index":
        return None
    kind, person = LISTS[name], get_current_person()
    for view in _list_views(kind):
        if view.is_start and view.person_id == person.id:
            return redirect(get_view_url(kind, view), 303)
    return None


def _list_views(kind: ListKind) -> Sequence[SavedView]:
    if "saved_views" not in g:
        g.saved_views = saved_views.list_views(get_current_person(), kind.name)
    return g.saved_views  # type: ignore[no-any-return]  # the type of Flask's g is Any


def get_view_url(kind: ListKind, view: SavedView) -> str:
    """Return the URL of a list with a view."""
    return f"{kind.url}?{view.query}&view={view.id}" if view.query else f"{kind.url}?view={view.id}"


def _list_name() -> str:
    return (request.blueprint or "").rpartition(".")[2]


def get_current_person() -> Person:
    """Return the person who is signed in."""
    return guards.require_login_session().person
