"""The pages of the short questions, and of the times at which a speaker cannot appear."""

from typing import Final

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.forms import checks_its_own_token
from app.programme.editing.edits import Stale
from app.programme.editing.of_speakers import ABSENCES, KIND
from app.programme.models import Speaker
from app.registration import queries as registration
from app.speakers import absences, door, questions, said
from app.speakers.forms import (
    AnswerForm,
    AudioVisualForm,
    AvailabilityForm,
    ConsentForm,
    NeedsForm,
    TravelForm,
)
from app.web.pages import page
from app.web.words import zone

FORMS: Final[dict[str, type[AnswerForm]]] = {
    "access-needs": NeedsForm,
    "audio-visual": AudioVisualForm,
    "travel": TravelForm,
    "consent": ConsentForm,
}
ANY = ", ".join(f'"{name}"' for name in FORMS)

pages = Blueprint("answering", __name__, url_prefix="/<slug>")


@pages.route(f"/<any({ANY}):question>", methods=["GET", "POST"])
@checks_its_own_token
def ask(slug: str, question: str) -> ResponseReturnValue:
    """Ask a short question, and keep the answer."""
    speaker = door.speaker(slug)
    asked = FORMS[question].question
    held = questions.held(speaker, asked)
    form = FORMS[question](data={**held, "seen": questions.seal(held)})
    stale = None
    if form.validate_on_submit():
        seen = form.seen.data or ""
        try:
            is_news = questions.answer(speaker, asked, form.told(), seen=seen, who=door.who())
        except Stale as late:
            stale = late
            form.seen.data = questions.seal(questions.held(speaker, asked))
        else:
            return said.back_to_list(speaker, "saved" if is_news else "as-it-was")
    return _shown(f"speakers/{question.replace('-', '_')}.html", speaker, form, stale)


@pages.route("/availability", methods=["GET", "POST"])
@checks_its_own_token
def availability(slug: str) -> ResponseReturnValue:
    """Ask when a speaker cannot appear."""
    speaker = door.speaker(slug)
    shown = absences.shown(speaker.absences, zone())
    form = AvailabilityForm(data={"absences": shown, "seen": _seal_of(speaker)})
    stale = None
    if form.arrange(request.form.get("press", ""), registration.days()):
        return _shown("speakers/availability.html", speaker, form, None)
    if form.validate_on_submit():
        told, seen = form.absences.moments(zone()), form.seen.data or ""
        try:
            is_news = questions.say_when_absent(speaker, told, seen=seen, who=door.who())
        except Stale as late:
            stale = late
            form.seen.data = _seal_of(speaker)
        else:
            return said.back_to_list(speaker, "saved" if is_news else "as-it-was")
    return _shown("speakers/availability.html", speaker, form, stale)


def _seal_of(speaker: Speaker) -> str:
    return questions.seal(KIND.value(speaker, ABSENCES))


def _shown(
    template: str, speaker: Speaker, form: AnswerForm | AvailabilityForm, stale: Stale | None
) -> ResponseReturnValue:
    return page(
        template,
        status=409 if stale else 422 if form.errors else 200,
        form=form,
        speaker=speaker,
        stale=stale,
        pressed=request.form.get("press", ""),
    )
