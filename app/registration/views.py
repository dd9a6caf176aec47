"""The pages of registration, and a cache of those that are the same for everyone.

A page without answers is rendered once per cache version, and only its CSRF token is replaced:
rendering costs more than the rest of a request, and most requests are for such pages.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from flask import Blueprint, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf

from app import cache_version, clock
from app.delegates import custom_questions, forms, question_pages, standard_forms
from app.delegates.answer_json import Answers
from app.delegates.categories import forms as category_forms
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import CATEGORY
from app.delegates.categories.texts import translated
from app.delegates.custom_questions import CUSTOM_PAGE
from app.delegates.fields import DAYS
from app.delegates.forms import AnswersForm
from app.delegates.models import Confirmation
from app.errors import RateLimitExceeded
from app.forms.form import ConfirmForm, validates_own_csrf
from app.registration import cookie, links, queries, services
from app.registration.queries import RegistrationStatus
from app.registration.session_bookings.choices import SESSIONS
from app.registration.steps import CHECK, STEPS, RegistrationProgress, list_steps
from app.web import cache_policy, languages
from app.web.cache_policy import has_access_keys
from app.web.error_handlers import refuse
from app.web.formatting import local_day
from app.web.preview_middleware import allow_in_preview
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

FROM = "from"  # query parameter with the page the visitor came from
CSRF_TOKEN_KEY = "csrf_token"  # noqa: S105 – the key under which Flask-WTF stores a request's token


def cached_form_page(name: str, render: Callable[[], Response]) -> Response:
    """Return a page without personal answers, rendered once per cache version while valid.

    Its header changes with the conference. An incomplete page is not cached.
    """
    today = local_day(clock.now())
    cache_key = f"blank {name} {today} {languages.current().code} {has_access_keys()}"
    pieces, _ = cache_version.cached(
        cache_key,
        lambda: (_split_at_token(render()), cache_policy.valid_until()),
        lambda page: time.monotonic() < page[1],
    )
    return make_response(generate_csrf().join(pieces) if len(pieces) > 1 else pieces[0])


def _split_at_token(response: Response) -> list[str]:
    text = response.get_data(as_text=True)
    token = g.get(CSRF_TOKEN_KEY)
    return text.split(token) if token else [text]


bp = Blueprint("registration", __name__, url_prefix="/register")
bp.add_app_template_filter(translated)
questions_bp = Blueprint("questions", __name__)
no_referrer(bp)
for link in (links.booking_link, links.email_change_link):
    bp.add_app_template_global(link)


@bp.get("")
@allow_in_preview
def start() -> ResponseReturnValue:
    progress = cookie.current_progress()
    registration_status = queries.get_registration_status()
    if not progress.secret:
        return cached_form_page(
            f"start {registration_status.state} {categories.get_ways_in_key()}",
            lambda: _render_start(progress, registration_status),
        )
    response = _render_start(progress, registration_status)
    return cookie.ANSWERS.delete(response) if progress.is_expired else response


@bp.post("/again")
def restart() -> ResponseReturnValue:
    progress = cookie.current_progress()
    if progress.stored_draft is not None and not progress.is_submitted:
        services.delete_draft(progress.stored_draft)
    return cookie.ANSWERS.delete(redirect_to_step(list_steps({})[0]))


@questions_bp.route(f"/<any{(CATEGORY, *STEPS)}:step>", methods=["GET", "POST"])
@validates_own_csrf
@allow_in_preview
def answer_question(step: str) -> ResponseReturnValue:
    return _submit_answer(step) if request.method == "POST" else _show_question(step)


def _show_question(step: str) -> Response:
    progress = cookie.current_progress()
    redirection = redirect_if_out_of_sequence(progress, step)
    if redirection is not None:
        return redirection
    if step == progress.next_step and not progress.has_answer(step):
        chosen, answers = category_forms.pick_category(progress.answers), progress.answers
        return cached_form_page(
            category_forms.name_blank_page(step, progress.answers, len(progress.steps)),
            lambda: render_form(step, _build_form(step, answers, chosen), progress),
        )
    return render_form(step, _build_form(step, progress.answers, progress.answers), progress)


def _submit_answer(step: str) -> Response:
    form = _build_form(step, _read_earlier_answers(step))
    is_valid = form.validate()  # before using the database, whose transaction locks others out
    progress = cookie.current_progress()
    redirection = redirect_if_out_of_sequence(progress, step)
    if redirection is not None:
        return redirection
    if not is_valid or (step == DAYS and not category_forms.fits_days(form, progress.answers)):
        return render_form(step, form, progress)
    try:
        return save_and_continue(progress, form)
    except RateLimitExceeded as refusal:
        form.reject(refusal)
        return refuse(render_form(step, form, progress), refusal)


def _read_earlier_answers(step: str) -> Answers:
    """Return the answers that decide what a page asks, read without a transaction; often none."""
    if not question_pages.differs_by_person(step):
        return {}
    stored_draft = queries.find_draft(cookie.ANSWERS.read())
    return stored_draft.answers if stored_draft else {}


@questions_bp.route("/consent", methods=["GET", "POST"])
def redirect_from_consent() -> ResponseReturnValue:
    """Redirect from a page of earlier versions: consent is now asked for with private answers."""
    return redirect_to_step("check")


def _render_start(
    progress: RegistrationProgress, registration_status: RegistrationStatus
) -> Response:
    return render_page(
        "registration/start.html",
        registration_status=registration_status,
        has_begun=progress.stored_draft is not None,
        confirmation_url=_find_confirmation_url(progress),
        next_step=step_url(progress.next_step),
        form=ConfirmForm() if progress.stored_draft else None,
        has_invitations=categories.has_invitations(),
    )


def redirect_if_out_of_sequence(progress: RegistrationProgress, step: str) -> Response | None:
    """Redirect visitors who have submitted, skipped a question or lost their answers."""
    confirmation = _find_confirmation_url(progress)
    if confirmation:
        return cast(Response, redirect(confirmation, 303))
    registration_status = services.get_status_for(progress.answers)
    if not registration_status.takes_answers:
        return render_closed(registration_status, has_begun=progress.stored_draft is not None)
    if progress.is_expired:
        return render_expired()
    return None if progress.has_reached(step) else redirect_to_step(progress.next_step)


def _build_form(step: str, asked_with: Answers, answers: Answers | None = None) -> AnswersForm:
    """Return the form of a page, with the visitor's answers or the submitted values."""
    if step == CATEGORY:
        return category_forms.build_category_form(answers or {})
    form = forms.FORMS[step](data=forms.initial_data(answers, step) if answers else None)
    form.set_choices()
    form.explain_unreadable(answers or {})
    standard_forms.adapt(form, question_pages.list_relevant(step, asked_with))
    if step == DAYS:
        forms.limit_days(form, categories.list_days_for(answers or {}))
    return form


