"""The team: who runs the conference, in which role, and how they come in."""

from flask import Blueprint, Response, redirect, url_for
from flask.typing import ResponseReturnValue

from app.accounts import guards, queries, team
from app.accounts.models import Person
from app.accounts.second_step import services as second_step
from app.errors import Refused
from app.forms import ButtonForm, checks_its_own_token
from app.history import queries as history
from app.organise import done
from app.organise.people.forms import NAMES, InviteForm, RoleForm
from app.web.pages import page

pages = Blueprint("people", __name__, url_prefix="/people")


@pages.get("")
def listed() -> ResponseReturnValue:
    return page(
        "organise/people/listed.html",
        people=queries.team(),
        last_used=queries.last_used(),
        names=NAMES,
        me=_me(),
    )


@pages.route("/invite", methods=["GET", "POST"])
@checks_its_own_token
def invite() -> ResponseReturnValue:
    form = InviteForm()
    if form.validate_on_submit():
        try:
            team.invite(form.email.data or "", form.role.data, _me())
        except Refused as refusal:
            form.reject(form.email, refusal)
        else:
            return redirect(done.at(url_for(".listed"), "person-invited"), 303)
    return page("organise/people/invite.html", 422 if form.errors else 200, form=form)


@pages.route("/<int:number>", methods=["GET", "POST"])
@checks_its_own_token
def person(number: int) -> ResponseReturnValue:
    member = queries.member(number)
    form = RoleForm(data={"role": member.role})
    if form.validate_on_submit():
        try:
            team.change_role(number, form.role.data, _me())
        except Refused as refusal:
            form.reject(form.role, refusal)
        else:
            return redirect(done.at(url_for(".person", number=number), "role-changed"), 303)
    return _shown(member, form)


@pages.post("/<int:number>/reset")
def reset(number: int) -> ResponseReturnValue:
    second_step.reset(queries.member(number).email, who=_me().email)
    return redirect(done.at(url_for(".person", number=number), "second-step-reset"), 303)


@pages.route("/<int:number>/remove", methods=["GET", "POST"])
@checks_its_own_token
def remove(number: int) -> ResponseReturnValue:
    member = queries.member(number)
    form = ButtonForm()
    if form.validate_on_submit():
        team.remove(number, _me())
        return redirect(done.at(url_for(".listed"), "person-removed"), 303)
    status = 422 if form.errors else 200
    trail = [(member.email, url_for(".person", number=number))]
    return page(
        "organise/people/remove.html", status, form=form, member=member, me=_me(), trail=trail
    )


def _shown(member: Person, form: RoleForm) -> Response:
    return page(
        "organise/people/person.html",
        422 if form.errors else 200,
        form=form,
        member=member,
        names=NAMES,
        me=_me(),
        devices=queries.devices(member),
        past=history.newest_about(f"person {member.email}"),
    )


def _me() -> Person:
    return guards.signed_in_device().person
