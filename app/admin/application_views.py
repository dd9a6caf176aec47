"""Applications: the list, one application, deciding on one or several, and a file of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from app.accounts import roles
from app.accounts.guards import current_actor
from app.admin.request_lists import MAX_TEXT_LENGTH, RequestList, list_first_heads, message_field
from app.admin_kit import saved_views
from app.admin_kit.bulk_actions import BulkAction, confirm_or_run
from app.admin_kit.listing import render_list
from app.delegates import answer_files, answer_rows, custom_questions, file_downloads
from app.delegates.answer_json import Answers
from app.delegates.categories import forms as category_forms
from app.delegates.categories import queries as categories
from app.delegates.delegate_field import NOT_GIVEN
from app.delegates.fields import PRIVATE_FIELDS, PRIVATE_NAMES
from app.errors import NotFound, RuleViolation
from app.forms.fields import editor_text_field
from app.forms.form import Form, validates_own_csrf
from app.history import queries as history
from app.questions import file_answers
from app.questions.definitions import Definition
from app.registration import queries as registration
from app.registration.applications import answer_documents, decisions, queries
from app.registration.applications.decisions import Decision
from app.registration.applications.models import (
    APPROVED,
    ASKED,
    DECLINED,
    ON_HOLD,
    UNPLACED,
    WAITING,
    WITHDRAWN,
    RegistrationApplication,
)
from app.web import redirects, spreadsheets
from app.web.rendering import render_page

STATES: Final = {
    ASKED: _l("To decide"),
    ON_HOLD: _l("On hold"),
    APPROVED: _l("Approved"),
    WAITING: _l("On the waiting list"),
    UNPLACED: _l("No longer waiting"),
    DECLINED: _l("Declined"),
    WITHDRAWN: _l("Withdrawn"),
}

redirects.MESSAGES["admin"] |= {
    "application-approve": _l(
        "Approved. We are emailing everyone whose application has been decided."
    ),
    "application-approve-first": _l(
        "You have approved it. They get a place once someone else has approved it too."
    ),
    "application-decline": _l("Declined. We are sending the email."),
    "application-hold": _l("Put on hold. We are sending the email."),
}


class DecisionForm(Form):
    """Decide on an application."""

    message = message_field(_l("Added to the email and shown on the page about their application"))
    reason = editor_text_field(
        _l("Reason (optional)"),
        _l("The reason"),
        _l("For the team. The person gets it if they download their data"),
        MAX_TEXT_LENGTH,
    )

    def get_decision(self) -> Decision:
        """Return what was typed."""
        return Decision(reason=self.reason.data or "", message=self.message.data or "")


class ApprovalForm(DecisionForm):
    """Approve an application."""

    may_wait = BooleanField(_l("If all places are taken, put them on the waiting list"))

    def get_decision(self) -> Decision:
        """Return what was typed and selected."""
        return Decision(
            reason=self.reason.data or "",
            message=self.message.data or "",
            may_wait="may_wait" in self and bool(self.may_wait.data),
        )


class DecisionKind:
    """A kind of decision: its texts, its form and the operation."""

    def __init__(
        self,
        button: Any,
        decide: Callable[..., None],
        form: type[DecisionForm],
        question: Any,
        consequence: Any,
    ) -> None:
        self.button, self.decide, self.form = button, decide, form
        self.question, self.consequence = question, consequence


DECISION_KINDS: Final[Mapping[str, DecisionKind]] = {
    "approve": DecisionKind(
        _l("Approve"),
        decisions.approve,
        ApprovalForm,
        _l("Approve %(name)s’s application?"),
        _l(
            "They get a place and an email with their ticket. If two people have to approve, this "
            "happens once both have."
        ),
    ),
    "decline": DecisionKind(
        _l("Decline"),
        decisions.decline,
        DecisionForm,
        _l("Decline %(name)s’s application?"),
        _l("We will delete their answers and email them to say so. This cannot be undone."),
    ),
    "hold": DecisionKind(
        _l("Put on hold"),
        decisions.put_on_hold,
        DecisionForm,
        _l("Put %(name)s’s application on hold?"),
        _l("We will email them to say that the decision takes longer."),
    ),
}


LIST: Final = RequestList(_l("To decide or on hold"), STATES, queries.SORTS, queries.list_page)
saved_views.declare(
    "applications", _l("Applications"), roles.DELEGATES, LIST.get_filters, LIST.sorts
)
bp = Blueprint("applications", __name__, url_prefix="/applications")


@bp.get("")
def index() -> ResponseReturnValue:
    return _render_index()


@bp.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    application = queries.get_by_number(number)
    answers = answer_documents.load(application)
    return render_page(
        "admin/applications/show.html",
        application=application,
        states=STATES,
        kinds=DECISION_KINDS,
        has_approved=application.first_approved_by == current_actor(),
        rows=_list_rows(application, answers),
        has_private=any(answers.get(name) for name in PRIVATE_NAMES),
        entries=history.list_newest(application.history_subject),
    )


@bp.get("/<int:number>/files/<int:question>")
def download(number: int, question: int) -> ResponseReturnValue:
    answers = answer_documents.load(queries.get_by_number(number))
    questions = [one for one in _list_readable(answers) if one.id == question]
    if not questions:
        raise NotFound(answer_files.NO_FILE)
    return file_downloads.send_answer(answers.get(questions[0].name, ""))


@bp.route("/<int:number>/<any(approve, decline, hold):action>", methods=["GET", "POST"])
@validates_own_csrf
def decide(number: int, action: str) -> ResponseReturnValue:
    application, kind = queries.get_by_number(number), DECISION_KINDS[action]
    form = _build_form(kind)
    if form.validate_on_submit():
        try:
            kind.decide(application, form.get_decision(), actor=current_actor())
        except RuleViolation as refusal:
            form.form_errors.append(gettext(str(refusal)))
        else:
            is_first = action == "approve" and application.is_open
            key = f"application-{action}-first" if is_first else f"application-{action}"
            return redirects.redirect_to(_url(application), key)
    return render_page(
        "admin/applications/decide.html",
        form=form,
        kind=kind,
        application=application,
        unsent_message=application.unsent_message if action == "approve" else "",
        title=str(kind.question) % {"name": application.name},
        breadcrumbs=[(application.name, _url(application))],
    )


@bp.post("/_several")
def bulk() -> ResponseReturnValue:
    response = confirm_or_run(_get_bulk_actions(), LIST.list_selected(), queries.list_by_numbers)
    return response or _render_index(gettext("Select at least one application"))


@bp.post("/_export")
def export() -> ResponseReturnValue:
    rows = LIST.list_all()
    head = [
        *list_first_heads(),
        *(gettext("Applied"), gettext("Decided"), gettext("Reason"), gettext("Message")),
    ]
    decisions.record_export(len(rows), actor=current_actor())
    return spreadsheets.send_csv("applications", head, list(_iter_cells(rows)))


def _render_index(error: str = "") -> ResponseReturnValue:
    return render_list(
        "admin/applications/index.html",
        LIST.get_listing(),
        error,
        states=STATES,
        actions=list(_get_bulk_actions().values()),
        has_approval=any(option.approvals_needed for option in categories.list_options()),
    )


def _build_form(kind: DecisionKind, **options: Any) -> DecisionForm:
    form = kind.form(**options)
    if isinstance(form, ApprovalForm) and not registration.get_seat_counts().has_waiting_list:
        del form.may_wait
    return form


def _list_rows(application: RegistrationApplication, answers: Answers) -> Sequence[tuple[str, str]]:
    """List the answers to questions that everyone with access to delegates may read."""
    if not answers:
        return ()
    public = {name: text for name, text in answers.items() if name not in PRIVATE_NAMES}
    private_steps = {field.step for field in PRIVATE_FIELDS}
    fixed = category_forms.list_answers(public)
    return [
        *((label, text) for label, text, step in fixed if step not in private_steps),
        *(
            (custom_questions.get_label(one), _format(application, one, answers))
            for one in _list_readable(answers)
        ),
    ]


def _list_readable(answers: Answers) -> Sequence[Definition]:
    """List the organisers' questions that everyone with access to delegates may read."""
    return [
        question for question in custom_questions.list_relevant(answers) if not question.is_private
    ]


