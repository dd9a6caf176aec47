"""A spreadsheet of people: its template, uploading it, and its dry run.

The dry run shows the faults beside each row; no one is added before it is confirmed.
"""

from typing import Any, cast

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import RequestEntityTooLarge

from app.accounts import rate_limits
from app.errors import InvalidFile, RateLimitExceeded
from app.forms.form import FORM_OVERHEAD_BYTES, ConfirmForm, validates_own_csrf
from app.registration.groups import cookie, spreadsheet
from app.registration.groups.draft import MAX_PEOPLE, GroupDraft, UploadedSheet
from app.registration.groups.forms import MAX_FILE_BYTES, TOO_LARGE, GroupFileForm
from app.request_transaction import READ_ONLY_METHODS, read_first, start_writing
from app.web import spreadsheets
from app.web.error_handlers import refuse
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

bp = Blueprint("upload", __name__, url_prefix="/upload")
no_referrer(bp)
read_first(bp, {"choose"})


@bp.url_value_preprocessor
def _raise_limit(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Accept a file of the form's maximum size."""
    if (endpoint or "").endswith(".choose") and request.method not in READ_ONLY_METHODS:
        request.max_content_length = MAX_FILE_BYTES + FORM_OVERHEAD_BYTES


@bp.errorhandler(RequestEntityTooLarge)
def _render_too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    form = GroupFileForm(formdata=None)
    form.file.errors = [str(TOO_LARGE)]
    return _render_form(form, 413)


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def choose() -> ResponseReturnValue:
    progress = cookie.current_progress(for_update=False)
    if not progress.draft.shared:
        return _redirect("registration.groups.start")
    form = GroupFileForm()
    if not form.validate_on_submit():
        return _render_form(form)
    try:
        rate_limits.count_network_before_reading(rate_limits.GROUP_FILE, request.remote_addr)
        sheet = spreadsheet.read(form.file.data.read(), progress.draft)
    except RateLimitExceeded as refusal:
        return _refuse(form, refusal)
    except InvalidFile as refusal:
        form.add_error(form.file, refusal)
        return _render_form(form)
    start_writing()
    progress = cookie.current_progress()
    cookie.save(progress, progress.draft.with_sheet(sheet))
    return _redirect(".check")


def _refuse(form: GroupFileForm, refusal: RateLimitExceeded) -> Response:
    form.reject(refusal)
    return refuse(_render_form(form, 429), refusal)


@bp.get("/check")
def check() -> ResponseReturnValue:
    draft = cookie.current_progress().draft
    if not draft.rows:
        return _redirect(".choose")
    return _render_check(draft, ConfirmForm())


@bp.post("/add")
def add() -> ResponseReturnValue:
    progress = cookie.current_progress()
    draft = progress.draft
    for row in draft.rows:
        if not row.faults and not draft.is_full and not draft.has_person(row.person):
            draft = draft.with_person(row.person)
    if progress.stored is not None and not draft.registered:
        cookie.save(progress, draft.with_sheet(UploadedSheet()))
    return _redirect("registration.groups.people")


@bp.get("/template.<any(csv,xlsx):suffix>")
def template(suffix: str) -> ResponseReturnValue:
    head, title = spreadsheet.list_head(), gettext("Group")
    return spreadsheets.send_table("group", suffix, title, head, ())


def _render_form(form: GroupFileForm, status: int | None = None) -> Response:
    return render_page(
        "registration/groups/upload.html",
        status,
        form=form,
        max_people=MAX_PEOPLE,
        has_category="Category" in spreadsheet.list_head(),
    )


def _render_check(draft: GroupDraft, form: ConfirmForm) -> Response:
    return render_page(
        "registration/groups/upload_check.html",
        form=form,
        rows=draft.rows,
        unused_columns=draft.unused_columns,
        known_columns=spreadsheet.list_head(),
        good=sum(not one.faults for one in draft.rows),
        faulty=sum(bool(one.faults) for one in draft.rows),
    )


def _redirect(endpoint: str) -> Response:
    return cast(Response, redirect(url_for(endpoint), 303))
