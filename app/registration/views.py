"""The pages of registration, and a cache of those that are the same for everyone.

A page without answers is rendered once per cache version, and only its CSRF token is replaced:
rendering costs more than the rest of a request, and most requests are for such pages.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from flask import Blueprint, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import generate_csrf

from app import cache_version, clock
from app.errors import NotFound, RateLimitExceeded, RuleViolation
from app.forms.form import ConfirmForm, validates_own_csrf
from app.registration import (
    booking_calendar,
    cookie,
    custom_questions,
    emails,
    fields,
    forms,
    links,
    queries,
    seats,
    services,
    tickets,
)
from app.registration.categories import forms as category_forms
from app.registration.categories import queries as categories
from app.registration.categories.queries import CATEGORY
from app.registration.create_booking import CategoryGone
from app.registration.custom_questions import MORE
from app.registration.fields import DAYS
from app.registration.forms import WAITING_LIST, AnswersForm, CheckForm
from app.registration.invitations.services import InvitationEnded
from app.registration.models import Confirmation
from app.registration.queries import Answers, RegistrationState, RegistrationStatus
from app.registration.services import (
    CHECK,
    STEPS,
    RegistrationProgress,
    list_steps,
)
from app.web import cache_policy, languages
from app.web.cache_policy import has_access_keys
from app.web.error_handlers import refuse
from app.web.formatting import local_day
from app.web.preview_middleware import allow_in_preview
from app.web.rendering import download, render_page
from app.web.security_headers import no_referrer

FROM = "from"  # a query parameter: which page somebody came from
PLACE_FREE = _l("A place has just become free, so you can register now. Confirm to take it")
ALL_TAKEN = _l(
    "All places have just been taken, so you are not registered. You can join the waiting list"
)
CATEGORY_FULL = _l(
    "All places of your category have just been taken, so you are not registered. Change your "
    "category, then confirm"
)
PLACES_OTHERWISE = (
    *(seats.SoldOut, seats.PlacesLeft),
    *(services.RegistrationClosed, services.PlacesChanged, InvitationEnded),
)
CSRF_TOKEN_KEY = "csrf_token"  # noqa: S105 – where Flask-WTF stores the token of a request


def cached_form_page(name: str, render: Callable[[], Response]) -> Response:
    """Return a page without personal answers, rendered once per cache version while it is true.

    Its header changes with the conference. An incomplete page is not kept.
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
            f"start {registration_status.state}",
            lambda: _render_start(progress, registration_status),
        )
    response = _render_start(progress, registration_status)
    return cookie.delete_cookie(response) if progress.is_expired else response


@bp.post("/again")
def restart() -> ResponseReturnValue:
    progress = cookie.current_progress()
    if progress.stored_draft is not None and not progress.is_submitted:
        services.delete_draft(progress.stored_draft)
    return cookie.delete_cookie(redirect_to_step(list_steps({})[0]))


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
        chosen = category_forms.pick_category(progress.answers)
        return cached_form_page(
            category_forms.name_blank_page(step, chosen, len(progress.steps)),
            lambda: render_form(step, _build_form(step, chosen), progress),
        )
    return render_form(step, _build_form(step, progress.answers), progress)


def _submit_answer(step: str) -> Response:
    form = _build_form(step)
    is_valid = form.validate()  # before the database is used: the transaction locks others out
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


@questions_bp.route("/consent", methods=["GET", "POST"])
def redirect_from_consent() -> ResponseReturnValue:
    """Lead on from a page that the site had: consent is asked for beside what needs it."""
    return redirect_to_step("check")


@questions_bp.get("/check")
def check() -> ResponseReturnValue:
    progress = cookie.current_progress()
    redirection = redirect_if_out_of_sequence(progress, "check")
    if redirection is not None:
        return redirection
    return _render_check(progress.answers, CheckForm.display(progress.answers))


