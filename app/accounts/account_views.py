"""The account page: the login sessions and the second factors of the person signed in."""

from flask import Blueprint, Response, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue

from app.accounts import guards, login_sessions, queries, services
from app.accounts.two_factor import services as two_factor
from app.accounts.two_factor.setup_views import render_recovery_codes, supports_passkeys
from app.forms.base import ConfirmForm
from app.web.formatting import local_time
from app.web.rendering import render_page

bp = Blueprint("account", __name__, url_prefix="/my")
bp.before_request(guards.require_signed_in)
bp.context_processor(guards.session_expiry_context)


@bp.get("")
def show() -> ResponseReturnValue:
    person = guards.require_login_session().person
    return render_page(
        "accounts/account.html",
        form=ConfirmForm(),
        devices=queries.list_login_sessions(person),
        codes_left=queries.count_recovery_codes(person),
        takes_passkeys=supports_passkeys(),
        here=url_for(".show"),
    )


@bp.post("/sign-out-everywhere")
def sign_out_everywhere() -> ResponseReturnValue:
    services.sign_out_everywhere(guards.require_login_session().person)
    guards.end_login_session()
    return redirect(url_for("accounts.sign_out"), 303)


@bp.post("/devices/<int:number>/sign-out")
def sign_out_device(number: int) -> ResponseReturnValue:
    services.sign_out_login_session(guards.require_login_session().person, number)
    return redirect(url_for(".show", _anchor="devices"), 303)


@bp.post("/stay")
def extend_session() -> ResponseReturnValue:
    login_session = guards.require_login_session()
    login_sessions.extend(login_session)
    left = guards.session_expiry_context()["seconds_left"]
    return jsonify(left=left, until=local_time(login_session.ends_at))


@bp.post("/passkeys/<int:number>/remove")
def remove_passkey(number: int) -> ResponseReturnValue:
    two_factor.remove_passkey(guards.require_login_session(), number)
    return redirect(url_for(".show", _anchor="second-step"), 303)


@bp.post("/app/remove")
def remove_app() -> ResponseReturnValue:
    two_factor.remove_totp(guards.require_login_session())
    return redirect(url_for(".show", _anchor="second-step"), 303)


@bp.post("/recovery-codes")
def make_recovery_codes() -> Response:
    codes = two_factor.create_recovery_codes(guards.require_login_session())
    return render_recovery_codes(codes, url_for(".show"))