def _format(application: RegistrationApplication, definition: Definition, answers: Answers) -> str:
    typed = answers.get(definition.name, "")
    text = custom_questions.format_answer(definition, typed) or str(NOT_GIVEN)
    if file_answers.read(typed) is None:
        return text
    url = url_for(".download", number=application.id, question=definition.id)
    return answer_rows.link_file(text, url)


def _get_bulk_actions() -> Mapping[str, BulkAction[RegistrationApplication]]:
    questions = {
        "approve": lambda n: ngettext(
            "Approve %(num)s application?", "Approve %(num)s applications?", n
        ),
        "decline": lambda n: ngettext(
            "Decline %(num)s application?", "Decline %(num)s applications?", n
        ),
        "hold": lambda n: ngettext(
            "Put %(num)s application on hold?", "Put %(num)s applications on hold?", n
        ),
    }
    return {
        name: _build_action(name, kind, questions[name]) for name, kind in DECISION_KINDS.items()
    }


def _build_action(
    name: str, kind: DecisionKind, question: Callable[[int], str]
) -> BulkAction[RegistrationApplication]:
    def run(items: Sequence[RegistrationApplication], **values: Any) -> None:
        decisions.decide_all(items, kind.decide, **values)

    return BulkAction(
        name,
        str(kind.button),
        question,
        f"application-{name}",
        lambda one: one.is_open and not (name == "hold" and one.state == ON_HOLD),
        run,
        skipped_text=_describe_closed,
        warning=str(kind.consequence),
        build_form=partial(_build_form, kind),
        read_form=lambda form: {"decision": form.get_decision()},
        template="admin/applications/bulk.html",
        runs_at_once=True,
    )


def _describe_closed(count: int) -> str:
    return str(
        ngettext(
            "%(num)s of those you selected has already been decided, so it will not change.",
            "%(num)s of those you selected have already been decided, so they will not change.",
            count,
        )
    )


def _iter_cells(rows: Sequence[RegistrationApplication]) -> Iterator[list[str]]:
    cells = LIST.iter_cells(rows, lambda row: (row.applied_at, row.ended_at))
    for one, first in zip(rows, cells, strict=True):
        yield [*first, one.reason, one.message]


def _url(application: RegistrationApplication) -> str:
    return url_for(".show", number=application.id)
