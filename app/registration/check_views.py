"""The last pages of registration: checking the answers, submitting them, and the confirmation."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.delegates import answer_rows, custom_questions, fields
from app.delegates.answer_json import Answers
from app.delegates.categories import forms as category_forms
from app.delegates.categories import queries as categories
from app.delegates.forms import APPLICATION, WAITING_LIST, CheckForm
from app.equality import services as equality
from app.errors import NotFound, RateLimitExceeded, RuleViolation
from app.registration import (
    booking_calendar,
    cookie,
    emails,
    links,
    queries,
    seats,
    services,
    tickets,
)
from app.registration.applications import queries as applications
from app.registration.create_booking import CategoryGone
from app.registration.invitations.services import InvitationEnded
from app.registration.queries import RegistrationState
from app.registration.session_bookings import choices, chosen_seats
from app.registration.steps import list_steps
from app.registration.transfers.services import TransferEnded
from app.registration.transfers.views import render_ended
from app.registration.views import (
    FROM,
    confirmation_url,
    redirect_if_out_of_sequence,
    redirect_to_step,
    render_closed,
    render_expired,
    step_url,
)
from app.web import languages
from app.web.error_handlers import refuse
from app.web.rendering import download, render_page

PLACE_FREE = _l("A place has just become free, so you can register now. Confirm to accept it")
ALL_TAKEN = _l(
    "All places have just been taken, so you are not registered. You can join the waiting list"
)
CATEGORY_FULL = _l(
    "All places in your category have just been taken, so you are not registered. Change your "
    "category, then confirm"
)
CATEGORY_WAITING = _l(
    "All places in your category have just been taken, so you are not registered. You can join "
    "its waiting list, or change your category"
)
PLACES_OTHERWISE = (
    *(seats.SoldOut, seats.PlacesLeft),
    *(services.RegistrationClosed, services.PlacesChanged, InvitationEnded),
)


bp = Blueprint("check", __name__)


@bp.errorhandler(TransferEnded)
def _render_transfer_ended(refusal: TransferEnded) -> Response:
    return render_ended(refusal, 409)


@bp.get("/check")
def show() -> ResponseReturnValue:
    progress = cookie.current_progress()
    redirection = redirect_if_out_of_sequence(progress, "check")
    if redirection is not None:
        return redirection
    return _render_check(progress.answers, _build_form(progress.answers))


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
        return render_expired()
    except PLACES_OTHERWISE as refusal:
        return _render_as_it_is_now(refusal)


def _submit(form: CheckForm) -> Response:
    """Register the visitor, submit their application or add them to the list, as the page said."""
    if form.is_application:
        return _apply(form)
    submit = services.submit_to_waiting_list if form.is_for_waiting_list else services.submit
    confirmation_row = submit(
        cookie.ANSWERS.read(),
        languages.current().code,
        displayed=form.get_displayed(),
        ip_address=request.remote_addr,
    )
    if confirmation_row is None:
        return cookie.ANSWERS.delete(cast(Response, redirect(url_for("waiting_list.joined"), 303)))
    return cast(Response, redirect(confirmation_url(confirmation_row), 303))


def _apply(form: CheckForm) -> Response:
    services.submit_application(
        cookie.ANSWERS.read(),
        languages.current().code,
        displayed=form.get_displayed(),
        ip_address=request.remote_addr,
    )
    return cookie.ANSWERS.delete(cast(Response, redirect(url_for("applications.sent"), 303)))


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
        seats=chosen_seats.read_outcome(typed),
        is_unlinked=services.UNLINKED in typed,
        email=queries.find_confirmation_email(details),
        masked=emails.mask_email(details.email),
        asks_about_equality=bool(equality.list_active()),
    )


@bp.get("/confirmation/<token>/calendar.ics")
def confirmation_calendar(token: str) -> ResponseReturnValue:
    details = queries.get_confirmation_details(links.read_confirmation_key(token))
    ticket = tickets.for_confirmation(details, cookie.find_typed_answers(details.id))
    if not ticket.days:
        raise NotFound("Open your booking with the link in our email to get the calendar file")
    entry = booking_calendar.render_ticket_ical(ticket, languages.current().code)
    return download(entry, "text/calendar", "conference.ics")


def _build_form(answers: Answers) -> CheckForm:
    """Return the form of a page with these answers, next to the current questions."""
    words = custom_questions.hash_wordings(custom_questions.list_relevant(answers))
    return CheckForm.display({**answers, **words})


def _render_check(
    answers: Answers,
    form: CheckForm,
    differing: Sequence[tuple[str, str, str]] = (),
    *,
    state: RegistrationState | None = None,
) -> Response:
    """Show all answers, marking those that another page displayed differently."""
    is_application = applications.needs_approval(answers)
    is_full = (state or services.get_status_for(answers).state) == "waiting"
    is_waiting = is_full and not is_application
    form.list.data = APPLICATION if is_application else WAITING_LIST if is_waiting else ""
    steps = list_steps(answers)
    return render_page(
        "registration/check_answers.html",
        rows=[
            (label, text, step_url(step, **{FROM: "check"}) if step in steps else "")
            for label, text, step in _list_answers(answers)
        ],
        back=step_url(steps[-2]),
        differing=differing,
        reworded=[
            custom_questions.get_label(question)
            for question in custom_questions.list_reworded(answers)
        ],
        email=answers[fields.EMAIL],
        is_waiting=is_waiting,
        waits_for=_name_full_category(answers) if is_waiting else "",
        is_application=is_application,
        form=form,
        number=len(steps),
        steps=len(steps),
    )


def _render_changed(form: CheckForm, refusal: services.StaleDraft) -> Response:
    """Show the answers that were to be confirmed next to the stored ones."""
    answers = cookie.current_progress().answers
    current = _build_form(answers)
    current.form_errors.append(gettext(str(refusal)))
    before = dict(_list_texts(form.get_displayed() or {}))
    differing = [
        (label, before.get(label, ""), text)
        for label, text in _list_texts(answers)
        if text != before.get(label, "")
    ]
    return _render_check(answers, current, differing)


def _render_as_it_is_now(refusal: RuleViolation) -> Response:
    """Ask again if the page was wrong about whether there is a place."""
    answers = cookie.current_progress().answers
    registration_status = services.get_status_for(answers)
    has_just_filled = isinstance(refusal, seats.CategoryFull)
    is_full = has_just_filled or registration_status.state == "waiting"
    if registration_status.takes_answers:  # as far as this process knows
        state = queries.read_state_by_seats()
        registration_status = replace(registration_status, state=state)
    if not registration_status.takes_answers:
        return render_closed(registration_status, has_begun=True)
    can_wait = is_full and categories.has_waiting_list()
    waits_for_category = (
        registration_status.is_open and can_wait and not isinstance(refusal, seats.PlacesLeft)
    )
    form = _build_form(answers)
    news = PLACE_FREE if registration_status.is_open else ALL_TAKEN
    if isinstance(refusal, (InvitationEnded, services.ApprovalChanged)):
        news = gettext(str(refusal))
    elif waits_for_category:
        news = CATEGORY_WAITING
    elif has_just_filled:
        news = CATEGORY_FULL
    form.form_errors.append(news)
    state = "waiting" if waits_for_category else registration_status.state
    return _render_check(answers, form, state=state)


def _name_full_category(answers: Answers) -> str:
    """Return the name of the chosen category if its own places are full, or ""."""
    chosen = categories.find_chosen(categories.settle(answers))
    return chosen.name if chosen is not None and chosen.is_full else ""


def _list_texts(answers: Answers) -> list[tuple[str, str]]:
    return [(label, text) for label, text, _ in _list_answers(answers)]


def _list_answers(answers: Answers) -> Sequence[tuple[str, str, str]]:
    return answer_rows.sort_by_page([*_iter_answers(answers), *answer_rows.list_own(answers)])


def _iter_answers(answers: Answers) -> Iterator[tuple[str, str, str]]:
    for row in category_forms.list_answers(answers):
        yield row
        if row[2] == fields.DAYS and choices.is_asked(answers):
            titles = choices.list_rows(answers, gettext("now full"), gettext("None chosen"))
            yield gettext("Seats in sessions"), "\n".join(titles), choices.SESSIONS


def _render_too_many(refusal: RateLimitExceeded) -> Response:
    """Show the answers, which stay stored, and when they can be confirmed."""
    answers = cookie.current_progress().answers
    form = _build_form(answers)
    form.reject(refusal)
    return refuse(_render_check(answers, form), refusal)