def render_form(
    step: str, form: AnswersForm, progress: RegistrationProgress, **context: Any
) -> Response:
    """Render a page of registration with its form."""
    back = _back_url(step, progress)
    steps = progress.steps
    return render_page(
        form.template,
        form=form,
        number=steps.index(step) + 1 if step in steps else len(steps) - 1,
        steps=len(steps),
        back=back,
        back_label=gettext("Back to your answers") if back == step_url(CHECK) else gettext("Back"),
        **context,
    )


def _back_url(step: str, progress: RegistrationProgress) -> str:
    """Return the URL of the check page for visitors who came from there, else the page before."""
    if request.args.get(FROM) == CHECK and progress.next_step == CHECK:
        return step_url(CHECK)
    steps = progress.steps
    position = steps.index(step) if step in steps else len(steps) - 1
    return step_url(steps[position - 1]) if position else url_for("registration.start")


def save_and_continue(progress: RegistrationProgress, form: AnswersForm) -> Response:
    """Store an answer and redirect to the next question without one."""
    answers = categories.settle({**progress.answers, **form.get_answers()})
    answers = custom_questions.drop_irrelevant(answers)
    secret = progress.secret
    if progress.stored_draft is None:
        secret = services.create_draft(answers, ip_address=request.remote_addr)
    else:
        services.save_draft(progress.stored_draft, answers)
    return cookie.ANSWERS.set(
        redirect_to_step(replace(progress, answers=answers).next_step), secret
    )


def step_url(step: str, **query: Any) -> str:
    """Return the URL of a page of registration."""
    if step == CHECK:
        return url_for("registration.check.show")
    if step == SESSIONS:
        return url_for("registration.sessions.answer", **query)
    if step == CUSTOM_PAGE:
        return url_for("registration.more.answer", **query)
    if question_pages.is_own(step):
        number = int(step.removeprefix(f"{CUSTOM_PAGE}-"))
        return url_for("registration.more.answer_one", number=number, **query)
    return url_for("registration.questions.answer_question", step=step, **query)


def redirect_to_step(step: str) -> Response:
    return cast(Response, redirect(step_url(step), 303))


def _find_confirmation_url(progress: RegistrationProgress) -> str | None:
    confirmation_row = (
        queries.find_confirmation(progress.stored_draft) if progress.stored_draft else None
    )
    return confirmation_url(confirmation_row) if confirmation_row else None


def confirmation_url(confirmation_row: Confirmation) -> str:
    return url_for(
        "registration.check.confirmation", token=links.confirmation_token(confirmation_row)
    )


def render_closed(registration_status: RegistrationStatus, *, has_begun: bool) -> Response:
    return render_page(
        "registration/closed.html",
        status=409,
        registration_status=registration_status,
        has_begun=has_begun,
    )


def render_expired() -> Response:
    return cookie.ANSWERS.delete(render_page("registration/expired.html", status=410))
