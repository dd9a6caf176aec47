"""Whether a speaker takes part: confirm, ask for another time, or withdraw."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.errors import Refused, TooOften
from app.forms import checks_its_own_token
from app.programme.editing import speakers_listed
from app.programme.models import Speaker
from app.speakers import door, said, services
from app.speakers.forms import TakingPartForm
from app.speakers.models import ANOTHER_TIME, WITHDRAWAL
from app.web.pages import page

TOO_OFTEN = _l("The organisers have been told several times today. Wait for their answer")

pages = Blueprint("taking_part", __name__, url_prefix="/<slug>/taking-part")


@pages.route("", methods=["GET", "POST"])
@checks_its_own_token
def ask(slug: str) -> ResponseReturnValue:
    """Ask, and do what is answered."""
    speaker = door.speaker(slug)
    form = TakingPartForm(data={"seen": services.given(speaker)})
    status = 200
    if form.validate_on_submit():
        try:
            return _done(speaker, form)
        except TooOften:
            form.reject(form.answer, TooOften(str(TOO_OFTEN)))
            status = 429
        except Refused as refusal:
            form.reject(form.answer, refusal)
            form.seen.data = services.given(speaker)
            status = 409
    return page(
        "speakers/taking_part.html",
        status=422 if form.errors and status == 200 else status,
        form=form,
        speaker=speaker,
        sessions=speakers_listed.sessions_of(speaker),
    )


def _done(speaker: Speaker, form: TakingPartForm) -> ResponseReturnValue:
    answer, words = form.said()
    if answer == WITHDRAWAL:
        services.withdraw(speaker, words, who=door.who())
    elif answer == ANOTHER_TIME:
        services.ask_for_another_time(speaker, words, who=door.who())
    else:
        services.confirm(speaker, seen=form.seen.data or "", who=door.who())
    return said.back_to_list(speaker, _news(answer))


def _news(answer: str) -> str:
    return {WITHDRAWAL: "withdrawn", ANOTHER_TIME: "asked"}.get(answer, "confirmed")
