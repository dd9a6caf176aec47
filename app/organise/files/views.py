"""Programme files: load one, with a look at what it would do first; take one away."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from app.accounts import guards, roles
from app.errors import Refused, Unreadable
from app.forms import checks_its_own_token
from app.organise import done, edited
from app.organise.files import exports
from app.organise.files.forms import TOO_LARGE, LoadForm, UploadForm
from app.organise.undo.views import HIGHEST
from app.programme import queries, releases, uploads
from app.programme.exporting.model_files import MODELS
from app.programme.models import Upload
from app.registration import taking_over
from app.web.answers import problem
from app.web.handed_in import ROOM_AROUND
from app.web.pages import page

pages = Blueprint("files", __name__, url_prefix="/files")

AN_UPLOAD = f"/uploads/<int(max={HIGHEST}):number>"


@pages.url_value_preprocessor
def _take_large_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let those who have signed in here hand in a file that is larger than any other form."""
    if endpoint == "organise.files.upload" and guards.held_secret():
        request.max_content_length = uploads.LARGEST + ROOM_AROUND


@pages.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    if request.endpoint != "organise.files.upload" or not guards.may_change(roles.PROGRAMME):
        return problem(413)
    form = UploadForm(formdata=None)
    form.reject(form.file, Refused(str(TOO_LARGE)))
    return _ask(form, 413)


@pages.get("")
def shown() -> ResponseReturnValue:
    return page(
        "organise/files/shown.html",
        names=list(exports.names()),
        has_conference=queries.has_conference(),
        is_published=releases.current().is_published,
        waiting=uploads.waiting(),
    )


@pages.route("/upload", methods=["GET", "POST"])
@checks_its_own_token
def upload() -> ResponseReturnValue:
    form = UploadForm()
    if form.validate_on_submit():
        try:
            taken = uploads.hand_in(
                form.name, form.body, is_merged=form.is_merged, who=edited.who()
            )
        except Unreadable as refusal:
            form.reject(form.file, refusal)
        else:
            return redirect(url_for(".tried", number=taken.id), 303)
    return _ask(form, 422 if form.errors else 200)


@pages.route(AN_UPLOAD, methods=["GET", "POST"])
@checks_its_own_token
def tried(number: int) -> ResponseReturnValue:
    form, found = LoadForm(), uploads.upload(number)
    if form.validate_on_submit():
        try:
            loaded = taking_over.load(
                found, seal=form.seal.data or "", is_meant=form.is_meant.data, who=edited.who()
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _see_what_came(number, is_loaded=loaded is not None)
    return _show(form, found)


@pages.post(f"{AN_UPLOAD}/again")
def again(number: int) -> ResponseReturnValue:
    found = uploads.upload(number)
    found.is_merged = request.form.get("deed") == "merge"
    uploads.try_out(found)
    return redirect(url_for(".tried", number=number), 303)


@pages.post(f"{AN_UPLOAD}/forget")
def forget(number: int) -> ResponseReturnValue:
    uploads.forget(uploads.upload(number))
    return redirect(done.at(url_for(".shown"), "file-forgotten"), 303)


@pages.get("/model/<name>")
def model(name: str) -> ResponseReturnValue:
    return exports.model(name)


@pages.get("/<any(working, published):state>/<name>")
def export(state: str, name: str) -> ResponseReturnValue:
    return exports.export(state, name)


def _ask(form: UploadForm, status: int) -> ResponseReturnValue:
    return page("organise/files/upload.html", status, form=form, models=MODELS)


def _show(form: LoadForm, found: Upload) -> ResponseReturnValue:
    told, form.seal.data = uploads.told(found), uploads.seal(found)
    return page(
        "organise/files/tried.html",
        422 if form.errors else 200,
        form=form,
        upload=found,
        tried=told,
        is_barred=told.is_another and taking_over.has_real_delegates(),
    )


def _see_what_came(number: int, *, is_loaded: bool) -> ResponseReturnValue:
    if is_loaded:
        return redirect(done.at(url_for("organise.publishing.changes"), "programme-loaded"), 303)
    return redirect(done.at(url_for(".tried", number=number), "tried-again"), 303)
