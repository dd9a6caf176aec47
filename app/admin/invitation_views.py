"""Invitation codes: the list, creating several, withdrawing one, and a file of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, SelectField
from wtforms.validators import ValidationError

from app import clock
from app.accounts import roles
from app.accounts.guards import current_actor
from app.admin_kit import saved_views
from app.admin_kit.listing import (
    PAGE_SIZE,
    ListFilter,
    Listing,
    ListQuery,
    parse_list_query,
    render_list,
)
from app.delegates.categories import queries as categories
from app.errors import RuleViolation
from app.forms.fields import editor_line_field, number_field, optional_email_field
from app.forms.form import ConfirmForm, Form, validates_own_csrf
from app.forms.moment_fields import LocalDateTimeField, moment_field
from app.forms.validators import one_of_choices
from app.history import queries as history
from app.registration.create_booking import CategoryGone
from app.registration.invitations import queries, services
from app.registration.invitations.models import InvitationCode
from app.registration.invitations.services import MAX_CODES, MAX_USES, InvitationOptions
from app.web import redirects, spreadsheets
from app.web.formatting import conference_zone
from app.web.rendering import absolute_url, render_page

MAX_NOTE_LENGTH = 100
SORTS = ("created",)
STATES = {
    "open": _l("Active"),
    "used": _l("Used"),
    "expired": _l("Expired"),
    "revoked": _l("Withdrawn"),
}

redirects.MESSAGES["admin"] |= {
    "invitations-created": _l("The invitation codes have been created."),
    "invitation-sent": _l("The invitation code has been created. We are sending the email."),
    "invitation-revoked": _l("The invitation code has been withdrawn. Nobody can use it any more."),
}


class InvitationTerms(Form):
    """Until when people can register, and whether places are kept for them."""

    expires_at = moment_field(_l("Expires"), _l("Enter when it expires"))
    is_held = BooleanField(_l("Keep places for these people"))

    def validate_expires_at(self, field: LocalDateTimeField) -> None:
        """Require a time in the future."""
        moment = field.utc_value
        if moment is not None and moment <= clock.now():
            raise ValidationError(_l("Enter a time in the future"))

    def get_expiry(self) -> datetime:
        """Return the time of expiry."""
        expires_at = self.expires_at.utc_value
        if expires_at is None:
            raise TypeError("the form has not been validated")
        return expires_at


class InvitationForm(InvitationTerms):
    """Create one code or several."""

    category = SelectField(
        _l("Category"), [one_of_choices(_l("Choose a category"))], validate_choice=False
    )
    count = number_field(
        _l("Number of codes"),
        (1, MAX_CODES),
        _l("Enter a number from 1 to 200"),
        _l("Enter how many codes, like 10"),
        default=1,
    )
    uses = number_field(
        _l("People for each code"),
        (1, MAX_USES),
        _l("Enter a number from 1 to 1,000"),
        _l("Enter how many people, like 1"),
        default=1,
        description=_l("How many people can register with the same code"),
    )
    email = optional_email_field(
        _l("Email the link to (optional)"), _l("Only for one code for one person")
    )
    note = editor_line_field(
        _l("Note (optional)"), _l("The note"), _l("Only the team can see it"), MAX_NOTE_LENGTH
    )

    def validate_email(self, field: EmailField) -> None:
        """Require a single code for one person if the link is emailed."""
        if field.data and (self.count.data != 1 or self.uses.data != 1):
            raise ValidationError(_l("To email the link, create one code for one person"))

    def get_options(self) -> InvitationOptions:
        """Return the submitted options."""
        return InvitationOptions(
            uses=self.uses.data or 1,
            expires_at=self.get_expiry(),
            is_held=self.is_held.data,
            note=self.note.data or "",
            email=self.email.data or "",
        )


def _get_filters(_: Any = None) -> Sequence[ListFilter]:
    options = [(str(option.id), option.name) for option in categories.list_options()]
    return (
        ListFilter("state", gettext("State"), list(STATES.items())),
        *([ListFilter("category", gettext("Category"), options)] if options else []),
    )


saved_views.declare("invitations", _l("Invitation codes"), roles.INVITATIONS, _get_filters, SORTS)
bp = Blueprint("invitations", __name__, url_prefix="/invitations")


@bp.get("")
def index() -> ResponseReturnValue:
    filters = _get_filters()
    query = parse_list_query(filters, SORTS)
    rows, total = _list_page(query, query.offset, PAGE_SIZE)
    return render_list(
        "admin/invitations/index.html",
        Listing(rows, total, query, filters),
        states=STATES,
        get_state=queries.get_state,
        has_categories=bool(categories.list_options()),
    )


def _list_page(query: ListQuery, offset: int, limit: int) -> tuple[Sequence[InvitationCode], int]:
    state, category = query.get_filter("state"), query.get_filter("category")
    return queries.list_page(query.search, state, category, offset=offset, limit=limit)


@bp.route("/_add", methods=["GET", "POST"])
@validates_own_csrf
def add() -> ResponseReturnValue:
    form = InvitationForm()
    form.category.choices = [(str(option.id), option.name) for option in categories.list_options()]
    if form.validate_on_submit():
        category = categories.get_category(int(form.category.data))
        try:
            services.create(
                category, form.count.data or 1, form.get_options(), actor=current_actor()
            )
        except CategoryGone as refusal:
            form.add_error(form.category, refusal)
        except RuleViolation as refusal:
            form.add_error(form.is_held, refusal)
        else:
            message = "invitation-sent" if form.email.data else "invitations-created"
            return redirects.redirect_to(url_for(".index"), message)
    return render_page("admin/invitations/form.html", form=form, back=url_for(".index"))


@bp.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    invitation = queries.get_invitation(number)
    return render_page(
        "admin/invitations/show.html",
        invitation=invitation,
        state=queries.get_state(invitation),
        states=STATES,
        link=_build_link(invitation),
        entries=history.list_newest(invitation.history_subject),
    )


@bp.route("/<int:number>/revoke", methods=["GET", "POST"])
@validates_own_csrf
def revoke(number: int) -> ResponseReturnValue:
    invitation = queries.get_invitation(number)
    form = ConfirmForm()
    if form.validate_on_submit():
        services.revoke(invitation, actor=current_actor())
        return redirects.redirect_to(url_for(".show", number=number), "invitation-revoked")
    return render_page(
        "admin/invitations/revoke.html",
        form=form,
        invitation=invitation,
        breadcrumbs=[(invitation.code, url_for(".show", number=number))],
    )


@bp.post("/_export")
def export() -> ResponseReturnValue:
    rows, _ = _list_page(parse_list_query(_get_filters(), SORTS), 0, queries.MAX_LIST)
    head = [
        *(gettext("Code"), gettext("Link"), gettext("Category"), gettext("State")),
        *(gettext("People"), gettext("Used"), gettext("Expires"), gettext("Email address")),
        gettext("Note"),
    ]
    services.record_export(len(rows), actor=current_actor())
    return spreadsheets.send_csv("invitations", head, list(_iter_cells(rows)))


def _iter_cells(rows: Sequence[InvitationCode]) -> Iterator[list[str]]:
    zone = conference_zone()
    for row in rows:
        yield [
            *(row.code, _build_link(row), row.category.name, str(STATES[queries.get_state(row)])),
            *(str(row.uses), str(row.used), f"{row.expires_at.astimezone(zone):%Y-%m-%d %H:%M}"),
            *(row.email, row.note),
        ]


def _build_link(invitation: InvitationCode) -> str:
    return absolute_url("registration.invitations.show", code=invitation.code)
