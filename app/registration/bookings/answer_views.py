"""A delegate's answers to the organisers' questions, editable until registration closes."""

from collections.abc import Sequence

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.delegates import (
    answer_uploads,
    custom_question_forms,
    custom_questions,
    delegate_record,
    file_downloads,
)
from app.delegates.custom_question_forms import CustomQuestionsForm
from app.delegates.models import Delegate
from app.forms.form import validates_own_csrf
from app.questions.definitions import Definition
from app.registration import links, queries
from app.registration.bookings import access, services
from app.registration.bookings.forms import VersionedForm
from app.registration.bookings.operations import StaleBooking
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

bp = Blueprint("answers", __name__)
no_referrer(bp)
answer_uploads.accept(bp, {"edit"})


class ChangeCustomQuestionsForm(VersionedForm, CustomQuestionsForm):
    """Questions of the organisers, asked again."""


def can_change(delegate: Delegate) -> bool:
    """Return True until registration closes, if the booking is active."""
    return delegate.is_attending and queries.get_registration_status().state != "closed"


@bp.route("/<secret>/more", methods=["GET", "POST"])
@validates_own_csrf
def edit(secret: str) -> ResponseReturnValue:
    delegate = access.get_editable_booking(secret)
    answers = delegate_record.to_all_answers(delegate)
    questions = custom_questions.list_relevant(answers)
    if not can_change(delegate) or not questions:
        return access.redirect_to_booking(delegate, None)
    if request.method == "POST":
        questions = custom_question_forms.list_submitted_questions(
            request.form, custom_questions.list_possible(answers)
        )
    form = custom_question_forms.build_form(
        ChangeCustomQuestionsForm, questions, expected_version=delegate.version, **answers
    )
    return _save(delegate, form) if form.is_submitted() else _render(form, questions, delegate)


@bp.get("/<secret>/files/<int:number>")
def download(secret: str, number: int) -> ResponseReturnValue:
    return file_downloads.send(access.get_booking(secret), number)


def _save(delegate: Delegate, form: ChangeCustomQuestionsForm) -> ResponseReturnValue:
    answers = delegate_record.to_all_answers(delegate)
    form.drop_irrelevant(answers)
    if not form.validate():
        return _render(form, form.definitions, delegate)
    try:
        has_changed = services.update(delegate, form.get_answers(), form.expected_version.data)
    except StaleBooking as refusal:
        form.reject_and_rebase(refusal, delegate.version)
        return _render(form, form.definitions, delegate)
    now = custom_questions.list_relevant(delegate_record.to_all_answers(delegate))
    if any(
        question not in form.definitions for question in now
    ):  # asked because of an answer in this form
        return Response(
            status=303,
            headers={"Location": url_for(".edit", secret=links.booking_token(delegate))},
        )
    return access.redirect_to_booking(delegate, "changed" if has_changed else None)


def _render(
    form: ChangeCustomQuestionsForm, asked: Sequence[Definition], delegate: Delegate
) -> ResponseReturnValue:
    possible = custom_questions.list_possible(delegate_record.to_all_answers(delegate))
    later = custom_question_forms.list_dependent(possible, asked)
    return render_page(
        form.template,
        form=form,
        steps=0,
        back=url_for("bookings.show", secret=links.booking_token(delegate)),
        back_label=gettext("Back to your booking"),
        **custom_question_forms.template_context(form, later),
    )
