"""The team: who runs the conference, in which role; invite, change and remove members."""

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import (  # type: ignore[attr-defined]  # its types lag behind WTForms 3.3
    EmailField,
    RadioField,
    SelectChoice,
)
from wtforms.validators import InputRequired, ValidationError

from app.accounts import guards, queries, services, team
from app.accounts.models import DESK, EDITOR, ORGANISER, ROLES, VIEWER, Person
from app.accounts.roles import ROLE_NAMES
from app.accounts.two_factor import services as two_factor
from app.admin_kit.listing import paginate, parse_list_query, render_list
from app.errors import RuleViolation
from app.forms.form import ConfirmForm, Form, validates_own_csrf
from app.history import queries as history
from app.text import collapse_whitespace
from app.web import redirects
from app.web.rendering import render_page

ROLE_HINTS = {
    ORGANISER: _l("Can do everything, including managing the team and settings"),
    EDITOR: _l("Can change sessions, speakers, rooms, pages and news, and publish"),
    DESK: _l("Can manage delegates and emails, and view the programme"),
    VIEWER: _l("Can view everything except delegates’ requirements, but not change anything"),
}


ROLE_LABEL = _l("Role")
ROLE_CHOICES = [SelectChoice(role, ROLE_NAMES[role], {"hint": ROLE_HINTS[role]}) for role in ROLES]


def _valid_email(_form: Form, field: EmailField) -> None:
    try:
        services.normalise_email(field.data or "")
    except RuleViolation:
        raise ValidationError(
            _l("Enter an email address in the correct format, like name@example.com")
        ) from None


class InviteForm(Form):
    """Invite a team member."""

    email = EmailField(
        _l("Email address"),
        [InputRequired(_l("Enter the email address of the person")), _valid_email],
        filters=[collapse_whitespace],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    role = RadioField(ROLE_LABEL, [InputRequired(_l("Choose a role"))], choices=ROLE_CHOICES)


class RoleForm(Form):
    """Choose a team member's role."""

    role = RadioField(ROLE_LABEL, [InputRequired(_l("Choose a role"))], choices=ROLE_CHOICES)


bp = Blueprint("team", __name__, url_prefix="/people")

redirects.MESSAGES["admin"] |= {
    "person-invited": _l("We are sending the invitation."),
    "role-changed": _l("The role has been changed. We are emailing them to say so."),
    "person-removed": _l("They have been removed from the team. We are emailing them to say so."),
    "second-step-reset": _l("Their second step has been reset. We are emailing them to say so."),
}


@bp.get("")
def index() -> ResponseReturnValue:
    return render_list(
        "admin/team/index.html",
        paginate(queries.list_team(), parse_list_query((), ("email",), has_search=False)),
        last_used=queries.get_last_used(),
        names=ROLE_NAMES,
        me=_current_person(),
    )


@bp.route("/invite", methods=["GET", "POST"])
@validates_own_csrf
def invite() -> ResponseReturnValue:
    form = _build_invite_form()
    if form.validate_on_submit():
        try:
            team.invite(form.email.data or "", form.role.data, _current_person())
        except RuleViolation as refusal:
            form.add_error(form.email, refusal)
        else:
            return redirects.redirect_to(url_for(".index"), "person-invited")
    return render_page("admin/team/invite.html", form=form)


def _build_invite_form() -> InviteForm:
    """Return the form, with the values that the admin search sent or suggests."""
    role, _, email = request.form.get("invitation", "").partition(" ")
    if role:
        return InviteForm(MultiDict({**request.form, "role": role, "email": email}))
    return InviteForm(data={name: request.args.get(name) for name in ("email", "role")})


@bp.route("/<int:number>", methods=["GET", "POST"])
@validates_own_csrf
def person(number: int) -> ResponseReturnValue:
    member = queries.get_team_member(number)
    form = RoleForm(data={"role": member.role})
    if form.validate_on_submit():
        try:
            team.change_role(number, form.role.data, _current_person())
        except RuleViolation as refusal:
            form.add_error(form.role, refusal)
        else:
            return redirects.redirect_to(url_for(".person", number=number), "role-changed")
    return _render_person(member, form)


@bp.post("/<int:number>/reset")
def reset_two_factor(number: int) -> ResponseReturnValue:
    two_factor.reset(queries.get_team_member(number).email, actor=_current_person().email)
    return redirects.redirect_to(url_for(".person", number=number), "second-step-reset")


@bp.route("/<int:number>/remove", methods=["GET", "POST"])
@validates_own_csrf
def remove(number: int) -> ResponseReturnValue:
    member = queries.get_team_member(number)
    form = ConfirmForm()
    if form.validate_on_submit():
        team.remove(number, _current_person())
        return redirects.redirect_to(url_for(".index"), "person-removed")
    return render_page(
        "admin/team/remove.html",
        form=form,
        member=member,
        me=_current_person(),
        breadcrumbs=[(member.email, url_for(".person", number=number))],
    )


def _render_person(member: Person, form: RoleForm) -> Response:
    return render_page(
        "admin/team/person.html",
        form=form,
        member=member,
        names=ROLE_NAMES,
        me=_current_person(),
        devices=queries.list_login_sessions(member),
        entries=history.list_newest(f"person {member.email}"),
    )


def _current_person() -> Person:
    return guards.require_login_session().person
