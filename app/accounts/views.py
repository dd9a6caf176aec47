"""Signing in and out, and the account page: login sessions and second factors."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, Field
from wtforms.validators import InputRequired, ValidationError

from app.accounts import guards, login_sessions, queries, rate_limits, services
from app.accounts.models import Person
from app.accounts.rate_limits import Attempt
from app.accounts.two_factor import services as two_factor
from app.accounts.two_factor.setup_views import render_recovery_codes, supports_passkeys
from app.errors import Gone, RateLimitExceeded, RuleViolation
from app.forms.form import ConfirmForm, Form, validates_own_csrf
from app.text import collapse_whitespace
from app.web import languages, redirects
from app.web.error_handlers import refuse
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

INVALID_EMAIL = _l("Enter an email address in the correct format, like name@example.com")


def _valid_email(_form: Any, field: Field) -> None:
    """Reject an address that no account can have."""
    try:
        services.normalise_email(field.data)
    except RuleViolation:
        raise ValidationError(INVALID_EMAIL) from None


class SignInForm(Form):
    """Request a sign-in link."""

    email = EmailField(
        _l("Email address"),
        [
            InputRequired(_l("Enter your email address")),
            _valid_email,
        ],
        filters=[collapse_whitespace],
        render_kw={
            "autocomplete": "email",
            "spellcheck": "false",
            "autocapitalize": "none",
            "enterkeyhint": "send",
        },
    )

    def normalised_email(self) -> str:
        """Return the address in the form in which it is stored."""
        return services.normalise_email(self.email.data or "")


RATE_WINDOW = timedelta(hours=1)
MAX_EMAILS_PER_ADDRESS = 5

bp = Blueprint("accounts", __name__)
no_referrer(bp)


@bp.route("/sign-in", methods=["GET", "POST"])
@validates_own_csrf
def sign_in() -> ResponseReturnValue:
    form = SignInForm()
    target_url = redirects.requested_next()
    if form.validate_on_submit():
        try:
            _check_rate_limits(form.normalised_email())
        except RateLimitExceeded as refusal:
            form.reject(refusal)
            return refuse(_render_sign_in(form, target_url), refusal)
        services.send_sign_in_link(form.normalised_email(), target_url, languages.current().code)
        return redirect(url_for(".link_sent"), 303)
    return _render_sign_in(form, target_url)


def _render_sign_in(form: SignInForm, target_url: str) -> Response:
    return render_page("accounts/sign_in.html", form=form, next_url=target_url)


@bp.get("/sign-in/sent")
def link_sent() -> ResponseReturnValue:
    return render_page(
        "accounts/link_sent.html", minutes=services.SIGN_IN_LINK_LIFETIME // timedelta(minutes=1)
    )


@bp.route("/sign-in/<secret>", methods=["GET", "POST"])
@validates_own_csrf
def link(secret: str) -> ResponseReturnValue:
    form = ConfirmForm()
    target_url = redirects.requested_next()
    try:
        person = queries.get_sign_in_link(secret).person
        if form.validate_on_submit():
            browser = login_sessions.describe_user_agent(request.user_agent.string)
            guards.start_login_session(services.sign_in(secret, guards.session_token(), browser))
            return redirect(target_url or _home_url(person), 303)
    except Gone as reason:
        return render_page(
            "accounts/link_expired.html", 410, reason=gettext(str(reason)), next_url=target_url
        )
    return render_page(
        "accounts/link.html", form=form, person=person, next_url=target_url, secret=secret
    )


@bp.route("/sign-out", methods=["GET", "POST"])
@validates_own_csrf
def sign_out() -> ResponseReturnValue:
    form = ConfirmForm()
    if form.validate_on_submit():
        services.sign_out(guards.session_token())
        guards.end_login_session()
        return redirect(url_for(".sign_out"), 303)
    login_session = guards.current_login_session()
    person = login_session.person if login_session else None
    return render_page("accounts/sign_out.html", form=form if person else None, person=person)


def _home_url(person: Person) -> str:
    return url_for("admin.home" if person.is_team_member else "speakers.home")


def _check_rate_limits(email: str) -> None:
    rate_limits.hit_all(
        Attempt.from_network(rate_limits.SIGN_IN_LINK, request.remote_addr),
        Attempt.by_actor("sign in as", email, times=MAX_EMAILS_PER_ADDRESS, within=RATE_WINDOW),
    )


account_bp = Blueprint("account", __name__, url_prefix="/my")
account_bp.before_request(guards.require_signed_in)
account_bp.context_processor(guards.session_expiry_context)


@account_bp.get("")
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


@account_bp.post("/sign-out-everywhere")
def sign_out_everywhere() -> ResponseReturnValue:
    services.sign_out_everywhere(guards.require_login_session().person)
    guards.end_login_session()
    return redirect(url_for("accounts.sign_out"), 303)


@account_bp.post("/devices/<int:number>/sign-out")
def sign_out_device(number: int) -> ResponseReturnValue:
    services.sign_out_login_session(guards.require_login_session().person, number)
    return redirect(url_for(".show", _anchor="devices"), 303)


@account_bp.post("/stay")
def extend_session() -> ResponseReturnValue:
    login_session = guards.require_login_session()
    login_sessions.extend(login_session)
    expiry = guards.describe_expiry(login_session)
    return jsonify(left=expiry.seconds_left, until=expiry.time)


@account_bp.post("/passkeys/<int:number>/remove")
def remove_passkey(number: int) -> ResponseReturnValue:
    two_factor.remove_passkey(guards.require_login_session(), number)
    return redirect(url_for(".show", _anchor="second-step"), 303)


@account_bp.post("/app/remove")
def remove_app() -> ResponseReturnValue:
    two_factor.remove_totp(guards.require_login_session())
    return redirect(url_for(".show", _anchor="second-step"), 303)


@account_bp.post("/recovery-codes")
def make_recovery_codes() -> Response:
    codes = two_factor.create_recovery_codes(guards.require_login_session())
    return render_recovery_codes(codes, url_for(".show"))
