"""Delegates from a spreadsheet: the file, its dry run, saving it, and its template."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import guards, large_uploads, roles
from app.accounts.guards import current_actor
from app.admin.delegates import import_sheet
from app.admin.delegates.import_forms import MAX_BYTES, TOO_LARGE, ImportFileForm, SaveImportForm
from app.admin.history_views import MAX_ID
from app.admin_kit.listing import ListFilter, paginate, parse_list_query
from app.delegates.categories import queries as categories
from app.delegates.delegate_record import fold
from app.errors import InvalidFile, RuleViolation
from app.forms.form import validates_own_csrf
from app.registration.delegate_imports import plan, rows, services
from app.registration.delegate_imports.models import DelegateImport
from app.registration.delegate_imports.plan import ImportPlan, PlannedRow
from app.registration.delegate_imports.services import ImportOutcome
from app.request_transaction import read_first, start_writing
from app.web import languages, redirects, spreadsheets
from app.web.rendering import render_page

bp = Blueprint("imports", __name__, url_prefix="/_import")

redirects.MESSAGES["admin"] |= {
    "delegates-imported": _l("The delegates in the file have been added. The newest come first."),
    "delegates-imported-in-part": _l(
        "The people who get a place have been added. The newest come first. The other rows have "
        "not been saved."
    ),
    "delegates-imported-waiting": _l(
        "The people who get a place have been added. The newest come first. Those without a place "
        "are on the waiting list."
    ),
    "delegates-discarded": _l("The file has been deleted. Nobody was added."),
}
FILTERS = (
    ListFilter(
        "result",
        _l("Result"),
        [
            (plan.NEW, _l("Gets a place")),
            (plan.NO_PLACE, _l("No place")),
            (plan.BOOKED, _l("Already booked")),
            (plan.WAITS, _l("Already waiting")),
            (plan.FAULTY, _l("Errors")),
        ],
    ),
)


def render_too_large() -> ResponseReturnValue:
    guards.require_role_for(roles.DELEGATES)()
    form = ImportFileForm(formdata=None)
    form.add_error(form.file, RuleViolation(str(TOO_LARGE)))
    return _render_file_form(form, 413)


large_uploads.accept(bp, MAX_BYTES, {"upload"}, render_too_large)
read_first(bp, {"check"})


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def upload() -> ResponseReturnValue:
    form = ImportFileForm()
    if not form.validate_on_submit():
        return _render_file_form(form)
    try:
        sheet = import_sheet.read(form.file.data.read())
    except InvalidFile as refusal:
        form.add_error(form.file, refusal)
        return _render_file_form(form)
    _start_writing()
    found = services.store(form.name, sheet, actor=current_actor())
    return redirect(url_for(".check", number=found.id), 303)


@bp.route(f"/<int(max={MAX_ID}):number>", methods=["GET", "POST"])
@validates_own_csrf
def check(number: int) -> ResponseReturnValue:
    """Show what saving would do, and save."""
    found = services.get(number, actor=current_actor())
    sheet = rows.load(found.document, found.key)
    planned = plan.build(sheet)
    form = SaveImportForm()
    form.set_choices(planned)
    if form.validate_on_submit():
        try:
            outcome = _save(found, form, planned)
        except RuleViolation as refusal:
            start_writing()  # again: the refusal rolled back the previous transaction
            form.form_errors.append(gettext(str(refusal)))
            return _render_check(number, form, 409)
        return redirects.redirect_to(
            url_for("admin.delegates.index", sort="-registered"), _choose_message(outcome, planned)
        )
    return _render_check(number, form)


def _save(found: DelegateImport, form: SaveImportForm, planned: ImportPlan) -> ImportOutcome:
    """Prepare the bookings before taking the lock, then save them."""
    number, actor = found.id, current_actor()
    prepared = services.prepare(
        planned,
        form.fingerprint.data or "",
        languages.current().code,
        notify=form.notify.data,
        if_full=form.mode,
    )
    _start_writing()
    own = services.get(number, actor=actor)
    return services.save(own, prepared, actor=actor)


def _choose_message(outcome: ImportOutcome, planned: ImportPlan) -> str:
    if outcome.waiting:
        return "delegates-imported-waiting"
    is_in_part = planned.counts[plan.NO_PLACE] or planned.counts[plan.FAULTY]
    return "delegates-imported-in-part" if is_in_part else "delegates-imported"


@bp.post(f"/<int(max={MAX_ID}):number>/discard")
def discard(number: int) -> ResponseReturnValue:
    services.discard(services.get(number, actor=current_actor()))
    return redirects.redirect_to(url_for(".upload"), "delegates-discarded")


@bp.get("/template.<any(csv, xlsx):suffix>")
def template(suffix: str) -> ResponseReturnValue:
    head, title = import_sheet.list_head(), gettext("Delegates")
    return spreadsheets.send_table("delegates-template", suffix, title, head, ())


def _start_writing() -> None:
    start_writing()
    guards.require_role_for(roles.DELEGATES)()  # again: it may have been revoked meanwhile


def _render_file_form(form: ImportFileForm, status: int | None = None) -> Response:
    return render_page(
        "admin/delegates/import.html",
        status,
        form=form,
        columns=import_sheet.list_head(),
        max_rows=import_sheet.MAX_ROWS,
    )


def _render_check(number: int, form: SaveImportForm, status: int | None = None) -> Response:
    """Render the dry run as it is now, which may differ from the one submitted."""
    found = services.get(number, actor=current_actor())
    sheet = rows.load(found.document, found.key)
    planned = plan.build(sheet)
    status = status or (422 if form.errors else 200)  # of the submitted form, not the rebuilt one
    form = _rebuild(form, planned)
    form.fingerprint.data = planned.fingerprint
    query = parse_list_query(FILTERS, ("row",))
    listing = paginate(
        _find_rows(planned, query.search, query.get_filter("result")), query, FILTERS
    )
    context: dict[str, Any] = {
        "planned": planned,
        "upload": found,
        "unused_columns": sheet.unused_columns,
        "known_columns": import_sheet.list_head() if sheet.unused_columns else (),
    }
    return render_page(
        "admin/delegates/import_check.html",
        status,
        form=form,
        listing=replace(listing, endpoint=".check"),
        categories={str(option.id): option.name for option in categories.list_options()},
        breadcrumbs=[(gettext("Add delegates from a spreadsheet"), url_for(".upload"))],
        **context,
    )


def _rebuild(form: SaveImportForm, planned: ImportPlan) -> SaveImportForm:
    """Return a form for the current state of the page, with the submitted input and its errors."""
    rebuilt = SaveImportForm()
    rebuilt.set_choices(planned)
    rebuilt.form_errors = form.form_errors
    for field in rebuilt:
        field.errors = form[field.name].errors if field.name in form else ()
    return rebuilt


def _find_rows(planned: ImportPlan, search: str, state: str) -> Sequence[PlannedRow]:
    """Return the rows that match a search and a filter."""
    return [
        row
        for row in planned.rows
        if state in {"", row.state} and fold(search) in fold(f"{row.row.name} {row.row.email}")
    ]
