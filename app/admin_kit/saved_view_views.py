"""Saving the state of a list as a view, and changing and deleting views."""

from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField

from app.accounts import saved_views
from app.accounts.models import SavedView
from app.accounts.saved_views import MAX_NAME_LENGTH, ViewSettings
from app.admin_kit.listing import FilterChip
from app.admin_kit.saved_views import ListKind, get_current_person, get_kind, get_view_url
from app.errors import PermissionDenied, RuleViolation, StaleEdit
from app.forms.fields import line_field
from app.forms.form import ConfirmForm, Form, validates_own_csrf
from app.forms.validators import requires_alphanumeric
from app.history.models import Change
from app.web import redirects
from app.web.rendering import render_page

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
        """Return the submitted settings."""
        return ViewSettings(
            str(self.name.data), bool(self.is_shared.data), bool(self.is_start.data)
        )

    def rebase_on(self, view: SavedView) -> StaleEdit:
        """Keep the input, but expect the version that is saved now; return how the two differ."""
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
            view = saved_views.create(get_current_person(), kind.name, query, form.settings)
        except RuleViolation as refusal:
            form.add_error(form.name, refusal)
        else:
            return redirects.redirect_to(get_view_url(kind, view), "view-saved")
    return _render_form(form, kind, listing.chips, back=f"{kind.url}?{query}" if query else "")


@bp.route("/<int:number>", methods=["GET", "POST"])
@validates_own_csrf
def edit(number: int) -> ResponseReturnValue:
    view, kind = _get_editable(number)
    fingerprint, stale = saved_views.get_fingerprint(view), None
    form = ViewForm(obj=view, expected_fingerprint=fingerprint)
    is_own = view.person_id == get_current_person().id
    if not is_own:
        form.is_start.data = view.is_start
    if form.validate_on_submit():
        try:
            saved_views.update(
                view,
                form.settings,
                get_current_person(),
                expected_fingerprint=form.expected_fingerprint.data or "",
            )
        except StaleEdit:
            stale = form.rebase_on(view)
        except RuleViolation as refusal:
            form.add_error(form.name, refusal)
        else:
            return redirects.redirect_to(get_view_url(kind, view), "view-changed")
    chips = kind.parse(dict(parse_qsl(view.query))).chips
    back = get_view_url(kind, view)
    return _render_form(form, kind, chips, view, back=back, is_own=is_own, stale=stale)


@bp.post("/<int:number>/query")
def replace(number: int) -> ResponseReturnValue:
    """Replace the open view with the current state of the list."""
    view, kind = _get_editable(number)
    query = kind.to_query(kind.parse(request.args).query, request.args.get("hide", ""))
    expected = request.form.get("expected_query", "")
    saved_views.replace_query(view, query, get_current_person(), expected_query=expected)
    return redirects.redirect_to(get_view_url(kind, view), "view-changed")


@bp.route("/<int:number>/delete", methods=["GET", "POST"])
@validates_own_csrf
def delete(number: int) -> ResponseReturnValue:
    view, kind = _get_editable(number)
    form = ConfirmForm()
    if form.validate_on_submit():
        saved_views.delete(view, get_current_person())
        return redirects.redirect_to(kind.url, "view-deleted")
    return render_page(
        "admin/saved_views/delete.html",
        form=form,
        view=view,
        breadcrumbs=[(kind.label, kind.url), (view.name, url_for(".edit", number=number))],
    )


def _get_editable(number: int) -> tuple[SavedView, ListKind]:
    view = saved_views.get_view(number, get_current_person())
    if not saved_views.can_edit(view, get_current_person()):
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
        409 if stale else None,
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
