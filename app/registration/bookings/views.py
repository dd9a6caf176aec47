"""A delegate's own booking, opened by the link in their emails.

Opening a page changes nothing in a booking, because mail scanners open every link; changes need a
button. It only ends the correction period of confirmation pages (``access.py``).
"""

from functools import partial
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.delegates import (
    answer_rows,
    custom_questions,
    delegate_record,
    forms,
    question_pages,
    standard_forms,
)
from app.delegates.categories import queries as categories
from app.delegates.categories.texts import translated
from app.delegates.fields import DAYS
from app.delegates.models import Delegate
from app.equality import services as equality
from app.errors import NotFound, RateLimitExceeded, RuleViolation
from app.forms.form import ConfirmForm, validates_own_csrf
from app.mail import queries as mail
from app.mail import unsubscribe
from app.registration import booking_calendar, required_answers, tickets
from app.registration.bookings import (
    access,
    answer_views,
    category_change_views,
    data_export,
    services,
)
from app.registration.bookings.forms import CHANGE_FORMS, ChangeForm, RequestLinkForm
from app.registration.bookings.operations import DuplicateBooking, StaleBooking
from app.registration.groups import queries as groups
from app.registration.requirement_cases import labels
from app.registration.requirement_cases import queries as requirement_cases
from app.registration.session_bookings import queries as session_bookings
from app.registration.session_bookings.release import LostSeats
from app.registration.transfers import queries as transfers
from app.web import languages
from app.web.error_handlers import refuse
from app.web.formatting import local_moment
from app.web.rendering import download, render_page
from app.web.security_headers import no_referrer

NOT_ASKED = "This question is not asked"
AnswerRow = tuple[str, str, str]  # label, answer, URL to change it
FLASH_MESSAGES = {
    "changed": _l("Your changes have been saved. We will email you a summary of them."),
    "asked": _l(
        "We have sent a link to your new email address. The new address takes effect when you "
        "open the link and confirm it."
    ),
    "kept": _l(
        "Your email address has not changed. The link that we sent to the other address no longer "
        "works."
    ),
    "confirmed": _l(
        "Your new email address has been confirmed. We will email you a new link to your booking."
    ),
    "confirmed_without_needs": _l(
        "Your new email address has been confirmed. We have deleted the access and dietary "
        "requirements from your booking, because the change was not approved from your old email "
        "address. Enter them again below."
    ),
    "cancelled": _l("Your booking has been cancelled. We will email you to confirm this."),
    "place_offered": _l(
        "We are emailing your colleague. You keep your place until they accept it."
    ),
    "place_kept": _l("Your place is no longer offered to anyone. The link has stopped working."),
    "replied": _l("We have your reply. Our answer will be on this page."),
    "emails_on": _l("You will get emails about the conference again."),
    "emails_off": _l("We will send you only emails about your booking."),
    "left_group": _l("You have left the group. You keep your place, and only you manage it now."),
    "already_cancelled": _l("This booking was cancelled earlier. Nothing has changed."),
}

bp = Blueprint("bookings", __name__, url_prefix="/booking")
access.register_dead_links(bp)
bp.add_app_template_global(required_answers.list_unanswered)


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def request_link() -> ResponseReturnValue:
    form = RequestLinkForm()
    if form.validate_on_submit():
        try:
            services.send_links(form.get_email(), languages.current().code, request.remote_addr)
        except RateLimitExceeded as refusal:
            form.reject(refusal)
            return refuse(_render_request_link(form), refusal)
        return redirect(url_for(".link_requested"), 303)
    return _render_request_link(form)


def _render_request_link(form: RequestLinkForm) -> Response:
    return render_page("registration/booking_request_link.html", form=form)


@bp.get("/asked")
def link_requested() -> ResponseReturnValue:
    return render_page("registration/booking_link_requested.html")


@bp.get("/erased")
def erasure_confirmed() -> ResponseReturnValue:
    return render_page("registration/booking_erased.html")


@bp.get("/<secret>")
def show(secret: str) -> ResponseReturnValue:
    delegate = _get_booking(secret)
    return render_page(
        "registration/booking.html",
        delegate=delegate,
        secret=secret,
        rows=_list_answers(delegate, secret),
        unanswered=_list_unanswered(delegate, secret),
        days_form=_build_change_form(delegate, DAYS) if delegate.is_attending else None,
        emails=mail.list_for_booking(delegate.reference),
        flash_message=FLASH_MESSAGES.get(request.args.get("news", "")),
        cancel_form=ConfirmForm(),
        ticket=tickets.for_booking(delegate),
        email_preference=unsubscribe.get_preference(delegate.email),
        requirement_cases=(
            requirement_cases.map_of_delegate(delegate) if delegate.is_attending else {}
        ),
        labels=labels,
        group=groups.find_group(delegate),
        category_wait=category_change_views.find_wait(delegate),
        transfer=transfers.find_open(delegate) if delegate.is_attending else None,
        passed_on=None if delegate.is_attending else transfers.find_accepted(delegate),
        can_pass_on=transfers.can_pass_on(delegate),
        offers_equality=_offers_equality(delegate),
    )


def _offers_equality(delegate: Delegate) -> bool:
    is_open = delegate.is_attending and not delegate.has_opened_equality
    return is_open and bool(equality.list_active())


