"""A speaker's profile: what readers see of them, as they write it."""

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.errors import NotFound
from app.forms import ButtonForm, checks_its_own_token
from app.programme import page_of
from app.programme import profile as words
from app.programme import queries as programme
from app.programme.editing.of_speakers import PHOTO
from app.programme.models import Speaker
from app.programme.proposals import seen, services
from app.registration import countries
from app.speakers import door, proposed_photos, said
from app.speakers.texts import writing
from app.speakers.texts.forms import ProfileForm
from app.speakers.texts.writing import Asked, WordsForm
from app.web import languages
from app.web.pages import page

pages = Blueprint("profile", __name__, url_prefix="/<slug>/profile")


NAMES = {"biography": _l("Biography"), "links": _l("Links")}


class _Profile:
    """The pages of one speaker's profile."""

    form = ProfileForm

    def __init__(self, speaker: Speaker) -> None:
        self.thing = speaker

    def ask(self, asked: Asked) -> ResponseReturnValue:
        trusted = programme.conference().trusted_fields.split()
        return page(
            "speakers/texts/profile.html",
            asked.status,
            asked=asked,
            form=asked.form,
            speaker=self.thing,
            by_itself=[str(said) for name, said in NAMES.items() if name in trusted],
            pressed=request.form.get("press", ""),
            countries=countries.listed(languages.current().code),
        )

    def look(self, form: WordsForm) -> ResponseReturnValue:
        photo = proposed_photos.newest(self.thing)
        typed = {**form.typed, PHOTO: photo.key if photo else None}
        found, around = seen.speaker(self.thing, typed)
        return page(
            "speakers/texts/seen_speaker.html",
            **page_of.speaker(around, found),
            typed=writing.typed(),
            form=ButtonForm(formdata=None),
            trail=[(self.thing.name, url_for("speakers.listed", slug=self.thing.slug))],
        )

    def thank(self, news: str) -> ResponseReturnValue:
        return said.back_to_list(self.thing, news)


@pages.route("", methods=["GET", "POST"])
@checks_its_own_token
def write(slug: str) -> ResponseReturnValue:
    """Write, look, send."""
    return writing.write(_Profile(door.speaker(slug)))


@pages.post("/take-back")
def take_back(slug: str) -> ResponseReturnValue:
    """Let nobody decide on the words that were sent; a photo goes on waiting."""
    speaker = door.speaker(slug)
    was_there = services.take_back(speaker, words.FIELDS, who=door.who())
    return said.back_to_list(speaker, "taken-back" if was_there else "as-it-was")


@pages.get("/photo.jpg")
def photo(slug: str) -> ResponseReturnValue:
    """Give the photo that readers will see with it, public or not."""
    found = proposed_photos.newest(door.speaker(slug))
    if found is None:
        raise NotFound("There is no photo yet")
    return Response(found.picture, mimetype="image/jpeg")
