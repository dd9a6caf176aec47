"""The second step of signing in: a code of an app, a passkey, or a recovery code."""

from datetime import timedelta

from flask import Blueprint, Response, redirect, url_for
from flask.typing import ResponseReturnValue

from app.accounts import guards, rate_limits
from app.accounts.models import LoginSession
from app.accounts.two_factor import services
from app.accounts.two_factor.forms import CodeForm, PasskeyForm, RecoveryCodeForm
from app.errors import RuleViolation
from app.forms.form import Form, validates_own_csrf
from app.web import redirects
from app.web.rendering import render_page

RATE_WINDOW = timedelta(hours=1)
MAX_CODE_ATTEMPTS = 10
MAX_PASSKEY_ATTEMPTS = 60

bp = Blueprint("two_factor", __name__, url_prefix="/second-step")
bp.before_request(guards.require_pending_second_factor)


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def verify_code() -> ResponseReturnValue:
    form = CodeForm()
    login_session = guards.require_login_session()
    if form.validate_on_submit():
        _check_rate_limit(login_session)
        try:
            return _finish_sign_in(services.verify_totp(login_session, form.get_digits()))
        except RuleViolation as refusal:
            form.add_error(form.code, refusal)
    return _render_form(form, login_session, is_set_up=bool(login_session.person.totp_secret))


@bp.route("/recovery-code", methods=["GET", "POST"])
@validates_own_csrf
def recovery_code() -> ResponseReturnValue:
    form = RecoveryCodeForm()
    login_session = guards.require_login_session()
    if form.validate_on_submit():
        _check_rate_limit(login_session)
        try:
            return _finish_sign_in(
                services.verify_recovery_code(login_session, form.code.data or "")
            )
        except RuleViolation as refusal:
            form.add_error(form.code, refusal)
    return render_page(
        "accounts/recovery_code.html", form=form, next_url=redirects.requested_next()
    )


@bp.post("/passkey/question")
def start_passkey() -> ResponseReturnValue:
    login_session = guards.require_login_session()
    rate_limits.hit(
        "passkey", str(login_session.person_id), times=MAX_PASSKEY_ATTEMPTS, within=RATE_WINDOW
    )
    return Response(
        services.start_passkey_authentication(login_session), mimetype="application/json"
    )


@bp.post("/passkey")
@validates_own_csrf
def passkey() -> ResponseReturnValue:
    form = PasskeyForm()
    login_session = guards.require_login_session()
    if form.validate_on_submit():
        try:
            return _finish_sign_in(services.verify_passkey(login_session, form.answer.data or ""))
        except RuleViolation as refusal:
            form.add_error(form.answer, refusal)
    return _render_form(form, login_session, is_set_up=bool(login_session.person.passkeys))


def _render_form(
    form: Form, login_session: LoginSession, *, is_set_up: bool
) -> ResponseReturnValue:
    """Show the second factors this person has; a rejected form is shown with its errors.

    Its second factor may have been removed in another window: then only the others are shown.
    """
    if form.errors and not is_set_up:
        return redirect(url_for(".verify_code", next=redirects.requested_next() or None), 303)
    return render_page(
        "accounts/two_factor.html",
        form=form,
        code_form=form if isinstance(form, CodeForm) else CodeForm(formdata=None),
        person=login_session.person,
        next_url=redirects.requested_next(),
    )


def _finish_sign_in(secret: str) -> ResponseReturnValue:
    guards.start_login_session(secret)
    return redirect(redirects.requested_next() or url_for("admin.home"), 303)


def _check_rate_limit(login_session: LoginSession) -> None:
    rate_limits.hit(
        "second step", str(login_session.person_id), times=MAX_CODE_ATTEMPTS, within=RATE_WINDOW
    )
