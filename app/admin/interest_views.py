"""People who would like to come: the list, one of them, inviting and declining, and a file."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from app import clock
from app.accounts import roles
from app.accounts.guards import current_actor
from app.admin import saved_views
from app.admin.application_views import build_request_filter
from app.admin.bulk_actions import BulkAction, confirm_or_run
from app.admin.invitation_views import InvitationTerms
from app.admin.listing import (
    PAGE_SIZE,
    ListFilter,
    Listing,
    ListQuery,
    get_selected,
    parse_list_query,
    render_list,
)
from app.errors import RuleViolation
from app.forms.fields import editor_line_field
from app.forms.form import ConfirmForm, Form
from app.history import queries as history
from app.registration import custom_questions
from app.registration.categories import queries as categories
from app.registration.categories.models import BY_INTEREST
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
from app.registration.registration_requests import MAX_LIST, OPEN
from app.request_transaction import commit_batch
from app.web import redirects, spreadsheets
from app.web.formatting import conference_zone, local_day
from app.web.rendering import render_page

MAX_TEXT_LENGTH: Final = 1_000
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


def _message_field() -> Any:
    return editor_line_field(
        _l("Message to the person (optional)"),
        _l("The message"),
        _l("Added to the email and shown on the page with their status"),
        MAX_TEXT_LENGTH,
    )


class InviteForm(InvitationTerms):
    """Invite people who would like to come."""

    message = _message_field()

    def get_invitation(self) -> Invitation:
        """Return what was typed."""
        return Invitation(self.get_expiry(), bool(self.is_held.data), self.message.data or "")


class DeclineForm(Form):
    """Tell people that they cannot come this time."""

    message = _message_field()


def _get_filters(_: Any = None) -> Sequence[ListFilter]:
    options = [(str(one.id), one.name) for one in categories.list_options()]
    states = [(OPEN, gettext("To decide or invited")), *STATES.items()]
    return (
        ListFilter("state", gettext("State"), states),
        *([ListFilter("category", gettext("Category"), options)] if options else []),
    )


saved_views.declare(
    "interest", _l("Expressions of interest"), roles.DELEGATES, _get_filters, queries.SORTS
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
        rows=custom_rows(interest),
        entries=history.list_newest(interest.history_subject),
    )


@bp.post("/_several")
def bulk() -> ResponseReturnValue:
    numbers = [int(one) for one in get_selected(_list_all_numbers) if one.isdecimal()]
    response = confirm_or_run(_get_bulk_actions(), queries.list_by_numbers(numbers))
    return response or _render_index(gettext("Select at least one person"))


@bp.post("/_export")
def export() -> ResponseReturnValue:
    rows, _ = _list_page(parse_list_query(_get_filters(), queries.SORTS), 0, MAX_LIST)
    questions = [one for one in custom_questions.list_all() if not one.is_private]
    head = [
        *(gettext("Name"), gettext("Email address"), gettext("Category"), gettext("State")),
        *(gettext("Received"), gettext("Invited"), gettext("Ended"), gettext("Message")),
        *(custom_questions.get_label(one) for one in questions),
    ]
    services.record_export(len(rows), actor=current_actor())
    body = spreadsheets.stream_csv(head, list(_iter_cells(rows, questions)))
    name = spreadsheets.dated_name("expressions-of-interest", "csv", local_day(clock.now()))
    return spreadsheets.make_attachment(body, name, spreadsheets.CSV)


def _render_index(error: str = "") -> ResponseReturnValue:
    filters = _get_filters()
    query = parse_list_query(filters, queries.SORTS)
    rows, total = _list_page(query, query.offset, PAGE_SIZE)
    return render_list(
        "admin/interest/index.html",
        Listing(rows, total, query, filters),
        error,
        states=STATES,
        can_be_invited=queries.can_be_invited,
        actions=list(_get_bulk_actions().values()),
        has_interest=any(one.access == BY_INTEREST for one in categories.list_options()),
    )


def _list_page(
    query: ListQuery, offset: int, limit: int
) -> tuple[Sequence[ExpressionOfInterest], int]:
    return queries.list_page(build_request_filter(query), offset=offset, limit=limit)


def _list_all_numbers() -> list[str]:
    rows, _ = _list_page(parse_list_query(_get_filters(), queries.SORTS), 0, MAX_LIST)
    return [one.slug for one in rows]


def _get_bulk_actions() -> Mapping[str, BulkAction[ExpressionOfInterest]]:
    return {one.name: one for one in (_build_invite(), _build_decline())}


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
    )


def _invite(chosen: Sequence[ExpressionOfInterest], *, actor: str, invitation: Invitation) -> None:
    """Invite people some at a time, so that nobody waits long for a place meanwhile.

    Nobody is invited twice: whoever has an invitation cannot get another. If it cannot go on, those
    invited until then remain so, and the reason says how many they are.
    """
    services.require_places(chosen, invitation)
    for done in range(0, len(chosen), services.BATCH_SIZE):
        try:
            batch = chosen[done : done + services.BATCH_SIZE]
            services.invite_all(batch, invitation, actor=actor)
        except RuleViolation as refusal:
            if not done:
                raise
            raise RuleViolation(
                ngettext(
                    "%(num)s person has been invited. Then this happened: %(reason)s",
                    "%(num)s people have been invited. Then this happened: %(reason)s",
                    done,
                    reason=gettext(str(refusal)),
                )
            ) from refusal
        commit_batch()


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
    rows: Sequence[ExpressionOfInterest], questions: Sequence[Any]
) -> Iterator[list[str]]:
    zone = conference_zone()
    for one in rows:
        moments = (one.expressed_at, one.invited_at, one.ended_at)
        answers = queries.load(one)
        yield [
            *(one.name, one.email, one.category.name if one.category else ""),
            str(STATES[one.state]),
            *(f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "" for at in moments),
            one.message,
            *(
                custom_questions.format_answer(asked, answers.get(asked.name, ""))
                for asked in questions
            ),
        ]
