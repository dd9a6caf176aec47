"""A speaker's own photo: hand one in, say what it shows, choose the part, take it away."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from app.accounts import guards
from app.errors import ConferenceError, NotFound, Refused, Unreadable
from app.forms import checks_its_own_token
from app.programme.cuts import Cut
from app.programme.models import Photo, Speaker
from app.programme.photos import LARGEST
from app.programme.proposals.models import OPEN
from app.programme.proposals.services import Sent
from app.speakers import door, proposed_photos, said
from app.speakers.photo_forms import TOO_LARGE, CutForm, PhotoForm
from app.web.answers import problem
from app.web.handed_in import ROOM_AROUND
from app.web.pages import page

ENDPOINT = "speakers.photo.ask"

pages = Blueprint("photo", __name__, url_prefix="/<slug>/photo")


@pages.url_value_preprocessor
def take_large_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let those who have signed in hand in a picture as a camera makes it."""
    if endpoint == ENDPOINT and guards.held_secret():
        request.max_content_length = LARGEST + ROOM_AROUND


@pages.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Say beside the question that a picture is too large."""
    try:
        speaker = door.speaker((request.view_args or {}).get("slug", ""))
    except ConferenceError:  # they are not theirs, and are not talked about
        return problem(413)
    if request.endpoint != ENDPOINT:
        return problem(413)
    photo = proposed_photos.newest(speaker)
    form = PhotoForm.about(photo, formdata=None)
    form.reject(form.file, Refused(str(TOO_LARGE)))
    return _ask(speaker, photo, form, 413)


@pages.route("", methods=["GET", "POST"])
@checks_its_own_token
def ask(slug: str) -> ResponseReturnValue:
    """Ask for a photo, or for another one, and what it shows."""
    speaker = door.speaker(slug)
    photo = proposed_photos.newest(speaker)
    form = PhotoForm.about(photo)
    if form.validate_on_submit():
        try:
            sent = _send(speaker, form)
        except (Refused, Unreadable) as refusal:
            form.reject(form.file, refusal)
        else:
            there = ".part" if form.body else ".ask"
            return said.back(url_for(there, slug=slug), _news(sent))
    return _ask(speaker, photo, form, 422 if form.errors else 200)


@pages.route("/part", methods=["GET", "POST"])
def part(slug: str) -> ResponseReturnValue:
    """Ask which square of the picture is shown."""
    speaker = door.speaker(slug)
    photo = _to_cut(speaker)
    form = CutForm(data=CutForm.shown(Cut.read(photo.cut)))
    if form.validate_on_submit():
        try:
            sent = proposed_photos.cut(speaker, form.cut(), who=door.who())
        except Refused as refusal:
            form.reject(form.position, refusal)
        else:
            return said.back(url_for(".ask", slug=slug), _news(sent))
    return page(
        "speakers/part.html", 422 if form.errors else 200, speaker=speaker, photo=photo, form=form
    )


@pages.post("/remove")
def remove(slug: str) -> ResponseReturnValue:
    """Take the photo away, once an organiser has agreed."""
    sent = proposed_photos.take_away(door.speaker(slug), who=door.who())
    return said.back(url_for(".ask", slug=slug), _news(sent))


@pages.post("/take-back")
def take_back(slug: str) -> ResponseReturnValue:
    """Let nobody decide on the photo that was sent."""
    was_there = proposed_photos.take_back(door.speaker(slug), who=door.who())
    return said.back(url_for(".ask", slug=slug), "taken-back" if was_there else "as-it-was")


@pages.get("/<key>.jpg")
def picture(slug: str, key: str) -> ResponseReturnValue:
    """Show the square as it is now."""
    photo = proposed_photos.newest(door.speaker(slug))
    if photo is None or photo.key != key:
        raise NotFound("There is no photo at that address")
    return Response(photo.picture, mimetype="image/jpeg")


@pages.get("/whole.jpg")
def whole(slug: str) -> ResponseReturnValue:
    """Show the whole picture, to choose from."""
    return Response(_to_cut(door.speaker(slug)).whole, mimetype="image/jpeg")


def _to_cut(speaker: Speaker) -> Photo:
    photo = proposed_photos.newest(speaker)
    if photo is None or not photo.has_whole:
        raise NotFound("There is no whole picture any more: hand it in again")
    return photo


def _send(speaker: Speaker, form: PhotoForm) -> Sent:
    words = form.description.data or ""
    if form.body:
        return proposed_photos.offer(speaker, form.body, words, who=door.who())
    return proposed_photos.describe(speaker, words, who=door.who())


def _news(sent: Sent) -> str:
    if sent.waiting:
        return "photo-sent"
    return "photo-saved" if sent.made else "as-it-was"


def _ask(
    speaker: Speaker, photo: Photo | None, form: PhotoForm, status: int
) -> ResponseReturnValue:
    return page(
        "speakers/photo.html",
        status,
        speaker=speaker,
        photo=photo,
        form=form,
        waits=proposed_photos.standing([speaker.id])[speaker.id] == OPEN,
        came_back=proposed_photos.sent_back(speaker),
    )
