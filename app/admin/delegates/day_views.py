"""Changing the days of the selected delegates: form, preview, change and undo."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from app.accounts.guards import current_actor
from app.admin.delegates.forms import ChangeDaysForm, UndoDaysForm
from app.admin_kit import draft_forms
from app.admin_kit.draft_forms import deletes_draft
from app.admin_kit.listing import MAX_SELECTED
from app.delegates.fields import BY_NAME, DAYS
from app.delegates.models import Delegate
from app.errors import StaleEdit
from app.forms.form import ConfirmForm, validates_own_csrf
from app.registration.desk import day_changes, queries
from app.registration.desk.day_changes import DayChange
from app.releases.current_release import conference_days
from app.web import redirects
from app.web.formatting import local_date
from app.web.rendering import render_page

bp = Blueprint("days", __name__, url_prefix="/_days")

redirects.MESSAGES["admin"] |= {
    "days-changed": _l("The days have been changed."),
    "days-put-back": _l("The old days have been restored."),
}
CHANGED_MEANWHILE = "Some of these bookings have changed since. Check the preview again"


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
@deletes_draft
def change() -> ResponseReturnValue:
    """Ask for the days, preview the change, and apply it."""
    selection = draft_forms.find_selection()
    delegates = queries.list_by_reference(selection.getlist("chosen")[:MAX_SELECTED])
    form = _build_form(selection)
    if not delegates:
        return _render_none()
    if form.validate_on_submit():
        stored = draft_forms.redirect_to_preview(form)
        return stored or _save(form, delegates, selection)
    return _render(form, delegates, selection)


@bp.route("/undo", methods=["GET", "POST"])
@validates_own_csrf
@deletes_draft
def undo() -> ResponseReturnValue:
    """Show the last change, and undo it."""
    form, changes = UndoDaysForm(), _plan_undo()
    if form.validate_on_submit() and changes:
        day_changes.apply(changes, actor=current_actor(), notify=form.should_notify)
        return redirects.redirect_to(_list_url(), "days-put-back")
    return _render_plan("days_undo", form, changes, _list_url())


def _save(
    form: ChangeDaysForm, delegates: Sequence[Delegate], selection: MultiDict[str, str]
) -> ResponseReturnValue:
    """Apply the previewed change, unless a booking has changed since."""
    changes = day_changes.plan(delegates, form.mode.data, form.days.data or ())
    before = {one.delegate.reference: one.delegate.days for one in changes if one.is_change}
    if set(selection.getlist("shown")) != set(map(_describe_version, delegates)):
        form.form_errors.append(gettext(CHANGED_MEANWHILE))
        return _render(form, delegates, selection)
    try:
        day_changes.apply(changes, actor=current_actor(), notify=form.should_notify)
    except StaleEdit:
        form.form_errors.append(gettext(CHANGED_MEANWHILE))
        return _render(form, delegates, selection)
    draft_forms.store_fields(url_for(".undo"), _iterate_undo_fields(changes, before))
    return redirects.redirect_to(url_for(".undo"), "days-changed")


def _iterate_undo_fields(
    changes: Iterable[DayChange], before: Mapping[str, str]
) -> Iterable[tuple[str, str]]:
    for one in changes:
        if one.is_change:
            key = one.delegate.reference
            yield "before", f"{key},{one.delegate.version},{before[key]}"


def _plan_undo() -> Sequence[DayChange]:
    rows = (one.split(",") for one in draft_forms.get_stored_fields().getlist("before"))
    before = {key: (days, version) for key, version, days in rows}
    return day_changes.plan_undo(queries.list_by_reference(list(before)), before)


def _build_form(selection: MultiDict[str, str]) -> ChangeDaysForm:
    """Return the form with the input, or with its initial data when first opened."""
    form = ChangeDaysForm(selection if "mode" in selection else None)
    form.days.choices = [(day.isoformat(), local_date(day)) for day in conference_days()]
    return form


def _render(
    form: ChangeDaysForm, delegates: Sequence[Delegate], selection: MultiDict[str, str]
) -> ResponseReturnValue:
    """Show the questions, or a preview of what the answers would change."""
    back = redirects.safe_path_or_blank(selection.get("back", "")) or _list_url()
    has_answers = request.method == "POST" or "preview" in request.args
    if has_answers and "mode" in selection and form.is_complete:
        changes = day_changes.plan(delegates, form.mode.data, form.days.data or ())
        return _render_plan("days_preview", form, changes, back)
    return render_page("admin/delegates/days.html", form=form, delegates=delegates, back=back)


def _render_none() -> ResponseReturnValue:
    """Say that no one is selected; the CSRF token is checked first."""
    form = ConfirmForm()
    status = 422 if form.is_submitted() else 200
    form.validate_on_submit()
    return render_page("admin/delegates/days_none.html", status, form=form, back=_list_url())


def _render_plan(
    template: str,
    form: ChangeDaysForm | UndoDaysForm,
    changes: Sequence[DayChange],
    back: str,
) -> ResponseReturnValue:
    return render_page(
        f"admin/delegates/{template}.html",
        422 if request.method == "POST" and not changes else None,
        form=form,
        changes=[one for one in changes if one.is_change],
        left_alone=[one for one in changes if not one.is_change],
        shown=[_describe_version(one.delegate) for one in changes],
        name_days=cache(BY_NAME[DAYS].format),
        back=back,
    )


def _describe_version(delegate: Delegate) -> str:
    return f"{delegate.reference} {delegate.version}"


def _list_url() -> str:
    return url_for("admin.delegates.index")
