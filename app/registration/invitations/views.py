"""Registering with an invitation: by its link, or with a typed code.

Opening a link changes nothing, because mail scanners open every link; a button starts registering.
"""

from typing import cast

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import rate_limits
from app.delegates.answer_json import Answers
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import CATEGORY, INVITATION
from app.errors import RateLimitExceeded
from app.forms.fields import line_field
from app.forms.form import ConfirmForm, Form, validates_own_csrf
from app.registration import cookie, queries, services
from app.registration.invitations.services import InvitationEnded, InvitationUnknown, accept
from app.web.error_handlers import refuse
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

bp = Blueprint("invitations", __name__, url_prefix="/invitation")
no_referrer(bp)


class CodeForm(Form):
    """Enter an invitation code."""

    code = line_field(
        _l("Invitation code"),
        _l("The code"),
        _l("Enter the code from your invitation"),
        autocomplete="off",
        spellcheck="false",
        autocapitalize="characters",
    )


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def enter() -> ResponseReturnValue:
    form = CodeForm()
    if form.validate_on_submit():
        try:
            rate_limits.hit_network(rate_limits.INVITATION, request.remote_addr)
            invited = accept(str(form.code.data))
        except RateLimitExceeded as refusal:
            form.reject(refusal)
            return refuse(_render_enter(form), refusal)
        except InvitationEnded as refusal:
            form.add_error(form.code, refusal)
        else:
            return redirect(url_for(".show", code=invited[INVITATION]), 303)
    return _render_enter(form)


@bp.route("/<code>", methods=["GET", "POST"])
@validates_own_csrf
def show(code: str) -> ResponseReturnValue:
    form = ConfirmForm()
    rate_limits.check_network(rate_limits.WRONG_INVITATION, request.remote_addr)
    try:
        invited = accept(code)
        if form.validate_on_submit():
            return _start_registration(invited)
    except InvitationEnded as refusal:
        is_unknown = isinstance(refusal, InvitationUnknown)
        if is_unknown:
            rate_limits.count_network_later(rate_limits.WRONG_INVITATION, request.remote_addr)
        status = 404 if is_unknown else 410
        reason = gettext(str(refusal))
        return render_page("registration/invitations/ended.html", status, reason=reason)
    except RateLimitExceeded as refusal:
        form.reject(refusal)
        return refuse(_render_page(form, invited), refusal)
    return _render_page(form, invited)


def _start_registration(invited: Answers) -> Response:
    """Store the invitation with this browser's answers, and continue."""
    progress = cookie.current_progress()
    secret = progress.secret
    if progress.stored_draft is None or progress.is_submitted:
        secret = services.create_draft(invited, ip_address=request.remote_addr)
    else:
        services.save_draft(progress.stored_draft, {**progress.answers, **invited})
    onward = redirect(url_for("registration.check.show"), 303)
    return cookie.ANSWERS.set(cast(Response, onward), secret)


def _render_enter(form: CodeForm) -> Response:
    return render_page("registration/invitations/enter.html", form=form)


def _render_page(form: ConfirmForm, invited: Answers) -> Response:
    return render_page(
        "registration/invitations/show.html",
        form=form,
        category=categories.get_name(int(invited[CATEGORY])),
        registration_status=queries.get_registration_status(),
    )
