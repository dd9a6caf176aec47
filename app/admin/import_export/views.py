"""Importing a programme file after a dry run, and exporting the programme."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts import guards, large_uploads, roles
from app.admin.history_views import MAX_ID
from app.admin.import_export import export_files
from app.admin.import_export.forms import TOO_LARGE_MESSAGE, ColumnsForm, LoadUploadForm, UploadForm
from app.errors import RuleViolation
from app.forms.form import validates_own_csrf
from app.interchange import import_undo, uploads
from app.interchange.exporters.tables import TEMPLATES
from app.interchange.import_report import ImportResult
from app.interchange.importers.table_overview import TableOverview
from app.interchange.uploads import Upload
from app.programme import queries
from app.registration import import_rules
from app.releases import current_release
from app.request_transaction import read_first, start_writing
from app.web import redirects
from app.web.rendering import render_page

bp = Blueprint("import_export", __name__, url_prefix="/files")

redirects.MESSAGES["admin"] |= {
    "programme-loaded": _l(
        "The programme has been loaded. These changes are not public yet. You can undo the "
        "import under “Import and export”."
    ),
    "programme-loaded-without-settings": _l(
        "The programme has been loaded. The settings of the conference stay as they were, because "
        "only organisers can change them. These changes are not public yet. You can undo the "
        "import under “Import and export”."
    ),
    "tried-again": _l(
        "Someone changed the programme, so the file has not been loaded. Check the new "
        "preview below."
    ),
    "import-undone": _l("The import has been undone. The programme is as it was before."),
    "file-forgotten": _l("The file has been deleted. Nothing was loaded."),
}

UPLOAD_RULE = f"/uploads/<int(max={MAX_ID}):number>"


def render_too_large() -> ResponseReturnValue:
    guards.require_role_for(roles.PROGRAMME)()
    form = UploadForm(formdata=None)
    form.add_error(form.file, RuleViolation(str(TOO_LARGE_MESSAGE)))
    return _render_upload_form(form, 413)


large_uploads.accept(bp, uploads.MAX_BYTES, {"upload"}, render_too_large)
read_first(bp, {"columns", "dry_run", "retry"})


@bp.get("")
def show() -> ResponseReturnValue:
    last_import = import_undo.find_undoable()
    return render_page(
        "admin/import_export/show.html",
        names=list(export_files.list_file_names()),
        has_conference=queries.has_conference(),
        is_published=current_release.get_programme().is_published,
        waiting=uploads.list_pending(),
        last_import=last_import,
        undo_effects=import_rules.describe_undo() if last_import else (),
        may_undo=not _keeps_settings() or not import_rules.undo_changes_settings(),
    )


@bp.post("/undo")
def undo() -> ResponseReturnValue:
    if _keeps_settings() and import_rules.undo_changes_settings():
        guards.deny(
            roles.SETTINGS.write_roles, "Your role does not allow you to change the settings"
        )
    import_rules.undo(actor=guards.current_actor())
    return redirects.redirect_to(url_for(".show"), "import-undone")


@bp.route("/upload", methods=["GET", "POST"])
@validates_own_csrf
def upload() -> ResponseReturnValue:
    form = UploadForm()
    if form.validate_on_submit():
        body = form.body
        try:
            reading = uploads.read_programme(body)
            _start_writing()
            taken = uploads.receive(
                form.name,
                body,
                reading,
                is_merged=form.is_merged,
                actor=guards.current_actor(),
                keeps_settings=_keeps_settings(),
            )
        except RuleViolation as refusal:
            form.add_error(form.file, refusal)
        else:
            return _redirect_to_upload(taken)
    return _render_upload_form(form)


@bp.route(f"{UPLOAD_RULE}/columns", methods=["GET", "POST"])
@validates_own_csrf
def columns(number: int) -> ResponseReturnValue:
    found = uploads.get_upload(number)
    overview = uploads.inspect_table(found)
    form = ColumnsForm.for_table(overview)
    if form.validate_on_submit():
        choices, headers = form.get_choices(), [sheet.header for sheet in overview.sheets]
        try:
            reading = uploads.read_as_chosen(found, choices)
            _start_writing()
            found = uploads.get_upload(number)  # again: it may have been deleted meanwhile
            uploads.choose(found, choices, reading, headers, keeps_settings=_keeps_settings())
        except RuleViolation as refusal:
            form.form_errors.append(str(refusal))
        else:
            return _redirect_to_upload(found)
    return _render_columns(form, found, overview)


@bp.route(UPLOAD_RULE, methods=["GET", "POST"])
@validates_own_csrf
def dry_run(number: int) -> ResponseReturnValue:
    form, found = LoadUploadForm(), uploads.get_upload(number)
    if not found.dry_run_result:
        return _redirect_to_upload(found)
    form.set_zones(uploads.get_dry_run_result(found))
    if form.validate_on_submit():
        reading = uploads.read_again(found)
        _start_writing()
        found = uploads.get_upload(number)  # again: it may have been imported or deleted meanwhile
        try:
            loaded = import_rules.load(
                found,
                reading,
                form.get_answers(),
                actor=guards.current_actor(),
                keeps_settings=_keeps_settings(),
            )
        except RuleViolation as refusal:
            form.add_violation(refusal)
        else:
            return _redirect_after_load(number, loaded)
    return _render_dry_run(form, found)


@bp.post(f"{UPLOAD_RULE}/again")
def retry(number: int) -> ResponseReturnValue:
    reading = uploads.read_again(uploads.get_upload(number))
    _start_writing()
    found = uploads.get_upload(number)
    found.is_merged = request.form.get("action") == "merge"
    uploads.dry_run(found, reading, keeps_settings=_keeps_settings())
    return redirect(url_for(".dry_run", number=number), 303)


@bp.post(f"{UPLOAD_RULE}/forget")
def discard(number: int) -> ResponseReturnValue:
    uploads.discard(uploads.get_upload(number))
    return redirects.redirect_to(url_for(".show"), "file-forgotten")


@bp.get("/model/<name>")
def template(name: str) -> ResponseReturnValue:
    return export_files.export_template(name)


@bp.get("/<any(working, published):state>/<name>")
def export(state: str, name: str) -> ResponseReturnValue:
    return export_files.export_file(state, name)


def _keeps_settings() -> bool:
    return not guards.can_change(roles.SETTINGS)


def _start_writing() -> None:
    start_writing()
    guards.require_role_for(roles.PROGRAMME)()  # again: the role may have been revoked


def _render_upload_form(form: UploadForm, status: int | None = None) -> ResponseReturnValue:
    return render_page("admin/import_export/upload.html", status, form=form, models=TEMPLATES)


def _render_dry_run(form: LoadUploadForm, found: Upload) -> ResponseReturnValue:
    result = uploads.get_dry_run_result(found)
    form.fingerprint.data = uploads.fingerprint_upload(found)
    return render_page(
        "admin/import_export/dry_run.html",
        form=form,
        upload=found,
        dry_run=result,
        is_barred=result.is_another and import_rules.has_real_delegates(),
        keeps_places=result.keeps_settings and result.has_places and import_rules.lacks_places(),
    )


def _render_columns(
    form: ColumnsForm, found: Upload, overview: TableOverview
) -> ResponseReturnValue:
    return render_page(
        "admin/import_export/columns.html",
        form=form,
        upload=found,
        refusal="" if form.errors else overview.refusal,
    )


def _redirect_to_upload(found: Upload) -> ResponseReturnValue:
    """Redirect to the dry run, or to the open questions before it."""
    view = ".dry_run" if found.dry_run_result else ".columns"
    return redirect(url_for(view, number=found.id), 303)


def _redirect_after_load(number: int, loaded: ImportResult | None) -> ResponseReturnValue:
    if loaded is None:
        return redirects.redirect_to(url_for(".dry_run", number=number), "tried-again")
    kept_settings = loaded.changes.kept_settings
    news = "programme-loaded-without-settings" if kept_settings else "programme-loaded"
    return redirects.redirect_to(url_for("admin.publishing.changes"), news)
