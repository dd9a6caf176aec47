"""One's own page: where one is signed in, and with what one takes the second step."""

from flask import Blueprint, Response, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue

from app.accounts import devices, guards, queries, services
from app.accounts.second_step import queries as second_steps
from app.accounts.second_step import services as second_step
from app.accounts.setting_up.views import codes_shown, takes_passkeys
from app.forms import ButtonForm
from app.web.pages import page
from app.web.words import local_time

pages = Blueprint("own", __name__, url_prefix="/my")
pages.before_request(guards.require_signed_in)
pages.context_processor(guards.when_it_ends)


@pages.get("")
def my() -> ResponseReturnValue:
    person = guards.signed_in_device().person
    return page(
        "accounts/my.html",
        form=ButtonForm(),
        devices=queries.devices(person),
        codes_left=second_steps.codes_left(person),
        takes_passkeys=takes_passkeys(),
        here=url_for(".my"),
    )


@pages.post("/sign-out-everywhere")
def sign_out_everywhere() -> ResponseReturnValue:
    services.sign_out_everywhere(guards.signed_in_device().person)
    guards.let_go()
    return redirect(url_for("accounts.sign_out"), 303)


@pages.post("/devices/<int:number>/sign-out")
def sign_out_device(number: int) -> ResponseReturnValue:
    services.sign_out_device(guards.signed_in_device().person, number)
    return redirect(url_for(".my", _anchor="devices"), 303)


@pages.post("/stay")
def stay() -> ResponseReturnValue:
    device = guards.signed_in_device()
    devices.put_off(device)
    left = guards.when_it_ends()["seconds_left"]
    return jsonify(left=left, until=local_time(device.ends_at))


@pages.post("/passkeys/<int:number>/remove")
def remove_passkey(number: int) -> ResponseReturnValue:
    second_step.remove_passkey(guards.signed_in_device(), number)
    return redirect(url_for(".my", _anchor="second-step"), 303)


@pages.post("/app/remove")
def remove_app() -> ResponseReturnValue:
    second_step.remove_authenticator(guards.signed_in_device())
    return redirect(url_for(".my", _anchor="second-step"), 303)


@pages.post("/recovery-codes")
def make_recovery_codes() -> Response:
    codes = second_step.make_recovery_codes(guards.signed_in_device())
    return codes_shown(codes, url_for(".my"))