@bp.get("/confirm")
def redirect_to_check() -> ResponseReturnValue:
    return redirect_to_step("check")


@bp.post("/confirm")
def confirm() -> ResponseReturnValue:
    form = CheckForm()
    try:
        return _submit(form)
    except services.StaleDraft as refusal:
        return _render_changed(form, refusal)
    except RateLimitExceeded as refusal:
        return _render_too_many(refusal)
    except (services.IncompleteDraft, CategoryGone):
        return redirect_to_step("check")
    except services.DraftExpired:
        return _render_expired()
    except PLACES_OTHERWISE as refusal:
        return _render_as_it_is_now(refusal)


def _submit(form: CheckForm) -> Response:
    """Register the visitor, or put them on the waiting list, as their page said."""
    submit = services.submit_to_waiting_list if form.is_for_waiting_list else services.submit
    confirmation_row = submit(
        cookie.read_secret(),
        languages.current().code,
        displayed=form.get_displayed(),
        ip_address=request.remote_addr,
    )
    if confirmation_row is None:
        return cookie.delete_cookie(cast(Response, redirect(url_for("waiting_list.joined"), 303)))
    return cast(Response, redirect(_confirmation_url(confirmation_row), 303))


@bp.get("/confirmation/<token>")
def confirmation(token: str) -> ResponseReturnValue:
    details = queries.get_confirmation_details(links.read_confirmation_key(token))
    typed = cookie.find_typed_answers(details.id)
    ticket = tickets.for_confirmation(details, typed)
    category = categories.find_chosen(typed) if ticket.category else None
    return render_page(
        "registration/confirmation.html",
        details=details,
        token=token,
        ticket=ticket,
        category_text=category_forms.render_confirmation_text(category),
        email=queries.find_confirmation_email(details),
        masked=emails.mask_email(details.email),
    )


@bp.get("/confirmation/<token>/calendar.ics")
def confirmation_calendar(token: str) -> ResponseReturnValue:
    details = queries.get_confirmation_details(links.read_confirmation_key(token))
    ticket = tickets.for_confirmation(details, cookie.find_typed_answers(details.id))
    if not ticket.days:
        raise NotFound("Open your booking with the link in our email to get the calendar file")
    entry = booking_calendar.render_ticket_ical(ticket, languages.current().code)
    return download(entry, "text/calendar", "conference.ics")


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
    """Redirect someone who has submitted, skipped a question or lost their answers."""
    confirmation = _find_confirmation_url(progress)
    if confirmation:
        return cast(Response, redirect(confirmation, 303))
    registration_status = services.get_status_for(progress.answers)
    if not registration_status.takes_answers:
        return _render_closed(registration_status, has_begun=progress.stored_draft is not None)
    if progress.is_expired:
        return _render_expired()
    return None if progress.has_reached(step) else redirect_to_step(progress.next_step)


def _render_check(
    answers: Answers,
    form: CheckForm,
    differing: Sequence[tuple[str, str, str]] = (),
    *,
    state: RegistrationState | None = None,
) -> Response:
    """Show all answers, and those that another page showed differently."""
    is_waiting = (state or services.get_status_for(answers).state) == "waiting"
    form.list.data = WAITING_LIST if is_waiting else ""
    steps = services.list_steps(answers)
    return render_page(
        "registration/check_answers.html",
        status=422 if form.errors else 200,
        rows=[
            (label, text, step_url(step, **{FROM: "check"}) if step in steps else "")
            for label, text, step in _list_answers(answers)
        ],
        back=step_url(steps[-2]),
        differing=differing,
        email=answers[fields.EMAIL],
        is_waiting=is_waiting,
        form=form,
        number=len(steps),
        steps=len(steps),
    )