@bp.post("/<secret>/emails")
def set_email_preference(secret: str) -> ResponseReturnValue:
    """Switch emails that are not about the booking on or off."""
    delegate = _get_booking(secret)
    is_on = request.form.get("emails") == unsubscribe.ON
    unsubscribe.set_preference(delegate.email, is_on=is_on)
    return access.redirect_to_booking(delegate, "emails_on" if is_on else "emails_off")


@bp.route(f"/<secret>/<any{tuple(CHANGE_FORMS)}:question>", methods=["GET", "POST"])
@validates_own_csrf
def edit(secret: str, question: str) -> ResponseReturnValue:
    delegate = access.get_editable_booking(secret)
    form = _build_change_form(delegate, question)
    if form.validate_on_submit():
        try:
            has_changed = services.update(delegate, form.get_answers(), form.expected_version.data)
        except (StaleBooking, DuplicateBooking, LostSeats) as refusal:
            form.reject_and_rebase(refusal, delegate.version)
        else:
            return access.redirect_to_booking(delegate, "changed" if has_changed else None)
    return render_page(
        form.template,
        form=form,
        steps=0,
        back=url_for(".show", secret=secret),
        back_label=gettext("Back to your booking"),
    )


def _build_change_form(delegate: Delegate, question: str) -> ChangeForm:
    answers = delegate_record.to_consented_answers(delegate)
    questions = question_pages.list_relevant(question, answers)
    if not questions:
        raise NotFound(NOT_ASKED)
    initial = forms.initial_data(answers, question)
    form = CHANGE_FORMS[question](data={"expected_version": delegate.version, **initial})
    form.set_choices()
    form.explain_unreadable(answers)
    standard_forms.adapt(form, questions)
    if question == DAYS:
        limit = delegate.category.days if delegate.category else ""
        forms.limit_days(form, categories.list_days(limit))
    return form


@bp.route("/<secret>/cancel", methods=["GET", "POST"])
@validates_own_csrf
def cancel(secret: str) -> ResponseReturnValue:
    delegate = _get_booking(secret)
    form = ConfirmForm()
    if form.validate_on_submit():
        try:
            services.cancel(delegate)
        except RuleViolation:
            return access.redirect_to_booking(delegate, "already_cancelled")
        return access.redirect_to_booking(delegate, "cancelled")
    if not delegate.is_attending:
        return access.redirect_to_booking(delegate, "already_cancelled")
    seats = [seat.title for seat in session_bookings.list_of_delegate(delegate)]
    return _render_confirm("registration/booking_cancel.html", form, delegate, secret, seats=seats)


@bp.route("/<secret>/erase", methods=["GET", "POST"])
@validates_own_csrf
def erase(secret: str) -> ResponseReturnValue:
    delegate = _get_booking(secret)
    form = ConfirmForm()
    if form.validate_on_submit():
        services.erase_cancelled(delegate)
        return redirect(url_for(".erasure_confirmed"), 303)
    return _render_confirm("registration/booking_erase.html", form, delegate, secret)


@bp.get("/<secret>/copy.json")
def download_data(secret: str) -> ResponseReturnValue:
    copy = data_export.stream(_get_booking(secret))
    return download(copy, "application/json", "booking.json")


@bp.get("/<secret>/calendar.ics")
def calendar(secret: str) -> ResponseReturnValue:
    return download(
        booking_calendar.render_ical(_get_booking(secret)), "text/calendar", "conference.ics"
    )


def _get_booking(secret: str) -> Delegate:
    return access.get_booking(secret)


def _render_confirm(
    template: str, form: ConfirmForm, delegate: Delegate, secret: str, **context: Any
) -> Response:
    """Render the page that asks for confirmation of a step."""
    return render_page(template, form=form, delegate=delegate, secret=secret, **context)


def _list_answers(delegate: Delegate, secret: str) -> list[AnswerRow]:
    """List the answers with links to change them; without links once the booking is cancelled."""
    links_to_change = {"email": url_for(".email_change.edit", secret=secret)} | {
        question: url_for(".edit", secret=secret, question=question) for question in CHANGE_FORMS
    }
    answers = delegate_record.to_all_answers(delegate)
    if answer_views.can_change(delegate):
        own = url_for(".answers.edit", secret=secret)
        links_to_change |= {step: own for _, _, step in answer_rows.list_own(answers)}
    steps = question_pages.list_steps(answers)
    find_url = partial(_find_file_url, secret)
    found = [*answer_rows.list_standard(answers), *answer_rows.list_own(answers, find_url)]
    rows = [
        (label, text, links_to_change.get(step, "") if step in steps else "")
        for label, text, step in answer_rows.sort_by_page(found)
    ]
    if not delegate.is_attending:
        rows = [(label, text, "") for label, text, _ in rows]
    if delegate.category is not None:
        address = url_for(".category.edit", secret=secret)
        is_offered = category_change_views.can_change(delegate)
        name = translated(delegate.category).name
        rows.insert(0, (gettext("Category"), name, address if is_offered else ""))
    return [*rows, (gettext("Registered"), local_moment(delegate.registered_at), "")]


def _list_unanswered(delegate: Delegate, secret: str) -> list[tuple[str, str]]:
    """List the unanswered questions, each with the page that asks it."""
    own = url_for(".answers.edit", secret=secret)
    return [
        (
            custom_questions.get_label(one),
            url_for(".edit", secret=secret, question=one.page) if one.standard else own,
        )
        for one in required_answers.list_unanswered(delegate)
    ]


def _find_file_url(secret: str, question_id: int) -> str:
    return url_for(".answers.download", secret=secret, number=question_id)


no_referrer(bp)
