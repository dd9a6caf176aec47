"""Participation: confirm, ask for another time, or withdraw."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.errors import RateLimitExceeded, RuleViolation
from app.forms.base import ConfirmForm, validates_own_csrf
from app.programme.editing import speaker_queries
from app.speakers import access, queries, services
from app.speakers.forms import ParticipationForm
from app.speakers.models import ANOTHER_TIME, WITHDRAWAL, SpeakerAccess
from app.web import flash
from app.web.rendering import render_page

TOO_MANY_REQUESTS = _l(
    "You have contacted the organisers several times today. Wait for their answer"
)

bp = Blueprint("participation", __name__, url_prefix="/<slug>/taking-part")

flash.MESSAGES["speakers"] |= {
    "confirmed": _l("Thank you for confirming that you are taking part."),
    "asked": _l("We have told the organisers, who will contact you. Nothing has changed yet."),
    "request-taken-back": _l("You have withdrawn your request."),
    "withdrawn": _l("We have told the organisers. We are sorry that you cannot come."),
}


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def edit(slug: str) -> ResponseReturnValue:
    """Show the question and carry out the answer; withdrawing asks for confirmation first."""
    own_access = access.get_access(slug)
    speaker = own_access.speaker
    form = ParticipationForm(data={"fingerprint": services.participation_fingerprint(speaker)})
    status = 200
    if form.validate_on_submit():
        if form.needs_confirmation and not own_access.is_assistant:
            return _render("withdraw", own_access, form)
        try:
            return _save_answer(own_access, form)
        except RateLimitExceeded:
            form.add_error(form.answer, RateLimitExceeded(str(TOO_MANY_REQUESTS)))
            status = 429
        except RuleViolation as refusal:
            form.add_error(form.answer, refusal)
            form.fingerprint.data = services.participation_fingerprint(speaker)
            status = 409
    return _render(
        "participation", own_access, form, 422 if form.errors and status == 200 else status
    )


@bp.post("/take-back/<int(max=999999999):number>")
def take_back(slug: str, number: int) -> ResponseReturnValue:
    """Take back a request for another time."""
    speaker = access.get_own_speaker(slug)
    services.take_back_request(speaker, number, actor=access.current_actor())
    return flash.redirect_to(url_for(".edit", slug=slug), "request-taken-back")


def _render(
    page: str, own_access: SpeakerAccess, form: ParticipationForm, status: int = 200
) -> ResponseReturnValue:
    speaker = own_access.speaker
    return render_page(
        f"speakers/{page}.html",
        status=status,
        form=form,
        button_form=ConfirmForm(formdata=None),
        access=own_access,
        speaker=speaker,
        sessions=speaker_queries.list_session_roles(speaker),
        requests=queries.list_requests_of(speaker),
    )


def _save_answer(own_access: SpeakerAccess, form: ParticipationForm) -> ResponseReturnValue:
    answer, message = form.get_answer()
    speaker, expected = own_access.speaker, form.fingerprint.data or ""
    actor = access.current_actor()
    if answer == WITHDRAWAL:
        services.withdraw(own_access, message, expected_fingerprint=expected)
    elif answer == ANOTHER_TIME:
        services.request_another_time(speaker, message, expected_fingerprint=expected, actor=actor)
    else:
        services.confirm(speaker, expected_fingerprint=expected, actor=actor)
    name = {WITHDRAWAL: "withdrawn", ANOTHER_TIME: "asked"}.get(answer, "confirmed")
    return flash.redirect_to(url_for("speakers.show_checklist", slug=speaker.slug), name)
