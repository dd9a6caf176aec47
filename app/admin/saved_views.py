"""Saved views of lists: filters, order and columns under a name, as links above the list.

A list takes part by one declaration, ``declare``, of how its query is parsed. The address of a
view is the list's own with the saved query, so that links, bulk actions and exports need to know
nothing of views; ``view`` in it says which one is open, ``hide`` which columns it hides.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Response, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField

from app.accounts import guards, saved_views
from app.accounts.models import Person, SavedView
from app.accounts.roles import Area
from app.accounts.saved_views import MAX_NAME_LENGTH, ViewSettings
from app.admin.listing import (
    VIEW_PARAM,
    FilterChip,
    ListFilter,
    Listing,
    ListQuery,
    parse_list_query,
)
from app.errors import NotFound, PermissionDenied, RuleViolation, StaleEdit
from app.forms.fields import line_field
from app.forms.form import ConfirmForm, Form, validates_own_csrf
from app.forms.validators import requires_alphanumeric
from app.history.models import Change
from app.web import redirects
from app.web.rendering import render_page

ALL = "all"  # a value of ``view``: the whole list, although it opens with a view
Args = Mapping[str, str]


@dataclass(frozen=True)
class ListKind:
    """A list whose views can be saved; ``get_filters`` takes the query parameters."""

    name: str  # of its blueprint
    label: Any
    area: Area
    get_filters: Callable[[Args], Sequence[ListFilter]]
    sorts: Sequence[str]

    @property
    def url(self) -> str:
        """Return the URL of the list."""
        return url_for(f"admin.{self.name}.index")

    def parse(self, args: Args) -> Listing[Any]:
        """Return what query parameters ask for, without rows; invalid values are left out."""
        filters = self.get_filters(args)
        query = parse_list_query(filters, self.sorts, args=args)
        return Listing((), 0, query, filters, f"admin.{self.name}.index")

    def to_query(self, query: ListQuery, hide: str) -> str:
        """Return the query string of a view: always the same for the same list."""
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
    """Let people save views of a list; the name is that of its blueprint."""
    LISTS[name] = ListKind(name, label, area, get_filters, tuple(sorts))


def resolve(view: SavedView) -> ListQuery:
    """Return the query that a view stands for, such as to choose whom to email.

    Raise RuleViolation if it filters by something that is gone: without that filter it would
    find more than was meant.
    """
    kind = get_kind(view.list_name)
    args = dict(parse_qsl(view.query))
    listing = kind.parse(args)
    if gone := list_gone(args, listing.query, listing.filters):
        raise RuleViolation(
            f"The view “{view.name}” has a filter that no longer exists: {', '.join(gone)}. "
            "Change the view first"
        )
    return listing.query


def get_kind(name: str) -> ListKind:
    """Return a list that the person signed in may read."""
    if name not in LISTS:
        raise NotFound("There is no such list")
    if not guards.can_read(LISTS[name].area):
        raise PermissionDenied("Your role does not give you access to this page")
    return LISTS[name]


def list_gone(args: Args, query: ListQuery, filters: Sequence[ListFilter]) -> list[str]:
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
        """Return the view that is open."""
        return next((tab for tab in self.tabs if tab.is_current), None)

    @property
    def is_changed(self) -> bool:
        """Return True if the list is not as in the view that is open."""
        return self.current is not None and self.current.view.query != self.query

    @property
    def gone(self) -> list[str]:
        """Return the filters of the open view that the list no longer has."""
        if self.current is None:
            return []
        args = dict(parse_qsl(self.current.view.query))
        query = parse_list_query(self.filters, self.kind.sorts, args=args)
        return list_gone(args, query, self.filters)

    @property
    def all_url(self) -> str:
        """Return the URL of the whole list."""
        has_start = any(tab.view.is_start and tab.is_editable for tab in self.tabs)
        return f"{self.kind.url}?view={ALL}" if has_start else self.kind.url

    @property
    def add_url(self) -> str:
        """Return the URL of the form that saves what is shown now."""
        question = f"?list={self.kind.name}&{self.query}".rstrip("&")
        return f"{url_for('admin.saved_views.add')}{question}"

    @property
    def replace_url(self) -> str:
        """Return where the open view is saved anew, with what is shown now."""
        number = self.current.view.id if self.current else 0
        return f"{url_for('admin.saved_views.replace', number=number)}?{self.query}"


def get_list_views(listing: Listing[Any], hide: str) -> ListViews | None:
    """Return the saved views of the list on this page, or None if it has none."""
    kind = LISTS.get(_list_name())
    if kind is None:
        return None
    person = _current_person()
    tabs = [
        ViewTab(
            view,
            _view_url(kind, view),
            str(view.id) == request.args.get("view"),
            saved_views.can_edit(view, person),
        )
        for view in _list_views(kind)
    ]
    return ListViews(kind, tabs, kind.to_query(listing.query, hide), listing.filters)


def open_start_view() -> ResponseReturnValue | None:
    """Lead from a list without search or filters to the view that it opens with."""
    name = _list_name()
    is_bare = request.method == "GET" and not request.query_string
    if not is_bare or name not in LISTS or request.endpoint != f"admin.{name}.index":
        return None
    kind, person = LISTS[name], _current_person()
    for view in _list_views(kind):
        if view.is_start and view.person_id == person.id:
            return redirect(_view_url(kind, view), 303)
    return None


def _list_views(kind: ListKind) -> Sequence[SavedView]:
    if "saved_views" not in g:
        g.saved_views = saved_views.list_views(_current_person(), kind.name)
    return g.saved_views  # type: ignore[no-any-return]  # the type of Flask's g is Any


def _view_url(kind: ListKind, view: SavedView) -> str:
    return f"{kind.url}?{view.query}&view={view.id}" if view.query else f"{kind.url}?view={view.id}"


def _list_name() -> str:
    return (request.blueprint or "").rpartition(".")[2]


def _current_person() -> Person:
    return guards.require_login_session().person


bp = Blueprint("saved_views", __name__, url_prefix="/views")

redirects.MESSAGES["admin"] |= {
    "view-saved": _l("The view has been saved. Its link is above the list."),
    "view-changed": _l("The view has been changed."),
    "view-deleted": _l("The view has been deleted. Nothing in the list has changed."),
}


START = _l("Show this view when I open the list")


class ViewForm(Form):
    """Name a saved view."""

    name = line_field(
        _l("Name"),
        _l("The name"),
        _l("Enter a name"),
        validator=requires_alphanumeric(_l("The name")),
        max_chars=MAX_NAME_LENGTH,
        description=_l("Shown as a link above the list"),
        autocomplete="off",
    )
    is_shared = BooleanField(_l("Share with the team"))
    expected_fingerprint = HiddenField()
    is_start = BooleanField(START)

    @property
    def settings(self) -> ViewSettings:
        """Return what was chosen."""
        return ViewSettings(
            str(self.name.data), bool(self.is_shared.data), bool(self.is_start.data)
        )

    def rebase_on(self, view: SavedView) -> StaleEdit:
        """Keep what was typed, but expect what is saved now; return how the two differ."""
        self.expected_fingerprint.data = saved_views.get_fingerprint(view)
        return StaleEdit(differing=_compare(view, self.settings))


def _compare(view: SavedView, typed: ViewSettings) -> Iterator[Change]:
    labels = {"name": _l("Name"), "is_shared": _l("Share with the team"), "is_start": START}
    words = {True: gettext("Yes"), False: gettext("No")}
    for name, label in labels.items():
        old, new = getattr(view, name), getattr(typed, name)
        if old != new:
            yield Change(name, old, new, str(label), words.get(old, old), words.get(new, new))


@bp.route("/_add", methods=["GET", "POST"])
@validates_own_csrf
def add() -> ResponseReturnValue:
    kind = get_kind(request.args.get("list", ""))
    listing = kind.parse(request.args)
    query = kind.to_query(listing.query, request.args.get("hide", ""))
    form = ViewForm()
    if form.validate_on_submit():
        try:
            view = saved_views.create(_current_person(), kind.name, query, form.settings)
        except RuleViolation as refusal:
            form.add_error(form.name, refusal)
        else:
            return redirects.redirect_to(_view_url(kind, view), "view-saved")
    return _render_form(form, kind, listing.chips, back=f"{kind.url}?{query}" if query else "")


@bp.route("/<int:number>", methods=["GET", "POST"])
@validates_own_csrf
def edit(number: int) -> ResponseReturnValue:
    view, kind = _get_editable(number)
    shown, stale = saved_views.get_fingerprint(view), None
    form = ViewForm(obj=view, expected_fingerprint=shown)
    is_own = view.person_id == _current_person().id
    if not is_own:
        form.is_start.data = view.is_start
    if form.validate_on_submit():
        try:
            saved_views.update(
                view,
                form.settings,
                _current_person(),
                expected_fingerprint=form.expected_fingerprint.data or "",
            )
        except StaleEdit:
            stale = form.rebase_on(view)
        except RuleViolation as refusal:
            form.add_error(form.name, refusal)
        else:
            return redirects.redirect_to(_view_url(kind, view), "view-changed")
    chips = kind.parse(dict(parse_qsl(view.query))).chips
    back = _view_url(kind, view)
    return _render_form(form, kind, chips, view, back=back, is_own=is_own, stale=stale)


@bp.post("/<int:number>/query")
def replace(number: int) -> ResponseReturnValue:
    """Save what the list shows now as the view that is open."""
    view, kind = _get_editable(number)
    query = kind.to_query(kind.parse(request.args).query, request.args.get("hide", ""))
    expected = request.form.get("expected_query", "")
    saved_views.replace_query(view, query, _current_person(), expected_query=expected)
    return redirects.redirect_to(_view_url(kind, view), "view-changed")


@bp.route("/<int:number>/delete", methods=["GET", "POST"])
@validates_own_csrf
def delete(number: int) -> ResponseReturnValue:
    view, kind = _get_editable(number)
    form = ConfirmForm()
    if form.validate_on_submit():
        saved_views.delete(view, _current_person())
        return redirects.redirect_to(kind.url, "view-deleted")
    return render_page(
        "admin/saved_views/delete.html",
        422 if form.errors else 200,
        form=form,
        view=view,
        breadcrumbs=[(kind.label, kind.url), (view.name, url_for(".edit", number=number))],
    )


def _get_editable(number: int) -> tuple[SavedView, ListKind]:
    view = saved_views.get_view(number, _current_person())
    if not saved_views.can_edit(view, _current_person()):
        raise PermissionDenied("Only its owner and organisers can change this view")
    return view, get_kind(view.list_name)


def _render_form(  # noqa: PLR0913 - what the two forms differ in
    form: ViewForm,
    kind: ListKind,
    chips: Sequence[FilterChip],
    view: SavedView | None = None,
    *,
    back: str,
    is_own: bool = True,
    stale: StaleEdit | None = None,
) -> Response:
    return render_page(
        "admin/saved_views/form.html",
        409 if stale else 422 if form.errors else 200,
        form=form,
        stale=stale,
        kind=kind,
        chips=chips,
        view=view,
        is_own=is_own,
        back=back or kind.url,
        breadcrumbs=[(str(kind.label), kind.url)],
        heading=gettext("Change view") if view else gettext("Save view"),
    )
