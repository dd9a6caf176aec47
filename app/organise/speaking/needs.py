"""What a speaker needs to take part: shown when somebody presses for it, and then noted."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from app.organise import edited
from app.programme.editing import speakers_listed
from app.speakers import questions
from app.web.pages import page

pages = Blueprint("speaker_needs", __name__, url_prefix="/speaking/speakers/<slug>/needs")


@pages.post("")
def shown(slug: str) -> ResponseReturnValue:
    """Show what a speaker needs, and write down who looked."""
    speaker = speakers_listed.speaker(slug)
    return page(
        "organise/speaking/needs.html",
        speaker=speaker,
        access=questions.show_needs(speaker, who=edited.who()),
        back=url_for("organise.speaking.keepers.shown", slug=slug),
        trail=[(speaker.name, url_for("organise.speakers.shown", slug=slug))],
    )
