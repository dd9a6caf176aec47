"""The page of a group, opened by the link in its contact's emails.

Opening it changes nothing, because mail scanners open every link; every step needs a button. Of
people's data it shows only names and addresses, as the contact typed them, and whether they have a
place.
"""

import json
from typing import Any, cast

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.delegates import standard_forms
from app.delegates.answer_json import Answers, load_answers
from app.errors import RateLimitExceeded, RuleViolation
from app.forms.form import ConfirmForm, validates_own_csrf
from app.registration import links, queries
from app.registration.bookings import access
from app.registration.groups import data_export, presentation, services
from app.registration.groups import queries as groups
from app.registration.groups.forms import RenameForm, build_person_form
from app.registration.groups.models import GroupMember, RegistrationGroup
from app.web import rendering, spreadsheets
from app.web.error_handlers import refuse
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

FLASH_MESSAGES = {
    "added": _l("The person has been added and has a place."),
    "cancelled": _l("The person is no longer in your group. Their place is available to others."),
    "renamed": _l(
        "The name has been changed. If the person has already opened their booking, "
        "only they can change it there."
    ),
    "same": _l("Nothing has changed."),
    "sent": _l("We are sending the link again."),
    "recent": _l("We sent this link a moment ago. Wait 5 minutes before you send it again."),
    "dissolved": _l("The group has been dissolved."),
}

bp = Blueprint("groups", __name__, url_prefix="/group")
leave_bp = Blueprint("group", __name__)
no_referrer(bp)
bp.add_app_template_global(links.group_link)
access.register_dead_links(bp, "registration/groups/link_expired.html")


@bp.get("/<secret>")
def show(secret: str) -> ResponseReturnValue:
    group = _get_group(secret)
    rows = presentation.list_members(group)
    return render_page(
        "registration/groups/show.html",
        group=group,
        secret=secret,
        rows=rows,
        place_count=sum(row.is_good for row in rows),
        can_add=services.can_add(group) and queries.get_registration_status().is_open,
        flash_message=FLASH_MESSAGES.get(request.args.get("news", "")),
        form=ConfirmForm(),
    )


@bp.get("/<secret>/list.csv")
def download(secret: str) -> ResponseReturnValue:
    rows = presentation.list_members(_get_group(secret))
    head = [gettext("Name"), gettext("Email address"), gettext("State"), gettext("Reference")]
    cells = [(one.member.name, one.email, one.state, one.reference) for one in rows]
    return spreadsheets.send_csv("group", head, cells)


@bp.get("/<secret>/copy.json")
def download_data(secret: str) -> ResponseReturnValue:
    """Export the stored data about the contact."""
    export = data_export.export_contact(_get_group(secret))
    body = json.dumps(export, ensure_ascii=False, indent=2)
    return rendering.download(body, "application/json", "group.json")


@bp.route("/<secret>/add", methods=["GET", "POST"])
@validates_own_csrf
def add(secret: str) -> ResponseReturnValue:
    group = _get_group(secret)
    form = build_person_form(load_answers(group.shared))
    if form.validate_on_submit():
        try:
            services.add_person(group, form.get_answers(), ip_address=request.remote_addr)
        except RateLimitExceeded as refusal:
            form.reject(refusal)
            return refuse(_render("add", form, secret), refusal)
        except RuleViolation as refusal:
            form.form_errors.append(gettext(str(refusal)))
        else:
            return _redirect(secret, "added")
    return _render("add", form, secret)


@bp.route("/<secret>/people/<int:number>/cancel", methods=["GET", "POST"])
@validates_own_csrf
def cancel(secret: str, number: int) -> ResponseReturnValue:
    member, form = _get_member(secret, number), ConfirmForm()
    if not member.is_present:
        return _redirect(secret, "same")
    if form.validate_on_submit():
        try:
            services.cancel(member)
        except RuleViolation:
            return _redirect(secret, "same")
        return _redirect(secret, "cancelled")
    return _render("cancel", form, secret, member=member)


@bp.route("/<secret>/people/<int:number>/name", methods=["GET", "POST"])
@validates_own_csrf
def rename(secret: str, number: int) -> ResponseReturnValue:
    member = _get_member(secret, number)
    if not services.can_rename(member):
        return _redirect(secret, "same")
    form = RenameForm(data=presentation.split_name(member.name))
    standard_forms.adapt_for_group(form)
    if form.validate_on_submit():
        try:
            return _redirect(secret, _rename(member, form.get_answers()))
        except RateLimitExceeded as refusal:
            form.reject(refusal)
            return refuse(_render("rename", form, secret, member=member), refusal)
        except RuleViolation as refusal:
            form.form_errors.append(gettext(str(refusal)))
    return _render("rename", form, secret, member=member)


def _rename(member: GroupMember, answers: Answers) -> str:
    """Change a name, and return the name of the message."""
    if answers.items() <= presentation.split_name(member.name).items():
        return "same"
    services.rename(member, answers, ip_address=request.remote_addr)
    return "renamed"


@bp.post("/<secret>/people/<int:number>/link")
def send_link(secret: str, number: int) -> ResponseReturnValue:
    member = _get_member(secret, number)
    is_sent = services.send_link(member, ip_address=request.remote_addr)
    return _redirect(secret, "sent" if is_sent else "recent")


@bp.route("/<secret>/dissolve", methods=["GET", "POST"])
@validates_own_csrf
def dissolve(secret: str) -> ResponseReturnValue:
    group, form = _get_group(secret), ConfirmForm()
    if form.validate_on_submit():
        services.dissolve(group, actor=services.ACTOR_CONTACT)
        return redirect(url_for(".dissolved"), 303)
    return _render("dissolve", form, secret)


@bp.get("/dissolved")
def dissolved() -> ResponseReturnValue:
    return render_page("registration/groups/dissolved.html")


@leave_bp.route("/<secret>/group", methods=["GET", "POST"])
@validates_own_csrf
def leave(secret: str) -> ResponseReturnValue:
    """Let a person leave the group in which they were registered."""
    delegate = access.get_booking(secret)
    member, form = groups.find_of_delegate(delegate), ConfirmForm()
    onward = url_for("bookings.show", secret=secret, news="left_group")
    if member is None:
        return redirect(onward, 303)
    if form.validate_on_submit():
        services.leave(delegate, member)
        return redirect(onward, 303)
    return render_page(
        "registration/groups/leave.html", form=form, group=member.group, secret=secret
    )


def _get_group(secret: str) -> RegistrationGroup:
    return groups.get_group(links.read_group_key(secret))


def _get_member(secret: str, number: int) -> GroupMember:
    return services.get_member(_get_group(secret), number)


def _render(page: str, form: Any, secret: str, **context: Any) -> Response:
    back = url_for("groups.show", secret=secret)
    template = f"registration/groups/{page}.html"
    return render_page(template, form=form, secret=secret, back=back, **context)


def _redirect(secret: str, news: str) -> Response:
    return cast(Response, redirect(url_for("groups.show", secret=secret, news=news), 303))
