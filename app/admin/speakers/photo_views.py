"""The photo of a speaker: upload, describe, crop and remove it."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import RequestEntityTooLarge

from app.accounts import guards, roles
from app.accounts.guards import current_actor
from app.errors import InvalidFile, NotFound, RuleViolation
from app.forms.base import FORM_OVERHEAD_BYTES, validates_own_csrf
from app.programme.editing import speaker_queries
from app.programme.models import Photo, Speaker
from app.programme.photos import services
from app.programme.photos.cropping import Crop
from app.programme.photos.processing import MAX_UPLOAD_BYTES
from app.speakers.photo_forms import TOO_LARGE, CropForm, PhotoForm
from app.web import flash
from app.web.error_handlers import render_error_page
from app.web.rendering import render_page

flash.MESSAGES["admin"] |= {
    "photo-saved": _l("The photo has been saved. Readers see it once you publish."),
    "photo-removed": _l(
        "The photo has been taken away. What readers see changes once you publish."
    ),
}


PHOTO_ENDPOINT = "admin.speakers.photo"


def add_url_rules(bp: Blueprint) -> None:
    """Register the routes on the blueprint of speakers."""
    bp.url_value_preprocessor(_allow_large_upload)
    bp.register_error_handler(RequestEntityTooLarge, handle_too_large)
    bp.add_url_rule("/<slug>/photo", view_func=photo, methods=["GET", "POST"])
    bp.add_url_rule("/<slug>/photo.jpg", view_func=photo_image)
    bp.add_url_rule("/<slug>/photo/part", view_func=crop_photo, methods=["GET", "POST"])
    bp.add_url_rule("/<slug>/photo/whole.jpg", view_func=original_photo)
    bp.add_url_rule("/<slug>/photo/remove", view_func=remove_photo, methods=["POST"])


def _allow_large_upload(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Raise the request size limit for uploads of people with a login session."""
    if endpoint == PHOTO_ENDPOINT and guards.session_token():
        request.max_content_length = MAX_UPLOAD_BYTES + FORM_OVERHEAD_BYTES


def handle_too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Show beside the field that the picture is too large."""
    if request.endpoint != PHOTO_ENDPOINT or not guards.can_change(roles.PROGRAMME):
        return render_error_page(413)
    speaker = speaker_queries.get_speaker((request.view_args or {})["slug"])
    form = PhotoForm.for_photo(speaker.photo, formdata=None)
    form.add_error(form.file, RuleViolation(str(TOO_LARGE)))
    return _render_form(speaker, form, 413)


@validates_own_csrf
def photo(slug: str) -> ResponseReturnValue:
    """Upload a photo, or change the description of the current one."""
    speaker = speaker_queries.get_speaker(slug)
    form = PhotoForm.for_photo(speaker.photo)
    if form.validate_on_submit():
        try:
            is_news = _save_photo(speaker, form)
        except InvalidFile as refusal:
            form.add_error(form.file, refusal)
        else:
            return _redirect(speaker, "photo-saved" if is_news else "as-it-was")
    return _render_form(speaker, form, 422 if form.errors else 200)


def crop_photo(slug: str) -> ResponseReturnValue:
    """Choose which square of the picture is shown."""
    speaker = speaker_queries.get_speaker(slug)
    photo = _get_croppable_photo(speaker)
    form = CropForm(data=CropForm.initial_data(Crop.parse(photo.crop)))
    if form.validate_on_submit():
        try:
            is_news = services.set_crop(speaker, form.get_crop(), actor=current_actor())
        except RuleViolation as refusal:
            form.add_error(form.position, refusal)
        else:
            return _redirect(speaker, "photo-saved" if is_news else "as-it-was")
    return render_page(
        "admin/speakers/crop.html",
        422 if form.errors else 200,
        speaker=speaker,
        photo=photo,
        form=form,
        back=url_for(".show", slug=slug),
        trail=[(speaker.name, url_for(".show", slug=slug))],
    )


def original_photo(slug: str) -> ResponseReturnValue:
    """Return the original picture."""
    return Response(
        _get_croppable_photo(speaker_queries.get_speaker(slug)).original, mimetype="image/jpeg"
    )


def remove_photo(slug: str) -> ResponseReturnValue:
    """Remove the photo."""
    speaker = speaker_queries.get_speaker(slug)
    was_there = services.remove(speaker, actor=current_actor())
    return _redirect(speaker, "photo-removed" if was_there else "as-it-was")


def photo_image(slug: str) -> ResponseReturnValue:
    """Return the working version of the photo, which may not be public yet."""
    photo = speaker_queries.get_speaker(slug).photo
    if photo is None:
        raise NotFound("This speaker has no photo")
    return Response(photo.picture, mimetype="image/jpeg")


def _get_croppable_photo(speaker: Speaker) -> Photo:
    if speaker.photo is None or speaker.photo.original is None:
        raise NotFound("There is no whole picture any more: hand it in again")
    return speaker.photo


def _save_photo(speaker: Speaker, form: PhotoForm) -> bool:
    words = form.description.data or ""
    if form.body:
        return services.set_photo(speaker, form.body, words, actor=current_actor())
    return services.set_description(speaker, words, actor=current_actor())


def _render_form(speaker: Speaker, form: PhotoForm, status: int) -> ResponseReturnValue:
    back = url_for(".show", slug=speaker.slug)
    trail = [(speaker.name, back)]
    return render_page(
        "admin/speakers/photo.html", status, speaker=speaker, form=form, back=back, trail=trail
    )


def _redirect(speaker: Speaker, message_key: str) -> ResponseReturnValue:
    return flash.redirect_to(url_for(".show", slug=speaker.slug), message_key)
