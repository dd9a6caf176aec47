"""Categories of delegates: the list in the organisers' order, details, form, deleting."""

from collections.abc import Sequence

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts.guards import current_actor
from app.admin.category_forms import ACCESS_CHOICES, APPROVAL_CHOICES, CategoryForm, build_form
from app.admin_kit.edit_form import redirect_after_adding
from app.admin_kit.listing import paginate, parse_list_query, render_list
from app.delegates.categories import overview, queries
from app.delegates.categories import texts as category_texts
from app.delegates.categories.models import BY_INTEREST, RegistrationCategory
from app.delegates.categories.texts import CategoryTexts
from app.errors import RuleViolation, StaleEdit
from app.forms.form import ConfirmForm, validates_own_csrf
from app.history import queries as history
from app.registration import category_services as services
from app.web import languages, redirects
from app.web.rendering import render_page

SORTS = ("place",)

redirects.MESSAGES["admin"] |= {
    "category-added": _l("The category has been added. Visitors see it now."),
    "category-saved": _l("The category has been saved. Visitors see the changes now."),
    "category-moved": _l("The order of categories has been changed."),
    "category-not-moved": _l("The order has not changed."),
    "category-deleted": _l("The category has been deleted."),
}


bp = Blueprint("categories", __name__, url_prefix="/categories")


@bp.get("")
def index() -> ResponseReturnValue:
    listing = paginate(overview.list_rows(), parse_list_query((), SORTS, has_search=False))
    return render_list("admin/categories/index.html", listing, access=dict(ACCESS_CHOICES))


@bp.route("/_add", methods=["GET", "POST"])
@validates_own_csrf
def add() -> ResponseReturnValue:
    form = build_form()
    if form.validate_on_submit():
        try:
            category = services.add(form.values(), actor=current_actor())
        except RuleViolation as refusal:
            return _render_form(form.with_error(refusal))
        return redirect_after_adding(_url(category), "category-added")
    return _render_form(form)


@bp.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    category = queries.get_category(number)
    return render_page(
        "admin/categories/show.html",
        category=category,
        row=overview.get_row(category),
        days=queries.list_days(category.days),
        access=dict(ACCESS_CHOICES)[category.access],
        approval=dict(APPROVAL_CHOICES)[category.approvals_needed],
        takes_interest=category.access == BY_INTEREST,
        interest_url=url_for("registration.interest.express", number=number, _external=True),
        translations=_list_translations(category),
        entries=history.list_newest(category.history_subject),
    )


@bp.route("/<int:number>/change", methods=["GET", "POST"])
@validates_own_csrf
def edit(number: int) -> ResponseReturnValue:
    category = queries.get_category(number)
    form = build_form(category)
    if not form.is_submitted():
        form.set_initial_data(category)
    if not form.validate_on_submit():
        return _render_form(form, category)
    try:
        changes = services.save(
            category,
            form.values(),
            expected_version=form.expected_version.data,
            actor=current_actor(),
        )
    except StaleEdit as stale:
        return _render_form(form.rebase_on(stale), category, stale)
    except RuleViolation as refusal:
        return _render_form(form.with_error(refusal), category)
    return redirects.redirect_to(_url(category), "category-saved" if changes else "as-it-was")


@bp.post("/<int:number>/move")
def move(number: int) -> ResponseReturnValue:
    category = queries.get_category(number)
    direction = request.form.get("direction", "")
    is_moved = services.move(category, direction, actor=current_actor())
    url = url_for(".index", _anchor=f"category-{number}")
    return redirects.redirect_to(url, "category-moved" if is_moved else "category-not-moved")


@bp.route("/<int:number>/delete", methods=["GET", "POST"])
@validates_own_csrf
def delete(number: int) -> ResponseReturnValue:
    category = queries.get_category(number)
    form = ConfirmForm()
    if form.validate_on_submit():
        services.delete(category, actor=current_actor())
        return redirects.redirect_to(url_for(".index"), "category-deleted")
    return render_page(
        "admin/categories/delete.html",
        form=form,
        category=category,
        people=services.count_people(category),
        breadcrumbs=[(category.name, _url(category))],
    )


def _list_translations(category: RegistrationCategory) -> Sequence[tuple[str, CategoryTexts]]:
    """List the languages that have a translation, with the text of each."""
    stored = category_texts.load_translations(category.translations)
    return [(languages.describe(code).name, texts) for code, texts in stored.items()]


def _url(category: RegistrationCategory) -> str:
    return url_for(".show", number=category.id)


def _render_form(
    form: CategoryForm,
    category: RegistrationCategory | None = None,
    stale: StaleEdit | None = None,
) -> ResponseReturnValue:
    return render_page(
        "admin/categories/form.html",
        409 if stale else None,
        form=form,
        category=category,
        stale=stale,
        back=_url(category) if category else url_for(".index"),
        breadcrumbs=[(category.name, _url(category))] if category else None,
    )
