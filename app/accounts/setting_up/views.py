"""Setting up a second step: an authenticator app or a passkey; recovery codes come with it."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, redirect, url_for
from flask.typing import ResponseReturnValue

from app.accounts import guards, limits, onward
from app.accounts import services as accounts
from app.accounts.models import Device
from app.accounts.second_step import authenticator, services
from app.accounts.second_step.forms import CodeForm, NewPasskeyForm
from app.accounts.second_step.views import AN_HOUR, MOST_PASSKEYS
from app.errors import Refused
from app.forms import ButtonForm, checks_its_own_token
from app.web import qr
from app.web.pages import page

MOST_CODES = 30

pages = Blueprint("set_up", __name__, url_prefix="/second-step/set-up")
pages.before_request(guards.require_setting_up)


@pages.get("")
def choose() -> ResponseReturnValue:
    return page(
        "accounts/set_up.html",
        form=ButtonForm(),
        device=guards.signed_in_device(),
        takes_passkeys=takes_passkeys(),
        wanted=onward.asked_for(),
    )


@pages.post("/app/key")
def make_key() -> ResponseReturnValue:
    services.begin_authenticator(guards.signed_in_device())
    return redirect(url_for(".app", next=onward.asked_for() or None), 303)


@pages.route("/app", methods=["GET", "POST"])
@checks_its_own_token
def app() -> ResponseReturnValue:
    device = guards.signed_in_device()
    if not device.code_secret:
        return redirect(url_for(".choose", next=onward.asked_for() or None), 303)
    form = CodeForm()
    if form.validate_on_submit():
        limits.allow("set up", str(device.person_id), times=MOST_CODES, within=AN_HOUR)
        try:
            return _done(device, services.add_authenticator(device, form.typed()))
        except Refused as refusal:
            form.reject(form.code, refusal)
    return _shown(device, form)


@pages.post("/passkey/question")
def question() -> ResponseReturnValue:
    device = guards.signed_in_device()
    limits.allow("passkey", str(device.person_id), times=MOST_PASSKEYS, within=AN_HOUR)
    asked = services.question_to_add_passkey(device, _title())
    return Response(asked, mimetype="application/json")


@pages.route("/passkey", methods=["GET", "POST"])
@checks_its_own_token
def passkey() -> ResponseReturnValue:
    device = guards.signed_in_device()
    form = NewPasskeyForm(data={"name": device.label})
    if form.validate_on_submit():
        try:
            given = services.add_passkey(device, form.answer.data or "", form.name.data or "")
            return _done(device, given)
        except Refused as refusal:
            form.reject(form.answer, refusal)
    return page(
        "accounts/set_up_passkey.html",
        422 if form.errors else 200,
        form=form,
        takes_passkeys=takes_passkeys(),
        wanted=onward.asked_for(),
    )


def takes_passkeys() -> bool:
    """Whether browsers take passkeys for this site: for names only, never for IP addresses."""
    try:
        ip_address(urlsplit(current_app.config["SITE_URL"]).hostname or "")
    except ValueError:
        return True
    return False


def codes_shown(codes: Sequence[str], wanted: str) -> Response:
    """Show recovery codes, this once; where someone was on the way to, they go on from here."""
    email = guards.signed_in_device().person.email
    return page("accounts/recovery_codes.html", codes=codes, wanted=wanted, email=email)


def _shown(device: Device, form: CodeForm) -> Response:
    secret = authenticator.opened(device.code_secret)
    told = authenticator.told(secret, device.person.email, _title())
    return page(
        "accounts/set_up_app.html",
        422 if form.errors else 200,
        form=form,
        drawn=qr.drawn(told),
        secret=authenticator.in_groups(secret),
        wanted=onward.asked_for(),
    )


def _done(device: Device, codes: Sequence[str]) -> ResponseReturnValue:
    """Let in whoever has set up their first second step; show the codes that come with it."""
    was_in = device.has_passed
    if not was_in:
        guards.hold(accounts.let_in(device))
    if codes:
        return codes_shown(codes, onward.asked_for())
    return redirect(onward.asked_for() or url_for("accounts.own.my"), 303)


def _title() -> str:
    """Tell what the conference calls itself, as every template knows it."""
    known: dict[str, Any] = {}
    current_app.update_template_context(known)
    title: str = known["conference"].title
    return title
