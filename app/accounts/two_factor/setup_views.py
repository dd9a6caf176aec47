"""Setting up an authenticator app or a passkey, with recovery codes."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, redirect, url_for
from flask.typing import ResponseReturnValue

from app.accounts import guards, rate_limits
from app.accounts import services as accounts
from app.accounts.models import LoginSession
from app.accounts.two_factor import services, totp
from app.accounts.two_factor.forms import CodeForm, NewPasskeyForm
from app.accounts.two_factor.views import MAX_PASSKEY_ATTEMPTS, RATE_WINDOW
from app.errors import RuleViolation
from app.forms.form import ConfirmForm, validates_own_csrf
from app.web import redirects as web_next_url
from app.web.formatting import format_qr_code
from app.web.rendering import render_page

MAX_SETUP_ATTEMPTS = 30

bp = Blueprint("two_factor_setup", __name__, url_prefix="/second-step/set-up")
bp.before_request(guards.require_second_factor_setup)


@bp.get("")
def choose() -> ResponseReturnValue:
    return render_page(
        "accounts/two_factor_setup.html",
        form=ConfirmForm(),
        device=guards.require_login_session(),
        takes_passkeys=supports_passkeys(),
        next_url=web_next_url.requested_next(),
    )


@bp.post("/app/key")
def start_app() -> ResponseReturnValue:
    services.start_totp_setup(guards.require_login_session())
    return redirect(url_for(".app", next=web_next_url.requested_next() or None), 303)


@bp.route("/app", methods=["GET", "POST"])
@validates_own_csrf
def app() -> ResponseReturnValue:
    login_session = guards.require_login_session()
    if not login_session.pending_totp_secret:
        return redirect(url_for(".choose", next=web_next_url.requested_next() or None), 303)
    form = CodeForm()
    if form.validate_on_submit():
        rate_limits.hit(
            "set up", str(login_session.person_id), times=MAX_SETUP_ATTEMPTS, within=RATE_WINDOW
        )
        try:
            return _finish_setup(
                login_session, services.confirm_totp(login_session, form.get_digits())
            )
        except RuleViolation as refusal:
            form.add_error(form.code, refusal)
    return _render_app_form(login_session, form)


@bp.post("/passkey/question")
def start_passkey() -> ResponseReturnValue:
    login_session = guards.require_login_session()
    rate_limits.hit(
        "passkey", str(login_session.person_id), times=MAX_PASSKEY_ATTEMPTS, within=RATE_WINDOW
    )
    options = services.start_passkey_registration(login_session, _conference_title())
    return Response(options, mimetype="application/json")


@bp.route("/passkey", methods=["GET", "POST"])
@validates_own_csrf
def passkey() -> ResponseReturnValue:
    login_session = guards.require_login_session()
    form = NewPasskeyForm(data={"name": login_session.label})
    if form.validate_on_submit():
        try:
            codes = services.add_passkey(
                login_session, form.answer.data or "", form.name.data or ""
            )
            return _finish_setup(login_session, codes)
        except RuleViolation as refusal:
            form.add_error(form.answer, refusal)
    return render_page(
        "accounts/two_factor_setup_passkey.html",
        form=form,
        takes_passkeys=supports_passkeys(),
        next_url=web_next_url.requested_next(),
    )


def supports_passkeys() -> bool:
    """Return True if passkeys work for the site's host: a domain name, not an IP address."""
    try:
        ip_address(urlsplit(current_app.config["SITE_URL"]).hostname or "")
    except ValueError:
        return True
    return False


def render_recovery_codes(codes: Sequence[str], next_url: str) -> Response:
    """Show new recovery codes, once only, with a link to the page the person was on the way to."""
    email = guards.require_login_session().person.email
    return render_page("accounts/recovery_codes.html", codes=codes, next_url=next_url, email=email)


def _render_app_form(login_session: LoginSession, form: CodeForm) -> Response:
    secret = totp.decrypt(login_session.pending_totp_secret)
    uri = totp.provisioning_uri(secret, login_session.person.email, _conference_title())
    return render_page(
        "accounts/two_factor_setup_app.html",
        form=form,
        qr_svg=format_qr_code(uri),
        secret=totp.format_secret(secret),
        next_url=web_next_url.requested_next(),
    )


def _finish_setup(login_session: LoginSession, codes: Sequence[str]) -> ResponseReturnValue:
    """Complete the sign-in after the first second factor, and show the recovery codes."""
    was_verified = login_session.is_verified
    if not was_verified:
        guards.start_login_session(accounts.complete_sign_in(login_session))
    if codes:
        return render_recovery_codes(codes, web_next_url.requested_next())
    return redirect(web_next_url.requested_next() or url_for("accounts.account.show"), 303)


def _conference_title() -> str:
    """Return the title of the conference, as templates have it."""
    context: dict[str, Any] = {}
    current_app.update_template_context(context)
    title: str = context["conference"].title
    return title