def _render_changed(form: CheckForm, refusal: services.StaleDraft) -> Response:
    """Show the answers that were to be confirmed beside those that are stored."""
    answers = cookie.current_progress().answers
    current = CheckForm.display(answers)
    current.form_errors.append(gettext(str(refusal)))
    before = dict(_list_texts(form.get_displayed() or {}))
    differing = [
        (label, before.get(label, ""), text)
        for label, text in _list_texts(answers)
        if text != before.get(label, "")
    ]
    return _render_check(answers, current, differing)


def _render_as_it_is_now(refusal: RuleViolation) -> Response:
    """Ask once more where there is a place, or none, and the page said otherwise."""
    answers = cookie.current_progress().answers
    registration_status = services.get_status_for(answers)
    if registration_status.takes_answers:  # as far as this process knows
        state = queries.read_state_by_seats()
        registration_status = replace(registration_status, state=state)
    if not registration_status.takes_answers:
        return _render_closed(registration_status, has_begun=True)
    form = CheckForm.display(answers)
    news = PLACE_FREE if registration_status.is_open else ALL_TAKEN
    if isinstance(refusal, InvitationEnded):
        news = gettext(str(refusal))
    form.form_errors.append(CATEGORY_FULL if isinstance(refusal, seats.CategoryFull) else news)
    return _render_check(answers, form, state=registration_status.state)


def _list_texts(answers: Answers) -> list[tuple[str, str]]:
    return [(label, text) for label, text, _ in _list_answers(answers)]


def _list_answers(answers: Answers) -> Iterator[tuple[str, str, str]]:
    yield from category_forms.list_answers(answers)
    yield from custom_questions.list_rows(answers)


def _render_too_many(refusal: RateLimitExceeded) -> Response:
    """Show the answers, which stay stored, with when to confirm them again."""
    answers = cookie.current_progress().answers
    form = CheckForm.display(answers)
    form.reject(refusal)
    return refuse(_render_check(answers, form), refusal)


def _build_form(step: str, answers: Answers | None = None) -> AnswersForm:
    if step == CATEGORY:
        return category_forms.build_category_form(answers or {})
    form = forms.FORMS[step](data=forms.initial_data(answers, step) if answers else None)
    form.set_choices()
    form.explain_unreadable(answers or {})
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
        status=422 if form.errors else 200,
        form=form,
        number=steps.index(step) + 1 if step in steps else len(steps) - 1,
        steps=len(steps),
        back=back,
        back_label=gettext("Back to your answers") if back == step_url(CHECK) else gettext("Back"),
        **context,
    )


def _back_url(step: str, progress: RegistrationProgress) -> str:
    """Return the check of all answers for someone who came from there, else the page before."""
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
    return cookie.set_cookie(redirect_to_step(replace(progress, answers=answers).next_step), secret)


def step_url(step: str, **query: Any) -> str:
    """Return the URL of a page of registration."""
    if step == CHECK:
        return url_for("registration.questions.check")
    if step == MORE:
        return url_for("registration.more.answer", **query)
    if custom_questions.is_step(step):
        number = int(step.removeprefix(f"{MORE}-"))
        return url_for("registration.more.answer_one", number=number, **query)
    return url_for("registration.questions.answer_question", step=step, **query)


def redirect_to_step(step: str) -> Response:
    return cast(Response, redirect(step_url(step), 303))


def _find_confirmation_url(progress: RegistrationProgress) -> str | None:
    confirmation_row = (
        queries.find_confirmation(progress.stored_draft) if progress.stored_draft else None
    )
    return _confirmation_url(confirmation_row) if confirmation_row else None


def _confirmation_url(confirmation_row: Confirmation) -> str:
    return url_for("registration.confirmation", token=links.confirmation_token(confirmation_row))


def _render_closed(registration_status: RegistrationStatus, *, has_begun: bool) -> Response:
    return render_page(
        "registration/closed.html",
        status=409,
        registration_status=registration_status,
        has_begun=has_begun,
    )


def _render_expired() -> Response:
    return cookie.delete_cookie(render_page("registration/expired.html", status=410))
