"""People who want to attend: the list, one of them, inviting and declining, and a file."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from app.accounts import roles
from app.accounts.guards import current_actor
from app.admin.invitation_views import InvitationTerms
from app.admin.request_lists import RequestList, list_first_heads, message_field
from app.admin_kit import saved_views
from app.admin_kit.bulk_actions import BulkAction, confirm_or_run
from app.admin_kit.listing import render_list
from app.delegates import custom_questions
from app.delegates.categories import queries as categories
from app.delegates.categories.models import BY_INTEREST
from app.errors import Gone, RuleViolation
from app.forms.form import ConfirmForm, Form
from app.history import queries as history
from app.questions.definitions import Definition
from app.registration.interest import queries, services
from app.registration.interest.models import (
    DECLINED,
    INTERESTED,
    INVITED,
    REGISTERED,
    WITHDRAWN,
    ExpressionOfInterest,
)
from app.registration.interest.services import Invitation
from app.registration.interest.views import custom_rows
from app.request_transaction import commit_now
from app.web import redirects, spreadsheets
from app.web.rendering import render_page

STATES: Final = {
    INTERESTED: _l("To decide"),
    INVITED: _l("Invited"),
    REGISTERED: _l("Registered"),
    DECLINED: _l("Declined"),
    WITHDRAWN: _l("Withdrawn"),
}

redirects.MESSAGES["admin"] |= {
    "interest-invited": _l("Invited. We are sending the emails."),
    "interest-declined": _l("Declined. We are sending the emails."),
}


MESSAGE_HINT: Final = _l("Added to the email and shown on the page with their status")


class InviteForm(InvitationTerms):
    """Invite people who want to attend."""

    message = message_field(MESSAGE_HINT)

    def get_invitation(self) -> Invitation:
        """Return the submitted values."""
        return Invitation(self.get_expiry(), bool(self.is_held.data), self.message.data or "")


class DeclineForm(Form):
    """Tell people that they cannot attend this time."""

    message = message_field(MESSAGE_HINT)


LIST: Final = RequestList(_l("To decide or invited"), STATES, queries.SORTS, queries.list_page)
saved_views.declare(
    "interest", _l("Expressions of interest"), roles.DELEGATES, LIST.get_filters, LIST.sorts
)
bp = Blueprint("interest", __name__, url_prefix="/interest")


@bp.get("")
def index() -> ResponseReturnValue:
    return _render_index()


@bp.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    interest = queries.get_by_number(number)
    return render_page(
        "admin/interest/show.html",
        form=ConfirmForm(),
        interest=interest,
        states=STATES,
        can_be_invited=queries.can_be_invited(interest),
        can_be_declined=interest.state == INTERESTED,
        rows=custom_rows(interest, _list_readable()),
        entries=history.list_newest(interest.history_subject),
    )


@bp.post("/_several")
def bulk() -> ResponseReturnValue:
    response = confirm_or_run(_get_bulk_actions(), LIST.list_selected(), queries.list_by_numbers)
    return response or _render_index(gettext("Select at least one person"))


@bp.post("/_export")
def export() -> ResponseReturnValue:
    rows = LIST.list_all()
    questions = _list_readable()
    head = [
        *list_first_heads(),
        *(gettext("Received"), gettext("Invited"), gettext("Ended"), gettext("Message")),
        *(custom_questions.get_label(question) for question in questions),
    ]
    services.record_export(len(rows), actor=current_actor())
    cells = list(_iter_cells(rows, questions))
    return spreadsheets.send_csv("expressions-of-interest", head, cells)


def _list_readable() -> Sequence[Definition]:
    """List the questions whose answers everyone with access to delegates may read."""
    return [question for question in custom_questions.list_all() if not question.is_private]


def _render_index(error: str = "") -> ResponseReturnValue:
    return render_list(
        "admin/interest/index.html",
        LIST.get_listing(),
        error,
        states=STATES,
        can_be_invited=queries.can_be_invited,
        actions=list(_get_bulk_actions().values()),
        has_interest=any(option.access == BY_INTEREST for option in categories.list_options()),
    )


def _get_bulk_actions() -> Mapping[str, BulkAction[ExpressionOfInterest]]:
    return {action.name: action for action in (_build_invite(), _build_decline())}


def _build_invite() -> BulkAction[ExpressionOfInterest]:
    return BulkAction(
        "invite",
        gettext("Invite"),
        lambda n: ngettext("Invite %(num)s person?", "Invite %(num)s people?", n),
        "interest-invited",
        queries.can_be_invited,
        _invite,
        skipped_text=_describe_invited,
        build_form=InviteForm,
        read_form=lambda form: {"invitation": form.get_invitation()},
        template="admin/interest/invite.html",
        runs_at_once=True,
        commits_parts=True,
    )


def _invite(chosen: Sequence[ExpressionOfInterest], *, actor: str, invitation: Invitation) -> None:
    """Invite people in batches, so that registrations need not wait long.

    No one is invited twice, because people with an invitation cannot get another. If a batch fails,
    those invited until then stay invited, and the error gives their number.
    """
    services.require_places(chosen, invitation)
    numbers = [interest.id for interest in chosen]
    for done in range(0, len(chosen), services.BATCH_SIZE):
        batch = _list_batch(numbers[done : done + services.BATCH_SIZE])
        try:
            services.invite_all(batch, invitation, actor=actor)
        except RuleViolation as refusal:
            if not done:
                raise
            raise RuleViolation(
                ngettext(
                    "%(num)s person has been invited, but not the others: %(reason)s",
                    "%(num)s people have been invited, but not the others: %(reason)s",
                    done,
                    reason=gettext(str(refusal)),
                )
            ) from refusal
        commit_now()


def _list_batch(numbers: Sequence[int]) -> Sequence[ExpressionOfInterest]:
    """Load the next batch of people to invite; raise Gone if one of them has been deleted."""
    batch = queries.list_by_numbers(numbers)
    if len(batch) < len(numbers):
        raise Gone(services.INTEREST_GONE)
    return batch


def _build_decline() -> BulkAction[ExpressionOfInterest]:
    return BulkAction(
        "decline",
        gettext("Decline"),
        lambda n: ngettext("Decline %(num)s person?", "Decline %(num)s people?", n),
        "interest-declined",
        lambda one: one.state == INTERESTED,
        services.decline_all,
        skipped_text=_describe_decided,
        warning=gettext(
            "We will delete their answers and email them to say that we cannot invite them. "
            "This cannot be undone."
        ),
        build_form=DeclineForm,
        read_form=lambda form: {"message": form.message.data or ""},
        template="admin/interest/decline.html",
        runs_at_once=True,
    )


def _describe_invited(count: int) -> str:
    return str(
        ngettext(
            "%(num)s of those you selected cannot be invited: they already have an invitation or "
            "a decision.",
            "%(num)s of those you selected cannot be invited: they already have an invitation or "
            "a decision.",
            count,
        )
    )


def _describe_decided(count: int) -> str:
    return str(
        ngettext(
            "%(num)s of those you selected has already been invited or decided, so it will not "
            "change.",
            "%(num)s of those you selected have already been invited or decided, so they will not "
            "change.",
            count,
        )
    )


def _iter_cells(
    rows: Sequence[ExpressionOfInterest], questions: Sequence[Definition]
) -> Iterator[list[str]]:
    cells = LIST.iter_cells(rows, lambda row: (row.expressed_at, row.invited_at, row.ended_at))
    for one, first in zip(rows, cells, strict=True):
        answers = queries.load(one)
        texts = (
            custom_questions.format_answer(asked, answers.get(asked.name, ""))
            for asked in questions
        )
        yield [*first, one.message, *texts]
