"""The pages of the short questions, and of a speaker's absences."""

from typing import Final

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.forms.base import validates_own_csrf
from app.programme.editing.versioned_edits import StaleEdit
from app.programme.fields.speakers import ABSENCES, SPEAKER_FIELDS
from app.programme.models import Speaker
from app.registration import queries as registration
from app.speakers import access, flash, forms, questions
from app.speakers.forms import (
    AnswerForm,
    AudioVisualForm,
    AvailabilityForm,
    NeedsForm,
    PublishingConsentForm,
    TravelForm,
)
from app.web.formatting import conference_zone
from app.web.rendering import render_page

FORMS: Final[dict[str, type[AnswerForm]]] = {
    "access-needs": NeedsForm,
    "audio-visual": AudioVisualForm,
    "travel": TravelForm,
    "consent": PublishingConsentForm,
}
QUESTION_NAMES = ", ".join(f'"{name}"' for name in FORMS)

bp = Blueprint("questions", __name__, url_prefix="/<slug>")


@bp.route(f"/<any({QUESTION_NAMES}):question>", methods=["GET", "POST"])
@validates_own_csrf
def edit(slug: str, question: str) -> ResponseReturnValue:
    """Ask a short question and store the answer."""
    speaker = access.get_own_speaker(slug)
    short_question = FORMS[question].question
    current = questions.get_answer(speaker, short_question)
    form = FORMS[question](data={**current, "seen": questions.fingerprint(current)})
    stale = None
    if form.validate_on_submit():
        expected = form.seen.data or ""
        try:
            has_changed = questions.save_answer(
                speaker,
                short_question,
                form.get_answers(),
                expected_fingerprint=expected,
                actor=access.current_actor(),
            )
        except StaleEdit as error:
            stale = error
            form.seen.data = questions.fingerprint(questions.get_answer(speaker, short_question))
        else:
            return flash.redirect_to_checklist(speaker, "saved" if has_changed else "as-it-was")
    return _render_form(f"speakers/{question.replace('-', '_')}.html", speaker, form, stale)


@bp.route("/availability", methods=["GET", "POST"])
@validates_own_csrf
def availability(slug: str) -> ResponseReturnValue:
    """Ask when a speaker cannot appear."""
    speaker = access.get_own_speaker(slug)
    initial = forms.initial_absences(speaker.absences, conference_zone())
    form = AvailabilityForm(data={"absences": initial, "seen": _fingerprint_absences(speaker)})
    stale = None
    if form.apply_button(request.form.get("press", ""), registration.conference_days()):
        return _render_form("speakers/availability.html", speaker, form, None)
    if form.validate_on_submit():
        absence_intervals, expected = (
            form.absences.to_intervals(conference_zone()),
            form.seen.data or "",
        )
        try:
            has_changed = questions.set_absences(
                speaker,
                absence_intervals,
                expected_fingerprint=expected,
                actor=access.current_actor(),
            )
        except StaleEdit as error:
            stale = error
            form.seen.data = _fingerprint_absences(speaker)
        else:
            return flash.redirect_to_checklist(speaker, "saved" if has_changed else "as-it-was")
    return _render_form("speakers/availability.html", speaker, form, stale)


def _fingerprint_absences(speaker: Speaker) -> str:
    return questions.fingerprint(SPEAKER_FIELDS.get_value(speaker, ABSENCES))


def _render_form(
    template: str, speaker: Speaker, form: AnswerForm | AvailabilityForm, stale: StaleEdit | None
) -> ResponseReturnValue:
    return render_page(
        template,
        status=409 if stale else 422 if form.errors else 200,
        form=form,
        speaker=speaker,
        stale=stale,
        pressed=request.form.get("press", ""),
    )
