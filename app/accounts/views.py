"""Signing in and out."""

from datetime import timedelta

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.accounts import devices, guards, limits, onward, queries, services
from app.accounts.forms import SignInForm
from app.accounts.models import Person
from app.errors import Gone
from app.forms import ButtonForm, checks_its_own_token
from app.web import languages
from app.web.pages import page

A_WHILE = timedelta(hours=1)
MOST_FOR_AN_ADDRESS = 5
MOST_FROM_A_NETWORK = 30

pages = Blueprint("accounts", __name__)


@pages.route("/sign-in", methods=["GET", "POST"])
@checks_its_own_token
def sign_in() -> ResponseReturnValue:
    form = SignInForm()
    wanted = onward.asked_for()
    if form.validate_on_submit():
        _allow_a_letter(form.address())
        services.write_with_link(form.address(), wanted, languages.current().code)
        return redirect(url_for(".sent"), 303)
    status = 422 if form.is_submitted() else 200
    return page("accounts/sign_in.html", status, form=form, wanted=wanted)


@pages.get("/sign-in/sent")
def sent() -> ResponseReturnValue:
    return page("accounts/sent.html", minutes=services.LINK_LASTS // timedelta(minutes=1))


@pages.route("/sign-in/<secret>", methods=["GET", "POST"])
@checks_its_own_token
def link(secret: str) -> ResponseReturnValue:
    form = ButtonForm()
    wanted = onward.asked_for()
    try:
        person = queries.link(secret).person
        if form.validate_on_submit():
            browser = devices.label(request.user_agent.string)
            guards.hold(services.sign_in(secret, guards.held_secret(), browser))
            return redirect(wanted or _home(person), 303)
    except Gone as reason:
        return page("accounts/link_gone.html", 410, reason=gettext(str(reason)), wanted=wanted)
    what = {"form": form, "person": person, "wanted": wanted, "secret": secret}
    return page("accounts/link.html", 422 if form.errors else 200, **what)


@pages.route("/sign-out", methods=["GET", "POST"])
@checks_its_own_token
def sign_out() -> ResponseReturnValue:
    form = ButtonForm()
    if form.validate_on_submit():
        services.sign_out(guards.held_secret())
        guards.let_go()
        return redirect(url_for(".sign_out"), 303)
    device = guards.current_device()
    person = device.person if device else None
    status = 422 if person and form.errors else 200
    return page("accounts/sign_out.html", status, form=form if person else None, person=person)


def _home(person: Person) -> str:
    return url_for("organise.home" if person.has_a_part else "speakers.home")


def _allow_a_letter(address: str) -> None:
    network = limits.network(request.remote_addr)
    limits.allow("sign in from", network, times=MOST_FROM_A_NETWORK, within=A_WHILE)
    limits.allow("sign in as", address, times=MOST_FOR_AN_ADDRESS, within=A_WHILE)
