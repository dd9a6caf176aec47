"""The page on which a speaker names assistants, who then have the same powers."""

from datetime import timedelta

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from app.accounts import limits
from app.errors import Refused
from app.forms import ButtonForm, checks_its_own_token
from app.speakers import door, keeping, letters, queries, said
from app.speakers.forms import AssistantForm
from app.web.pages import page

MOST_IN_AN_HOUR = 10  # assistants that one person names: each gets a letter

pages = Blueprint("assisting", __name__, url_prefix="/<slug>/assistants")


@pages.route("", methods=["GET", "POST"])
@checks_its_own_token
def name(slug: str) -> ResponseReturnValue:
    """Show who keeps these pages, and take another's address."""
    mine = door.keeping(slug)
    speaker = mine.speaker
    form = AssistantForm()
    if form.validate_on_submit():
        within = timedelta(hours=1)
        limits.allow("name assistants", door.who(), times=MOST_IN_AN_HOUR, within=within)
        try:
            person = keeping.name_assistant(speaker, form.email.data or "", who=door.who())
        except Refused as refusal:
            form.reject(form.email, refusal)
        else:
            letters.named_assistant(speaker, person, door.who())
            return said.back(url_for(".name", slug=slug), "assistant-named")
    return page(
        "speakers/assistants.html",
        status=422 if form.errors else 200,
        form=form,
        button_form=ButtonForm(formdata=None),
        speaker=speaker,
        mine=mine,
        keepers=queries.keepers(speaker),
    )


@pages.post("/<int:number>/end")
def end(slug: str, number: int) -> ResponseReturnValue:
    """Let somebody help no longer; whoever is the speaker stays."""
    speaker = door.speaker(slug)
    keeping.end_assistant(speaker, number, who=door.who())
    return said.back(url_for(".name", slug=slug), "assistant-ended")
