"""The pages of the short questions, and of a speaker's absences."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.errors import StaleEdit
from app.forms.form import validates_own_csrf
from app.programme.fields.speakers import ABSENCES, SPEAKER_FIELDS
from app.programme.models import Speaker
from app.releases.current_release import conference_days
from app.speakers import access, forms, questions
from app.speakers.forms import (
    AnswerForm,
    AudioVisualForm,
    AvailabilityForm,
    NeedsForm,
    PublishingConsentForm,
    TravelForm,
)
from app.web import redirects
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

redirects.MESSAGES["speakers"] |= {
    "saved": _l("Saved. Thank you."),
}


@bp.route(f"/<any({QUESTION_NAMES}):question>", methods=["GET", "POST"])
@validates_own_csrf
def edit(slug: str, question: str) -> ResponseReturnValue:
    """Ask a short question and store the answer."""
    speaker = access.get_own_speaker(slug)
    short_question = FORMS[question].question
    get_current = partial(questions.get_answer, speaker, short_question)
    current = get_current()
    form = FORMS[question](data={**current, "fingerprint": questions.fingerprint(current)})
    form.explain_unreadable(current)
    save = partial(questions.save_answer, speaker, short_question)
    template = f"speakers/{question.replace('-', '_')}.html"
    return _save_or_render(template, speaker, form, save, get_current)


@bp.route("/availability", methods=["GET", "POST"])
@validates_own_csrf
def availability(slug: str) -> ResponseReturnValue:
    """Ask when a speaker cannot appear."""
    speaker = access.get_own_speaker(slug)
    get_current = partial(SPEAKER_FIELDS.get_value, speaker, ABSENCES)
    initial = forms.initial_absences(speaker.absences, conference_zone())
    form = AvailabilityForm(
        data={"absences": initial, "fingerprint": questions.fingerprint(get_current())}
    )
    if form.apply_button(request.form.get("button", ""), conference_days()):
        return _render_form("speakers/availability.html", speaker, form)
    save = partial(questions.set_absences, speaker)
    return _save_or_render("speakers/availability.html", speaker, form, save, get_current)


@bp.post("/nothing-needed")
def nothing_needed(slug: str) -> ResponseReturnValue:
    """Answer all open questions that can be answered with "none" at once."""
    has_changed = questions.answer_with_none(
        access.get_own_speaker(slug), actor=access.current_actor()
    )
    checklist = url_for("speakers.show_checklist", slug=slug)
    return redirects.redirect_to(checklist, "saved" if has_changed else "as-it-was")


def _save_or_render(
    template: str,
    speaker: Speaker,
    form: AnswerForm | AvailabilityForm,
    save: Callable[..., bool],
    get_current: Callable[[], Any],
) -> ResponseReturnValue:
    """Save a valid answer; otherwise show the page, also after a concurrent change."""
    stale = None
    if form.validate_on_submit():
        expected = form.fingerprint.data or ""
        try:
            has_changed = save(
                form.get_answers(), expected_fingerprint=expected, actor=access.current_actor()
            )
        except StaleEdit as error:
            stale, form.fingerprint.data = error, questions.fingerprint(get_current())
        else:
            checklist = url_for("speakers.show_checklist", slug=speaker.slug)
            return redirects.redirect_to(checklist, "saved" if has_changed else "as-it-was")
    return _render_form(template, speaker, form, stale)


def _render_form(
    template: str,
    speaker: Speaker,
    form: AnswerForm | AvailabilityForm,
    stale: StaleEdit | None = None,
) -> ResponseReturnValue:
    return render_page(
        template,
        status=409 if stale else None,
        form=form,
        speaker=speaker,
        stale=stale,
        pressed_button=request.form.get("button", ""),
    )
