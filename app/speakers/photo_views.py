"""A speaker's own photo: upload, describe, crop, remove."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import RequestEntityTooLarge

from app.accounts import guards
from app.errors import ConferenceError, InvalidFile, NotFound, RuleViolation
from app.forms.base import FORM_OVERHEAD_BYTES, validates_own_csrf
from app.programme.models import Photo, Speaker
from app.programme.photos.cropping import Crop
from app.programme.photos.processing import MAX_UPLOAD_BYTES
from app.proposals.models import OPEN
from app.proposals.services import SubmitResult
from app.speakers import access, photo_proposals
from app.speakers.photo_forms import TOO_LARGE, CropForm, PhotoForm
from app.web import flash
from app.web.error_handlers import render_error_page
from app.web.rendering import render_page

ENDPOINT = "speakers.photo.edit"

bp = Blueprint("photo", __name__, url_prefix="/<slug>/photo")

flash.MESSAGES["speakers"] |= {
    "photo-saved": _l("Saved. Readers see it in a few minutes."),
    "photo-sent": _l("Thank you. An organiser looks at your photo before readers see it."),
}


@bp.url_value_preprocessor
def allow_large_uploads(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Allow large request bodies for people who are signed in."""
    if endpoint == ENDPOINT and guards.session_token():
        request.max_content_length = MAX_UPLOAD_BYTES + FORM_OVERHEAD_BYTES


@bp.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Show beside the field that the picture is too large."""
    try:
        speaker = access.get_own_speaker((request.view_args or {}).get("slug", ""))
    except ConferenceError:  # no access, so nothing about it is revealed
        return render_error_page(413)
    if request.endpoint != ENDPOINT:
        return render_error_page(413)
    photo = photo_proposals.find_newest(speaker)
    form = PhotoForm.for_photo(photo, formdata=None)
    form.add_error(form.file, RuleViolation(str(TOO_LARGE)))
    return _render_form(speaker, photo, form, 413)


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def edit(slug: str) -> ResponseReturnValue:
    """Upload a photo or replace it, and describe it."""
    speaker = access.get_own_speaker(slug)
    photo = photo_proposals.find_newest(speaker)
    form = PhotoForm.for_photo(photo)
    if form.validate_on_submit():
        try:
            submitted = _propose(speaker, form)
        except (RuleViolation, InvalidFile) as refusal:
            form.add_error(form.file, refusal)
        else:
            next_endpoint = ".crop" if form.body else ".edit"
            return flash.redirect_to(url_for(next_endpoint, slug=slug), _flash_name(submitted))
    return _render_form(speaker, photo, form, 422 if form.errors else 200)


@bp.route("/part", methods=["GET", "POST"])
def crop(slug: str) -> ResponseReturnValue:
    """Choose the square that is shown."""
    speaker = access.get_own_speaker(slug)
    photo = _get_croppable_photo(speaker)
    form = CropForm(data=CropForm.initial_data(Crop.parse(photo.crop)))
    if form.validate_on_submit():
        try:
            submitted = photo_proposals.propose_crop(
                speaker, form.get_crop(), actor=access.current_actor()
            )
        except RuleViolation as refusal:
            form.add_error(form.position, refusal)
        else:
            return flash.redirect_to(url_for(".edit", slug=slug), _flash_name(submitted))
    return render_page(
        "speakers/crop.html", 422 if form.errors else 200, speaker=speaker, photo=photo, form=form
    )


@bp.post("/remove")
def remove(slug: str) -> ResponseReturnValue:
    """Propose to remove the photo."""
    submitted = photo_proposals.propose_removal(
        access.get_own_speaker(slug), actor=access.current_actor()
    )
    return flash.redirect_to(url_for(".edit", slug=slug), _flash_name(submitted))


@bp.post("/take-back")
def withdraw(slug: str) -> ResponseReturnValue:
    """Withdraw the proposed photo."""
    was_pending = photo_proposals.withdraw(
        access.get_own_speaker(slug), actor=access.current_actor()
    )
    return flash.redirect_to(
        url_for(".edit", slug=slug), "taken-back" if was_pending else "as-it-was"
    )


@bp.get("/<key>.jpg")
def image(slug: str, key: str) -> ResponseReturnValue:
    """Serve the cropped picture."""
    photo = photo_proposals.find_newest(access.get_own_speaker(slug))
    if photo is None or photo.key != key:
        raise NotFound("There is no photo at that address")
    return Response(photo.picture, mimetype="image/jpeg")


@bp.get("/whole.jpg")
def original(slug: str) -> ResponseReturnValue:
    """Serve the whole picture, to choose a crop."""
    return Response(
        _get_croppable_photo(access.get_own_speaker(slug)).original, mimetype="image/jpeg"
    )


def _get_croppable_photo(speaker: Speaker) -> Photo:
    photo = photo_proposals.find_newest(speaker)
    if photo is None or not photo.has_original:
        raise NotFound("There is no whole picture any more: hand it in again")
    return photo


def _propose(speaker: Speaker, form: PhotoForm) -> SubmitResult:
    description = form.description.data or ""
    if form.body:
        return photo_proposals.propose_photo(
            speaker, form.body, description, actor=access.current_actor()
        )
    return photo_proposals.propose_description(speaker, description, actor=access.current_actor())


def _flash_name(submitted: SubmitResult) -> str:
    if submitted.waiting:
        return "photo-sent"
    return "photo-saved" if submitted.applied else "as-it-was"


def _render_form(
    speaker: Speaker, photo: Photo | None, form: PhotoForm, status: int
) -> ResponseReturnValue:
    return render_page(
        "speakers/photo.html",
        status,
        speaker=speaker,
        photo=photo,
        form=form,
        is_pending=photo_proposals.states_by_speaker([speaker.id])[speaker.id] == OPEN,
        returned_proposal=photo_proposals.find_returned_proposal(speaker),
    )
