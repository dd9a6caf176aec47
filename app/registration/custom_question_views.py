"""The pages of registration with the organisers' questions, together or one by one.

A question that depends on an answer is asked as soon as that answer is given: a script shows it on
the same page, and without scripts the next page asks it.
"""

from collections.abc import Sequence

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.delegates import answer_uploads, custom_question_forms, custom_questions, question_pages
from app.delegates.answer_json import Answers
from app.delegates.custom_question_forms import CustomQuestionsForm
from app.delegates.custom_questions import CUSTOM_PAGE
from app.errors import RateLimitExceeded
from app.forms.form import validates_own_csrf
from app.questions.definitions import Definition
from app.registration import cookie, views
from app.registration.steps import RegistrationProgress
from app.web.error_handlers import refuse
from app.web.preview_middleware import allow_in_preview

bp = Blueprint("more", __name__)
answer_uploads.accept(bp, {"answer", "answer_one"})
bp.add_app_template_global(custom_questions.explain_all, "explain_questions")
bp.add_app_template_global(custom_questions.list_hidden, "list_hidden_questions")


@bp.route("/more", methods=["GET", "POST"])
@validates_own_csrf
@allow_in_preview
def answer() -> ResponseReturnValue:
    return _answer(CUSTOM_PAGE)


@bp.route("/more-<int:number>", methods=["GET", "POST"])
@validates_own_csrf
@allow_in_preview
def answer_one(number: int) -> ResponseReturnValue:
    return _answer(f"{CUSTOM_PAGE}-{number}")


def _answer(step: str) -> Response:
    progress = cookie.current_progress()
    form = _read_form(step, progress) if request.method == "POST" else None
    if form is not None and form.csrf_token.errors:
        return _render(step, form, progress, ())
    is_asked = step in progress.steps
    if not is_asked:  # not any more, or not in this form
        step = progress.next_step
    redirection = views.redirect_if_out_of_sequence(progress, step)
    if redirection is not None:
        return redirection
    if not is_asked:
        return views.redirect_to_step(step)
    return _submit(step, form, progress) if form else _show(step, progress)


def _read_form(step: str, progress: RegistrationProgress) -> CustomQuestionsForm:
    """Return the submitted form, validated, without questions that no longer apply."""
    possible = _list_possible(step, progress.answers)
    questions = custom_question_forms.list_submitted_questions(request.form, possible)
    form = custom_question_forms.build_form(CustomQuestionsForm, questions)
    form.words = custom_question_forms.read_wording_hashes(request.form, questions)
    form.drop_irrelevant(progress.answers)
    form.validate()
    return form


def _list_possible(step: str, answers: Answers) -> Sequence[Definition]:
    """List the questions that a page may ask, allowing for a change of the page setting."""
    if step == CUSTOM_PAGE:
        return custom_questions.list_possible(answers)
    return question_pages.list_possible(step, answers)


def _show(step: str, progress: RegistrationProgress) -> Response:
    answers = progress.answers
    definitions = question_pages.list_of_own_page(step, answers)
    later = custom_question_forms.list_dependent(
        question_pages.list_possible(step, answers), definitions
    )
    if any(definition.name in answers for definition in definitions):
        form = custom_question_forms.build_form(CustomQuestionsForm, definitions, **answers)
        return _render(step, form, progress, later)
    names = [custom_questions.join_ids(one) for one in (definitions, later)]
    return views.cached_form_page(
        f"{step} of {len(progress.steps)} {names}",
        lambda: _render(
            step,
            custom_question_forms.build_form(CustomQuestionsForm, definitions),
            progress,
            later,
        ),
    )


def _submit(step: str, form: CustomQuestionsForm, progress: RegistrationProgress) -> Response:
    if form.errors:
        possible = question_pages.list_possible(step, progress.answers)
        later = custom_question_forms.list_dependent(possible, form.definitions)
        return _render(step, form, progress, later)
    try:
        return views.save_and_continue(progress, form)
    except RateLimitExceeded as refusal:
        form.reject(refusal)
        return refuse(_render(step, form, progress, ()), refusal)


def _render(
    step: str,
    form: CustomQuestionsForm,
    progress: RegistrationProgress,
    later: Sequence[Definition],
) -> Response:
    context = custom_question_forms.template_context(form, later)
    return views.render_form(step, form, progress, **context)
