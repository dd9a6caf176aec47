"""The photo of a speaker: hand one in, say what it shows, choose the part, take it away."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from app.accounts import guards, roles
from app.errors import NotFound, Refused, Unreadable
from app.forms import checks_its_own_token
from app.organise import done
from app.organise.edited import who
from app.programme.cuts import Cut
from app.programme.editing import photos, speakers_listed
from app.programme.models import Photo, Speaker
from app.programme.photos import LARGEST
from app.speakers.photo_forms import TOO_LARGE, CutForm, PhotoForm
from app.web.answers import problem
from app.web.handed_in import ROOM_AROUND
from app.web.pages import page

ENDPOINT = "organise.speakers.photo"


def attach(pages: Blueprint) -> None:
    """Put these addresses on the part."""
    pages.url_value_preprocessor(_take_large_files)
    pages.register_error_handler(RequestEntityTooLarge, too_large)
    pages.add_url_rule("/<slug>/photo", view_func=photo, methods=["GET", "POST"])
    pages.add_url_rule("/<slug>/photo.jpg", view_func=picture)
    pages.add_url_rule("/<slug>/photo/part", view_func=part, methods=["GET", "POST"])
    pages.add_url_rule("/<slug>/photo/whole.jpg", view_func=whole)
    pages.add_url_rule("/<slug>/photo/remove", view_func=remove_photo, methods=["POST"])


def _take_large_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let those who have signed in here hand in a picture as a camera makes it."""
    if endpoint == ENDPOINT and guards.held_secret():
        request.max_content_length = LARGEST + ROOM_AROUND


def too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Say beside the question that a picture is too large."""
    if request.endpoint != ENDPOINT or not guards.may_change(roles.PROGRAMME):
        return problem(413)
    speaker = speakers_listed.speaker((request.view_args or {})["slug"])
    form = PhotoForm.about(speaker.photo, formdata=None)
    form.reject(form.file, Refused(str(TOO_LARGE)))
    return _ask(speaker, form, 413)


@checks_its_own_token
def photo(slug: str) -> ResponseReturnValue:
    """Give a speaker a photo in place of the one they have, or say what theirs shows."""
    speaker = speakers_listed.speaker(slug)
    form = PhotoForm.about(speaker.photo)
    if form.validate_on_submit():
        try:
            is_news = _bring(speaker, form)
        except Unreadable as refusal:
            form.reject(form.file, refusal)
        else:
            return _see(speaker, "photo-saved" if is_news else "as-it-was")
    return _ask(speaker, form, 422 if form.errors else 200)


def part(slug: str) -> ResponseReturnValue:
    """Choose which square of the picture is shown."""
    speaker = speakers_listed.speaker(slug)
    photo = _photo_to_cut(speaker)
    form = CutForm(data=CutForm.shown(Cut.read(photo.cut)))
    if form.validate_on_submit():
        try:
            is_news = photos.cut(speaker, form.cut(), who=who())
        except Refused as refusal:
            form.reject(form.position, refusal)
        else:
            return _see(speaker, "photo-saved" if is_news else "as-it-was")
    return page(
        "organise/speakers/part.html",
        422 if form.errors else 200,
        speaker=speaker,
        photo=photo,
        form=form,
        back=url_for(".shown", slug=slug),
        trail=[(speaker.name, url_for(".shown", slug=slug))],
    )


def whole(slug: str) -> ResponseReturnValue:
    """Show the whole picture that the photo was cut from."""
    return Response(_photo_to_cut(speakers_listed.speaker(slug)).whole, mimetype="image/jpeg")


def remove_photo(slug: str) -> ResponseReturnValue:
    """Take the photo of a speaker away."""
    speaker = speakers_listed.speaker(slug)
    was_there = photos.take_away(speaker, who=who())
    return _see(speaker, "photo-removed" if was_there else "as-it-was")


def picture(slug: str) -> ResponseReturnValue:
    """Show the photo that readers will see, to those who may see what is being worked on."""
    photo = speakers_listed.speaker(slug).photo
    if photo is None:
        raise NotFound("This speaker has no photo")
    return Response(photo.picture, mimetype="image/jpeg")


def _photo_to_cut(speaker: Speaker) -> Photo:
    if speaker.photo is None or speaker.photo.whole is None:
        raise NotFound("There is no whole picture any more: hand it in again")
    return speaker.photo


def _bring(speaker: Speaker, form: PhotoForm) -> bool:
    words = form.description.data or ""
    if form.body:
        return photos.give(speaker, form.body, words, who=who())
    return photos.describe(speaker, words, who=who())


def _ask(speaker: Speaker, form: PhotoForm, status: int) -> ResponseReturnValue:
    back = url_for(".shown", slug=speaker.slug)
    trail = [(speaker.name, back)]
    return page(
        "organise/speakers/photo.html", status, speaker=speaker, form=form, back=back, trail=trail
    )


def _see(speaker: Speaker, what: str) -> ResponseReturnValue:
    return redirect(done.at(url_for(".shown", slug=speaker.slug), what), 303)
