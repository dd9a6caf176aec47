"""Participation: confirm, ask for another time, or withdraw."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.errors import RateLimitExceeded, RuleViolation
from app.forms.base import validates_own_csrf
from app.programme.editing import speaker_queries
from app.programme.models import Speaker
from app.speakers import access, services
from app.speakers.forms import ParticipationForm
from app.speakers.models import ANOTHER_TIME, WITHDRAWAL
from app.web import flash
from app.web.rendering import render_page

TOO_MANY_REQUESTS = _l("The organisers have been told several times today. Wait for their answer")

bp = Blueprint("participation", __name__, url_prefix="/<slug>/taking-part")

flash.MESSAGES["speakers"] |= {
    "confirmed": _l("Thank you: you take part."),
    "asked": _l("The organisers have been told, and will write to you. Nothing has changed yet."),
    "withdrawn": _l("The organisers have been told. We are sorry that you cannot come."),
}


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def edit(slug: str) -> ResponseReturnValue:
    """Show the question and carry out the answer."""
    speaker = access.get_own_speaker(slug)
    form = ParticipationForm(data={"fingerprint": services.schedule_fingerprint(speaker)})
    status = 200
    if form.validate_on_submit():
        try:
            return _save_answer(speaker, form)
        except RateLimitExceeded:
            form.add_error(form.answer, RateLimitExceeded(str(TOO_MANY_REQUESTS)))
            status = 429
        except RuleViolation as refusal:
            form.add_error(form.answer, refusal)
            form.fingerprint.data = services.schedule_fingerprint(speaker)
            status = 409
    return render_page(
        "speakers/participation.html",
        status=422 if form.errors and status == 200 else status,
        form=form,
        speaker=speaker,
        sessions=speaker_queries.list_session_roles(speaker),
    )


def _save_answer(speaker: Speaker, form: ParticipationForm) -> ResponseReturnValue:
    answer, message = form.get_answer()
    if answer == WITHDRAWAL:
        services.withdraw(speaker, message, actor=access.current_actor())
    elif answer == ANOTHER_TIME:
        services.request_another_time(speaker, message, actor=access.current_actor())
    else:
        services.confirm(
            speaker, expected_fingerprint=form.fingerprint.data or "", actor=access.current_actor()
        )
    name = {WITHDRAWAL: "withdrawn", ANOTHER_TIME: "asked"}.get(answer, "confirmed")
    return flash.redirect_to(url_for("speakers.show_checklist", slug=speaker.slug), name)
