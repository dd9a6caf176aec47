"""Signing in and signing out."""

from datetime import timedelta

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_babel import gettext

from app.accounts import guards, login_sessions, queries, rate_limits, services
from app.accounts.forms import SignInForm
from app.accounts.models import Person
from app.errors import Gone, RateLimitExceeded
from app.forms.base import ConfirmForm, validates_own_csrf
from app.web import languages, next_url
from app.web.rate_limit_messages import refuse
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

RATE_WINDOW = timedelta(hours=1)
MAX_EMAILS_PER_ADDRESS = 5

bp = Blueprint("accounts", __name__)
no_referrer(bp)


@bp.route("/sign-in", methods=["GET", "POST"])
@validates_own_csrf
def sign_in() -> ResponseReturnValue:
    form = SignInForm()
    target_url = next_url.requested_next()
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
    status = 422 if form.is_submitted() else 200
    return render_page("accounts/sign_in.html", status, form=form, next_url=target_url)


@bp.get("/sign-in/sent")
def link_sent() -> ResponseReturnValue:
    return render_page(
        "accounts/link_sent.html", minutes=services.SIGN_IN_LINK_LIFETIME // timedelta(minutes=1)
    )


@bp.route("/sign-in/<secret>", methods=["GET", "POST"])
@validates_own_csrf
def link(secret: str) -> ResponseReturnValue:
    form = ConfirmForm()
    target_url = next_url.requested_next()
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
    context = {"form": form, "person": person, "next_url": target_url, "secret": secret}
    return render_page("accounts/link.html", 422 if form.errors else 200, **context)


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
    status = 422 if person and form.errors else 200
    return render_page(
        "accounts/sign_out.html", status, form=form if person else None, person=person
    )


def _home_url(person: Person) -> str:
    return url_for("admin.home" if person.is_team_member else "speakers.home")


def _check_rate_limits(email: str) -> None:
    rate_limits.hit_network(rate_limits.SIGN_IN_LINK, request.remote_addr)
    rate_limits.hit("sign in as", email, times=MAX_EMAILS_PER_ADDRESS, within=RATE_WINDOW)
