"""The page on which a speaker adds and removes assistants."""

from datetime import timedelta

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts import rate_limits
from app.errors import RuleViolation
from app.forms.base import ConfirmForm, validates_own_csrf
from app.speakers import access, emails, queries
from app.speakers.forms import AssistantForm
from app.web import flash
from app.web.rendering import render_page

MAX_PER_HOUR = 10  # assistants that one person may add: each is emailed

bp = Blueprint("assistants", __name__, url_prefix="/<slug>/assistants")

flash.MESSAGES["speakers"] |= {
    "assistant-named": _l("We are emailing them a link."),
    "assistant-ended": _l("They can no longer open these pages."),
}


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def add(slug: str) -> ResponseReturnValue:
    """List who has access, and add an assistant."""
    own_access = access.get_access(slug)
    speaker = own_access.speaker
    form = AssistantForm()
    if form.validate_on_submit():
        within = timedelta(hours=1)
        rate_limits.hit(
            "name assistants", access.current_actor(), times=MAX_PER_HOUR, within=within
        )
        try:
            person = access.add_assistant(
                speaker, form.email.data or "", actor=access.current_actor()
            )
        except RuleViolation as refusal:
            form.add_error(form.email, refusal)
        else:
            emails.send_assistant_invitation(speaker, person, access.current_actor())
            return flash.redirect_to(url_for(".add", slug=slug), "assistant-named")
    return render_page(
        "speakers/assistants.html",
        status=422 if form.errors else 200,
        form=form,
        button_form=ConfirmForm(formdata=None),
        speaker=speaker,
        own_access=own_access,
        access_rows=queries.list_access_to_speaker(speaker),
    )


@bp.post("/<int:number>/end")
def revoke(slug: str, number: int) -> ResponseReturnValue:
    """Revoke an assistant's access."""
    speaker = access.get_own_speaker(slug)
    access.revoke_assistant(speaker, number, actor=access.current_actor())
    return flash.redirect_to(url_for(".add", slug=slug), "assistant-ended")
