"""The second step after the sign-in link: a code of an app, a passkey, or a recovery code."""

from datetime import timedelta

from flask import Blueprint, Response, redirect, url_for
from flask.typing import ResponseReturnValue

from app.accounts import guards, limits, onward
from app.accounts.models import Device
from app.accounts.second_step import services
from app.accounts.second_step.forms import CodeForm, PasskeyForm, RecoveryCodeForm
from app.errors import Refused
from app.forms import Form, checks_its_own_token
from app.web.pages import page

AN_HOUR = timedelta(hours=1)
MOST_CODES = 10
MOST_PASSKEYS = 60

pages = Blueprint("second_step", __name__, url_prefix="/second-step")
pages.before_request(guards.require_half_way)


@pages.route("", methods=["GET", "POST"])
@checks_its_own_token
def ask() -> ResponseReturnValue:
    form = CodeForm()
    device = guards.signed_in_device()
    if form.validate_on_submit():
        _allow_a_code(device)
        try:
            return _go_on(services.pass_by_code(device, form.typed()))
        except Refused as refusal:
            form.reject(form.code, refusal)
    return _asked(form, device)


@pages.route("/recovery-code", methods=["GET", "POST"])
@checks_its_own_token
def recovery_code() -> ResponseReturnValue:
    form = RecoveryCodeForm()
    device = guards.signed_in_device()
    if form.validate_on_submit():
        _allow_a_code(device)
        try:
            return _go_on(services.pass_by_recovery_code(device, form.code.data or ""))
        except Refused as refusal:
            form.reject(form.code, refusal)
    status = 422 if form.errors else 200
    return page("accounts/recovery_code.html", status, form=form, wanted=onward.asked_for())


@pages.post("/passkey/question")
def question() -> ResponseReturnValue:
    device = guards.signed_in_device()
    limits.allow("passkey", str(device.person_id), times=MOST_PASSKEYS, within=AN_HOUR)
    return Response(services.question_to_pass(device), mimetype="application/json")


@pages.post("/passkey")
@checks_its_own_token
def passkey() -> ResponseReturnValue:
    form = PasskeyForm()
    device = guards.signed_in_device()
    if form.validate_on_submit():
        try:
            return _go_on(services.pass_by_passkey(device, form.answer.data or ""))
        except Refused as refusal:
            form.reject(form.answer, refusal)
    return _asked(form, device)


def _asked(form: Form, device: Device) -> Response:
    """Show the ways that this person has; the form that was sent comes back with its errors."""
    return page(
        "accounts/second_step.html",
        422 if form.errors else 200,
        form=form,
        code_form=form if isinstance(form, CodeForm) else CodeForm(formdata=None),
        person=device.person,
        wanted=onward.asked_for(),
    )


def _go_on(secret: str) -> ResponseReturnValue:
    guards.hold(secret)
    return redirect(onward.asked_for() or url_for("organise.home"), 303)


def _allow_a_code(device: Device) -> None:
    limits.allow("second step", str(device.person_id), times=MOST_CODES, within=AN_HOUR)
